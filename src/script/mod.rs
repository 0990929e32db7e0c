//! The scripting language: Rhai with every action as a native function.
//!
//! `rhai` is named nowhere else. A script sees the server only through
//! [`crate::run::Run`], and the world only through its [`Host`].

mod api;
mod arguments;
mod arrays;
pub mod beside;
mod bulk;
pub mod call_map;
mod changed;
mod check;
mod clock;
pub mod context;
#[cfg(test)]
mod contributing_tests;
mod csv;
mod data;
mod dates;
mod diagnostic;
mod each;
mod engine;
mod environment;
mod execute;
mod exit;
mod files;
mod finding;
pub mod format;
mod frozen;
mod gather;
mod host;
pub mod inference;
mod interpreter;
mod join;
mod library;
mod lists;
mod literals;
mod load;
mod money;
mod offline_host;
mod passwords;
mod planned;
mod raise;
pub mod reference;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod rhai_assumptions_tests;
mod sheet;
pub mod symbols;
pub mod syntax;
mod tables;
mod test_bench;
#[cfg(test)]
mod test_engine;
mod test_file;
#[cfg(test)]
mod test_host;
mod text;
mod tokens;
mod value;

pub use arguments::declared::declaration;
pub use arguments::{ArgumentKind, Declared, OPTIONS, RESERVED, usage};
pub use bulk::sink::{Begun, LeftOver, RowEnded, RowSink, SourceNow, Unfit, Unkept};
pub use check::Checked;
pub use check::effects::Effects;
pub use check::fixes::Fix;
pub use check::reported::Reported;
pub use check::script_text::Span;
pub use clock::Clock;
pub use each::Each;
pub use engine::functions::Function;
pub use engine::memory::{MAX_MEMORY, limit_memory};
pub use files::path_suggestion::astray;
pub use files::streams::Streams;
pub use frozen::Listed;
pub use host::{Confinement, Connect, Host, ListsRead, Output};
pub use interpreter::{Drawn, IT, Interpreter, ResultForm, Shape, Variable};
pub use literals::{may_hold_secret, secret_variables, without_secrets};
pub use load::{Script, decoded, is_test, text_of};
pub use offline_host::functions;
pub use raise::Raised;
pub use sheet::spreadsheet;
pub use test_bench::bench::{Bench, OWN as OWN_SERVER, SnapshotError};
pub use test_file::{TestFile, TestFunction};
pub use tokens::{OpenEnd, Token, TokenKind, Tokens, is_incomplete, scan};

/// The options that a function's map takes, for functions that are no action.
pub fn options_of(function: &str) -> &'static [&'static str] {
    match function {
        "bulk" => &bulk::options::NAMES,
        "csv" => &csv::options::NAMES,
        "gather" => &gather::OPTIONS,
        frozen::NAME => &frozen::OPTIONS,
        "sheet" => &sheet::OPTIONS,
        _ => &[],
    }
}
