//! `changed(current, wanted)`: what of the wanted values WHMCS does not have yet.
//!
//! Values are compared as WHMCS means them: it sends numbers as text and
//! truth in many spellings. Two texts that differ count as changed even if
//! both look like numbers: `01234` is another postcode than `1234`.

use std::sync::Arc;

use rhai::{Dynamic, Identifier, Map, Module};

use crate::catalog::{self, Action, Meaning};
use crate::script::csv::records::{cell, cell_text, names_of};
use crate::script::dates::{Date, DateTime};
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::record::is_map;

/// The entries of `wanted` that differ from `current`; a wanted `()` asks for nothing.
///
/// They are compared as what the parameters of that action are, where one is told.
pub(crate) fn changed(
    current: &Dynamic,
    wanted: &Dynamic,
    action: Option<&'static Action>,
) -> Result<Map, Raised> {
    names_of(current)?;
    let mut changes = Map::new();
    for name in names_of(wanted)? {
        let before = cell(current, &name).unwrap_or(Dynamic::UNIT);
        let after = cell(wanted, &name).unwrap_or(Dynamic::UNIT);
        let is_new = cell(current, &name).is_none();
        let param = action.and_then(|action| catalog::parameter(action, &name));
        let meaning = param.map(|param| Meaning::for_param(param, false));
        if let Some(change) = change(&before, after, is_new, meaning)? {
            changes.insert(Identifier::from(name.as_str()), change);
        }
    }
    Ok(changes)
}

fn change(
    current: &Dynamic,
    wanted: Dynamic,
    is_new: bool,
    meaning: Option<Meaning>,
) -> Result<Option<Dynamic>, Raised> {
    if wanted.is_unit() {
        return Ok(None);
    }
    if is_new {
        return Ok(Some(wanted));
    }
    if is_map(&wanted) && (is_map(current) || current.is_array()) {
        let changes = match current.as_array_ref() {
            Ok(fields) => changed(&by_id(&fields).into(), &wanted, None)?,
            Err(_) => changed(current, &wanted, None)?,
        };
        return Ok((!changes.is_empty()).then(|| changes.into()));
    }
    Ok((!is_same(current, &wanted, meaning)?).then_some(wanted))
}

/// Custom fields come as a list of `{ id, value }`, with a `name` where they have one,
/// and are sent as a map by either.
fn by_id(fields: &[Dynamic]) -> Map {
    let mut map = Map::new();
    for field in fields {
        let Some(value) = cell(field, "value") else {
            continue;
        };
        for key in ["id", "name"]
            .into_iter()
            .filter_map(|key| cell(field, key))
        {
            if let Ok(key) = cell_text(&key) {
                map.insert(Identifier::from(key), value.clone());
            }
        }
    }
    map
}

