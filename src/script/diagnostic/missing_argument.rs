//! `args[0]` in a script that was given no argument: the most usual mistake on
//! the command line.

use rhai::{INT, Position};

use crate::error::Failure;
use crate::script::engine::{ARGS, Factory};
use crate::script::load::Script;

/// Whether the index at that place is one of `args`.
pub(crate) fn is_of_args(position: Position, text: &str) -> bool {
    let line = position
        .line()
        .and_then(|number| text.lines().nth(number - 1));
    let (Some(line), Some(column)) = (line, position.position()) else {
        return false;
    };
    let before: String = line.chars().take(column - 1).collect();
    let before = before.trim_end().strip_suffix('[').map(str::trim_end);
    before.is_some_and(|before| before.ends_with(ARGS))
}

/// The failure of a script that lacks that argument.
pub(crate) fn failure(factory: &Factory, main: &str, index: INT) -> Failure {
    let given = match factory.host().args.len() {
        0 => "none was given".to_owned(),
        1 => "1 was given".to_owned(),
        several => format!("{several} were given"),
    };
    let failure = Failure::usage(format!(
        "the script needs argument {}, but {given}",
        index.saturating_add(1)
    ));
    let text = factory.sources().text(main).unwrap_or_default();
    let help = Script::from_text(main, &*text).help();
    let usage = help
        .lines()
        .find_map(|line| line.trim().strip_prefix("usage:"));
    match usage {
        Some(usage) => failure.hint(format!("usage: {}", usage.trim())),
        None => failure.hint(format!(
            "arguments follow the name of the script: `whmcsh run {main} …`"
        )),
    }
}
