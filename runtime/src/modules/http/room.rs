//! `Room`: the memory that bodies of answers may take.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes that are left; the threads of `http.all` share one.
#[derive(Debug)]
pub struct Room {
    left: AtomicUsize,
    scarce: bool,
}

impl Room {
    /// Room for `bytes`.
    pub fn new(bytes: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes),
            scarce: bytes < SCARCE_BYTES,
        }
    }

    /// Whether there was little of it at first.
    pub fn is_scarce(&self) -> bool {
        self.scarce
    }

    /// Takes `bytes` of it, if they are there.
    pub fn take(&self, bytes: usize) -> bool {
        let rest = |left: usize| left.checked_sub(bytes);
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        taken.is_ok()
    }

    /// Gives `bytes` back, or as many more.
    pub fn give(&self, bytes: usize) {
        let more = |left: usize| Some(left.saturating_add(bytes));
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// With less than this it is worth collecting garbage first: twice the default of `max_body`.
const SCARCE_BYTES: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone_until_it_is_given_back() {
        let room = Room::new(10);
        assert!(room.take(7));
        assert!(!room.take(4));
        assert!(room.take(3));
        room.give(4);
        assert!(room.take(4));
        assert!(!room.take(1));
        room.give(usize::MAX);
        room.give(1);
        assert!(room.take(usize::MAX));
    }
}
