//! What carries a call to a server: the client, or a fake in tests.

use std::sync::Arc;

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

/// Is shown every call whole, before it is made and after: for tests of scripts.
pub trait CallObserver: Send + Sync {
    /// A call is about to be made.
    fn before(&self, _action: &ActionRef) {}

    /// It came to an end.
    fn after(&self, action: &ActionRef, params: &Params, result: &Result<Reply, CallError>);
}

/// A transport whose calls are observed.
pub struct ObservedTransport {
    inner: Box<dyn Transport>,
    observer: Arc<dyn CallObserver>,
}

impl ObservedTransport {
    /// That transport under those eyes.
    pub fn new(inner: Box<dyn Transport>, observer: Arc<dyn CallObserver>) -> Self {
        Self { inner, observer }
    }
}

impl Transport for ObservedTransport {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        self.observer.before(action);
        let result = self.inner.call(action, params);
        self.observer.after(action, params, &result);
        result
    }

    fn check(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        self.inner.check(action, params)
    }
}
