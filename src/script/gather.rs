//! `gather(rows, |row| …)`: many things read at once, in the order of the rows.
//!
//! Where a loop would wait for one reply after the other, this keeps as many calls
//! under way as `bulk` does. It is for reads: the order in which its calls are made is
//! left to chance, so that a resumed run could not tell one write from another.

pub(crate) mod gathered;

use rhai::{Dynamic, FnPtr, Map, Module, NativeCallContext};

use crate::run::bulk::gather::Gather;
use crate::run::resume;
use crate::run::scope;
use crate::script::api::lazy::{self, Lazy as _};
use crate::script::api::origin;
use crate::script::api::pages::Records;
use crate::script::bulk::captures::{copied, detached, reachable};
use crate::script::bulk::options::{WORKERS, workers};
use crate::script::bulk::{check_arity, state, writes};
use crate::script::csv::Rows;
use crate::script::csv::row::Row;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::Factory;
use crate::script::engine::function::{Fallible, function};
use crate::script::frozen::Frozen;
use crate::script::gather::gathered::{GatherSource, Gathered};
use crate::script::raise::Raised;
use crate::secrets::{self, Held};

pub(crate) use gathered::NAME;

/// What an option may be called.
pub(crate) const OPTIONS: [&str; 1] = ["workers"];

/// The function `gather`, whose workers get their engines from that factory.
pub(crate) fn module(factory: &Factory) -> Module {
    let mut module = Module::new();
    let own = factory.clone();
    let rows = "rows: array|rows|records|gathered|frozen";
    function(
        NAME,
        &[rows, "read: function", Gathered::KIND],
        "What a closure returns for every row, in the order of the rows, many at once; for reads \
         only.\n```rhai\nlet services = |client| get_clients_products(#{ clientid: client.id \
         });\nfor found in gather(all_clients(), services) { print(found.clientid) }\n```",
    )
    .set_into_module(
        &mut module,
        move |context: NativeCallContext, rows: Dynamic, read: FnPtr| {
            gather(&own, &context, &rows, &Map::new(), &read)
        },
    );
    let own = factory.clone();
    function(
        NAME,
        &[rows, "options: map", "read: function", Gathered::KIND],
        "What a closure returns for every row; the option `workers` says how many run at \
         once.\n```rhai\nlet ids = [1, 2, 3];\nlet found = gather(ids, #{ workers: 2 }, |id| \
         get_clients_details(#{ clientid: id }));\nprint(found.count())\n```",
    )
    .set_into_module(
        &mut module,
        move |context: NativeCallContext, rows: Dynamic, options: Map, read: FnPtr| {
            gather(&own, &context, &rows, &options, &read)
        },
    );
    module
}

fn gather(
    factory: &Factory,
    context: &NativeCallContext,
    rows: &Dynamic,
    options: &Map,
    read: &FnPtr,
) -> Fallible<Gathered> {
    if state::is_inside() || scope::is_reading() {
        let what = "`gather` cannot be called in a row of `bulk` or of another `gather`";
        return Err(Raised::new("script", what)
            .hint("use `for` in the row: the rows themselves already run at the same time")
            .into());
    }
    let workers = match factory.host().limits.workers {
        Some(ordered) => ordered,
        None => wanted(options)?,
    };
    if let Some(write) = writes::find(factory.sources(), read) {
        return write.refuse(NAME, context.call_position());
    }
    check_arity(NAME, factory, context, read)?;
    let (values, source) = values(rows)?;
    let closure = detached(read)?;
    let factory = factory.clone();
    let global = reachable(context.global_runtime_state(), read);
    let position = context.call_position();
    let secrets = secrets::held();
    let worker = move || {
        secrets::hold_all(&secrets);
        let engine = factory.engine();
        let closure = detached(&closure);
        let global = global.clone();
        move |value: Dynamic| -> Fallible<(Dynamic, Held)> {
            let context =
                NativeCallContext::new_with_all_fields(&engine, NAME, None, &global, position);
            let closure = closure.as_ref().map_err(Clone::clone)?;
            let given = scope::reading(|| closure.call_raw(&context, None, [value]));
            Ok((copied(&given?)?, secrets::held()))
        }
    };
    let values = Gather::new(values, workers, worker)
        .map_err(|error| Raised::new("script", format!("no thread for `{NAME}`: {error}")))?;
    Ok(Gathered::new(values, source))
}

/// How many are to be read at once.
fn wanted(options: &Map) -> Result<usize, Raised> {
    let mut wanted = WORKERS;
    for (name, value) in options {
        if name != OPTIONS[0] {
            let what = format!("`{NAME}` has no option `{name}`");
            return Err(Raised::new("value", what).hint(suggestion(name, OPTIONS)));
        }
        wanted = workers(NAME, name, value)?;
    }
    Ok(wanted)
}

/// Values that come one after the other.
type Values = Box<dyn Iterator<Item = Fallible<Dynamic>> + Send>;

/// What is gathered for, value by value, and where it is from.
fn values(rows: &Dynamic) -> Fallible<(Values, GatherSource)> {
    let mut source = GatherSource::default();
    if let Ok(items) = rows.as_array_ref() {
        source.list = items.iter().find_map(origin::of_server);
        source.begun = items
            .iter()
            .find_map(|item| item.read_lock::<Row>()?.done_before());
        resume::saw(source.begun);
        let items: Result<Vec<_>, _> = items.iter().map(copied).collect();
        return Ok((Box::new(items?.into_iter().map(Ok)), source));
    }
    if let Some(records) = rows.read_lock::<Records>() {
        source.list = Some(records.action());
        return Ok((lazy::iterate(records.clone()), source));
    }
    if let Some(gathered) = rows.read_lock::<Gathered>() {
        return Ok((lazy::iterate(gathered.clone()), gathered.source()));
    }
    if let Some(frozen) = rows.read_lock::<Frozen>() {
        return Ok((lazy::iterate(frozen.clone()), source));
    }
    if let Some(rows) = rows.read_lock::<Rows>() {
        source.begun = rows.look_ahead()?;
        let rows = rows.clone().into_iter();
        return Ok((Box::new(rows.map(|row| row.map(Dynamic::from))), source));
    }
    let kind = a_kind(kind(rows.type_name()));
    Err(
        Raised::new("value", format!("`{NAME}` cannot loop over {kind}"))
            .hint(
                "use an array, `csv(…)`, `sheet(…)`, `rows(…)`, or a list such as \
                 `all_clients()`",
            )
            .into(),
    )
}

#[cfg(test)]
mod tests;
