//! Where secrets come from: a command, the environment, the 0600 file.

use secrecy::{ExposeSecret, SecretString};

use super::secret_command::from_command;
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

/// An environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
