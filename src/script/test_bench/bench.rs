//! What a test is given besides what every script has: a server of its own that can be filled,
//! and what was done to it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::error::Failure;
use crate::run::Run;

/// The server of a test where none is named.
pub const OWN: &str = "test";

/// What a test works on. A server is named as in `connect`; that of the test itself is [`OWN`].
pub trait Bench: Send + Sync {
    /// The server of that name; calls that are made there are not counted among those under
    /// test.
    ///
    /// # Errors
    /// One that cannot be started.
    fn server(&self, name: &str) -> Result<Arc<Run>, Failure>;

    /// Fills a server with that, in the place of all it has.
    ///
    /// # Errors
    /// A second time, and what the server cannot hold.
    fn fill(&self, server: &str, fixture: &Value) -> Result<(), Failure>;

    /// Adds a fault to those that a server has.
    ///
    /// # Errors
    /// One that cannot be read.
    fn fault(&self, server: &str, fault: &str) -> Result<(), Failure>;

    /// Lets that time pass on a server, day by day.
    ///
    /// # Errors
    /// A time that cannot be read.
    fn advance(&self, server: &str, time: &str) -> Result<(), Failure>;

    /// What time it is on the test's own server.
    fn now(&self) -> Timestamp;

    /// The requests under test that a server received, oldest first.
    ///
    /// # Errors
    /// A server that cannot tell.
    fn requests(&self, server: &str) -> Result<Value, Failure>;

    /// The emails that a server has sent since it was filled, oldest first.
    ///
    /// # Errors
    /// A server that cannot tell.
    fn emails(&self, server: &str) -> Result<Value, Failure>;

    /// The writes under test that were sent so far, each a map of its action and parameters.
    fn writes(&self) -> Vec<Value>;

    /// Runs a script; gives what became of it.
    ///
    /// # Errors
    /// A script that cannot be read, and options that there are not.
    fn run_script(
        &self,
        script: &str,
        args: Vec<String>,
        options: &Value,
    ) -> Result<Value, Failure>;

    /// Compares a text with the one kept under that name, or under the next number.
    ///
    /// # Errors
    /// Another text, or none, is kept.
    fn snapshot(&self, name: Option<&str>, found: &str) -> Result<(), SnapshotError>;

    /// Notes an assertion that did not hold, with what is different line by line: a test in which
    /// one failed has failed, also if it caught the error.
    fn fell(&self, what: &str, difference: Option<&str>);
}

/// A text that is not the one that is kept.
#[derive(Clone, Debug)]
pub enum SnapshotError {
    /// Another one is.
    Other(String),
    /// None is, or it cannot be read.
    Unusable(Failure),
}
