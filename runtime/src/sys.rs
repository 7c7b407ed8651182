//! The few calls into libc that neither std nor mlua offers.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::{mem, ptr};

unsafe extern "C" {
    #[cfg_attr(target_vendor = "apple", link_name = "__stdoutp")]
    static mut stdout: *mut libc::FILE;
    #[cfg_attr(target_vendor = "apple", link_name = "__stderrp")]
    static mut stderr: *mut libc::FILE;
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