/// Whether both mean the same; what nobody says the meaning of goes by its type.
fn is_same(current: &Dynamic, wanted: &Dynamic, meaning: Option<Meaning>) -> Result<bool, Raised> {
    if let (Ok(current), Ok(wanted)) = (current.as_array_ref(), wanted.as_array_ref()) {
        if current.len() != wanted.len() {
            return Ok(false);
        }
        for (one, other) in current.iter().zip(wanted.iter()) {
            if !is_same(one, other, meaning)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let either = |is_it: fn(&Dynamic) -> bool| is_it(current) || is_it(wanted);
    let meaning = match meaning {
        _ if either(Dynamic::is_bool) => Meaning::Truth,
        Some(meaning) => meaning,
        None if either(is_number) => Meaning::Number,
        None if either(is_date) => Meaning::Day,
        None => Meaning::Text,
    };
    Ok(meaning.is_same(&cell_text(current)?, &cell_text(wanted)?))
}

fn is_number(value: &Dynamic) -> bool {
    value.is_int() || value.is_decimal() || value.is_float()
}

fn is_date(value: &Dynamic) -> bool {
    value.is::<Date>() || value.is::<DateTime>()
}

/// Adds `changed`.
pub(crate) fn register(module: &mut Module, _host: &Arc<Host>) {
    function(
        "changed",
        &["current: map", "wanted: map", "map"],
        "The entries of `wanted` that differ from `current`, compared as WHMCS does: `1` is \
         `\"1\"`, `true` is `\"on\"`, `10` is `\"10.00\"`; a `()` in `wanted` is \
         ignored.\n```rhai\nlet client = #{ id: 7, city: \"Bonn\", taxexempt: false };\nlet \
         changes = changed(client, #{ city: \"Köln\", taxexempt: 0 });\nprint(changes)\n```",
    )
    .set_into_module(
        module,
        |current: Dynamic, wanted: Dynamic| -> Fallible<Map> {
            Ok(changed(&current, &wanted, None)?)
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    fn changes(current: &str, wanted: &str) -> String {
        TestEngine::new().text(&format!("changed(#{{ {current} }}, #{{ {wanted} }})"))
    }

    const NONE: &str = "#{}";

    #[test]
    fn only_what_differs_is_left() {
        assert_eq!(
            changes("a: \"x\", b: \"y\", c: 1", "a: \"x\", b: \"z\""),
            r#"#{"b": "z"}"#
        );
        assert_eq!(changes("a: \"x\"", "a: \"\""), r#"#{"a": ""}"#);
        assert_eq!(changes("a: \"x\"", "a: \"X\""), r#"#{"a": "X"}"#);
    }

    #[test]
    fn nothing_wanted_leaves_a_value_alone() {
        assert_eq!(changes("a: 1", "a: (), b: ()"), NONE);
    }

    #[test]
    fn what_current_does_not_have_is_a_change() {
        assert_eq!(changes("", "a: \"\""), r#"#{"a": ""}"#);
        assert_eq!(changes("", "a: false"), r#"#{"a": false}"#);
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(changes("a: \"1\", b: 1", "a: 1, b: \"1\""), NONE);
        assert_eq!(changes("a: \"10.00\"", "a: 10"), NONE);
        assert_eq!(changes("a: \"10.00\"", "a: money(\"10\")"), NONE);
        assert_eq!(changes("a: money(\"10.00\")", "a: \"10\""), NONE);
        assert_eq!(
            changes("a: \"10.00\"", "a: money(\"10.01\")"),
            r#"#{"a": 10.01}"#
        );
        assert_eq!(changes("a: \"free\"", "a: 0"), r#"#{"a": 0}"#);
    }

    #[test]
    fn a_code_with_zeros_in_front_is_no_number() {
        assert_eq!(changes("zip: \"01234\"", "zip: 1234"), r#"#{"zip": 1234}"#);
        assert_eq!(
            changes("zip: \"01234\"", "zip: \"1234\""),
            r#"#{"zip": "1234"}"#
        );
    }

    #[test]
    fn truth_is_compared_in_every_spelling() {
        for on in ["true", "1", "\"1\"", "\"on\"", "\"true\""] {
            assert_eq!(changes(&format!("a: {on}"), "a: true"), NONE, "{on}");
            assert_eq!(changes("a: true", &format!("a: {on}")), NONE, "{on}");
        }
        for off in ["false", "0", "\"0\"", "\"\"", "\"off\"", "()"] {
            assert_eq!(changes(&format!("a: {off}"), "a: false"), NONE, "{off}");
        }
        assert_eq!(changes("a: \"on\"", "a: false"), r#"#{"a": false}"#);
        assert_eq!(changes("a: \"maybe\"", "a: true"), r#"#{"a": true}"#);
    }

    #[test]
    fn dates_are_compared_with_their_text() {
        assert_eq!(changes("a: \"2026-11-23\"", "a: today()"), NONE);
        assert_eq!(
            changes("a: \"2026-11-24\"", "a: today()"),
            r#"#{"a": 2026-11-23}"#
        );
        assert_eq!(changes("a: \"2026-11-23 14:05:00\"", "a: today()"), NONE);
        assert_eq!(changes("a: today()", "a: \"2026-11-23 00:00:00\""), NONE);
        assert_eq!(changes("a: ()", "a: \"0000-00-00\", b: ()"), NONE);
    }

    #[test]
    fn maps_are_compared_entry_by_entry_and_arrays_whole() {
        assert_eq!(
            changes(
                "p: #{ general: \"1\", domain: \"1\" }",
                "p: #{ general: 1, domain: 0 }"
            ),
            r#"#{"p": #{"domain": 0}}"#
        );
        assert_eq!(
            changes("p: #{ general: \"1\" }", "p: #{ general: true }"),
            NONE
        );
        assert_eq!(changes("a: [1, 2]", "a: [\"1\", \"2\"]"), NONE);
        assert_eq!(changes("a: [1, 2]", "a: [1]"), r#"#{"a": [1]}"#);
    }

    #[test]
    fn custom_fields_are_compared_by_their_id() {
        let current = "customfields: [#{ id: 1, value: \"DE1\" }, #{ id: 2, value: \"x\" }]";
        assert_eq!(changes(current, "customfields: #{ \"1\": \"DE1\" }"), NONE);
        assert_eq!(
            changes(
                current,
                "customfields: #{ \"1\": \"DE1\", \"2\": \"y\", \"3\": \"z\" }"
            ),
            r#"#{"customfields": #{"2": "y", "3": "z"}}"#
        );
        let named = "customfields: [#{ id: 1, name: \"vat\", value: \"DE1\" }]";
        assert_eq!(changes(named, "customfields: #{ vat: \"DE1\" }"), NONE);
        assert_eq!(
            changes(named, "customfields: #{ vat: \"DE2\" }"),
            r#"#{"customfields": #{"vat": "DE2"}}"#
        );
    }

    #[test]
    fn a_row_may_be_what_is_wanted() {
        let bench = TestEngine::new();
        bench.file("c.csv", "email,city\nx@example.com,Bonn\n");
        let script =
            "changed(#{ email: \"x@example.com\", city: \"Köln\" }, csv(\"c.csv\").next())";
        assert_eq!(bench.text(script), r#"#{"city": "Bonn"}"#);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let refusal = TestEngine::new().refusal("changed((), #{ a: 1 })");
        assert!(refusal.starts_with("`()` is not a record"));
    }
}
