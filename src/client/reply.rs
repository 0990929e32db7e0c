//! From the bytes of an answer to a reply, or to the error it stands for.
//!
//! Success is only what says so, or, to a read, what carries the action's documented
//! fields where WHMCS sends no flag. What is not understood is never taken for
//! a success, nor, of a write, for a failure: a write is confirmed or refused by WHMCS's
//! own reply alone, with its `result`, be it JSON, XML or name=value.

use serde_json::{Map, Value};

use super::address::elsewhere;
use super::answer::Answer;
use super::body::{Body, recognise, text};
use super::exchange::Exchange;
use super::refusal::refusal;
use super::shape::shape;
use super::status::{is_busy, is_not_processed, status_error};
use super::words::{Said, said_warnings, spoken, verbatim};
use super::{ActionRef, CallError, CallErrorKind, Delivery, Reply};
use crate::secrets::{Cover, cover_reply, covered};

/// Why a server answers in another form than it was asked for.
const FORMAT: &str = "something between here and WHMCS drops the parameter `responsetype`";

/// How a reply says it went.
enum Flag {
    Success,
    Error(Said),
    Unclear,
}

/// Understands an answer; wherever it repeats a secret of the call, that is covered.
pub(super) fn read(
    exchange: &Exchange,
    answer: &Answer,
    covers: &[&Cover],
) -> Result<Reply, CallError> {
    let (text, is_mixed) = text(&answer.body);
    let understood = understand(exchange, answer, &text, is_mixed);
    match understood {
        Ok(mut reply) => {
            for warning in &mut reply.warnings {
                *warning = covered(covers, warning).into_owned();
            }
            cover_reply(exchange.action.known(), covers, &mut reply.body);
            Ok(reply)
        }
        Err(error) => Err(without_secrets(exchange, answer, &text, error, covers)),
    }
}

/// The same error, made of the text without its secrets: of one that is cut short
/// the beginning would stay.
fn without_secrets(
    exchange: &Exchange,
    answer: &Answer,
    text: &str,
    error: CallError,
    covers: &[&Cover],
) -> CallError {
    let text = covered(covers, text);
    match understand(exchange, answer, &text, false) {
        Err(again) if (again.kind, again.delivery) == (error.kind, error.delivery) => again,
        // A secret that is a word of the reply's own must not change what it means.
        _ => CallError {
            message: covered(covers, &error.message).into_owned(),
            ..error
        },
    }
}

fn understand(
    exchange: &Exchange,
    answer: &Answer,
    text: &str,
    is_mixed: bool,
) -> Result<Reply, CallError> {
    let status = answer.status;
    let body = recognise(text);
    let is_fine = is_fine(status);
    let is_write = exchange.action.is_write();
    match (flag(exchange.action, &body, status), body) {
        (Flag::Success, Body::Json { fields, noise }) => {
            let mut reply = reply(exchange.action, fields, noise, is_mixed);
            if !is_fine {
                reply
                    .warnings
                    .push(format!("the reply came with status {status}"));
            }
            Ok(reply)
        }
        // It was done; what it gave back is flat, as the replies to writes are.
        (Flag::Success, Body::Xml(Some(fields)) | Body::Pairs(fields)) if is_write => {
            let mut reply = reply(exchange.action, fields, None, is_mixed);
            reply
                .warnings
                .push(format!("the reply was not JSON: {FORMAT}"));
            Ok(reply)
        }
        (Flag::Error(said), body) if asks_to_wait(exchange, status) => {
            Err(status_error(exchange, answer, &body, Some(&said.whole)))
        }
        (Flag::Error(said), body) => Err(not_done(exchange, answer, &body, &said)),
        (_, body) if !is_fine => Err(status_error(exchange, answer, &body, None)),
        (_, body) => Err(not_a_reply(exchange, &body).status(status)),
    }
}

/// The error for a reply that says that a call failed. A write that the action itself refuses
/// may have been applied all the same, where something broke on the way to that word.
fn not_done(exchange: &Exchange, answer: &Answer, body: &Body, said: &Said) -> CallError {
    let error = refusal(exchange, answer.status, said);
    let is_its_own = error.kind == CallErrorKind::Api && error.delivery == Delivery::Refused;
    if !is_its_own || !exchange.action.is_write() {
        return error;
    }
    if is_of_gateway(answer.status) {
        return status_error(exchange, answer, body, Some(&said.whole));
    }
    if is_fatal(body) {
        let message = format!(
            "PHP on {} failed during `{}`, whatever its reply says: WHMCS said \"{}\"",
            exchange.host,
            exchange.action.name(),
            said.whole
        );
        let hint = "check PHP's error log on the server";
        let lost = exchange.lost(CallErrorKind::NotJson, message, hint);
        return lost.status(answer.status);
    }
    error
}

/// Whether a status is one that gateways give when they lost WHMCS, and PHP when it broke:
/// WHMCS's own refusals have none of them.
fn is_of_gateway(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 499)
}

/// Whether PHP says beside the reply that it broke off.
fn is_fatal(body: &Body) -> bool {
    let Body::Json {
        noise: Some(noise), ..
    } = body
    else {
        return false;
    };
    let noise = noise.to_ascii_lowercase();
    ["fatal error", "uncaught ", "parse error"]
        .iter()
        .any(|words| noise.contains(words))
}

/// Whether an error with that status is no word on the call itself: another moment may be better.
fn asks_to_wait(exchange: &Exchange, status: u16) -> bool {
    is_not_processed(exchange.server, status) || (is_busy(status) && !exchange.action.is_write())
}

