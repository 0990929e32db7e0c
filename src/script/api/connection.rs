//! A connection to a second server, opened with `connect("profile")`.

use std::sync::Arc;

use rhai::{EvalAltResult, ImmutableString, Module};

use crate::run::Run;
use crate::script::engine::function::{function, operator};
use crate::script::host::Host;
use crate::script::raise::Raised;

/// A run against another profile, as a script holds it.
#[derive(Clone)]
pub(crate) struct Connection(pub(crate) Arc<Run>);

/// Adds `connect` and the connection type.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
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
