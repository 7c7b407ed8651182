//! The functions `encode` and `decode` as Lua calls them: C functions, spared the conversions that
//! mlua's callbacks make of every argument and result.
//!
//! The invariant of decode.rs holds here too: Lua raises only out of frames that own nothing. What
//! a call owns (buffers, messages) lives in the codec while Lua may raise outside a protected call.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use mlua::{AnyUserData, Function, Lua, ffi};

use super::decode::Walk;
use super::encode::{EncodeOptions, Encoder, Stop};
use super::{Codec, DecodeError, check, marks, stack};
use crate::interpreter;

/// The functions of one module.
#[derive(Debug)]
pub struct Functions {
    /// `decode(text)`.
    pub decode: Function,
    /// `encode(value[, options])`.
    pub encode: Function,
}

/// Makes `decode` and `encode` of `codec`. They throw; with `safe` they return `nil` and the
/// message instead.
///
/// # Errors
/// Lua is out of memory.
pub fn functions(lua: &Lua, codec: &Rc<Codec>, safe: bool) -> mlua::Result<Functions> {
    let mut owner = ptr::null_mut::<*const Codec>();
    let at = &raw mut owner;
    // SAFETY: the closure owns nothing. The block is written before its finalizer can see it, and
    // the functions hold it as their upvalue.
    let (decode, encode) = unsafe {
        lua.exec_raw::<(Function, Function)>((), |l| {
            let block = ffi::lua_newuserdata(l, size_of::<*const Codec>()).cast::<*const Codec>();
            block.write(ptr::null());
            *at = block;
            ffi::lua_createtable(l, 0, 1);
            ffi::lua_pushcfunction(l, release);
            ffi::lua_setfield(l, -2, c"__gc".as_ptr());
            ffi::lua_setmetatable(l, -2);
            let pairs: [[ffi::lua_CFunction; 2]; 2] =
                [[decode, walk_decoding], [encode, walk_encoding]];
            for [function, walk] in pairs {
                ffi::lua_pushvalue(l, 1);
                ffi::lua_pushboolean(l, c_int::from(safe));
                // Made now: to make one takes memory, in frames that own something later.
                ffi::lua_pushvalue(l, 1);
                ffi::lua_pushcclosure(l, walk, 1);
                ffi::lua_pushcclosure(l, function, 3);
            }
            ffi::lua_remove(l, 1);
        })?
    };
    // SAFETY: the functions just made keep the block alive. `release` gives this count back.
    unsafe { owner.write(Rc::into_raw(Rc::clone(codec))) };
    Ok(Functions { decode, encode })
}

/// Encoded JSON as a value that is encoded as it stands: `json.raw`.
///
/// # Errors
/// The text is not JSON in UTF-8, or Lua is out of memory.
pub fn raw(lua: &Lua, text: &[u8]) -> Result<AnyUserData, DecodeError> {
    check(text)?;
    let (first, length) = (text.as_ptr(), text.len());
    // SAFETY: the closure owns nothing, and the block is as long as what is copied into it.
    unsafe {
        lua.exec_raw((), |l| {
            let block = ffi::lua_newuserdata(l, length).cast::<u8>();
            ptr::copy_nonoverlapping(first, block, length);
            marks::push(l, marks::RAW);
            ffi::lua_setmetatable(l, -2);
        })
    }
    .map_err(DecodeError::Lua)
}

/// What becomes of a call.
#[derive(Clone, Copy)]
enum Outcome {
    /// The result is on top.
    Returns,
    /// The codec's message is thrown.
    Message,
    /// What is on top is thrown.
    Raises,
    /// Lua is out of memory.
    OutOfMemory,
}

unsafe extern "C-unwind" fn release(l: *mut ffi::lua_State) -> c_int {
    // SAFETY: only the block of `functions` has this finalizer. Lua's users can call it by `debug`
    // again, so the pointer is taken out; the block itself outlives the functions that read it.
    unsafe {
        let block = ffi::lua_touserdata(l, 1).cast::<*const Codec>();
        let codec = block.replace(ptr::null());
        if !codec.is_null() {
            drop(Rc::from_raw(codec));
        }
    }
    0
}

unsafe extern "C-unwind" fn decode(l: *mut ffi::lua_State) -> c_int {
    // SAFETY: Lua calls this with a valid state and LUA_MINSTACK free slots. Nothing here has a
    // destructor. The text stays on the stack for the whole call.
    unsafe {
        let codec = codec(l);
        let mut length = 0;
        let first = ffi::luaL_checklstring(l, 1, &mut length).cast::<u8>();
        ffi::lua_settop(l, 1);
        let text = std::slice::from_raw_parts(first, length);
        let outcome = catch_unwind(AssertUnwindSafe(|| run_decode(l, &*codec, text)));
        finish(l, codec, outcome.unwrap_or_else(|_| (*codec).failed()))
    }
}

