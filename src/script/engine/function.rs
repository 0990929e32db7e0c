//! How a native function is described.
//!
//! Every function a script can call is registered through here, so that each
//! carries a signature, a sentence and an example for the reference and the
//! REPL, and none is ever run while a script is compiled.

use rhai::{EvalAltResult, FuncRegistration};

/// What a function gives a script that may fail.
pub(crate) type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// A function with its parameters, the last entry being what it returns, and
/// its documentation: a sentence, then a Rhai example in a fence.
pub(crate) fn function(name: &str, signature: &[&str], about: &str) -> FuncRegistration {
    describe(FuncRegistration::new(name), signature, about)
}

/// A property, read as `value.name`.
pub(crate) fn property(name: &str, signature: &[&str], about: &str) -> FuncRegistration {
    describe(FuncRegistration::new_getter(name), signature, about)
}

/// An operator or a conversion Rhai calls by itself; it needs no reference entry.
pub(crate) fn operator(name: &str) -> FuncRegistration {
    FuncRegistration::new(name).with_volatility(true)
}

/// The same of a function that sees its arguments as the script has them, and says itself
/// whether it changes them.
pub(crate) fn raw_function(name: &str, signature: &[&str], about: &str) -> FuncRegistration {
    documented(FuncRegistration::new(name), signature, about)
}

fn describe(registration: FuncRegistration, signature: &[&str], about: &str) -> FuncRegistration {
    documented(registration, signature, about)
        // None of ours changes what it is called on: a handle, such as a connection
        // or a file being written, is used by a constant's name too.
        .with_purity(true)
        .with_volatility(true)
}

fn documented(registration: FuncRegistration, signature: &[&str], about: &str) -> FuncRegistration {
    registration
        .with_params_info(signature)
        .with_comments([commented(about)])
}

/// The words as a comment of Rhai's, line by line. A thousand functions are described at
/// every start, nearly all in one line.
fn commented(about: &str) -> String {
    let mut comment = String::with_capacity(about.len() + 64);
    for (at, line) in about.split('\n').enumerate() {
        comment.push_str(if at == 0 { "/// " } else { "\n/// " });
        comment.push_str(line);
    }
    comment
}
