//! Lists as lazy loops: `for c in all_clients(#{ status: "Active" }) { … }`.
//!
//! A list is read once, page by page ahead of the loop; a second loop over it
//! is an error rather than silently empty. `break` stops the reading.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rhai::{Array, Dynamic, Map, Module};

use crate::catalog::{self, Action};
use crate::run::{Run, Walk};
use crate::script::api::connection::Connection;
use crate::script::api::{checked, named};
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::host::{Host, Output};
use crate::script::raise::Raised;

/// What a list gives a script, record by record.
type Record = Fallible<Dynamic>;

/// A list being read; clones read the same one.
#[derive(Clone)]
pub(crate) struct Records(Arc<Source>);

struct Source {
    run: Arc<Run>,
    walk: Walk,
    output: Arc<dyn Output>,
    is_looped: AtomicBool,
}

impl Records {
    /// The next record, `None` after the last.
    pub(crate) fn take(&self) -> Option<Record> {
        let Source {
            run, walk, output, ..
        } = &*self.0;
        let record = walk.take();
        for warning in walk.warnings() {
            output.note(&format!("`{}`: {warning}", walk.action().name));
        }
        Some(match record? {
            Ok(record) => Ok(named(run, record)),
            Err(error) => Err(Raised::of_call(error).into()),
        })
    }

    /// The list action that is read.
    pub(crate) fn action(&self) -> &'static Action {
        self.0.walk.action()
    }

    /// The field that tells a record from the others of its list.
    pub(crate) fn key(&self) -> Option<&'static str> {
        self.action().list.as_ref()?.key
    }

    /// Loops over the records, if no loop did before.
    pub(crate) fn iterate(self) -> Box<dyn Iterator<Item = Record> + Send> {
        if self.0.is_looped.swap(true, Ordering::SeqCst) {
            let name = self
                .0
                .walk
                .action()
                .walk
                .unwrap_or(self.0.walk.action().function);
            let raised = Raised::new("list", format!("this `{name}` was looped over before")).hint(
                format!("call `{name}` again, or keep the records with `{name}(…).to_array()`"),
            );
            return Box::new(std::iter::once(Err(raised.into())));
        }
        Box::new(std::iter::from_fn(move || self.take()))
    }
}

/// Adds `all_…` for every list action, and the type they return.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    module.set_custom_type::<Records>("records");
    module.set_iter_result(TypeId::of::<Records>(), |records| {
        records.cast::<Records>().iterate()
    });
    register_methods(module);
    for action in catalog::actions() {
        if let Some(name) = action.walk {
            register_walk(module, host, action, name);
        }
    }
}

fn register_methods(module: &mut Module) {
    let method = |name: &str, result: &str, about: &str| {
        function(name, &["records: records", result], about)
    };
    method("next", "map", "Takes the next record; `()` after the last.")
        .set_into_module(module, |records: &mut Records| {
            records.take().unwrap_or(Ok(Dynamic::UNIT))
        });
    method(
        "to_array",
        "array",
        "Takes the records that are left into an array.\n\
         ```rhai\n\
         let clients = all_clients(#{ status: \"Active\" }).to_array();\n\
         ```",
    )
    .set_into_module(module, |records: &mut Records| {
        records.clone().iterate().collect::<Fallible<Array>>()
    });
    method(
        "count",
        "int",
        "Takes the records that are left and counts them.",
    )
    .set_into_module(module, |records: &mut Records| -> Fallible<i64> {
        let mut count = 0;
        for record in records.clone().iterate() {
            let _ = record?;
            count += 1;
        }
        Ok(count)
    });
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |records: &mut Records| {
            format!("records of {}", records.0.walk.action().name)
        });
    }
}

fn register_walk(
    module: &mut Module,
    host: &Arc<Host>,
    action: &'static Action,
    name: &'static str,
) {
    let about = format!("{}: every record, page by page", action.summary);
    let describe = |signature: &[&str]| function(name, signature, &about);
    let own = Arc::clone(host);
    describe(&["params: map", "records"]).set_into_module(module, move |params: Map| {
        walk(&own, &own.run, action, params)
    });
    let own = Arc::clone(host);
    describe(&["records"])
        .set_into_module(module, move || walk(&own, &own.run, action, Map::new()));
    let other = Arc::clone(host);
    describe(&["connection: connection", "params: map", "records"])
        .set_into_module(module, move |to: &mut Connection, params: Map| {
            walk(&other, &to.0, action, params)
        });
    let other = Arc::clone(host);
    describe(&["connection: connection", "records"])
        .set_into_module(module, move |to: &mut Connection| {
            walk(&other, &to.0, action, Map::new())
        });
}

fn walk(host: &Host, run: &Arc<Run>, action: &'static Action, params: Map) -> Fallible<Records> {
    let params = checked(host, action, params)?;
    let walk = run.walk(action, params).ok_or_else(|| {
        // The catalog gives a walk's name to list actions alone.
        Raised::new("list", format!("`{}` returns no list", action.name))
    })?;
    Ok(Records(Arc::new(Source {
        run: Arc::clone(run),
        walk,
        output: Arc::clone(&host.output),
        is_looped: AtomicBool::new(false),
    })))
}
