//! The list that a script ends with, to be frozen.

use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, Position};
use serde_json::Value;

use crate::catalog::Action;
use crate::error::Failure;
use crate::script::api::lazy;
use crate::script::api::origin;
use crate::script::api::pages::Records;
use crate::script::diagnostic;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::Fallible;
use crate::script::exit::unless_ended;
use crate::script::files::json::to_value;
use crate::script::frozen::Frozen;
use crate::script::gather::gathered::Gathered;
use crate::script::host::Host;
use crate::script::load::Script;
use crate::script::raise::Raised;

/// A record of the list that a script ends with.
pub struct Listed {
    /// The list of the server that it is of, where it is of one.
    pub list: Option<&'static Action>,
    /// What it holds.
    pub record: Value,
}

impl Script {
    /// Runs the script, and hands on the records of the list that it ends with.
    ///
    /// # Errors
    /// The script's own, `take`'s, and that the script ends with no list of records.
    pub fn list(
        &self,
        host: Arc<Host>,
        take: &mut (dyn FnMut(Listed) -> Result<(), Failure> + Send),
    ) -> Result<(), Failure> {
        self.work(host, |factory, engine, ast| {
            let told =
                |error: Box<EvalAltResult>| diagnostic::of_error(factory, self.name(), &error);
            let last = unless_ended(engine.eval_ast::<Dynamic>(ast)).map_err(told)?;
            let unfit = |raised: Raised| told(raised.at(Position::NONE));
            for (item, number) in items(last.flatten()).map_err(unfit)?.zip(1_u64..) {
                take(listed(&item.map_err(told)?, number).map_err(unfit)?)?;
            }
            let completed = factory.writers().complete();
            completed.map_err(unfit)
        })
    }
}

/// What is in a list.
fn items(last: Dynamic) -> Result<Box<dyn Iterator<Item = Fallible<Dynamic>>>, Raised> {
    if let Some(records) = last.read_lock::<Records>() {
        return Ok(lazy::iterate(records.clone()));
    }
    if let Some(gathered) = last.read_lock::<Gathered>() {
        return Ok(lazy::iterate(gathered.clone()));
    }
    if let Some(frozen) = last.read_lock::<Frozen>() {
        return Ok(lazy::iterate(frozen.clone()));
    }
    let kind = a_kind(kind(last.type_name()));
    match last.into_array() {
        Ok(items) => Ok(Box::new(items.into_iter().map(Ok))),
        Err(_) => Err(Raised::new(
            "list",
            format!("the script ends with {kind}, not with a list to freeze"),
        )
        .hint("end the script with the list, without a semicolon, such as `all_clients()`")),
    }
}

fn listed(item: &Dynamic, number: u64) -> Result<Listed, Raised> {
    let record = to_value(item)?;
    if !record.is_object() {
        let kind = a_kind(kind(item.type_name()));
        return Err(Raised::new(
            "list",
            format!("item {number} of the list is {kind}, not a record"),
        )
        .hint("turn them into maps, such as `ids.map(|id| #{ id: id })`"));
    }
    Ok(Listed {
        list: origin::list_of(item),
        record,
    })
}
