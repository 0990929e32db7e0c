//! What may stand where the cursor is: the choices behind Tab.

use super::choice::{Choice, files};
use super::command;
use super::knowledge::{Knowledge, action_of, parameter};
use crate::catalog::{self, ParamKind};
use crate::script::context::{Context, MapOf, Site, context};
use crate::script::options_of;

/// Words of the language worth completing.
const KEYWORDS: [&str; 6] = ["continue", "import", "private", "return", "switch", "while"];

/// The choices at byte `at` of a text, and where what they replace begins.
pub fn complete(text: &str, at: usize, knowledge: &Knowledge) -> (usize, Vec<Choice>) {
    if command::is_command(text) {
        return command::complete(&text[..at], knowledge);
    }
    let context = context(text, at);
    let typed = &text[context.start..at];
    let choices = match &context.site {
        Site::Nowhere => Vec::new(),
        Site::Key => keys(context.map.as_ref(), typed, knowledge),
        Site::Member(steps) => {
            let fields = knowledge.fields(steps);
            let fields = fields.into_iter().filter(|name| is_word(name));
            let mut choices: Vec<Choice> = fields
                .filter(|name| name.starts_with(typed))
                .map(Choice::plain)
                .collect();
            if choices.is_empty() && !typed.is_empty() {
                choices.extend(functions(typed, knowledge));
            }
            choices
        }
        Site::Name => value(&context, typed).unwrap_or_else(|| names(typed, knowledge)),
        Site::Text => return in_text(text, at, &context, knowledge),
    };
    (context.start, choices)
}

/// The keys a call's map can still take, the required ones first and marked.
fn keys(map: Option<&MapOf>, typed: &str, knowledge: &Knowledge) -> Vec<Choice> {
    let Some(map) = map else {
        return Vec::new();
    };
    let is_left = |name: &str| {
        name.starts_with(typed)
            && !map
                .given
                .iter()
                .any(|given| given.eq_ignore_ascii_case(name))
    };
    let plain = |names: &[&str]| {
        let left = names.iter().filter(|name| is_left(name) && is_word(name));
        left.map(|name| Choice::with(name, ": ")).collect()
    };
    match (action_of(&map.call), &map.path[..]) {
        (Some(action), []) => {
            let left = action.params.iter().filter(|param| {
                is_left(param.name) && !catalog::is_reserved(param.name) && is_word(param.name)
            });
            let mut left: Vec<_> = left.collect();
            left.sort_by_key(|param| !param.required);
            left.iter()
                .map(|param| Choice {
                    shown: format!("{}{}", param.name, if param.required { "*" } else { "" }),
                    text: format!("{}: ", param.name),
                })
                .collect()
        }
        (Some(action), ["customfields"]) => {
            plain(&knowledge.custom_fields_of(action).collect::<Vec<_>>())
        }
        (Some(action), [name]) => plain(action.param(name).map_or(&[], |param| param.keys)),
        (None, []) => plain(options_of(map.call.name)),
        _ => Vec::new(),
    }
}

/// The values of a parameter that has but a few, outside of a string.
fn value(context: &Context, typed: &str) -> Option<Vec<Choice>> {
    let param = parameter(context.map.as_ref()?)?;
    if !typed.is_empty() || context.call.as_ref()?.name != context.map.as_ref()?.call.name {
        return None;
    }
    if param.kind == ParamKind::Bool {
        return Some(vec![Choice::plain("false"), Choice::plain("true")]);
    }
    let quoted = param.values.iter().map(|value| format!("\"{value}\""));
    (!param.values.is_empty()).then(|| quoted.map(Choice::plain).collect())
}

/// Functions, variables and words of the language that begin so.
fn names(typed: &str, knowledge: &Knowledge) -> Vec<Choice> {
    if typed.is_empty() {
        return Vec::new();
    }
    let variables = knowledge.variables.keys();
    let variables = variables.filter(|name| name.starts_with(typed));
    let keywords = KEYWORDS.iter().filter(|word| word.starts_with(typed));
    let mut names: Vec<Choice> = variables
        .map(Choice::plain)
        .chain(functions(typed, knowledge))
        .chain(keywords.map(|word| Choice::plain(*word)))
        .collect();
    names.sort_by(|one, other| one.shown.cmp(&other.shown));
    names.dedup_by(|one, other| one.shown == other.shown);
    names
}

