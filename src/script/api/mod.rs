//! Every action of the catalog as a native function.
//!
//! `add_client(#{…})` and `add_client()` go to the run's own server,
//! `old.add_client(#{…})` and `add_client(old, #{…})` to a connection's. What
//! the catalog does not know goes through `call("AnyAction", #{…})`, which
//! sends what it is told.

#[cfg(test)]
mod calls_tests;
pub(crate) mod clients;
pub(crate) mod connection;
mod custom_fields;
#[cfg(test)]
mod failure_tests;
pub(crate) mod lazy;
mod omitted;
pub(crate) mod origin;
pub(crate) mod pages;
pub(crate) mod reply;
pub(crate) mod upsert;
pub(crate) mod values;

use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, ImmutableString, Map, Module, NativeCallContext, Position};

use serde_json::Value;

use crate::catalog::{self, Action, Fields};
use crate::client::{ActionRef, CallError, CustomKind, Params, Reply};
use crate::run::scope::{self, Place};
use crate::run::{Run, STRICT};
use crate::script::api::connection::Connection;
use crate::script::bulk::state::{note_reply, note_write};
use crate::script::engine::function::{Fallible, function};
use crate::script::engine::keywords::CALL;
use crate::script::files::json::to_dynamic;
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::not_kept;
use crate::script::value::record;
use crate::script::value::{joined, remainder};

/// Adds every action, and `call` for those the catalog does not know.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    for action in catalog::actions() {
        register_action(module, host, action);
    }
    register_call(module, host);
    register_call_on_connection(module, host);
    custom_fields::register(module);
}

fn register_action(module: &mut Module, host: &Arc<Host>, action: &'static Action) {
    let describe = |signature: &[&str]| function(action.function, signature, action.summary);
    let own = Arc::clone(host);
    describe(&["params: map", "map"]).set_into_module(
        module,
        move |context: NativeCallContext, params: Dynamic| {
            let params = map_given(&context, params)?;
            at(&context, || call_known(&own, &own.run, action, params))
        },
    );
    let own = Arc::clone(host);
    describe(&["map"]).set_into_module(module, move |context: NativeCallContext| {
        at(&context, || call_known(&own, &own.run, action, Map::new()))
    });
    let other = Arc::clone(host);
    describe(&["connection: connection", "params: map", "map"]).set_into_module(
        module,
        move |context: NativeCallContext, to: &mut Connection, params: Dynamic| {
            let params = map_given(&context, params)?;
            at(&context, || call_known(&other, &to.0, action, params))
        },
    );
    let other = Arc::clone(host);
    describe(&["connection: connection", "map"]).set_into_module(
        module,
        move |context: NativeCallContext, to: &mut Connection| {
            at(&context, || call_known(&other, &to.0, action, Map::new()))
        },
    );
}

