//! What is shown to people, made ready as text: nothing here prints.

pub mod colour;
pub mod fit;
pub mod records;
pub mod table;
pub mod text;
pub mod uri;
pub mod width;
pub mod wrap;
