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
fn a_parameter_is_destructive_only_where_its_action_is_not_and_may_do_without_it() {
    let with = |effect: &str, flags: &str| {
        let text = GOOD.replace("\"read\"", effect);
        format!(
            "{text}params = [\n    {{ name = \"a\", type = \"bool\", destructive = true{flags}, about = \"A\" }},\n]\n"
        )
    };
    let update = "\"update\"\nrepeatable = false";
    for effect in [
        "\"read\"",
        "\"delete\"\nrisk = [\"destructive\"]\nrepeatable = false",
    ] {
        assert_eq!(
            refusal(&with(effect, "")),
            "catalog/test.toml:3: `GetThings` marks `a` destructive, but only reads or is destructive itself"
        );
    }
    assert_eq!(
        refusal(&with(update, ", required = true")),
        "catalog/test.toml:8: `GetThings.a` is destructive and required: then its action is destructive"
    );
    let text = with(update, "");
    let path = "catalog/test.toml";
    assert!(compile(&[Source { path, text: &text }]).is_ok());
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
fn the_words_of_a_field_are_listed_or_those_of_a_parameter_that_is_there() {
    let with = |field: &str| {
        format!(
            "{GOOD}params = [\n    {{ name = \"a\", type = \"string\", values = [\"x\"], about = \"A\" }},\n]\n\n\
             [GetThings.returns]\n\"state\" = {{ type = \"string\"{field} }}\n"
        )
    };
    let compiled = |field: &str| {
        let text = with(field);
        let path = "catalog/test.toml";
        compile(&[Source { path, text: &text }]).unwrap()
    };
    for (field, expected) in [
        (
            ", like = \"GetThings.a\"",
            "values: &[\"x\"], listed: None, is_closed: true",
        ),
        (
            ", known = [\"y\"]",
            "values: &[\"y\"], listed: None, is_closed: false",
        ),
    ] {
        assert!(compiled(field).contains(expected), "{field}");
    }
    assert_eq!(
        refusal(&with(", like = \"GetThings.b\"")),
        "catalog/test.toml:3: `GetThings`: `state` is like `GetThings.b`, which is no parameter with values"
    );
    assert!(refusal(&with("")).contains("needs one of `values`, `known` and `like`"));
}

#[test]
fn a_way_to_find_that_leads_nowhere_is_refused() {
    let find = "repeatable = false\nfind = { action = \"GetGhosts\", same = { a = \"a\" } }\n";
    let text = GOOD.replace("\"read\"\n", &format!("\"create\"\n{find}"));
    let expected = "catalog/test.toml:3: `GetThings`: `find` names `GetGhosts`, which is no action";
    assert_eq!(refusal(&text), expected);
}

/// A read of one thing, and an update of it with that `record`.
fn update(record: &str) -> String {
    format!(
        "group = \"Test\"\n\n[GetThing]\nsummary = \"Fetch a thing\"\neffect = \"read\"\nparams = [\n\
         {{ name = \"id\", type = \"int\", about = \"Id\" }},\n]\n\n[GetThing.returns]\n\
         \"id\" = \"int\"\n\"size\" = \"int\"\n\"pin\" = \"secret\"\n\"tags\" = \"list\"\n\
         \"tags.id\" = \"int\"\n\"tags.text\" = \"string\"\n\n\
         [UpdateThing]\nsummary = \"Change a thing\"\neffect = \"update\"\nrepeatable = true\n\
         record = {{ action = \"GetThing\", {record} }}\nparams = [\n\
         {{ name = \"thingid\", type = \"int\", about = \"Id\" }},\n\
         {{ name = \"size\", type = \"int\", about = \"Size\" }},\n\
         {{ name = \"tags\", type = \"map\", about = \"Texts by id\" }},\n\
         {{ name = \"hue\", type = \"string\", about = \"Hue\" }},\n]\n"
    )
}

const SAME: &str = "send = { id = \"thingid\" }, same = { id = \"thingid\" }";

#[test]
fn the_field_of_a_parameters_own_name_needs_no_word() {
    let record = format!("{SAME}, fields = {{ tags = \"tags.text\" }}, unread = [\"hue\"]");
    let text = update(&record);
    let source = Source {
        path: "catalog/test.toml",
        text: &text,
    };
    let code = compile(&[source]).unwrap();
    let fields = r#"fields: &[("tags", "tags.text"), ("size", "size")], unread: &["hue"]"#;
    assert!(code.contains(fields), "{code}");
}

#[test]
fn a_way_to_read_a_record_that_leads_nowhere_is_refused() {
    for (record, complaint) in [
        (
            "near = { no = \"size\" }, same = { id = \"thingid\" }",
            "narrows `no` to `size`, and one of them does not exist",
        ),
        (
            "same = { no = \"thingid\" }",
            "compares `no` with `thingid`, and one of them does not exist",
        ),
        (
            "same = { id = \"no\" }",
            "compares `id` with `no`, and one of them does not exist",
        ),
        (
            "send = { no = \"thingid\" }, same = { id = \"thingid\" }",
            "sends `no` from `thingid`, and one of them is no parameter",
        ),
        (
            "at = \"tags\", same = { id = \"thingid\" }",
            "looks at `tags`, where no record is",
        ),
        (
            "same = { id = \"thingid\" }, unread = [\"no\"]",
            "names `no`, which is no parameter",
        ),
        (
            "same = { id = \"thingid\" }, fields = { hue = \"pin\" }",
            "cannot read the old value of `hue` from `pin`",
        ),
        (
            "same = { id = \"thingid\" }, fields = { tags = \"size\" }",
            "cannot read the old value of `tags` from `size`",
        ),
        (
            "same = { id = \"thingid\" }, fields = { hue = \"tags.text\" }",
            "cannot read the old value of `hue` from `tags.text`",
        ),
    ] {
        let expected = format!("catalog/test.toml:18: `UpdateThing`: `record` {complaint}");
        assert_eq!(refusal(&update(record)), expected);
    }
}

#[test]
fn every_parameter_of_an_update_is_accounted_for() {
    let record = format!("{SAME}, fields = {{ tags = \"tags.text\" }}");
    let expected = "catalog/test.toml:18: `UpdateThing`: `record` does not say where the old value \
                    of `hue` is; put it into `fields`, `unread` or `switches`";
    assert_eq!(refusal(&update(&record)), expected);
}

#[test]
fn what_tells_the_record_from_others_is_needed() {
    let expected = "catalog/test.toml:18: `UpdateThing` `record` needs `same`: what tells the record from others";
    assert_eq!(refusal(&update("send = { id = \"thingid\" }")), expected);
}

fn with_param(fields: &str) -> String {
    format!("{GOOD}params = [\n    {{ name = \"a\", {fields}, about = \"A\" }},\n]\n")
}

#[test]
fn money_is_moved_by_amounts_alone_and_one_of_the_known_ways() {
    for (fields, why) in [
        (
            "type = \"decimal\", money = \"up\"",
            "has an unknown flow of money `up`",
        ),
        (
            "type = \"int\", money = \"in\"",
            "has `money` but is no amount",
        ),
        (
            "type = \"decimal\", reversed = \"b=c\"",
            "has `reversed` but no `money`",
        ),
        (
            "type = \"decimal\", money = \"in\", reversed = \"b\"",
            "has `reversed` that is not `parameter=value`",
        ),
    ] {
        let refusal = refusal(&with_param(fields));
        assert!(
            refusal.contains(&format!("`GetThings.a` {why}")),
            "{refusal}"
        );
    }
}

#[test]
fn whose_money_it_is_can_be_read_as_the_catalog_says() {
    for (payer, why) in [
        ("currency = \"a\"", "`payer` needs `param` or `action`"),
        ("param = \"b\"", "`payer` names `b`, which is no parameter"),
        (
            "action = \"GetOthers\", client = \"c\"",
            "`payer` names `GetOthers`, which is no read",
        ),
        (
            "action = \"GetThings\", client = \"c\", send = { x = \"a\" }",
            "`payer` sends `x` from `a`, and one of them is no parameter",
        ),
        (
            "action = \"GetThings\", client = \"c\"",
            "`payer` reads `c`, which is not in the reply",
        ),
        (
            "action = \"GetThings\", client = \"c\", tells = [{ when = { b = [] }, amount = \"c\", money = \"in\" }]",
            "`payer` tells of `b`, which is no parameter",
        ),
        (
            "action = \"GetThings\", client = \"c\", tells = [{ amount = \"c\", money = \"in\" }]",
            "has a `tells` without a parameter in `when`",
        ),
    ] {
        let text = format!(
            "{GOOD}[PayThing]\nsummary = \"Pay\"\neffect = \"act\"\nrepeatable = false\n\
             payer = {{ {payer} }}\nparams = [\n    {{ name = \"a\", type = \"int\", about = \"A\" }},\n]\n"
        );
        let refusal = refusal(&text);
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn a_usual_parameter_that_does_not_exist_is_refused() {
    let text = format!("{GOOD}usual = [\"clientid\"]\n");
    assert_eq!(
        refusal(&text),
        "catalog/test.toml:3: `GetThings` has `clientid` in `usual`, which is no parameter"
    );
}

#[test]
fn values_are_listed_by_a_list_action() {
    let update = |listed: &str| {
        format!(
            "{GOOD}\n[UpdateThing]\nsummary = \"Change it\"\neffect = \"update\"\nrepeatable = true\n\
             params = [{{ name = \"kind\", type = \"string\", listed = \"{listed}\", about = \"Kind\" }}]\n"
        )
    };
    assert_eq!(
        refusal(&update("gateways")),
        "catalog/test.toml:7: `UpdateThing.kind`: its values are listed by `GetPaymentMethods`, which is no list action"
    );
    let unknown = refusal(&update("colours"));
    assert!(unknown.ends_with("has `colours` in `listed`, which is no kind of values"));
}

/// The lines that the recipe of CONTRIBUTING.md adds to a file.
fn added_by_the_recipe(path: &str) -> String {
    let recipe = include_str!("../../../CONTRIBUTING.md");
    let (_, steps) = recipe.split_once(&format!("@@ {path}\n")).unwrap();
    let added = steps.lines().map_while(|line| line.strip_prefix('+'));
    added.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_action_of_the_recipe_compiles_with_the_whole_catalog() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let path = format!("catalog/{}", entry.file_name().display());
            (path, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    let of_recipe = |(path, _): &&mut (String, String)| path == "catalog/affiliates.toml";
    let (path, text) = files.iter_mut().find(of_recipe).unwrap();
    text.push_str(&added_by_the_recipe(path));
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source { path, text })
        .collect();
    let code = compile(&sources).unwrap();
    assert!(code.contains("function: \"get_affiliate_count\""));
}
