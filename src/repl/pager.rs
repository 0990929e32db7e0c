//! Shows what is longer than the screen through the user's pager.

use std::io::{ErrorKind, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cancel::Cancel;

/// What the shell that starts `$PAGER` answers where there is no such program.
const NO_SUCH_PROGRAM: [i32; 2] = [126, 127];

/// Shows a text through `$PAGER`, or else `less`; whether there was one.
pub fn page(text: &str, cancel: &Cancel) -> bool {
    let chosen = std::env::var("PAGER")
        .ok()
        .filter(|pager| !pager.is_empty());
    let mut command = if let Some(pager) = &chosen {
        let mut command = Command::new("sh");
        command.args(["-c", pager]);
        command
    } else {
        let mut command = Command::new("less");
        command.arg("-FRX");
        command
    };
    let Ok(mut child) = command.stdin(Stdio::piped()).spawn() else {
        return false;
    };
    let is_written = feed(&mut child, text);
    let code = wait(&mut child, cancel);
    is_written && !code.is_some_and(|code| NO_SUCH_PROGRAM.contains(&code))
}

/// Writes the text; a pager that was left early has had enough of it.
fn feed(child: &mut Child, text: &str) -> bool {
    let Some(mut input) = child.stdin.take() else {
        return false;
    };
    match input.write_all(text.as_bytes()) {
        Ok(()) => true,
        Err(error) => error.kind() == ErrorKind::BrokenPipe,
    }
}

/// Waits for the pager. Ctrl-C is its own meanwhile: it is not to end the shell.
fn wait(child: &mut Child, cancel: &Cancel) -> Option<i32> {
    loop {
        cancel.reset();
        match child.try_wait() {
            Ok(Some(status)) => return status.code(),
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Err(_) => return None,
        }
    }
}
