//! Values that scripts hold besides Rhai's own.

pub(crate) mod as_text;
pub(crate) mod file_fields;
pub(crate) mod in_place;
pub(crate) mod joined;
pub(crate) mod joining;
pub(crate) mod not_kept;
pub(crate) mod order;
pub(crate) mod record;
pub(crate) mod remainder;
pub(crate) mod source_mark;
pub(crate) mod written_day;
