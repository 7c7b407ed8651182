//! The few calls into libc that neither std nor mlua offers.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::io;
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
