//! `whmcsh actions`: the API reference offline, made of the catalog alone.

use std::fmt::Write as _;

use super::Terminal;
use crate::catalog::{self, Action, Param, similar};
use crate::display::table::terminal_width;
use crate::display::wrap::wrapped;
use crate::error::{Exit, Failure};
use crate::script::reference::example;

/// What to show.
#[derive(Debug)]
pub struct ActionsOptions {
    /// An action's name, or a part of a name or a group.
    pub pattern: Option<String>,
    /// Print the catalog's entries as JSON.
    pub json: bool,
}

/// Lists the actions that match, or explains the one that is named.
pub fn actions(options: &ActionsOptions, terminal: Terminal) -> Result<(), Failure> {
    let named = options.pattern.as_deref().and_then(named);
    let found = match (named, options.pattern.as_deref()) {
        (Some(action), _) => vec![action],
        (None, Some(pattern)) => matching(pattern)?,
        (None, None) => catalog::actions().iter().collect(),
    };
    if options.json {
        let text = serde_json::to_string_pretty(&found)
            .map_err(|error| Failure::new(Exit::Usage, format!("cannot write JSON: {error}")))?;
        terminal.data(&text);
    } else if let Some(action) = named {
        terminal.data(page(action, terminal_width()).trim_end());
    } else {
        terminal.data(listing(&found, terminal_width()).trim_end());
    }
    Ok(())
}

/// The action of that name, by whichever of its names.
pub(super) fn named(pattern: &str) -> Option<&'static Action> {
    catalog::action(pattern)
        .or_else(|| catalog::by_function(pattern))
        .or_else(|| catalog::by_walk(pattern))
}

fn matching(pattern: &str) -> Result<Vec<&'static Action>, Failure> {
    let wanted = pattern.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let is_called = |action: &&Action| {
        [action.name, action.group, action.function]
            .into_iter()
            .any(has)
    };
    let tells_of =
        |action: &&Action| has(action.summary) || action.params.iter().any(|param| has(param.name));
    let all = || catalog::actions().iter();
    let mut found: Vec<_> = all().filter(is_called).collect();
    if found.is_empty() {
        found = all().filter(tells_of).collect();
    }
    if found.is_empty() {
        let near = similar(pattern, all().map(|action| action.name));
        let failure = Failure::usage(format!(
            "no action, group or parameter contains `{pattern}`"
        ));
        return Err(match near.first() {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`whmcsh actions` lists all of them"),
        });
    }
    Ok(found)
}

fn listing(found: &[&Action], columns: Option<u16>) -> String {
    let width = found
        .iter()
        .map(|action| action.name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for group in catalog::groups() {
        let actions: Vec<_> = found
            .iter()
            .filter(|action| action.group == group)
            .collect();
        if actions.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{group}");
        for action in actions {
            let start = format!("  {:width$}  {:<6}  ", action.name, action.effect);
            put(&mut text, &start, action.summary, columns);
        }
        text.push('\n');
    }
    text
}

/// Adds a line, or several if it is wider than that; those after the first begin
/// below the words.
fn put(text: &mut String, start: &str, words: &str, columns: Option<u16>) {
    let width = columns.map_or(usize::MAX, usize::from);
    let hanging = start.chars().count();
    for line in wrapped("", hanging, &format!("{start}{words}"), width) {
        text.push_str(&line);
        text.push('\n');
    }
}

/// One action as a page of a manual, so wide if it can be.
pub(super) fn page(action: &'static Action, columns: Option<u16>) -> String {
    let mut text = String::new();
    let title = format!("{}: {}", action.name, action.summary);
    put(&mut text, "", &title, columns);
    text.push('\n');
    put(&mut text, "  ", &action.signature(), columns);
    if let Some(walk) = action.walk {
        let _ = writeln!(text, "  for record in {walk}(#{{ … }}) {{ … }}");
    }
    text.push('\n');
    traits(&mut text, action, columns);
    for (title, is_required) in [("required", true), ("optional", false)] {
        let params = action.params.iter();
        let params = params.filter(|param| param.required == is_required);
        parameters(&mut text, title, params, columns);
    }
    reply(&mut text, action);
    errors(&mut text, action, columns);
    text.push_str("\nexample\n");
    for line in example(action).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// What kind of action it is.
fn traits(text: &mut String, action: &Action, columns: Option<u16>) {
    let effect = format!("{}: {}", action.effect, action.effect.meaning());
    let risks: Vec<_> = action.risk.iter().map(|risk| risk.word()).collect();
    let version = |version: Option<&str>| version.map(|version| format!("WHMCS {version}"));
    let traits = [
        ("group", Some(action.group.to_owned())),
        ("effect", Some(effect)),
        (
            "risk",
            Some(risks.join(", ")).filter(|risks| !risks.is_empty()),
        ),
        (
            "a repeat",
            action.is_write().then(|| action.repeat().to_string()),
        ),
        ("since", version(action.since)),
        ("until", version(action.until)),
    ];
    for (word, told) in traits {
        if let Some(told) = told {
            put(text, &format!("  {word:8} "), &told, columns);
        }
    }
    if action.deprecated {
        text.push_str("  deprecated by WHMCS\n");
    }
}

fn parameters<'a>(
    text: &mut String,
    title: &str,
    params: impl Iterator<Item = &'a Param>,
    columns: Option<u16>,
) {
    let params: Vec<_> = params.collect();
    if params.is_empty() {
        return;
    }
    let width = params
        .iter()
        .map(|param| param.name.len())
        .max()
        .unwrap_or(0);
    let _ = writeln!(text, "\n{title}");
    for param in params {
        let start = format!("  {:width$}  {:<9}  ", param.name, param.kind);
        put(text, &start, &param.remarks(), columns);
    }
}

fn reply(text: &mut String, action: &Action) {
    if action.returns.is_empty() {
        return;
    }
    let width = action
        .returns
        .iter()
        .map(|field| field.path.len())
        .max()
        .unwrap_or(0);
    text.push_str("\nreply\n");
    for field in action.returns {
        let _ = writeln!(text, "  {:width$}  {}", field.path, field.kind);
    }
}

fn errors(text: &mut String, action: &Action, columns: Option<u16>) {
    if action.errors.is_empty() {
        return;
    }
    text.push_str("\nerrors\n");
    for error in action.errors {
        put(text, "  ", &format!("\"{error}\""), columns);
    }
}
