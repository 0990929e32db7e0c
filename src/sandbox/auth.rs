//! Decides whether a request may call an action: address, credentials, role.
//!
//! The order is WHMCS's: the address list (which a right access key bypasses),
//! then the credentials, then the role, which lacks what does not exist. Every refusal
//! is HTTP 403 with WHMCS's words.

use std::net::IpAddr;

use md5::{Digest as _, Md5};

use super::tree::{Array, Tree};
use crate::catalog;

/// The credentials and lists the sandbox answers to.
#[derive(Clone, Debug)]
pub struct Access {
    /// API identifier.
    pub identifier: String,
    /// API secret.
    pub secret: String,
    /// Access key that bypasses the address list.
    pub access_key: Option<String>,
    /// Administrator's user name.
    pub admin_username: String,
    /// Administrator's password, sent as its MD5.
    pub admin_password: String,
    /// Addresses that may call; none listed means any.
    pub allow_ip: Vec<IpAddr>,
    /// Actions the credentials' role lacks; it has every other.
    pub role_without: Vec<String>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            identifier: "sandbox".into(),
            secret: "sandbox".into(),
            access_key: None,
            admin_username: "admin".into(),
            admin_password: "admin".into(),
            allow_ip: Vec::new(),
            role_without: Vec::new(),
        }
    }
}

impl Access {
    /// Refuses a request in WHMCS's words unless it may call `action`.
    pub fn check(&self, request: &Array, action: &str, from: IpAddr) -> Result<(), String> {
        let text = |name| {
            request
                .get_any_case(name)
                .and_then(Tree::text)
                .unwrap_or_default()
        };
        if !self.admits(from, text("accesskey")) {
            return Err(format!("Invalid IP {from}"));
        }
        let pairs = [
            (text("identifier"), text("secret")),
            (text("username"), text("password")),
        ];
        if pairs
            .iter()
            .all(|(name, proof)| name.is_empty() || proof.is_empty())
        {
            return Err("Authentication Failed".into());
        }
        if !pairs.iter().any(|(name, proof)| self.knows(name, proof)) {
            let is_known = pairs.iter().any(|(name, _)| self.is_login(name));
            let words = if is_known {
                "Authentication Failed"
            } else {
                "Invalid or missing credentials"
            };
            return Err(words.into());
        }
        self.allows(action)
    }

    fn admits(&self, from: IpAddr, access_key: &str) -> bool {
        self.allow_ip.is_empty()
            || self.allow_ip.contains(&from)
            || self
                .access_key
                .as_deref()
                .is_some_and(|key| !key.is_empty() && key == access_key)
    }

    fn knows(&self, name: &str, proof: &str) -> bool {
        let is_told = !name.is_empty() && !proof.is_empty();
        (is_told && name == self.identifier && proof == self.secret)
            || (name.eq_ignore_ascii_case(&self.admin_username)
                && proof.eq_ignore_ascii_case(&md5_hex(&self.admin_password)))
    }

    /// Whether somebody has that identifier or user name.
    fn is_login(&self, name: &str) -> bool {
        !name.is_empty()
            && (name == self.identifier || name.eq_ignore_ascii_case(&self.admin_username))
    }

    /// An action that does not exist is one that no role has.
    fn allows(&self, action: &str) -> Result<(), String> {
        let is_named = |name: &String| name.eq_ignore_ascii_case(action);
        if catalog::action(action).is_some() && !self.role_without.iter().any(is_named) {
            return Ok(());
        }
        Err(format!(
            "Invalid Permissions: API action \"{}\" is not allowed",
            action.to_ascii_lowercase()
        ))
    }
}

