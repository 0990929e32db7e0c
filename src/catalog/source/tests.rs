//! The refusals of the catalog's compiler, each with file and line.

use super::{Source, compile};

fn refusal(text: &str) -> String {
    compile(&[Source {
        path: "catalog/test.toml",
        text,
    }])
    .unwrap_err()
}

const GOOD: &str =
    "group = \"Test\"\n\n[GetThings]\nsummary = \"List things\"\neffect = \"read\"\n";

#[test]
fn a_good_entry_compiles() {
    let code = compile(&[Source {
        path: "catalog/test.toml",
        text: GOOD,
    }])
    .unwrap();
    assert!(code.contains("name: \"GetThings\", function: \"get_things\""));
}

#[test]
fn an_unclassified_action_is_refused_with_its_line() {
    let text = GOOD.replace("effect = \"read\"\n", "");
    assert_eq!(
        refusal(&text),
        "catalog/test.toml:3: `GetThings` has no `effect`"
    );
}

#[test]
fn a_write_that_does_not_say_whether_it_is_repeatable_is_refused() {
    let text = GOOD.replace("\"read\"", "\"create\"");
    assert_eq!(
        refusal(&text),
        "catalog/test.toml:3: `GetThings` has no `repeatable`"
    );
}

#[test]
fn a_destructive_action_is_not_repeatable_without_a_reason() {
    let text = GOOD.replace(
        "\"read\"",
        "\"delete\"\nrisk = [\"destructive\"]\nrepeatable = true",
    );
    let expected =
        "catalog/test.toml:3: `GetThings` is destructive and repeatable: say why in `because`";
    assert_eq!(refusal(&text), expected);
}

#[test]
fn an_unknown_type_is_refused_with_its_line() {
    let text =
        format!("{GOOD}params = [\n    {{ name = \"a\", type = \"strin\", about = \"A\" }},\n]\n");
    assert_eq!(
        refusal(&text),
        "catalog/test.toml:7: `GetThings.a` has an unknown `type`: `strin`"
    );
}

#[test]
fn only_a_map_says_what_each_value_is() {
    let text = format!(
        "{GOOD}params = [\n    {{ name = \"a\", type = \"int\", each = \"int\", about = \"A\" }},\n]\n"
    );
    assert_eq!(
        refusal(&text),
        "catalog/test.toml:7: `GetThings.a` has `each` but is not a map"
    );
}

#[test]
fn an_action_or_parameter_that_stands_twice_is_refused() {
    let twice = format!(
        "{GOOD}params = [\n    {{ name = \"a\", type = \"int\", about = \"A\" }},\n    {{ name = \"A\", type = \"int\", about = \"A\" }},\n]\n"
    );
    assert_eq!(
        refusal(&twice),
        "catalog/test.toml:3: `GetThings` names the parameter `A` twice"
    );
    let again = format!("{GOOD}\n[getthings]\nsummary = \"List things\"\neffect = \"read\"\n");
    assert_eq!(
        refusal(&again),
        "catalog/test.toml:7: `GetThings` is already at catalog/test.toml:3"
    );
}

#[test]
fn an_unknown_field_is_refused_with_its_line() {
    let text = format!("{GOOD}sumary = \"x\"\n");
    assert_eq!(
        refusal(&text),
        "catalog/test.toml:6: `GetThings` has an unknown field `sumary`"
    );
}

#[test]
fn a_way_to_find_that_leads_nowhere_is_refused() {
    let find = "repeatable = false\nfind = { action = \"GetGhosts\", same = { a = \"a\" } }\n";
    let text = GOOD.replace("\"read\"\n", &format!("\"create\"\n{find}"));
    let expected = "catalog/test.toml:3: `GetThings`: `find` names `GetGhosts`, which is no action";
    assert_eq!(refusal(&text), expected);
}
