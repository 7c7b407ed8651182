//! The few calls into libc that neither std nor mlua offers.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use std::{mem, ptr};

unsafe extern "C" {
    #[cfg_attr(target_vendor = "apple", link_name = "__stdoutp")]
    static mut stdout: *mut libc::FILE;
    #[cfg_attr(target_vendor = "apple", link_name = "__stderrp")]
    static mut stderr: *mut libc::FILE;
    fn flockfile(stream: *mut libc::FILE);
    fn funlockfile(stream: *mut libc::FILE);
    #[cfg(target_os = "linux")]
    fn __fpending(stream: *mut libc::FILE) -> usize;
}

/// Flushes C's standard output and error, where Lua's `io.write`, `io.stderr` and C modules write.
pub fn flush_stdio() {
    // SAFETY: both are set by the C library before main and never changed by us; fflush takes
    // the stream's own lock.
    unsafe {
        libc::fflush(stdout);
        libc::fflush(stderr);
    }
}

/// Makes C's standard output pass each line on when it is complete, and no part of one before.
///
/// For a process whose threads share it; called before it is written to.
pub fn pass_on_whole_lines() {
    // SAFETY: stdout as above; without a buffer of ours the C library takes its own.
    unsafe {
        libc::setvbuf(stdout, std::ptr::null_mut(), libc::_IOLBF, 0);
    }
}

/// Makes C's standard output keep nothing back, so that what other programs and C's standard error
/// write stands behind what was written before.
///
/// For a process that has not written to it.
pub fn write_at_once() {
    // SAFETY: stdout as above; a stream without a buffer asks for no memory.
    unsafe {
        libc::setvbuf(stdout, ptr::null_mut(), libc::_IONBF, 0);
    }
}

/// As [`flush_stdio`], but a line that is only begun is ended: another thread's record may follow.
pub fn flush_whole_lines() {
    with_stdout(|| {
        // SAFETY: as above, and this thread holds the stream's lock, which is recursive.
        unsafe {
            #[cfg(target_os = "linux")]
            if __fpending(stdout) > 0 {
                libc::fputc(c_int::from(b'\n'), stdout);
            }
        }
        flush_stdio();
    });
}

/// Runs `write` while no other thread can write to C's standard output, which goes where Rust's
/// goes: a kernel may part a write of over 4 KiB to a pipe.
pub fn with_stdout(write: impl FnOnce()) {
    struct Locked;
    impl Drop for Locked {
        fn drop(&mut self) {
            // SAFETY: this thread took the lock when the value was made.
            unsafe { funlockfile(stdout) }
        }
    }
    // SAFETY: stdout as above; the lock is given back when `_locked` is dropped.
    unsafe { flockfile(stdout) }
    let _locked = Locked;
    write();
}

/// Gives SIGPIPE its default action back, which Rust's start-up replaced by "ignore".
///
/// For the stand-alone interpreter: `lua script | head` ends quietly.
pub fn die_of_broken_pipes() {
    const SIGPIPE: c_int = libc::SIGPIPE;
    // SAFETY: called before any other thread exists; SIG_DFL runs no code of ours.
    unsafe {
        libc::signal(SIGPIPE, libc::SIG_DFL);
    }
}

/// Leaves broken pipes errors for this process, as Rust's start-up made them, and lets them end
/// child processes, which would inherit "ignore" and may run for ever.
pub fn let_children_die_of_broken_pipes() {
    extern "C" fn nothing(_: c_int) {}
    // SAFETY: the action is valid when all zero, and its handler does nothing. A handler, unlike
    // "ignore", is not inherited through exec.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = nothing as extern "C" fn(c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGPIPE, &raw const action, ptr::null_mut());
    }
}

/// Lets the stack of the process's first thread grow to `bytes`, or as far as the system allows.
///
/// Linux looks at the limit each time that the stack grows, and leaves room for 128 MB below it.
pub fn let_stack_grow(bytes: usize) {
    let bytes = bytes as libc::rlim_t;
    // SAFETY: getrlimit fills the structure, and setrlimit reads it. Where either fails the stack
    // stays as it is.
    unsafe {
        let mut limit: libc::rlimit = mem::zeroed();
        let known = libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) == 0;
        if known && limit.rlim_cur < bytes {
            limit.rlim_cur = bytes.min(limit.rlim_max);
            libc::setrlimit(libc::RLIMIT_STACK, &raw const limit);
        }
    }
}

/// Random numbers of the system's.
///
/// # Errors
/// When the system has none.
pub fn entropy() -> io::Result<(i64, i64)> {
    let mut bytes = [0_u8; 16];
    // SAFETY: fills exactly these bytes.
    if unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), bytes.len()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let (high, low) = bytes.split_at(8);
    let number = |half: &[u8]| {
        half.iter()
            .fold(0_i64, |all, byte| all << 8 | i64::from(*byte))
    };
    Ok((number(high), number(low)))
}

