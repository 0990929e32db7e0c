//! One profile: a server's address, credentials and limits as the user wrote them.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::resolved::{ENVIRONMENT, Resolved};
use super::secret::{self, Written};
use crate::client::{Credentials, Endpoint, Entities, IpVersion, Server, shown_address};
use crate::error::Failure;
use crate::run::{Access, Allow, CustomFields, LATE_AFTER, Names, NotAllowed, OwnValues};

/// The variable that says how old a write must be, where the profile does not.
const LATE_AFTER_VARIABLE: &str = "WHMCSH_LATE_AFTER";

/// Seconds, as a number or as text such as `120s`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum LateAfter {
    /// As a number.
    Seconds(u32),
    /// As text, or what is neither.
    Other(toml::Value),
}

/// A profile as read from `[profiles.<name>]`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The table's name.
    #[serde(skip)]
    pub name: String,
    /// Whether the credentials of the environment are meant for it.
    #[serde(skip)]
    pub takes_environment: bool,
    /// The address of the WHMCS installation.
    pub url: String,
    /// An API credential's identifier.
    pub identifier: Option<String>,
    /// Its secret; better kept out of the file with `secret_command`.
    pub secret: Option<SecretString>,
    /// A command that prints the secret.
    pub secret_command: Option<String>,
    /// An administrator's name, for installations without API credentials.
    pub username: Option<String>,
    /// The administrator's password.
    pub password: Option<SecretString>,
    /// A command that prints the password.
    pub password_command: Option<String>,
    /// The key that passes the address list.
    pub access_key: Option<SecretString>,
    /// A command that prints the access key.
    pub access_key_command: Option<String>,
    /// Whether real customers are behind it.
    pub production: Option<bool>,
    /// What scripts may do.
    #[serde(default)]
    pub access: Access,
    /// Parameters whose documented rules do not hold: `AddOrder.billingcycle`.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Values that hosts and modules add, by their kind.
    #[serde(default)]
    pub values: OwnValues,
    /// Whether plain `http` is allowed beyond loopback.
    #[serde(default)]
    pub insecure: bool,
    /// Seconds to wait for a whole reply.
    pub timeout: Option<NonZeroU32>,
    /// Seconds to wait for a connection.
    pub connect_timeout: Option<NonZeroU32>,
    /// The largest reply accepted, in megabytes.
    pub max_reply_mb: Option<NonZeroU32>,
    /// A proxy's address.
    pub proxy: Option<String>,
    /// A PEM file with certificates to trust as well.
    pub ca_file: Option<PathBuf>,
    /// `4` or `6`: the only IP version to use.
    pub ip: Option<u8>,
    /// Statuses that the gateway gives before WHMCS sees anything.
    #[serde(default)]
    pub not_processed: Vec<u16>,
    /// How old a write must be before it counts as not applied when it is not found.
    pub late_after: Option<LateAfter>,
    /// What becomes of HTML entities in its replies.
    #[serde(default)]
    pub entities: Entities,
    /// The names its custom fields go by.
    #[serde(default)]
    pub customfields: CustomFields,
    /// The names its configurable options go by.
    #[serde(default)]
    pub configoptions: Names,
}

impl Profile {
    /// The profile that `WHMCSH_URL` and its companions describe, if it is set.
    pub fn from_environment() -> Option<Self> {
        Some(Self {
            name: ENVIRONMENT.to_owned(),
            takes_environment: true,
            url: secret::variable("WHMCSH_URL")?,
            ..Self::default()
        })
    }

    /// Whether something written in it is nobody else's business: a secret, or an address
    /// that carries a user's name and password.
    pub fn holds_secrets(&self) -> bool {
        let written = [&self.secret, &self.password, &self.access_key];
        let mut written = written.into_iter().flatten();
        let has_login = |address: &str| address.contains('@');
        written.any(|secret| !secret.expose_secret().is_empty())
            || has_login(&self.url)
            || self.proxy.as_deref().is_some_and(has_login)
    }

    /// Whether it names a command to be run.
    pub const fn holds_commands(&self) -> bool {
        self.secret_command.is_some()
            || self.password_command.is_some()
            || self.access_key_command.is_some()
    }

    /// Whether real customers are behind it: what it says, else unless it is
    /// on this machine; behind a proxy loopback is the proxy's.
    pub fn is_production(&self) -> bool {
        let is_loopback = self.endpoint().is_ok_and(|endpoint| endpoint.is_loopback());
        let is_here = is_loopback && self.proxy.is_none();
        self.production.unwrap_or(!is_here)
    }

    /// The address as it may be shown.
    pub fn shown_url(&self) -> String {
        shown_address(&self.url)
    }

    /// The address, understood.
    pub fn endpoint(&self) -> Result<Endpoint, Failure> {
        Endpoint::parse(&self.url, self.insecure).map_err(|error| {
            let hint = error.hint();
            Failure::usage(format!("profile `{}`: {error}", self.name)).hint(hint)
        })
    }

