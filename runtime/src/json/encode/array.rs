//! Arrays: tables whose keys are positive integers, in order or not.

use super::*;

impl Encoder {
    /// Goes on with the array whose table and key are on top, until it ends or a table is entered.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    pub(super) unsafe fn sequence(&mut self, l: *mut ffi::lua_State) -> Result<(), Stop> {
        // SAFETY: after a pair was found the stack holds table, key, value; lua_isinteger is true
        // of no string, so lua_tointegerx converts nothing.
        unsafe {
            let at = self.frames.len() - 1;
            while self.pair(l)? {
                let Frame {
                    index,
                    marked,
                    verified,
                    ..
                } = self.frames[at];
                if !stack::is_integer(l, -2, index + 1) {
                    return self.reconsider(l);
                }
                // A table that is written cannot be taken back at the price of a scalar (taking it
                // back at every level would take time exponential in the depth), so look ahead
                // first.
                if !(marked || verified)
                    && matches!(ffi::lua_type(l, -1), ffi::LUA_TTABLE | ffi::LUA_TUSERDATA)
                {
                    if !self.goes_on(l, index + 1)? {
                        return self.reconsider(l);
                    }
                    self.frames[at].verified = true;
                }
                self.separate();
                if self.value(l)? {
                    return Ok(());
                }
            }
            self.close(l, b']');
            Ok(())
        }
    }

    /// Whether all keys after the one at hand, `index`, are the next integers in order.
    ///
    /// # Safety
    /// As [`run`](Self::run); table, key and value are on top.
    unsafe fn goes_on(&mut self, l: *mut ffi::lua_State, mut index: i64) -> Result<bool, Stop> {
        // SAFETY: works on a copy of the key; what it pushed is popped again.
        unsafe {
            ffi::lua_pushvalue(l, -2);
            while self.next(l, -4)? {
                index += 1;
                if !stack::is_integer(l, -2, index) {
                    ffi::lua_settop(l, -3);
                    return Ok(false);
                }
                ffi::lua_settop(l, -2);
            }
            Ok(true)
        }
    }

    /// Decides anew what a table is that has met a key other than the next integer.
    ///
    /// # Safety
    /// As [`run`](Self::run); table, key and value are on top.
    #[cold]
    unsafe fn reconsider(&mut self, l: *mut ffi::lua_State) -> Result<(), Stop> {
        // SAFETY: only the table is left of the three, and a key is put back for the frame to go on
        // with.
        unsafe {
            let frame = *self.frames.last().expect("an array is open");
            if frame.verified {
                return Err(self.refuse_table(l, "a table that changes while it is encoded"));
            }
            ffi::lua_settop(l, -3);
            let (mut count, mut last, mut integers) = (0, 0, true);
            ffi::lua_pushnil(l);
            while integers && self.next(l, -2)? {
                let key = if ffi::lua_isinteger(l, -2) == 0 {
                    0
                } else {
                    ffi::lua_tointegerx(l, -2, ptr::null_mut())
                };
                integers = key > 0;
                if !integers && frame.marked {
                    let what = format!(
                        "the key {} in a table marked as an array",
                        stack::key(l, -2)
                    );
                    return Err(self.refuse_table(l, &what));
                }
                count += 1;
                last = last.max(key);
                ffi::lua_settop(l, if integers { -2 } else { -3 });
            }
            let EncodeOptions {
                sparse_ratio,
                sparse_safe,
                ..
            } = self.options;
            let sparse =
                sparse_ratio > 0 && last > sparse_safe && last > sparse_ratio.saturating_mul(count);
            if integers && sparse && (frame.marked || !self.options.sparse_as_object) {
                let what =
                    format!("an excessively sparse array ({count} items up to index {last})");
                return Err(self.refuse_table(l, &what));
            }
            ffi::lua_pushnil(l);
            let frame = self.frames.last_mut().expect("an array is open");
            if integers && !sparse {
                frame.kind = Kind::Indexed;
                frame.last = last;
            } else {
                // Nothing but scalars is written yet: start again.
                frame.kind = Kind::Object;
                frame.index = 0;
                self.out.truncate(frame.start);
                self.out.push(b'{');
            }
            Ok(())
        }
    }

    /// Goes on with the array whose table is below the top, by index.
    ///
    /// # Safety
    /// As [`run`](Self::run).
    pub(super) unsafe fn indexed(&mut self, l: *mut ffi::lua_State) -> Result<(), Stop> {
        // SAFETY: the table is below a key that is not used; a raw get by index raises nothing.
        unsafe {
            let at = self.frames.len() - 1;
            while self.frames[at].index < self.frames[at].last {
                self.separate();
                ffi::lua_rawgeti(l, -2, self.frames[at].index);
                if self.value(l)? {
                    return Ok(());
                }
            }
            ffi::lua_settop(l, -2);
            self.close(l, b']');
            Ok(())
        }
    }
}
