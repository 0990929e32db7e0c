//! The paths under `/_sandbox/`: how tests, in whichever language, have a server in their hands.
//!
//! They are there only when a token was set, and open only to it, and to this machine unless
//! said otherwise; to all others they answer 403 and say nothing. No call is counted for
//! them, and no fault strikes them.

mod answer;
mod images;

use std::net::IpAddr;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::clock::{Clock, spelled};
use super::fault::Faults;
use super::fixture::Fixture;
use super::image::{Image, State};
use super::mail;
use super::store::StoreError;
use answer::{moment, refused, restored, succeed};
use images::Images;

pub use answer::ControlAnswer;

/// What can be asked for, as it is told to who asked for something else.
const PATHS: &str = "the paths under /_sandbox/ are `GET health`, `POST reset`, `POST snapshot/NAME`, \
    `DELETE snapshot/NAME`, `POST restore/NAME`, `GET clock`, `PUT clock`, `POST clock/advance`, \
    `GET faults`, `PUT faults`, `GET requests`, `DELETE requests`, `GET emails`, `POST load`, `GET \
    export`, and by number `POST image`, `DELETE image`, `POST restore`";

/// Who may use the paths, and what they keep.
#[derive(Debug)]
pub struct Control {
    token: String,
    from_anywhere: bool,
    images: Images,
    start: OnceLock<Image>,
}

/// A request to one of the paths.
#[derive(Clone, Copy, Debug)]
pub struct ControlRequest<'r> {
    /// Its method.
    pub method: &'r str,
    /// What follows `/_sandbox/`.
    pub path: &'r str,
    /// Its body.
    pub body: &'r [u8],
}

impl Control {
    /// Open to that token, from this machine alone or from anywhere.
    pub fn new(token: String, from_anywhere: bool) -> Self {
        Self {
            token,
            from_anywhere,
            images: Images::default(),
            start: OnceLock::new(),
        }
    }

    /// Keeps what a reset goes back to; nothing where the server is kept in a file.
    pub fn begin(&self, state: &State) -> Result<(), StoreError> {
        if !state.store.is_file() {
            // Only the first one counts, and there is only one.
            let _ = self.start.set(Image::take(state)?);
        }
        Ok(())
    }

    /// Whether a request may be looked at: by where it comes from, and its `Authorization`.
    pub fn admits(&self, from: IpAddr, authorization: &str) -> bool {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        (self.from_anywhere || from.is_loopback()) && !self.token.is_empty() && token == self.token
    }

    /// Answers a request that was admitted.
    pub fn answer(&self, request: ControlRequest<'_>, state: &State) -> ControlAnswer {
        let ControlRequest { method, path, body } = request;
        // Not as text: it says itself what is wrong with its letters.
        if (method, path) == ("POST", "load") {
            return load(body, state);
        }
        let Ok(text) = std::str::from_utf8(body) else {
            return refused(400, "the body is not UTF-8");
        };
        let text = text.trim();
        match (method, path.split_once('/').unwrap_or((path, ""))) {
            ("GET", ("health", "")) => succeed(health(state)),
            ("POST", ("reset", "")) => self.reset(state),
            ("POST", ("snapshot", name)) => self.images.keep(name, state),
            ("GET", ("snapshot", "")) => succeed(json!({"snapshots": self.images.names()})),
            ("DELETE", ("snapshot", name)) => self.images.drop_named(name),
            ("POST", ("restore", "")) => self.images.restore_number(text, state),
            ("POST", ("restore", name)) => self.images.restore(name, state),
            ("POST", ("image", "")) => self.images.take(state),
            ("DELETE", ("image", "")) => self.images.forget(),
            ("GET", ("clock", "")) => succeed(moment(state)),
            ("PUT" | "POST", ("clock", "")) => set_clock(text, state),
            ("POST", ("clock", "advance")) => advance(text, state),
            ("GET", ("faults", "")) => succeed(json!({"faults": state.faults.rules()})),
            ("PUT", ("faults", "")) => set_faults(text, state),
            ("GET", ("requests", "")) => succeed(json!({"requests": state.requests.all()})),
            ("DELETE", ("requests", "")) => succeed(json!({"removed": state.requests.clear()})),
            ("GET", ("emails", "")) => match state.store.with(mail::recorded) {
                Ok(emails) => succeed(json!({"emails": emails})),
                Err(error) => refused(500, &error.to_string()),
            },
            ("GET", ("export", "")) => match state.store.export() {
                Ok(fixture) => (200, fixture),
                Err(error) => refused(500, &error.to_string()),
            },
            _ => refused(404, PATHS),
        }
    }

    fn reset(&self, state: &State) -> ControlAnswer {
        let Some(start) = self.start.get() else {
            return refused(409, &StoreError::OfFile.to_string());
        };
        restored(start, state)
    }
}

fn health(state: &State) -> Value {
    let clock = state.store.clock();
    json!({
        "now": spelled(clock.now()).to_string(),
        "fixed": clock != Clock::System,
        "calls": state.calls.load(std::sync::atomic::Ordering::Relaxed),
        "faults": state.faults.rules().len(),
        "whmcsh": env!("CARGO_PKG_VERSION"),
    })
}

fn set_clock(text: &str, state: &State) -> ControlAnswer {
    let clock = match text {
        "system" => Clock::System,
        text => match text.parse() {
            Ok(clock) => clock,
            Err(error) => return refused(400, &format!("{error}; or `system`")),
        },
    };
    let now = state.store.clock().now();
    if clock != Clock::System && clock.now() < now {
        let why = format!(
            "the clock is at {} already, and what has happened by then would be in the future: go \
             back with `POST reset` or `POST restore/NAME`, or start with `--now`",
            spelled(now)
        );
        return refused(409, &why);
    }
    state.store.set_clock(clock);
    succeed(moment(state))
}

fn advance(text: &str, state: &State) -> ControlAnswer {
    let advanced = text.parse().and_then(|period| state.store.advance(period));
    match advanced {
        Ok(()) => succeed(moment(state)),
        Err(error) => refused(400, &error.to_string()),
    }
}

fn set_faults(text: &str, state: &State) -> ControlAnswer {
    let faults = match text {
        "" => Ok(Faults::default()),
        text => text.parse::<Faults>(),
    };
    match faults {
        Ok(faults) => {
            state.faults.replace(faults);
            succeed(json!({"faults": state.faults.rules()}))
        }
        Err(error) => refused(400, &error.to_string()),
    }
}

fn load(body: &[u8], state: &State) -> ControlAnswer {
    let loaded =
        Fixture::read(body).and_then(|fixture| state.store.load(&fixture, state.is_encoded));
    match loaded {
        Ok(()) => succeed(moment(state)),
        Err(error) => refused(400, &format!("nothing was loaded: {error}")),
    }
}