fn functions<'k>(typed: &'k str, knowledge: &'k Knowledge) -> impl Iterator<Item = Choice> + 'k {
    let names = knowledge.function_names();
    let names = names.filter(move |name| name.starts_with(typed));
    names.map(|name| Choice::with(name, "("))
}

/// Profiles, actions, values of parameters, and files.
fn in_text(
    text: &str,
    at: usize,
    context: &Context,
    knowledge: &Knowledge,
) -> (usize, Vec<Choice>) {
    let typed = &text[context.start..at];
    let end = if text[at..].starts_with('"') {
        ""
    } else {
        "\""
    };
    let among = |names: Vec<&str>| {
        let fitting = names.into_iter().filter(|name| name.starts_with(typed));
        fitting.map(|name| Choice::with(name, end)).collect()
    };
    if let Some(map) = &context.map {
        let values = parameter(map).map_or(&[][..], |param| param.values);
        if !values.is_empty() {
            return (context.start, among(values.to_vec()));
        }
    }
    match &context.call {
        Some(call) if call.name == "connect" && call.argument == 0 => {
            let profiles = knowledge.profiles();
            let profiles = profiles.iter().map(String::as_str).collect();
            (context.start, among(profiles))
        }
        Some(call) if call.name == "call" && call.argument == 0 => {
            let actions = catalog::actions().iter().map(|action| action.name);
            (context.start, among(actions.collect()))
        }
        _ => {
            let (start, files) = files(typed, &knowledge.folder, end);
            (context.start + start, files)
        }
    }
}

