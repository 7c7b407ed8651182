//! The figures that the product wants to reach, held against a run.

use crate::concurrent;
use crate::measure::{Effort, name};
use crate::peer::{OURS, RUST};
use crate::routing;
use crate::table::Table;

/// One line per target whose measurement was part of the run: met or missed, and by how much.
/// Ratios are of minima, which other load on the machine disturbs least.
pub fn verdicts(table: &Table, effort: &Effort) -> String {
    let ratios = [
        (name::FIRST_RESPONSE.to_owned(), 1.0),
        (name::cpu("api 1.4 KB"), 1.0),
        (name::wall("records 1 MB"), 0.6),
        (name::wall("base64 1 MB"), 0.6),
        (name::wall("records 5.5 MB"), 0.6),
        (name::wall("base64 5.5 MB"), 0.6),
    ];
    let mut text = String::new();
    for (measurement, limit) in ratios {
        let ours = table.minimum(&measurement, OURS);
        let ratio = ours
            .zip(table.minimum(&measurement, RUST))
            .map(|(a, b)| a / b);
        let medians = table
            .median(&measurement, OURS)
            .zip(table.median(&measurement, RUST));
        let (Some(ratio), Some((a, b))) = (ratio, medians) else {
            continue;
        };
        let subject = format!("{measurement}, ratio to {RUST} (of medians {:.2})", a / b);
        text += &verdict(&subject, ratio, limit);
    }
    let sizes = [(name::REST, "MB", 3.5), (name::LAYER, "MB", 2.0)];
    for (measurement, unit, limit) in sizes {
        if let Some(value) = table.minimum(measurement, OURS) {
            text += &verdict(&format!("{measurement}, {unit}"), value, limit);
        }
    }
    for (measurement, base, limit) in concurrent::ratios() {
        let ours = table.minimum(&measurement, OURS);
        if let Some((value, base_value)) = ours.zip(table.minimum(&base, OURS)) {
            text += &verdict(
                &format!("{measurement}, ratio to {base}"),
                value / base_value,
                limit,
            );
        }
    }
    for (measurement, base, unit, limit) in routing::additions() {
        // Of medians: what comes on top is smaller than what a quiet moment saves.
        let ours = table.median(&measurement, OURS);
        if let Some((value, base_value)) = ours.zip(table.median(&base, OURS)) {
            let subject = format!("{measurement}, {unit} more than {base}");
            text += &verdict(&subject, value - base_value, limit);
        }
    }
    if let Some(kilobytes) = concurrent::kilobytes_per_loop(table) {
        text += &verdict("memory of one more loop, KB", kilobytes, 150.0);
    }
    let (first, last) = (effort.soak[0], effort.soak[effort.soak.len() - 1]);
    let soaked = table
        .minimum(&name::soak(first), OURS)
        .zip(table.median(&name::soak(last), OURS));
    if let Some((first_mb, last_mb)) = soaked {
        let subject = format!("rss after {last} echoes to that after {first}");
        text += &verdict(&subject, last_mb / first_mb, FLAT);
    }
    text
}

/// Within a twentieth is flat: a page more or less is the allocator's business.
const FLAT: f64 = 1.05;

fn verdict(subject: &str, value: f64, limit: f64) -> String {
    let word = if value <= limit { "met   " } else { "MISSED" };
    format!("{word} {subject}: {value:.2}, at most {limit:.2}\n")
}
