//! The functions that tests have and other scripts do not: a server of the test's own, scripts
//! that are run against it, and what is asserted of them.
//!
//! They are there where the host has a [`bench`](bench::Bench). What a test does itself counts as
//! the script under test does; only calls on `server` do not.

mod asserting;
pub(crate) mod bench;
mod difference;
mod effects;
mod failing;
mod serving;

use std::sync::Arc;

use rhai::{Dynamic, Module};

use crate::script::api::connection::Connection;
use crate::script::host::Host;
use bench::OWN;

/// The name under which a test sees its server.
pub(crate) const SERVER: &str = "server";

/// Adds the functions, where the host is that of a test.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    if let Some(bench) = &host.bench {
        serving::register(module, host, bench);
        asserting::register(module, bench);
        effects::register(module, bench);
    }
}

/// What a test sees besides its functions: its server.
pub(crate) fn given(host: &Host) -> Vec<(&'static str, Dynamic)> {
    let bench = host.bench.iter();
    bench
        .filter_map(|bench| bench.server(OWN).ok())
        .map(|run| (SERVER, Dynamic::from(Connection(run))))
        .collect()
}
