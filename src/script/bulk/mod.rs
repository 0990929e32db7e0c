//! `bulk(rows, |row| …)`: a loop whose rows run at the same time.
//!
//! Rows run on worker threads, each with an engine of its own and private,
//! read-only copies of what the closure captured; only `counter()` is shared.
//! What would go wrong in every row is refused before the first: a closure that
//! changes what it captured, keys that are missing or the same. A row ends for
//! itself; what ends all of them is an error the server refuses us with, `exit`,
//! Ctrl-C, or too many failures.

mod captures;
pub(crate) mod counter;
mod keys;
mod options;
mod rows;
#[cfg(test)]
mod rows_tests;
pub(crate) mod sink;
pub(crate) mod state;
#[cfg(test)]
mod tests;
mod worker;
mod writes;

use std::sync::Arc;
use std::time::Duration;

use rhai::{Dynamic, EvalAltResult, FnPtr, Map, Module, NativeCallContext, Position};
use serde_json::Map as Object;

use crate::run::bulk::{self, Ended, Pace, Progress, Row, Why};
use crate::run::journal::RowState;
use crate::script::bulk::options::Options;
use crate::script::bulk::rows::{Feed, Item, cells};
use crate::script::bulk::sink::{Begun, LeftOver, RowEnded, RowSink};
use crate::script::bulk::worker::{Left, Told, Work};
use crate::script::engine::Factory;
use crate::script::engine::function::{Fallible, function};
use crate::script::engine::functions::Functions;
use crate::script::raise::Raised;

/// The function `bulk`, whose workers get their engines from that factory.
pub(crate) fn module(factory: &Factory) -> Module {
    let mut module = Module::new();
    let own = factory.clone();
    function(
        "bulk",
        &["rows: array|rows|records", "work: function", "map"],
        "Runs a closure for every row, many at once, and says how many were `ok`, `failed`, \
         `skipped`, `in_doubt`, `unchanged`, and the `total`; the map it gives for a row \
         becomes columns of the results.\n\
         ```rhai\n\
         let done = bulk([1, 2, 3], |n| #{ double: 2 * n });\n\
         print(`${done.ok} of ${done.total}`);\n\
         ```",
    )
    .set_into_module(
        &mut module,
        move |context: NativeCallContext, rows: Dynamic, work: FnPtr| {
            run(&own, &context, rows, &Map::new(), &work)
        },
    );
    let own = factory.clone();
    function(
        "bulk",
        &[
            "rows: array|rows|records",
            "options: map",
            "work: function",
            "map",
        ],
        "Runs a closure for every row; options: `key`, the column that tells rows apart, \
         `workers`, how many run at once, `lane`, the column whose rows keep their order, \
         `max_failures`, a number or a share such as `\"5%\"`, `rate`, calls a second.\n\
         ```rhai\n\
         let clients = [#{ email: \"jo@example.com\" }, #{ email: \"flo@example.com\" }];\n\
         bulk(clients, #{ key: \"email\", workers: 2 }, |row| #{ user: row.email });\n\
         ```",
    )
    .set_into_module(
        &mut module,
        move |context: NativeCallContext, rows: Dynamic, options: Map, work: FnPtr| {
            run(&own, &context, rows, &options, &work)
        },
    );
    module
}

fn run(
    factory: &Factory,
    context: &NativeCallContext,
    rows: Dynamic,
    options: &Map,
    work: &FnPtr,
) -> Fallible<Map> {
    if state::is_inside() {
        let what = "a row of `bulk` cannot begin a `bulk` of its own";
        return Err(Raised::new("script", what)
            .hint("write `for` in the row: the rows themselves already run at the same time")
            .into());
    }
    let host = factory.host();
    let options = Options::from_map(options)?.under(&host.orders);
    if let Some(write) = writes::find(factory.sources(), work) {
        return write.refuse(context.call_position());
    }
    check_arity(factory, context, work)?;
    let (feed, outset) = Feed::new(rows, &options, factory.next_bulk())?;
    let progress = Arc::new(Progress::default());
    host.rows.begin(&Begun {
        columns: outset.columns.iter().map(ToString::to_string).collect(),
        total: outset.total,
        progress: Arc::clone(&progress),
    });
    let work = Work {
        factory: factory.clone(),
        global: captures::reachable(context.global_runtime_state(), work),
        position: context.call_position(),
        closure: captures::detached(work)?,
        columns: outset.columns,
    };
    let _paced = options
        .rate
        .and_then(Pace::per_second)
        .map(|pace| host.run.paced(pace));
    let schedule = bulk::Options {
        workers: options.workers,
        max_failures: options.max_failures,
        cancel: host.cancel.clone(),
        progress: Arc::clone(&progress),
    };
    Loop {
        sink: &*host.rows,
        work: &work,
        unchanged: 0,
        broken_off: Vec::new(),
        stopped: None,
    }
    .run(feed, &schedule)
}

