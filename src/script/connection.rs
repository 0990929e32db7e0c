//! A connection to a second server, opened with `connect("profile")`.

use std::sync::Arc;

use rhai::{EvalAltResult, FuncRegistration, ImmutableString, Module};

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
    FuncRegistration::new("connect")
        .with_volatility(true)
        .with_params_info(["profile: string", "connection"])
        .with_comments(["/// Open a connection to another profile's server"])
        .set_into_module(module, move |profile: ImmutableString| {
            open(&host, &profile)
        });
    for name in ["to_string", "to_debug"] {
        FuncRegistration::new(name)
            .with_volatility(true)
            .set_into_module(module, |connection: &mut Connection| {
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
