//! Panics: faults of the runtime itself, kept for a report instead of being printed.

use std::cell::RefCell;
use std::panic;

use crate::error::ErrorReport;

thread_local! {
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what a panic says from here on, in place of the default hook's print.
pub fn keep() {
    panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        let place = info
            .location()
            .map(|at| format!(" at {}:{}", at.file(), at.line()));
        let place = place.unwrap_or_default();
        let message = format!("a fault in the runtime itself, please report it: {text}{place}");
        // A second panic while this is borrowed keeps the first, which caused it.
        let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = message));
    }));
}

/// What the last panic of this thread said.
pub fn last() -> String {
    LAST.with_borrow(String::clone)
}

/// The last panic of this thread as a report. It is a fault of ours; the function's author is told
/// what to do with it.
pub fn report() -> ErrorReport {
    ErrorReport::runtime("Runtime.InternalError", last())
}
