//! `Output`: the end of what a script writes, and what an answer has room for of it.

use std::collections::VecDeque;
use std::io;

/// The last 5 MB of what was written.
#[derive(Debug, Default)]
pub struct Output {
    kept: VecDeque<u8>,
    total_bytes: u64,
}

impl Output {
    /// Adds what was written.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total_bytes += bytes.len() as u64;
        let over = (self.kept.len() + bytes.len()).saturating_sub(MOST_BYTES);
        self.kept.drain(..over.min(self.kept.len()));
        let bytes = &bytes[bytes.len().saturating_sub(MOST_BYTES)..];
        self.kept.extend(bytes);
    }

    /// How much was written in all.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// Whether that is more than what is kept.
    pub fn is_cut(&self) -> bool {
        self.total_bytes > self.kept.len() as u64
    }

    /// What is kept, from the first whole character on; bytes that are not UTF-8 become U+FFFD.
    pub fn into_text(self) -> String {
        const MOST_CONTINUATION_BYTES: usize = 3;
        let is_cut = self.is_cut();
        let mut kept = Vec::from(self.kept);
        if is_cut {
            let is_rest = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
            let start = kept.iter().take(MOST_CONTINUATION_BYTES);
            let rest = start.take_while(is_rest).count();
            kept.drain(..rest);
        }
        String::from_utf8(kept)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

/// Puts the answer of a script that ended well into `response`, in place of what that holds: with as
/// much of the end of `output` as `limit_bytes` have room for, which it gives.
pub fn answer<'a>(output: &'a str, limit_bytes: usize, response: &mut Vec<u8>) -> &'a str {
    const START: &[u8] = br#"{"exitCode":0,"output":"#;
    const QUOTES_AND_END_BYTES: usize = 3;
    let kept = end_within(output, limit_bytes - START.len() - QUOTES_AND_END_BYTES);
    response.clear();
    response.extend_from_slice(START);
    put_json(kept, response);
    response.push(b'}');
    kept
}

/// The message of a script that failed: its output, or the end of it and how much there was.
pub fn failure(output: &str, total_bytes: u64) -> String {
    let kept = end_within(output, MESSAGE_BYTES);
    if kept.len() == output.len() && total_bytes <= kept.len() as u64 {
        return output.to_owned();
    }
    format!("({total_bytes} bytes in all; the log has them) …{kept}")
}

/// The longest end of `text` that takes no more than `limit_bytes` as JSON, without its quotes.
fn end_within(text: &str, limit_bytes: usize) -> &str {
    const LONGEST_ESCAPE_BYTES: usize = 6;
    if text.len() <= limit_bytes / LONGEST_ESCAPE_BYTES {
        return text;
    }
    let mut left = limit_bytes;
    for (at, character) in text.char_indices().rev() {
        let takes = match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => LONGEST_ESCAPE_BYTES,
            other => other.len_utf8(),
        };
        match left.checked_sub(takes) {
            Some(rest) => left = rest,
            None => return &text[at + character.len_utf8()..],
        }
    }
    text
}

fn put_json(text: &str, out: &mut Vec<u8>) {
    let put: io::Result<()> = serde_json::to_writer(out, text).map_err(io::Error::from);
    put.expect("a string always encodes");
}

/// What the answer has at most, before it is encoded.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// What the message of an error has at most, encoded: half of the error's body, as any message.
const MESSAGE_BYTES: usize = 31 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::RESPONSE_LIMIT_BYTES;

    fn output(parts: &[&[u8]]) -> Output {
        let mut output = Output::default();
        parts.iter().for_each(|part| output.push(part));
        output
    }

    #[test]
    fn the_last_5_mb_are_kept_however_they_come() {
        let end = [b"x".repeat(MOST_BYTES - 1), b"y".to_vec()].concat();
        let long = [b"aaa".to_vec(), end.clone()].concat();
        for parts in [
            vec![&long[..]],
            vec![b"aaa", &end],
            vec![&long[..2], &long[2..7], &long[7..]],
        ] {
            let output = output(&parts);
            assert_eq!(output.total_bytes(), long.len() as u64);
            assert!(output.into_text().as_bytes() == end);
        }
    }

    #[test]
    fn a_character_that_is_cut_is_left_out() {
        let long = "\u{1f319}".repeat(MOST_BYTES / 4) + "ab";
        let text = output(&[long.as_bytes()]).into_text();
        assert_eq!(text.len(), MOST_BYTES - 2);
        assert!(text.starts_with('\u{1f319}') && text.ends_with("ab"));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_shown_as_such() {
        assert_eq!(
            output(&[b"\x80a\xff", b"\xc3", b"\xa9"]).into_text(),
            "\u{fffd}a\u{fffd}\u{e9}"
        );
    }

    #[test]
    fn an_answer_is_json_and_within_the_limit_whatever_was_written() {
        for text in [
            String::new(),
            "ok\n".to_owned(),
            "\0".repeat(MOST_BYTES),
            "\"\n".repeat(MOST_BYTES / 2),
            "a\u{fffd}\u{1f319}\u{7f}\r\t\u{8}\u{c}\u{1f}/\\".repeat(300_000),
            "x".repeat(MOST_BYTES),
        ] {
            let mut response = b"before".to_vec();
            let kept = answer(&text, RESPONSE_LIMIT_BYTES, &mut response);
            assert!(response.len() <= RESPONSE_LIMIT_BYTES);
            let read: serde_json::Value = serde_json::from_slice(&response).unwrap();
            assert_eq!(read["exitCode"], 0);
            assert!(read["output"] == kept && text.ends_with(kept));
            let full = kept == text || response.len() + 6 > RESPONSE_LIMIT_BYTES;
            assert!(full, "{} of {} bytes", response.len(), RESPONSE_LIMIT_BYTES);
        }
    }

    #[test]
    fn the_message_of_a_failure_is_the_output_or_its_end() {
        assert_eq!(failure("boom\n", 5), "boom\n");
        let long = failure(&"boom\n".repeat(100_000), 500_000);
        assert!(long.starts_with("(500000 bytes in all; the log has them) …"));
        assert!(long.ends_with("boom\n") && long.len() < 32 * 1024);
        let hostile = failure(&"\0".repeat(100_000), 100_000);
        assert!(serde_json::to_string(&hostile).unwrap().len() < 32 * 1024);
    }
}
