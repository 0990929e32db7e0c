//! When a failed call is sent again, and after what pause.
//!
//! A read is repeated when the failure looks passing. A write only when it
//! certainly was not processed and waiting may help: no connection, or a reply that
//! says so. What WHMCS refused is never repeated; of credentials, address and
//! permission that would get the address banned.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::exchange::Exchange;
use super::status::is_busy;
use super::{CallError, CallErrorKind, Delivery, Reply};
use crate::cancel::Cancel;

/// How often to try, and how long to wait in between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    /// Tries in all.
    pub tries: u32,
    /// The first pause; each later one is twice as long.
    pub first: Duration,
    /// No pause is longer; a server that asks for a longer one is not asked again.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            tries: 3,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(60),
        }
    }
}

/// A try that failed, and the pause the server asked for.
pub(super) struct Failed {
    pub error: CallError,
    pub retry_after: Option<Duration>,
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self {
            error,
            retry_after: None,
        }
    }
}

/// Tries until it succeeds, must not be repeated, or was tried often enough.
pub(super) fn persist(
    exchange: &Exchange,
    cancel: &Cancel,
    backoff: &Backoff,
    mut attempt: impl FnMut() -> Result<Reply, Failed>,
) -> Result<Reply, CallError> {
    let mut tries = 1;
    let mut was_throttled = false;
    loop {
        let Failed { error, retry_after } = match attempt() {
            Ok(reply) => {
                return Ok(Reply {
                    was_throttled,
                    ..reply
                });
            }
            Err(failed) => failed,
        };
        was_throttled |= error.http.is_some_and(is_busy);
        if tries >= backoff.tries || !may_repeat(&error, exchange.action.is_write()) {
            return Err(error);
        }
        if let Some(asked) = retry_after.filter(|asked| *asked > backoff.longest) {
            let seconds = asked.as_secs();
            return Err(error.hint(format!("the server asks for a pause of {seconds} s")));
        }
        if !cancel.sleep(backoff.pause(tries, retry_after)) {
            return Err(interrupted(exchange));
        }
        tries += 1;
    }
}

/// The error for a call that was not made because the user wants to stop.
pub(super) fn interrupted(exchange: &Exchange) -> CallError {
    let action = exchange.action.name();
    exchange.not_sent(
        CallErrorKind::Interrupted,
        format!("interrupted before `{action}` was sent"),
    )
}

fn may_repeat(error: &CallError, is_write: bool) -> bool {
    let may_be_sent = error.delivery == Delivery::NotSent
        && matches!(error.kind, CallErrorKind::Connection | CallErrorKind::Http);
    let is_passing = match error.kind {
        CallErrorKind::Connection | CallErrorKind::Timeout | CallErrorKind::NotJson => true,
        CallErrorKind::Http => matches!(error.http, Some(408 | 429 | 500..600)),
        _ => false,
    };
    may_be_sent || (is_passing && !is_write)
}

impl Backoff {
    /// The pause after that many tries. A part of it is chance, so that workers
    /// turned away together do not come back together.
    fn pause(&self, tries: u32, asked: Option<Duration>) -> Duration {
        let chance = rand::random_range(0.5..1.0);
        let step = self.first.saturating_mul(1 << (tries - 1).min(16));
        let pause = match asked {
            Some(asked) => asked.saturating_add(self.first.mul_f64(chance - 0.5)),
            None => step.min(self.longest).mul_f64(chance),
        };
        pause.min(self.longest)
    }
}

