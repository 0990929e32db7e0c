//! `rows("rows.jsonl")`: the records of a list that stands still in a file.
//!
//! Shards that page a list of the server themselves skip what the writes of the others move;
//! of a file they all read the same. It is read through before its first record is given: one
//! that was cut or edited after it was frozen is refused as a whole.

mod listed;
mod oddities;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rhai::{Dynamic, EvalAltResult, ImmutableString, Map, Module, Position};
use serde_json::Value;

use crate::catalog::{self, Action};
use crate::client::CallErrorKind;
use crate::run::list::frozen::{Fault, FrozenHead, Reader};
use crate::script::api::lazy::{self, Lazy};
use crate::script::api::named;
use crate::script::csv::content::{CHUNK, Changed, Content, ContentReader};
use crate::script::csv::options::as_is;
use crate::script::csv::remarks::{self, Remarks};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::function::{Fallible, function};
use crate::script::files::other_kind;
use crate::script::host::{Confinement, Host};
use crate::script::raise::Raised;
use crate::script::value::file_fields::FileFields;
use crate::script::value::not_kept::NotKept;
use crate::script::value::record::{self, Record};
use crate::secrets::{self, COVER};

pub use listed::Listed;
use oddities::RecordTexts;

/// The name of the function.
pub(crate) const NAME: &str = "rows";

/// What an option may be called.
pub(crate) const OPTIONS: [&str; 2] = ["as_is", "server"];

/// How old a list may be before that is said, in seconds.
const OLD: i64 = 24 * 60 * 60;
/// How far the clocks of two machines may differ before that is said, in seconds.
const AHEAD: i64 = 90 * 60;

/// The records of a file; clones share one reading, so each record comes once.
#[derive(Clone)]
pub(crate) struct Frozen(Arc<Source>);

struct Source {
    path: ImmutableString,
    content: Arc<Content>,
    /// The list that all records are of, where the file says so.
    list: Option<&'static Action>,
    host: Arc<Host>,
    /// The fields that its records have, where no list says it.
    fields: Arc<FileFields>,
    /// How its texts are taken, unless it was frozen.
    texts: Option<RecordTexts>,
    reading: Mutex<FrozenRecords>,
    is_looped: AtomicBool,
}

/// The records of a file from its first on.
pub(crate) struct FrozenRecords(Reader<BufReader<ContentReader>>);

impl Frozen {
    /// Opens the file, reads it through, and says what there is to say of it.
    fn open(host: &Arc<Host>, path: &str, options: RowsOptions) -> Result<Self, Raised> {
        let content = Content::capture(host.files.open(path)?);
        let content = Arc::new(content.map_err(|error| unfit(path, &error.into()))?);
        is_of_records(path, &content)?;
        let mut reading = begin(&content).map_err(|fault| unfit(path, &fault))?;
        let list = if let Some(head) = reading.0.head() {
            fit(host, path, head, options.server.as_deref())?
        } else {
            host.note_once(&format!(
                "`{path}` was not made by `whmcsh freeze`: it may be incomplete or from another \
                 server"
            ));
            None
        };
        let texts = reading.0.head().is_none().then_some(RecordTexts {
            as_is: options.as_is,
        });
        let fields = read_through(host, path, &mut reading, (list.is_none(), texts.as_ref()))?;
        if reading.0.records() == 0 {
            let head = reading.0.head().ok_or_else(|| is_empty(path))?;
            let at = head.at().map_or_else(String::new, said_at);
            host.note_once(&format!(
                "`{path}` has 0 records: the list was empty when it was frozen{at}"
            ));
        }
        let reading = begin(&content).map_err(|fault| unfit(path, &fault))?;
        Ok(Self(Arc::new(Source {
            path: path.into(),
            content,
            list,
            fields: Arc::new(fields),
            texts,
            host: Arc::clone(host),
            reading: Mutex::new(reading),
            is_looped: AtomicBool::new(false),
        })))
    }

    /// The path as the script gave it.
    pub(crate) fn path(&self) -> &str {
        &self.0.path
    }

