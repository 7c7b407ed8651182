//! Sending over a socket, whose system calls may be interrupted.

use std::io::{self, IoSlice, Write};

/// Sends all of `left`, in one system call where the socket takes it.
///
/// `sent` counts the bytes that the socket took, also when this fails. A call that a signal
/// interrupted is made again after `interrupted`, unless that says to stop.
///
/// # Errors
/// What the socket or `interrupted` says.
pub fn send(
    stream: &mut impl Write,
    mut left: &mut [IoSlice<'_>],
    sent: &mut usize,
    mut interrupted: impl FnMut() -> io::Result<()>,
) -> io::Result<()> {
    // Drops the slices that are empty; of nothing but those, a write would give 0.
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match stream.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                *sent += count;
                IoSlice::advance_slices(&mut left, count);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => interrupted()?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a call again while a signal interrupts it.
///
/// # Errors
/// What the call says.
pub fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that takes three bytes at a time, and is interrupted before each.
    #[derive(Default)]
    struct Slow {
        taken: Vec<u8>,
        ready: bool,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.ready = !self.ready;
            if self.ready {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = bytes.len().min(3);
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_is_sent_over_short_writes_and_interruptions() {
        let (mut socket, mut sent) = (Slow::default(), 0);
        let mut slices = [b"".as_slice(), b"abcd", b"", b"efghi", b""].map(IoSlice::new);
        send(&mut socket, &mut slices, &mut sent, || Ok(())).unwrap();
        assert_eq!(
            (socket.taken.as_slice(), sent),
            (b"abcdefghi".as_slice(), 9)
        );
    }

    #[test]
    fn an_interruption_may_stop_it_and_what_was_sent_is_known() {
        let (mut socket, mut sent) = (Slow::default(), 0);
        let mut slices = [b"abcd".as_slice(), b"efgh"].map(IoSlice::new);
        let mut left = 3;
        let error = send(&mut socket, &mut slices, &mut sent, || {
            left -= 1;
            if left > 0 {
                Ok(())
            } else {
                Err(io::ErrorKind::Interrupted.into())
            }
        });
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert_eq!((socket.taken.as_slice(), sent), (b"abcd".as_slice(), 4));

        let mut rest = [b"abcd".as_slice(), b"efgh"].map(IoSlice::new);
        let mut rest = rest.as_mut_slice();
        IoSlice::advance_slices(&mut rest, sent);
        send(&mut socket, rest, &mut sent, || Ok(())).unwrap();
        assert_eq!((socket.taken.as_slice(), sent), (b"abcdefgh".as_slice(), 8));
    }

    #[test]
    fn nothing_at_all_is_sent_without_a_call() {
        let (mut socket, mut sent) = (Slow::default(), 0);
        send(&mut socket, &mut [IoSlice::new(b"")], &mut sent, || Ok(())).unwrap();
        assert!(!socket.ready);
    }
}
