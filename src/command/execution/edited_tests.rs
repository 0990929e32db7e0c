//! A file that is edited between a kill and its resume, over a model of it: every row is
//! done once, or the run says in words what it did not do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::admission::RowChanges;
use super::rows::Rows;
use crate::cancel::Cancel;
use crate::client::{
    ActionRef, CallError, CallErrorKind, Credentials, Delivery, Params, Reply, Server,
};
use crate::command::Terminal;
use crate::error::Failure;
use crate::run::journal::{Head, Journal, JournalError, KeptRows, Rules, SettledRow};
use crate::run::resume::Loops;
use crate::run::{Access, LazyJournal, Limits, Run, Transport};
use crate::script::{
    Begun, Clock, Confinement, Host, LeftOver, ListsRead, Output, RowEnded, RowSink, Script,
    SourceNow, Streams, Unfit,
};

/// Names that are no slip of each other.
const NAMES: [&str; 8] = [
    "anders", "bertil", "cecilia", "dorotea", "evelina", "fredrik", "gunhild", "hjalmar",
];
/// Rows of the file at first; the others may be added.
const ROWS: usize = 5;

/// A row of the file. What `note` says is never edited, and tells the rows apart here.
#[derive(Clone, Debug)]
struct Line {
    tag: String,
    city: String,
    note: &'static str,
    /// Whether a cell was mended: with two of three, nobody could tell it from another row.
    is_mended: bool,
}

impl Line {
    fn of(place: usize) -> Self {
        let note = NAMES[place];
        Self {
            tag: format!("{note}@rows.example"),
            city: format!("{note}ville"),
            note,
            is_mended: false,
        }
    }
}

/// What somebody does to the file; places count from the first row, and wrap.
#[derive(Clone, Debug)]
enum Edit {
    Remove(usize),
    Add(usize),
    Swap(usize, usize),
    MendCell(usize),
    MendKey(usize),
    Repeat(usize),
}

