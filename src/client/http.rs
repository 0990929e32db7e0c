//! The HTTP connection to one server, shared by all workers.
//!
//! Never follows a redirect (the body carries the credentials), never takes
//! more than the limit, never repeats a request by itself. Says of a failure
//! whether the request can have arrived. The pool below may try one connection after
//! another for a request, but only while not a byte of it was written: one that was is
//! given back as an error (hyper keeps the message of unstarted requests alone).
//!
//! Some gateways close a connection that they let be used once, whatever comes over it then.
//! Once a connection broke so, each write goes over one of its own: that leaves one in
//! doubt, and not each that meets the close.
//!
//! A request is sent and its reply read by the thread that drives all connections; whoever
//! waits for it is woken once.

use std::error::Error as _;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{
    Certificate, Client, ClientBuilder, Proxy, RequestBuilder, Response, StatusCode, redirect,
    retry,
};
use tokio::runtime::{Builder, Handle};

use super::address::{Endpoint, without_secrets};
use super::answer::Answer;
use super::exchange::Exchange;
use super::form::Form;
use super::retry::retry_after;
use super::{CallError, CallErrorKind, IpVersion, Server};

/// What is sent, and what is wanted.
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Some servers turn away requests that do not say what sends them.
const USER_AGENT: &str = concat!("whmcsh/", env!("CARGO_PKG_VERSION"));

/// Shorter than the 5 s after which Apache and `LiteSpeed` close an idle
/// connection: a write must not meet that close on its way.
const IDLE: Duration = Duration::from_secs(4);

/// The most room that is made for a reply because it says how long it is.
const MOST_AT_ONCE: u64 = 1 << 20;

/// A connection that can carry calls.
pub(super) struct Http {
    client: Client,
    /// Uses each connection once; made when it is wanted.
    single: OnceLock<Option<Client>>,
    /// Whether a reply came, so that a connection may be used again.
    has_answered: AtomicBool,
    /// Whether a connection that may have been used before broke before any answer.
    breaks_reused: AtomicBool,
    endpoint: Endpoint,
    host: String,
    driver: Handle,
}

/// What came back of a request.
struct Received {
    status: StatusCode,
    headers: HeaderMap,
    body: Result<Vec<u8>, Unread>,
}

/// Why a body was not read to its end.
enum Unread {
    Broken(reqwest::Error),
    TooLarge,
}

/// Why no connection can be set up with this configuration.
#[derive(Clone, Debug)]
pub(super) struct Unusable {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Http {
    /// Sets up the connection; nothing is sent yet.
    pub fn open(server: &Server) -> Result<Self, Unusable> {
        let endpoint = Endpoint::parse(&server.url, server.insecure).map_err(|error| Unusable {
            message: error.to_string(),
            hint: error.hint(),
        })?;
        let client = builder(server, &endpoint)?
            .build()
            .map_err(|error| Unusable {
                message: format!("could not set up a connection: {}", cause(&error)),
                hint: "check that the system's certificates are installed (ca-certificates), or set `ca_file` in the profile"
                    .into(),
            })?;
        let driver = driver().map_err(|error| Unusable {
            message: format!("could not set up a connection: {error}"),
            hint: "the system cannot start another thread: end other programs".into(),
        })?;
        Ok(Self {
            client,
            host: endpoint.host(),
            single: OnceLock::new(),
            has_answered: AtomicBool::new(false),
            breaks_reused: AtomicBool::new(false),
            endpoint,
            driver,
        })
    }

