//! A host that reaches nothing, for looking at scripts without running them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::client::{Credentials, Server};
use crate::error::Failure;
use crate::run::{Access, Allowed, Limits, Run};
use crate::script::bulk::sink::Unkept;
use crate::script::clock::Clock;
use crate::script::engine::functions::{Function, described};
use crate::script::host::{Confinement, Host, Output};
use crate::script::library;

/// Drops every word.
struct Silence;

impl Output for Silence {
    fn print(&self, _: &str) {}
    fn note(&self, _: &str) {}
}

/// A host without a server that lets imported modules be read.
pub(crate) fn nowhere(files: Confinement, allowed: impl Into<Allowed>) -> Arc<Host> {
    let allowed = allowed.into();
    let credentials = Credentials::Api {
        identifier: String::new(),
        secret: String::new().into(),
    };
    let server = Server::new("nowhere", "", credentials);
    Arc::new(Host {
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
    })
}

/// Every function of ours that a script can call, for help and completion.
pub fn functions() -> Vec<Function> {
    let factory = library::factory(nowhere(Confinement::default(), false));
    described(&factory.engine())
}