    /// The field that tells a record from the others of its list, where that is known.
    pub(crate) fn key(&self) -> Option<&'static str> {
        self.0.list?.list.as_ref()?.key
    }

    /// All records once more, from the first on.
    pub(crate) fn again(&self) -> Fallible<FrozenRecords> {
        Ok(begin(&self.0.content).map_err(|fault| late(self.path(), &fault))?)
    }

    /// After the last record: refuses a file that is not what it was; says by how many bytes it
    /// has grown.
    fn finish(&self) -> Result<u64, Raised> {
        let grown = self.0.content.finish();
        grown.map_err(|error| late(self.path(), &error.into()))
    }

    /// The next record of a reading.
    pub(crate) fn next_of(&self, reading: &mut FrozenRecords) -> Fallible<Option<Dynamic>> {
        if self.0.host.run.cancel().is_raised() {
            return Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into());
        }
        let next = reading.0.record();
        let Some(mut record) = next.map_err(|fault| late(self.path(), &fault))? else {
            self.finish()?;
            return Ok(None);
        };
        if let Some(texts) = &self.0.texts {
            // What there is to say was said when it was read through.
            let (path, line) = (self.path(), reading.0.line_number());
            texts.take(path, line, &mut record, &mut Remarks::default())?;
        }
        let list = self.0.list.and_then(|action| action.list.as_ref());
        let at = list.map_or("", |list| list.path);
        secrets::each_in_record(self.0.list, at, &mut record, |field, value| {
            if value.as_str() == Some(COVER) {
                *value = NotKept::of_list(field, self.path());
            }
        });
        let known = self
            .0
            .list
            .and_then(|action| Some((action, action.list_fields()?)));
        let value = named(&self.0.host.run, Value::Object(record), known);
        Ok(Some(match value.try_cast_result::<Record>() {
            Ok(record) => Dynamic::from(record.frozen()),
            Err(value) => record::of_file(value, &self.0.path, &self.0.fields),
        }))
    }
}

/// The names of all fields that records of a file have, in the order in which they come.
pub(crate) fn columns(files: &Confinement, path: &str) -> Result<Vec<String>, Raised> {
    let content = Content::capture(files.open(path)?);
    let content = content.map_err(|error| unfit(path, &error.into()))?;
    is_of_records(path, &content)?;
    let mut reading = begin(&Arc::new(content)).map_err(|fault| unfit(path, &fault))?;
    let (mut columns, mut known) = (Vec::new(), HashSet::new());
    while let Some(record) = reading.0.record().map_err(|fault| unfit(path, &fault))? {
        for (name, _) in record {
            if !known.contains(&name) {
                known.insert(name.clone());
                columns.push(name);
            }
        }
    }
    if reading.0.records() == 0 && reading.0.head().is_none() {
        return Err(is_empty(path));
    }
    Ok(columns)
}

/// The list that a frozen file is of, which must be the server's that is meant.
fn fit(
    host: &Host,
    path: &str,
    head: &FrozenHead,
    server: Option<&str>,
) -> Result<Option<&'static Action>, Raised> {
    is_of_server(path, &head.server, server.unwrap_or(host.run.place()))?;
    let age = head.at().and_then(|at| is_old(path, at, Timestamp::now()));
    if let Some(told) = age {
        host.note_once(&told);
    }
    Ok(head.list.as_deref().and_then(catalog::action))
}

/// Finds what is wrong with a late record before an early one is given; gives the fields that
/// the records have, where they are asked for.
fn read_through(
    host: &Host,
    path: &str,
    reading: &mut FrozenRecords,
    (is_asked, texts): (bool, Option<&RecordTexts>),
) -> Result<FileFields, Raised> {
    let mut fields = FileFields::default();
    let mut remarks = Remarks::default();
    while !host.cancel.is_raised() {
        let record = reading.0.record();
        let Some(mut record) = record.map_err(|fault| unfit(path, &fault))? else {
            let blank = blank_lines(path, reading.0.blank_lines());
            for told in remarks.take(path).into_iter().chain(blank) {
                host.note_once(&told);
            }
            return Ok(fields);
        };
        if let Some(texts) = texts {
            let line = reading.0.line_number();
            texts.take(path, line, &mut record, &mut remarks)?;
        }
        if is_asked {
            fields.add(&record);
        }
    }
    let what = format!("reading `{path}` was stopped");
    Err(Raised::new(CallErrorKind::Interrupted.word(), what))
}

