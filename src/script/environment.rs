//! `env`: the environment variables the user let the script see.

use std::sync::Arc;

use rhai::Module;

use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::secrets::{self, is_secret};

/// The variable's value, if it is set; a name that was not allowed is refused
/// whether it is set or not.
fn variable(host: &Host, name: &str) -> Result<Option<String>, Raised> {
    if !host.env.contains(name) {
        return Err(Raised::new(
            "env",
            format!("this script may not see the variable `{name}`"),
        )
        .hint(format!("run it with `--allow-env {name}`")));
    }
    match std::env::var(name) {
        Ok(value) => {
            if is_secret(name) {
                secrets::keep(&value);
            }
            Ok(Some(value))
        }
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Raised::new(
            "env",
            format!("the variable `{name}` is not valid UTF-8"),
        )),
    }
}

/// Adds `env`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "An environment variable allowed with `--allow-env NAME`; the second argument is \
        returned if the variable is not set.\n```rhai\nlet region = env(\"WHMCSH_SHOWN\", \
        \"eu\");\n```";
    let seen = Arc::clone(host);
    function("env", &["name: &str", "String"], about).set_into_module(
        module,
        move |name: &str| -> Fallible<String> {
            Ok(variable(&seen, name)?.ok_or_else(|| {
                Raised::new("env", format!("the variable `{name}` is not set")).hint(format!(
                    "set it, or give a value to use instead: `env(\"{name}\", \"\")`"
                ))
            })?)
        },
    );
    let seen = Arc::clone(host);
    function("env", &["name: &str", "instead: &str", "String"], about).set_into_module(
        module,
        move |name: &str, instead: &str| -> Fallible<String> {
            Ok(variable(&seen, name)?.unwrap_or_else(|| instead.to_owned()))
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    #[test]
    fn a_variable_that_was_not_allowed_is_refused() {
        let bench = TestEngine::new();
        let expected = "this script may not see the variable `PATH`\n\
                        hint: run it with `--allow-env PATH`";
        assert_eq!(bench.refusal("env(\"PATH\")"), expected);
        assert_eq!(bench.refusal("env(\"PATH\", \"\")"), expected);
    }

    #[test]
    fn an_allowed_variable_is_seen() {
        let bench = TestEngine::with(|host| host.env = ["PATH".to_owned()].into());
        assert_eq!(bench.text("env(\"PATH\")"), std::env::var("PATH").unwrap());
    }

    #[test]
    fn an_allowed_variable_that_is_not_set_needs_a_stand_in() {
        let bench = TestEngine::new();
        assert_eq!(bench.text("env(\"WHMCSH_SHOWN\", \"eu\")"), "eu");
        assert_eq!(
            bench.refusal("env(\"WHMCSH_SHOWN\")"),
            "the variable `WHMCSH_SHOWN` is not set\n\
             hint: set it, or give a value to use instead: `env(\"WHMCSH_SHOWN\", \"\")`"
        );
    }
}
