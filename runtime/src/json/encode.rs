//! Lua values to JSON text.
//!
//! The walk keeps the tables it is in on Lua's stack, each with the key it is at, and a frame for
//! each in `frames`. Almost all it calls raises nothing; what may (running out of memory, a
//! `__tojson`) happens in a protected call, in frames that hold nothing with a destructor.
#![allow(unsafe_code)]

mod array;
mod value;

use std::ffi::c_int;
use std::ptr;

use mlua::{Lua, Value, ffi};

use super::marks::Marks;
use super::members::Members;
use super::{number, stack, text};

/// How values become text.
#[derive(Clone, Copy, Debug)]
pub struct EncodeOptions {
    /// How many tables nest at most.
    pub max_depth: usize,
    /// Significant digits of a float; [`SHORTEST`] is as many as it needs to be read back the same.
    pub digits: usize,
    /// Whether an excessively sparse array is an object instead of an error.
    pub sparse_as_object: bool,
    /// An array is excessively sparse over this many times the count of its items; 0 is never.
    pub sparse_ratio: i64,
    /// No array is excessively sparse up to this index.
    pub sparse_safe: i64,
    /// Whether an empty table without a mark is `{}`, not `[]`.
    pub empty_as_object: bool,
    /// Spaces a level, with members sorted; 0 is all on one line in table order.
    pub indent: usize,
}

/// Digits enough for every float.
pub const SHORTEST: usize = 17;

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            max_depth: 1000,
            digits: SHORTEST,
            sparse_as_object: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            empty_as_object: true,
            indent: 0,
        }
    }
}

/// Why a walk ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The encoder's message says why.
    Refused,
    /// A `__tojson` raised the value on top of the stack.
    Raised,
}

/// One walk, with buffers that the next reuses.
#[derive(Debug)]
pub struct Encoder {
    /// The text so far.
    pub out: Vec<u8>,
    /// Why the walk was refused.
    pub message: String,
    pub(super) marks: Marks,
    pub(super) frames: Vec<Frame>,
    /// Stack index of the outermost value: each frame has its table, then its key, from there on.
    pub(super) base: c_int,
    options: EncodeOptions,
    members: Members,
    /// User code ran, so a table may have changed and `lua_next` may raise.
    user_code_ran: bool,
}

/// A table that the walk is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// The table carries the mark of an array.
    marked: bool,
    /// The keys still to come were seen to be the next integers.
    verified: bool,
    /// The next pair is on the stack already.
    pending: bool,
    /// Where the table's text starts.
    start: usize,
    /// The index of an array's item, the count of an object's members, so far.
    pub(super) index: i64,
    /// The last index of a [`Kind::Indexed`] array.
    last: i64,
    /// How many members of outer objects stand in `members`.
    outer_members: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    /// An array whose keys have come as 1, 2, 3 so far.
    Sequence,
    /// An array that is read by index: its keys come in another order, or it has holes.
    Indexed,
}

/// What became of a value.
enum Fate {
    /// It is written and popped.
    Written,
    /// It is a table that now has a frame.
    Entered,
    /// Its `__tojson` put another value in its place.
    Replaced,
}

impl Encoder {
    /// An encoder for a state with these marks.
    pub fn new(marks: Marks) -> Self {
        Self {
            out: Vec::new(),
            message: String::new(),
            marks,
            frames: Vec::new(),
            base: 0,
            options: EncodeOptions::default(),
            members: Members::default(),
            user_code_ran: false,
        }
    }

    /// Appends the text of `value`; gives what a `__tojson` raised beside [`Stop::Raised`].
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn encode(
        &mut self,
        lua: &Lua,
        value: &Value,
        options: EncodeOptions,
    ) -> mlua::Result<(Result<(), Stop>, Value)> {
        let mut end = Ok(());
        let (encoder, at) = (&raw mut *self, &raw mut end);
        // SAFETY: the closure owns nothing, and what its pointers point to outlives the call.
        let raised = unsafe {
            lua.exec_raw::<Value>(value, |l| {
                let end = (*encoder).run(l, options);
                *at = end;
                if end != Err(Stop::Raised) {
                    ffi::lua_settop(l, 0);
                } else {
                    ffi::lua_replace(l, 1);
                    ffi::lua_settop(l, 1);
                }
            })?
        };
        Ok((end, raised))
    }

    /// Appends the text of the value on top of the stack, which it pops.
    ///
    /// # Errors
    /// With [`Stop::Raised`], what was raised is on top.
    ///
    /// # Safety
    /// `l` is a valid state, in a call that catches what Lua raises and restores the stack after it.
    pub unsafe fn run(
        &mut self,
        l: *mut ffi::lua_State,
        options: EncodeOptions,
    ) -> Result<(), Stop> {
        // SAFETY: the functions called get what they ask for: a value on top of the stack with room
        // above it, or the table and key of the last frame.
        unsafe {
            self.options = options;
            self.frames.clear();
            self.members.clear();
            self.message.clear();
            self.user_code_ran = false;
            self.base = ffi::lua_gettop(l);
            self.value(l)?;
            while let Some(frame) = self.frames.last() {
                match frame.kind {
                    Kind::Object => self.object(l)?,
                    Kind::Sequence => self.sequence(l)?,
                    Kind::Indexed => self.indexed(l)?,
                }
            }
            Ok(())
        }
    }

