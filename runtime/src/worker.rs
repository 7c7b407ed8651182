//! `Worker`: one Lua state with the handler loaded, and the loop that serves it.

use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::Arc;

use crate::api::{Fault, RuntimeApi};
use crate::config::Mode;
use crate::console::Script;
use crate::error::ErrorReport;
use crate::event_loop::EventLoop;
use crate::files::Files;
use crate::handler::Handler;
use crate::log::Log;
use crate::modules::stream;
use crate::process::Process;
use crate::state::State;
use crate::{coroutine, panics};

/// A loop that is ready to ask for events. It stays on the thread that made it.
#[derive(Debug)]
pub struct Worker {
    event_loop: Rc<EventLoop>,
    /// Never closed: it ends with the process, which a finalizer might keep from ending.
    state: ManuallyDrop<State>,
    handler: Handler,
}

impl Worker {
    /// Makes a Lua state, loads the handler into it, and does all else that comes before the first
    /// event.
    ///
    /// The working directory is the task root, which the configuration has as an absolute path.
    ///
    /// # Errors
    /// The status to exit with; the failure has been logged and posted.
    pub fn load(process: &Arc<Process>, log: &Rc<Log>, api: RuntimeApi) -> Result<Self, u8> {
        let event_loop = Rc::new(EventLoop::new(Arc::clone(process), Rc::clone(log), api));
        let load = AssertUnwindSafe(|| load(&event_loop, process, log));
        let loaded = panic::catch_unwind(load).unwrap_or_else(|_| Err(panics::report()));
        let (state, handler) = loaded.map_err(|report| event_loop.fail_start(report))?;
        event_loop.prepare(&state)?;
        // Now, and not when it is served: another loop may be in the midst of a line by then.
        log.flush();
        Ok(Self {
            event_loop,
            state,
            handler,
        })
    }

    /// Serves events until that is over for this loop; gives why.
    pub fn run(&self) -> Fault {
        match self.event_loop.run(&self.state, &self.handler) {
            Ok(never) => match never {},
            Err(fault) => fault,
        }
    }

    /// The Runtime API over a connection of its own, for another worker.
    pub fn another_api(&self) -> RuntimeApi {
        self.event_loop.another_api()
    }

    /// Reports a failure of the initialisation that came after this worker was loaded.
    pub fn fail_init(&self, report: ErrorReport) {
        self.event_loop.fail_start(report);
    }
}

fn load(
    event_loop: &Rc<EventLoop>,
    process: &Process,
    log: &Rc<Log>,
) -> Result<(ManuallyDrop<State>, Handler), ErrorReport> {
    let config = &process.config;
    let files = Files::working_in(config.task_root.clone());
    let state = ManuallyDrop::new(State::new(files, config.json_nulls, log, true)?);
    // Before the handler's file is loaded, which may use too much as well.
    state.limit_memory(config.memory_limit_in_mb, config.loops())?;
    coroutine::install(&state.lua)?;
    state.print_to(log)?;
    let ending = Rc::clone(event_loop);
    state.exit_by(move |exit| ending.exit(exit))?;
    stream::serve(&state, event_loop)?;
    let handler = match config.mode {
        Mode::Console => Script::load(&state, config, log).map(Handler::Script),
        Mode::Function | Mode::Web => Handler::load(&state, config.handler.as_deref()),
    };
    let handler = handler.map_err(|report| state.with_memory_limit(report))?;
    Ok((state, handler))
}
