//! Where a server's API is: the one endpoint, from whatever address was given.
//!
//! Refuses plain `http` to anything but this machine, unless the profile says
//! otherwise: every request carries the credentials. Never shows a user name
//! or password that stands in an address.

use std::net::IpAddr;

use reqwest::Url;
use thiserror::Error;

/// The script on every WHMCS server that answers API calls.
const SCRIPT: &str = "includes/api.php";

/// The address calls are posted to.
#[derive(Clone)]
pub struct Endpoint {
    url: Url,
}

/// Why an address cannot be used; the text never shows a password in it.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum AddressError {
    /// No `https://` in front.
    #[error("`{0}` does not start with https://")]
    MissingScheme(String),
    /// Neither `https` nor `http`.
    #[error("`{0}` is not a web address: use https:// or http://")]
    OtherScheme(String),
    /// Not an address at all.
    #[error("`{address}` is not a web address: {why}")]
    Malformed {
        /// What was given.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// Plain `http` to another machine.
    #[error("plain http to {0} would send the credentials unencrypted")]
    Insecure(String),
}

impl AddressError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::MissingScheme(address) => format!("write https://{address}"),
            Self::OtherScheme(_) | Self::Malformed { .. } => {
                "write the address of WHMCS, such as https://billing.example.com/whmcs".into()
            }
            Self::Insecure(_) => {
                "write https://…, or set `insecure = true` in the profile if the network is trusted"
                    .into()
            }
        }
    }
}

impl Endpoint {
    /// The endpoint of the WHMCS at an address given with or without the
    /// script's path, a slash at the end, or a query.
    pub fn parse(address: &str, insecure: bool) -> Result<Self, AddressError> {
        let address = address.trim();
        if !address.contains("://") {
            return Err(AddressError::MissingScheme(without_secrets(address)));
        }
        let mut url = Url::parse(address).map_err(|error| AddressError::Malformed {
            address: without_secrets(address),
            why: error.to_string(),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::OtherScheme(without_secrets(address)));
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        if !path.ends_with(&format!("/{SCRIPT}")) {
            url.set_path(&format!("{path}/{SCRIPT}"));
        } else if path != url.path() {
            url.set_path(&path);
        }
        let endpoint = Self { url };
        if !endpoint.is_tls() && !endpoint.is_loopback() && !insecure {
            return Err(AddressError::Insecure(endpoint.host()));
        }
        Ok(endpoint)
    }

    /// The address to post to.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The host as messages name it, with the port where it is not the usual one.
    pub fn host(&self) -> String {
        host(&self.url)
    }

    /// The path of WHMCS on its host, such as `/whmcs`; empty where it is the host's own.
    pub fn path(&self) -> &str {
        installation(self.url.path()).unwrap_or_default()
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        let name = self.url.host_str().unwrap_or_default();
        let name = name.trim_end_matches('.');
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        name == "localhost"
            || name.ends_with(".localhost")
            || bare
                .parse::<IpAddr>()
                .is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// Where a redirect points, without what must not be shown.
    pub(super) fn redirected(&self, location: &str) -> Option<String> {
        let mut url = self.url.join(location.trim()).ok()?;
        url.host_str()?;
        // Setting these fails only for addresses without a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.set_fragment(None);
        Some(url.into())
    }
}

/// Pieces of addresses that people copy with that of WHMCS, from its pages and manuals.
const COPIED: &[&str] = &["/includes/api.php", "/includes", "/admin", "/api"];

/// The address before a page of PHP, where it ends in one.
fn before_page(address: &str) -> Option<&str> {
    let (folder, page) = address.rsplit_once('/')?;
    let ending = page.rsplit_once('.').map(|(_, ending)| ending);
    ending
        .is_some_and(|ending| ending.eq_ignore_ascii_case("php"))
        .then_some(folder)
}

/// What stands before that piece, where the address ends in it; in capitals too.
fn without_ending<'a>(address: &'a str, piece: &str) -> Option<&'a str> {
    let (start, end) = address.split_at_checked(address.len().checked_sub(piece.len())?)?;
    end.eq_ignore_ascii_case(piece).then_some(start)
}

