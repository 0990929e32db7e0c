//! Gives scripts back the words Rhai reserves and WHMCS uses.
//!
//! `module`, `default`, `package` and their like are parameters and reply
//! fields of WHMCS; Rhai keeps them for a future of its own. `call` is Rhai's
//! way to call a closure, `f.call(x)`; at the start of an expression it is the
//! function that calls any action, under the name Rhai knows it by.

use std::sync::atomic::{AtomicBool, Ordering};

use rhai::{Engine, Token};

/// The native function behind `call("AnyAction", #{…})`.
pub(crate) const CALL: &str = "call_action";

/// Rhai's reserved words that mean something today.
const IN_USE: &[&str] = &[
    "Fn",
    "call",
    "curry",
    "debug",
    "eval",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "print",
    "super",
    "this",
    "type_of",
];

/// Lets the words Rhai reserves without using them be names.
pub(crate) fn free_reserved_words(engine: &mut Engine) {
    let is_after_dot = AtomicBool::new(false);
    #[expect(
        deprecated,
        reason = "not deprecated, but marked volatile; the version is pinned"
    )]
    engine.on_parse_token(move |token, _, _| {
        let is_dot = matches!(token, Token::Period | Token::Elvis);
        let is_member = is_after_dot.swap(is_dot, Ordering::Relaxed);
        match token {
            Token::Reserved(word) if *word == "call" && !is_member => {
                Token::Identifier(Box::new(CALL.into()))
            }
            Token::Reserved(word) if is_free(&word) => Token::Identifier(word),
            token => token,
        }
    });
}

fn is_free(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_alphabetic()) && !IN_USE.contains(&word)
}
