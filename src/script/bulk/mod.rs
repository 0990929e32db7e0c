//! `bulk(rows, |row| …)`: a loop whose rows run at the same time.
//!
//! Rows run on worker threads, each with an engine of its own and private,
//! read-only copies of what the closure captured; only `counter()` is shared.
//! What would go wrong in every row is refused before the first: a closure that
//! changes what it captured, keys that are missing or the same. A row ends for
//! itself; what ends all of them is an error the server refuses us with, `exit`,
//! Ctrl-C, or too many failures.

mod again;
mod bulk_run;
pub(crate) mod captures;
pub(crate) mod counter;
#[cfg(test)]
mod ending_tests;
mod identity;
mod keys;
pub(crate) mod options;
mod place;
mod rows;
#[cfg(test)]
mod rows_tests;
mod sharding;
pub(crate) mod sink;
pub(crate) mod skip;
pub(crate) mod state;
#[cfg(test)]
pub(crate) mod tests;
mod which;
mod worker;
pub(crate) mod writes;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::{Dynamic, FnPtr, Map, Module, NativeCallContext};

use crate::run::Pace;
use crate::run::bulk::{self, Limit, Progress};
use crate::run::journal::{JournalError, KeptRows, RowMark, RowMarks, Rules};
use crate::run::resume::Unclear;
use crate::run::scope;
use crate::script::bulk::bulk_run::BulkRun;
use crate::script::bulk::identity::Knowing;
use crate::script::bulk::options::BulkOptions;
use crate::script::bulk::rows::RowFeed;
use crate::script::bulk::sink::{Begun, SourceNow, Unfit};
use crate::script::bulk::worker::Work;
use crate::script::engine::Factory;
use crate::script::engine::function::{Fallible, function};
use crate::script::engine::functions::Functions;
use crate::script::gather::gathered::Gathered;
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::secrets::{self, is_secret};

/// The function `bulk`, whose workers get their engines from that factory.
pub(crate) fn module(factory: &Factory) -> Module {
    let mut module = Module::new();
    let own = factory.clone();
    function(
        "bulk",
        &["rows: array|rows|records|gathered", "work: function", "map"],
        "Runs a closure for every row, many at once, and returns how many were `ok`, `failed`, \
         `skipped`, `in_doubt`, `unchanged`, and the `total`; a map that it returns for a row \
         becomes columns of the results.\n```rhai\nlet done = bulk([1, 2, 3], |n| #{ double: 2 * n \
         });\nprint(`${done.ok} of ${done.total}`);\n```",
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
            "rows: array|rows|records|gathered",
            "options: map",
            "work: function",
            "map",
        ],
        "Runs a closure for every row; options: `key`, the column that identifies rows, \
         `workers`, how many run at once, `lane`, the column whose rows keep their order, \
         `max_failures`, a number or a percentage such as `\"5%\"`, `rate`, calls per second, \
         `empty_keys`, whether rows with an empty key are identified by their content instead of \
         being refused, `own_rows`, whether the rows of a shard come from no list of the server, \
         `redact`, columns that are left out of every file of the \
         run.\n```rhai\nlet clients = [#{ email: \"jo@example.com\" }, #{ email: \
         \"flo@example.com\" }];\nbulk(clients, #{ key: \"email\", workers: 2 }, |row| #{ user: \
         row.email });\n```",
    )
    .set_into_module(
        &mut module,
        move |context: NativeCallContext, rows: Dynamic, options: Map, work: FnPtr| {
            run(&own, &context, rows, &options, &work)
        },
    );
    module
}

/// Rows that went by another key before would be taken for new ones, and done twice.
fn has_same_key(before: Option<String>, key: Option<&str>, rules: Rules) -> Fallible<()> {
    let named = |key: &str| match key {
        "" if rules == Rules::Spelled => "their numbers".to_owned(),
        "" => "their content".to_owned(),
        key => format!("`{key}`"),
    };
    match before {
        Some(before) if before != key.unwrap_or_default() => {
            let (then, now) = (named(&before), named(key.unwrap_or_default()));
            let what = format!(
                "the rows of this loop were identified by {then} when the run began, and now by \
                 {now}: they would be done again"
            );
            Err(Raised::new("script", what)
                .hint("resume the run with the key it began with, or start another run")
                .into())
        }
        _ => Ok(()),
    }
}

/// The error of a loop that may be one of those that are gone from the script.
fn unclear(host: &Host) -> Raised {
    let what = "loops of the run are gone from the script, and this may be one of them: its rows \
        could be lost or done twice; nothing was sent for it";
    let hint = "resume the run with the loops it had, or change only one of them; if this one is \
        new, add `--rows-changed`";
    // A script that catches it would go on without these rows.
    host.run.refuse_all(what, Some(hint));
    Raised::new("rows", what).hint(hint)
}