/// The address of WHMCS, where the one given goes on into its folders or pages.
pub(super) fn shortened(address: &str) -> Option<String> {
    let given = without_secrets(address.trim());
    let mut rest = given.trim_end_matches('/');
    let whole = rest.strip_suffix("/includes/api.php").unwrap_or(rest);
    rest = whole;
    while let Some(shorter) = COPIED
        .iter()
        .find_map(|piece| without_ending(rest, piece))
        .or_else(|| before_page(rest))
        .filter(|shorter| !shorter.trim_end_matches('/').ends_with(':'))
    {
        rest = shorter.trim_end_matches('/');
    }
    (rest != whole).then(|| rest.to_owned())
}

/// What to do where no WHMCS answers at that address: it is said which one was tried.
pub(super) fn elsewhere(address: &str) -> String {
    let tried = Endpoint::parse(address, true).map_or_else(
        |_| without_secrets(address),
        |endpoint| without_secrets(endpoint.url.as_str()),
    );
    match shortened(address) {
        Some(url) => format!("{tried} was tried: set `url = \"{url}\"` in the profile"),
        None => format!(
            "{tried} was tried: the profile's `url` must be the folder that contains \
             `includes/api.php`"
        ),
    }
}

/// The address a profile would have for that of an API script.
pub(super) fn installation(script: &str) -> Option<&str> {
    script.strip_suffix(SCRIPT)?.strip_suffix('/')
}

fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// The address without what must not be shown: the user's name and password,
/// and a query.
pub fn without_secrets(address: &str) -> String {
    let (scheme, rest) = match address.find("://") {
        Some(at) => address.split_at(at + 3),
        None => ("", address),
    };
    let host_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may hold any of these; everything before the last @ is dropped.
    let rest = match rest.rfind('@') {
        Some(at) if at < host_ends || rest[..at].contains(':') => &rest[at + 1..],
        _ => rest,
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}{rest}")
}

#[cfg(test)]
mod tests {
    use super::{AddressError, Endpoint, elsewhere, installation, shortened, without_secrets};

    #[test]
    fn what_was_copied_behind_the_address_of_whmcs_is_left_out() {
        for (given, meant) in [
            ("https://a.example/includes", Some("https://a.example")),
            ("https://a.example/INCLUDES", Some("https://a.example")),
            (
                "https://a.example/INCLUDES/API.PHP",
                Some("https://a.example"),
            ),
            ("https://a.example/w/Admin", Some("https://a.example/w")),
            (
                "https://a.example/whmcs/admin/",
                Some("https://a.example/whmcs"),
            ),
            (
                "https://a.example/whmcs/index.php",
                Some("https://a.example/whmcs"),
            ),
            (
                "https://a.example/admin/login.php",
                Some("https://a.example"),
            ),
            (
                "https://a.example/includes/api.php/includes/api.php",
                Some("https://a.example"),
            ),
            (
                "https://jo:hunter2@a.example/includes",
                Some("https://a.example"),
            ),
            (
                "https://a.example/whmcs/admin/configapicredentials.php",
                Some("https://a.example/whmcs"),
            ),
            (
                "https://a.example/cart.php?a=view",
                Some("https://a.example"),
            ),
            ("https://a.example/api", Some("https://a.example")),
            ("https://a.example/includes/api.php", None),
            ("https://api.php", None),
            ("https://admin", None),
            ("https://a.example/whmcs/", None),
            ("https://a.example", None),
        ] {
            assert_eq!(shortened(given).as_deref(), meant, "{given}");
        }
    }

    #[test]
    fn the_address_that_was_tried_is_said() {
        assert_eq!(
            elsewhere("https://a.example/includes?x=1"),
            "https://a.example/includes/includes/api.php was tried: set `url = \"https://a.example\"` in the profile"
        );
        assert_eq!(
            elsewhere("https://a.example/shop"),
            "https://a.example/shop/includes/api.php was tried: the profile's `url` must be the \
             folder that contains `includes/api.php`"
        );
    }