/// Whether a name can be written without quotes.
fn is_word(name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    !name.starts_with(|first: char| first.is_ascii_digit()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{CustomFields, FieldOwner};
    use crate::script::Shape;

    fn knowledge() -> Knowledge<'static> {
        let mut custom_fields = CustomFields::default();
        for (owner, name) in [(FieldOwner::Client, "vat"), (FieldOwner::Product, "panel")] {
            custom_fields.insert(owner, name.to_owned(), 3.try_into().unwrap());
        }
        let rows = Shape::List(Box::new(Shape::with_fields(["email", "first name", "id"])));
        Knowledge {
            functions: [(
                "address_of".to_owned(),
                vec!["address_of(client)".to_owned()],
            )]
            .into(),
            variables: [
                ("address".to_owned(), Shape::Plain),
                ("client".to_owned(), Shape::with_fields(["city", "country"])),
                ("rows".to_owned(), rows),
            ]
            .into(),
            custom_fields,
            ..Knowledge::default()
        }
    }

    /// The choices at the mark `^`, as they are shown.
    fn shown(marked: &str) -> Vec<String> {
        let choices = choices(marked).into_iter();
        choices.map(|choice| choice.shown).collect()
    }

    fn choices(marked: &str) -> Vec<Choice> {
        let at = marked.find('^').unwrap();
        complete(&marked.replacen('^', "", 1), at, &knowledge()).1
    }

    #[test]
    fn functions_are_called_and_variables_are_not() {
        let names = choices("addr^");
        assert_eq!(names[0], Choice::plain("address"));
        assert_eq!(names[1], Choice::with("address_of", "("));
        assert!(shown("let c = add_cl^").contains(&"add_client".to_owned()));
        assert!(shown("^").is_empty() && shown("// add_cl^").is_empty());
    }

    #[test]
    fn required_parameters_come_first_and_given_ones_not_at_all() {
        let first = shown("add_client(#{ firstname: \"A\",\n  ^\n  lastname: \"B\" })");
        assert_eq!(first[0], "email*");
        assert!(first.contains(&"groupid".to_owned()), "{first:?}");
        let gone = ["firstname*", "lastname*", "firstname", "lastname"];
        assert!(gone.iter().all(|name| !first.contains(&(*name).to_owned())));
        assert_eq!(
            choices("old.add_client(#{ countr^"),
            [Choice {
                shown: "country*".into(),
                text: "country: ".into()
            }]
        );
        assert_eq!(shown("call(\"AddClient\", #{ countr^"), ["country*"]);
        assert_eq!(shown("all_clients(#{ stat^"), ["status"]);
    }

    #[test]
    fn options_of_functions_that_are_no_action_are_keys_too() {
        assert_eq!(shown("csv(\"a.csv\", #{ enc^"), ["encoding"]);
        assert_eq!(shown("sheet(\"a.xlsx\", #{ sk^"), ["skip"]);
        assert_eq!(
            shown("bulk(rows, #{ key: \"id\", ^"),
            [
                "empty_keys",
                "lane",
                "max_failures",
                "own_rows",
                "rate",
                "redact",
                "workers"
            ]
        );
        assert!(shown("let m = #{ ^").is_empty());
    }

    #[test]
    fn values_of_a_parameter_are_offered() {
        assert_eq!(
            choices("get_clients(#{ status: \"Act^"),
            [Choice::with("Active", "\"")]
        );
        assert_eq!(shown("get_clients(#{ status: \"Act^\" })"), ["Active"]);
        assert_eq!(
            shown("get_clients(#{ status: ^"),
            ["\"Active\"", "\"Inactive\"", "\"Closed\""]
        );
        assert_eq!(shown("add_client(#{ noemail: ^"), ["false", "true"]);
    }

    #[test]
    fn fields_of_what_is_known_are_offered() {
        assert_eq!(shown("client.^"), ["city", "country"]);
        assert_eq!(shown("client.coun^")[0], "country");
        assert_eq!(shown("rows[0].^"), ["email", "id"]);
        assert_eq!(shown("for row in rows {\n  row.em^"), ["email"]);
        assert_eq!(shown("rows.map(|r| r.^"), ["email", "id"]);
        assert!(shown("get_clients().clients.^").contains(&"client".to_owned()));
        let record = shown("for c in all_clients() { c.^");
        assert!(record.contains(&"lastname".to_owned()), "{record:?}");
        assert!(shown("rows.pus^").contains(&"push".to_owned()));
        assert!(shown("unknown.^").is_empty());
    }

    #[test]
    fn custom_fields_are_offered_by_the_names_of_the_profile() {
        assert_eq!(shown("add_client(#{ customfields: #{ v^"), ["vat"]);
        assert_eq!(shown("add_order(#{ customfields: #{ ^"), ["panel"]);
        assert_eq!(shown("client.customfields.^"), ["vat"]);
        let read = shown("get_clients_details(#{ clientid: 1 }).client.customfields.^");
        assert_eq!(read, ["vat"]);
    }

    #[test]
    fn files_and_folders_are_offered_in_strings() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        for file in ["data/clients.csv", "dates.csv", ".hidden"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let complete = |text: &str| {
            let knowledge = Knowledge {
                folder: folder.path().to_owned(),
                ..Knowledge::default()
            };
            let (start, choices) = complete(text, text.len(), &knowledge);
            let texts = choices.into_iter().map(|choice| choice.text);
            (text[start..].to_owned(), texts.collect::<Vec<_>>())
        };
        assert_eq!(
            complete("csv(\"da"),
            ("da".into(), vec!["data/".into(), "dates.csv\"".into()])
        );
        assert_eq!(
            complete("csv(\"data/cl"),
            ("cl".into(), vec!["clients.csv\"".into()])
        );
        assert_eq!(complete("csv(\"").1.len(), 2);
        assert_eq!(complete("csv(\"nowhere/").1, Vec::<String>::new());
    }

    #[test]
    fn actions_are_offered_where_one_is_named() {
        assert!(shown("call(\"AddCl^").contains(&"AddClient".to_owned()));
    }
}
