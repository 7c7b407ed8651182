//! The timer of one thread, whose signal only this thread receives.
//!
//! Linux only: elsewhere a timer never fires, which is all that development on macOS needs.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::time::Duration;

use super::worker::Worker;

/// How often an expired timer goes on to fire.
///
/// A signal that comes just before a system call that waits does not end it; the next one does.
const AGAIN: Duration = Duration::from_millis(25);

/// A POSIX timer; deleted when dropped, on the thread that made it.
#[derive(Debug)]
pub struct Timer {
    #[cfg(target_os = "linux")]
    id: libc::timer_t,
}

#[cfg(target_os = "linux")]
impl Timer {
    /// A timer whose signals call [`Worker::on_expiry`] on the calling thread.
    ///
    /// # Errors
    /// The system has no more timers or pending signals for this user.
    pub fn new(worker: &'static Worker) -> std::io::Result<Self> {
        // SAFETY: both structures are filled as sigaction(2) and timer_create(2) ask. The handler
        // calls nothing but what signal-safety(7) lists, and reads a worker that is never freed.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            // Without SA_RESTART, so that a read or write that waits ends with EINTR. With the
            // other stack, so that a deep recursion of Lua's C code does not end the process here.
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            // That stack is small: no other handler on top of this one.
            libc::sigfillset(&raw mut action.sa_mask);
            check(libc::sigaction(
                signal(),
                &raw const action,
                std::ptr::null_mut(),
            ))?;
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = signal();
            event.sigev_value.sival_ptr = std::ptr::from_ref(worker).cast_mut().cast();
            event.sigev_notify_thread_id = libc::gettid();
            let mut id: libc::timer_t = std::mem::zeroed();
            check(libc::timer_create(
                libc::CLOCK_MONOTONIC,
                &raw mut event,
                &raw mut id,
            ))?;
            worker.have_timer(id);
            Ok(Self { id })
        }
    }

    /// Fires after `first`, and again and again until [`stop`](Self::stop).
    pub fn start(&self, first: Duration) {
        // A time of zero would stop it.
        self.set(first.max(Duration::from_nanos(1)), AGAIN);
    }

    /// Does not fire any more; a signal that is due comes before this returns.
    pub fn stop(&self) {
        self.set(Duration::ZERO, Duration::ZERO);
    }

    fn set(&self, first: Duration, again: Duration) {
        // SAFETY: the timer lives as long as `self`.
        unsafe { set(self.id, first, again) }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: made by `new`, deleted here alone.
        unsafe {
            libc::timer_delete(self.id);
        }
    }
}

/// Sets a timer, in a signal handler too.
///
/// # Safety
/// The timer has not been deleted.
#[cfg(target_os = "linux")]
unsafe fn set(id: libc::timer_t, first: Duration, again: Duration) {
    let spec = |time: Duration| libc::timespec {
        tv_sec: time.as_secs() as libc::time_t,
        tv_nsec: libc::c_long::from(time.subsec_nanos() as i32),
    };
    let times = libc::itimerspec {
        it_interval: spec(again),
        it_value: spec(first),
    };
    // SAFETY: the caller vouches for the timer. The times are sound (at most a year, so the seconds
    // fit), so this cannot fail.
    unsafe {
        libc::timer_settime(id, 0, &raw const times, std::ptr::null_mut());
    }
}

/// Lets the timer `id` fire after `time` if it would not before; says whether that changed it. Safe
/// in a signal handler on the timer's thread.
#[cfg(target_os = "linux")]
pub fn hasten(id: *mut c_void, time: Duration) -> bool {
    // SAFETY: only the thread of the timer deletes it, at the end of its loop, and nothing runs in
    // a loop that has ended. timer_gettime fills the structure.
    unsafe {
        let mut now: libc::itimerspec = std::mem::zeroed();
        libc::timer_gettime(id, &raw mut now);
        let left = Duration::new(now.it_value.tv_sec as u64, now.it_value.tv_nsec as u32);
        let later = left.is_zero() || left > time;
        if later {
            set(id, time, AGAIN);
        }
        later
    }
}

/// There is no timer here.
#[cfg(not(target_os = "linux"))]
pub fn hasten(_: *mut c_void, _: Duration) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn check(status: std::ffi::c_int) -> std::io::Result<()> {
    match status {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// A real-time signal: several timers do not fold into one, and nothing else here uses it.
#[cfg(target_os = "linux")]
fn signal() -> std::ffi::c_int {
    libc::SIGRTMIN() + 4
}

#[cfg(target_os = "linux")]
unsafe extern "C" fn on_signal(
    _signal: std::ffi::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut std::ffi::c_void,
) {
    // SAFETY: the kernel hands a valid siginfo over. Only a timer's signal carries our pointer, to a
    // worker of this thread that is never freed; a signal that somebody sent by hand is ignored.
    // What runs here may change errno under the code that it interrupts, so it is put back.
    unsafe {
        if (*info).si_code != libc::SI_TIMER {
            return;
        }
        let errno = *libc::__errno_location();
        (*(*info).si_value().sival_ptr.cast::<Worker>()).on_expiry();
        *libc::__errno_location() = errno;
    }
}

#[cfg(not(target_os = "linux"))]
impl Timer {
    /// A timer that never fires.
    ///
    /// # Errors
    /// None.
    pub fn new(_worker: &'static Worker) -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Does nothing.
    pub fn start(&self, _first: Duration) {}

    /// Does nothing.
    pub fn stop(&self) {}
}