    fn url(address: &str) -> String {
        Endpoint::parse(address, false).map_or_else(
            |error| panic!("{address}: {error}"),
            |endpoint| endpoint.url().to_string(),
        )
    }

    #[test]
    fn the_script_is_found_however_the_address_ends() {
        for address in [
            "https://billing.example.com",
            "https://billing.example.com/",
            " https://billing.example.com/includes/api.php\n",
            "https://billing.example.com/includes/api.php/",
            "https://billing.example.com/includes/api.php?action=x#y",
            "https://billing.example.com/?language=english",
            "HTTPS://BILLING.example.com:443",
        ] {
            assert_eq!(
                url(address),
                "https://billing.example.com/includes/api.php",
                "{address}"
            );
        }
        assert_eq!(
            url("https://example.com/clients/"),
            "https://example.com/clients/includes/api.php"
        );
    }

    #[test]
    fn an_address_without_a_scheme_is_told_to_have_one() {
        for address in ["billing.example.com/whmcs", "localhost:8765", ""] {
            let error = Endpoint::parse(address, false).err().unwrap();
            assert_eq!(error, AddressError::MissingScheme(address.into()));
            assert_eq!(error.hint(), format!("write https://{address}"));
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for address in [
            "ftp://example.com",
            "https://",
            "https://exa mple.com",
            "http://:80",
        ] {
            assert!(Endpoint::parse(address, true).is_err(), "{address}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_unless_the_profile_insists() {
        for address in [
            "http://127.0.0.1:8765",
            "http://127.9.9.9",
            "http://localhost",
            "http://whmcs.localhost:80",
            "http://[::1]:8765",
            "http://[::ffff:127.0.0.1]",
        ] {
            let endpoint = Endpoint::parse(address, false).ok().unwrap();
            assert!(endpoint.is_loopback(), "{address}");
        }
        for address in [
            "http://billing.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
        ] {
            assert!(
                matches!(
                    Endpoint::parse(address, false),
                    Err(AddressError::Insecure(_))
                ),
                "{address}"
            );
            assert!(Endpoint::parse(address, true).is_ok(), "{address}");
        }
    }

    #[test]
    fn the_host_names_an_unusual_port() {
        let host = |address| Endpoint::parse(address, false).ok().unwrap().host();
        assert_eq!(
            host("https://billing.example.com:443/x"),
            "billing.example.com"
        );
        assert_eq!(
            host("https://billing.example.com:8443"),
            "billing.example.com:8443"
        );
        assert_eq!(host("http://[::1]:8765"), "[::1]:8765");
    }

    #[test]
    fn a_password_in_an_address_is_never_shown() {
        assert_eq!(
            without_secrets("https://jo:pa/ss@example.com/x?k=v"),
            "https://example.com/x"
        );
        assert_eq!(without_secrets("jo:pass@example.com"), "example.com");
        assert_eq!(
            without_secrets("https://jo:pa?ss#@example.com"),
            "https://example.com"
        );
        assert_eq!(
            without_secrets("https://example.com/?to=a@b"),
            "https://example.com/"
        );
        assert_eq!(
            without_secrets("https://example.com/@me"),
            "https://example.com/@me"
        );
        for address in [
            "http://jo:hunter2@example.com",
            "jo:hunter2@example.com",
            "ftp://jo:hunter2@x",
        ] {
            let error = Endpoint::parse(address, false).err().unwrap();
            assert!(
                !format!("{error} {}", error.hint()).contains("hunter2"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_redirect_is_whole_and_without_a_password() {
        let endpoint = Endpoint::parse("http://localhost/whmcs", false)
            .ok()
            .unwrap();
        let redirected = |location| endpoint.redirected(location).unwrap();
        assert_eq!(
            redirected("https://jo:pass@example.com/whmcs/includes/api.php?x=1"),
            "https://example.com/whmcs/includes/api.php"
        );
        assert_eq!(redirected("/login.php"), "http://localhost/login.php");
        assert_eq!(
            installation("https://example.com/whmcs/includes/api.php"),
            Some("https://example.com/whmcs")
        );
        assert_eq!(installation("http://localhost/login.php"), None);
    }
}