fn reply(
    action: &ActionRef,
    mut body: Map<String, Value>,
    noise: Option<String>,
    is_mixed: bool,
) -> Reply {
    let mut warnings = said_warnings(&body);
    warnings
        .extend(noise.map(|noise| format!("the server printed text around its reply: {noise}")));
    if is_mixed {
        warnings.push("the reply was not all UTF-8; the rest was read as Windows-1252".into());
    }
    if let ActionRef::Known(action) = action {
        shape(action, &mut body);
    }
    Reply {
        body,
        warnings,
        ..Reply::default()
    }
}

fn is_fine(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Without a flag, only a good status and the action's own fields are a success, and
/// only of a read.
fn flag(action: &ActionRef, body: &Body, status: u16) -> Flag {
    let (fields, is_json) = match body {
        Body::Json { fields, .. } => (fields, true),
        Body::Xml(Some(fields)) | Body::Pairs(fields) => (fields, false),
        _ => return Flag::Unclear,
    };
    let word = |name: &str| fields.get(name).and_then(Value::as_str);
    if fields.contains_key("result") {
        return of_result(word("result"), fields, status);
    }
    if !is_json {
        return Flag::Unclear;
    }
    // Some actions say `status` for `result`; in others it is a field like any other,
    // and a proxy that lost WHMCS says `status` of itself.
    let other = word("status").filter(|_| status < 500).unwrap_or_default();
    if action.is_write() {
        return of_status(action, other, fields, status);
    }
    match other.to_ascii_lowercase().as_str() {
        "success" => Flag::Success,
        "error" => Flag::Error(Said::read(fields)),
        _ if is_fine(status) && has_documented_fields(action, fields) => Flag::Success,
        _ => Flag::Unclear,
    }
}

/// What WHMCS's own `result` says. One without a reason is a gateway's rather than
/// WHMCS's where the status says that something went wrong.
fn of_result(result: Option<&str>, fields: &Map<String, Value>, status: u16) -> Flag {
    let is_explained = is_fine(status) || !spoken(fields).is_empty();
    match result.map(str::to_ascii_lowercase).as_deref() {
        Some("success") => Flag::Success,
        Some("error" | "warning") if is_explained => Flag::Error(Said::read(fields)),
        _ => Flag::Unclear,
    }
}

/// What a write's `status` says where there is no `result`, as `AddBillableItem` is documented:
/// others than WHMCS say `status` too, so something of the action's own must be with it.
fn of_status(action: &ActionRef, word: &str, fields: &Map<String, Value>, status: u16) -> Flag {
    let ActionRef::Known(known) = action else {
        return Flag::Unclear;
    };
    let is_documented = || known.errors.contains(&spoken(fields).as_str());
    match word.to_ascii_lowercase().as_str() {
        "success" if is_fine(status) && has_documented_fields(action, fields) => Flag::Success,
        "error" if is_documented() => Flag::Error(Said::read(fields)),
        _ => Flag::Unclear,
    }
}

/// Whether a reply without a flag is recognisably the action's, as that of
/// `GetAdminUsers` is.
fn has_documented_fields(action: &ActionRef, fields: &Map<String, Value>) -> bool {
    let is_answer =
        |name: &str| !matches!(name, "error" | "message" | "result" | "status" | "warning");
    let undocumented = || !action.is_write() && fields.keys().any(|name| is_answer(name));
    match action {
        ActionRef::Known(action) if !action.returns.is_empty() => action
            .returns
            .iter()
            .map(|field| field.path.split('.').next().unwrap_or_default())
            .any(|name| is_answer(name) && fields.contains_key(name)),
        _ => undocumented(),
    }
}

fn not_a_reply(exchange: &Exchange, body: &Body) -> CallError {
    const PHP_LOG: &str = "PHP on the server may have stopped half-way: check its error log";
    let (host, action) = (exchange.host, exchange.action.name());
    let not_json = |what: String, hint| exchange.lost(CallErrorKind::NotJson, what, hint);
    match body {
        Body::Page(title) => {
            let page = title.as_ref().map_or("a web page".into(), |title| {
                format!("the web page \"{title}\"")
            });
            exchange.lost(
                CallErrorKind::Html,
                format!("{host} answered `{action}` with {page} instead of a reply"),
                &format!(
                    "{}; or WHMCS is under maintenance",
                    elsewhere(&exchange.server.url)
                ),
            )
        }
        Body::Stopped(what) => not_json(
            format!("PHP on {host} ran out of {what} before it answered `{action}`"),
            "ask for fewer records at once with `limitnum`, or raise PHP's `memory_limit` or `max_execution_time`",
        ),
        Body::Empty => not_json(
            format!("{host} answered `{action}` with an empty reply"),
            PHP_LOG,
        ),
        Body::CutOff => not_json(
            format!("the reply of {host} to `{action}` is incomplete"),
            PHP_LOG,
        ),
        Body::Xml(_) => not_json(
            format!("{host} answered `{action}` in XML, not JSON"),
            FORMAT,
        ),
        Body::Pairs(_) => not_json(
            format!("{host} answered `{action}` in name=value pairs, not JSON"),
            FORMAT,
        ),
        Body::Json { fields, .. } => {
            let said = spoken(fields);
            let said = if said.is_empty() {
                String::new()
            } else {
                format!(": \"{}\"", verbatim(&said))
            };
            not_json(
                format!("the reply of {host} to `{action}` says neither success nor error{said}"),
                "check that the profile's `url` is the address of WHMCS",
            )
        }
        Body::Other(start) => not_json(
            format!("{host} answered `{action}` with text that is not a reply: \"{start}\""),
            "check that the profile's `url` is where WHMCS is installed",
        ),
    }
}
