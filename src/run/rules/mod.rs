//! What a call must be like before anything else is asked of it.

mod allowed;
mod call;
mod listed;

pub use allowed::{Allow, Allowed, NotAllowed};
pub(super) use listed::Lists;
