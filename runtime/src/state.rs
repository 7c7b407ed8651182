//! `State`: one Lua state as user code finds it: libraries, paths, built-ins, `print`, `os.exit`.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::c_int;
use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Table, Value, ffi};

use crate::deadline::{self, Deadline, Reason};
use crate::error::ErrorReport;
use crate::files::Files;
use crate::json::{self, Codec, Nulls};
use crate::lifecycle::Lifecycle;
use crate::log::Log;
use crate::memory::{self, Heap, MemoryLimit};
use crate::modules::http::Connections;
use crate::modules::throw::{self, Throw, plain, type_name};
use crate::search;
use crate::{coroutine, interpreter, modules, sys};

/// A Lua state and what the runtime keeps beside it.
#[derive(Debug)]
pub struct State {
    /// The state itself.
    pub lua: Lua,
    /// Its JSON codec.
    pub codec: Rc<Codec>,
    /// Its files.
    pub files: Rc<Files>,
    /// Until when the running invocation may go on.
    pub deadline: Rc<Deadline>,
    /// The hooks that user code registered.
    pub lifecycle: Rc<Lifecycle>,
    /// The connections of its HTTP client.
    pub connections: Rc<Connections>,
    /// What Lua may use; none where the function's memory size is not known.
    memory: Cell<Option<MemoryLimit>>,
    heap: Cell<Option<&'static Heap>>,
    /// What was alive after the last collection between two invocations.
    live_bytes: Cell<usize>,
}

/// `os.exit` as user code called it.
#[derive(Debug)]
pub struct Exit {
    /// The call, `os.exit(3)`.
    pub call: String,
    /// The status that the process is to end with; never 0 (the service calls that no reason).
    pub status: i32,
    /// Where it was called.
    pub stack_trace: Vec<String>,
    /// The deadline of the invocation that it may end.
    pub deadline: Rc<Deadline>,
}

impl State {
    /// A state with the standard libraries, C modules included, and our modules.
    ///
    /// `environment` is false where the variables that set Lua's paths are to be ignored.
    ///
    /// # Errors
    /// Only when Lua is out of memory.
    pub fn new(files: Files, nulls: Nulls, log: &Rc<Log>, environment: bool) -> mlua::Result<Self> {
        // SAFETY: what unsafe_new leaves to us is what its libraries can do: C modules and
        // `debug` run with the function's own rights, which is what its author asked for.
        let lua = unsafe { Lua::unsafe_new() };
        let codec = Codec::new(&lua, nulls)?;
        let files = Rc::new(files);
        search::install(&lua, &files, environment)?;
        interpreter::set_up(&lua)?;
        let deadline = Rc::new(Deadline::new(&lua)?);
        let lifecycle = Rc::new(Lifecycle::default());
        let connections = Rc::default();
        modules::install(&lua, &codec, log, &deadline, &lifecycle, &connections)?;
        Ok(Self {
            lua,
            codec,
            files,
            deadline,
            lifecycle,
            connections,
            memory: Cell::new(None),
            heap: Cell::new(None),
            live_bytes: Cell::new(0),
        })
    }

    /// Limits the memory of this state, one of `states`, to its share of a function of `function_mb`
    /// MB; without that size there is no limit.
    ///
    /// # Errors
    /// None in a state of ours.
    pub fn limit_memory(&self, function_mb: Option<i64>, states: usize) -> mlua::Result<()> {
        let Some(function_mb) = function_mb.and_then(|mb| u64::try_from(mb).ok()) else {
            return Ok(());
        };
        let limit = MemoryLimit::new(function_mb, memory::resident_bytes(), states);
        let heap = memory::limit(&self.lua, limit.bytes)?;
        self.codec.charge.join(heap);
        self.connections.join(heap);
        self.memory.set(Some(limit));
        self.heap.set(Some(heap));
        Ok(())
    }

    /// The report as it is; one of too little memory says how much there is.
    pub fn with_memory_limit(&self, mut report: ErrorReport) -> ErrorReport {
        if report.is_out_of_memory()
            && let Some(limit) = self.memory.get()
        {
            report.message = limit.message();
        }
        report
    }

    /// Gives all memory back that is not in use; for after an invocation that ran out of it.
    pub fn recover_memory(&self) {
        self.codec.shrink();
        // What a finalizer brought back to life goes the second time. An error of one has nobody
        // to go to here.
        let collect = || {
            let _ = self.lua.gc_collect();
            let _ = self.lua.gc_collect();
        };
        match self.heap.get() {
            Some(heap) => heap.with_extra(collect),
            None => collect(),
        }
        sys::trim_heap();
        self.live_bytes.set(self.lua.used_memory());
    }

