//! Which members' names come again in a text: Lua interns each of those once instead of at every
//! turn.

use super::tape::{Span, Token};

/// The names seen lately in one text.
#[derive(Debug, Default)]
pub struct Keys {
    // Empty until a text has a member.
    seen: Vec<Seen>,
    /// Tells this text's entries from those that earlier texts left.
    text: u32,
    slots: u16,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    text: u32,
    span: Option<Span>,
    /// Where the name's first token stands.
    token: u32,
    /// 0 until the name has come again.
    slot: u16,
}

impl Keys {
    /// Forgets the text before.
    pub fn begin(&mut self) {
        self.slots = 0;
        self.text = self.text.wrapping_add(1);
        if self.text == 0 {
            self.seen.clear();
            self.text = 1;
        }
    }

    /// How many slots are in use.
    pub fn slots(&self) -> u16 {
        self.slots
    }

    /// The token for the name at `span`, which is about to be pushed to `tokens`.
    ///
    /// A second coming turns the first token into one that keeps the name.
    #[inline(always)]
    pub fn token(&mut self, text: &[u8], span: Span, tokens: &mut [Token]) -> Token {
        let (at, len) = (span.at as usize, span.len as usize);
        if len > LONGEST {
            return Token::Text(span);
        }
        if self.seen.is_empty() {
            self.seen.resize(ENTRIES, Seen::default());
        }
        let name = &text[at..at + len];
        let seen = &mut self.seen[hash(name)];
        if seen.text == self.text
            && let Some(first) = seen.span
            && first.len == span.len
            && text[first.at as usize..][..len] == *name
        {
            if seen.slot == 0 {
                if self.slots == MOST_SLOTS {
                    return Token::Text(span);
                }
                self.slots += 1;
                seen.slot = self.slots;
                tokens[seen.token as usize] = Token::Keep(seen.slot, first);
            }
            return Token::Kept(seen.slot);
        }
        *seen = Seen {
            text: self.text,
            span: Some(span),
            token: tokens.len() as u32,
            slot: 0,
        };
        Token::Text(span)
    }
}

#[inline(always)]
fn hash(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(first), Some(last)) => (
                u32::from_le_bytes(*first).into(),
                u32::from_le_bytes(*last).into(),
            ),
            _ => name.iter().fold((0, 0), |(first, _), &byte| {
                (first << 8 | u64::from(byte), 0)
            }),
        },
    };
    let mixed =
        (first ^ last.rotate_left(23) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> (64 - ENTRIES.ilog2())) as usize
}

/// Longer names are no short strings for Lua, which interns only those.
const LONGEST: usize = 40;
/// A name that falls on another's entry takes it over.
const ENTRIES: usize = 512;
/// A slot is a place on Lua's stack.
const MOST_SLOTS: u16 = 1000;

#[cfg(test)]
mod tests {
    use crate::json::tape::Tape;

    use super::*;

    #[test]
    fn more_names_than_slots_are_read_right() {
        let one = (0..3000)
            .map(|n| format!("\"name{n}\":{n}"))
            .collect::<Vec<_>>()
            .join(",");
        let text = format!("[{{{one}}},{{{one}}},{{{one}}}]");
        let mut tape = Tape::default();
        tape.read(text.as_bytes(), 1000).unwrap();
        let mut kept = vec![None; usize::from(tape.slots()) + 1];
        let mut names = 0;
        for token in tape.tokens() {
            let span = match *token {
                Token::Text(span) => span,
                Token::Keep(slot, span) => {
                    kept[usize::from(slot)] = Some(span);
                    span
                }
                Token::Kept(slot) => kept[usize::from(slot)].expect("kept before it is used"),
                _ => continue,
            };
            let name = &text[span.at as usize..][..span.len as usize];
            assert_eq!(name, format!("name{}", names % 3000));
            names += 1;
        }
        assert_eq!(names, 9000);
    }

    #[test]
    fn a_text_does_not_see_the_names_of_the_one_before() {
        let mut tape = Tape::default();
        for _ in 0..3 {
            tape.read(br#"{"a":{"bb":{"name":1}}}"#, 1000).unwrap();
            assert_eq!(tape.slots(), 0);
        }
        tape.keys_for_test().text = u32::MAX;
        tape.read(br#"{"a":{"a":{"name":1}}}"#, 1000).unwrap();
        assert_eq!(tape.slots(), 1);
    }
}