/// What is said of lines with nothing in them, such as the second and another.
fn blank_lines(path: &str, (count, first): (u64, u64)) -> Option<String> {
    let lines = match count {
        0 => return None,
        1 => format!("1 blank line (line {first})"),
        more => format!("{more} blank lines (first: line {first})"),
    };
    Some(format!("`{path}`: skipped {lines}"))
}

/// What a file is found to hold without running the script that names it.
pub(crate) enum FileHolding {
    /// Records of that list.
    List(&'static Action),
    /// Records with those fields.
    Records(FileFields),
}

/// What a file holds: of a list of the server its first line says it, others are read whole
/// where `is_whole` asks for it.
pub(crate) fn held(file: File, is_whole: bool) -> Option<FileHolding> {
    let mut reader = Reader::begin(BufReader::new(file)).ok()?;
    let list = reader.head().and_then(|head| head.list.as_deref());
    if let Some(action) = list.and_then(catalog::action) {
        return Some(FileHolding::List(action));
    }
    if !is_whole {
        return None;
    }
    let mut fields = FileFields::default();
    while let Some(record) = reader.record().ok()? {
        fields.add(&record);
    }
    Some(FileHolding::Records(fields))
}

fn begin(content: &Arc<Content>) -> Result<FrozenRecords, Fault> {
    let bytes = BufReader::with_capacity(CHUNK, ContentReader::begin(Arc::clone(content)));
    Ok(FrozenRecords(Reader::begin(bytes)?))
}

impl Lazy for Frozen {
    const KIND: &'static str = "frozen";
    const ITEM: &'static str = "record";
    const KEPT: &'static str = r#"let clients = rows("rows.jsonl").to_array();"#;

    fn take(&self) -> Option<Fallible<Dynamic>> {
        let mut reading = self
            .0
            .reading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let next = self.next_of(&mut reading);
        let grown = self.0.content.grown();
        if grown > 0 && matches!(next, Ok(None)) {
            self.0.host.note_once(&remarks::grew(self.path(), grown));
        }
        next.transpose()
    }

    fn claim(&self) -> Result<(), Raised> {
        if !self.0.is_looped.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let path = self.path();
        Err(
            Raised::new("list", format!("the rows of `{path}` were already read")).hint(
                "rows can be read only once; open the file again, or keep them with \
                 `to_array()`",
            ),
        )
    }

