//! What a run may do: what a call must be like, what the profile and the limits let pass,
//! and who is asked before the first write.

pub(super) mod allowance;
mod allowed;
mod call;
mod day_format;
pub(super) mod guard;
pub(super) mod limits;
mod listed;
mod lists;
pub(super) mod mail;
pub(super) mod policy;
mod unlisted;

pub use allowed::{Allow, Allowed, NotAllowed, OwnValues};
pub use day_format::may_be_misread;
pub(super) use lists::Lists;
pub use unlisted::Unlisted;