/// What other shards knew, if their rows have other keys than these; the same only once.
fn other_sources(others: &[KeptRows], marks: &RowMarks) -> Result<Vec<RowMarks>, JournalError> {
    let mut different: Vec<RowMarks> = Vec::new();
    for kept in others {
        let mut is_known = kept.have_keys_of(marks)?;
        for known in &different {
            is_known = is_known || kept.have_keys_of(known)?;
        }
        if !is_known {
            different.push(kept.load()?);
        }
    }
    Ok(different)
}

/// So many rows of a source that the first versions kept nothing of are looked at for one that
/// is like a row which is gone.
const MOST_UNKEPT: usize = 10_000;

/// Compares the rows with those of earlier passes, before anything is sent for them.
fn admit(host: &Host, feed: &mut RowFeed, bulk: u64, is_one_of_many: bool) -> Fallible<()> {
    let Some((marks, again, identity)) = feed.marks() else {
        return Ok(());
    };
    let unread = |error: JournalError| Raised::new("journal", error.to_string());
    let kept = host.rows.source_before(bulk).map_err(unread)?;
    let changed_source = match &kept {
        Some(kept) if !kept.are(marks).map_err(unread)? => Some(kept.load().map_err(unread)?),
        _ => None,
    };
    let before = kept.map(|_| changed_source.as_ref().unwrap_or(marks));
    let those = |is_there: bool, is_wanted: &dyn Fn(&str, RowMark) -> bool| {
        if !is_there {
            return Ok(Vec::new());
        }
        again.those(identity, is_wanted, |value, name, key| {
            feed.is_own(value, name, key)
        })
    };
    let fresh_to = |before: &RowMarks| {
        let is_there = marks.iter().any(|mark| before.seen(mark).is_none());
        // A row that was gone for a while is one of the run all the same.
        let is_known = |key: &str| host.rows.past(key).is_some() || host.rows.was_begun(key);
        those(is_there, &|key, _| !before.has(key) && !is_known(key))
    };
    let unkept = || {
        let left = Cell::new(MOST_UNKEPT);
        let is_known = |key: &str| host.rows.past(key).is_some() || host.rows.was_begun(key);
        let is_wanted = |key: &str, _| {
            let is_wanted = left.get() > 0 && !is_known(key);
            left.set(left.get() - usize::from(is_wanted));
            is_wanted
        };
        those(true, &is_wanted)
    };
    let fresh = match before {
        Some(before) => fresh_to(before)?,
        None if host.rows.rules() == Rules::Spelled => unkept()?,
        None => Vec::new(),
    };
    let changed = match before {
        Some(before) => {
            let is_changed = |mark| before.seen(mark).is_some_and(|seen| seen.is_changed);
            let is_there = marks.iter().any(is_changed);
            those(is_there, &|_, mark| is_changed(mark))?
        }
        None => Vec::new(),
    };
    let is_first = before.is_none() && feed.shard().is_some() && identity.column.is_some();
    let others = if is_first {
        host.rows.other_shards(bulk)
    } else {
        Vec::new()
    };
    let others = other_sources(&others, marks).map_err(unread)?;
    let others = others.into_iter().map(|before| {
        let fresh = fresh_to(&before)?;
        Ok((before, fresh))
    });
    let others = others.collect::<Fallible<Vec<_>>>()?;
    let admitted = host.rows.admit(&SourceNow {
        bulk,
        is_of_shard: feed.shard().is_some(),
        is_one_of_many,
        path: again.path.as_deref(),
        has_key: identity.column.is_some(),
        seed: &identity.seed,
        marks,
        fresh,
        changed,
        others,
        before,
        done_before: feed.done_before(),
    });
    match admitted {
        Ok(joined) => {
            let is_same = before.is_some() && changed_source.is_none() && joined.is_empty();
            let settled = is_same.then(|| host.rows.all_past(marks)).flatten();
            feed.take_up(changed_source, joined);
            feed.pass_over(settled);
            Ok(())
        }
        Err(unfit) => Err(refused(host, unfit).into()),
    }
}

/// Refuses what was gathered of rows that an earlier run had begun: it does not say so itself.
fn refuse_begun(host: &Host, rows: &Dynamic) -> Fallible<()> {
    let gathered = rows.read_lock::<Gathered>();
    let Some(row) = gathered.and_then(|gathered| gathered.source().begun) else {
        return Ok(());
    };
    let admitted = host.rows.refuse_begun("the rows of `gather`", row);
    admitted.map_err(|unfit| refused(host, unfit).into())
}

/// The error of rows that the run must not go on with.
fn refused(host: &Host, unfit: Unfit) -> Raised {
    // A script that catches it would go on without these rows.
    host.run.refuse_all(&unfit.what, unfit.hint.as_deref());
    let raised = Raised::new("rows", unfit.what);
    match unfit.hint {
        Some(hint) => raised.hint(hint),
        None => raised,
    }
}

