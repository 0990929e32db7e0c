//! Runs the closure for one row, and says how the row ended.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::{
    Dynamic, Engine, EvalAltResult, FnPtr, GlobalRuntimeState, ImmutableString, NativeCallContext,
    Position,
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::client::CallError;
use crate::run::bulk::{Ended, Panicked, Row, RowOutcome};
use crate::run::journal::RowState;
use crate::run::outputs::WARNING;
use crate::run::resume::{self, RowsSeen};
use crate::run::scope;
use crate::script::bulk::captures::detached;
use crate::script::bulk::rows::{Item, cells};
use crate::script::bulk::state::{self, Ending, Notes};
use crate::script::csv::records::is_record;
use crate::script::diagnostic;
use crate::script::engine::Factory;
use crate::script::engine::function::Fallible;
use crate::script::engine::next_step;
use crate::script::files::json::to_value;
use crate::script::raise::Raised;
use crate::script::value::not_kept;
use crate::script::value::record::{is_map, map_of};
use crate::secrets::{self, Held, Seen};

/// What all rows of a bulk loop have in common.
pub(super) struct Work {
    /// Makes the engines of the workers.
    pub factory: Factory,
    /// The script as it was when it called `bulk`: its functions, imports, constants.
    pub global: GlobalRuntimeState,
    /// Where it called `bulk`.
    pub position: Position,
    /// What is done for each row.
    pub closure: FnPtr,
    /// The columns the rows are made of.
    pub columns: Vec<ImmutableString>,
    /// The places of those that hold secrets.
    pub secret: BTreeSet<usize>,
    /// The secrets the script knew before.
    pub held: Held,
    /// What is known, where a row begins, of rows that an earlier run had begun.
    pub looked: RowsSeen,
}

/// What is left of a row.
pub(super) enum RowEnd {
    /// It came to an end of its own.
    Ended(RowResult),
    /// It was broken off: nothing more is to be begun. With it, the places of its cells that
    /// were sent as secrets.
    Stopped(Box<EvalAltResult>, Vec<usize>),
    /// We failed it.
    Panicked(String),
}

/// How a row ended.
#[derive(Debug)]
pub(super) struct RowResult {
    pub state: RowState,
    pub columns: Map<String, Value>,
    pub error: Option<Map<String, Value>>,
    pub cells: Vec<String>,
    /// The places of cells that were sent as secrets.
    pub hidden: Vec<usize>,
    /// Whether its updates set nothing, so that none was sent.
    pub sets_nothing: bool,
}

impl From<Panicked> for RowEnd {
    fn from(panicked: Panicked) -> Self {
        Self::Panicked(panicked.0)
    }
}

impl RowResult {
    /// The same with the cells of those columns, without what was sent as a secret,
    /// and with every secret the row knew covered in what is left of them and in what is
    /// said of the row. The key stays: the row goes by it.
    fn with_cells(
        mut self,
        mut cells: Vec<String>,
        (key, secret): (&str, &BTreeSet<usize>),
        seen: &Seen,
    ) -> Self {
        for (place, cell) in cells.iter_mut().enumerate() {
            if secret.contains(&place) || seen.sent(cell) {
                cell.clear();
                self.hidden.push(place);
            } else if cell != key
                && let Cow::Owned(covered) = seen.covered(cell)
            {
                *cell = covered;
            }
        }
        self.columns
            .retain(|_, value| !value.as_str().is_some_and(|text| seen.sent(text)));
        let error = self.error.iter_mut().flat_map(Map::iter_mut);
        // Its kind and its place are words of ours.
        let words = error.filter(|(name, _)| !matches!(name.as_str(), "kind" | "place"));
        for (_, value) in words.chain(self.columns.iter_mut()) {
            if value.as_str() != Some(key) {
                seen.cover(value);
            }
        }
        Self { cells, ..self }
    }

