//! A response body that can be late, slow or broken on purpose.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// How many pieces a dripping body is sent in.
const PIECES: usize = 20;

/// How long a body that is cut off waits for its half to be sent.
const BEFORE_CUT: Duration = Duration::from_millis(10);

/// A body of known length, sent whole, dripped, or cut off.
#[derive(Debug)]
pub struct ReplyBody {
    rest: Bytes,
    promised: u64,
    piece: usize,
    pause: Duration,
    sleeping: Option<Pin<Box<Sleep>>>,
}

/// The body ended before its length; the connection closes.
#[derive(Debug, thiserror::Error)]
#[error("cut off on purpose")]
pub struct CutOff;

impl ReplyBody {
    /// Sends everything at once.
    pub fn whole(bytes: Bytes) -> Self {
        Self {
            promised: bytes.len() as u64,
            piece: bytes.len(),
            pause: Duration::ZERO,
            sleeping: None,
            rest: bytes,
        }
    }

    /// Sends everything in pieces spread over that time.
    pub fn dripped(bytes: Bytes, over: Duration) -> Self {
        let pieces = u32::try_from(PIECES).unwrap_or(1);
        Self {
            piece: bytes.len().div_ceil(PIECES).max(1),
            pause: over / pieces,
            ..Self::whole(bytes)
        }
    }

    /// Promises everything and sends half.
    pub fn cut(mut bytes: Bytes) -> Self {
        let promised = bytes.len() as u64;
        bytes.truncate(bytes.len() / 2);
        Self {
            promised,
            pause: BEFORE_CUT,
            ..Self::whole(bytes)
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if let Some(sleeping) = &mut self.sleeping {
            if sleeping.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.sleeping = None;
        }
        if self.rest.is_empty() {
            return Poll::Ready((self.promised > 0).then_some(Err(CutOff)));
        }
        let size = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(size);
        self.promised -= piece.len() as u64;
        // Before a cut there is a pause too: only while waiting is what was written sent.
        if self.promised > 0 && !self.pause.is_zero() {
            self.sleeping = Some(Box::pin(sleep(self.pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.promised == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

impl From<String> for ReplyBody {
    fn from(text: String) -> Self {
        Self::whole(Bytes::from(text))
    }
}
