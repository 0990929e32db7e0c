//! One execution of a script: what it may do, and what becomes of each call.
//!
//! Every call of a script passes through here on its way to the client. This
//! layer refuses what the profile or the options forbid, and sees to it that a
//! list being walked is complete before the first write could change it.

use std::sync::Arc;

use crate::cancel::Cancel;
use crate::client::{ActionRef, CallError, Params, Reply, Server};

/// A run against one server.
pub struct Run {
    server: Arc<Server>,
    cancel: Cancel,
}

impl Run {
    /// A run that has sent nothing yet.
    pub fn new(server: Server, cancel: Cancel) -> Self {
        Self {
            server: Arc::new(server),
            cancel,
        }
    }

    /// The server the run speaks to.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Makes one call and waits for its reply.
    pub fn call(&self, action: &ActionRef, params: Params) -> Result<Reply, CallError> {
        let _ = (action, params, &self.cancel);
        unreachable!("being built")
    }
}