fn register_call(module: &mut Module, host: &Arc<Host>) {
    let about = "Calls any action by its name. An unknown action is taken for a write; \
        `repeatable: true` says that sending it twice does no harm, `read: true` that it changes \
        nothing.\n```rhai\nlet reply = call(\"MyAction\", #{ id: 7 }, #{ repeatable: true });\n```";
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
    describe(1).set_into_module(
        module,
        move |context: NativeCallContext, name: ImmutableString| {
            at(&context, || {
                call_any(&own, &own.run, &name, Map::new(), Map::new())
            })
        },
    );
    let own = Arc::clone(host);
    describe(2).set_into_module(
        module,
        move |context: NativeCallContext, name: ImmutableString, params: Dynamic| {
            let params = map_given(&context, params)?;
            at(&context, || {
                call_any(&own, &own.run, &name, params, Map::new())
            })
        },
    );
    let own = Arc::clone(host);
    describe(3).set_into_module(
        module,
        move |context: NativeCallContext, name: ImmutableString, params: Dynamic, options: Map| {
            let params = map_given(&context, params)?;
            at(&context, || {
                call_any(&own, &own.run, &name, params, options)
            })
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
    describe(2).set_into_module(
        module,
        move |context: NativeCallContext, to: &mut Connection, name: ImmutableString| {
            at(&context, || {
                call_any(&other, &to.0, &name, Map::new(), Map::new())
            })
        },
    );
    let other = Arc::clone(host);
    describe(3).set_into_module(
        module,
        move |context: NativeCallContext,
              to: &mut Connection,
              name: ImmutableString,
              params: Dynamic| {
            let params = map_given(&context, params)?;
            at(&context, || {
                call_any(&other, &to.0, &name, params, Map::new())
            })
        },
    );
    let other = Arc::clone(host);
    describe(4).set_into_module(
        module,
        move |context: NativeCallContext,
              to: &mut Connection,
              name: ImmutableString,
              params: Dynamic,
              options: Map| {
            let params = map_given(&context, params)?;
            at(&context, || call_any(&other, &to.0, &name, params, options))
        },
    );
}

/// What a call is given, where a map is asked for; a record is one.
pub(crate) fn map_given(context: &NativeCallContext, given: Dynamic) -> Fallible<Map> {
    let kind = given.type_name();
    record::opened(given).try_cast::<Map>().ok_or_else(|| {
        let signature = format!("{} ({kind})", context.fn_name());
        EvalAltResult::ErrorFunctionNotFound(signature, Position::NONE).into()
    })
}

/// Makes the calls of the body at the place of the script that the context is of.
fn at<T>(context: &NativeCallContext, body: impl FnOnce() -> T) -> T {
    let position = context.call_position();
    let place = position.line().zip(position.position());
    let place = place.map(|(line, column)| Place {
        script: context.call_source().unwrap_or_default().into(),
        line,
        column,
    });
    scope::at(place, body)
}

fn call_known(host: &Host, run: &Run, action: &'static Action, params: Map) -> Fallible<Dynamic> {
    let params = params_of(action, params)?;
    send(host, run, &ActionRef::Known(action), &params)
}

fn call_any(host: &Host, run: &Run, name: &str, params: Map, options: Map) -> Fallible<Dynamic> {
    if let Some(meant) = catalog::disguised(name) {
        let what = format!("`{name}` is not the name of an action; nothing was sent");
        let hint = format!("did you mean `{}`?", meant.name);
        return Err(Raised::new("parameter", what).hint(hint).into());
    }
    let action = match catalog::action(name) {
        Some(action) => ActionRef::Known(action),
        None => ActionRef::Other {
            name: name.to_owned(),
            kind: custom_kind(options)?,
        },
    };
    let params = match action {
        ActionRef::Known(action) => params_of(action, params)?,
        ActionRef::Other { .. } => values::params(params)?,
    };
    send(host, run, &action, &params)
}

/// Refuses amounts that have lost a remainder, and those that are two joined to one.
fn whole_amounts(action: &Action, params: &Map) -> Result<(), Raised> {
    let mut params = params.iter();
    params.try_for_each(|(name, value)| {
        remainder::refuse_in(action, name, value)?;
        joined::refuse_in(action, name, value)
    })
}

/// What the options of `call` say of an action the catalog does not know.
fn custom_kind(options: Map) -> Result<CustomKind, Raised> {
    let mut kind = CustomKind::Write;
    for (name, value) in options {
        let said = match name.as_str() {
            "read" => CustomKind::Read,
            "repeatable" => CustomKind::Repeatable,
            _ => {
                let unknown = format!("`call` has no option `{name}`");
                return Err(Raised::new("parameter", unknown)
                    .hint("its options are `repeatable: true` and `read: true`"));
            }
        };
        let is_so = value
            .as_bool()
            .map_err(|_| Raised::new("parameter", format!("`{name}` must be `true` or `false`")))?;
        if is_so && kind != CustomKind::Read {
            kind = said;
        }
    }
    Ok(kind)
}

/// The parameters of a catalog action as a call has them; the run refuses what cannot be meant.
fn params_of(action: &'static Action, params: Map) -> Result<Params, Raised> {
    whole_amounts(action, &params)?;
    let omitted = omitted::names(&params);
    let params = values::params(params)?;
    omitted::check(action, &omitted, &params)?;
    Ok(params)
}

/// The parameters of a call that is made later, refused where the run would refuse it.
fn checked(run: &Run, action: &'static Action, params: Map) -> Result<Params, Raised> {
    let params = params_of(action, params)?;
    run.check(&ActionRef::Known(action), &params)
        .map_err(Raised::of_call)?;
    Ok(params)
}

fn send(host: &Host, run: &Run, action: &ActionRef, params: &Params) -> Fallible<Dynamic> {
    let result = run.call(action, params);
    if let (ActionRef::Known(action), Ok(reply)) = (action, &result)
        && let Some(told) = run.partial(action, params, &reply.body)
    {
        host.note(&told);
    }
    given(host, run, action, result)
}

/// What a call gives a script; the server's warnings are shown, and fail the call where
/// the user wants that.
fn given(
    host: &Host,
    run: &Run,
    action: &ActionRef,
    result: Result<Reply, CallError>,
) -> Fallible<Dynamic> {
    let mut reply = result.map_err(Raised::of_call)?;
    note_reply(action.name(), &reply);
    if action.is_write() {
        note_write(&reply);
    }
    not_kept::mark(action, &mut reply);
    for warning in &reply.warnings {
        host.note(&format!("`{}`: {warning}", action.name()));
    }
    if host.limits.strict
        && let Some(warning) = reply.said_warnings().first()
    {
        return Err(warned(action, warning).into());
    }
    let known = match action {
        ActionRef::Known(action) => Some((*action, action.fields())),
        ActionRef::Other { .. } => None,
    };
    let is_list = match action {
        ActionRef::Known(action) => action.list.is_some(),
        ActionRef::Other { .. } => reply.body.values().any(holds_records),
    };
    if is_list {
        host.lists.note(action.name());
    }
    Ok(named(run, Value::Object(reply.body), known))
}

/// Whether a reply that nothing is known of has a list of records.
fn holds_records(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(Value::is_object),
        Value::Object(fields) => fields.values().any(holds_records),
        _ => false,
    }
}

/// The error of a success that came with a warning.
fn warned(action: &ActionRef, warning: &str) -> Raised {
    let name = action.name();
    let what = if action.is_write() {
        format!("WHMCS carried out `{name}` with a warning: \"{warning}\"")
    } else {
        format!("WHMCS answered `{name}` with a warning: \"{warning}\"")
    };
    Raised::new("warning", what).hint(format!(
        "the call is not made again when the run is resumed; without `{STRICT}`, a warning does \
         not fail the call"
    ))
}

/// What a server gave, with the names its custom fields go by, and what the catalog knows of it.
pub(crate) fn named(
    run: &Run,
    mut given: Value,
    known: Option<(&'static Action, &'static Fields)>,
) -> Dynamic {
    run.custom_fields().name_in(&mut given);
    match known {
        Some((action, fields)) => reply::of_reply(given, action, fields),
        None => to_dynamic(given),
    }
}
