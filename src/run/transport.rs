//! What carries a call to a server: the client, or a fake in tests.

use crate::client::{ActionRef, CallError, Client, Params, Reply};

/// Sends one call and waits for its reply.
pub trait Transport: Send + Sync {
    /// The server's reply, or why there is none.
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError>;
}

impl Transport for Client {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        Self::call(self, action, params)
    }
}