unsafe extern "C-unwind" fn encode(l: *mut ffi::lua_State) -> c_int {
    // SAFETY: as `decode`.
    unsafe {
        let codec = codec(l);
        ffi::luaL_checkany(l, 1);
        let mut options = (*codec).encoding.get();
        if ffi::lua_type(l, 2) > ffi::LUA_TNIL {
            options.indent = indent(l);
        }
        ffi::lua_settop(l, 1);
        let outcome = catch_unwind(AssertUnwindSafe(|| run_encode(l, &*codec, options)));
        finish(l, codec, outcome.unwrap_or_else(|_| (*codec).failed()))
    }
}

/// The codec of the running function. It lives as long as the function does.
///
/// # Safety
/// Called in a C function of [`functions`].
unsafe fn codec(l: *mut ffi::lua_State) -> *const Codec {
    // SAFETY: upvalue 1 is the block of `functions`.
    unsafe {
        let codec = *ffi::lua_touserdata(l, ffi::lua_upvalueindex(1)).cast::<*const Codec>();
        if codec.is_null() {
            ffi::luaL_error(l, c"the Lua state is being closed".as_ptr());
        }
        codec
    }
}

/// Reads the options table of `encode`, argument 2; raises when it is none.
///
/// # Safety
/// Called in a C function with free slots.
unsafe fn indent(l: *mut ffi::lua_State) -> usize {
    // SAFETY: raw reads of a table, each type looked at before it is read; nothing has a
    // destructor.
    unsafe {
        ffi::luaL_checktype(l, 2, ffi::LUA_TTABLE);
        let mut indent = 0;
        ffi::lua_pushnil(l);
        while ffi::lua_next(l, 2) != 0 {
            if ffi::lua_type(l, -2) != ffi::LUA_TSTRING || stack::bytes(l, -2) != b"indent" {
                ffi::luaL_argerror(l, 2, c"the only option is indent".as_ptr());
            }
            if ffi::lua_isinteger(l, -1) == 0
                || !(0..=16).contains(&ffi::lua_tointegerx(l, -1, ptr::null_mut()))
            {
                ffi::luaL_argerror(l, 2, c"indent must be an integer from 0 to 16".as_ptr());
            }
            indent = ffi::lua_tointegerx(l, -1, ptr::null_mut()) as usize;
            ffi::lua_settop(l, -2);
        }
        indent
    }
}

/// Ends a call: returns, or raises.
///
/// # Safety
/// Called last in a C function, which owns nothing; `codec` is alive.
unsafe fn finish(l: *mut ffi::lua_State, codec: *const Codec, outcome: Outcome) -> c_int {
    // SAFETY: the message is copied by Lua before anything of the user's can run and change it; the
    // borrow has ended by then, since a raw pointer is taken out of it.
    unsafe {
        let safe = ffi::lua_toboolean(l, ffi::lua_upvalueindex(2)) != 0;
        match outcome {
            Outcome::Returns => return 1,
            Outcome::OutOfMemory => stack::raise_out_of_memory(l),
            Outcome::Raises => {}
            Outcome::Message => {
                let (first, length) = (*codec).message_parts();
                ffi::lua_pushlstring(l, first.cast(), length);
                if !safe {
                    ffi::luaL_where(l, 1);
                    ffi::lua_insert(l, -2);
                    ffi::lua_concat(l, 2);
                }
            }
        }
        if safe {
            ffi::lua_pushnil(l);
            ffi::lua_insert(l, -2);
            return 2;
        }
        ffi::lua_error(l)
    }
}

impl Codec {
    /// A panic is a bug of ours: the call fails, the state lives.
    fn failed(&self) -> Outcome {
        *self.message.borrow_mut() =
            "the JSON codec failed on this value; please report it".to_owned();
        Outcome::Message
    }

    fn message_parts(&self) -> (*const u8, usize) {
        let message = self.message.borrow();
        (message.as_ptr(), message.len())
    }
}

/// What [`walk_encoding`] is given.
struct Call {
    encoder: *mut Encoder,
    options: EncodeOptions,
    stop: Option<Stop>,
}

