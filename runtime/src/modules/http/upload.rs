//! `Upload`: a request's body that a Lua function makes, piece by piece.

use std::io::{self, Read};

use mlua::{Function, Lua, LuaString, Value};

use crate::coroutine;
use crate::modules::throw::{Throw, type_name};

/// A body made by calling a function until it returns nil.
pub struct Upload {
    lua: Lua,
    function: Value,
    piece: Option<LuaString>,
    /// What of `piece` was sent.
    sent: usize,
    /// What is to come, where the user has announced a length.
    left: Option<u64>,
    begun: bool,
    ended: bool,
    /// What ended it early, to be thrown.
    thrown: Option<Throw>,
}

impl Upload {
    /// A body of the pieces that `function` gives, of `length` bytes if that is known.
    pub fn new(lua: &Lua, function: Function, length: Option<u64>) -> Self {
        Self {
            lua: lua.clone(),
            function: Value::Function(function),
            piece: None,
            sent: 0,
            left: length,
            begun: false,
            ended: false,
            thrown: None,
        }
    }

    /// Whether the function was called.
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// What the function threw, or was wrong with what it gave.
    pub fn thrown(self) -> Option<Throw> {
        self.thrown
    }

    fn stop(&mut self, thrown: Throw) -> io::Error {
        self.ended = true;
        self.thrown = Some(thrown);
        io::Error::other("the body failed")
    }

    /// Calls the function for a piece that is not empty; none at its end.
    fn next_piece(&mut self) -> io::Result<()> {
        self.begun = true;
        loop {
            match coroutine::call(&self.lua, &self.function, ()) {
                Err(failure) => return Err(self.stop(Throw::Value(failure.value))),
                Ok((Value::Nil, _)) => {
                    self.ended = true;
                    return match self.left {
                        Some(left) if left > 0 => Err(self.stop(Throw::Message(format!(
                            "the body ended {left} bytes before the length that content-length \
                             announced"
                        )))),
                        _ => Ok(()),
                    };
                }
                Ok((Value::String(piece), _)) if piece.as_bytes().is_empty() => {}
                Ok((Value::String(piece), _)) => {
                    let length = piece.as_bytes().len() as u64;
                    if let Some(left) = &mut self.left {
                        let Some(rest) = left.checked_sub(length) else {
                            return Err(self.stop(Throw::Message(
                                "the body is longer than content-length announced".to_owned(),
                            )));
                        };
                        *left = rest;
                    }
                    self.piece = Some(piece);
                    self.sent = 0;
                    return Ok(());
                }
                Ok((other, _)) => {
                    return Err(self.stop(Throw::Message(format!(
                        "the body's function gave a {} where a string or nil was expected",
                        type_name(&other)
                    ))));
                }
            }
        }
    }
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_none() && !self.ended {
            self.next_piece()?;
        }
        let Some(piece) = &self.piece else {
            return Ok(0);
        };
        let bytes = piece.as_bytes();
        let rest = &bytes[self.sent..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        let whole = count == rest.len();
        drop(bytes);
        self.sent += count;
        if whole {
            self.piece = None;
        }
        Ok(count)
    }
}
