//! JSON text to a tape of tokens: all of JSON's errors end here, before Lua is touched.
//!
//! A token is 16 bytes and `Copy`, so that the walk over the tape has nothing to drop when Lua
//! jumps out of it. Containers carry their counts, so that Lua's tables are made in their final
//! size.

use super::keys::Keys;
use super::number::{self, Number};
use super::text;
use crate::buffer;

/// One value, or the name of the member whose value follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token {
    /// `null`.
    Null,
    /// `true`.
    True,
    /// `false`.
    False,
    /// An integer within 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string whose bytes stand in the text.
    Text(Span),
    /// A string whose bytes, unescaped, stand in the tape.
    Unescaped(Span),
    /// A member's name in the text that comes again: the walk keeps it in slot `.0`, counted from
    /// 1.
    Keep(u16, Span),
    /// The name that was kept in that slot.
    Kept(u16),
    /// An array of that many items, which follow.
    Array(u32),
    /// An object of that many members, which follow as names and values.
    Object(u32),
}

/// Bytes, by position and length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Index of the first byte.
    pub at: u32,
    /// How many bytes.
    pub len: u32,
}

/// What is wrong with a text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Index of the byte, from 0; the text's length when it ends too early.
    pub at: usize,
    /// What should stand there.
    pub message: &'static str,
}

/// The tokens of one text, with the buffers that the next text reuses.
#[derive(Debug, Default)]
pub struct Tape {
    tokens: Vec<Token>,
    unescaped: Vec<u8>,
    open: Vec<Open>,
    keys: Keys,
    depth: usize,
}

/// A container that has not ended yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    token: u32,
    count: u32,
    object: bool,
}

impl Tape {
    /// The size of the buffers that grow with the text.
    pub fn capacity_bytes(&self) -> usize {
        self.tokens.capacity() * size_of::<Token>() + self.unescaped.capacity()
    }

    /// Gives back what a large text took and the last one did not need.
    pub fn shrink(&mut self) {
        let (tokens, unescaped) = (self.tokens.len(), self.unescaped.len());
        buffer::shrink(&mut self.tokens, tokens);
        buffer::shrink(&mut self.unescaped, unescaped);
    }

    /// Reads `text`, of which at most `max_depth` containers nest.
    ///
    /// # Errors
    /// What makes it no JSON. The tape's tokens are of no use then.
    pub fn read(&mut self, text: &[u8], max_depth: usize) -> Result<(), Fault> {
        if u32::try_from(text.len()).is_err() {
            return Err(Fault {
                at: 0,
                message: "a text is at most 4 GiB long",
            });
        }
        self.tokens.clear();
        self.unescaped.clear();
        self.open.clear();
        self.keys.begin();
        self.depth = 0;
        Reader {
            text,
            at: 0,
            tape: self,
        }
        .read(max_depth)
    }

    /// The tokens in the order of the text.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// What [`Token::Unescaped`] points into.
    pub fn unescaped(&self) -> &[u8] {
        &self.unescaped
    }

    /// How many containers nest at most.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// How many slots [`Token::Keep`] uses.
    pub fn slots(&self) -> u16 {
        self.keys.slots()
    }