unsafe extern "C-unwind" fn walk_decoding(l: *mut ffi::lua_State) -> c_int {
    // SAFETY: `run_decode`'s walk outlives the call. This is a protected call, whose frames own
    // nothing.
    unsafe {
        let walk = *(*codec(l)).parts.get().cast::<Walk>();
        walk.push_value(l);
    }
    1
}

unsafe extern "C-unwind" fn walk_encoding(l: *mut ffi::lua_State) -> c_int {
    // SAFETY: as above, with the call of `run_encode`, to which the encoder belongs. The value is
    // the one argument.
    unsafe {
        let call = (*codec(l)).parts.get().cast::<Call>();
        let encoder = (*call).encoder;
        match (*encoder).run(l, (*call).options) {
            Ok(()) => {
                let (first, length) = ((*encoder).out.as_ptr(), (*encoder).out.len());
                ffi::lua_pushlstring(l, first.cast(), length);
            }
            Err(stop) => {
                (*call).stop = Some(stop);
                if stop == Stop::Refused {
                    ffi::lua_pushnil(l);
                }
            }
        }
    }
    1
}

/// # Safety
/// `l` has free slots; `text` stays where it is.
unsafe fn run_decode(l: *mut ffi::lua_State, codec: &Codec, text: &[u8]) -> Outcome {
    let options = codec.decoding.get();
    let mut decoder = codec.decoder.take().unwrap_or_default();
    let parsed = decoder.parse(text, options);
    codec.charge.set(decoder.capacity_bytes());
    let outcome = match parsed {
        Ok(()) => {
            let mut parts = decoder.walk(text.as_ptr(), options);
            // SAFETY: `decoder` is this call's own until it is put back.
            unsafe {
                let outcome = protected(l, codec, (&raw mut parts).cast(), 0);
                if decoder.resumes_collector() {
                    interpreter::gc(l, ffi::LUA_GCRESTART);
                }
                outcome
            }
        }
        Err(fault) => {
            *codec.message.borrow_mut() = DecodeError::from(fault).to_string();
            Outcome::Message
        }
    };
    codec.keep(decoder, matches!(outcome, Outcome::OutOfMemory));
    outcome
}

/// # Safety
/// `l` has free slots and the value as its only one.
unsafe fn run_encode(l: *mut ffi::lua_State, codec: &Codec, options: EncodeOptions) -> Outcome {
    // LuaJIT counts no calls of C within C, and each takes some of the thread's stack.
    const MOST_NESTED: usize = 190;
    let depth = codec.encoding_depth.get();
    if depth >= MOST_NESTED {
        *codec.message.borrow_mut() =
            "cannot encode in a __tojson within a __tojson again and again".to_owned();
        return Outcome::Message;
    }
    codec.encoding_depth.set(depth + 1);
    let mut encoder = codec.take_encoder();
    encoder.out = codec.text.take();
    encoder.out.clear();
    let mut call = Call {
        encoder: &raw mut *encoder,
        options,
        stop: None,
    };
    // SAFETY: `encoder` and `call` are this call's own.
    let outcome = unsafe { protected(l, codec, (&raw mut call).cast(), 1) };
    codec.text.set(std::mem::take(&mut encoder.out));
    let outcome = match (outcome, call.stop) {
        (Outcome::Returns, Some(Stop::Refused)) => {
            std::mem::swap(&mut *codec.message.borrow_mut(), &mut encoder.message);
            Outcome::Message
        }
        (Outcome::Returns, Some(Stop::Raised)) => Outcome::Raises,
        (outcome, _) => outcome,
    };
    codec.encoder.set(Some(encoder));
    codec.encoding_depth.set(depth);
    outcome
}

/// Calls the running function's walk with the `arguments` values on top and `parts`; its one result
/// replaces them.
///
/// # Safety
/// Called in a C function of [`functions`], with two free slots; `parts` is what its walk expects.
unsafe fn protected(
    l: *mut ffi::lua_State,
    codec: &Codec,
    parts: *mut c_void,
    arguments: c_int,
) -> Outcome {
    // SAFETY: a call in Lua's own way: function, arguments. Nothing before it takes memory, so that
    // Lua raises nothing into the frames of the caller, which own something.
    unsafe {
        ffi::lua_pushvalue(l, ffi::lua_upvalueindex(3));
        ffi::lua_insert(l, -1 - arguments);
        codec.parts.set(parts);
        match ffi::lua_pcall(l, arguments, 1, 0) {
            ffi::LUA_OK => Outcome::Returns,
            ffi::LUA_ERRMEM => Outcome::OutOfMemory,
            _ => Outcome::Raises,
        }
    }
}
