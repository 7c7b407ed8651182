//! The samples of a run and the table they become.

use crate::peer::{OURS, RUST};

/// One measurement of one peer.
struct Row {
    measurement: String,
    unit: &'static str,
    peer: &'static str,
    samples: Vec<f64>,
}

/// All that was measured, in the order in which it first came.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a sample. A measurement with one sample has a minimum only.
    pub fn add(&mut self, measurement: &str, unit: &'static str, peer: &'static str, sample: f64) {
        let known = self
            .rows
            .iter_mut()
            .find(|row| row.measurement == measurement && row.peer == peer);
        match known {
            Some(row) => row.samples.push(sample),
            None => self.rows.push(Row {
                measurement: measurement.to_owned(),
                unit,
                peer,
                samples: vec![sample],
            }),
        }
    }

    /// The smallest sample.
    pub fn minimum(&self, measurement: &str, peer: &str) -> Option<f64> {
        self.row(measurement, peer).map(Row::minimum)
    }

    /// The middle sample.
    pub fn median(&self, measurement: &str, peer: &str) -> Option<f64> {
        self.row(measurement, peer).map(Row::median)
    }

    /// The table as Markdown, measurements in the order of their first sample. Ratios are of
    /// minimum and median to ours and to the `lambda_runtime` peer.
    pub fn render(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !names.contains(&row.measurement.as_str()) {
                names.push(&row.measurement);
            }
        }
        let head = [
            "measurement",
            "runtime",
            "minimum",
            "median",
            "to ours",
            "to lambda_runtime",
        ];
        let mut lines = vec![head.map(str::to_owned)];
        for name in names {
            for row in self.rows.iter().filter(|row| row.measurement == name) {
                lines.push(self.line(row));
            }
        }
        let width = |column: usize| {
            lines
                .iter()
                .map(|line| line[column].len())
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; 6] = std::array::from_fn(width);
        let mut text = String::new();
        for (index, line) in lines.iter().enumerate() {
            for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
                // The names stand left, the figures right.
                text += &if column < 2 {
                    format!("| {cell:<width$} ")
                } else {
                    format!("| {cell:>width$} ")
                };
            }
            text += "|\n";
            if index == 0 {
                for (column, width) in widths.into_iter().enumerate() {
                    let dashes = "-".repeat(width + 1);
                    text += &format!("|{dashes}{}", if column < 2 { '-' } else { ':' });
                }
                text += "|\n";
            }
        }
        text
    }

    fn line(&self, row: &Row) -> [String; 6] {
        [
            format!("{}, {}", row.measurement, row.unit),
            row.peer.to_owned(),
            figure(row.minimum()),
            if row.samples.len() > 1 {
                figure(row.median())
            } else {
                String::new()
            },
            self.ratio(row, OURS),
            self.ratio(row, RUST),
        ]
    }

    fn ratio(&self, row: &Row, base: &str) -> String {
        match self.row(&row.measurement, base) {
            None => String::new(),
            Some(base) if row.samples.len() == 1 => {
                format!("{:.2}", row.minimum() / base.minimum())
            }
            Some(base) => format!(
                "{:.2} / {:.2}",
                row.minimum() / base.minimum(),
                row.median() / base.median()
            ),
        }
    }

    fn row(&self, measurement: &str, peer: &str) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.measurement == measurement && row.peer == peer)
    }
}

impl Row {
    fn minimum(&self) -> f64 {
        self.samples.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn median(&self) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        }
    }
}

/// Three significant digits.
fn figure(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}
