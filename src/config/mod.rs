//! The configuration file: profiles, and which of them is meant.
//!
//! The file is read once and never holds a secret longer than it takes to build
//! a [`Server`](crate::client::Server). One that holds secrets must be the user's own (mode 0600), or root's as
//! containers mount them: a wider mode is refused.

mod field_names;
mod file;
mod folders;
mod private;
mod profile;
mod resolved;
mod secret;
mod secret_command;

use std::path::PathBuf;

use crate::error::Failure;
use crate::run::{Allow, CustomFields, OwnValues};
use folders::is_config_named;

pub use crate::client::IpVersion;
pub use field_names::FieldName;
pub use file::{ConfigFile, NewProfile};
pub use folders::{default_path, runs_folder, state_folder};
pub use profile::Profile;
pub use resolved::{ENVIRONMENT, Resolved};
pub use secret::files as secret_files;
pub use secret_command::{from_command as secret_from_command, relay_by};

/// Which server the user asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--ipv4` or `--ipv6`.
    pub ip_version: Option<IpVersion>,
}

impl Choice {
    /// The configuration file this choice reads.
    pub fn path(&self) -> Result<PathBuf, Failure> {
        match &self.file {
            Some(path) => Ok(path.clone()),
            None => default_path(),
        }
    }

    /// The configuration file, read; one that was named must be there.
    pub fn load(&self) -> Result<ConfigFile, Failure> {
        let path = self.path()?;
        let is_named = self.file.is_some() || is_config_named();
        if is_named && !path.exists() {
            let what = format!("the configuration `{}` does not exist", path.display());
            return Err(Failure::usage(what));
        }
        ConfigFile::load(&path)
    }

    /// The server that is meant: `--profile`, else `WHMCSH_URL`, else the
    /// default profile, else the only one.
    pub fn resolve(&self) -> Result<Resolved, Failure> {
        self.open(&self.main()?)
    }

    /// The server of another profile, for scripts that speak to two.
    pub fn resolve_other(&self, name: &str) -> Result<Resolved, Failure> {
        if name == ENVIRONMENT
            && let Some(profile) = Profile::from_environment()
        {
            return self.open(&profile);
        }
        match self.main() {
            Ok(main) if main.name == name => self.open(&main),
            _ => self.open(self.load()?.choose(Some(name))?),
        }
    }

    /// The names custom fields have in the profile that is meant; none without one.
    pub fn custom_fields(&self) -> CustomFields {
        self.main()
            .map(|profile| profile.field_names())
            .unwrap_or_default()
    }

    /// The parameters whose documented rules do not hold in the profile that is meant; none
    /// without one.
    pub fn allow(&self) -> Result<Vec<Allow>, Failure> {
        self.main()
            .map_or(Ok(Vec::new()), |profile| profile.allowed())
    }

    /// The values that hosts and modules add, as the profile that is meant lists them; none
    /// without one.
    pub fn values(&self) -> OwnValues {
        self.main()
            .map(|profile| profile.values)
            .unwrap_or_default()
    }

    /// The profile that is meant. Credentials of the environment are for it
    /// alone, and for no profile where `WHMCSH_URL` says whose they are.
    fn main(&self) -> Result<Profile, Failure> {
        let environment = Profile::from_environment();
        let has_environment = environment.is_some();
        match environment {
            Some(profile) if self.profile.is_none() => Ok(profile),
            _ => Ok(Profile {
                takes_environment: !has_environment,
                ..self.load()?.choose(self.profile.as_deref())?.clone()
            }),
        }
    }

    fn open(&self, profile: &Profile) -> Result<Resolved, Failure> {
        let mut resolved = profile.resolve()?;
        resolved.server.ip_version = self.ip_version.or(resolved.server.ip_version);
        Ok(resolved)
    }
}