    /// Whether everything was as wanted: the closure said so, or there was nothing to set.
    pub fn is_unchanged(&self) -> bool {
        let sets_nothing = self.sets_nothing && self.state == RowState::Done;
        sets_nothing
            || self.columns.get("unchanged") == Some(&Value::Bool(true))
            || self.columns.get("outcome").and_then(Value::as_str) == Some("unchanged")
    }
}

impl Work {
    /// The script that called `bulk`.
    fn main(&self) -> &str {
        self.global.source().unwrap_or_default()
    }

    /// A worker with an engine and a closure of its own.
    pub fn worker(&self) -> impl FnMut(&Row<Item>) -> Ended<RowEnd> {
        let worker = Worker {
            work: self,
            engine: self.factory.engine(),
            closure: detached(&self.closure),
        };
        move |row| worker.row(&row.item)
    }

    /// The cells of a row that was not run to its end, with the secrets covered that it holds
    /// and that the script knew.
    pub fn open_cells(&self, item: &Item, hidden: &BTreeSet<usize>) -> Vec<String> {
        let mut cells = cells(&item.value, &self.columns);
        let holding = holding(&cells, hidden);
        let ((), seen) = secrets::noting(&self.held, holding, || hold_nested(&item.value));
        for (place, cell) in cells.iter_mut().enumerate() {
            // Those that hold them are left out as a whole.
            if !hidden.contains(&place)
                && *cell != *item.key
                && let Cow::Owned(covered) = seen.covered(cell)
            {
                *cell = covered;
            }
        }
        cells
    }

    /// The error as scripts see it, and where it happened.
    fn error_as_map(&self, error: &EvalAltResult) -> Map<String, Value> {
        let thrown = match error.unwrap_inner() {
            EvalAltResult::ErrorRuntime(value, _) | EvalAltResult::ErrorTerminated(value, _)
                if value.is_map() =>
            {
                to_value(value).ok()
            }
            _ => None,
        };
        let mut told = if let Some(Value::Object(mut told)) = thrown {
            if !told.get("message").is_some_and(Value::is_string) {
                // A script may throw whatever it likes.
                let words = diagnostic::words::of_error(error.unwrap_inner());
                told.insert("message".into(), words.what.into());
            }
            told
        } else {
            let failure = diagnostic::of_error(&self.factory, self.main(), error);
            let mut told = word("script", &failure.what);
            told.extend(failure.hint.map(|hint| ("hint".into(), hint.into())));
            told
        };
        if let Some(place) = diagnostic::place_of(self.main(), error) {
            told.insert("place".into(), place.into());
        }
        told
    }
}

/// What a worker's thread has for itself.
struct Worker<'w> {
    work: &'w Work,
    engine: Engine,
    closure: Result<FnPtr, Raised>,
}

