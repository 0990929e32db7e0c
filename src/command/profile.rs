//! `whmcsh profile`: add, list and remove servers.

use std::io::{IsTerminal, Read, stdin};

use secrecy::SecretString;
use serde_json::json;

use super::Terminal;
use crate::config::{Choice, ConfigFile, NewProfile, Profile, secret_from_command};
use crate::display::width::{padding, width};
use crate::error::Failure;
use crate::files::reason;

/// What `profile add` was given.
#[derive(Debug)]
pub struct Add {
    /// The profile's name.
    pub name: String,
    /// The address of the WHMCS installation.
    pub url: String,
    /// The API credential's identifier.
    pub identifier: String,
    /// A command that prints the secret.
    pub secret_command: Option<String>,
    /// What scripts may do: `read`, `write`, `full`.
    pub access: Option<String>,
    /// Whether real customers are behind it.
    pub production: Option<bool>,
}

/// Adds a profile; the secret comes from a command, the terminal or a pipe,
/// never from the command line, where other users could see it.
pub fn add(add: Add, choice: &Choice, terminal: Terminal) -> Result<(), Failure> {
    let path = choice.path()?;
    let mut profile = NewProfile {
        name: add.name,
        url: add.url,
        identifier: add.identifier,
        secret: None,
        secret_command: add.secret_command,
        access: add.access,
        production: add.production,
    };
    profile.check()?;
    match &profile.secret_command {
        Some(command) => drop(secret_from_command("secret", command)?),
        None => profile.secret = Some(read_secret()?),
    }
    ConfigFile::add(&path, &profile)?;
    terminal.note(&format!(
        "profile `{}` is in {}",
        profile.name,
        path.display()
    ));
    terminal.note(&format!(
        "to test it, run: whmcsh profile test {}",
        profile.name
    ));
    Ok(())
}

fn read_secret() -> Result<SecretString, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::usage(format!("cannot read the secret: {}", reason(&error)))
    };
    let text = if stdin().is_terminal() {
        rpassword::prompt_password("API secret: ").map_err(unreadable)?
    } else {
        let mut text = String::new();
        stdin().read_to_string(&mut text).map_err(unreadable)?;
        text
    };
    match text.trim() {
        "" => Err(Failure::usage("the secret is empty")
            .hint("type it when asked, pipe it in, or use `--secret-command`")),
        secret => Ok(secret.to_owned().into()),
    }
}

/// Lists the profiles, without their secrets.
pub fn list(json: bool, choice: &Choice, terminal: Terminal) -> Result<(), Failure> {
    let path = choice.path()?;
    let file = choice.load()?;
    let is_default = |name: &str| file.default_profile.as_deref() == Some(name);
    if json {
        let profiles: Vec<_> = file
            .profiles
            .values()
            .map(|profile| {
                json!({
                    "name": profile.name, "url": profile.shown_url(), "access": profile.access.word(),
                    "production": profile.is_production(), "default": is_default(&profile.name),
                })
            })
            .collect();
        terminal.data(&format!("{:#}", json!(profiles)));
        return Ok(());
    }
    if file.profiles.is_empty() {
        terminal.note(&format!("no profiles in {}", path.display()));
    }
    let shown = |profile: &Profile| (width(&profile.name), width(&profile.shown_url()));
    let widths = file.profiles.values().map(shown);
    let (name, url) = widths.fold((0, 0), |most, of| (most.0.max(of.0), most.1.max(of.1)));
    for profile in file.profiles.values() {
        let kind = if profile.is_production() {
            "production"
        } else {
            "test"
        };
        let mark = if is_default(&profile.name) {
            "  (default)"
        } else {
            ""
        };
        terminal.data(&format!(
            "{}{}  {}{}  {kind}, {}{mark}",
            profile.name,
            padding(&profile.name, name),
            profile.shown_url(),
            padding(&profile.shown_url(), url),
            profile.access.word()
        ));
    }
    Ok(())
}

/// Removes a profile from the file.
pub fn remove(name: &str, choice: &Choice, terminal: Terminal) -> Result<(), Failure> {
    let path = choice.path()?;
    ConfigFile::remove(&path, name)?;
    terminal.note(&format!(
        "profile `{name}` was removed from {}",
        path.display()
    ));
    Ok(())
}
