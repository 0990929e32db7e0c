//! The interactive shell: read a line, run it, show what came of it.
//!
//! On a terminal it edits lines, remembers them and completes what is typed; from a
//! pipe it runs what it reads and stops at the first error, as a script would.

mod choice;
mod colour;
mod command;
mod completion;
mod editor;
mod help;
mod hint;
mod history;
mod knowledge;
mod listing;
mod pager;
mod place;
mod save;
mod shell;

use std::io::{BufRead, IsTerminal, stdin, stdout};

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::error::{Exit, Failure};
use crate::script::is_incomplete;
use crate::script::reference::entries;
use editor::Lines;
use knowledge::Knowledge;
use shell::{Next, Shell};

pub use place::{Place, Screen, Servers, Surroundings};

/// Runs lines until the input ends.
///
/// # Errors
/// From a pipe, the first line that fails; on a terminal only what makes
/// editing impossible, since there an error is shown and the next line awaited.
pub fn repl(place: Place, around: &Surroundings) -> Result<(), Failure> {
    let shell = Shell::new(place, around);
    if stdin().is_terminal() {
        converse(shell, around)
    } else {
        consume(shell, around, stdin().lock())
    }
}

/// Asks on the terminal in the middle of a line; Ctrl-C answers with nothing. `None`
/// where nobody is there to answer.
pub fn ask(question: &str) -> Option<String> {
    if !stdin().is_terminal() {
        return None;
    }
    let mut editor = DefaultEditor::new().ok()?;
    match editor.readline(&format!("{question} ")) {
        Ok(answer) => Some(answer.trim().to_owned()),
        Err(_) => Some(String::new()),
    }
}

fn converse(mut shell: Shell, around: &Surroundings) -> Result<(), Failure> {
    // The first Tab and the first hint find it read.
    std::thread::spawn(entries);
    let history = around.kept_in.as_deref().and_then(history::file_in);
    let mut editor = editor::open(Lines::default(), history.as_deref())
        .map_err(|error| Failure::usage(format!("cannot edit lines here: {error}")))?;
    loop {
        let prompt = shell.place.prompt(shell.is_plan());
        let size = editor.dimensions();
        shell.size = size.filter(|_| stdout().is_terminal());
        let knowledge = Knowledge::gather(&shell.interpreter, &shell.place, around.servers);
        let columns = size.map_or(0, |(columns, _)| columns.into());
        editor.set_helper(Some(Lines::new(knowledge, &prompt.0, columns)));
        let Some(read) = around.leaving.wait(|| editor.readline(&prompt)) else {
            return leave(shell);
        };
        // A signal that came while nothing ran stops nothing.
        around.cancel.reset();
        let line = match read {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(Failure::usage(format!("cannot read the line: {error}"))),
        };
        if line.trim().is_empty() {
            continue;
        }
        history::remember(&mut editor, &line, history.as_deref());
        let next = shell.take(&line);
        around.cancel.reset();
        match next {
            Ok(Next::Line) => {}
            Ok(Next::End) => break,
            Err(failure) => around.screen.complain(&failure.to_string()),
        }
    }
    shell.interpreter.finish()
}

/// Ends because somebody asked the program to.
fn leave(shell: Shell) -> Result<(), Failure> {
    shell.interpreter.finish()?;
    Err(Failure::new(
        Exit::Interrupted,
        "the whmcsh shell was stopped from outside",
    ))
}

fn consume(mut shell: Shell, around: &Surroundings, input: impl BufRead) -> Result<(), Failure> {
    let mut pending = String::new();
    let mut next = Next::Line;
    let mut lines = input.lines();
    loop {
        let Some(line) = around.leaving.wait(|| lines.next()) else {
            return leave(shell);
        };
        let Some(line) = line else {
            break;
        };
        let line = line.map_err(|error| {
            Failure::new(Exit::Usage, format!("cannot read the input: {error}"))
        })?;
        let is_command = pending.is_empty() && command::is_command(&line);
        pending.push_str(&line);
        pending.push('\n');
        if !is_command && is_incomplete(&pending) {
            continue;
        }
        next = shell.take(&std::mem::take(&mut pending))?;
        if next == Next::End {
            break;
        }
    }
    if next == Next::Line {
        shell.take(&pending)?;
    }
    shell.interpreter.finish()
}