impl Worker<'_> {
    fn row(&self, item: &Item) -> Ended<RowEnd> {
        // Before the closure has the row, and may change it.
        let cells = cells(&item.value, &self.work.columns);
        let holding = holding(&cells, &self.work.secret);
        let body = || match (&self.closure, &item.refused) {
            (Ok(closure), None) => {
                hold_nested(&item.value);
                self.call(closure, item)
            }
            (Err(raised), _) | (_, Some(raised)) => (Err(raised.clone().into()), Notes::default()),
        };
        let ((result, notes), mut seen) = secrets::noting(&self.work.held, holding, body);
        let (outcome, left) = match self.judged(result, &notes) {
            Ok(told) => {
                seen.note_columns(&told.columns);
                let told = told.with_cells(cells, (&item.key, &self.work.secret), &seen);
                (outcome(told.state), RowEnd::Ended(told))
            }
            Err(error) => {
                let why = diagnostic::words::of_error(error.unwrap_inner()).what;
                let why = seen.covered(&why).into_owned();
                let places = cells.iter().zip(0..);
                let sent = places.filter(|(cell, _)| seen.sent(cell));
                let hidden = sent.map(|(_, place)| place).collect();
                (RowOutcome::Stop(why), RowEnd::Stopped(error, hidden))
            }
        };
        Ended {
            outcome,
            busy: notes.is_busy,
            left,
        }
    }

    fn call(&self, closure: &FnPtr, item: &Item) -> (Fallible<Dynamic>, Notes) {
        let Work {
            global, position, ..
        } = self.work;
        let context =
            NativeCallContext::new_with_all_fields(&self.engine, "bulk", None, global, *position);
        let call = || {
            let result = closure.call_raw(&context, None, [item.value.clone()]);
            match next_step::taken() {
                None => result,
                Some(raised) if raised.is_map() => {
                    Err(EvalAltResult::ErrorRuntime(raised, Position::NONE).into())
                }
                // The error itself knows the place, if the script let it through.
                Some(_) if result.as_ref().is_err_and(|error| is_end(error)) => result,
                Some(mark) => Err(EvalAltResult::ErrorTerminated(mark, Position::NONE).into()),
            }
        };
        resume::go_on_from(self.work.looked);
        let key = Arc::clone(&item.key);
        state::within(seed(&item.key), || {
            scope::within_row(key, item.number, item.is_changed, call)
        })
    }

    /// How a row ended whose closure gave that; the error if nothing more is to be begun.
    fn judged(&self, result: Fallible<Dynamic>, notes: &Notes) -> Fallible<RowResult> {
        if let Some(stopped_by) = &notes.stopped_by {
            return uncaught(result, stopped_by, notes);
        }
        let result = match &notes.contradiction {
            Some(error) => contradicted(result, error),
            None => result,
        };
        let ending = notes.ending.as_ref();
        let ending = ending.filter(|_| notes.contradiction.is_none());
        let (state, columns, error) = match (ending, result) {
            (Some(Ending::Skip(why)), _) => (RowState::Skipped, None, Some(word("skip", why))),
            (Some(Ending::Fail(why)), _) => (failed(notes), None, Some(word("fail", why))),
            (None, Err(error)) if stops(&error, notes) => return Err(error),
            (None, Err(error)) => (failed(notes), None, Some(self.work.error_as_map(&error))),
            (None, Ok(value)) => match columns(&value) {
                Ok(columns) => (RowState::Done, Some(columns), None),
                Err(raised) => {
                    let error = Box::<EvalAltResult>::from(raised);
                    (RowState::Failed, None, Some(self.work.error_as_map(&error)))
                }
            },
        };
        // Also where the script caught the error: whatever it makes of it, nobody
        // knows what the server holds.
        let doubt = notes.doubt.as_ref().filter(|_| state != RowState::InDoubt);
        let (state, error) = match doubt {
            Some(doubt) => {
                let error = Box::<EvalAltResult>::from(Raised::of_call(doubt.clone()));
                (RowState::InDoubt, Some(self.work.error_as_map(&error)))
            }
            None => (state, error),
        };
        let mut columns = columns.unwrap_or_default();
        if !notes.warnings.is_empty() {
            columns.insert(WARNING.into(), notes.warnings.join("; ").into());
        }
        Ok(RowResult {
            state,
            columns,
            error,
            cells: Vec::new(),
            hidden: Vec::new(),
            sets_nothing: notes.written == state::Written::Unchanged,
        })
    }
}

/// The cells of those places.
fn holding<'c>(
    cells: &'c [String],
    places: &'c BTreeSet<usize>,
) -> impl Iterator<Item = &'c str> + 'c {
    let its = places.iter().filter_map(|place| cells.get(*place));
    its.map(String::as_str)
}

fn outcome(state: RowState) -> RowOutcome {
    match state {
        RowState::Done => RowOutcome::Done,
        RowState::Failed => RowOutcome::Failed,
        RowState::Skipped => RowOutcome::Skipped,
        RowState::InDoubt => RowOutcome::InDoubt,
    }
}

