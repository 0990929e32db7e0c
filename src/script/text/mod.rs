//! Functions that take a text apart: regular expressions, digits, yes and no, base64.

mod encoding;
mod expression;
mod known;
mod replacement;
mod truth;

use rhai::{Array, Dynamic, ImmutableString, Map, Module};

use crate::script::engine::function::{Fallible, function};
use crate::script::raise::Raised;
use crate::script::text::expression::Expressions;
use crate::script::text::known::known;

/// What is wrong with a regular expression that a script writes out for the function of that
/// name, and whether that is in what it is replaced with.
pub(crate) fn fault(name: &str, expression: &str, with: Option<&str>) -> Option<(Raised, bool)> {
    if !matches!(name, "matches" | "captures" | "replace_all") {
        return None;
    }
    let compiled = match expression::compile(expression) {
        Ok(compiled) => compiled,
        Err(raised) => return Some((raised, false)),
    };
    let with = with.filter(|_| name == "replace_all")?;
    let raised = replacement::check(&compiled, with).err()?;
    Some((raised, true))
}

/// Adds the functions.
pub(crate) fn register(module: &mut Module) {
    register_expressions(module);
    encoding::register(module);
    truth::register(module);
    let about = "The digits 0 to 9 of a text, in their order; everything else is left out.\n\
                 ```rhai\nprint(\"+49 (0)30 / 1234\".digits())\n```";
    function("digits", &["text: &str", "String"], about).set_into_module(
        module,
        |text: &str| -> Fallible<String> {
            known(text, "digits")?;
            Ok(text.chars().filter(char::is_ascii_digit).collect())
        },
    );
}

fn register_expressions(module: &mut Module) {
    // Engines of one script share them, whatever thread they are on.
    let expressions = Expressions::default();
    let about = "Whether a regular expression is found in a text; `^` and `$` tie it to the whole. `(?i)` at \
                 its start ignores case. Write it between backticks or in `#\"…\"#`, where `\\` is itself.\n\
                 ```rhai\nlet reference = \"INV-2041\";\nif reference.matches(`^INV-\\d+$`) { print(\"an invoice\") }\n```";
    let compiled = expressions.clone();
    function(
        "matches",
        &["text: &str", "expression: &str", "bool"],
        about,
    )
    .set_into_module(
        module,
        move |text: &str, expression: &str| -> Fallible<bool> {
            known(text, "matches")?;
            Ok(compiled.get(expression)?.is_match(text))
        },
    );
    let about = "What the groups of a regular expression hold where it is found first: an array whose item 0 is \
                 all of it, or a map if a group has a name (`(?<year>\\d{4})`). A group that has no part in it is \
                 `()`, and so is all of it if nothing is found.\n\
                 ```rhai\nlet found = \"2026-11\".captures(`^(\\d{4})-(\\d\\d)$`);\nif found != () { print(found[1]) }\n\
                 let named = \"2026-11\".captures(`^(?<year>\\d{4})-(?<month>\\d\\d)$`);\nprint(named.month)\n```";
    let compiled = expressions.clone();
    function("captures", &["text: &str", "expression: &str", "?"], about).set_into_module(
        module,
        move |text: &str, expression: &str| -> Fallible<Dynamic> {
            known(text, "captures")?;
            Ok(captures(&*compiled.get(expression)?, text))
        },
    );
    let about = "A text with every place where a regular expression is found replaced; the text itself stays. \
                 `$1` or `${name}` stands for a group, `$$` for a dollar sign.\n\
                 ```rhai\nlet phone = \"030 / 12 34\".replace_all(`[^0-9]+`, \"\");\n\
                 print(\"Doe, Jo\".replace_all(`^(.+), (.+)$`, \"$2 $1\"))\n```";
    function(
        "replace_all",
        &["text: &str", "expression: &str", "with: &str", "String"],
        about,
    )
    .set_into_module(
        module,
        move |text: &str, expression: &str, with: &str| -> Fallible<ImmutableString> {
            known(text, "replace_all")?;
            let expression = expressions.get(expression)?;
            replacement::check(&expression, with)?;
            Ok(expression.replace_all(text, with).into_owned().into())
        },
    );
}

