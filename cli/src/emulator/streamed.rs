//! A streamed response as it comes from the runtime.

use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::{Bytes, Incoming};

use super::prelude::Beginning;
use super::stream::{Piece, Stream};
use super::trailers::Trailers;

/// A streamed response that is being read.
#[derive(Debug)]
pub struct StreamedResponse {
    incoming: Incoming,
    /// Its beginning, while its prelude is to come.
    beginning: Option<Beginning>,
    size_bytes: usize,
    /// The trailers, once it has ended.
    pub trailers: Trailers,
}

/// Why no more of a response is passed on.
#[derive(Debug)]
pub enum End {
    /// It is complete.
    Complete,
    /// There is more of it than the service carries.
    TooLarge,
    /// Its prelude cannot be used, for this reason.
    BadPrelude(String),
    /// Its connection has ended.
    Truncated,
}

impl StreamedResponse {
    /// The response that this request is the beginning of.
    pub fn of(request: Request<Incoming>) -> Self {
        let headers = request.headers();
        Self {
            beginning: Beginning::of(headers),
            size_bytes: 0,
            trailers: Trailers::declared_in(headers),
            incoming: request.into_body(),
        }
    }

    /// Passes on what comes as it comes, at most [`STREAM_LIMIT_BYTES`].
    pub async fn pass_to(&mut self, stream: &Stream) -> End {
        while let Some(frame) = self.incoming.frame().await {
            let Ok(frame) = frame else {
                return End::Truncated;
            };
            let mut data = match frame.into_data() {
                Ok(data) => data,
                Err(frame) => {
                    self.trailers.add(frame.into_trailers().unwrap_or_default());
                    continue;
                }
            };
            let left = STREAM_LIMIT_BYTES - self.size_bytes;
            let over = data.len() > left;
            data.truncate(left);
            self.size_bytes += data.len();
            if let Err(fault) = self.pass(data, stream).await {
                return End::BadPrelude(fault);
            }
            if over {
                return End::TooLarge;
            }
        }
        match &self.beginning {
            // A response that ends in an error need not have come to its prelude.
            Some(beginning) if self.trailers.error().is_none() => {
                End::BadPrelude(beginning.unfinished())
            }
            _ => End::Complete,
        }
    }

    async fn pass(&mut self, data: Bytes, stream: &Stream) -> Result<(), String> {
        let body = match &mut self.beginning {
            None => data,
            Some(beginning) => {
                let Some((prelude, body)) = beginning.add(&data)? else {
                    return Ok(());
                };
                self.beginning = None;
                stream.pass(Piece::Prelude(prelude)).await;
                body
            }
        };
        if !body.is_empty() {
            stream.pass(Piece::Body(body)).await;
        }
        Ok(())
    }

    /// Reads the rest and drops it, since closing on a peer that still writes may cost it the
    /// answer.
    pub async fn drain(mut self) {
        while let Some(Ok(_)) = self.incoming.frame().await {}
    }
}

/// The largest streamed response, in bytes.
pub const STREAM_LIMIT_BYTES: usize = 200 << 20;

#[cfg(test)]
#[path = "streamed_tests.rs"]
mod tests;