    /// Fetches the secrets and builds the server.
    pub fn resolve(&self) -> Result<Resolved, Failure> {
        let endpoint = self.endpoint()?;
        if let Some(problem) = self.customfields.problem() {
            let what = format!("profile `{}`: {problem}", self.name);
            return Err(Failure::usage(what)
                .hint("use one name per field, of letters a to z, digits and `_`"));
        }
        let mut server = Server::new(&self.name, &self.url, self.credentials()?);
        server.access_key = self.fetch(
            ("access key", "WHMCSH_ACCESS_KEY"),
            (&self.access_key_command, &self.access_key),
        )?;
        server.insecure = self.insecure;
        server.proxy.clone_from(&self.proxy);
        server.ca_file.clone_from(&self.ca_file);
        server.ip_version = self.ip_version()?;
        server.not_processed = self.not_processed()?;
        server.entities = self.entities;
        if let Some(seconds) = self.timeout {
            server.timeout = Duration::from_secs(seconds.get().into());
        }
        if let Some(seconds) = self.connect_timeout {
            server.connect_timeout = Duration::from_secs(seconds.get().into());
        }
        if let Some(megabytes) = self.max_reply_mb {
            server.max_reply = u64::from(megabytes.get()) * 1024 * 1024;
        }
        Ok(Resolved {
            server,
            host: endpoint.host(),
            path: endpoint.path().to_owned(),
            access: self.access,
            allow: self.allowed()?,
            values: self.values.clone(),
            production: self.is_production(),
            late_after: self.late_after()?,
            custom_fields: Arc::new(self.field_names()),
        })
    }

    /// The names of its custom fields and configurable options.
    pub fn field_names(&self) -> CustomFields {
        let options = self.configoptions.clone();
        self.customfields.clone().with_options(options)
    }

    /// The parameters whose documented rules do not hold.
    pub fn allowed(&self) -> Result<Vec<Allow>, Failure> {
        let words = self.allow.iter().map(|word| word.parse());
        words.collect::<Result<_, NotAllowed>>().map_err(|refused| {
            Failure::usage(format!("profile `{}`: {refused}", self.name)).hint(refused.hint)
        })
    }

    /// Those statuses, each once and in order.
    fn not_processed(&self) -> Result<Vec<u16>, Failure> {
        let mut statuses = self.not_processed.clone();
        statuses.sort_unstable();
        statuses.dedup();
        match statuses.iter().find(|status| !(400..600).contains(*status)) {
            Some(status) => Err(Failure::usage(format!(
                "profile `{}` has {status} in `not_processed`, which is not the status of an error",
                self.name
            ))
            .hint("name statuses from 400 to 599, such as `not_processed = [503]`")),
            None => Ok(statuses),
        }
    }

    /// What the profile says, else the variable, else the usual.
    fn late_after(&self) -> Result<Duration, Failure> {
        let variable = secret::variable(LATE_AFTER_VARIABLE);
        let (text, place) = match (&self.late_after, variable) {
            (Some(LateAfter::Seconds(seconds)), _) => {
                return Ok(Duration::from_secs((*seconds).into()));
            }
            (Some(LateAfter::Other(other)), _) => (
                other
                    .as_str()
                    .map_or_else(|| other.to_string(), str::to_owned),
                format!("`late_after` of profile `{}`", self.name),
            ),
            (None, Some(text)) => (text, format!("`{LATE_AFTER_VARIABLE}`")),
            (None, None) => return Ok(LATE_AFTER),
        };
        let seconds = text.trim().trim_end_matches('s').trim_end();
        let seconds = seconds.parse::<u32>().map_err(|_| {
            Failure::usage(format!("invalid {place}: `{text}`")).hint("use seconds, such as `120s`")
        })?;
        Ok(Duration::from_secs(seconds.into()))
    }

    fn credentials(&self) -> Result<Credentials, Failure> {
        if let Some(identifier) = self
            .variable("WHMCSH_IDENTIFIER")
            .or(self.identifier.clone())
        {
            let secret = self.fetch(
                ("secret", "WHMCSH_SECRET"),
                (&self.secret_command, &self.secret),
            )?;
            let secret =
                secret.ok_or_else(|| self.lacks("secret", "secret_command", "WHMCSH_SECRET"))?;
            return Ok(Credentials::Api { identifier, secret });
        }
        if let Some(username) = self.variable("WHMCSH_USERNAME").or(self.username.clone()) {
            let password = self.fetch(
                ("password", "WHMCSH_PASSWORD"),
                (&self.password_command, &self.password),
            )?;
            let password = password
                .ok_or_else(|| self.lacks("password", "password_command", "WHMCSH_PASSWORD"))?;
            return Ok(Credentials::Admin { username, password });
        }
        Err(self.lacks("identifier", "identifier", "WHMCSH_IDENTIFIER"))
    }

    /// A variable of the environment, where it is meant for this profile.
    fn variable(&self, name: &str) -> Option<String> {
        self.takes_environment
            .then(|| secret::variable(name))
            .flatten()
    }

    /// A secret, wherever it comes from.
    fn fetch(
        &self,
        (what, variable): (&str, &str),
        (command, value): (&Option<String>, &Option<SecretString>),
    ) -> Result<Option<SecretString>, Failure> {
        let variable = self.takes_environment.then_some(variable);
        let written = Written {
            command: command.as_deref(),
            value: value.as_ref(),
        };
        secret::fetch(what, variable, &written)
    }

    fn lacks(&self, what: &str, key: &str, variable: &str) -> Failure {
        let hint = if self.name == ENVIRONMENT {
            format!("set `{variable}`")
        } else {
            format!("set `{key}` in the profile, or `{variable}` in the environment")
        };
        Failure::usage(format!("profile `{}` has no {what}", self.name)).hint(hint)
    }

    fn ip_version(&self) -> Result<Option<IpVersion>, Failure> {
        match self.ip {
            None => Ok(None),
            Some(4) => Ok(Some(IpVersion::V4)),
            Some(6) => Ok(Some(IpVersion::V6)),
            Some(other) => Err(Failure::usage(format!(
                "profile `{}` has `ip = {other}`: use 4 or 6",
                self.name
            ))),
        }
    }
}
