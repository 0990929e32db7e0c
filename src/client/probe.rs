//! The way to a server, step by step: its name, its address, a connection.
//!
//! Nothing is sent. What is behind a proxy is reached by the proxy alone, and
//! there is nothing to look at from here.

use std::env;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::address::{AddressError, Endpoint};
use super::{IpVersion, Server};

/// Variables that name a proxy for everything the program does.
const PROXIES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// A way to a server.
pub struct Probe {
    host: String,
    port: u16,
    is_tls: bool,
    version: Option<IpVersion>,
    timeout: Duration,
    /// What goes between, if anything does.
    proxy: Option<&'static str>,
}

impl Probe {
    /// The way to that server.
    pub fn to_server(server: &Server) -> Result<Self, AddressError> {
        let endpoint = Endpoint::parse(&server.url, server.insecure)?;
        let url = endpoint.url();
        let host = url.host_str().unwrap_or_default();
        let is_set = |name: &&&str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let proxy = match &server.proxy {
            Some(_) => Some("the profile's proxy"),
            None if endpoint.is_loopback() => None,
            None => PROXIES
                .iter()
                .find(is_set)
                .map(|_| "a proxy from the environment"),
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().unwrap_or(443),
            is_tls: endpoint.is_tls(),
            version: server.ip_version,
            timeout: server.connect_timeout,
            proxy,
        })
    }

    /// What stands between, if anything does: then its way is not ours to look at.
    pub fn proxy(&self) -> Option<&'static str> {
        self.proxy
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host was given as an address, which needs no looking up.
    pub fn is_address(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok()
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The addresses of the host that may be used.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let found = (self.host.as_str(), self.port).to_socket_addrs()?;
        let is_wanted = |address: &SocketAddr| match self.version {
            None => true,
            Some(IpVersion::V4) => address.is_ipv4(),
            Some(IpVersion::V6) => address.is_ipv6(),
        };
        let addresses: Vec<SocketAddr> = found.collect();
        let wanted: Vec<SocketAddr> = addresses.iter().copied().filter(is_wanted).collect();
        if wanted.is_empty() {
            let what = if addresses.is_empty() {
                "it has no address"
            } else {
                "it has no address of the chosen IP version"
            };
            return Err(io::Error::new(ErrorKind::NotFound, what));
        }
        Ok(wanted)
    }

    /// The first of the addresses that takes a connection; else the last and why not.
    pub fn connect(&self, addresses: &[SocketAddr]) -> Result<SocketAddr, (SocketAddr, io::Error)> {
        let mut refused = None;
        for address in addresses {
            match TcpStream::connect_timeout(address, self.timeout) {
                Ok(_) => return Ok(*address),
                Err(error) => refused = Some((*address, error)),
            }
        }
        Err(refused.unwrap_or_else(|| {
            let nothing = SocketAddr::new(IpAddr::from([0, 0, 0, 0]), self.port);
            (nothing, ErrorKind::NotFound.into())
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::client::fake::server;

    fn probe(url: &str) -> Probe {
        Probe::to_server(&server(url)).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_usual_port_is_that_of_the_protocol() {
        for (url, port, is_tls) in [
            ("https://localhost", 443, true),
            ("http://localhost", 80, false),
            ("http://[::1]:8765/whmcs", 8765, false),
        ] {
            let probe = probe(url);
            assert_eq!((probe.port, probe.is_tls()), (port, is_tls), "{url}");
        }
        assert!(probe("http://[::1]").is_address());
        assert!(!probe("http://localhost").is_address());
    }

    #[test]
    fn only_addresses_of_the_wanted_version_are_used() {
        let mut server = server("http://127.0.0.1:8765");
        server.ip_version = Some(IpVersion::V4);
        let found = Probe::to_server(&server).ok().unwrap().addresses().unwrap();
        assert_eq!(found, ["127.0.0.1:8765".parse().unwrap()]);
        server.ip_version = Some(IpVersion::V6);
        let error = Probe::to_server(&server)
            .ok()
            .unwrap()
            .addresses()
            .unwrap_err();
        assert!(error.to_string().contains("of the chosen IP version"));
    }

    #[test]
    fn a_connection_is_made_to_whoever_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let probe = probe("http://localhost");
        assert_eq!(probe.connect(&[closed, open]).unwrap(), open);
        let (address, error) = probe.connect(&[closed]).unwrap_err();
        assert_eq!(
            (address, error.kind()),
            (closed, ErrorKind::ConnectionRefused)
        );
    }

    #[test]
    fn what_is_behind_a_proxy_is_not_looked_at() {
        let mut server = server("https://billing.example.com");
        server.proxy = Some("http://127.0.0.1:9".into());
        assert_eq!(
            Probe::to_server(&server).ok().unwrap().proxy(),
            Some("the profile's proxy")
        );
        assert_eq!(probe("http://localhost").proxy(), None);
    }
}