fn run(
    factory: &Factory,
    context: &NativeCallContext,
    rows: Dynamic,
    options: &Map,
    work: &FnPtr,
) -> Fallible<Map> {
    if scope::is_reading() {
        let what = "`bulk` cannot be called in `gather`, which only reads";
        return Err(Raised::new("script", what)
            .hint("call it in a loop over what `gather` returns")
            .into());
    }
    if state::is_inside() {
        let what = "a row of `bulk` cannot start another `bulk`";
        return Err(Raised::new("script", what)
            .hint("use `for` in the row: the rows themselves already run at the same time")
            .into());
    }
    let host = factory.host();
    let options = BulkOptions::from_map(options)?.under(&host.limits);
    if let Some(write) = writes::find(factory.sources(), work) {
        return write.refuse("bulk", context.call_position());
    }
    check_arity("bulk", factory, context, work)?;
    let still = sharding::is_fit(factory, &rows, &options)?;
    let knowing = Knowing {
        rules: host.rows.rules(),
        seed: host.run.row_seed(host.seed),
        keeps: host.rows.keeps(),
    };
    let place = place::locate(factory, context, &rows, work);
    let known = factory.loops_at(&place);
    let known = known.map_err(|Unclear| unclear(host))?;
    let known = which::most_known(host, &known, &rows, &options, &knowing)?;
    let (number, is_placed) = factory.begin_loop(known);
    let before = host.rows.key_before(number);
    let before = before.map_err(|error| Raised::new("script", error.to_string()))?;
    if before.is_none() {
        refuse_begun(host, &rows)?;
    }
    has_same_key(before, options.key.as_deref(), host.rows.rules())?;
    let (mut feed, outset) = RowFeed::new(rows, &options, number, &knowing)?;
    feed.watch(still);
    options.check_redacted(&outset.columns)?;
    if let Some(freed) = &outset.freed {
        host.note(freed);
    }
    admit(host, &mut feed, number, place.given.is_some())?;
    let closure = captures::detached(work)?;
    let progress = Arc::new(Progress::default());
    let columns = outset.columns.iter().zip(0..);
    let secret = columns.filter(|(name, _)| is_secret(name) || options.redact.contains(name));
    let secret: BTreeSet<usize> = secret.map(|(_, place)| place).collect();
    host.rows.begin(&Begun {
        number,
        place: Some(place).filter(|_| is_placed),
        key: options.key.as_deref().map(str::to_owned),
        columns: outset.columns.iter().map(ToString::to_string).collect(),
        secret: secret.clone(),
        // Of how many of them are this shard's nobody knows beforehand.
        total: outset.total.filter(|_| options.shard.is_none()),
        progress: Arc::clone(&progress),
    });
    let work = Work {
        factory: factory.clone(),
        global: captures::reachable(context.global_runtime_state(), work),
        position: context.call_position(),
        closure,
        columns: outset.columns,
        secret,
        held: secrets::held(),
        looked: feed.looked(),
    };
    let _paced = options
        .rate
        .and_then(Pace::per_second)
        .map(|pace| host.run.paced(pace));
    let schedule = bulk::Options {
        workers: options.workers,
        max_failures: options.max_failures.filter(|_| host.run.plan().is_none()),
        cancel: host.cancel.clone(),
        progress: Arc::clone(&progress),
        waits_for_disk: host.run.has_journal(),
    };
    let counts = BulkRun::new(&*host.rows, &work).run(feed, &schedule);
    host.rows.end();
    let counts = counts?;
    tell_limit(host, options.max_failures, &progress);
    Ok(counts)
}

/// In a plan too many failures stop nothing; that they would is told.
fn tell_limit(host: &Host, limit: Option<Limit>, progress: &Progress) {
    let failed = progress.failed() + progress.in_doubt();
    let reached = limit.filter(|limit| limit.is_reached(failed, progress.ended()));
    if let (Some(plan), Some(limit)) = (host.run.plan(), reached) {
        plan.would_stop(&format!(
            "would stop before all rows are begun: {failed} would fail, and `max_failures` is {limit}"
        ));
    }
}

/// Refuses a function that does not take a row, before every row fails of it.
pub(crate) fn check_arity(
    of: &str,
    factory: &Factory,
    context: &NativeCallContext,
    work: &FnPtr,
) -> Fallible<()> {
    let name = work.fn_name();
    let taken = work.curry().len() + 1;
    let ways = factory.sources().function(name);
    let is_fit = if ways.is_empty() {
        let natives = Functions::list(context.engine());
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
    let what = format!("`{of}` passes one row to {given}, which takes another number of values");
    Err(Raised::new("value", what)
        .hint(format!("write `{of}(rows, |row| …)`"))
        .into())
}