    /// Goes on with the object whose table and key are on top, until it ends or a table is entered.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    unsafe fn object(&mut self, l: *mut ffi::lua_State) -> Result<(), Stop> {
        // SAFETY: after a pair was found the stack holds table, key, value; the key is read by its
        // own type.
        unsafe {
            while self.pair(l)? {
                self.separate();
                let start = self.out.len();
                match ffi::lua_type(l, -2) {
                    ffi::LUA_TSTRING => {
                        if !text::write_string(stack::bytes(l, -2), &mut self.out) {
                            return Err(self.refuse_table(l, "a key that is not UTF-8"));
                        }
                    }
                    ffi::LUA_TNUMBER => self.number_key(l)?,
                    _ => {
                        let what = format!("a {} key", stack::type_name(l, -2));
                        return Err(self.refuse_table(l, &what));
                    }
                }
                if self.options.indent == 0 {
                    self.out.push(b':');
                } else {
                    self.members.begin(start, self.out.len());
                    self.out.extend_from_slice(b": ");
                }
                if self.value(l)? {
                    return Ok(());
                }
            }
            self.close(l, b'}');
            Ok(())
        }
    }

    /// A number as a member's name. The same name as a string in one table would be a name twice.
    ///
    /// # Safety
    /// As [`run`](Self::run); table, key and value are on top.
    #[cold]
    unsafe fn number_key(&mut self, l: *mut ffi::lua_State) -> Result<(), Stop> {
        // SAFETY: the raw get replaces the string pushed. Making a string may raise, with nothing
        // to drop in this frame, and may collect garbage, whose finalizers are user code.
        unsafe {
            self.out.push(b'"');
            let start = self.out.len();
            self.number(l, -2)?;
            self.user_code_ran = true;
            ffi::lua_pushlstring(
                l,
                self.out.as_ptr().add(start).cast(),
                self.out.len() - start,
            );
            if ffi::lua_rawget(l, -4) != ffi::LUA_TNIL {
                let name = String::from_utf8_lossy(&self.out[start..]).into_owned();
                let what = format!("the keys {name} and \"{name}\" together");
                return Err(self.refuse_table(l, &what));
            }
            ffi::lua_settop(l, -2);
            self.out.push(b'"');
            Ok(())
        }
    }

    /// Puts what stands before the next item or member, and counts it.
    #[inline(always)]
    fn separate(&mut self) {
        let frame = self.frames.last_mut().expect("a table is open");
        frame.index += 1;
        if frame.index > 1 {
            self.out.push(b',');
        }
        if self.options.indent > 0 {
            self.new_line();
        }
    }

    /// Ends the innermost table, which is on top, and pops it.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    unsafe fn close(&mut self, l: *mut ffi::lua_State, bracket: u8) {
        let frame = self.frames.pop().expect("a table is open");
        if self.options.indent > 0 {
            if frame.kind == Kind::Object {
                self.members.sort(frame.outer_members, &mut self.out);
            }
            self.new_line();
        }
        self.out.push(bracket);
        // SAFETY: the table is on top.
        unsafe { ffi::lua_settop(l, -2) }
    }

    fn new_line(&mut self) {
        self.out.push(b'\n');
        self.out.resize(
            self.out.len() + self.frames.len() * self.options.indent,
            b' ',
        );
    }

    /// Puts the innermost table's next key and value above the table; false when there is none, and
    /// only the table is left.
    ///
    /// # Safety
    /// As [`run`](Self::run); table and key are on top, or the pair itself is when it is pending.
    #[inline(always)]
    unsafe fn pair(&mut self, l: *mut ffi::lua_State) -> Result<bool, Stop> {
        let frame = self.frames.last_mut().expect("a table is open");
        if frame.pending {
            frame.pending = false;
            return Ok(true);
        }
        // SAFETY: the table is below the key.
        unsafe { self.next(l, -2) }
    }

    /// # Safety
    /// As [`run`](Self::run); a key is on top, its table at `table`.
    #[inline(always)]
    unsafe fn next(&mut self, l: *mut ffi::lua_State, table: c_int) -> Result<bool, Stop> {
        // SAFETY: the key came from the table, which is unchanged: then lua_next raises nothing.
        // After user code that is not certain, and the protected form is used.
        unsafe {
            if !self.user_code_ran {
                return Ok(ffi::lua_next(l, table) != 0);
            }
            stack::next_protected(l, table)
                .map_err(|()| self.refuse_table(l, "a table that changes while it is encoded"))
        }
    }
}
