//! What carries a call to a server: the client, or a fake in tests.

use crate::client::{ActionRef, CallError, Client, Params, Reply};

/// Sends one call and waits for its reply.
pub trait Transport: Send + Sync {
    /// The server's reply, or why there is none.
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError>;

    /// Refuses what `call` would refuse to send, and sends nothing.
    fn check(&self, _action: &ActionRef, _params: &Params) -> Result<(), CallError> {
        Ok(())
    }
}

impl Transport for Client {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        Self::call(self, action, params)
    }

    fn check(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        Self::check(self, action, params)
    }
}
