//! HTTP: one endpoint, `/includes/api.php`, and the faults on order.
//!
//! Anything else is a plain HTML page, as on a web site. Connections are kept
//! alive. Of a body over the limit nothing is kept; who dawdles is cut off.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming as Body};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinSet, block_in_place};
use tokio::time::timeout;

use super::api::{self, ApiReply, Manner};
use super::auth::Access;
use super::body::ReplyBody;
use super::control::{Control, ControlRequest};
use super::encode::ReplyMode;
use super::fault::{
    FaultKind, FaultLog, FaultPlan, GatewayPage, Incoming, Instead, ListRead, Mishap, Moment,
    PageText, Spoil, Warning, content, hex_escaped, plain, tamper_reply, tamper_request,
};
use super::image::State;
use super::requests::Requests;
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
    /// How numbers and texts are dealt with.
    pub manner: Manner,
    /// The paths for tests, if they are open.
    pub control: Option<Control>,
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
    /// What they asked.
    pub requests: Requests,
    /// When it began to serve, for what goes by the second.
    pub began: Instant,
}

/// The connection closes without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset on purpose")]
struct Reset;

/// Accepts connections until the task is dropped.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) -> Infallible {
    // They end with this, not with the threads, which other sandboxes may share.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                connections.spawn(connection(stream, from, Arc::clone(&shared)));
            }
            // Out of file handles, or the peer is gone already: others may do better.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
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

/// Answers a request, with the sandbox's own date when that was given.
async fn respond(
    shared: &Arc<Shared>,
    from: IpAddr,
    request: Request<Body>,
) -> Result<Response<ReplyBody>, Reset> {
    let mut response = answer(shared, from, request).await?;
    if let Some(Ok(date)) = shared.store.clock().http_date().map(|date| date.parse()) {
        response.headers_mut().insert(DATE, date);
    }
    Ok(response)
}

async fn answer(
    shared: &Arc<Shared>,
    from: IpAddr,
    request: Request<Body>,
) -> Result<Response<ReplyBody>, Reset> {
    let path = request.uri().path();
    if let (Some(control), Some(path)) = (&shared.control, path.strip_prefix("/_sandbox/")) {
        let path = path.to_owned();
        return controlled(shared, control, from, &path, request).await;
    }
    if !is_api(path) {
        let text = "<p>There is nothing at this address.</p>";
        return Ok(page("404 Not Found", 404, text));
    }
    let (parts, body) = request.into_parts();
    let body = match received(shared, body, MAX_BODY).await? {
        Ok(body) => body,
        Err(page) => return Ok(page),
    };
    let number = shared.calls.fetch_add(1, Ordering::Relaxed) + 1;
    let posted = match parts.method {
        Method::POST => &body[..],
        // PHP reads a body only when it was posted.
        _ => &[],
    };
    let variables = variables(parts.uri.query(), &parts.headers, posted);
    call(shared, number, from, variables).await
}

