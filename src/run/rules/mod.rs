//! What a call must be like before anything else is asked of it.

mod allowed;
mod call;

pub use allowed::{Allow, Allowed, NotAllowed};