    fn describe(&self) -> String {
        format!("rows of `{}`", self.path())
    }
}

/// Refuses the list of another server than the one that is meant.
fn is_of_server(path: &str, of: &str, meant: &str) -> Result<(), Raised> {
    if of == meant {
        return Ok(());
    }
    let what = format!(
        "`{path}` is a list of `{of}`, and this is for `{meant}`; nothing was sent for its rows"
    );
    Err(Raised::new("file", what).hint(format!(
        "to use its records anyway, name their server: `rows({path:?}, #{{ server: {of:?} }})`"
    )))
}

/// What is said of a list that is older than a day, or whose age nobody can tell.
fn is_old(path: &str, at: Timestamp, now: Timestamp) -> Option<String> {
    let age = now.as_second() - at.as_second();
    let at = at.strftime("%Y-%m-%d %H:%M UTC");
    match age / OLD {
        1 => Some(format!("`{path}` was frozen 1 day ago, at {at}")),
        2.. => Some(format!(
            "`{path}` was frozen {} days ago, at {at}",
            age / OLD
        )),
        _ if age < -AHEAD => Some(format!(
            "`{path}` was frozen at {at}, which is in the future by the clock of this machine: its age is not known"
        )),
        _ => None,
    }
}

/// Refuses a file that does not begin as JSON does, and names how it is read.
fn is_of_records(path: &str, content: &Content) -> Result<(), Raised> {
    let sample = content.beginning();
    let sample = sample.map_err(|error| unfit(path, &error.into()))?;
    let what = match other_kind::other_kind(&sample) {
        Some(what) if what.contains("JSON") => return Ok(()),
        Some(what) => what,
        // A number or a list is JSON too: its line is refused as no record.
        None if other_kind::begins_as_json(&sample) => return Ok(()),
        None => other_kind::TEXT,
    };
    let told = format!("`{path}` is not JSON but looks like {what}; nothing was sent for its rows");
    Err(Raised::new("file", told).hint(other_kind::way(what)))
}

/// When a list was frozen, as people read it.
fn said_at(at: Timestamp) -> String {
    format!(", at {}", at.strftime("%Y-%m-%d %H:%M UTC"))
}

/// Refuses a file without a single line: a list that was frozen has two, and what is left of
/// one that was lost has none.
fn is_empty(path: &str) -> Raised {
    let what = format!(
        "`{path}` is empty: nobody can tell whether a list of 0 records is meant; nothing was sent"
    );
    Raised::new("file", what).hint(
        "freeze the list with `whmcsh freeze`: a frozen list of 0 records says so in its file",
    )
}

/// Why a file is not read.
fn unfit(path: &str, fault: &Fault) -> Raised {
    refusal(path, fault, "nothing was sent for its rows")
}

/// Why a file is read no further, though it was whole when it was opened.
fn late(path: &str, fault: &Fault) -> Raised {
    refusal(path, fault, "no later row was used")
}

fn refusal(path: &str, fault: &Fault, became: &str) -> Raised {
    let raised = Raised::new(
        "file",
        format!("`{path}` {}; {became}", describe_fault(fault)),
    );
    match fault {
        Fault::Unreadable(_) => raised,
        Fault::Line { .. } => raised.hint(
            "`whmcsh freeze` and `whmcsh call … --output ndjson` write one record per line; \
             for a whole array, use `read_json` in a script, or `jq -c '.[]'` to get lines",
        ),
        Fault::Number { .. } => raised.hint(
            "write the number in full, such as `1000` for `1e3`, or as text in double quotes",
        ),
        Fault::Broken(_) => raised.hint(
            "freeze the list again; to use the records as they are, remove the lines with \
             `_frozen`",
        ),
        Fault::Later(_) => raised.hint("use that version, or freeze the list again"),
    }
}

fn describe_fault(fault: &Fault) -> String {
    let Fault::Unreadable(error) = fault else {
        return fault.to_string();
    };
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Changed>())
    {
        Some(changed) => format!("{changed} while it was read"),
        None if error.kind() == ErrorKind::InvalidData => "is not text".to_owned(),
        None => format!("cannot be read: {}", crate::files::reason(error)),
    }
}

/// Adds `rows`, and the type it gives.
pub(crate) fn register(module: &mut Module, host: &std::sync::Arc<Host>) {
    lazy::register::<Frozen>(module);
    let files = Arc::clone(host);
    function(
        NAME,
        &["path: &str", Frozen::KIND],
        "The records of a list that `whmcsh freeze` wrote, or of a file with one JSON object per \
         line. They are the same in every shard and pass, even if the server \
         changes.\n```rhai\nfor client in rows(\"rows.jsonl\") { print(client.id) }\n```",
    )
    .set_into_module(module, move |path: &str| -> Fallible<Frozen> {
        Ok(Frozen::open(&files, path, RowsOptions::default())?)
    });
    let files = Arc::clone(host);
    function(
        NAME,
        &["path: &str", "options: map", Frozen::KIND],
        "The records of a frozen list; the option `server` names the server of the list if it is \
         not that of the run. Of lines of JSON, the option `as_is` names fields whose texts are \
         taken as they stand, such as `#N/A`.\n```rhai\nlet old = rows(\"rows.jsonl\", #{ server: \
         \"old.example.com\" });\n```",
    )
    .set_into_module(
        module,
        move |path: &str, options: Map| -> Fallible<Frozen> {
            Ok(Frozen::open(&files, path, RowsOptions::read(&options)?)?)
        },
    );
}

/// How a file is read.
#[derive(Default)]
struct RowsOptions {
    server: Option<String>,
    as_is: Vec<ImmutableString>,
}

impl RowsOptions {
    /// What the options say.
    fn read(given: &Map) -> Result<Self, Raised> {
        let mut options = Self::default();
        for (name, value) in given {
            match name.as_str() {
                "as_is" => options.as_is = as_is(NAME, value)?,
                "server" => {
                    let server = value.clone().into_string();
                    options.server = Some(server.map_err(|_| {
                        Raised::new("value", "`server` must be the address of a server")
                            .hint("as in the file, such as `old.example.com`")
                    })?);
                }
                _ => {
                    let what = format!("`{NAME}` has no option `{name}`");
                    return Err(Raised::new("value", what).hint(suggestion(name, OPTIONS)));
                }
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests;
