//! One value: what each type of Lua is in JSON, and what is refused.

use std::fmt::Write as _;

use super::*;
use crate::interpreter::HAS_INTEGERS;
use crate::json::marks;

impl Encoder {
    /// Writes the value on top and pops it; true when it is a table that was entered instead.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    #[inline(always)]
    pub(super) unsafe fn value(&mut self, l: *mut ffi::lua_State) -> Result<bool, Stop> {
        // SAFETY: a value is on top, and is read as the type it is.
        unsafe {
            match ffi::lua_type(l, -1) {
                ffi::LUA_TSTRING => {
                    if !text::write_string(stack::bytes(l, -1), &mut self.out) {
                        return Err(self.refuse(
                            l,
                            "a string that is not UTF-8",
                            "; base64-encode it",
                        ));
                    }
                }
                ffi::LUA_TNUMBER => self.number(l, -1)?,
                ffi::LUA_TBOOLEAN => {
                    let word: &[u8] = if ffi::lua_toboolean(l, -1) == 0 {
                        b"false"
                    } else {
                        b"true"
                    };
                    self.out.extend_from_slice(word);
                }
                _ => return self.compound(l),
            }
            ffi::lua_settop(l, -2);
            Ok(false)
        }
    }

    /// A value that may have a metatable.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    unsafe fn compound(&mut self, l: *mut ffi::lua_State) -> Result<bool, Stop> {
        let mut replaced = 0;
        loop {
            // SAFETY: a value is on top.
            let fate = unsafe {
                match ffi::lua_type(l, -1) {
                    ffi::LUA_TTABLE => self.table(l)?,
                    ffi::LUA_TUSERDATA => self.userdata(l)?,
                    ffi::LUA_TNIL | ffi::LUA_TLIGHTUSERDATA => self.constant(l)?,
                    ffi::LUA_TSTRING | ffi::LUA_TNUMBER | ffi::LUA_TBOOLEAN => {
                        return self.value(l);
                    }
                    _ => {
                        let what = format!("a {}", stack::type_name(l, -1));
                        return Err(self.refuse(l, &what, ""));
                    }
                }
            };
            match fate {
                Fate::Written => return Ok(false),
                Fate::Entered => return Ok(true),
                Fate::Replaced => {
                    replaced += 1;
                    if self.frames.len() + replaced > self.options.max_depth {
                        // SAFETY: as above.
                        return Err(unsafe {
                            self.refuse(
                                l,
                                "a __tojson that gives a value with one again and again",
                                "",
                            )
                        });
                    }
                }
            }
        }
    }

    /// The number at `index`.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    #[inline(always)]
    pub(super) unsafe fn number(
        &mut self,
        l: *mut ffi::lua_State,
        index: c_int,
    ) -> Result<(), Stop> {
        // SAFETY: the caller has looked at the type.
        unsafe {
            if ffi::lua_isinteger(l, index) != 0 {
                let integer = ffi::lua_tointegerx(l, index, ptr::null_mut());
                // Where a number is a double, its further digits would be made up.
                if HAS_INTEGERS || integer.unsigned_abs() < 1 << 53 {
                    number::write_int(integer, &mut self.out);
                    return Ok(());
                }
            }
            let value = ffi::lua_tonumberx(l, index, ptr::null_mut());
            if !value.is_finite() {
                return Err(self.refuse(l, if value.is_nan() { "NaN" } else { "an infinity" }, ""));
            }
            let digits = self.options.digits;
            number::write_float(
                if digits < SHORTEST {
                    number::rounded(value, digits)
                } else {
                    value
                },
                &mut self.out,
            );
            Ok(())
        }
    }

    /// # Safety
    /// As [`run`](Self::run); nil or a light userdata is on top.
    #[cold]
    unsafe fn constant(&mut self, l: *mut ffi::lua_State) -> Result<Fate, Stop> {
        // SAFETY: lua_touserdata gives NULL for nil as well, which is `null` all the same.
        unsafe {
            let address = ffi::lua_touserdata(l, -1);
            if address.is_null() {
                self.out.extend_from_slice(b"null");
            } else if address == marks::empty_array() {
                self.out.extend_from_slice(b"[]");
            } else {
                return Err(self.refuse(l, "a userdata", ""));
            }
            ffi::lua_settop(l, -2);
            Ok(Fate::Written)
        }
    }

    /// # Safety
    /// As [`run`](Self::run); a full userdata is on top.
    unsafe fn userdata(&mut self, l: *mut ffi::lua_State) -> Result<Fate, Stop> {
        // SAFETY: a userdata with the raw mark is a block of bytes that binding.rs made.
        unsafe {
            if ffi::lua_getmetatable(l, -1) != 0 {
                if ffi::lua_topointer(l, -1) == self.marks.raw {
                    let bytes = ffi::lua_touserdata(l, -2).cast::<u8>();
                    let bytes = std::slice::from_raw_parts(bytes, ffi::lua_rawlen(l, -2));
                    self.out.extend_from_slice(bytes);
                    ffi::lua_settop(l, -3);
                    return Ok(Fate::Written);
                }
                if self.replace(l)? {
                    return Ok(Fate::Replaced);
                }
                ffi::lua_settop(l, -2);
            }
            Err(self.refuse(l, "a userdata", ""))
        }
    }

    /// # Safety
    /// As [`run`](Self::run); a table is on top.
    unsafe fn table(&mut self, l: *mut ffi::lua_State) -> Result<Fate, Stop> {
        // SAFETY: lua_checkstack makes room for what a level pushes: table, key, value, and what
        // looks at them. The metatable is popped before the table is entered.
        unsafe {
            if self.frames.len() >= self.options.max_depth {
                return Err(self.refuse_depth(l));
            }
            if ffi::lua_checkstack(l, 12) == 0 {
                return Err(self.refuse(l, "so many levels", "; Lua's stack is full"));
            }
            let (mut marked, mut object, mut empty_as_object) =
                (false, false, self.options.empty_as_object);
            if ffi::lua_getmetatable(l, -1) != 0 {
                let metatable = ffi::lua_topointer(l, -1);
                if metatable == self.marks.array {
                    (marked, empty_as_object) = (true, false);
                } else if metatable == self.marks.object {
                    (object, empty_as_object) = (true, true);
                } else if metatable == self.marks.empty_array {
                    empty_as_object = false;
                } else if self.replace(l)? {
                    return Ok(Fate::Replaced);
                }
                ffi::lua_settop(l, -2);
            }
            ffi::lua_pushnil(l);
            if !self.next(l, -2)? {
                self.out
                    .extend_from_slice(if empty_as_object { b"{}" } else { b"[]" });
                ffi::lua_settop(l, -2);
                return Ok(Fate::Written);
            }
            let sequence = marked || !object && ffi::lua_isinteger(l, -2) != 0;
            self.frames.push(Frame {
                kind: if sequence {
                    Kind::Sequence
                } else {
                    Kind::Object
                },
                marked,
                verified: false,
                pending: true,
                start: self.out.len(),
                index: 0,
                last: 0,
                outer_members: self.members.len(),
            });
            self.out.push(if sequence { b'[' } else { b'{' });
            Ok(Fate::Entered)
        }
    }

    /// Puts what the `__tojson` of the metatable on top gives in the place of the value below and
    /// the metatable; false, and nothing changed, when it has none.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    unsafe fn replace(&mut self, l: *mut ffi::lua_State) -> Result<bool, Stop> {
        // SAFETY: a metatable is a table, so the raw get raises nothing. User code runs in a
        // protected call of its own, with the value on the stack below it, and `self` is not
        // reachable from it.
        unsafe {
            marks::push(l, marks::TOJSON);
            if ffi::lua_rawget(l, -2) == ffi::LUA_TNIL {
                ffi::lua_settop(l, -2);
                return Ok(false);
            }
            ffi::lua_remove(l, -2);
            ffi::lua_pushvalue(l, -2);
            self.user_code_ran = true;
            match ffi::lua_pcall(l, 1, 1, 0) {
                ffi::LUA_OK => {}
                ffi::LUA_ERRMEM => stack::raise_out_of_memory(l),
                _ => return Err(Stop::Raised),
            }
            ffi::lua_remove(l, -2);
            Ok(true)
        }
    }

    /// Notes that the value at hand cannot be encoded.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    #[cold]
    pub(super) unsafe fn refuse(
        &mut self,
        l: *mut ffi::lua_State,
        what: &str,
        remedy: &str,
    ) -> Stop {
        // SAFETY: the frames describe the stack.
        let path = unsafe { self.path(l, self.frames.len()) };
        self.message = format!("cannot encode {what} at {path}{remedy}");
        Stop::Refused
    }

    /// Notes that the innermost open table cannot be encoded.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    #[cold]
    pub(super) unsafe fn refuse_table(&mut self, l: *mut ffi::lua_State, what: &str) -> Stop {
        // SAFETY: the frames describe the stack.
        let path = unsafe { self.path(l, self.frames.len().saturating_sub(1)) };
        self.message = format!("cannot encode {what} at {path}");
        Stop::Refused
    }

    /// Notes that the table on top is nested too deep, because it is in itself or else.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    #[cold]
    unsafe fn refuse_depth(&mut self, l: *mut ffi::lua_State) -> Stop {
        // SAFETY: the frames describe the stack.
        unsafe {
            let table = |level: usize| ffi::lua_topointer(l, self.base + 2 * level as c_int);
            for inner in 1..=self.frames.len() {
                if let Some(outer) = (0..inner).find(|&outer| table(outer) == table(inner)) {
                    let (outer, inner) = (self.path(l, outer), self.path(l, inner));
                    self.message =
                        format!("cannot encode a cycle at {inner}, which is {outer} again");
                    return Stop::Refused;
                }
            }
            let what = format!("more than {} levels of tables", self.options.max_depth);
            self.refuse(l, &what, "")
        }
    }

    /// The way to the value in the first `levels` tables: `$.items[3]`.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    unsafe fn path(&self, l: *mut ffi::lua_State, levels: usize) -> String {
        let mut path = String::from("$");
        for (level, frame) in self.frames[..levels].iter().enumerate() {
            if levels > 2 * SHOWN_LEVELS && (SHOWN_LEVELS..levels - SHOWN_LEVELS).contains(&level) {
                if level == SHOWN_LEVELS {
                    path.push_str(" … ");
                }
                continue;
            }
            if frame.kind != Kind::Object {
                // Writing to a String cannot fail.
                let _ = write!(path, "[{}]", frame.index);
                continue;
            }
            // SAFETY: an object's key stands above its table, for each frame from `base` on; it is
            // read by its type.
            let key = unsafe {
                let index = self.base + 2 * level as c_int + 1;
                match ffi::lua_type(l, index) {
                    ffi::LUA_TSTRING if is_name(stack::bytes(l, index)) => {
                        format!(".{}", String::from_utf8_lossy(stack::bytes(l, index)))
                    }
                    _ => format!("[{}]", stack::key(l, index)),
                }
            };
            path.push_str(&key);
        }
        path
    }
}

fn is_name(key: &[u8]) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    key.iter().all(word) && key.first().is_some_and(|byte| !byte.is_ascii_digit())
}

/// A path shows that many of its outermost and innermost levels.
const SHOWN_LEVELS: usize = 20;
