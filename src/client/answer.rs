//! What came back over the wire, before anything is made of it.

use std::time::Duration;

/// What came back over the wire.
pub(super) struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where a redirect points.
    pub redirect: Option<String>,
    /// The pause the server asks for.
    pub retry_after: Option<Duration>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}
