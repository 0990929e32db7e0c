//! A host that reaches nothing, for looking at scripts without running them.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::cancel::Cancel;
use crate::client::{Credentials, Server};
use crate::error::Failure;
use crate::run::{Access, Allowed, Limits, Run};
use crate::script::bulk::sink::Unkept;
use crate::script::clock::Clock;
use crate::script::engine::functions::{Function, described};
use crate::script::host::{Confinement, Host, ListsRead, Output};
use crate::script::library;
use crate::script::test_bench::bench::{Bench, SnapshotError};

/// Drops every word.
struct Silence;

impl Output for Silence {
    fn print(&self, _: &str) {}
    fn note(&self, _: &str) {}
}

/// A bench on which nothing is done.
struct NoBench(Arc<Run>);

impl NoBench {
    fn refused<T>() -> Result<T, Failure> {
        Err(Failure::usage("no test is running here"))
    }
}

impl Bench for NoBench {
    fn server(&self, _: &str) -> Result<Arc<Run>, Failure> {
        Ok(Arc::clone(&self.0))
    }

    fn fill(&self, _: &str, _: &Value) -> Result<(), Failure> {
        Self::refused()
    }

    fn fault(&self, _: &str, _: &str) -> Result<(), Failure> {
        Self::refused()
    }

    fn advance(&self, _: &str, _: &str) -> Result<(), Failure> {
        Self::refused()
    }

    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn requests(&self, _: &str) -> Result<Value, Failure> {
        Self::refused()
    }

    fn emails(&self, _: &str) -> Result<Value, Failure> {
        Self::refused()
    }

    fn writes(&self) -> Vec<Value> {
        Vec::new()
    }

    fn run_script(&self, _: &str, _: Vec<String>, _: &Value) -> Result<Value, Failure> {
        Self::refused()
    }

    fn snapshot(&self, _: Option<&str>, _: &str) -> Result<(), SnapshotError> {
        Self::refused().map_err(SnapshotError::Unusable)
    }

    fn fell(&self, _: &str, _: Option<&str>) {}
}

/// A host without a server that lets imported modules be read.
pub(crate) fn nowhere(files: Confinement, allowed: impl Into<Allowed>) -> Arc<Host> {
    Arc::new(nothing(files, allowed.into()))
}

/// The same for a file of tests, whose functions are known and reach nothing either.
pub(crate) fn in_test(files: Confinement, allowed: impl Into<Allowed>) -> Arc<Host> {
    let host = nothing(files, allowed.into());
    let bench = NoBench(Arc::clone(&host.run));
    Arc::new(Host {
        bench: Some(Arc::new(bench)),
        ..host
    })
}

fn nothing(files: Confinement, allowed: Allowed) -> Host {
    let credentials = Credentials::Api {
        identifier: String::new(),
        secret: String::new().into(),
    };
    let server = Server::new("nowhere", "", credentials);
    Host {
        allow_unknown: allowed.unknown,
        run: Arc::new(
            Run::new(server, Cancel::default())
                .with_access(Access::Read)
                .with_allowed(allowed),
        ),
        connect: Box::new(|_| Err(Failure::usage("there is no connection here"))),
        output: Arc::new(Silence),
        files,
        args: Vec::new(),
        env: BTreeSet::new(),
        cancel: Cancel::default(),
        clock: Clock::default(),
        seed: [0; 32],
        rows: Arc::new(Unkept),
        limits: Limits::default(),
        bench: None,
        lists: ListsRead::default(),
    }
}

/// Every function of ours that a script can call, for help and completion.
pub fn functions() -> Vec<Function> {
    let factory = library::factory(nowhere(Confinement::default(), false));
    described(&factory.engine())
}
