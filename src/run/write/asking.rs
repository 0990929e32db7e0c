//! Asks WHMCS for an answer before a write leaves, where none of its own came yet.

use std::sync::PoisonError;
use std::time::Duration;

use super::gateway::{GatewayState, is_page};
use crate::catalog;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use crate::run::{Run, covered_error, interrupted};

/// The read that asks for nothing but an answer.
const CHEAPEST: &str = "WhmcsDetails";

/// The first pause between two such reads; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Run {
    /// Sees to it that WHMCS answers before a write leaves: asks it first where nothing
    /// came from the address yet, and waits for it where a gateway stood in its place.
    pub(in crate::run) fn await_whmcs(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(), CallError> {
        if self.gateway.is_answering() {
            return Ok(());
        }
        // What will not be sent is nothing to ask for.
        self.transport.check(action, params)?;
        let asking = &self.gateway.asking;
        let _asking = asking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pause = FIRST_PAUSE;
        let mut is_told = false;
        loop {
            if self.gateway.is_answering() {
                return Ok(());
            }
            if self.cancel.is_raised() {
                return Err(interrupted(action.name()));
            }
            self.go_on(action)?;
            self.allowance.admit(action)?;
            let shut = match &*self.gateway.held() {
                GatewayState::Shut(said) => Some(said.clone()),
                GatewayState::Unseen | GatewayState::Answering => None,
            };
            if let Some(said) = shut.as_ref().filter(|_| self.patience.waits && !is_told) {
                self.patience.tell(&format!(
                    "writes wait until WHMCS answers again (asking with `{CHEAPEST}`; Ctrl-C stops the run): {said}"
                ));
                is_told = true;
            }
            let Err(error) = self.ask_whmcs() else {
                continue;
            };
            if shut.is_none() || !self.patience.waits || error.kind.stops_the_run() {
                return Err(unanswered(action, error));
            }
            if !self.patience.sleep(pause, &self.cancel) {
                return Err(interrupted(action.name()));
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks WHMCS for nothing but an answer; an error if none of its own came.
    fn ask_whmcs(&self) -> Result<(), CallError> {
        let Some(cheapest) = catalog::action(CHEAPEST) else {
            unreachable!("`{CHEAPEST}` is in the catalog");
        };
        let action = ActionRef::Known(cheapest);
        if !self.allowance.pace().wait(&self.cancel) || !self.tempo.wait(&self.cancel) {
            return Err(interrupted(action.name()));
        }
        let alone = self.log_in(&action)?;
        let sent = self.gateway.sent();
        let result = self.transport.call(&action, &Params::new());
        let result = result.map_err(covered_error);
        if let Some(alone) = alone {
            alone.ended(&result);
        }
        self.gateway.note(&action, sent, &result);
        match result {
            Ok(_) => Ok(()),
            // The role need not have it.
            Err(error) if matches!(error.kind, CallErrorKind::Api | CallErrorKind::Permission) => {
                Ok(())
            }
            Err(error) => {
                self.heed(&Err(error.clone()));
                Err(error)
            }
        }
    }
}

/// The error of a write that did not leave since WHMCS did not answer.
fn unanswered(action: &ActionRef, cause: CallError) -> CallError {
    if cause.kind == CallErrorKind::Interrupted {
        return interrupted(action.name());
    }
    let name = action.name();
    let kind = if is_page(cause.kind) && cause.delivery != Delivery::NotSent {
        CallErrorKind::Address
    } else {
        cause.kind
    };
    CallError {
        kind,
        action: name.to_owned(),
        message: format!("`{name}` was not sent: {}", cause.message),
        delivery: Delivery::NotSent,
        ..cause
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::cancel::Cancel;
    use crate::client::{Credentials, Reply, Server};
    use crate::run::Transport;
    use crate::run::journal::moment::Moment;
    use crate::run::write::{Clock, LATE_AFTER, Patience};

    /// A gateway that answers the first write and so many calls after it.
    #[derive(Clone, Default)]
    struct Wire(Arc<Mutex<Vec<String>>>, usize);

    impl Transport for Wire {
        fn call(&self, action: &ActionRef, _: &Params) -> Result<Reply, CallError> {
            let mut called = self.0.lock().unwrap();
            called.push(action.name().to_owned());
            // Number 1 is the read that goes first.
            if !(2..2 + self.1).contains(&called.len()) {
                return Ok(Reply::default());
            }
            let delivery = if action.is_write() {
                Delivery::InDoubt
            } else {
                Delivery::Refused
            };
            Err(CallError::new(
                CallErrorKind::Http,
                action.name(),
                "503",
                delivery,
            ))
        }
    }

    /// A clock that keeps what was slept and wakes nobody.
    #[derive(Default)]
    struct Sleepless(Mutex<Vec<u64>>);

    impl Clock for Sleepless {
        fn now(&self) -> Moment {
            Moment::now()
        }

        fn sleep(&self, time: Duration, _: &Cancel) -> bool {
            self.0.lock().unwrap().push(time.as_secs());
            true
        }
    }

    #[test]
    fn no_write_leaves_while_a_gateway_answers_in_place_of_whmcs() {
        let wire = Wire(Arc::default(), 4);
        let clock = Arc::new(Sleepless::default());
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let server = Server::new("fake", "http://127.0.0.1", credentials);
        let patience = Patience::new(LATE_AFTER, true, Arc::new(|_| ())).by(clock.clone());
        let run = Run::over(Box::new(wire.clone()), server, Cancel::default());
        let run = run.with_patience(patience);
        let log = ActionRef::Known(catalog::action("LogActivity").unwrap());
        let mut params = Params::new();
        params.insert("description".to_owned(), "x".into());
        let doubt = run.call(&log, &params).unwrap_err();
        assert_eq!(doubt.delivery, Delivery::InDoubt);
        run.call(&log, &params).unwrap();
        let read = CHEAPEST;
        let called = wire.0.lock().unwrap().clone();
        assert_eq!(
            called,
            [read, "LogActivity", read, read, read, read, "LogActivity"]
        );
        assert_eq!(*clock.0.lock().unwrap(), [1, 2, 4]);
    }
}
