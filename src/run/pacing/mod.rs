//! How fast calls leave: the first one alone, no more than so many a second, no more than
//! so many at once.

pub(super) mod first_call;
pub(super) mod in_flight;
pub(super) mod log_in;
pub(super) mod pace;
pub(super) mod rate_override;