/// The version of the C library, `2.34`.
pub fn glibc_version() -> String {
    #[cfg(target_env = "gnu")]
    // SAFETY: returns a string that lives as long as the process.
    let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    #[cfg(not(target_env = "gnu"))]
    let version = c"none (another C library)";
    version.to_string_lossy().into_owned()
}

/// Joins the small free blocks of C's heap, so that the next event finds large ones.
///
/// glibc puts this off to the next large allocation, which would be in the midst of an event.
pub fn consolidate_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets what is the default already; any call of mallopt joins the free blocks first.
    unsafe {
        const DEFAULT_MXFAST_BYTES: c_int = (64 * size_of::<usize>() / 4) as c_int;
        libc::mallopt(libc::M_MXFAST, DEFAULT_MXFAST_BYTES);
    }
}

/// Gives the free memory of C's heap back to the system.
pub fn trim_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: only frees pages that nothing uses.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Runs `start` with all signals of this thread held back, so that the threads which it starts
/// never get one.
pub fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    /// Puts the mask back, also when `start` panics.
    struct Mask(libc::sigset_t);
    impl Drop for Mask {
        fn drop(&mut self) {
            // SAFETY: a mask that pthread_sigmask filled in.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, ptr::null_mut()) };
        }
    }
    // SAFETY: both sets are plain data, all zeroes being one of their values, and are filled in
    // before they are read; the calls cannot fail with these arguments.
    let mask = unsafe {
        let (mut all, mut before) = (mem::zeroed(), mem::zeroed());
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        Mask(before)
    };
    let outcome = start();
    drop(mask);
    outcome
}

/// Starts a process that is this one all over again, and gives its id here and none there.
///
/// Only for a process with one thread: of several, the new one would have this one, and the locks
/// that the others hold.
///
/// # Errors
/// The system has no room for another process.
pub fn fork() -> io::Result<Option<libc::pid_t>> {
    // SAFETY: fork asks nothing. The caller vouches for the threads, so that no lock is held in the
    // new process, and all of its memory is as consistent as it is here.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        id if id > 0 => Ok(Some(id)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Lets this process be killed when the one that forked it, `parent`, ends.
pub fn end_with(parent: u32) {
    #[cfg(target_os = "linux")]
    // SAFETY: sets a number of the process's; it cannot fail with a signal that there is.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
    }
    if std::os::unix::process::parent_id() != parent {
        // It had ended before.
        std::process::exit(1);
    }
}

/// Makes the descriptor `place` another one for what `open` stands for.
///
/// # Errors
/// The system is out of descriptors.
pub fn put_at(place: RawFd, open: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: `open` is open. What was at `place` is one of the standard descriptors, which no
    // value owns.
    match unsafe { libc::dup2(open.as_raw_fd(), place) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Waits for at most `time` until there is something to read, or the end of it; says where. A
/// signal ends the wait.
///
/// # Errors
/// When the system is out of memory.
pub fn readable<const N: usize>(
    descriptors: [Option<BorrowedFd<'_>>; N],
    time: Duration,
) -> io::Result<[bool; N]> {
    let mut polled = descriptors.map(|descriptor| libc::pollfd {
        // The system passes over a number below 0.
        fd: descriptor.map_or(-1, |descriptor| descriptor.as_raw_fd()),
        events: libc::POLLIN,
        revents: 0,
    });
    let time_ms = c_int::try_from(time.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX);
    // SAFETY: poll reads and writes these N structures.
    let found = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, time_ms) };
    match io::Error::last_os_error() {
        error if found < 0 && error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ if found < 0 => Ok([false; N]),
        _ => Ok(polled.map(|one| one.revents != 0)),
    }
}

/// How the child process `id` ended, if it has; it is forgotten then.
///
/// # Errors
/// There is no such child.
pub fn ended(id: libc::pid_t) -> io::Result<Option<ExitStatus>> {
    let mut status = 0;
    // SAFETY: waitpid writes to the variable alone.
    match unsafe { libc::waitpid(id, &raw mut status, libc::WNOHANG) } {
        0 => Ok(None),
        -1 => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(None),
            error => Err(error),
        },
        _ => Ok(Some(ExitStatus::from_raw(status))),
    }
}

/// Sends a signal to a process; one that has ended gets none.
pub fn signal(id: libc::pid_t, signal: c_int) {
    // SAFETY: a positive number names one process; what the signal does there is the caller's
    // business.
    unsafe {
        if id > 0 {
            libc::kill(id, signal);
        }
    }
}
