//! JSON between bytes and Lua values, without loss.
//!
//! - `null` is the NULL light userdata; arrays carry a shared metatable, so that an empty one stays
//!   an array.
//! - Integers are exact over 64 bits, floats stay floats and are printed with the shortest digits
//!   that read back.
//! - What JSON cannot say (a function, NaN, a cycle, a string that is not UTF-8, a sparse array) is
//!   an error with its path.
//!
//! Decoding is two-phase: `tape` ends all errors of JSON in safe Rust, then one protected call
//! fills Lua's tables (`decode`). Encoding is one protected walk over the tables (`encode`). What
//! Lua code sees is in `modules/json.rs` and `modules/cjson.rs`.

pub mod binding;
mod collector;
mod decode;
mod encode;
mod error;
mod keys;
mod marks;
mod members;
mod number;
mod stack;
mod tape;
mod text;

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::fmt;
use std::mem;
use std::ptr;
use std::rc::Rc;

use mlua::{Lua, Table, Value};

use crate::buffer;
use crate::memory::Charge;
use decode::Decoder;
use encode::{Encoder, Stop};
use marks::Marks;
use tape::{Fault, Tape};

pub use decode::DecodeOptions;
pub use encode::{EncodeOptions, SHORTEST};
pub use error::{DecodeError, EncodeError};
pub use marks::empty_array;
pub(crate) use stack::raise_out_of_memory;

/// What a member that is `null` becomes: `MOONLAYER_JSON_NULL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// `json.null`, which is truthy: the default.
    #[default]
    Null,
    /// An absent key. In arrays and at the top `null` stays `json.null`.
    Nil,
}

/// Decodes and encodes for one Lua state; keeps its buffers from one call to the next.
///
/// A call may happen within another (a `__tojson` that encodes): the inner one then has buffers of
/// its own.
pub struct Codec {
    /// How texts become values.
    pub decoding: Cell<DecodeOptions>,
    /// How values become texts.
    pub encoding: Cell<EncodeOptions>,
    /// What the decoder's buffers take.
    pub charge: Charge,
    marks: Marks,
    decoder: Cell<Option<Box<Decoder>>>,
    encoder: Cell<Option<Box<Encoder>>>,
    /// The text that `binding` hands to Lua.
    text: Cell<Vec<u8>>,
    /// The message that `binding` throws.
    message: RefCell<String>,
    /// How many calls of `binding` encode within each other.
    encoding_depth: Cell<usize>,
    /// What `binding` hands to the walk that it calls.
    parts: Cell<*mut c_void>,
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (decoding, encoding) = (&self.decoding, &self.encoding);
        f.debug_struct("Codec")
            .field("decoding", decoding)
            .field("encoding", encoding)
            .finish_non_exhaustive()
    }
}

