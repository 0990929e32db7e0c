//! What is said beside the line while it is typed: how a function is called, what a
//! parameter is, which are still missing.

use super::command;
use super::knowledge::{Knowledge, action_of, parameter};
use crate::catalog::{self, Action, Param};
use crate::script::context::{Context, MapOf, Site, context};

/// The hint for a text whose end is being typed.
pub fn hint(text: &str, knowledge: &Knowledge) -> Option<String> {
    if command::is_command(text) {
        return command::hint(text);
    }
    let context = context(text, text.len());
    if let Some(map) = &context.map {
        return in_map(&context, map, &text[context.start..]);
    }
    match (&context.site, &context.call) {
        (Site::Name | Site::Member(_), _) if context.start < text.len() => {
            named(&text[context.start..], knowledge)
        }
        (Site::Nowhere, _) | (_, None) => None,
        (_, Some(call)) => match action_of(call) {
            Some(action) => Some(parameters(action, &[])),
            None => knowledge.ways(call.name).first().map(ToString::to_string),
        },
    }
}

/// A function that was named in full.
fn named(word: &str, knowledge: &Knowledge) -> Option<String> {
    if let Some(action) = catalog::by_function(word).or_else(|| catalog::by_walk(word)) {
        return Some(format!("{}: {}", action.name, action.summary));
    }
    knowledge.ways(word).first().map(ToString::to_string)
}

fn in_map(context: &Context, map: &MapOf, typed: &str) -> Option<String> {
    if let Some(param) = parameter(map) {
        return Some(about(param));
    }
    let action = action_of(&map.call).filter(|_| map.path.is_empty())?;
    match context.site {
        Site::Key => match action.param(typed) {
            Some(param) => Some(about(param)),
            None => Some(parameters(action, &map.given)),
        },
        _ => None,
    }
}

fn about(param: &Param) -> String {
    format!("{}: {}", param.kind, param.about)
}

/// The parameters that are required and not given; where there are none, all.
fn parameters(action: &Action, given: &[&str]) -> String {
    let is_given = |name: &str| given.iter().any(|one| one.eq_ignore_ascii_case(name));
    let left = |wanted: bool| {
        let params = action.params.iter();
        let left = params.filter(move |param| param.required == wanted && !is_given(param.name));
        left.map(|param| param.name).collect::<Vec<_>>()
    };
    let (required, optional) = (left(true), left(false));
    match (required.is_empty(), optional.is_empty()) {
        (false, _) => format!("needs {}", required.join(", ")),
        (true, false) => format!("may have {}", optional.join(", ")),
        (true, true) => "takes nothing more".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(text: &str) -> Option<String> {
        super::hint(text, &Knowledge::default())
    }

    fn starts(text: &str, expected: &str) {
        let hint = hint(text).unwrap_or_default();
        assert!(hint.starts_with(expected), "{text}: {hint}");
    }

    #[test]
    fn an_action_says_what_it_does_and_what_it_needs() {
        starts("add_client", "AddClient: ");
        starts("add_client(", "needs firstname, lastname, email");
        starts("add_client(#{ firstname: \"A\", ", "needs lastname, email");
        starts("get_clients(", "may have limitstart");
        starts("get_clients(#{ ", "may have limitstart");
    }

    #[test]
    fn a_parameter_says_what_it_is() {
        starts("get_clients(#{ status: ", "string: Only clients");
        starts("get_clients(#{ status: \"Act", "string: Only clients");
        starts("get_clients(#{ status", "string: Only clients");
    }

    #[test]
    fn a_function_shows_its_signature() {
        starts("csv(", "csv(path: string");
        starts("csv(\"a.csv\", ", "csv(path: string");
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        for text in ["", "let a = ", "// add_client(", "12", "unknown_thing"] {
            assert_eq!(hint(text), None, "{text}");
        }
    }
}
