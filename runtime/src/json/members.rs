//! The members of objects in text, put in the order of their names.

use std::mem;
use std::ops::Range;

/// Where the members of the open objects stand in the text, outer objects first.
#[derive(Debug, Default)]
pub struct Members {
    spans: Vec<Member>,
    scratch: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Member {
    /// The name with its quotes.
    name: Range<usize>,
    /// Known once the object ends.
    end: usize,
}

impl Members {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.spans.clear();
    }

    /// How many members stand here.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Notes a member whose quoted name stands at `start..end` of the text.
    pub fn begin(&mut self, start: usize, end: usize) {
        self.spans.push(Member {
            name: start..end,
            end: 0,
        });
    }

    /// Sorts the members from the `first` on, which end where `text` ends, and forgets them.
    ///
    /// What stands between two members is the same everywhere.
    pub fn sort(&mut self, first: usize, text: &mut Vec<u8>) {
        let members = &mut self.spans[first..];
        let Some(start) = members.first().map(|member| member.name.start) else {
            return;
        };
        let mut between = 0..0;
        if let [one, two, ..] = &*members {
            // The separator is as long before each; its bytes stand before the second.
            let length = separator_length(text, two.name.start);
            between = two.name.start - length..two.name.start;
            debug_assert!(between.start > one.name.end);
        }
        let mut end = text.len();
        for member in members.iter_mut().rev() {
            member.end = end;
            end = member.name.start - between.len();
        }
        let name = |member: &Member| member.name.start + 1..member.name.end - 1;
        if !members.is_sorted_by(|a, b| unescaped(&text[name(a)]).le(unescaped(&text[name(b)]))) {
            members.sort_by(|a, b| unescaped(&text[name(a)]).cmp(unescaped(&text[name(b)])));
            self.scratch.clear();
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    self.scratch.extend_from_slice(&text[between.clone()]);
                }
                self.scratch
                    .extend_from_slice(&text[member.name.start..member.end]);
            }
            text.truncate(start);
            text.append(&mut self.scratch);
        }
        self.spans.truncate(first);
        // A large object's copy is not worth keeping.
        if self.scratch.capacity() > KEPT_BYTES {
            mem::take(&mut self.scratch);
        }
    }
}

/// How long the comma, newline and spaces before `at` are.
fn separator_length(text: &[u8], at: usize) -> usize {
    let spaces = text[..at]
        .iter()
        .rev()
        .take_while(|&&byte| byte == b' ')
        .count();
    spaces + b",\n".len()
}

/// The bytes of a name that this codec has escaped.
fn unescaped(name: &[u8]) -> impl Iterator<Item = u8> {
    let mut bytes = name.iter().copied();
    std::iter::from_fn(move || match bytes.next()? {
        b'\\' => Some(match bytes.next()? {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut digit = || {
                    char::from(bytes.next().unwrap_or(b'0'))
                        .to_digit(16)
                        .unwrap_or(0) as u8
                };
                digit();
                digit();
                digit() << 4 | digit()
            }
            itself => itself,
        }),
        byte => Some(byte),
    })
}

const KEPT_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_by_the_bytes_they_stand_for() {
        let bytes = |name: &str| unescaped(name.as_bytes()).collect::<Vec<_>>();
        assert_eq!(
            bytes(r#"a\"\\\b\f\n\r\t\u001fz"#),
            b"a\"\\\x08\x0c\n\r\t\x1fz"
        );
        assert!(bytes(r"\u0001") < bytes(" "));
    }
}