impl Edit {
    fn apply(&self, lines: &mut Vec<Line>) {
        let count = lines.len();
        if count == 0 {
            return;
        }
        match *self {
            Self::Remove(at) => _ = lines.remove(at % count),
            Self::Add(new) => {
                let line = Line::of(ROWS + new % (NAMES.len() - ROWS));
                if lines.iter().all(|known| known.note != line.note) {
                    lines.push(line);
                }
            }
            Self::Swap(one, other) => lines.swap(one % count, other % count),
            Self::MendCell(at) | Self::MendKey(at) => {
                let line = &mut lines[at % count];
                if std::mem::replace(&mut line.is_mended, true) {
                    return;
                }
                if matches!(self, Self::MendKey(_)) {
                    line.tag = line.tag.replace("example", "exampel");
                } else {
                    line.city.push_str("-mended");
                }
            }
            Self::Repeat(at) => lines.push(lines[at % count].clone()),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = 0..NAMES.len();
    prop_oneof![
        place.clone().prop_map(Edit::Remove),
        place.clone().prop_map(Edit::Add),
        (place.clone(), place.clone()).prop_map(|(one, other)| Edit::Swap(one, other)),
        place.clone().prop_map(Edit::MendCell),
        place.clone().prop_map(Edit::MendKey),
        place.prop_map(Edit::Repeat),
    ]
}

/// How the first pass ends.
#[derive(Clone, Copy, Debug)]
struct End {
    /// The write at which it ends, from 0.
    at: usize,
    /// Whether that was applied before nobody heard of it any more.
    is_applied: bool,
    /// Whether the process is killed, so that its row does not end either.
    is_killed: bool,
    /// The write that the server refuses before.
    refused: usize,
}

/// A server that keeps what it was told, and what becomes of it.
#[derive(Default)]
struct Memory {
    applied: Mutex<Vec<String>>,
    calls: AtomicUsize,
    end: Mutex<Option<End>>,
    is_dead: AtomicBool,
    cancel: Cancel,
}

struct Wire(Arc<Memory>);

impl Transport for Wire {
    fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        let memory = &self.0;
        let call = memory.calls.fetch_add(1, Ordering::SeqCst);
        let end = *memory.end.lock().unwrap();
        let error = |kind, delivery| Err(CallError::new(kind, action.name(), "no", delivery));
        if end.is_some_and(|end| end.refused == call) {
            return error(CallErrorKind::Api, Delivery::Refused);
        }
        let is_end = end.is_some_and(|end| end.at == call);
        if !is_end || end.is_some_and(|end| end.is_applied) {
            let text = params["description"].as_str().unwrap();
            memory.applied.lock().unwrap().push(text.to_owned());
        }
        if is_end {
            memory
                .is_dead
                .store(end.is_some_and(|end| end.is_killed), Ordering::SeqCst);
            memory.cancel.raise();
            return error(CallErrorKind::Timeout, Delivery::InDoubt);
        }
        let body = json!({"result": "success"});
        Ok(Reply::remembered(body.as_object().unwrap().clone()))
    }
}

/// The rows of a process that may be killed: then nothing more is written down of them.
struct Mortal(Arc<Rows>, Arc<Memory>);

impl RowSink for Mortal {
    fn begin(&self, begun: &Begun) {
        self.0.begin(begun);
    }
    fn row(&self, row: RowEnded) {
        if !self.1.is_dead.load(Ordering::SeqCst) {
            self.0.row(row);
        }
    }
    fn left_over(&self, row: LeftOver) {
        RowSink::left_over(&*self.0, row);
    }
    fn end(&self) {
        self.0.end();
    }
    fn past(&self, key: &str) -> Option<SettledRow> {
        self.0.past(key)
    }
    fn rules(&self) -> Rules {
        self.0.rules()
    }
    fn keeps(&self) -> bool {
        self.0.keeps()
    }
    fn loops_before(&self) -> Loops {
        self.0.loops_before()
    }
    fn source_before(&self, bulk: u64) -> Result<Option<KeptRows>, JournalError> {
        self.0.source_before(bulk)
    }
    fn admit(&self, source: &SourceNow<'_>) -> Result<HashMap<String, String>, Unfit> {
        self.0.admit(source)
    }
    fn key_before(&self, bulk: u64) -> Result<Option<String>, JournalError> {
        self.0.key_before(bulk)
    }
}

struct Silence;

impl Output for Silence {
    fn print(&self, _: &str) {}
    fn note(&self, _: &str) {}
}

/// A file, its script, and the run.
struct Trial {
    folder: TempDir,
    has_key: bool,
    applied: Vec<String>,
}

impl Trial {
    fn new(has_key: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("run")).unwrap();
        Self {
            folder,
            has_key,
            applied: Vec::new(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, lines: &[Line]) {
        let mut text = "tag,city,note\n".to_owned();
        for Line {
            tag, city, note, ..
        } in lines
        {
            writeln!(text, "{tag},{city},{note}").unwrap();
        }
        std::fs::write(self.path().join("rows.csv"), text).unwrap();
    }

    /// One pass; how it ended, and whether anything is in doubt.
    fn pass(&mut self, lazy_journal: LazyJournal, end: Option<End>) -> (Result<(), Failure>, bool) {
        let texts = [("script.rhai".to_owned(), "text".to_owned())];
        let lazy_journal = Arc::new(lazy_journal.of_scripts(texts.into()));
        let memory = Arc::new(Memory {
            end: Mutex::new(end),
            ..Memory::default()
        });
        let credentials = Credentials::Api {
            identifier: "i".into(),
            secret: "s".into(),
        };
        let server = Server::new("main", "http://127.0.0.1:9", credentials);
        let wire = Box::new(Wire(Arc::clone(&memory)));
        let run = Run::over(wire, server, memory.cancel.clone())
            .answered()
            .with_access(Access::Full)
            .with_ledger(Arc::clone(&lazy_journal));
        let rows = Rows::new(Some(Arc::clone(&lazy_journal)), Terminal::new(true));
        let rows = Arc::new(rows.after(RowChanges::default()));
        let host = Host {
            run: Arc::new(run),
            connect: Box::new(|_| Err(Failure::usage("there is no other server"))),
            output: Arc::new(Silence),
            files: Confinement {
                working: self.path().to_owned(),
                read: vec![self.path().to_owned()],
                streams: Streams::default(),
                ..Confinement::default()
            },
            args: Vec::new(),
            env: BTreeSet::new(),
            allow_unknown: false,
            cancel: memory.cancel.clone(),
            clock: Clock::default(),
            seed: [7; 32],
            rows: Arc::new(Mortal(Arc::clone(&rows), Arc::clone(&memory))),
            limits: Limits::default(),
            bench: None,
            lists: ListsRead::default(),
        };
        let key = if self.has_key { "key: \"tag\", " } else { "" };
        let text = format!(
            "bulk(csv(\"rows.csv\"), #{{ {key}workers: 1 }}, |row| {{\n\
                 log_activity(#{{ description: \"first \" + row.note + \" in \" + row.city }});\n\
                 log_activity(#{{ description: \"second \" + row.note }});\n\
             }});"
        );
        let result = Script::from_text("script.rhai", text).run(Arc::new(host));
        let result = result.and_then(|()| rows.verdict());
        self.applied
            .extend(memory.applied.lock().unwrap().drain(..));
        let doubts = lazy_journal
            .begun()
            .map_or(0, |journal| journal.doubts().unwrap().len());
        (result, doubts > 0)
    }

    /// How often each note was written first and second.
    fn counts(&self) -> BTreeMap<(&str, &str), usize> {
        let mut counts = BTreeMap::new();
        for text in &self.applied {
            let words: Vec<&str> = text.split(' ').collect();
            *counts.entry((words[0], words[1])).or_default() += 1;
        }
        counts
    }
}

fn copies(lines: &[Line], note: &str) -> usize {
    lines.iter().filter(|line| line.note == note).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn an_edited_file_is_done_once_or_refused_in_words(
        has_key: bool,
        (at, is_applied, is_killed) in (0..2 * ROWS + 2, any::<bool>(), any::<bool>()),
        refused in 0..4 * ROWS,
        edits in prop::collection::vec(edit(), 0..4),
    ) {
        let mut trial = Trial::new(has_key);
        let first: Vec<Line> = (0..ROWS).map(Line::of).collect();
        trial.write(&first);
        let folder = trial.path().join("run");
        let head = Head { rules: Rules::default().number(), ..Head::default() };
        let begin = { let folder = folder.clone(); move || Journal::create(&folder, &head) };
        let end = End { at, is_applied, is_killed, refused };
        let _ = trial.pass(LazyJournal::new(begin), Some(end));
        let mut edited = first.clone();
        for edit in &edits {
            edit.apply(&mut edited);
        }
        trial.write(&edited);
        let before = trial.applied.len();
        let Ok((journal, head)) = Journal::open(&folder) else {
            // It was not begun: the first call was refused or nothing was called.
            prop_assert_eq!(before, 0);
            return Ok(());
        };
        let resumed = LazyJournal::resumed(journal).begun_by(&head.version).by(Rules::default());
        let (result, is_in_doubt) = trial.pass(resumed, None);
        let counts = trial.counts();
        for ((which, note), count) in &counts {
            let most = copies(&first, note).max(copies(&edited, note));
            prop_assert!(*count <= most, "{which} {note} {count} times: {result:?}");
        }
        match &result {
            Err(failure) => prop_assert!(!failure.what.is_empty()),
            Ok(()) if is_in_doubt => {}
            Ok(()) => for line in &edited {
                for which in ["first", "second"] {
                    let count = counts.get(&(which, line.note)).copied().unwrap_or(0);
                    prop_assert_eq!(count, copies(&edited, line.note), "{} {}", which, line.note);
                }
            },
        }
        let is_refused = matches!(&result, Err(failure) if failure.what.contains("nothing was sent"));
        if is_refused {
            prop_assert_eq!(trial.applied.len(), before, "{:?}", result);
        }
    }
}