impl Codec {
    /// A codec with the default options.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn new(lua: &Lua, nulls: Nulls) -> mlua::Result<Rc<Self>> {
        Ok(Rc::new(Self {
            decoding: Cell::new(DecodeOptions {
                max_depth: 1000,
                mark_arrays: true,
                drop_null_members: nulls == Nulls::Nil,
            }),
            encoding: Cell::default(),
            charge: Charge::default(),
            marks: Marks::of(lua)?,
            decoder: Cell::default(),
            encoder: Cell::default(),
            text: Cell::default(),
            message: RefCell::default(),
            encoding_depth: Cell::new(0),
            parts: Cell::new(ptr::null_mut()),
        }))
    }

    /// The Lua value of a JSON text.
    ///
    /// # Errors
    /// [`DecodeError::Syntax`] when it is no JSON, [`DecodeError::Lua`] when Lua is out of memory.
    pub fn decode(&self, lua: &Lua, text: &[u8]) -> Result<Value, DecodeError> {
        let options = self.decoding.get();
        let mut decoder = self.decoder.take().unwrap_or_default();
        let parsed = decoder.parse(text, options);
        self.charge.set(decoder.capacity_bytes());
        let value = parsed
            .map_err(DecodeError::from)
            .and_then(|()| decoder.value(lua, text, options).map_err(DecodeError::Lua));
        self.keep(decoder, matches!(value, Err(DecodeError::Lua(_))));
        value
    }

    /// Takes the decoder back for the next text. One whose buffers Lua has no room beside is given
    /// up.
    fn keep(&self, decoder: Box<Decoder>, out_of_memory: bool) {
        if out_of_memory {
            self.charge.set(0);
        } else {
            self.decoder.set(Some(decoder));
        }
    }

    /// Appends the JSON text of a Lua value to `out`.
    ///
    /// # Errors
    /// What cannot be encoded and where; what a `__tojson` raised; Lua's own failure. `out` is as it was then.
    pub fn encode(&self, lua: &Lua, value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.encode_with(lua, value, out, self.encoding.get())
    }

    /// `encode`(Self::encode) with options other than the codec's own.
    ///
    /// # Errors
    /// As `encode`(Self::encode).
    pub fn encode_with(
        &self,
        lua: &Lua,
        value: &Value,
        out: &mut Vec<u8>,
        options: EncodeOptions,
    ) -> Result<(), EncodeError> {
        let length = out.len();
        let mut encoder = self.take_encoder();
        mem::swap(&mut encoder.out, out);
        let result = encoder.encode(lua, value, options);
        mem::swap(&mut encoder.out, out);
        let result = match result {
            Ok((Ok(()), _)) => Ok(()),
            Ok((Err(Stop::Refused), _)) => {
                Err(EncodeError::Message(mem::take(&mut encoder.message)))
            }
            Ok((Err(Stop::Raised), raised)) => Err(EncodeError::Raised(raised)),
            Err(error) => Err(EncodeError::Lua(error)),
        };
        self.encoder.set(Some(encoder));
        if result.is_err() {
            out.truncate(length);
        }
        result
    }

    /// The metatable of arrays: `json.array_mt`.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn array_mt(&self, lua: &Lua) -> mlua::Result<Table> {
        marks::table(lua, marks::ARRAY)
    }

    /// The metatable of objects: `json.object_mt`.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn object_mt(&self, lua: &Lua) -> mlua::Result<Table> {
        marks::table(lua, marks::OBJECT)
    }

    /// The metatable of tables that are an array when they are empty: `cjson.empty_array_mt`.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn empty_array_mt(&self, lua: &Lua) -> mlua::Result<Table> {
        marks::table(lua, marks::EMPTY_ARRAY)
    }

    /// Gives back what a large text took and the last one did not need.
    pub fn shrink(&self) {
        let mut text = self.text.take();
        let used = text.len();
        buffer::shrink(&mut text, used);
        self.text.set(text);
        if let Some(mut decoder) = self.decoder.take() {
            decoder.shrink();
            self.charge.set(decoder.capacity_bytes());
            self.decoder.set(Some(decoder));
        }
    }

    fn take_encoder(&self) -> Box<Encoder> {
        self.encoder
            .take()
            .unwrap_or_else(|| Box::new(Encoder::new(self.marks)))
    }
}

/// Whether `text` is JSON, and an object at the top.
pub fn is_object(text: &[u8]) -> bool {
    // Most lines that are not JSON are told by their ends.
    let space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let first = text.iter().find(|byte| !space(byte));
    let last = text.iter().rfind(|byte| !space(byte));
    first == Some(&b'{') && last == Some(&b'}') && check(text).is_ok()
}

/// Whether `text` is JSON in UTF-8, as an answer has to be.
///
/// # Errors
/// Where it is not.
fn check(text: &[u8]) -> Result<(), DecodeError> {
    Tape::default().read(text, DEPTH_OF_FOREIGN_TEXT)?;
    if let Err(error) = std::str::from_utf8(text) {
        return Err(Fault {
            at: error.valid_up_to(),
            message: "expected UTF-8",
        }
        .into());
    }
    Ok(())
}

const DEPTH_OF_FOREIGN_TEXT: usize = 1000;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
