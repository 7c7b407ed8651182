//! SIGTERM as a request to stop, which every polling loop sees where it waits.
//!
//! The signal handler writes one byte into a pipe that nobody ever reads: so the pipe stays
//! readable, and a loop that asks later sees it as well. Whichever thread the signal comes to is
//! the same to it, and none has to block it: child processes would inherit that.
//!
//! Nothing here happens without a `shutdown` hook: SIGTERM then ends the process as it always did.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::c_int;
use std::io::{self, PipeReader};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::config::MOST_LOOPS;
use crate::deadline::Interrupter;

/// What a wait for the Runtime API is woken by.
#[derive(Clone, Copy, Debug)]
pub struct Wake {
    reader: RawFd,
}

/// Makes SIGTERM a request to stop, and `first` what is done beside it, once a process; gives what
/// the calling thread's loop is woken by, and counts that loop among those that [`leave`].
///
/// What the loop runs when the signal comes has a little time to end; then `interrupter` stops it.
///
/// # Errors
/// When the system has no more descriptors.
pub fn install(interrupter: Interrupter, first: impl FnOnce()) -> io::Result<Wake> {
    static READER: OnceLock<Result<PipeReader, io::ErrorKind>> = OnceLock::new();
    let reader = READER.get_or_init(|| {
        let reader = catch_sigterm().map_err(|error| error.kind())?;
        first();
        Ok(reader)
    });
    let reader = reader.as_ref().map_err(|kind| io::Error::from(*kind))?;
    let number = LOOPS_EVER.fetch_add(1, Ordering::SeqCst);
    LOOPS.fetch_add(1, Ordering::SeqCst);
    NUMBER.set(Some(number));
    INTERRUPTER.set(Some(interrupter));
    // SAFETY: has no precondition.
    THREADS[number].store(unsafe { libc::pthread_self() } as usize, Ordering::SeqCst);
    Ok(Wake {
        reader: reader.as_raw_fd(),
    })
}

/// Whether the process has been asked to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// What is left of the time that Lambda gives a runtime with an internal extension, 500 ms from the
/// signal; a tenth of a second at least.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>
pub fn time_left() -> Duration {
    const WHOLE: Duration = Duration::from_millis(450);
    let since = Duration::from_nanos(SINCE_NS.load(Ordering::SeqCst));
    WHOLE
        .saturating_sub(monotonic().saturating_sub(since))
        .max(Duration::from_millis(100))
}

/// The calling thread's hooks run from here on: no further signal interrupts them.
pub fn begin() {
    INTERRUPTER.set(None);
}

/// Lets what runs go on for a little while only; for what the signal came too early to find.
pub fn hurry(interrupter: Interrupter) {
    /// What a handler that runs when the signal comes may still take.
    const GRACE: Duration = Duration::from_millis(200);
    interrupter.interrupt_within(GRACE);
}

/// Ends the loop of the calling thread, if it is one that [`install`] counts, without its hooks:
/// because it can serve no more.
pub fn drop_out() {
    let Some(number) = NUMBER.take() else {
        return;
    };
    INTERRUPTER.set(None);
    THREADS[number].store(0, Ordering::SeqCst);
    if requested() {
        // The signal handler may be about to signal this thread, which so must not end.
        leave();
    }
    if LOOPS.fetch_sub(1, Ordering::SeqCst) <= 1 && requested() {
        // The request came just now, and the other loops have left already: nobody else ends it.
        process::exit(0);
    }
}

/// Ends one loop, whose hooks have run; the last one ends the process, with status 0.
pub fn leave() -> ! {
    if LOOPS.fetch_sub(1, Ordering::SeqCst) <= 1 {
        process::exit(0);
    }
    loop {
        thread::park();
    }
}

impl Wake {
    /// Waits until `socket` has something to read, false, or the process is asked to stop, true.
    /// What has arrived goes first.
    ///
    /// # Errors
    /// What poll(2) failed of.
    pub fn comes_before(self, socket: &TcpStream) -> io::Result<bool> {
        let entry = |fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        let mut entries = [entry(socket.as_raw_fd()), entry(self.reader)];
        loop {
            // SAFETY: the array holds as many entries as are said; both descriptors are open: the
            // caller has the socket, and the reader is in a static that is never dropped.
            let ready = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as _, -1) };
            if ready >= 0 {
                return Ok(entries[0].revents == 0 && entries[1].revents != 0);
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }
}

