//! A connection to a second server, opened with `connect("profile")`.

use std::sync::Arc;

use rhai::{EvalAltResult, ImmutableString, Module};

use super::function::{function, operator};
use super::host::Host;
use super::raise::Raised;
use crate::run::Run;

/// A run against another profile, as a script holds it.
#[derive(Clone)]
pub(super) struct Connection(pub(super) Arc<Run>);

/// Adds `connect` and the connection type.
pub(super) fn register(module: &mut Module, host: &Arc<Host>) {
    module.set_custom_type::<Connection>("connection");
    let host = Arc::clone(host);
    function(
        "connect",
        &["profile: string", "connection"],
        "Opens a connection to another profile's server; every action can be called on it.\n\
         ```rhai\n\
         let old = connect(\"old\");\n\
         for client in old.all_clients() { print(client.email) }\n\
         ```",
    )
    .set_into_module(module, move |profile: ImmutableString| {
        open(&host, &profile)
    });
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |connection: &mut Connection| {
            format!("connection to {}", connection.0.server().name)
        });
    }
}

fn open(host: &Host, profile: &str) -> Result<Connection, Box<EvalAltResult>> {
    let run = (host.connect)(profile).map_err(|failure| {
        let raised = Raised::new("profile", failure.what);
        match failure.hint {
            Some(hint) => raised.hint(hint),
            None => raised,
        }
    })?;
    Ok(Connection(run))
}