/// The MD5 of a text in lower-case hexadecimal, as PHP's `md5`.
pub fn md5_hex(text: &str) -> String {
    use std::fmt::Write as _;
    Md5::digest(text.as_bytes())
        .iter()
        .fold(String::with_capacity(32), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::super::form;
    use super::Access;
    use std::net::{IpAddr, Ipv4Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn check(access: &Access, body: &str) -> Result<(), String> {
        access.check(&form::decode(body.as_bytes()), "GetClients", HERE)
    }

    #[test]
    fn every_kind_of_credential_is_known() {
        let access = Access::default();
        for body in [
            "identifier=sandbox&secret=sandbox",
            "username=sandbox&password=sandbox",
            "username=admin&password=21232f297a57a5a743894a0e4a801fc3",
            "username=Admin&password=21232F297A57A5A743894A0E4A801FC3",
        ] {
            assert_eq!(check(&access, body), Ok(()), "{body}");
        }
    }

    #[test]
    fn wrong_and_missing_credentials_are_told_apart() {
        let access = Access::default();
        for (body, message) in [
            ("identifier=sandbox&secret=x", "Authentication Failed"),
            ("username=admin&password=admin", "Authentication Failed"),
            ("", "Authentication Failed"),
            ("identifier=&secret=", "Authentication Failed"),
            ("secret=sandbox", "Authentication Failed"),
            ("identifier=sandbox", "Authentication Failed"),
            ("username=admin&password=", "Authentication Failed"),
            (
                "identifier=sandbox&password=sandbox",
                "Authentication Failed",
            ),
            (
                "identifier=SANDBOX&secret=sandbox",
                "Invalid or missing credentials",
            ),
            (
                "username=nobody&password=x",
                "Invalid or missing credentials",
            ),
        ] {
            assert_eq!(check(&access, body), Err(message.into()), "{body}");
        }
    }

    #[test]
    fn the_address_comes_before_the_credentials_and_a_key_bypasses_it() {
        let access = Access {
            allow_ip: vec![IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))],
            access_key: Some("k!".into()),
            ..Access::default()
        };
        let refused = Err("Invalid IP 127.0.0.1".to_owned());
        assert_eq!(check(&access, "identifier=x"), refused);
        assert_eq!(check(&access, "accesskey=k"), refused);
        let body = "identifier=sandbox&secret=sandbox&accesskey=k%21";
        assert_eq!(check(&access, body), Ok(()));
    }

    #[test]
    fn what_is_set_to_nothing_opens_nothing() {
        let access = Access {
            identifier: String::new(),
            secret: String::new(),
            access_key: Some(String::new()),
            ..Access::default()
        };
        let refused = |message: &str| Err(message.to_owned());
        let wrong = "username=admin&password=x";
        assert_eq!(check(&access, wrong), refused("Authentication Failed"));
        let nobody = "identifier=x&secret=x";
        assert_eq!(
            check(&access, nobody),
            refused("Invalid or missing credentials")
        );
        let listed = Access {
            allow_ip: vec![IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))],
            ..access
        };
        assert_eq!(check(&listed, wrong), refused("Invalid IP 127.0.0.1"));
    }

    #[test]
    fn a_role_without_the_action_names_it_in_lower_case() {
        let access = Access {
            role_without: vec!["getCLIENTS".into()],
            ..Access::default()
        };
        let body = "identifier=sandbox&secret=sandbox";
        assert_eq!(
            check(&access, body),
            Err("Invalid Permissions: API action \"getclients\" is not allowed".into())
        );
        let request = form::decode(body.as_bytes());
        assert_eq!(access.check(&request, "GetClientsDetails", HERE), Ok(()));
    }

    #[test]
    fn an_action_that_does_not_exist_is_refused_like_one_the_role_lacks() {
        let request = form::decode(b"identifier=sandbox&secret=sandbox");
        for (action, shown) in [("GetClientz", "getclientz"), ("", "")] {
            assert_eq!(
                Access::default().check(&request, action, HERE),
                Err(format!(
                    "Invalid Permissions: API action \"{shown}\" is not allowed"
                ))
            );
        }
    }
}