    /// The host, as messages name it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Sends one request and reads the whole answer.
    pub fn post(&self, exchange: &Exchange, form: &Form) -> Result<Answer, CallError> {
        let request = self
            .client(exchange)
            .post(self.endpoint.url().clone())
            .header(CONTENT_TYPE, FORM)
            .header(ACCEPT, JSON)
            // On the request it bounds the reading of the body too.
            .timeout(exchange.server.timeout)
            .body(form.bytes().to_vec());
        let going = self
            .driver
            .spawn(received(request, exchange.server.max_reply));
        let Ok(received) = self.driver.block_on(going) else {
            // Nobody knows how far it came.
            return Err(broken(exchange, "a defect of whmcsh; please report it"));
        };
        let received = received.map_err(|error| {
            if is_broken(&error) && self.has_answered.load(Ordering::Relaxed) {
                self.breaks_reused.store(true, Ordering::Relaxed);
            }
            send_error(exchange, &error)
        })?;
        self.has_answered.store(true, Ordering::Relaxed);
        let status = received.status;
        let header = |name: HeaderName| {
            let value = received.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let redirect = header(LOCATION).and_then(|target| self.endpoint.redirected(&target));
        let retry_after = header(RETRY_AFTER).and_then(|text| retry_after(&text, Timestamp::now()));
        let body = match received.body {
            Ok(body) => body,
            // The status says enough.
            Err(_) if !status.is_success() => Vec::new(),
            Err(why) => return Err(unread(exchange, &why).status(status.as_u16())),
        };
        Ok(Answer {
            status: status.as_u16(),
            redirect,
            retry_after,
            body,
        })
    }

    /// What sends that call: a write over a connection of its own where one that was used
    /// before may break.
    fn client(&self, exchange: &Exchange) -> &Client {
        if !exchange.action.is_write() || !self.breaks_reused.load(Ordering::Relaxed) {
            return &self.client;
        }
        let single = self.single.get_or_init(|| {
            let builder = builder(exchange.server, &self.endpoint).ok()?;
            builder.pool_max_idle_per_host(0).build().ok()
        });
        // One was made of the same before, so that this fails only where its files are gone.
        single.as_ref().unwrap_or(&self.client)
    }
}

fn builder(server: &Server, endpoint: &Endpoint) -> Result<ClientBuilder, Unusable> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .connect_timeout(connect_timeout(server))
        .pool_idle_timeout(IDLE);
    if let Some(version) = server.ip_version {
        builder = builder.local_address(match version {
            IpVersion::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpVersion::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        });
    }
    if let Some(proxy) = &server.proxy {
        builder = builder.proxy(Proxy::all(proxy).map_err(|_| Unusable {
            message: format!("`{}` is not a proxy address", without_secrets(proxy)),
            hint: "write it as http://proxy.example.com:3128 or socks5://…".into(),
        })?);
    } else if endpoint.is_loopback() {
        // A proxy named in the environment is not for this machine.
        builder = builder.no_proxy();
    }
    if let Some(path) = &server.ca_file {
        let certificates = fs::read(path)
            .map_err(|error| error.to_string())
            .and_then(|pem| Certificate::from_pem_bundle(&pem).map_err(|error| cause(&error)))
            .and_then(|found| {
                let none = "it contains no certificate".to_owned();
                if found.is_empty() {
                    Err(none)
                } else {
                    Ok(found)
                }
            })
            .map_err(|why| Unusable {
                message: format!(
                    "could not use the certificates in `{}`: {why}",
                    path.display()
                ),
                hint: "`ca_file` in the profile must name a PEM file that you can read".into(),
            })?;
        builder = builder.tls_certs_merge(certificates);
    } else if !endpoint.is_tls() && server.proxy.is_none() {
        // Nothing is encrypted: do not spend milliseconds on the system's certificates.
        builder = builder.tls_certs_only([]);
    }
    Ok(builder)
}

/// A connection that takes as long as the whole call must still be told from a
/// call that was sent.
fn connect_timeout(server: &Server) -> Duration {
    server.connect_timeout.min(server.timeout / 10 * 9)
}

/// The thread that drives the connections of this process, begun by the first of them.
fn driver() -> io::Result<Handle> {
    static DRIVER: Mutex<Option<Handle>> = Mutex::new(None);
    let mut known = DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(driver) = &*known {
        return Ok(driver.clone());
    }
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let driver = runtime.handle().clone();
    thread::Builder::new()
        .name("http".into())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    *known = Some(driver.clone());
    Ok(driver)
}

/// Sends a request and reads its reply, of which no more than that is taken.
async fn received(request: RequestBuilder, most: u64) -> Result<Received, reqwest::Error> {
    let mut response = request.send().await?;
    Ok(Received {
        status: response.status(),
        body: body(&mut response, most).await,
        headers: std::mem::take(response.headers_mut()),
    })
}

async fn body(response: &mut Response, most: u64) -> Result<Vec<u8>, Unread> {
    let told = response.content_length().unwrap_or_default();
    let mut body = Vec::with_capacity(usize::try_from(told.min(MOST_AT_ONCE)).unwrap_or_default());
    while let Some(piece) = response.chunk().await.map_err(Unread::Broken)? {
        body.extend_from_slice(&piece);
        if body.len() as u64 > most {
            return Err(Unread::TooLarge);
        }
    }
    Ok(body)
}

fn unread(exchange: &Exchange, why: &Unread) -> CallError {
    let limit = exchange.server.max_reply;
    match why {
        Unread::Broken(error) if error.is_timeout() => return timeout_error(exchange),
        Unread::Broken(error) => return broken(exchange, &cause(error)),
        Unread::TooLarge => {}
    }
    exchange.lost(
        CallErrorKind::TooLarge,
        format!(
            "the reply to `{}` is larger than the limit of {}",
            exchange.action.name(),
            size(limit)
        ),
        "ask for fewer records at once (`limitnum`), or raise `max_reply_mb` in the profile",
    )
}

fn send_error(exchange: &Exchange, error: &reqwest::Error) -> CallError {
    if is_broken(error) {
        return broken(exchange, &cause(error));
    }
    if error.is_connect() || error.is_builder() {
        return connect_error(exchange, error);
    }
    timeout_error(exchange)
}

/// Whether a connection that was there broke before it answered.
fn is_broken(error: &reqwest::Error) -> bool {
    !error.is_connect() && !error.is_builder() && !error.is_timeout()
}

/// No connection: the request certainly did not leave.
fn connect_error(exchange: &Exchange, error: &reqwest::Error) -> CallError {
    let (host, name) = (exchange.host, &exchange.server.name);
    let why = if error.is_timeout() {
        format!(
            "no answer within {}",
            seconds(connect_timeout(exchange.server))
        )
    } else {
        cause(error)
    };
    let hint = if why.contains("certificate") {
        certificate_hint(&why, name)
    } else if why.contains("corrupt message") {
        "the server does not use TLS on this port: check the port, or write http:// for a server \
         on this machine"
            .to_owned()
    } else if why.contains("unreachable") && exchange.server.ip_version.is_some() {
        "the server may have no address of the chosen IP version: remove `--ipv4` or `--ipv6`, or \
         `ip` in the profile"
            .to_owned()
    } else if why.contains("lookup") {
        format!("check the hostname in the profile `{name}`, and this machine's network")
    } else {
        format!("check the address in the profile `{name}`, and that the server is up")
    };
    exchange
        .not_sent(
            CallErrorKind::Connection,
            format!("could not connect to {host}: {why}"),
        )
        .hint(hint)
}

/// What to do about a certificate that is not accepted for that reason.
fn certificate_hint(why: &str, profile: &str) -> String {
    if why.to_lowercase().contains("expired") {
        "renew the server's certificate; if it is new, check the clock of this machine".to_owned()
    } else if why.contains("not valid for name") {
        format!(
            "in the `url` of the profile `{profile}`, use a hostname that the certificate is for"
        )
    } else {
        "if your own authority signed the server's certificate, set `ca_file` in the profile to \
         its PEM file"
            .to_owned()
    }
}

fn timeout_error(exchange: &Exchange) -> CallError {
    exchange.lost(
        CallErrorKind::Timeout,
        format!(
            "no reply to `{}` within {}",
            exchange.action.name(),
            seconds(exchange.server.timeout)
        ),
        "raise `timeout` in the profile, or ask for fewer records at once (`limitnum`)",
    )
}

fn broken(exchange: &Exchange, why: &str) -> CallError {
    exchange.lost(
        CallErrorKind::Connection,
        format!(
            "the connection to {} broke before the reply to `{}` was complete: {why}",
            exchange.host,
            exchange.action.name()
        ),
        "try again; if it fails again, check the error logs of the web server and of PHP",
    )
}

/// The innermost cause. The outer ones only repeat it and name the address,
/// which may hold a password.
fn cause(error: &reqwest::Error) -> String {
    let mut text = None;
    let mut source = error.source();
    while let Some(inner) = source {
        text = Some(inner.to_string());
        source = inner.source();
    }
    let text = text.unwrap_or_else(|| "unknown".into());
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        format!("{} MB", bytes / MIB)
    } else {
        format!("{bytes} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::certificate_hint;

    #[test]
    fn a_certificate_has_the_cure_that_fits_what_is_wrong_with_it() {
        for (why, cure) in [
            ("invalid peer certificate: certificate expired: …", "renew"),
            (
                "invalid peer certificate: certificate not valid for name \"a\"; …",
                "use a hostname that the certificate is for",
            ),
            ("invalid peer certificate: UnknownIssuer", "`ca_file`"),
        ] {
            assert!(certificate_hint(why, "main").contains(cure), "{why}");
        }
    }
}
