//! Text as it is shown to people.

pub mod fit;
pub mod table;
pub mod text;
pub mod width;
pub mod wrap;
