//! SIGTERM as a request to stop, which every polling loop sees where it waits.
//!
//! The signal handler writes one byte into a pipe that nobody ever reads: so the pipe stays
//! readable, and a loop that asks later sees it as well. Whichever thread the signal comes to is
//! the same to it, and none has to block it: child processes would inherit that.
//!
//! Nothing here happens without a `shutdown` hook: SIGTERM then ends the process as it always did.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::io::{self, PipeReader};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::thread;

use crate::sys;

/// What a wait for the Runtime API is woken by.
#[derive(Clone, Copy, Debug)]
pub struct Wake {
    reader: RawFd,
}

/// Makes SIGTERM a request to stop, and `first` what is done beside it, once a process; gives what
/// a loop is woken by, and counts that loop among those that [`leave`].
///
/// # Errors
/// When the system has no more descriptors.
pub fn install(first: impl FnOnce()) -> io::Result<Wake> {
    static READER: OnceLock<Result<PipeReader, io::ErrorKind>> = OnceLock::new();
    let reader = READER.get_or_init(|| {
        let reader = catch_sigterm().map_err(|error| error.kind())?;
        first();
        Ok(reader)
    });
    let reader = reader.as_ref().map_err(|kind| io::Error::from(*kind))?;
    LOOPS.fetch_add(1, Ordering::SeqCst);
    Ok(Wake {
        reader: reader.as_raw_fd(),
    })
}

/// Whether the process has been asked to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Ends one loop, whose hooks have run; the last one ends the process, with status 0.
pub fn leave() -> ! {
    sys::flush_stdio();
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
    // SAFETY: `action` is valid when all zero, and its handler calls only what POSIX allows in one.
    // SA_RESTART leaves the blocking calls of Lua's `io` and of C modules as they were.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_sigterm as extern "C" fn(c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        libc::sigemptyset(&raw mut action.sa_mask);
        if libc::sigaction(libc::SIGTERM, &raw const action, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(reader)
}

/// A second SIGTERM, while the hooks run, changes nothing.
extern "C" fn on_sigterm(_: c_int) {
    if REQUESTED.swap(true, Ordering::SeqCst) {
        return;
    }
    // SAFETY: write(2) is async-signal-safe, and the pipe is empty before this one byte, so it does
    // not block; errno is put back for the code that was interrupted.
    unsafe {
        let errno = errno();
        let before = *errno;
        let _ = libc::write(WRITER.load(Ordering::SeqCst), [0_u8].as_ptr().cast(), 1);
        *errno = before;
    }
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
/// The loops whose hooks are still to run.
static LOOPS: AtomicUsize = AtomicUsize::new(0);
