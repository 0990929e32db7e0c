//! Text as it is shown to people.

pub mod text;
pub mod width;
