//! Reading and editing the configuration file.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml_edit::{DocumentMut, Item, Table, value};

use super::private::{check_private, check_written_by_us};
use super::{ENVIRONMENT, Profile};
use crate::catalog::similar;
use crate::client::Endpoint;
use crate::error::Failure;
use crate::files::{self, Mode, reason};
use crate::unix;

/// `config.toml` as read.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The profile used when none is named.
    pub default_profile: Option<String>,
    /// Every profile by name.
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
    #[serde(skip)]
    path: PathBuf,
}

/// A profile to be written to the file.
pub struct NewProfile {
    /// Its name.
    pub name: String,
    /// The address of the WHMCS installation.
    pub url: String,
    /// The API credential's identifier.
    pub identifier: String,
    /// Its secret, unless a command prints it.
    pub secret: Option<SecretString>,
    /// A command that prints the secret.
    pub secret_command: Option<String>,
    /// `read`, `write` or `full`.
    pub access: Option<String>,
    /// Whether real customers are behind it.
    pub production: Option<bool>,
}

impl ConfigFile {
    /// Reads the file; one that is not there has no profiles.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Failure::usage(format!(
                    "cannot read `{}`: {}",
                    path.display(),
                    reason(&error)
                )));
            }
        };
        // What is no TOML may hold secrets all the same.
        let read: Result<Self, _> = toml::from_str(&text);
        if read.as_ref().map_or(true, Self::holds_secrets) {
            check_private(path)?;
        }
        let mut file = read.map_err(|error| not_toml(path, &text, &error))?;
        if file.profiles.values().any(Profile::holds_commands) {
            check_written_by_us(path)?;
        }
        path.clone_into(&mut file.path);
        for (name, profile) in &mut file.profiles {
            profile.name.clone_from(name);
        }
        Ok(file)
    }

    /// Whether anything in it is nobody else's business.
    fn holds_secrets(&self) -> bool {
        self.profiles.values().any(Profile::holds_secrets)
    }

    /// The profile of that name, or the default one, or the only one.
    pub fn choose(&self, name: Option<&str>) -> Result<&Profile, Failure> {
        let name = name.or(self.default_profile.as_deref());
        match name {
            Some(name) => self.profiles.get(name).ok_or_else(|| self.unknown(name)),
            None if self.profiles.len() == 1 => Ok(self
                .profiles
                .values()
                .next()
                .unwrap_or_else(|| unreachable!("there is one"))),
            None => Err(self.none_chosen()),
        }
    }

    fn unknown(&self, name: &str) -> Failure {
        let failure = Failure::usage(format!(
            "unknown profile `{name}` in `{}`",
            self.path.display()
        ));
        let near = similar(name, self.profiles.keys().map(String::as_str));
        match near.first() {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!(
                "add it: `whmcsh profile add {name} --url https://… --identifier …`"
            )),
        }
    }

    fn none_chosen(&self) -> Failure {
        if self.profiles.is_empty() {
            Failure::usage("no server is configured").hint(
                "add one with `whmcsh profile add`, or use the built-in sandbox with \
                 `--sandbox`",
            )
        } else {
            let names: Vec<_> = self
                .profiles
                .keys()
                .map(|name| format!("`{name}`"))
                .collect();
            Failure::usage("there are several profiles and none was chosen")
                .hint(format!("choose with `--profile`: {}", names.join(", ")))
        }
    }

    /// Adds a profile to the file, leaving everything else in it as it was.
    pub fn add(path: &Path, profile: &NewProfile) -> Result<(), Failure> {
        let mut document = edit(path)?;
        let profiles = document.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let Some(profiles) = profiles.as_table_like_mut() else {
            return Err(Failure::usage(format!(
                "`profiles` in `{}` is not a table",
                path.display()
            )));
        };
        if profiles.contains_key(&profile.name) {
            return Err(
                Failure::usage(format!("profile `{}` already exists", profile.name)).hint(format!(
                    "remove it first: `whmcsh profile remove {}`",
                    profile.name
                )),
            );
        }
        profiles.insert(&profile.name, Item::Table(profile.table()));
        save(path, &document.to_string())
    }

    /// Removes a profile from the file.
    pub fn remove(path: &Path, name: &str) -> Result<(), Failure> {
        let file = Self::load(path)?;
        file.choose(Some(name))?;
        let mut document = edit(path)?;
        if let Some(profiles) = document
            .get_mut("profiles")
            .and_then(Item::as_table_like_mut)
        {
            profiles.remove(name);
        }
        if file.default_profile.as_deref() == Some(name) {
            document.remove("default_profile");
        }
        save(path, &document.to_string())
    }
}

impl NewProfile {
    /// Refuses a name or an address that could never be used.
    pub fn check(&self) -> Result<(), Failure> {
        let name = self.name.as_str();
        if name == ENVIRONMENT {
            let what = format!("`{name}` is the profile that `WHMCSH_URL` makes");
            return Err(Failure::usage(what).hint("choose another name"));
        }
        if name.trim().is_empty() || name.contains(char::is_control) {
            let what = format!("`{}` is not a valid profile name", name.escape_debug());
            return Err(Failure::usage(what));
        }
        match Endpoint::parse(&self.url, false) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::usage(error.to_string()).hint(error.hint())),
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table["url"] = value(&self.url);
        table["identifier"] = value(&self.identifier);
        if let Some(secret) = &self.secret {
            table["secret"] = value(secret.expose_secret());
        }
        for (key, text) in [
            ("secret_command", &self.secret_command),
            ("access", &self.access),
        ] {
            if let Some(text) = text {
                table[key] = value(text);
            }
        }
        if let Some(production) = self.production {
            table["production"] = value(production);
        }
        table
    }
}

pub(super) fn edit(path: &Path) -> Result<DocumentMut, Failure> {
    ConfigFile::load(path)?;
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| {
            let why = reason(&error);
            Failure::usage(format!("cannot read `{}`: {why}", path.display()))
        })?,
    };
    text.parse().map_err(|error: toml_edit::TomlError| {
        let (shown, why) = (path.display(), error.message());
        Failure::usage(format!("`{shown}` is not TOML: {why}"))
    })
}

/// Writes the file, so that a crash leaves the old one; of a link the file behind it.
pub(super) fn save(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let why = reason(&error);
        Failure::usage(format!("cannot write `{}`: {why}", path.display()))
    };
    let folder = path.parent();
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
        unix::make_private_folders(folder).map_err(failed)?;
    }
    files::write(path, Mode::Private, text.as_bytes()).map_err(failed)
}

/// Says where the file is wrong without showing the line or the value: it may be a secret.
fn not_toml(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text[..at].matches('\n').count() + 1;
    let what = error.message().lines().next().unwrap_or("not TOML");
    // What no user would call so.
    let number = format!("a whole number from 1 to {}", u32::MAX);
    let what = what.replace("a nonzero u32", &number);
    let what = match what.find(", expected") {
        Some(at) if what.starts_with("unknown field") => what[..at].to_owned(),
        Some(at) => format!("a value of the wrong type{}", &what[at..]),
        None => what,
    };
    Failure::usage(format!("the configuration is wrong: {what}"))
        .at(format!("  --> {}:{line}", path.display()))
}
