//! A server's address, credentials and limits, resolved and ready to use.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::address::without_secrets;
use super::digest::md5_hex;
use super::entities::Entities;
use crate::secrets::Known;

/// Everything needed to speak to one WHMCS installation.
#[derive(Clone)]
pub struct Server {
    /// The profile's name, as errors and prompts show it.
    pub name: String,
    /// The address the user gave, with or without `includes/api.php`.
    pub url: String,
    /// Who we are.
    pub credentials: Credentials,
    /// The key that passes the address list, `api_access_key` in WHMCS.
    pub access_key: Option<SecretString>,
    /// Whether plain `http` to a host other than loopback is allowed.
    pub insecure: bool,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for a whole reply.
    pub timeout: Duration,
    /// The largest reply accepted, in bytes.
    pub max_reply: u64,
    /// A proxy's address.
    pub proxy: Option<String>,
    /// A PEM file with certificates to trust besides the usual ones.
    pub ca_file: Option<PathBuf>,
    /// The only IP version to use.
    pub ip_version: Option<IpVersion>,
    /// Statuses that a gateway gives before WHMCS sees anything, as its owner says:
    /// a write that gets one was not processed.
    pub not_processed: Vec<u16>,
    /// What becomes of HTML entities in its replies.
    pub entities: Entities,
}

/// How a call proves who sends it.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An API credential pair.
    Api {
        /// The identifier.
        identifier: String,
        /// The secret.
        secret: SecretString,
    },
    /// An administrator's name and password, for old installations.
    Admin {
        /// The administrator's name.
        username: String,
        /// The password in clear; its MD5 is sent.
        password: SecretString,
    },
}

impl Credentials {
    /// Whether the password is the MD5 of one, as other programs keep it.
    pub(super) fn is_digest(&self) -> bool {
        let Self::Admin { password, .. } = self else {
            return false;
        };
        let password = password.expose_secret();
        password.len() == 32 && password.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// Which IP version to use.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IpVersion {
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

/// Its address, and the proxy's, may hold a password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .field("url", &without_secrets(&self.url))
            .finish_non_exhaustive()
    }
}

impl Server {
    /// A server with the default limits: 10 s to connect, 60 s in all, 64 MB.
    pub fn new(name: impl Into<String>, url: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            credentials,
            access_key: None,
            insecure: false,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            max_reply: 64 * 1024 * 1024,
            proxy: None,
            ca_file: None,
            ip_version: None,
            not_processed: Vec::new(),
            entities: Entities::default(),
        }
    }

    /// What nobody but this server may see: what is sent to prove who we are, and what that
    /// is made of.
    pub fn secrets(&self) -> Known {
        let mut secrets: Vec<SecretString> = self.access_key.iter().cloned().collect();
        match &self.credentials {
            // What is the same as its public name, as in the sandbox, hides nothing.
            Credentials::Api { identifier, secret } => {
                secrets.extend(Some(secret.clone()).filter(|it| it.expose_secret() != identifier));
            }
            Credentials::Admin { password, .. } => {
                let sent = md5_hex(password.expose_secret());
                secrets.push(sent.to_uppercase().into());
                secrets.push(sent.into());
                secrets.push(password.clone());
            }
        }
        Known::from_secrets(secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::covered;

    #[test]
    fn its_secrets_are_what_proves_who_we_are_and_what_that_is_made_of() {
        let credentials = Credentials::Admin {
            username: "admin".into(),
            password: "opensesame".into(),
        };
        let mut server = Server::new("main", "https://billing.example.com", credentials);
        server.access_key = Some("door-key".into());
        let md5 = md5_hex("opensesame");
        let text = format!("admin opensesame {md5} {} door-key", md5.to_uppercase());
        assert_eq!(
            covered(&[server.secrets().cover()], &text),
            "admin (secret) (secret) (secret) (secret)"
        );
        server.credentials = Credentials::Api {
            identifier: "someone".into(),
            secret: "nobody-else".into(),
        };
        assert_eq!(
            covered(
                &[server.secrets().cover()],
                "someone nobody-else opensesame"
            ),
            "someone (secret) opensesame"
        );
    }
}
