//! The transport of a plan: reads go through, everything else ends here.
//!
//! Nothing above sends a write in a plan. If a mistake there did, it would not
//! leave the process.

use std::sync::Arc;

use super::Plan;
use super::planned::any_planned;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::Transport;

/// Sends reads only, for as long as the plan is on.
pub(super) struct ReadsOnly {
    inner: Box<dyn Transport>,
    plan: Arc<Plan>,
}

impl ReadsOnly {
    pub fn new(inner: Box<dyn Transport>, plan: Arc<Plan>) -> Self {
        Self { inner, plan }
    }
}

impl Transport for ReadsOnly {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let why = if self.plan.is_on() && action.is_write() {
            "it would change the server, and a plan only reads"
        } else if any_planned(params) {
            "the server does not know a planned value"
        } else {
            return self.inner.call(action, params);
        };
        let name = action.name();
        let message = format!("`{name}` was not sent: {why}");
        Err(CallError::new(
            CallErrorKind::Policy,
            name,
            message,
            Delivery::NotSent,
        ))
    }

    fn check(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        self.inner.check(action, params)
    }
}