/// Does what a test asks for, if it has the token; to others it says nothing.
async fn controlled(
    shared: &Shared,
    control: &Control,
    from: IpAddr,
    path: &str,
    request: Request<Body>,
) -> Result<Response<ReplyBody>, Reset> {
    let (parts, body) = request.into_parts();
    let authorization = parts.headers.get(AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    if !control.admits(from, authorization.unwrap_or_default()) {
        // Read all the same, and kept nowhere: who sends much listens only then.
        received(shared, body, 0).await?.ok();
        return Ok(response(403, "text/plain", String::new().into()));
    }
    let body = match received(shared, body, MAX_BODY).await? {
        Ok(body) => body,
        Err(page) => return Ok(page),
    };
    let request = ControlRequest {
        method: parts.method.as_str(),
        path,
        body: &body,
    };
    // Years that pass, or a large fixture, take their time; other calls need not wait for the thread.
    let (status, json) = block_in_place(|| control.answer(request, &shared.state()));
    Ok(response(status, "application/json", json.into()))
}

/// A body that arrived in time, or the page for one that did not.
async fn received(
    shared: &Shared,
    body: Body,
    most: usize,
) -> Result<Result<Vec<u8>, Response<ReplyBody>>, Reset> {
    match timeout(shared.patience, read(body, most)).await {
        Ok(Ok(Some(body))) => Ok(Ok(body)),
        Ok(Ok(None)) => {
            let text = "<p>The request is too large.</p>";
            Ok(Err(page("413 Request Entity Too Large", 413, text)))
        }
        Err(_) => {
            let text = "<p>The request took too long.</p>";
            Ok(Err(page("408 Request Timeout", 408, text)))
        }
        Ok(Err(_)) => Err(Reset),
    }
}

/// Whether a path is the endpoint's; a web server minds no slash too many.
fn is_api(path: &str) -> bool {
    let names = path.split('/').filter(|name| !name.is_empty());
    names.eq(["includes", "api.php"])
}

/// The whole body; nothing when it is too large.
///
/// Such a body is read to its end all the same: most clients listen only when they have sent everything.
async fn read(mut body: Body, most: usize) -> Result<Option<Vec<u8>>, hyper::Error> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        fits = fits && bytes.len() + data.len() <= most;
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

/// Carries a call out and answers it, with whatever is to go wrong.
async fn call(
    shared: &Arc<Shared>,
    number: u64,
    from: IpAddr,
    variables: Array,
) -> Result<Response<ReplyBody>, Reset> {
    let action = api::action_name(&variables).to_owned();
    let (mishap, list) = shared.strike(&action, &variables);
    let now = shared.store.clock().now();
    shared
        .requests
        .arrived(number, now, &action, &variables, &mishap.rules);
    let written = shared
        .fault_log
        .as_ref()
        .map(|log| log.write(number, &action, &mishap));
    if let Some(Err(error)) = written {
        // A fault nobody could account for must not happen.
        let text = format!("<p>The fault log: {error}</p>");
        return Ok(page("500 Internal Server Error", 500, &text));
    }
    let task = Task {
        shared: Arc::clone(shared),
        number,
        from,
        variables,
        list,
        generation: shared.store.generation(),
    };
    let wait = shared.latency + mishap.wait;
    match mishap.kind {
        Some(FaultKind::Instead(instead, Moment::Late(late))) => {
            let due = Due::for_task(&task, number, &mishap);
            tokio::spawn(task.carry_out_after(wait + late, mishap, due));
            pause(wait).await;
            send(instead)
        }
        Some(FaultKind::Instead(instead, Moment::Before)) => {
            pause(wait).await;
            send(instead)
        }
        Some(FaultKind::Limit(_)) => {
            pause(wait).await;
            send(Instead::Page(GatewayPage::TOO_MANY))
        }
        _ if wait.is_zero() => {
            let hold = mishap.hold;
            // Nothing waits in here, so no hanging-up can come between.
            let done = task.carry_out(&mishap);
            pause(hold).await;
            done.send(&action)
        }
        _ => {
            let hold = mishap.hold;
            // On a task of its own: it goes on when the caller hangs up, as PHP does.
            let due = Due::for_task(&task, number, &mishap);
            let done = tokio::spawn(task.carry_out_after(wait, mishap, due)).await;
            pause(hold).await;
            done.unwrap_or(Done::Nothing).send(&action)
        }
    }
}

/// Waits, unless there is nothing to wait for: even the shortest sleep lasts until the timer's next tick.
async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// A call that was read whole and is to be carried out, whatever becomes of its caller.
struct Task {
    shared: Arc<Shared>,
    number: u64,
    from: IpAddr,
    variables: Array,
    list: Option<ListRead>,
    generation: u64,
}

/// What came of it.
enum Done {
    /// A reply, and what happens to it on its way.
    Answered(ApiReply, Option<FaultKind>),
    /// The data it was for is no more.
    Nothing,
}

/// An action that was said to come later: if it does not, that is written down too.
struct Due {
    shared: Arc<Shared>,
    number: u64,
    action: String,
    rules: Vec<String>,
    is_over: bool,
}

impl Due {
    fn for_task(task: &Task, number: u64, mishap: &Mishap) -> Self {
        Self {
            shared: Arc::clone(&task.shared),
            number,
            action: api::action_name(&task.variables).to_owned(),
            rules: mishap.rules.clone(),
            // Nothing was said of a call that only the usual latency holds up.
            is_over: mishap.rules.is_empty() || !mishap.carries_out(),
        }
    }
}

impl Drop for Due {
    /// Dropped before its time when the sandbox stops.
    fn drop(&mut self) {
        if let Some(log) = self.shared.fault_log.as_ref().filter(|_| !self.is_over) {
            // Nobody is left to be told that this cannot be written.
            let _ = log.write_lost(self.number, &self.action, std::mem::take(&mut self.rules));
        }
    }
}

impl Task {
    async fn carry_out_after(self, wait: Duration, mishap: Mishap, mut due: Due) -> Done {
        pause(wait).await;
        let done = self.carry_out(&mishap);
        due.is_over = matches!(done, Done::Answered(..));
        done
    }

    fn carry_out(mut self, mishap: &Mishap) -> Done {
        let shared = &self.shared;
        // An image was restored while it waited: it is of another time.
        if shared.store.generation() != self.generation {
            return Done::Nothing;
        }
        let list = self.list.as_ref();
        tamper_request(mishap, list, &mut self.variables);
        let mut reply = match mishap.kind {
            Some(FaultKind::ModuleTimeout {
                is_done: false,
                words,
            }) => shared.refuse(&self.variables, self.from, words),
            _ => api::answer(
                &shared.access,
                &shared.store,
                shared.manner,
                &self.variables,
                self.from,
            ),
        };
        shared
            .requests
            .answered(self.number, &reply.answer, mishap.carries_out());
        tamper_reply(mishap, list, &self.variables, &mut reply.answer);
        Done::Answered(reply, mishap.kind)
    }
}

impl Done {
    fn send(self, action: &str) -> Result<Response<ReplyBody>, Reset> {
        match self {
            Self::Answered(_, Some(FaultKind::Instead(instead, _))) => send(instead),
            Self::Answered(reply, kind) => Ok(spoiled(reply, action, kind)),
            Self::Nothing => Err(Reset),
        }
    }
}

impl Shared {
    /// All that changes in it.
    pub fn state(&self) -> State<'_> {
        State {
            store: &self.store,
            faults: &self.faults,
            calls: &self.calls,
            requests: &self.requests,
            is_encoded: self.manner.entities,
        }
    }

    /// What goes wrong with a call, and the list it reads if that matters.
    fn strike(&self, action: &str, variables: &Array) -> (Mishap, Option<ListRead>) {
        if self.faults.is_empty() {
            return (Mishap::default(), None);
        }
        let call = Incoming::new(action, variables, self.began.elapsed());
        (self.faults.strike(&call), call.list)
    }

    /// WHMCS's error for a module that timed out, to who may call.
    fn refuse(&self, variables: &Array, from: IpAddr, words: &str) -> ApiReply {
        api::refuse(&self.access, variables, from, words)
    }
}

