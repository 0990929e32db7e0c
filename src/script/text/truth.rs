//! `parse_bool`: yes and no, as files and WHMCS write them.

use rhai::{Dynamic, Module};

use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, function};
use crate::script::raise::Raised;
use crate::script::text::known::known;

/// Adds `parse_bool`.
pub(super) fn register(module: &mut Module) {
    let about = "Whether a value says yes: `yes`, `on`, `true` and `1` are `true`, `no`, `off`, `false` and `0` are \
                 `false`, in any case. Everything else is an error, an empty text too.\n\
                 ```rhai\nlet active = parse_bool(\"yes\");\n```";
    function("parse_bool", &["value: ?", "bool"], about)
        .set_into_module(module, |value: Dynamic| parse(&value));
}

fn parse(value: &Dynamic) -> Fallible<bool> {
    if let Ok(truth) = value.as_bool() {
        return Ok(truth);
    }
    let text = if let Ok(number) = value.as_int() {
        number.to_string()
    } else if let Ok(text) = value.as_immutable_string_ref() {
        text.to_string()
    } else {
        let given = a_kind(kind(value.type_name()));
        return Err(refused(format!("{given} says neither yes nor no")).into());
    };
    known(&text, "parse_bool")?;
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "1" => Ok(true),
        "no" | "off" | "false" | "0" => Ok(false),
        "" => Err(refused("an empty text says neither yes nor no".to_owned()).into()),
        _ => {
            let shown: String = text.chars().take(40).collect();
            Err(refused(format!("`{shown}` says neither yes nor no")).into())
        }
    }
}

fn refused(what: String) -> Raised {
    Raised::new("value", what)
        .hint("`parse_bool` reads `yes`, `on`, `true`, `1` and `no`, `off`, `false`, `0`")
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{refusal, text};

    #[test]
    fn yes_and_no_are_read_in_their_spellings() {
        assert_eq!(
            text(r#"["yes", "On", " TRUE ", "1", 1, true].map(|x| parse_bool(x))"#),
            "[true, true, true, true, true, true]"
        );
        assert_eq!(
            text(r#"["no", "OFF", "false", "0", 0, false].map(|x| parse_bool(x))"#),
            "[false, false, false, false, false, false]"
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for value in ["\"maybe\"", "\"\"", "2", "()", "1.0", "[]", "\"y\""] {
            let refused = refusal(&format!("parse_bool({value})"));
            assert!(refused.contains("says neither yes nor no"), "{refused}");
        }
    }
}
