//! What a call must be like before anything else is asked of it.

mod allowed;
mod call;
mod listed;
mod lists;
mod unlisted;

pub use allowed::{Allow, Allowed, NotAllowed, OwnValues};
pub(super) use lists::Lists;
pub use unlisted::Unlisted;
