//! The pages of what stands before WHMCS: each sender's shape, in words of our own.

use hyper::StatusCode;

use super::kind::{GatewayPage, Sender};

/// The host that pages speak of.
const HOST: &str = "whmcs.example";

/// A page ready to be sent.
#[derive(Debug, Eq, PartialEq)]
pub struct PageText {
    /// Its content type.
    pub content_type: &'static str,
    /// Its text.
    pub body: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

const HTML: &str = "text/html; charset=utf-8";

/// A page as its sender would write it.
pub fn content(page: GatewayPage) -> PageText {
    let GatewayPage {
        sender,
        status,
        retry_after,
    } = page;
    let reason = reason(status);
    let line = format!("{status} {reason}");
    let mut headers = Vec::new();
    if let Some(server) = server(sender) {
        headers.push(("server", server.to_owned()));
    }
    if let Some(after) = retry_after {
        headers.push(("retry-after", after.as_millis().div_ceil(1000).to_string()));
    }
    if (300..400).contains(&status) && status != 304 {
        headers.push(("location", "/login.php".to_owned()));
    }
    let body = match sender {
        Sender::Server => plain(&line, &format!("<p>{}</p>", advice(status))),
        Sender::Maintenance => plain(
            "Down for Maintenance",
            "<p>This site is being worked on and will be back soon.</p>",
        ),
        Sender::Apache => plain_with_title(
            &line,
            reason,
            &format!(
                "<p>{}</p>\n<hr>\n<address>Apache Server at {HOST} Port 443</address>",
                advice(status)
            ),
        ),
        Sender::Nginx => format!(
            "<html>\r\n<head><title>{line}</title></head>\r\n<body>\r\n<center><h1>{line}</h1></center>\r\n\
             <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ),
        Sender::Cloudflare => format!(
            "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>{HOST} | {status}: {reason}</title></head>\n\
             <body>\n<h1>{reason} <span>Error code {status}</span></h1>\n<p>{}</p>\n\
             <p>Cloudflare Ray ID: 8f00000000000000</p>\n</body>\n</html>\n",
            advice(status)
        ),
        Sender::ModSecurity => plain_with_title(
            &format!("{reason}!"),
            &format!("{reason}!"),
            "<p>A rule of Mod_Security matched this request, and it was stopped.</p>",
        ),
        Sender::Problem => {
            format!("{{\"type\":\"about:blank\",\"title\":\"{reason}\",\"status\":{status}}}")
        }
    };
    PageText {
        content_type: match sender {
            Sender::Problem => "application/problem+json",
            _ => HTML,
        },
        body,
        headers,
    }
}

/// A page of the sandbox's own web server.
pub fn plain(title: &str, text: &str) -> String {
    plain_with_title(title, title, text)
}

fn plain_with_title(title: &str, heading: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n\
         <body>\n<h1>{heading}</h1>\n{text}\n</body>\n</html>\n"
    )
}

const fn server(sender: Sender) -> Option<&'static str> {
    match sender {
        Sender::Apache | Sender::ModSecurity => Some("Apache"),
        Sender::Nginx => Some("nginx"),
        Sender::Cloudflare => Some("cloudflare"),
        Sender::Server | Sender::Maintenance | Sender::Problem => None,
    }
}

/// The words that go with a status; those of nginx and Cloudflare too, which no standard has.
fn reason(status: u16) -> &'static str {
    match status {
        499 => "Client Closed Request",
        520 => "Web server is returning an unknown error",
        521 => "Web server is down",
        522 => "Connection timed out",
        523 => "Origin is unreachable",
        524 => "A timeout occurred",
        525 => "SSL handshake failed",
        526 => "Invalid SSL certificate",
        _ => StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Unknown Status"),
    }
}

const fn advice(status: u16) -> &'static str {
    match status {
        429 => "Too many requests came from your address. Slow down.",
        401 | 403 | 406 => "You may not have what you asked for.",
        404 | 410 => "There is nothing at this address.",
        408 | 504 | 522 | 524 => "The server behind this one took too long.",
        503 => "The server is busy or being worked on. Come back later.",
        500..=599 => "The server behind this one failed.",
        300..=399 => "This has moved.",
        _ => "Your request was not answered.",
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::{GatewayPage, Sender};
    use super::content;

    #[test]
    fn each_sender_has_its_title_its_type_and_its_name() {
        for (sender, status, title, server) in [
            (
                Sender::Server,
                503,
                "<title>503 Service Unavailable</title>",
                "",
            ),
            (
                Sender::Apache,
                503,
                "<title>503 Service Unavailable</title>",
                "Apache",
            ),
            (
                Sender::Nginx,
                504,
                "<title>504 Gateway Timeout</title>",
                "nginx",
            ),
            (
                Sender::Cloudflare,
                520,
                "<title>whmcs.example | 520: Web server is returning an unknown error</title>",
                "cloudflare",
            ),
            (
                Sender::ModSecurity,
                406,
                "<title>Not Acceptable!</title>",
                "Apache",
            ),
            (
                Sender::Maintenance,
                200,
                "<title>Down for Maintenance</title>",
                "",
            ),
            (
                Sender::Problem,
                502,
                "\"title\":\"Bad Gateway\",\"status\":502",
                "",
            ),
        ] {
            let page = content(GatewayPage {
                sender,
                status,
                retry_after: None,
            });
            assert!(page.body.contains(title), "{sender:?}: {}", page.body);
            let named = page.headers.iter().find(|(name, _)| *name == "server");
            assert_eq!(named.map_or("", |(_, name)| name), server, "{sender:?}");
            let is_json = page.content_type == "application/problem+json";
            assert_eq!(is_json, sender == Sender::Problem);
        }
    }

    #[test]
    fn a_redirect_says_where_to() {
        let page = content(GatewayPage {
            sender: Sender::Server,
            status: 302,
            retry_after: None,
        });
        assert_eq!(page.headers, [("location", "/login.php".to_owned())]);
    }
}