    #[cfg(test)]
    pub(super) fn keys_for_test(&mut self) -> &mut Keys {
        &mut self.keys
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    tape: &'a mut Tape,
}

impl Reader<'_> {
    fn read(mut self, max_depth: usize) -> Result<(), Fault> {
        // The innermost open container lives here, the others in `tape.open`.
        let mut inner = None::<Open>;
        loop {
            let token = match self.byte_after_space() {
                Some(b'"') => self.string(false)?,
                Some(byte @ (b'{' | b'[')) => {
                    let object = byte == b'{';
                    if self.tape.open.len() + usize::from(inner.is_some()) >= max_depth {
                        return Err(self.fault("nesting is too deep here"));
                    }
                    self.at += 1;
                    if self.byte_after_space() == Some(if object { b'}' } else { b']' }) {
                        self.at += 1;
                        let depth = self.tape.open.len() + usize::from(inner.is_some()) + 1;
                        self.tape.depth = self.tape.depth.max(depth);
                        if object {
                            Token::Object(0)
                        } else {
                            Token::Array(0)
                        }
                    } else {
                        self.tape.open.extend(inner);
                        self.tape.depth = self.tape.depth.max(self.tape.open.len() + 1);
                        inner = Some(Open {
                            token: self.tape.tokens.len() as u32,
                            count: 0,
                            object,
                        });
                        self.tape.tokens.push(if object {
                            Token::Object(0)
                        } else {
                            Token::Array(0)
                        });
                        if object {
                            self.name()?;
                        }
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => match number::parse(self.text, self.at) {
                    Ok((number, end)) => {
                        self.at = end;
                        match number {
                            Number::Int(value) => Token::Int(value),
                            Number::Float(value) => Token::Float(value),
                        }
                    }
                    Err((at, message)) => return Err(Fault { at, message }),
                },
                Some(b't') => self.word(b"true", Token::True)?,
                Some(b'f') => self.word(b"false", Token::False)?,
                Some(b'n') => self.word(b"null", Token::Null)?,
                Some(0xef) if self.text[self.at..].starts_with(b"\xef\xbb\xbf") => {
                    return Err(
                        self.fault("a byte order mark is not JSON; save the text without it")
                    );
                }
                Some(_) => return Err(self.fault("expected a value")),
                None => return Err(self.fault("the text ends where a value is expected")),
            };
            self.tape.tokens.push(token);
            // A value has ended, and with it perhaps the containers round it.
            loop {
                let Some(open) = inner.as_mut() else {
                    return self.end();
                };
                open.count += 1;
                match (self.byte_after_space(), open.object) {
                    (Some(b','), object) => {
                        self.at += 1;
                        if object {
                            self.name()?;
                        }
                        break;
                    }
                    (Some(b'}'), true) => {
                        self.tape.tokens[open.token as usize] = Token::Object(open.count)
                    }
                    (Some(b']'), false) => {
                        self.tape.tokens[open.token as usize] = Token::Array(open.count)
                    }
                    (Some(_), true) => return Err(self.fault("expected ',' or '}' after a member")),
                    (Some(_), false) => return Err(self.fault("expected ',' or ']' after an item")),
                    (None, true) => return Err(self.fault("the text ends inside an object")),
                    (None, false) => return Err(self.fault("the text ends inside an array")),
                }
                self.at += 1;
                inner = self.tape.open.pop();
            }
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        match self.byte_after_space() {
            None => Ok(()),
            Some(_) => Err(self.fault("expected nothing more after the value")),
        }
    }

    /// A member's name and the colon after it.
    #[inline(always)]
    fn name(&mut self) -> Result<(), Fault> {
        match self.byte_after_space() {
            Some(b'"') => {}
            Some(_) => return Err(self.fault("expected a member's name in double quotes")),
            None => return Err(self.fault("the text ends inside an object")),
        }
        let token = self.string(true)?;
        self.tape.tokens.push(token);
        if self.byte_after_space() != Some(b':') {
            return Err(self.fault("expected ':' after a member's name"));
        }
        self.at += 1;
        Ok(())
    }

    /// The string whose opening quote is next.
    #[inline(always)]
    fn string(&mut self, name: bool) -> Result<Token, Fault> {
        let start = self.at + 1;
        let end = text::plain_end(self.text, start);
        if self.text.get(end) != Some(&b'"') {
            return self.escaped_string(start, end);
        }
        self.at = end + 1;
        let span = Span {
            at: start as u32,
            len: (end - start) as u32,
        };
        Ok(if name {
            self.tape.keys.token(self.text, span, &mut self.tape.tokens)
        } else {
            Token::Text(span)
        })
    }

    #[cold]
    fn escaped_string(&mut self, start: usize, mut end: usize) -> Result<Token, Fault> {
        let unescaped = &mut self.tape.unescaped;
        let first = unescaped.len();
        let mut plain = start;
        loop {
            unescaped.extend_from_slice(&self.text[plain..end]);
            plain = match self.text.get(end) {
                Some(b'"') => break,
                Some(b'\\') => text::unescape(self.text, end, unescaped)
                    .map_err(|(at, message)| Fault { at, message })?,
                Some(_) => {
                    let message = "a control character in a string has to be escaped";
                    return Err(Fault { at: end, message });
                }
                None => {
                    return Err(Fault {
                        at: end,
                        message: "the text ends inside a string",
                    });
                }
            };
            end = text::plain_end(self.text, plain);
        }
        self.at = end + 1;
        // Unescaped text is never longer than its source, so 32 bits hold it as well.
        Ok(Token::Unescaped(Span {
            at: first as u32,
            len: (unescaped.len() - first) as u32,
        }))
    }

    #[inline(always)]
    fn word(&mut self, word: &[u8], token: Token) -> Result<Token, Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.fault("expected a value"));
        }
        self.at += word.len();
        Ok(token)
    }

    #[inline(always)]
    fn byte_after_space(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn fault(&self, message: &'static str) -> Fault {
        Fault {
            at: self.at,
            message,
        }
    }
}

#[cfg(test)]
mod tests;
