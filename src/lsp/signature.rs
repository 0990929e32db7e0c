//! How the function is called whose arguments are being typed.

use serde_json::{Value, json};

use super::hover::{markdown, own_function, risks_of};
use super::view::View;
use crate::catalog::{Action, Param, is_reserved};
use crate::script::context::{Site, context};
use crate::script::symbols::{Symbol, SymbolKind};

/// A way to call a function: its text, and the parts of it that are parameters.
struct Way {
    label: String,
    parameters: Vec<(String, String)>,
    about: String,
}

/// The ways to call the function around a byte; null outside of all calls.
pub(super) fn help(view: &View<'_>, at: usize) -> Value {
    let context = context(view.text, at);
    let call = context
        .map
        .as_ref()
        .map(|map| &map.call)
        .or(context.call.as_ref());
    let Some(call) = call else {
        return Value::Null;
    };
    if let Some(function) = own(view, call.name) {
        return write_ways(vec![of_own(view, function)], call.argument, 0);
    }
    if let Some(action) = view.action_of(call) {
        let key = context
            .map
            .as_ref()
            .filter(|map| map.path.is_empty())
            .map(|map| {
                let typed = match context.site {
                    Site::Key => &view.text[context.start..at],
                    _ => "",
                };
                (map.key.unwrap_or(typed), map.given.as_slice())
            });
        let (key, given) = key.unwrap_or(("", &[]));
        let active = active(action, key, given);
        return write_ways(vec![of_action(call.name, action)], active, 0);
    }
    let ways: Vec<Way> = view.entry(call.name).map_or_else(Vec::new, |entry| {
        let uses = entry.uses.iter();
        let ways = uses.flat_map(|one| one.ways.iter().map(|way| of_way(way, &one.about)));
        ways.filter(|way| way.label.starts_with(&format!("{}(", call.name)))
            .collect()
    });
    if ways.is_empty() {
        return Value::Null;
    }
    let fits = |way: &Way| way.parameters.len() > call.argument;
    let best = ways.iter().position(fits).unwrap_or(0);
    write_ways(ways, call.argument, best)
}

fn own<'v, 't>(view: &'v View<'t>, name: &str) -> Option<&'v Symbol<'t>> {
    let is_it = |symbol: &&Symbol| symbol.kind == SymbolKind::Function && symbol.name == name;
    view.symbols.all.iter().find(is_it)
}

fn of_own(view: &View<'_>, function: &Symbol<'_>) -> Way {
    let parameters = function.parameters.iter();
    Way {
        label: format!("{}({})", function.name, function.parameters.join(", ")),
        parameters: parameters
            .map(|name| ((*name).to_owned(), String::new()))
            .collect(),
        about: own_function(view, function),
    }
}

/// The parameters of an action as they are shown: the required ones first.
fn ordered(action: &'static Action) -> Vec<&'static Param> {
    let params = action
        .params
        .iter()
        .filter(|param| !is_reserved(param.name));
    let mut params: Vec<_> = params.collect();
    params.sort_by_key(|param| !param.required);
    params
}

fn of_action(function: &str, action: &'static Action) -> Way {
    let params = ordered(action);
    let parameters: Vec<(String, String)> = params
        .into_iter()
        .map(|param| {
            let mark = if param.required { "" } else { "?" };
            (
                format!("{}{mark}: {}", param.name, param.kind),
                param.remarks(),
            )
        })
        .collect();
    let names: Vec<&str> = parameters.iter().map(|(label, _)| label.as_str()).collect();
    Way {
        label: format!("{function}(#{{ {} }})", names.join(", ")),
        parameters,
        about: format!(
            "**{}**: {}\n\n{}",
            action.name,
            action.summary,
            risks_of(action)
        ),
    }
}

/// Which parameter is being typed: the one of that name, or else the next that is missing.
fn active(action: &'static Action, key: &str, given: &[&str]) -> usize {
    let params = ordered(action);
    let named = params
        .iter()
        .position(|param| param.name.eq_ignore_ascii_case(key));
    let is_given = |name: &str| given.iter().any(|one| one.eq_ignore_ascii_case(name));
    let next = || params.iter().position(|param| !is_given(param.name));
    named.or_else(next).unwrap_or(params.len())
}

/// A way as the reference writes it: `csv(path: string, options: map) -> rows`.
fn of_way(way: &str, about: &str) -> Way {
    let inner = way.split_once('(').map_or("", |(_, rest)| rest);
    let inner = inner.split_once(')').map_or("", |(inner, _)| inner);
    let parameters = inner.split(", ").filter(|part| !part.is_empty());
    Way {
        label: way.to_owned(),
        parameters: parameters
            .map(|part| (part.to_owned(), String::new()))
            .collect(),
        about: about.to_owned(),
    }
}

fn write_ways(ways: Vec<Way>, active: usize, best: usize) -> Value {
    let signature = |way: Way| {
        let parameters = way.parameters.into_iter();
        let parameters = parameters.map(|(label, about)| {
            if about.is_empty() {
                json!({ "label": label })
            } else {
                json!({ "label": label, "documentation": markdown(&about) })
            }
        });
        json!({
            "label": way.label,
            "documentation": markdown(&way.about),
            "parameters": parameters.collect::<Value>(),
        })
    };
    json!({
        "signatures": ways.into_iter().map(signature).collect::<Value>(),
        "activeSignature": best,
        "activeParameter": active,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::view::tests::at_mark;

    /// The label of the best way, and the parameter that is being typed.
    fn at(marked: &str) -> Option<(String, String)> {
        let help = at_mark(marked, help);
        let best = &help["signatures"][usize::try_from(help["activeSignature"].as_u64()?).ok()?];
        let active = usize::try_from(help["activeParameter"].as_u64()?).ok()?;
        let parameter = best["parameters"][active]["label"]
            .as_str()
            .unwrap_or_default();
        Some((best["label"].as_str()?.to_owned(), parameter.to_owned()))
    }

    #[test]
    fn an_action_shows_the_parameter_that_is_typed_or_missing() {
        for (text, wanted) in [
            ("close_client(|", "clientid: int"),
            ("add_client(#{ email: |", "email: string"),
            ("add_client(#{ firstname: 1, |", "lastname: string"),
            ("call(\"CloseClient\", #{ |", "clientid: int"),
        ] {
            let (_, parameter) = at(text).unwrap();
            assert_eq!(parameter, wanted, "{text}");
        }
    }

    #[test]
    fn functions_show_the_argument_that_is_typed() {
        let (label, parameter) = at("csv(\"a.csv\", |").unwrap();
        assert!(
            label.starts_with("csv(path: string, options: map)"),
            "{label}"
        );
        assert_eq!(parameter, "options: map");
        let own = at("/// Twice.\nfn twice(x, y) {}\ntwice(1, |").unwrap();
        assert_eq!(own, ("twice(x, y)".to_owned(), "y".to_owned()));
        assert_eq!(at("let a = |"), None);
        assert_eq!(at("unknown(|"), None);
    }
}
