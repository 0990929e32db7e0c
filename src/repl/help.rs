//! `:help`: the shell's own commands, what is defined in the session, and whatever
//! `whmcsh help` explains.

use std::fmt::Write as _;

use super::command::COMMANDS;
use super::place::Reference;
use crate::catalog::{self, similar};
use crate::error::Failure;
use crate::script::Interpreter;
use crate::script::reference::entries;

/// What the shell can do, on one screen.
pub fn overview() -> String {
    let mut text = String::from(
        "Type a line of a script; its value is shown and kept as `it`.\nTab completes functions, \
         parameters inside `#{ }`, fields, files and profiles.\nA line continues until its brackets \
         are closed. Ctrl-C stops a line, Ctrl-D leaves the shell.\n\n",
    );
    for (name, takes, about) in COMMANDS {
        let _ = writeln!(text, "  {:<16}  {about}", format!("{name} {takes}"));
    }
    text.push_str(
        "\n  :help AddClient   the parameters and the reply of an action\n  \
         :help csv         a function, with an example\n  \
         :help scripting   a chapter of the guide; `whmcsh help` lists them",
    );
    text
}

/// What there is to say of a name.
pub fn about(
    name: &str,
    interpreter: &Interpreter,
    reference: Reference,
) -> Result<String, Failure> {
    let name = name.trim_end_matches(['(', ')']);
    if let Some((name, takes, about)) = COMMANDS.iter().find(|(known, ..)| *known == name) {
        return Ok(format!("{name} {takes}\n  {about}"));
    }
    if let Some(ways) = interpreter.functions().get(name) {
        return Ok(format!(
            "defined in this session\n\n  {}",
            ways.join("\n  ")
        ));
    }
    if let Some(variable) = interpreter.variables().get(name) {
        let keys = variable.shape.keys().join(", ");
        let of = if keys.is_empty() { "" } else { " of " };
        return Ok(format!("`{name}` is a {}{of}{keys}", variable.kind));
    }
    match reference(name) {
        Some(text) => Ok(text.trim_end().to_owned()),
        None => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> Failure {
    let actions = catalog::actions().iter().map(|action| action.name);
    let functions = entries().keys().map(String::as_str);
    let near = similar(name, actions.chain(functions));
    let failure = Failure::usage(format!("there is no help on `{name}`"));
    if near.is_empty() {
        return failure.hint("`:help` lists the commands, Tab the functions");
    }
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    failure.hint(format!("similar: {}", near.join(", ")))
}
