//! What a function writes and what the platform says of it, in the order it happened.

use std::fmt::Display;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Where log lines go. Clones share it, and no two of them mix within a line.
#[derive(Clone)]
pub struct Logs {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
}

impl Logs {
    /// Logs that go to `out`. Where it fails there is nobody to tell, and lines are lost.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Arc::new(Mutex::new(Box::new(out))),
        }
    }

    /// Writes one line.
    pub fn line(&self, line: impl Display) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Passes on what comes through `pipe`, line by line.
    ///
    /// # Errors
    /// When the pipe cannot be read without blocking.
    pub fn pump(&self, pipe: PipeReader, source: Source) -> io::Result<Pump> {
        let now = pipe.try_clone()?;
        let pipe = Receiver::from_owned_fd(OwnedFd::from(pipe))?;
        let (flushes, requests) = mpsc::channel(1);
        let lines = Lines {
            logs: self.clone(),
            source,
            partial: Vec::new(),
            mid_line: false,
        };
        Ok(Pump {
            flushes,
            task: tokio::spawn(pump(pipe, now, lines, requests)),
        })
    }

    fn write(&self, bytes: &[u8]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }
}

/// Which of the process's streams is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It carries the runtime's records, whose inner newlines are `\r` on the wire.
    Stdout,
    /// It is passed on as it is.
    Stderr,
}

/// Passes a stream on until it is dropped or the stream ends.
pub struct Pump {
    flushes: mpsc::Sender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Pump {
    /// Waits until everything that was written before this call is passed on.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        // A pump that has ended has passed everything on.
        if self.flushes.send(done).await.is_ok() {
            let _ = flushed.await;
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `now` is the same pipe, and like it does not block: `pipe` answers only for what its reactor has
/// heard of, which is too little for a flush.
async fn pump(
    mut pipe: Receiver,
    mut now: PipeReader,
    mut lines: Lines,
    mut requests: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        tokio::select! {
            read = pipe.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return lines.end(),
                Ok(count) => lines.add(&buffer[..count]),
            },
            Some(done) = requests.recv() => {
                // What was written before the request is in the pipe now; a process that goes on
                // writing must not keep the one who asked.
                let mut left = PIPE_CAPACITY_BYTES;
                while left > 0 && let Ok(count @ 1..) = now.read(&mut buffer) {
                    lines.add(&buffer[..count]);
                    left = left.saturating_sub(count);
                }
                lines.end();
                let _ = done.send(());
            }
        }
    }
}

/// Bytes on their way to becoming lines.
struct Lines {
    logs: Logs,
    source: Source,
    partial: Vec<u8>,
    /// Whether what was written last did not end its line.
    mid_line: bool,
}

impl Lines {
    /// Writes the lines that are complete, and one that has grown too long to wait for its end.
    fn add(&mut self, bytes: &[u8]) {
        self.partial.extend_from_slice(bytes);
        let complete = match self.partial.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => last + 1,
            None if self.partial.len() > LINE_LIMIT_BYTES => self.partial.len(),
            None => return,
        };
        let rest = self.partial.split_off(complete);
        self.write_partial();
        self.partial = rest;
    }

    /// Ends the last line, so that the platform's lines stand on their own.
    fn end(&mut self) {
        if !self.partial.is_empty() || self.mid_line {
            self.partial.push(b'\n');
            self.write_partial();
        }
    }

    fn write_partial(&mut self) {
        let mut bytes = std::mem::take(&mut self.partial);
        if self.source == Source::Stdout {
            bytes
                .iter_mut()
                .filter(|byte| **byte == b'\r')
                .for_each(|byte| *byte = b'\n');
        }
        self.mid_line = bytes.last().is_some_and(|&byte| byte != b'\n');
        self.logs.write(&bytes);
    }
}

/// The most that a pipe holds on Linux unless an administrator raised it.
const PIPE_CAPACITY_BYTES: usize = 1 << 20;

/// A longer line is passed on in pieces.
const LINE_LIMIT_BYTES: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// A place to write to that can be read.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("a page").write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("a page").clone()).expect("text")
        }
    }

    #[tokio::test]
    async fn a_record_s_carriage_returns_are_shown_as_newlines_and_raw_output_is_not_touched() {
        for (source, shown) in [(Source::Stdout, "a\nb\n"), (Source::Stderr, "a\rb\n")] {
            let page = Page::default();
            let (reader, mut writer) = io::pipe().expect("a pipe");
            let pump = Logs::to(page.clone()).pump(reader, source).expect("a pump");
            writer.write_all(b"a\rb\n").expect("writes");
            pump.flush().await;
            assert_eq!(page.text(), shown);
        }
    }

    #[tokio::test]
    async fn what_was_written_before_a_flush_stands_before_the_next_line() {
        let page = Page::default();
        let logs = Logs::to(page.clone());
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let pump = logs.pump(reader, Source::Stdout).expect("a pump");
        for turn in 0..50 {
            writer
                .write_all(format!("first {turn}\nno end {turn}").as_bytes())
                .expect("writes");
            pump.flush().await;
            logs.line(format_args!("END {turn}"));
        }
        let expected: String = (0..50)
            .map(|turn| format!("first {turn}\nno end {turn}\nEND {turn}\n"))
            .collect();
        assert_eq!(page.text(), expected);
    }

    #[tokio::test]
    async fn a_flush_after_the_end_of_the_stream_returns() {
        let page = Page::default();
        let (reader, mut writer) = io::pipe().expect("a pipe");
        let pump = Logs::to(page.clone())
            .pump(reader, Source::Stdout)
            .expect("a pump");
        writer.write_all(b"last").expect("writes");
        drop(writer);
        pump.flush().await;
        pump.flush().await;
        assert_eq!(page.text(), "last\n");
    }
}