    /// Makes `print` write log records.
    ///
    /// # Errors
    /// Only when Lua is out of memory.
    pub fn print_to(&self, log: &Rc<Log>) -> mlua::Result<()> {
        let globals = self.lua.globals();
        let tostring: Value = globals.raw_get("tostring")?;
        let log = Rc::clone(log);
        let print = throw::function(&self.lua, "print", move |lua, values: MultiValue| {
            let mut line = Vec::new();
            for (nth, value) in values.into_iter().enumerate() {
                if nth > 0 {
                    line.push(b'\t');
                }
                let text = match value {
                    Value::String(_) => value,
                    // What a __tostring raises is raised on as it is.
                    value => {
                        coroutine::call(lua, &tostring, value)
                            .map_err(Throw::from)?
                            .0
                    }
                };
                // Lua 5.4's tostring gives nothing else; LuaJIT's gives what a __tostring does.
                match lua.coerce_string(text)? {
                    Some(text) => line.extend_from_slice(&text.as_bytes()),
                    None => {
                        let message = "'__tostring' must return a string";
                        return Err(Throw::Value(Value::String(lua.create_string(message)?)));
                    }
                }
            }
            log.print(&line);
            Ok(())
        })?;
        globals.raw_set("print", print)
    }

    /// Makes `os.exit` call `end`, which comes back only when the process goes on: then the running
    /// code is made to stop.
    ///
    /// # Errors
    /// Only when Lua is out of memory.
    pub fn exit_by(&self, end: impl Fn(Exit) + 'static) -> mlua::Result<()> {
        let os: Table = self.lua.globals().raw_get("os")?;
        let deadline = Rc::clone(&self.deadline);
        let exit = throw::function(&self.lua, "exit", move |lua, args: MultiValue| {
            let code = args.into_iter().next().unwrap_or(Value::Nil);
            let (shown, code) = exit_code(lua, &code)?;
            // The system keeps the low eight bits.
            let status = match code & 0xff {
                0 => 1,
                status => status as i32,
            };
            let call = format!("os.exit({shown})");
            end(Exit {
                call: call.clone(),
                status,
                stack_trace: coroutine::frames(lua),
                deadline: Rc::clone(&deadline),
            });
            deadline.interrupt(Reason::Exit);
            Err::<(), _>(Throw::Message(call))
        })?;
        os.raw_set("exit", exit)
    }

    /// Gives large buffers back, and says whether it is time to [`collect`](Self::collect): the
    /// heap has doubled since the last time. A collector that the function's author has stopped
    /// stays so.
    ///
    /// For the time between two invocations, so that Lua's collector has less to do in them.
    pub fn tidy(&self) -> bool {
        const LEAST_GROWTH_BYTES: usize = 1024 * 1024;
        self.codec.shrink();
        let live = self.live_bytes.get().min(self.lua.used_memory());
        self.lua.used_memory() - live > live.max(LEAST_GROWTH_BYTES) && self.is_collecting()
    }

    fn is_collecting(&self) -> bool {
        let mut answer = false;
        let at = &raw mut answer;
        // SAFETY: the closure only looks, and writes to a variable that outlives the call.
        let asked = unsafe {
            self.lua
                .exec_raw::<()>((), |l| *at = interpreter::is_collecting(l))
        };
        asked.is_ok() && answer
    }

    /// Collects garbage, which runs finalizers.
    pub fn collect(&self) {
        // An error of a finalizer has nobody to go to here.
        let _ = self.lua.gc_collect();
        sys::consolidate_heap();
        self.live_bytes.set(self.lua.used_memory());
    }

    /// Seeds Lua's random numbers anew: all processes of one snapshot, and all that one process
    /// forks, would draw the same.
    ///
    /// Lua's own seed, time and an address, is as good as the same in two of them.
    ///
    /// # Errors
    /// What keeps it from that, for people.
    pub fn reseed(&self) -> Result<(), String> {
        let lua = &self.lua;
        let math: Table = lua.globals().get("math").map_err(|error| plain(&error))?;
        let seed: Value = math.get("randomseed").map_err(|error| plain(&error))?;
        let entropy = sys::entropy().map_err(|error| error.to_string())?;
        let called = coroutine::call(lua, &seed, entropy);
        let failed = |failure| ErrorReport::raised(lua, &self.codec, failure).message;
        called.map(drop).map_err(failed)
    }

    /// Sets or unsets the variable by which SDKs and child processes find the trace.
    ///
    /// Not for a process with several loops once their threads run.
    pub fn export_trace_id(trace_id: Option<&str>) {
        // SAFETY: called only while one thread writes the environment, this one: Lua's os.getenv
        // and the C modules it calls run on it too. With several loops the one call is made before
        // a thread starts. With one, a look-up of lambda.http's that its caller outran may still
        // read it in the C library (LOCALDOMAIN): glibc never frees values that were set, and the
        // list, in which this one variable comes and goes, keeps its size.
        unsafe {
            match trace_id {
                Some(trace_id) => std::env::set_var(TRACE_ID, trace_id),
                None => std::env::remove_var(TRACE_ID),
            }
        }
    }
}