fn catch_sigterm() -> io::Result<PipeReader> {
    // Both ends are closed on exec; the writing one stays open as long as the process.
    let (reader, writer) = io::pipe()?;
    WRITER.store(writer.into_raw_fd(), Ordering::SeqCst);
    PROCESS.store(process::id(), Ordering::SeqCst);
    // SAFETY: `action` is valid when all zero, and its handler calls only what POSIX allows in one.
    // SA_RESTART leaves the blocking calls of Lua's `io` and of C modules as they were, for as long
    // as the handler may still take.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_sigterm as extern "C" fn(c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        libc::sigfillset(&raw mut action.sa_mask);
        if libc::sigaction(libc::SIGTERM, &raw const action, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(reader)
}

/// The first signal asks every loop to stop, on its own thread; a second one changes nothing.
extern "C" fn on_sigterm(_: c_int) {
    // SAFETY: getpid(2), signal(2), raise(3), write(2), clock_gettime(2) and pthread_kill(3) are
    // async-signal-safe. The pipe is empty
    // before this one byte, so writing does not block. A thread in the table has not ended: one
    // that drops out takes itself out, and stays when the request is there already. The thread's
    // own variables are constants at first and have no destructor, so that nothing is allocated
    // to reach them. errno is put back for the code that was interrupted.
    unsafe {
        if libc::getpid() as u32 != PROCESS.load(Ordering::SeqCst) {
            // A C module has forked: its child shares our pipe, and is to end as any process does,
            // as soon as this handler returns.
            libc::signal(libc::SIGTERM, libc::SIG_DFL);
            libc::raise(libc::SIGTERM);
            return;
        }
        let errno = errno();
        let before = *errno;
        if !REQUESTED.swap(true, Ordering::SeqCst) {
            SINCE_NS.store(monotonic().as_nanos() as u64, Ordering::SeqCst);
            let _ = libc::write(WRITER.load(Ordering::SeqCst), [0_u8].as_ptr().cast(), 1);
            let here = libc::pthread_self() as usize;
            let count = LOOPS_EVER.load(Ordering::SeqCst).min(THREADS.len());
            for thread in &THREADS[..count] {
                let thread = thread.load(Ordering::SeqCst);
                if thread != 0 && thread != here {
                    libc::pthread_kill(thread as libc::pthread_t, libc::SIGTERM);
                }
            }
        }
        if let Some(interrupter) = INTERRUPTER.get() {
            hurry(interrupter);
        }
        *errno = before;
    }
}

/// The time on a clock that nobody sets.
fn monotonic() -> Duration {
    // SAFETY: fills the structure, and cannot fail for this clock.
    let now = unsafe {
        let mut now: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now);
        now
    };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// The running thread's `errno`.
fn errno() -> *mut c_int {
    // SAFETY: neither has a precondition; both give an address that is valid as long as the thread.
    unsafe {
        #[cfg(target_os = "linux")]
        return libc::__errno_location();
        #[cfg(not(target_os = "linux"))]
        return libc::__error();
    }
}

// A signal handler has no other way to what it works on.
static REQUESTED: AtomicBool = AtomicBool::new(false);
static WRITER: AtomicI32 = AtomicI32::new(-1);
/// The process that the request is for.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// When the signal came, on the clock of [`monotonic`].
static SINCE_NS: AtomicU64 = AtomicU64::new(0);
/// The loops whose hooks are still to run.
static LOOPS: AtomicUsize = AtomicUsize::new(0);
/// All loops that there ever were.
static LOOPS_EVER: AtomicUsize = AtomicUsize::new(0);
/// Their threads, by their numbers; 0 for one that dropped out.
static THREADS: [AtomicUsize; MOST_LOOPS] = [const { AtomicUsize::new(0) }; MOST_LOOPS];

thread_local! {
    /// The loop of this thread.
    static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
    static INTERRUPTER: Cell<Option<Interrupter>> = const { Cell::new(None) };
}
