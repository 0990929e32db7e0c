//! Every action of the catalog as a native function.
//!
//! `add_client(#{…})` and `add_client()` go to the run's own server,
//! `old.add_client(#{…})` and `add_client(old, #{…})` to a connection's. What
//! the catalog does not know goes through `call("AnyAction", #{…})`, which
//! sends what it is told.

use std::sync::Arc;

use rhai::{Dynamic, ImmutableString, Map, Module};

use serde_json::Value;

use super::connection::Connection;
use super::function::{Fallible, function};
use super::host::Host;
use super::json::to_dynamic;
use super::keywords::CALL;
use super::raise::Raised;
use super::values;
use crate::catalog::{self, Action};
use crate::client::{ActionRef, Params};
use crate::run::Run;

/// Adds every action, and `call` for those the catalog does not know.
pub(super) fn register(module: &mut Module, host: &Arc<Host>) {
    for action in catalog::actions() {
        register_action(module, host, action);
    }
    register_call(module, host);
    register_call_on_connection(module, host);
}

fn register_action(module: &mut Module, host: &Arc<Host>, action: &'static Action) {
    let describe = |signature: &[&str]| function(action.function, signature, action.summary);
    let own = Arc::clone(host);
    describe(&["params: map", "map"]).set_into_module(module, move |params: Map| {
        call_known(&own, &own.run, action, params)
    });
    let own = Arc::clone(host);
    describe(&["map"]).set_into_module(module, move || {
        call_known(&own, &own.run, action, Map::new())
    });
    let other = Arc::clone(host);
    describe(&["connection: connection", "params: map", "map"])
        .set_into_module(module, move |to: &mut Connection, params: Map| {
            call_known(&other, &to.0, action, params)
        });
    let other = Arc::clone(host);
    describe(&["connection: connection", "map"])
        .set_into_module(module, move |to: &mut Connection| {
            call_known(&other, &to.0, action, Map::new())
        });
}

fn register_call(module: &mut Module, host: &Arc<Host>) {
    let about = "Calls any action by its name, also one the catalog does not know; \
                 `repeatable: true` says that sending it twice does no harm.\n\
                 ```rhai\n\
                 let reply = call(\"MyAction\", #{ id: 7 }, #{ repeatable: true });\n\
                 ```";
    let signature = ["action: string", "params: map", "options: map", "map"];
    let describe = |taken: usize| {
        let signature: Vec<&str> = signature[..taken]
            .iter()
            .chain(&signature[3..])
            .copied()
            .collect();
        function(CALL, &signature, about)
    };
    let own = Arc::clone(host);
    describe(1).set_into_module(module, move |name: ImmutableString| {
        call_any(&own, &own.run, &name, Map::new(), Map::new())
    });
    let own = Arc::clone(host);
    describe(2).set_into_module(module, move |name: ImmutableString, params: Map| {
        call_any(&own, &own.run, &name, params, Map::new())
    });
    let own = Arc::clone(host);
    describe(3).set_into_module(
        module,
        move |name: ImmutableString, params: Map, options: Map| {
            call_any(&own, &own.run, &name, params, options)
        },
    );
}

fn register_call_on_connection(module: &mut Module, host: &Arc<Host>) {
    let about = "Calls any action of another server by its name.\n\
                 ```rhai\n\
                 let old = connect(\"old\");\n\
                 let reply = call(old, \"MyAction\", #{ id: 7 });\n\
                 ```";
    let signature = [
        "connection: connection",
        "action: string",
        "params: map",
        "options: map",
        "map",
    ];
    let describe = |taken: usize| {
        let signature: Vec<&str> = signature[..taken]
            .iter()
            .chain(&signature[4..])
            .copied()
            .collect();
        function(CALL, &signature, about)
    };
    let other = Arc::clone(host);
    describe(2).set_into_module(module, move |to: &mut Connection, name: ImmutableString| {
        call_any(&other, &to.0, &name, Map::new(), Map::new())
    });
    let other = Arc::clone(host);
    describe(3).set_into_module(
        module,
        move |to: &mut Connection, name: ImmutableString, params: Map| {
            call_any(&other, &to.0, &name, params, Map::new())
        },
    );
    let other = Arc::clone(host);
    describe(4).set_into_module(
        module,
        move |to: &mut Connection, name: ImmutableString, params: Map, options: Map| {
            call_any(&other, &to.0, &name, params, options)
        },
    );
}

fn call_known(host: &Host, run: &Run, action: &'static Action, params: Map) -> Fallible<Dynamic> {
    let params = checked(host, action, params)?;
    send(host, run, &ActionRef::Known(action), &params)
}

fn call_any(host: &Host, run: &Run, name: &str, params: Map, options: Map) -> Fallible<Dynamic> {
    let action = match catalog::action(name) {
        Some(action) => ActionRef::Known(action),
        None => ActionRef::Other {
            name: name.to_owned(),
            repeatable: repeatable(options)?,
        },
    };
    send(host, run, &action, &values::params(params)?)
}

fn repeatable(options: Map) -> Result<bool, Raised> {
    let mut repeatable = false;
    for (name, value) in options {
        if name != "repeatable" {
            return Err(
                Raised::new("parameter", format!("`call` has no option `{name}`"))
                    .hint("its only option is `repeatable`, for actions that may be sent twice"),
            );
        }
        repeatable = value
            .as_bool()
            .map_err(|_| Raised::new("parameter", "`repeatable` is either `true` or `false`"))?;
    }
    Ok(repeatable)
}

/// The parameters of a catalog action, refused where the catalog knows better.
pub(super) fn checked(host: &Host, action: &'static Action, params: Map) -> Result<Params, Raised> {
    let params = values::params(params)?;
    for (name, value) in &params {
        let problem = match catalog::check_name(action, name) {
            Ok(param) => catalog::check_value(action, param, name, value).err(),
            Err(catalog::Problem::UnknownParameter { .. }) if host.allow_unknown => None,
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem {
            let raised = Raised::new("parameter", format!("{problem}; nothing was sent"));
            return Err(match problem.hint() {
                Some(hint) => raised.hint(hint),
                None => raised,
            });
        }
    }
    Ok(params)
}

fn send(host: &Host, run: &Run, action: &ActionRef, params: &Params) -> Fallible<Dynamic> {
    let reply = run.call(action, params).map_err(Raised::from)?;
    for warning in reply.warnings {
        host.output.note(&format!("`{}`: {warning}", action.name()));
    }
    Ok(to_dynamic(Value::Object(reply.body)))
}
