//! HTTP: one endpoint, `/includes/api.php`, and the faults on order.
//!
//! Anything else is a plain HTML page, as on a web site. Connections are kept
//! alive. Of a body over the limit nothing is kept; who dawdles is cut off.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::api::{self, ApiReply};
use super::auth::Access;
use super::body::ReplyBody;
use super::fault::{FaultKind, FaultPlan};
use super::fault_log::FaultLog;
use super::replies::Types;
use super::store::Store;
use super::tree::Array;
use super::{form, multipart};

/// The largest request body, PHP's usual `post_max_size` on such servers.
const MAX_BODY: usize = 64 * 1024 * 1024;
const HTML: &str = "text/html; charset=utf-8";

/// What every connection shares.
#[derive(Debug)]
pub struct Shared {
    /// Who may call.
    pub access: Access,
    /// How numbers are sent.
    pub types: Types,
    /// The tables.
    pub store: Store,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// Where that is written down.
    pub fault_log: Option<FaultLog>,
    /// How long every call takes at least.
    pub latency: Duration,
    /// How long a head, and then a body, may take to arrive.
    pub patience: Duration,
    /// How many calls were received.
    pub calls: AtomicU64,
}

/// The connection closes without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset on purpose")]
struct Reset;

/// Accepts connections until the task is dropped.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                tokio::spawn(connection(stream, from, Arc::clone(&shared)));
            }
            // Out of file handles, or the peer is gone already: others may do better.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn connection(stream: TcpStream, from: SocketAddr, shared: Arc<Shared>) {
    // Small answers must not wait for the peer's acknowledgement; without it they only come later.
    let _ = stream.set_nodelay(true);
    let from = from.ip().to_canonical();
    let service = service_fn(|request| respond(&shared, from, request));
    // An error here is the peer's hanging up or a fault on order; there is nobody to tell.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        // Who says that nothing more will come still waits for the answer.
        .half_close(true)
        .header_read_timeout(shared.patience)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    shared: &Shared,
    from: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, Reset> {
    if !is_api(request.uri().path()) {
        let page = page("404 Not Found", "The requested URL was not found.");
        return Ok(response(404, HTML, page.into()));
    }
    let (parts, body) = request.into_parts();
    let body = match timeout(shared.patience, read(body)).await {
        Ok(Ok(Some(body))) => body,
        Ok(Ok(None)) => {
            let page = page("413 Request Entity Too Large", "The request is too large.");
            return Ok(response(413, HTML, page.into()));
        }
        Err(_) => {
            let page = page("408 Request Timeout", "The request took too long.");
            return Ok(response(408, HTML, page.into()));
        }
        Ok(Err(_)) => return Err(Reset),
    };
    let number = shared.calls.fetch_add(1, Ordering::Relaxed) + 1;
    let posted = match parts.method {
        Method::POST => &body[..],
        // PHP reads a body only when it was posted.
        _ => &[],
    };
    let variables = variables(parts.uri.query(), &parts.headers, posted);
    call(shared, number, from, &variables).await
}

/// Whether a path is the endpoint's; a web server minds no slash too many.
fn is_api(path: &str) -> bool {
    let names = path.split('/').filter(|name| !name.is_empty());
    names.eq(["includes", "api.php"])
}

/// The whole body; nothing when it is too large.
///
/// Such a body is read to its end all the same: most clients listen only when they have sent everything.
async fn read(mut body: Incoming) -> Result<Option<Vec<u8>>, hyper::Error> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        fits = fits && bytes.len() + data.len() <= MAX_BODY;
        if fits {
            bytes.extend_from_slice(&data);
        } else {
            bytes = Vec::new();
        }
    }
    Ok(fits.then_some(bytes))
}

/// Query variables, with those of the body winning; PHP makes nothing of any other type of body.
fn variables(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Array {
    let mut variables = form::decode(query.unwrap_or_default().as_bytes());
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Some(boundary) = multipart::boundary(content_type) {
        variables.merge(multipart::decode(body, &boundary));
    } else if form::is_form(content_type) {
        variables.merge(form::decode(body));
    }
    variables
}

async fn call(
    shared: &Shared,
    number: u64,
    from: IpAddr,
    variables: &Array,
) -> Result<Response<ReplyBody>, Reset> {
    let action = api::action_name(variables);
    let mishap = shared.faults.strike(action);
    let written = shared
        .fault_log
        .as_ref()
        .map(|log| log.write(number, action, &mishap));
    if let Some(Err(error)) = written {
        // A fault nobody could account for must not happen.
        let page = page(
            "500 Internal Server Error",
            &format!("The fault log: {error}"),
        );
        return Ok(response(500, HTML, page.into()));
    }
    let latency = shared.latency + mishap.latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match mishap.kind {
        Some(FaultKind::ResetBefore) => return Err(Reset),
        Some(FaultKind::Html(status)) => {
            let page = page(
                "Down for Maintenance",
                "We are currently performing maintenance.",
            );
            return Ok(response(status, HTML, page.into()));
        }
        Some(FaultKind::TurnedAway(status, after)) => return Ok(turned_away(status, after)),
        _ => {}
    }
    let reply = api::answer(&shared.access, &shared.store, shared.types, variables, from);
    spoil(reply, mishap.kind)
}

/// Sends a reply the way the fault wants it.
fn spoil(reply: ApiReply, fault: Option<FaultKind>) -> Result<Response<ReplyBody>, Reset> {
    let ApiReply { status, mode, body } = reply;
    let mut bytes = Bytes::from(body);
    let mut content_type = mode.content_type();
    let body = match fault {
        Some(FaultKind::ResetAfter) => return Err(Reset),
        Some(FaultKind::Cut) => ReplyBody::cut(bytes),
        Some(FaultKind::Slow(over)) => ReplyBody::dripped(bytes, over),
        Some(FaultKind::Truncate) => {
            bytes.truncate(bytes.len() / 2);
            ReplyBody::whole(bytes)
        }
        Some(FaultKind::PhpWarning) => {
            let warning = "<br />\n<b>Warning</b>:  Undefined array key \"id\" in \
                           <b>/var/www/whmcs/includes/hooks/notify.php</b> on line <b>12</b><br />\n";
            ReplyBody::whole(Bytes::from([warning.as_bytes(), &bytes].concat()))
        }
        Some(FaultKind::ContentType) => {
            content_type = HTML;
            ReplyBody::whole(bytes)
        }
        _ => ReplyBody::whole(bytes),
    };
    Ok(response(status, content_type, body))
}

fn turned_away(status: u16, after: Duration) -> Response<ReplyBody> {
    let page = match status {
        429 => page("429 Too Many Requests", "Slow down."),
        _ => page("503 Service Unavailable", "Come back later."),
    };
    let mut response = response(status, HTML, page.into());
    let seconds = after.as_millis().div_ceil(1000);
    if let Ok(value) = seconds.to_string().parse() {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

fn page(title: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n<p>{text}</p>\n</body>\n</html>\n"
    )
}

fn response(status: u16, content_type: &'static str, body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    // Every status here is between 200 and 599.
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let content_type = hyper::header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
