//! What a call must be like before anything else is asked of it.

mod allowed;
mod call;
mod listed;
mod unlisted;

pub use allowed::{Allow, Allowed, NotAllowed, OwnValues};
pub(super) use listed::Lists;
pub use unlisted::Unlisted;
