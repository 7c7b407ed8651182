//! Strings: finding the byte that needs care, escapes in and out.

/// Where the bytes that can be taken as they are end, counted from `start`: at a quote, a backslash
/// or a control character.
///
/// Gives the length of the text when there is none.
#[inline(always)]
pub fn plain_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(word) = word(text, at) {
        let found = special(word);
        if found != 0 {
            return at + first(found);
        }
        at += 8;
        // A string this long is likely to be longer: 64 bytes at a time, which vectorises.
        if at - start == 32 {
            while let Some(block) = text.get(at..at + 64)
                && !block
                    .iter()
                    .fold(false, |any, &byte| any | is_special(byte))
            {
                at += 64;
            }
        }
    }
    while at < text.len() && !is_special(text[at]) {
        at += 1;
    }
    at
}

/// Appends `text` in quotes, escaped; false, and nothing of use appended, when it is not UTF-8.
#[inline]
pub fn write_string(text: &[u8], out: &mut Vec<u8>) -> bool {
    // Room for the usual case at once: every byte plain.
    out.reserve(text.len() + 2);
    out.push(b'"');
    let plain = ascii_plain_end(text);
    out.extend_from_slice(&text[..plain]);
    if plain < text.len() {
        if std::str::from_utf8(&text[plain..]).is_err() {
            return false;
        }
        write_rest(&text[plain..], out);
    }
    out.push(b'"');
    true
}

/// Undoes the escape after the backslash at `at`: appends what it stands for, gives the index after
/// it.
///
/// # Errors
/// The index of the byte that makes it no escape, and what is wrong.
pub fn unescape(text: &[u8], at: usize, out: &mut Vec<u8>) -> Result<usize, (usize, &'static str)> {
    let byte = match text.get(at + 1) {
        Some(b'"') => b'"',
        Some(b'\\') => b'\\',
        Some(b'/') => b'/',
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => return unescape_unicode(text, at, out),
        Some(_) => return Err((at + 1, "no such escape in a string")),
        None => return Err((at + 1, "the text ends inside a string")),
    };
    out.push(byte);
    Ok(at + 2)
}

fn unescape_unicode(
    text: &[u8],
    at: usize,
    out: &mut Vec<u8>,
) -> Result<usize, (usize, &'static str)> {
    let unit = hex4(text, at + 2)?;
    let mut end = at + 6;
    let mut code = unit;
    if (0xd800..0xdc00).contains(&unit) && text.get(end..end + 2) == Some(b"\\u") {
        let low = hex4(text, end + 2)?;
        if (0xdc00..0xe000).contains(&low) {
            code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            end += 6;
        }
    }
    // A surrogate without its other half is no character: U+FFFD stands for it.
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(end)
}

fn hex4(text: &[u8], at: usize) -> Result<u32, (usize, &'static str)> {
    let mut value = 0;
    for index in at..at + 4 {
        let digit = text
            .get(index)
            .and_then(|&byte| char::from(byte).to_digit(16));
        value = value * 16 + digit.ok_or((index, "expected four hexadecimal digits after \\u"))?;
    }
    Ok(value)
}

/// How many bytes at the start are ASCII and need no escape.
#[inline(always)]
fn ascii_plain_end(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(word) = word(text, at) {
        let found = special(word) | (word & HIGH_BITS);
        if found != 0 {
            return at + first(found);
        }
        at += 8;
        if at == 32 {
            while let Some(block) = text.get(at..at + 64)
                && !block
                    .iter()
                    .fold(false, |any, &byte| any | is_special(byte) | (byte >= 0x80))
            {
                at += 64;
            }
        }
    }
    while at < text.len() && !is_special(text[at]) && text[at] < 0x80 {
        at += 1;
    }
    at
}

/// The rest of a string, from its first byte that is not plain ASCII on; UTF-8.
fn write_rest(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let end = plain_end(text, at);
        out.extend_from_slice(&text[at..end]);
        let Some(&byte) = text.get(end) else { return };
        at = end + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                out.extend_from_slice(&[
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    digit(byte >> 4),
                    digit(byte & 15),
                ]);
            }
        }
    }
}

#[inline(always)]
fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*bytes))
}

/// The high bit of each byte that needs care; exact for the lowest of them, which is all that is
/// asked.
#[inline(always)]
fn special(word: u64) -> u64 {
    let zero = |x: u64| x.wrapping_sub(LOW_BITS) & !x;
    let control = word.wrapping_sub(LOW_BITS * 0x20) & !word;
    let quote = zero(word ^ (LOW_BITS * b'"' as u64));
    let backslash = zero(word ^ (LOW_BITS * b'\\' as u64));
    (control | quote | backslash) & HIGH_BITS
}

#[inline(always)]
fn first(found: u64) -> usize {
    (found.trailing_zeros() / 8) as usize
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        write_string(text, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_byte_is_found_or_passed_wherever_it_stands() {
        for byte in 0..=255_u8 {
            for length in [1, 7, 8, 9, 31, 40, 96, 97, 130, 200] {
                for at in 0..length {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    let special = byte < 0x20 || byte == b'"' || byte == b'\\';
                    assert_eq!(
                        plain_end(&text, 0),
                        if special { at } else { length },
                        "{byte} {at} {length}"
                    );
                    let plain = ascii_plain_end(&text);
                    assert_eq!(plain, if special || byte >= 0x80 { at } else { length });
                }
            }
        }
    }

    #[test]
    fn quotes_backslashes_and_controls_are_escaped() {
        assert_eq!(
            quoted(b"a\"b\\c/\x08\x0c\n\r\t\x00\x1f\x7f").unwrap(),
            "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\""
        );
        assert_eq!(quoted("é\n😀".as_bytes()).unwrap(), "\"é\\n😀\"");
        assert_eq!(quoted(b"").unwrap(), "\"\"");
    }

    #[test]
    fn a_string_that_is_not_utf8_is_refused() {
        for text in [
            &b"\xff"[..],
            b"plain text and then \xc3",
            b"\xed\xa0\x80",
            b"\xc0\x80",
            b"ok \xc3\xa9 \x80",
        ] {
            assert_eq!(quoted(text), None);
        }
    }

    #[test]
    fn escapes_stand_for_their_characters() {
        for (text, meaning) in [
            ("\\n", "\n"),
            ("\\/", "/"),
            ("\\u0041", "A"),
            ("\\u0000", "\0"),
            ("\\u00e9", "é"),
            ("\\uD83D\\uDE00", "😀"),
            ("\\ud800", "\u{fffd}"),
            ("\\udc00", "\u{fffd}"),
        ] {
            let mut out = Vec::new();
            assert_eq!(
                unescape(text.as_bytes(), 0, &mut out),
                Ok(text.len()),
                "{text}"
            );
            assert_eq!(out, meaning.as_bytes(), "{text}");
        }
        let mut out = Vec::new();
        assert_eq!(
            unescape(b"\\ud800\\u0041", 0, &mut out),
            Ok(6),
            "the other escape stands for itself"
        );
        assert_eq!(unescape(b"\\x", 0, &mut out).map_err(|(at, _)| at), Err(1));
        assert_eq!(
            unescape(b"\\u00g0", 0, &mut out).map_err(|(at, _)| at),
            Err(4)
        );
        assert_eq!(
            unescape(b"\\u00", 0, &mut out).map_err(|(at, _)| at),
            Err(4)
        );
    }
}
