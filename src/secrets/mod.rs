//! The one judge of secrets: what is secret by its name, which secrets were seen, and how
//! a text is covered.
//!
//! Nothing here sends, prints or writes anything, and no other layer decides these three
//! things for itself. A secret that is known is found in a text as it is and in the
//! spellings of JSON, HTML, addresses and base64, in no other and not if it is too short
//! (`cover`); everything else in the text stays as it was, byte for byte.

mod base64_runs;
mod cover;
mod decoding;
mod earlier_names;
mod edits;
mod entities;
mod names;
mod parameters;
mod replies;
mod seen;
mod values;
mod words;

pub use cover::{Cover, covered, is_covered};
pub use earlier_names::of_parameters_in_0_1_0;
pub use edits::COVER;
pub use names::{is_secret, is_secret_parameter, was_secret_in_0_1_0};
pub use parameters::{
    collect_secrets, covers, names_of, removed_texts, secret_texts, secret_values, with_covers,
    without_secret_parameters,
};
pub use replies::{
    cover_missing, cover_reply, covered_reply, each_covered, each_in_record, is_secret_in_reply,
    remove_secret_columns, texts_of_record, texts_of_reply, without_record_secrets,
};
pub use seen::{
    Held, Known, Seen, cover_all_in_reply, cover_in_reply, cover_shown, cover_text, cover_value,
    held, hold, hold_all, hold_named, is_in_row, keep, knows_any, learn, note_named, note_sent,
    noting, share, without_covered,
};
pub use values::{cover_in, texts_of};
pub use words::{hidden_word, secrets_of_words, without_secret_words};
