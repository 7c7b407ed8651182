//! What can go wrong with JSON.

use std::fmt;

use mlua::Value;

use super::tape::Fault;

/// Why a text has no Lua value.
#[derive(Debug)]
pub enum DecodeError {
    /// It is not JSON.
    Syntax {
        /// The byte that is wrong, counted from 1; one more than the text's length when it ends too
        /// early.
        position: usize,
        /// What should stand there.
        message: &'static str,
    },
    /// Lua failed: it is out of memory.
    Lua(mlua::Error),
}

/// Why a Lua value has no JSON text.
#[derive(Debug)]
pub enum EncodeError {
    /// JSON cannot say it: what was met, and its path.
    Message(String),
    /// The value that a `__tojson` raised.
    Raised(Value),
    /// Lua failed: it is out of memory.
    Lua(mlua::Error),
}

impl From<Fault> for DecodeError {
    fn from(fault: Fault) -> Self {
        Self::Syntax {
            position: fault.at + 1,
            message: fault.message,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { position, message } => {
                write!(f, "invalid JSON at byte {position}: {message}")
            }
            Self::Lua(error) => write!(f, "cannot decode JSON: {error}"),
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::Raised(value) => match value.to_string() {
                Ok(text) => write!(f, "__tojson raised {text}"),
                Err(_) => f.write_str("__tojson raised an error"),
            },
            Self::Lua(error) => write!(f, "cannot encode JSON: {error}"),
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Syntax { .. } => None,
            Self::Lua(error) => Some(error),
        }
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Message(_) | Self::Raised(_) => None,
            Self::Lua(error) => Some(error),
        }
    }
}
