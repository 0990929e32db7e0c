//! Where secrets come from: a command, the environment, the 0600 file.

use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};

use crate::error::Failure;

/// The first of command, environment and file that has the secret.
pub fn fetch(
    what: &str,
    command: Option<&str>,
    variable: Option<String>,
    written: Option<&SecretString>,
) -> Result<Option<SecretString>, Failure> {
    if let Some(command) = command {
        return from_command(what, command).map(Some);
    }
    if let Some(value) = variable {
        return Ok(Some(value.into()));
    }
    Ok(written
        .filter(|secret| !secret.expose_secret().is_empty())
        .cloned())
}

/// The first line a command prints; it may ask the user on the terminal.
pub fn from_command(what: &str, command: &str) -> Result<SecretString, Failure> {
    let output = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| {
            Failure::usage(format!("cannot run the command for the {what}: {error}"))
        })?;
    if !output.status.success() {
        return Err(Failure::usage(format!(
            "the command for the {what} failed: `{command}` ended with {}",
            output.status
        ))
        .hint("run it by hand to see why"));
    }
    let text = String::from_utf8(output.stdout).unwrap_or_default();
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(line.to_owned().into()),
        _ => Err(Failure::usage(format!(
            "the command for the {what} printed nothing: `{command}`"
        ))),
    }
}

/// An environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
