//! Replies whose status is not a success: redirects, guards, broken servers.
//!
//! What stands in front of WHMCS says nothing about what WHMCS did: a gateway hands a
//! call on, waits in vain and answers 503, a firewall answers 403 late. So of a write
//! every such reply leaves a doubt. Two do not: 429 says that the call was not processed
//! (<https://www.rfc-editor.org/rfc/rfc6585#section-4>), and who owns the gateway may
//! name statuses that it gives before WHMCS sees anything (`not_processed`).

use reqwest::StatusCode;

use super::address::{elsewhere, installation, shortened};
use super::answer::Answer;
use super::body::Body;
use super::exchange::Exchange;
use super::{CallError, CallErrorKind, Server};

/// Whether the server asks to be asked again later.
pub(super) fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// Whether a reply of that status says that the call was not processed, whoever sends it.
pub(super) fn is_not_processed(server: &Server, status: u16) -> bool {
    status == 429 || server.not_processed.contains(&status)
}

/// The error for a status other than 2xx; `words` is WHMCS's message, if any.
pub(super) fn status_error(
    exchange: &Exchange,
    answer: &Answer,
    body: &Body,
    words: Option<&str>,
) -> CallError {
    let status = answer.status;
    let kind = CallErrorKind::Http;
    let host = exchange.host;
    if let (300..400, Some(target)) = (status, &answer.redirect) {
        let name = &exchange.server.name;
        let copied = shortened(&exchange.server.url).map(|_| elsewhere(&exchange.server.url));
        let moved = || {
            installation(target).map(|url| format!("set `url = \"{url}\"` in the profile `{name}`"))
        };
        let hint = copied
            .or_else(moved)
            .unwrap_or_else(|| hint(status).to_owned());
        let message = format!("{host} redirects to {target}; the credentials were not sent there");
        return exchange.lost(kind, message, &hint).status(status);
    }
    let said = words
        .map(|words| format!(": WHMCS said \"{words}\""))
        .or_else(|| page(body))
        .unwrap_or_default();
    let action = exchange.action.name();
    let message = format!("{host} answered `{action}` with {}{said}", reason(status));
    let error = if is_not_processed(exchange.server, status) {
        exchange
            .not_sent(kind, format!("{message}; it was not processed"))
            .hint(hint(status))
    } else {
        let hint = match status {
            404 | 405 | 410 => elsewhere(&exchange.server.url),
            _ => hint(status).to_owned(),
        };
        exchange.lost(kind, message, &hint)
    };
    error.status(status)
}

fn reason(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match reason {
        Some(reason) => format!("{status} {reason}"),
        None => format!("status {status}"),
    }
}

fn page(body: &Body) -> Option<String> {
    match body {
        Body::Page(Some(title)) => Some(format!(" and the page \"{title}\"")),
        Body::Other(start) => Some(format!(": \"{start}\"")),
        _ => None,
    }
}

fn hint(status: u16) -> &'static str {
    match status {
        300..=399 => "find the real address of WHMCS, and set it as the profile's `url`",
        401 => "the web server asks for its own password: exempt includes/api.php from it",
        403 | 406 => {
            "a firewall in front of WHMCS (Cloudflare, mod_security) may have stopped it: allow this machine there"
        }
        413 => "the call is larger than the web server accepts: send less at once",
        429 => "the server wants fewer calls per second: wait a while, then lower `--rate`",
        503 => "WHMCS may be under maintenance or overloaded: try again later",
        504 => {
            "the web server gave up waiting for WHMCS: ask for fewer records at once (`limitnum`)"
        }
        _ => "check the error logs of the web server and of PHP",
    }
}