/// What `os.exit` was given, as text and as the number that C's `exit` gets.
///
/// # Errors
/// It is neither a boolean nor a number.
pub fn exit_code(lua: &Lua, code: &Value) -> Result<(String, i64), Throw> {
    match code {
        Value::Nil => Ok((String::new(), 0)),
        Value::Boolean(success) => Ok((success.to_string(), i64::from(!success))),
        other => match lua.coerce_integer(other.clone()) {
            Ok(Some(code)) => Ok((code.to_string(), code)),
            _ => {
                let why = match lua.coerce_number(other.clone()) {
                    Ok(Some(_)) => "number has no integer representation".to_owned(),
                    _ => format!("number expected, got {}", type_name(other)),
                };
                let message = format!("bad argument #1 to 'exit' ({why})");
                Err(Throw::Message(message))
            }
        },
    }
}

/// Takes a variable out of the environment; for the start of the process.
pub fn unset_variable(name: &str) {
    // SAFETY: called before any thread is started and before any Lua or C module runs, so nothing
    // reads the environment at the same time.
    unsafe { std::env::remove_var(name) }
}

const TRACE_ID: &str = "_X_AMZN_TRACE_ID";

/// First result of a function given to [`throwing`]: the others are returned.
pub const RETURNS: i64 = 0;
/// The second result is a message to throw, with the caller's position.
pub const THROWS_MESSAGE: i64 = 1;
/// The second result is thrown as it is.
pub const THROWS_VALUE: i64 = 2;
/// Lua's own error for too little memory is thrown; there may be none for any other.
pub const THROWS_OUT_OF_MEMORY: i64 = 3;

/// Wraps `inner`, whose first result says what becomes of the others, in a C function that throws.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn throwing(lua: &Lua, inner: Function) -> mlua::Result<Function> {
    unsafe extern "C-unwind" fn call(l: *mut ffi::lua_State) -> c_int {
        // SAFETY: Lua calls this with a valid state and at least LUA_MINSTACK free slots, upvalue 1
        // is the function that `throwing` put there. Nothing here has a destructor, so the
        // jumps of lua_call and lua_error pass over this frame without a leak.
        unsafe {
            ffi::lua_pushvalue(l, ffi::lua_upvalueindex(1));
            ffi::lua_insert(l, 1);
            ffi::lua_call(l, ffi::lua_gettop(l) - 1, ffi::LUA_MULTRET);
            deadline::note_if_due(l);
            match ffi::lua_tointeger(l, 1) {
                RETURNS => {
                    ffi::lua_remove(l, 1);
                    ffi::lua_gettop(l)
                }
                THROWS_MESSAGE => {
                    ffi::luaL_where(l, 1);
                    ffi::lua_pushvalue(l, 2);
                    ffi::lua_concat(l, 2);
                    ffi::lua_error(l)
                }
                THROWS_VALUE => {
                    ffi::lua_settop(l, 2);
                    ffi::lua_error(l)
                }
                _ => {
                    ffi::lua_settop(l, 0);
                    json::raise_out_of_memory(l)
                }
            }
        }
    }
    // SAFETY: the closure pops `inner` off the stack as its one upvalue and leaves itself there.
    unsafe { lua.exec_raw(inner, |l| ffi::lua_pushcclosure(l, call, 1)) }
}

/// Calls `function` with `handler` as Lua's message handler, from a stack that is otherwise bare.
///
/// # Errors
/// The outer error is Lua's (no memory); the inner is what `handler` made of what was thrown.
pub(crate) fn call_with_handler(
    lua: &Lua,
    handler: &Function,
    function: Value,
    args: MultiValue,
) -> mlua::Result<Result<MultiValue, Value>> {
    // SAFETY: the stack holds the handler, the function and its arguments; the results or the
    // error take the place of the last two, and the status that of the handler. The closure
    // captures nothing, so Lua's jumps leave nothing behind.
    let (status, mut results): (c_int, MultiValue) = unsafe {
        lua.exec_raw((handler, function, args), |l| {
            let status = ffi::lua_pcall(l, ffi::lua_gettop(l) - 2, ffi::LUA_MULTRET, 1);
            ffi::luaL_checkstack(l, 1, c"too many results".as_ptr());
            ffi::lua_pushinteger(l, status.into());
            ffi::lua_replace(l, 1);
        })
    }?;
    Ok(match status {
        ffi::LUA_OK => Ok(results),
        _ => Err(results.pop_front().unwrap_or(Value::Nil)),
    })
}