/// Sends something in the place of a reply.
fn send(instead: Instead) -> Result<Response<ReplyBody>, Reset> {
    match instead {
        Instead::Reset => Err(Reset),
        Instead::Empty => Ok(response(200, HTML, String::new().into())),
        Instead::Page(page) => {
            let PageText {
                content_type,
                body,
                headers,
            } = content(page);
            let mut response = response(page.status, content_type, body.into());
            for (name, value) in headers {
                if let Ok(value) = value.parse() {
                    response.headers_mut().insert(name, value);
                }
            }
            Ok(response)
        }
    }
}

/// A reply the way the fault wants it.
fn spoiled(reply: ApiReply, action: &str, fault: Option<FaultKind>) -> Response<ReplyBody> {
    let ApiReply {
        status,
        mode,
        answer,
    } = reply;
    let mut body = mode.encode(action, &answer);
    let mut content_type = mode.content_type();
    let spoil = match fault {
        Some(FaultKind::Warn(Warning::EchoHex)) if mode == ReplyMode::Json => {
            body = hex_escaped(&body);
            None
        }
        Some(FaultKind::Spoil(spoil)) => Some(spoil),
        _ => None,
    };
    let mut bytes = Bytes::from(body);
    let body = match spoil {
        Some(Spoil::Cut) => ReplyBody::cut(bytes),
        Some(Spoil::Slow(over)) => ReplyBody::dripped(bytes, over),
        Some(Spoil::Truncate) => {
            bytes.truncate(bytes.len() / 2);
            ReplyBody::whole(bytes)
        }
        Some(Spoil::PhpWarning) => {
            let warning = "<br />\n<b>Warning</b>:  Undefined array key \"id\" in \
                           <b>/var/www/whmcs/includes/hooks/notify.php</b> on line <b>12</b><br />\n";
            ReplyBody::whole(Bytes::from([warning.as_bytes(), &bytes].concat()))
        }
        Some(Spoil::ContentType) => {
            content_type = HTML;
            ReplyBody::whole(bytes)
        }
        None => ReplyBody::whole(bytes),
    };
    response(status, content_type, body)
}

/// A page of the sandbox's own.
fn page(title: &str, status: u16, text: &str) -> Response<ReplyBody> {
    response(status, HTML, plain(title, text).into())
}

fn response(status: u16, content_type: &'static str, body: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    // Every status here is between 200 and 599.
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let content_type = hyper::header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
