//! The interactive shell: read a line, run it, show what came of it.
//!
//! On a terminal it edits lines, remembers them and completes names; from a
//! pipe it runs what it reads and stops at the first error, as a script would.

mod editor;
mod history;

use std::io::{BufRead, IsTerminal, stdin};

use rustyline::error::ReadlineError;

use crate::cancel::Cancel;
use crate::error::{Exit, Failure};
use crate::script::{Interpreter, is_incomplete};
use editor::Lines;

/// What ends the shell, as does the end of the input.
const LEAVING: [&str; 4] = [":quit", "exit", "exit()", "quit"];

/// Where the shell shows results and errors.
pub trait Screen {
    /// A result, on standard output.
    fn show(&self, text: &str);
    /// An error or a remark, on standard error.
    fn remark(&self, text: &str);
}

/// Runs lines until the input ends.
///
/// # Errors
/// From a pipe, the first line that fails; on a terminal only what makes
/// editing impossible, since there an error is shown and the next line awaited.
pub fn repl(
    interpreter: Interpreter,
    prompt: &str,
    cancel: &Cancel,
    screen: &dyn Screen,
) -> Result<(), Failure> {
    if stdin().is_terminal() {
        converse(interpreter, prompt, cancel, screen)
    } else {
        consume(interpreter, stdin().lock(), screen)
    }
}

fn converse(
    mut interpreter: Interpreter,
    prompt: &str,
    cancel: &Cancel,
    screen: &dyn Screen,
) -> Result<(), Failure> {
    let history = history::path();
    let mut editor = editor::open(interpreter.names(), history.as_deref())
        .map_err(|error| Failure::usage(format!("cannot edit lines here: {error}")))?;
    loop {
        let line = match editor.readline(prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(Failure::usage(format!("cannot read the line: {error}"))),
        };
        if line.trim().is_empty() {
            continue;
        }
        if LEAVING.contains(&line.trim()) {
            break;
        }
        history::remember(&mut editor, &line, history.as_deref());
        show(interpreter.eval(&line), screen);
        cancel.reset();
        editor.set_helper(Some(Lines::new(interpreter.names())));
    }
    interpreter.finish()
}

fn show(result: Result<Option<String>, Failure>, screen: &dyn Screen) {
    match result {
        Ok(Some(text)) => screen.show(&text),
        Ok(None) => {}
        Err(failure) => screen.remark(&failure.to_string()),
    }
}

fn consume(
    mut interpreter: Interpreter,
    input: impl BufRead,
    screen: &dyn Screen,
) -> Result<(), Failure> {
    let mut pending = String::new();
    for line in input.lines() {
        let line = line.map_err(|error| {
            Failure::new(Exit::Usage, format!("cannot read the input: {error}"))
        })?;
        pending.push_str(&line);
        pending.push('\n');
        if is_incomplete(&pending) {
            continue;
        }
        run_whole(&mut interpreter, &std::mem::take(&mut pending), screen)?;
    }
    run_whole(&mut interpreter, &pending, screen)?;
    interpreter.finish()
}

fn run_whole(
    interpreter: &mut Interpreter,
    text: &str,
    screen: &dyn Screen,
) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Ok(());
    }
    if let Some(shown) = interpreter.eval(text)? {
        screen.show(&shown);
    }
    Ok(())
}
