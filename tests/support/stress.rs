//! Lua code that is interrupted at random moments; for a test and for the example that counts more.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mlua::{Function, Value};
use moonlayer::config::{Format, Level};
use moonlayer::coroutine;
use moonlayer::deadline::{Allowance, Reason};
use moonlayer::files::Files;
use moonlayer::json::Nulls;
use moonlayer::log::Log;
use moonlayer::state::State;

/// A Lua state as the polling loop has it, without a Runtime API.
pub struct Bench {
    pub state: State,
    pub log: Rc<Log>,
}

/// What many interruptions came to.
#[derive(Debug, Default)]
#[allow(
    dead_code,
    reason = "the example prints what the test does not look at"
)]
pub struct Figures {
    pub interrupted: u32,
    pub finished: u32,
    /// Lua's memory after a collection, a tenth into the run and at its end.
    pub early_bytes: usize,
    pub late_bytes: usize,
    pub took: Duration,
}

impl Bench {
    pub fn new() -> Self {
        let log = Rc::new(Log::new(Format::Json, Level::Error));
        let files = Files::working_in(PathBuf::from("/"));
        let state = State::new(files, Nulls::Null, &log, false).expect("a state");
        coroutine::install(&state.lua).expect("a library");
        state.print_to(&log).expect("a function");
        Self { state, log }
    }

    /// The function that `source` returns.
    #[track_caller]
    pub fn function(&self, source: &str) -> Value {
        let chunk = self.state.lua.load(source).set_name("@work.lua");
        Value::Function(chunk.eval::<Function>().expect("a function"))
    }

    /// Interrupts `count` runs of the workloads after 1 to 400 µs each, by a seeded generator.
    ///
    /// Panics when a run that came to its end gave a wrong answer.
    pub fn interrupt_at_random(&self, count: u32, seed: u64) -> Figures {
        let lua = &self.state.lua;
        let workloads = self
            .state
            .lua
            .load(WORKLOADS.concat())
            .set_name("@work.lua");
        let workloads: Vec<(Function, i64)> = workloads
            .eval::<mlua::Table>()
            .expect("workloads")
            .sequence_values::<mlua::Table>()
            .map(|entry| {
                let entry = entry.expect("a table");
                (entry.get(1).expect("work"), entry.get(2).expect("answer"))
            })
            .collect();
        let mut figures = Figures::default();
        let mut random = seed;
        let start = Instant::now();
        for nth in 0..count {
            // xorshift64
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let (work, expected) = &workloads[random as usize % workloads.len()];
            let after = Duration::from_nanos(1_000 + (random >> 20) % 399_000);
            let work = Value::Function(work.clone());
            self.state
                .deadline
                .arm(Some(Allowance::of(after)), &self.log);
            let outcome = coroutine::call(lua, &work, ());
            match self.state.deadline.disarm(lua) {
                Some(stop) => {
                    assert_eq!(stop.reason, Reason::Deadline);
                    assert!(stop.message.contains(" s at "), "{stop:?}");
                    figures.interrupted += 1;
                }
                None => {
                    let (answer, _) = outcome.expect("an answer");
                    assert_eq!(answer.as_i64(), Some(*expected), "workload of run {nth}");
                    figures.finished += 1;
                }
            }
            coroutine::forget(lua).expect("room");
            if nth == count / 10 || nth + 1 == count {
                // What LuaJIT has compiled is no leak.
                let flush = lua.load("if jit then jit.flush() end");
                flush.exec().expect("a flush");
                lua.gc_collect().expect("a collection");
                lua.gc_collect().expect("a collection");
                figures.early_bytes = figures.late_bytes;
                figures.late_bytes = lua.used_memory();
            }
        }
        figures.took = start.elapsed();
        figures
    }
}

/// What runs, with what it gives; Lua 5.1 has no `<close>`.
const WORKLOADS: &[&str] = &[
    COMMON,
    #[cfg(feature = "lua54")]
    CLOSING,
    "}",
];

#[cfg(feature = "lua54")]
const CLOSING: &str = r#"
  { function()
      local closed = 0
      for _ = 1, 30 do
        local co = coroutine.create(function()
          local g <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
          coroutine.yield()
        end)
        coroutine.resume(co)
        coroutine.close(co)
      end
      return closed
    end, 30 },
  { function()
      local closed = 0
      for i = 1, 60 do
        pcall(function()
          local g <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
          error("x")
        end)
      end
      return closed
    end, 60 },
"#;

const COMMON: &str = r#"
local function on_collect(f)
  if not newproxy then return setmetatable({}, { __gc = f }) end
  local proxy = newproxy(true)
  getmetatable(proxy).__gc = f
  return proxy
end
return {
  { function() local sum = 0 for i = 1, 10000 do sum = sum + i end return sum end, 50005000 },
  { function()
      local sum = 0
      for i = 1, 200 do
        local ok, err = pcall(function() if i % 2 == 0 then error(i, 0) end return i end)
        sum = sum + err
      end
      return sum
    end, 20100 },
  { function()
      local sum = 0
      for value in coroutine.wrap(function()
        for i = 1, 300 do coroutine.yield(i) end
      end) do sum = sum + value end
      return sum
    end, 45150 },
  { function()
      local function nest(depth)
        if depth == 0 then return 1 end
        return coroutine.wrap(function() return nest(depth - 1) + 1 end)()
      end
      return nest(30)
    end, 31 },
  { function()
      local n = 0
      string.gsub(string.rep("ab", 300), "a", function() n = n + 1 return "c" end)
      return n
    end, 300 },
  { function()
      local t = {}
      for i = 1, 200 do t[i] = (i * 7919) % 211 end
      table.sort(t, function(a, b) return a < b end)
      return t[1] + #t
    end, 201 },
  { function()
      local parts = {}
      for i = 1, 300 do parts[i] = tostring(i) .. "," end
      return #table.concat(parts)
    end, 1092 },
  { function()
      local t = setmetatable({}, {
        __index = function(_, k) return k * 2 end,
        __add = function(a, b) return 5 end,
      })
      local sum = 0
      for i = 1, 300 do sum = sum + t[i] + (t + t) end
      return sum
    end, 91800 },
  { function()
      local sum = 0
      for i = 1, 50 do sum = sum + load("return " .. i)() end
      return sum
    end, 1275 },
  { function()
      local finalized = 0
      for i = 1, 40 do
        on_collect(function() finalized = finalized + 1 end)
        if i % 20 == 0 then collectgarbage("step") end
      end
      return 1
    end, 1 },
  { function()
      local count = 0
      local co = coroutine.wrap(function()
        xpcall(function() error("x") end, function() count = count + 1 end)
        while true do
          local ok = pcall(coroutine.yield)
          count = count + 1
        end
      end)
      for _ = 1, 50 do co() end
      return count
    end, 50 },
"#;