fn captures(expression: &regex::Regex, text: &str) -> Dynamic {
    let Some(found) = expression.captures(text) else {
        return Dynamic::UNIT;
    };
    let held = |group: Option<regex::Match>| {
        group.map_or(Dynamic::UNIT, |group| {
            Dynamic::from(group.as_str().to_owned())
        })
    };
    let mut groups = expression.capture_names().flatten().peekable();
    if groups.peek().is_some() {
        let named = groups.map(|name| (name.into(), held(found.name(name))));
        return Dynamic::from_map(named.collect::<Map>());
    }
    Dynamic::from_array(found.iter().map(held).collect::<Array>())
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{refusal, text};

    #[test]
    fn an_expression_is_found_anywhere_unless_it_is_tied() {
        assert_eq!(text(r#""order INV-7".matches("INV-[0-9]+")"#), "true");
        assert_eq!(text(r#""order INV-7".matches("^INV-[0-9]+$")"#), "false");
        assert_eq!(text(r#""ÄÖ".matches("(?i)^äö$")"#), "true");
        assert_eq!(text("\"a1\".matches(`^\\w\\d$`)"), "true");
    }

    #[test]
    fn groups_are_an_array_or_a_map_of_their_names() {
        assert_eq!(
            text(r#""2026-11".captures("([0-9]+)-([0-9]+)(x)?")"#),
            r#"["2026-11", "2026", "11", ()]"#
        );
        assert_eq!(
            text(r#""2026-11".captures("(?<y>[0-9]+)-(?<m>[0-9]+)")"#),
            r#"#{"m": "11", "y": "2026"}"#
        );
        assert_eq!(text(r#""x".captures("[0-9]") == ()"#), "true");
    }

    #[test]
    fn all_places_are_replaced_and_the_text_itself_stays() {
        assert_eq!(
            text(r#"{ let t = "a1b2"; [t.replace_all("[0-9]", "<$0>"), t] }"#),
            r#"["a<1>b<2>", "a1b2"]"#
        );
        assert_eq!(text(r#""5".replace_all("^", "$$")"#), "$5");
        assert_eq!(
            text(r#""a b".replace_all("(?<one>.) (.)", "${one}_$2")"#),
            "a_b"
        );
        assert_eq!(text(r#""5".replace_all("5", "costs $")"#), "costs $");
    }

    #[test]
    fn a_group_that_the_expression_lacks_is_refused_and_not_left_out() {
        assert_eq!(
            refusal(r#""5".replace_all("([0-9])", "$1EUR")"#),
            "`$1EUR` names no group of the regular expression\n\
             hint: write `${1}EUR`, or `$$` for a dollar sign"
        );
        assert_eq!(
            refusal(r#""x".replace_all("x", "$5.00")"#),
            "`$5` names no group of the regular expression\n\
             hint: write `$$` for a dollar sign"
        );
    }

    #[test]
    fn a_bad_expression_is_refused_with_its_place() {
        assert_eq!(
            refusal(r#""x".matches("a(b")"#),
            "invalid regular expression `a(b`: unclosed group (at character 2, before `(b`)\n\
             hint: write `\\` before a character that is meant as itself"
        );
        let backward = refusal(r#""x".matches("(a)\\1")"#);
        assert!(
            backward.contains("backreferences are not supported"),
            "{backward}"
        );
        let unknown = refusal(r#""x".matches("\\p{Nonsense}")"#);
        assert!(unknown.contains("Unicode property not found"), "{unknown}");
    }

    #[test]
    fn an_expression_too_long_or_too_large_is_refused_in_words() {
        let long = refusal(r#"{ let re = "a"; re.pad(1048576, "a"); "x".matches(re) }"#);
        assert_eq!(
            long,
            "the regular expression is too long: 1048576 bytes, at most 65536 are taken\n\
             hint: to find one of many texts, use `text in list`"
        );
        let large = refusal(r#""x".matches("((a{1000}){1000}){1000}")"#);
        assert!(large.contains("is too large"), "{large}");
        let deep = refusal(r#"{ let re = "("; re.pad(5000, "("); "x".matches(re) }"#);
        assert!(deep.contains("invalid regular expression"), "{deep}");
    }

    #[test]
    fn an_expression_that_is_written_out_is_checked_beforehand() {
        let found = |expression: &str, with: Option<&str>| {
            super::fault("replace_all", expression, with)
                .map(|(raised, is_with)| (raised.to_string(), is_with))
        };
        assert!(
            found("a(b", None)
                .is_some_and(|(what, is_with)| what.contains("unclosed group") && !is_with)
        );
        assert!(
            found("a", Some("$1"))
                .is_some_and(|(what, is_with)| what.contains("names no group") && is_with)
        );
        assert_eq!(found("(a)", Some("$1")), None);
        assert!(super::fault("split", "a(b", None).is_none());
    }

    #[test]
    fn only_the_digits_of_a_text_are_kept() {
        assert_eq!(text(r#""+49 (0)30/12".digits()"#), "4903012");
        assert_eq!(text(r#"["".digits(), "x".digits()]"#), r#"["", ""]"#);
    }
}