/// The pause a `Retry-After` header asks for: seconds, or a date.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(header).ok()?.timestamp();
    // A date that has passed asks for no pause.
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Backoff, may_repeat, retry_after};
    use crate::client::{CallError, CallErrorKind, Delivery};

    fn error(kind: CallErrorKind, delivery: Delivery, http: Option<u16>) -> CallError {
        let mut error = CallError::new(kind, "X", "", delivery);
        error.http = http;
        error
    }

    #[test]
    fn a_write_is_repeated_only_when_it_certainly_was_not_applied() {
        use CallErrorKind::{Connection, Http};
        for error in [
            error(Connection, Delivery::NotSent, None),
            error(Http, Delivery::NotSent, Some(429)),
            error(Http, Delivery::NotSent, Some(503)),
        ] {
            assert!(may_repeat(&error, true), "{error:?}");
        }
        for error in [
            error(Connection, Delivery::InDoubt, None),
            error(CallErrorKind::Timeout, Delivery::InDoubt, None),
            error(CallErrorKind::NotJson, Delivery::InDoubt, Some(200)),
            error(CallErrorKind::Html, Delivery::InDoubt, Some(200)),
            error(Http, Delivery::InDoubt, Some(500)),
            error(Http, Delivery::InDoubt, Some(502)),
            error(Http, Delivery::InDoubt, Some(503)),
            error(Http, Delivery::InDoubt, Some(504)),
            error(Http, Delivery::InDoubt, Some(403)),
        ] {
            assert!(!may_repeat(&error, true), "{error:?}");
        }
    }

    #[test]
    fn a_read_is_repeated_when_the_failure_may_pass() {
        use CallErrorKind::{Connection, Http, NotJson, Timeout};
        for error in [
            error(Connection, Delivery::Refused, None),
            error(Timeout, Delivery::Refused, None),
            error(NotJson, Delivery::Refused, Some(200)),
            error(Http, Delivery::Refused, Some(502)),
            error(Http, Delivery::Refused, Some(429)),
        ] {
            assert!(may_repeat(&error, false), "{error:?}");
        }
    }

    #[test]
    fn what_was_refused_is_never_repeated() {
        use CallErrorKind::{
            Api, Auth, Html, Interrupted, Ip, Parameter, Permission, Policy, TooLarge,
        };
        for kind in [
            Api,
            Auth,
            Html,
            Interrupted,
            Ip,
            Parameter,
            Permission,
            Policy,
            TooLarge,
        ] {
            for is_write in [true, false] {
                let error = error(kind, Delivery::Refused, Some(403));
                assert!(!may_repeat(&error, is_write), "{kind:?}");
            }
        }
        assert!(!may_repeat(
            &error(CallErrorKind::Http, Delivery::Refused, Some(301)),
            false
        ));
        assert!(!may_repeat(
            &error(CallErrorKind::Http, Delivery::Refused, Some(404)),
            false
        ));
    }

    #[test]
    fn pauses_are_not_the_same_for_everybody() {
        let backoff = Backoff::default();
        let pause = |asked| backoff.pause(1, asked);
        for asked in [None, Some(Duration::from_secs(1))] {
            let first = pause(asked);
            assert!((0..100).any(|_| pause(asked) != first), "{asked:?}");
        }
    }

    #[test]
    fn pauses_double_and_never_pass_the_longest() {
        let backoff = Backoff {
            tries: 9,
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        };
        let millis = Duration::from_millis;
        for _ in 0..100 {
            assert!((millis(50)..=millis(100)).contains(&backoff.pause(1, None)));
            assert!((millis(200)..=millis(400)).contains(&backoff.pause(3, None)));
            assert!(backoff.pause(40, None) <= millis(1000));
            let asked = backoff.pause(1, Some(millis(300)));
            assert!((millis(300)..=millis(350)).contains(&asked));
        }
    }

    #[test]
    fn a_server_asks_for_a_pause_in_seconds_or_until_a_date() {
        let now: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        let asked = |header| retry_after(header, now).map(|pause| pause.as_secs());
        assert_eq!(asked("0"), Some(0));
        assert_eq!(asked(" 120 "), Some(120));
        assert_eq!(asked("Mon, 23 Nov 2026 14:00:30 GMT"), Some(30));
        assert_eq!(asked("Mon, 23 Nov 2026 13:00:00 GMT"), Some(0));
        assert_eq!(asked("99999999999999999999"), None);
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-5"), None);
    }
}