/// Notes the secrets in the maps and lists that a row holds; its own columns are known.
fn hold_nested(row: &Dynamic) {
    let Some(columns) = map_of(row) else {
        return;
    };
    let nested = columns
        .values()
        .filter(|value| is_map(value) || value.is_array());
    for value in nested {
        if let Ok(value) = to_value(value) {
            secrets::hold_named(&value);
        }
    }
}

/// A row that fails behind a write nobody knows the fate of is not just failed:
/// to do it again might do it twice.
fn failed(notes: &Notes) -> RowState {
    if notes.doubt.is_some() {
        RowState::InDoubt
    } else {
        RowState::Failed
    }
}

/// Whether it ends the script.
fn is_end(error: &EvalAltResult) -> bool {
    matches!(error.unwrap_inner(), EvalAltResult::ErrorTerminated(..))
}

/// Whether no other row is to be begun: the script ended itself, the user
/// interrupted, or the server refused us.
fn stops(error: &EvalAltResult, notes: &Notes) -> bool {
    match error.unwrap_inner() {
        // A secret that was not kept fails the row that would use it.
        EvalAltResult::ErrorTerminated(raised, _) if raised.is_map() => false,
        EvalAltResult::Exit(..) | EvalAltResult::ErrorTerminated(..) => true,
        EvalAltResult::ErrorRuntime(..) if notes.is_refused => true,
        EvalAltResult::ErrorRuntime(..) => kind_of(error).as_deref() == Some("interrupted"),
        _ => false,
    }
}

/// The kind of an error that is a map with one.
fn kind_of(error: &EvalAltResult) -> Option<String> {
    let EvalAltResult::ErrorRuntime(value, _) = error.unwrap_inner() else {
        return None;
    };
    let map = value.read_lock::<rhai::Map>()?;
    map.get("kind").map(ToString::to_string)
}

/// The error of a row that is not what it was before, with its place unless the script
/// caught it: whatever it made of that, no more was done.
fn contradicted(result: Fallible<Dynamic>, error: &CallError) -> Fallible<Dynamic> {
    let kind = error.kind.word();
    match result {
        Err(raised) if kind_of(raised.unwrap_inner()).as_deref() == Some(kind) => Err(raised),
        _ => Err(Raised::of_call(error.clone()).into()),
    }
}

/// The error of a call after which nothing more can be done: with its place, if
/// the script let it pass, else as it was when the script caught it.
fn uncaught(
    result: Fallible<Dynamic>,
    stopped_by: &CallError,
    notes: &Notes,
) -> Fallible<RowResult> {
    let is_of_its_own = |error: &EvalAltResult| {
        kind_of(error).as_deref() == Some(stopped_by.kind.word())
            || (notes.ending.is_none() && !error.is_catchable())
    };
    Err(match result {
        Err(error) if is_of_its_own(error.unwrap_inner()) => error,
        _ => Raised::of_call(stopped_by.clone()).into(),
    })
}

/// What the closure gave, as columns of the results; what its last statement happens to
/// give, such as a text, is none.
fn columns(value: &Dynamic) -> Result<Map<String, Value>, Raised> {
    let columns = is_record(value).then(|| to_value(&not_kept::covered(value)));
    match columns.transpose()? {
        Some(Value::Object(columns)) => Ok(columns),
        _ => Ok(Map::new()),
    }
}

fn word(kind: &str, message: &str) -> Map<String, Value> {
    let entry = |(key, value): (&str, &str)| (key.to_owned(), Value::from(value));
    [("kind", kind), ("message", message)]
        .map(entry)
        .into_iter()
        .collect()
}

/// The number that the passwords of a row are derived from; the same in every pass.
fn seed(key: &str) -> u64 {
    let digest = Sha256::digest(key);
    let [first, ..] = digest.as_chunks::<8>().0 else {
        unreachable!("a digest has 32 bytes")
    };
    u64::from_be_bytes(*first)
}
