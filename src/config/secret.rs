//! Where secrets come from: a command, the environment, the 0600 file.

use std::ffi::OsStr;
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
    let mut shell = Command::new("sh");
    // It needs the user's agents and folders, and none of what is ours: our secrets.
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| is_ours(name)) {
        shell.env_remove(name);
    }
    let output = shell
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

/// Whether a variable of the environment is one that this program goes by.
fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"WHMCSH_")
}

/// An environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_told_by_its_name() {
        for name in ["WHMCSH_SECRET", "WHMCSH_URL", "WHMCSH_"] {
            assert!(is_ours(OsStr::new(name)), "{name}");
        }
        for name in [
            "HOME",
            "GNUPGHOME",
            "PATH",
            "SSH_AUTH_SOCK",
            "whmcsh_x",
            "WHMCS_URL",
        ] {
            assert!(!is_ours(OsStr::new(name)), "{name}");
        }
    }
}