/// Refuses a function that does not take a row, before every row fails of it.
fn check_arity(factory: &Factory, context: &NativeCallContext, work: &FnPtr) -> Fallible<()> {
    let name = work.fn_name();
    let taken = work.curry().len() + 1;
    let ways = factory.sources().function(name);
    let is_fit = if ways.is_empty() {
        let natives = Functions::of(context.engine());
        natives
            .arities(name)
            .is_some_and(|arities| arities.contains(&taken))
    } else {
        ways.iter().any(|parameters| parameters.len() == taken)
    };
    if is_fit {
        return Ok(());
    }
    let given = if work.is_anonymous() {
        "the closure".to_owned()
    } else {
        format!("`{name}`")
    };
    let what = format!("`bulk` calls {given} with one row, which it does not take");
    Err(Raised::new("value", what)
        .hint("write `bulk(rows, |row| …)`")
        .into())
}

/// A bulk loop that goes on.
struct Loop<'w> {
    sink: &'w dyn RowSink,
    work: &'w Work,
    unchanged: i64,
    /// Rows that were begun and are still to be done.
    broken_off: Vec<Item>,
    /// Why nothing more was begun.
    stopped: Option<Box<EvalAltResult>>,
}

impl Loop<'_> {
    fn run(mut self, mut feed: Feed, schedule: &bulk::Options) -> Fallible<Map> {
        let work = self.work;
        let summary = bulk::run(
            &mut feed,
            schedule,
            |_| work.worker(),
            |row, ended, _, elapsed| self.ended(row, ended, elapsed),
        );
        let stopped = self.stopped.take();
        let why = match summary.why {
            Why::Finished => return Ok(self.counts(&schedule.progress)),
            Why::Failures => limit(schedule).into(),
            Why::Stopped(why) => stopped.unwrap_or_else(|| Raised::new("script", why).into()),
            Why::Interrupted => {
                EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into()
            }
            Why::Source(error) => error,
        };
        self.broken_off
            .extend(summary.unbegun.into_iter().map(|row| row.item));
        self.leave(feed);
        Err(why)
    }

    /// Hands on what became of a row.
    fn ended(&mut self, row: Row<Item>, ended: Ended<Left>, elapsed: Duration) {
        let item = row.item;
        let told = match ended.left {
            Left::Ended(told) => told,
            Left::Past => return,
            Left::Stopped(error) => {
                self.stopped.get_or_insert(error);
                self.broken_off.push(item);
                return;
            }
            Left::Panicked(why) => self.panicked(&item, &why),
        };
        let unchanged = told.is_unchanged();
        self.unchanged += i64::from(unchanged);
        self.sink.row(RowEnded {
            key: item.key,
            number: item.number,
            line: item.line,
            cells: told.cells,
            state: told.state,
            unchanged,
            columns: told.columns,
            error: told.error,
            elapsed,
        });
    }

    fn panicked(&self, item: &Item, why: &str) -> Told {
        let message = format!("the row made whmcsh panic: {why}");
        let hint = "this is a defect of whmcsh: please report it together with the script";
        let error = [("kind", "defect"), ("message", &message), ("hint", hint)];
        let error = error.map(|(key, value)| (key.to_owned(), value.into()));
        Told {
            state: RowState::Failed,
            columns: Object::new(),
            error: Some(error.into_iter().collect()),
            cells: cells(&item.value, &self.work.columns),
        }
    }

    /// Hands on the rows that are still to be done, in their order.
    fn leave(mut self, feed: Feed) {
        self.broken_off.sort_by_key(|item| item.number);
        // What cannot be read any more is not worth a second error.
        let rest = feed.map_while(Result::ok).map(|row| row.item);
        for item in self.broken_off.into_iter().chain(rest) {
            self.sink.left_over(LeftOver {
                cells: cells(&item.value, &self.work.columns),
                number: item.number,
                line: item.line,
            });
        }
    }

    fn counts(&self, progress: &Progress) -> Map {
        let count = |number: u64| Dynamic::from_int(number.cast_signed());
        Map::from([
            ("ok".into(), count(progress.done())),
            ("failed".into(), count(progress.failed())),
            ("skipped".into(), count(progress.skipped())),
            ("in_doubt".into(), count(progress.in_doubt())),
            ("unchanged".into(), self.unchanged.into()),
            ("total".into(), count(progress.ended())),
        ])
    }
}

fn limit(schedule: &bulk::Options) -> Raised {
    let progress = &schedule.progress;
    let failed = progress.failed() + progress.in_doubt();
    let what = format!(
        "stopped after {failed} of {} rows failed: `max_failures` is reached",
        progress.ended()
    );
    Raised::new("limit", what)
}
