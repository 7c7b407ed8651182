//! A streamed response on its way to the caller, piece by piece.

use hyper::body::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::prelude::Prelude;

/// A part of a streamed response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What an HTTP front end answers with; at most one, and the first.
    Prelude(Prelude),
    /// The next bytes of the body, as they came.
    Body(Bytes),
}

/// Where the runtime's streamed response goes in.
#[derive(Debug, Clone)]
pub struct Stream {
    pieces: mpsc::Sender<(Piece, oneshot::Sender<()>)>,
}

/// Where the caller takes it out.
#[derive(Debug)]
pub struct Pieces {
    pieces: mpsc::Receiver<(Piece, oneshot::Sender<()>)>,
    /// Of the piece that was taken last; dropped when the next is asked for.
    taken: Option<oneshot::Sender<()>>,
}

/// A stream that holds no more than the piece under way, so that a slow caller slows the runtime.
pub fn stream() -> (Stream, Pieces) {
    let (sender, pieces) = mpsc::channel(1);
    let taken = None;
    (Stream { pieces: sender }, Pieces { pieces, taken })
}

impl Stream {
    /// Passes a piece on, and waits until the caller is done with it. A caller that has gone wants
    /// nothing, and the function runs on, as in the service.
    pub async fn pass(&self, piece: Piece) {
        let (taken, done) = oneshot::channel();
        if self.pieces.send((piece, taken)).await.is_ok() {
            // It is dropped, never sent.
            let _ = done.await;
        }
    }
}

impl Pieces {
    /// Waits for the next piece, which says that the caller is done with the one before; `None`
    /// when there are no more. Blocks: for a thread of its own.
    pub fn blocking_next(&mut self) -> Option<Piece> {
        self.taken = None;
        let (piece, taken) = self.pieces.blocking_recv()?;
        self.taken = Some(taken);
        Some(piece)
    }
}
