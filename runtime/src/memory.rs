//! How much memory Lua may use, and what running out of it is called.

mod heap;

use mlua::Error;

use crate::error::ErrorReport;

pub use heap::{Charge, Heap, limit, make_room};

/// The share of a function's memory that is Lua's, for one of its states.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemoryLimit {
    /// What the state may use.
    pub bytes: usize,
    /// The function's memory size.
    pub function_mb: u64,
}

impl MemoryLimit {
    /// The share of each of `states` states in a function of `function_mb` MB, of which the process
    /// has `resident_bytes` without them.
    ///
    /// A tenth of the function's memory is left for what is not Lua's: events and responses as
    /// bytes, C modules, child processes. No state gets less than 8 MB: a function that small would
    /// not start.
    pub fn new(function_mb: u64, resident_bytes: u64, states: usize) -> Self {
        const LEAST_BYTES: u64 = 8 * MB;
        let memory = function_mb.saturating_mul(MB);
        let left = memory.saturating_sub(memory / 10 + resident_bytes);
        let share = (left / states.max(1) as u64).max(LEAST_BYTES);
        Self {
            bytes: usize::try_from(share).unwrap_or(usize::MAX),
            function_mb,
        }
    }

    /// What the report of running out says.
    pub fn message(self) -> String {
        format!(
            "{NOT_ENOUGH_MEMORY}: Lua may use {} MB of the function's {} MB; keep less in memory at \
             a time, or raise the function's memory size",
            self.bytes as u64 / MB,
            self.function_mb
        )
    }
}

/// The memory of this process that is in RAM, in bytes; 0 where the system does not tell.
pub fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4096;
    // The peak that getrusage gives would be one call, but it counts the program that started this
    // one, before it did. https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
    let pages = std::fs::read_to_string("/proc/self/statm");
    let pages = pages.ok().and_then(|text| {
        let resident = text.split(' ').nth(1)?;
        resident.parse::<u64>().ok()
    });
    pages.unwrap_or(0) * PAGE_BYTES
}

/// The report of a failure that came of too little memory.
pub fn report() -> ErrorReport {
    ErrorReport::runtime(OUT_OF_MEMORY, NOT_ENOUGH_MEMORY)
}

/// Whether the error is Lua's about memory, through all that mlua wraps it in.
pub fn is_out_of_memory(error: &Error) -> bool {
    match error {
        Error::MemoryError(_) => true,
        Error::CallbackError { cause, .. }
        | Error::BadArgument { cause, .. }
        | Error::WithContext { cause, .. } => is_out_of_memory(cause),
        Error::RuntimeError(message) => is_message(message.as_bytes()),
        _ => false,
    }
}

/// Whether a thrown string is Lua's about memory, as it was or raised again with a position.
pub fn is_message(text: &[u8]) -> bool {
    let positions = text.strip_suffix(NOT_ENOUGH_MEMORY.as_bytes());
    positions.is_some_and(|positions| positions.is_empty() || positions.ends_with(b": "))
}

/// The type of a report of too little memory.
pub const OUT_OF_MEMORY: &str = "Function.OutOfMemory";
/// What Lua throws: MEMERRMSG of llimits.h.
pub const NOT_ENOUGH_MEMORY: &str = "not enough memory";
const MB: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_gets_what_the_process_and_a_tenth_leave() {
        let limit = MemoryLimit::new(128, 4 * MB, 1);
        assert_eq!(limit.bytes as u64, 128 * MB - 128 * MB / 10 - 4 * MB);
        assert_eq!(
            limit.message(),
            "not enough memory: Lua may use 111 MB of the function's 128 MB; keep less in memory \
             at a time, or raise the function's memory size"
        );
    }

    #[test]
    fn states_share_and_none_gets_less_than_8_mb() {
        let four = MemoryLimit::new(1024, 24 * MB, 4).bytes as u64;
        assert_eq!(four, (1024 * MB - 1024 * MB / 10 - 24 * MB) / 4);
        assert_eq!(MemoryLimit::new(128, 4 * MB, 64).bytes as u64, 8 * MB);
        assert_eq!(MemoryLimit::new(1, 4 * MB, 0).bytes as u64, 8 * MB);
        assert!(MemoryLimit::new(u64::MAX, 0, 1).bytes > 0);
    }

    #[test]
    fn lua_s_message_is_known_with_positions_before_it() {
        assert!(is_message(b"not enough memory"));
        assert!(is_message(b"app.lua:7: not enough memory"));
        assert!(!is_message(b"there is not enough memory"));
        assert!(!is_message(b"not enough memory left"));
    }

    #[test]
    fn the_process_has_memory() {
        let resident = resident_bytes();
        assert!(!cfg!(target_os = "linux") || resident > MB, "{resident}");
    }
}
