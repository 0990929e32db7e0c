//! `client.customfields.vat`: the value of a custom field by its name.
//!
//! WHMCS gives a client's custom fields as a list of `{ id, value }`, and so does a
//! reply; where the profile names a field, its entry has a `name` too. The list stays
//! a list, and this reads a property of it that no list has by itself.

use rhai::{Array, Dynamic, EvalAltResult, FuncRegistration, Module, Position};

use crate::script::csv::records::cell;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::Fallible;
use crate::script::raise::Raised;
use crate::script::value::record::map_of;

/// Adds the reading of custom fields by name.
pub(crate) fn register(module: &mut Module) {
    // Of any value: Rhai keeps the indexers of lists for itself, but asks for this one
    // after its own.
    FuncRegistration::new_index_getter()
        .with_volatility(true)
        .set_into_module(
            module,
            |list: &mut Dynamic, name: &str| -> Fallible<Dynamic> {
                match list.as_array_ref() {
                    Ok(list) if is_list_of_fields(&list) => Ok(value(&list, name)?),
                    // Rhai then says what it would have said without this.
                    _ => Err(EvalAltResult::ErrorIndexingType(types(list), Position::NONE).into()),
                }
            },
        );
}

fn is_list_of_fields(list: &Array) -> bool {
    let is_field = |item: &Dynamic| {
        let map = map_of(item);
        map.is_some_and(|map| map.contains_key("id") && map.contains_key("value"))
    };
    !list.is_empty() && list.iter().all(is_field)
}

fn value(list: &[Dynamic], name: &str) -> Result<Dynamic, Raised> {
    let name_of = |item: &Dynamic| Some(cell(item, "name")?.to_string());
    if let Some(field) = list
        .iter()
        .find(|item| name_of(item).as_deref() == Some(name))
    {
        return Ok(cell(field, "value").unwrap_or_default());
    }
    let names: Vec<String> = list.iter().filter_map(name_of).collect();
    let raised = Raised::new("value", format!("no custom field is called `{name}`"));
    Err(if names.is_empty() {
        raised.hint(
            "name the fields in the profile: `whmcsh profile learn-fields CLIENTID` proposes names",
        )
    } else {
        raised.hint(suggestion(name, names.iter().map(String::as_str)))
    })
}

/// What is read by what, as Rhai says it.
fn types(value: &Dynamic) -> String {
    format!("{} [string]", value.type_name())
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    const LIST: &str =
        r#"let list = [#{ id: 3, name: "vat", value: "DE1" }, #{ id: 4, value: "x" }];"#;

    fn printed(script: &str) -> Vec<String> {
        TestHost::new().printed(&format!("{LIST} {script}"))
    }

    #[test]
    fn a_list_of_custom_fields_is_read_by_name_and_stays_a_list() {
        assert_eq!(printed("print(list.vat);"), ["DE1"]);
        assert_eq!(printed("const c = list; print(c.vat.len());"), ["3"]);
        assert_eq!(
            printed("print(list.len() + \" \" + list[1].value);"),
            ["2 x"]
        );
        assert_eq!(printed("for f in list { print(f.id); }"), ["3", "4"]);
        assert_eq!(
            printed(
                "let client = #{ customfields: list }; print(client.customfields.vat + \"!\");"
            ),
            ["DE1!"]
        );
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let failure = |script: &str| {
            let failure = TestHost::new().failure(&format!("{LIST} {script}"));
            let first = failure.lines().next().unwrap_or_default();
            let hint = failure.lines().find(|line| line.starts_with("hint: "));
            (
                first.trim_start_matches("error: ").to_owned(),
                hint.unwrap_or_default().to_owned(),
            )
        };
        let (what, hint) = failure("list.vta");
        assert_eq!(what, "no custom field is called `vta`");
        assert_eq!(hint, "hint: did you mean `vat`?");
        let (_, hint) = failure("[#{ id: 1, value: \"x\" }].vat");
        assert!(hint.contains("learn-fields"), "{hint}");
    }

    #[test]
    fn other_values_have_the_errors_they_had() {
        let failure = |script: &str| {
            let failure = TestHost::new().failure(script);
            let first = failure.lines().next().unwrap_or_default();
            first.trim_start_matches("error: ").to_owned()
        };
        assert_eq!(failure("[1].vat"), "an array has no property `vat`");
        assert_eq!(
            failure("let a = 5; a.vat"),
            "a whole number has no property `vat`"
        );
        assert_eq!(failure("let a = (); a.vat"), "`()` has no property `vat`");
        assert_eq!(
            failure("let a = true; a[\"vat\"]"),
            "true or false has no entries"
        );
    }
}
