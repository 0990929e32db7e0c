//! The paths under `/_sandbox/`, by which a test moves the clock and goes back to an image.
//!
//! They are there only when a token was set, and open only to it. No call is counted for them.

use std::sync::{Mutex, PoisonError};

use super::clock::{Clock, spelled};
use super::encode::ReplyMode;
use super::image::{Image, State};
use super::reply::Fields;
use super::store::StoreError;

/// So many images are kept: each holds the whole data.
const MOST_IMAGES: usize = 100;

/// The token, and the images that were taken.
#[derive(Debug)]
pub struct Control {
    token: String,
    images: Mutex<Vec<Image>>,
}

/// What is answered: a status and JSON.
pub type ControlAnswer = (u16, String);

impl Control {
    /// Open to that token.
    pub fn new(token: String) -> Self {
        Self {
            token,
            images: Mutex::default(),
        }
    }

    /// Answers a request: its method, the path after `/_sandbox/`, its `Authorization` and its body.
    pub fn answer(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        body: &[u8],
        state: &State,
    ) -> ControlAnswer {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        if self.token.is_empty() || token != self.token {
            return refused(
                403,
                "send the token of `--control` as `Authorization: Bearer TOKEN`",
            );
        }
        let text = String::from_utf8_lossy(body);
        let text = text.trim();
        match (method, path) {
            ("GET", "clock") => told(&moment(state)),
            ("POST", "clock") => {
                let clock = match text {
                    "system" => Ok(Clock::System),
                    text => text.parse(),
                };
                match clock {
                    Ok(clock) => {
                        state.store.set_clock(clock);
                        told(&moment(state))
                    }
                    Err(error) => refused(400, &error.to_string()),
                }
            }
            ("POST", "image") => self.take(state),
            ("DELETE", "image") => self.forget(),
            ("POST", "restore") => self.restore(text, state),
            _ => refused(
                404,
                "the paths are `GET clock`, `POST clock`, `POST image`, `DELETE image` and `POST \
                 restore` under /_sandbox/",
            ),
        }
    }

    fn take(&self, state: &State) -> ControlAnswer {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if images.len() >= MOST_IMAGES {
            let why = format!(
                "{MOST_IMAGES} images exist already: restore one of them, or remove all with \
                 `DELETE image`"
            );
            return refused(409, &why);
        }
        // It could never be gone back to here, and nobody else can reach it.
        if state.store.is_file() {
            return refused(409, &StoreError::OfFile.to_string());
        }
        match Image::take(state) {
            Ok(image) => {
                images.push(image);
                told(&Fields::success().with("image", images.len()))
            }
            Err(error) => refused(500, &error.to_string()),
        }
    }

    /// Removes all images; the next one is the first again.
    fn forget(&self) -> ControlAnswer {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let count = std::mem::take(&mut *images).len();
        told(&Fields::success().with("removed", count))
    }

    fn restore(&self, number: &str, state: &State) -> ControlAnswer {
        let images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let at = number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        let Some(image) = at.and_then(|at| images.get(at)) else {
            return refused(404, &format!("`{number}` is not the number of an image"));
        };
        match image.restore(state) {
            Ok(()) => told(&moment(state)),
            Err(error) => refused(409, &error.to_string()),
        }
    }
}

fn moment(state: &State) -> Fields {
    let clock = state.store.clock();
    Fields::success()
        .with("now", spelled(clock.now()).to_string())
        .with("fixed", clock != Clock::System)
}

fn told(fields: &Fields) -> ControlAnswer {
    (200, ReplyMode::Json.encode("", fields))
}

fn refused(status: u16, message: &str) -> ControlAnswer {
    let fields = Fields::default()
        .with("result", "error")
        .with("message", message);
    (status, ReplyMode::Json.encode("", &fields))
}
