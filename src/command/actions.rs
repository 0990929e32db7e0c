//! `whmcsh actions`: the API reference offline, made of the catalog alone.

use std::fmt::Write as _;

use super::Terminal;
use crate::catalog::{self, Action, Param, similar};
use crate::error::{Exit, Failure};
use crate::script::reference::example;

/// What to show.
#[derive(Debug)]
pub struct Options {
    /// An action's name, or a part of a name or a group.
    pub pattern: Option<String>,
    /// Print the catalog's entries as JSON.
    pub json: bool,
}

/// Lists the actions that match, or explains the one that is named.
pub fn actions(options: &Options, terminal: Terminal) -> Result<(), Failure> {
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
        terminal.data(page(action).trim_end());
    } else {
        terminal.data(listing(&found).trim_end());
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
    let found: Vec<_> = catalog::actions()
        .iter()
        .filter(|action| {
            [action.name, action.group, action.function]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted))
        })
        .collect();
    if found.is_empty() {
        let near = similar(pattern, catalog::actions().iter().map(|action| action.name));
        let failure = Failure::usage(format!("no action or group contains `{pattern}`"));
        return Err(match near.first() {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`whmcsh actions` lists all of them"),
        });
    }
    Ok(found)
}

fn listing(found: &[&Action]) -> String {
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
            let _ = writeln!(
                text,
                "  {:width$}  {:<6}  {}",
                action.name, action.effect, action.summary
            );
        }
        text.push('\n');
    }
    text
}

/// One action as a page of a manual.
pub(super) fn page(action: &Action) -> String {
    let mut text = format!("{}: {}\n\n", action.name, action.summary);
    let _ = writeln!(text, "  {}", action.signature());
    if let Some(walk) = action.walk {
        let _ = writeln!(text, "  for record in {walk}(#{{ … }}) {{ … }}");
    }
    let _ = write!(
        text,
        "\n  group    {}\n  effect   {}: {}",
        action.group,
        action.effect,
        action.effect.meaning()
    );
    if !action.risk.is_empty() {
        let risks: Vec<_> = action.risk.iter().map(|risk| risk.word()).collect();
        let _ = write!(text, "\n  risk     {}", risks.join(", "));
    }
    if action.is_write() {
        let _ = write!(text, "\n  a repeat {}", action.repeat());
    }
    for (word, version) in [("since", action.since), ("until", action.until)] {
        if let Some(version) = version {
            let _ = write!(text, "\n  {word:8} WHMCS {version}");
        }
    }
    if action.deprecated {
        text.push_str("\n  WHMCS advises against it");
    }
    text.push('\n');
    parameters(
        &mut text,
        "required",
        action.params.iter().filter(|param| param.required),
    );
    parameters(
        &mut text,
        "optional",
        action.params.iter().filter(|param| !param.required),
    );
    reply(&mut text, action);
    errors(&mut text, action);
    text.push_str("\nexample\n");
    for line in example(action).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn parameters<'a>(text: &mut String, title: &str, params: impl Iterator<Item = &'a Param>) {
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
        let _ = writeln!(
            text,
            "  {:width$}  {:<9}  {}",
            param.name,
            param.kind,
            param.remarks()
        );
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

fn errors(text: &mut String, action: &Action) {
    if action.errors.is_empty() {
        return;
    }
    text.push_str("\nerrors\n");
    for error in action.errors {
        let _ = writeln!(text, "  \"{error}\"");
    }
}
