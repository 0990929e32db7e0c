//! Lists as lazy loops: `for c in all_clients(#{ status: "Active" }) { … }`.
//!
//! A list is read once, page by page ahead of the loop; a second loop over it
//! is an error rather than silently empty. `break` stops the reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rhai::{Dynamic, Map, Module, NativeCallContext};

use crate::catalog::{self, Action};
use crate::run::{Run, Walk};
use crate::script::api::connection::Connection;
use crate::script::api::lazy::{self, Lazy};
use crate::script::api::{checked, map_given, named};
use crate::script::engine::function::{Fallible, function};
use crate::script::host::{Host, ListsRead, Output};
use crate::script::raise::Raised;
use crate::secrets::cover_text;

/// A list being read; clones read the same one.
#[derive(Clone)]
pub(crate) struct Records(Arc<Source>);

struct Source {
    run: Arc<Run>,
    lists: ListsRead,
    walk: Walk,
    output: Arc<dyn Output>,
    is_looped: AtomicBool,
}

impl Records {
    /// The list action that is read.
    pub(crate) fn action(&self) -> &'static Action {
        self.0.walk.action()
    }

    /// What is read, in words that tell it from another reading.
    pub(crate) fn asked(&self) -> String {
        format!("{}:{:?}", self.action().name, self.0.walk.params())
    }

    /// The field that tells a record from the others of its list.
    pub(crate) fn key(&self) -> Option<&'static str> {
        self.action().list.as_ref()?.key
    }
}

impl Lazy for Records {
    const KIND: &'static str = "records";
    const ITEM: &'static str = "record";
    const KEPT: &'static str = r#"let clients = all_clients(#{ status: "Active" }).to_array();"#;

    fn take(&self) -> Option<Fallible<Dynamic>> {
        let Source {
            run, walk, output, ..
        } = &*self.0;
        let record = walk.take();
        for warning in walk.warnings() {
            let words = format!("`{}`: {warning}", walk.action().name);
            output.note(&cover_text(&words));
        }
        Some(match record? {
            Ok(record) => {
                let action = walk.action();
                self.0.lists.note(action.name);
                Ok(named(
                    run,
                    record,
                    action.list_fields().map(|fields| (action, fields)),
                ))
            }
            Err(error) => Err(Raised::of_call(error).into()),
        })
    }

    fn claim(&self) -> Result<(), Raised> {
        if !self.0.is_looped.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let name = self.action().walk.unwrap_or(self.action().function);
        let what = format!("this `{name}` was looped over before");
        Err(Raised::new("list", what).hint(format!(
            "call `{name}` again, or keep the records with `{name}(…).to_array()`"
        )))
    }

    fn describe(&self) -> String {
        format!("records of {}", self.action().name)
    }
}

/// Adds `all_…` for every list action, and the type they return.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    lazy::register::<Records>(module);
    for action in catalog::actions() {
        if let Some(name) = action.walk {
            register_walk(module, host, action, name);
        }
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
    describe(&["params: map", "records"]).set_into_module(
        module,
        move |context: NativeCallContext, params: Dynamic| {
            walk(&own, &own.run, action, map_given(&context, params)?)
        },
    );
    let own = Arc::clone(host);
    describe(&["records"])
        .set_into_module(module, move || walk(&own, &own.run, action, Map::new()));
    let other = Arc::clone(host);
    describe(&["connection: connection", "params: map", "records"]).set_into_module(
        module,
        move |context: NativeCallContext, to: &mut Connection, params: Dynamic| {
            walk(&other, &to.0, action, map_given(&context, params)?)
        },
    );
    let other = Arc::clone(host);
    describe(&["connection: connection", "records"])
        .set_into_module(module, move |to: &mut Connection| {
            walk(&other, &to.0, action, Map::new())
        });
}

fn walk(host: &Host, run: &Arc<Run>, action: &'static Action, params: Map) -> Fallible<Records> {
    let params = checked(run, action, params)?;
    let walk = run.walk(action, params).ok_or_else(|| {
        // The catalog gives a walk's name to list actions alone.
        Raised::new("list", format!("`{}` returns no list", action.name))
    })?;
    Ok(Records(Arc::new(Source {
        run: Arc::clone(run),
        lists: host.lists.clone(),
        walk,
        output: Arc::clone(&host.output),
        is_looped: AtomicBool::new(false),
    })))
}
