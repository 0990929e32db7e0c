//! What undoing a run did and did not do, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::catalog::{self, Effect};
use crate::client::CallError;
use crate::command::Terminal;
use crate::command::invocation::undo_command;
use crate::error::{Exit, Failure};
use crate::run::undo::{Beyond, Irreversible, Trail, Undone};

/// So many lines of a kind are shown.
const SHOWN: usize = 20;

/// What undoing a run did and did not do.
pub(super) struct UndoReport {
    only_say: bool,
    records: Vec<Record>,
    beyond: Vec<Group>,
    in_doubt: usize,
}

/// One record and what became of its fields.
struct Record {
    action: &'static str,
    id: String,
    undone: Undone,
}

/// Writes of one action that cannot be undone for one reason.
struct Group {
    action: String,
    why: &'static str,
    /// Their numbers, and the record as it was where it was kept.
    writes: Vec<Value>,
    kept: usize,
}

impl UndoReport {
    pub(super) fn new<'d>(
        only_say: bool,
        beyond: impl Iterator<Item = (&'d (String, Irreversible), &'d Vec<Beyond>)>,
    ) -> Self {
        let group = |((action, why), writes): (&(String, Irreversible), &Vec<Beyond>)| Group {
            action: action.clone(),
            why: why.words(),
            writes: writes
                .iter()
                .map(|beyond| json!({"write": beyond.write, "record": beyond.record}))
                .collect(),
            kept: writes
                .iter()
                .filter(|beyond| beyond.record.is_some())
                .count(),
        };
        Self {
            only_say,
            records: Vec::new(),
            beyond: beyond.map(group).collect(),
            in_doubt: 0,
        }
    }

    pub(super) fn add(&mut self, trail: &Trail, undone: Undone) {
        self.records.push(Record {
            action: trail.action(),
            id: trail.id().to_owned(),
            undone,
        });
    }

    pub(super) fn refused(&mut self, trail: &Trail, error: &CallError) {
        let why = format!("refused: {}", error.message);
        self.add(trail, all_left(trail, &why));
    }

    pub(super) fn in_doubt(&mut self, trail: &Trail, error: &CallError) {
        self.in_doubt += 1;
        let why = format!("in doubt: {}", error.message);
        self.add(trail, all_left(trail, &why));
    }

    fn count(&self, of: impl Fn(&Undone) -> bool) -> usize {
        self.records
            .iter()
            .filter(|record| of(&record.undone))
            .count()
    }

    /// What is to be said of records that are not as before the run.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let left = self.count(|undone| !undone.left.is_empty() || !undone.unread.is_empty());
        match (self.in_doubt, left) {
            (0, 0) => self.verdict_of_beyond(),
            (0, left) => Err(Failure::new(
                Exit::Rows,
                format!("{} not fully restored", records(left)),
            )),
            (doubt, _) => Err(Failure::new(
                Exit::InDoubt,
                format!("{} in doubt", records(doubt)),
            )),
        }
    }

    /// What is to be said of updates that stay: whoever undoes a run expects them back.
    fn verdict_of_beyond(&self) -> Result<(), Failure> {
        let is_update = |group: &&Group| {
            catalog::action(&group.action).is_none_or(|action| action.effect == Effect::Update)
        };
        let stay = || self.beyond.iter().filter(is_update);
        let updates: usize = stay().map(|group| group.writes.len()).sum();
        if updates == 0 || self.only_say {
            return Ok(());
        }
        let noun = if updates == 1 { "update" } else { "updates" };
        let failure = Failure::new(Exit::Rows, format!("{updates} {noun} cannot be undone"));
        let is_unkept = stay().any(|group| group.why == Irreversible::NoSnapshot.words());
        Err(if is_unkept {
            failure.hint("start the run with `--snapshot` to save the records before its updates")
        } else {
            failure
        })
    }

    /// The same failure, which ended the undo, with the code of what is in doubt besides.
    pub(super) fn verdict_beside(&self, failure: Failure) -> Failure {
        match self.in_doubt {
            0 => failure,
            _ => Failure {
                exit: failure.exit.with_doubts(),
                ..failure
            },
        }
    }

    pub(super) fn json(&self, run: &str, id: Option<&str>) -> Value {
        let records = self.records.iter().map(|record| {
            let undone = &record.undone;
            let restored = undone.restored.iter();
            let restored: Vec<Value> = restored
                .map(|(name, from, to)| json!({"field": name, "from": from, "to": to}))
                .collect();
            let left = undone.left.iter();
            let left: Vec<Value> = left
                .map(|(name, why)| json!({"field": name, "why": why}))
                .collect();
            json!({
                "action": record.action, "id": record.id, "restored": restored, "left": left,
                "unread": undone.unread, "same": undone.same,
            })
        });
        let beyond = self.beyond.iter().map(|group| {
            json!({
                "action": group.action, "why": group.why, "count": group.writes.len(),
                "writes": group.writes,
            })
        });
        json!({
            "run": run, "undo": id, "dry_run": self.only_say,
            "records": records.collect::<Vec<_>>(), "cannot": beyond.collect::<Vec<_>>(),
        })
    }

    pub(super) fn print(&self, run: &str, id: Option<&str>, terminal: Terminal) {
        let title = if self.only_say {
            "would be restored"
        } else {
            "restored"
        };
        section(
            title,
            self.records.iter().filter_map(Record::restored),
            terminal,
        );
        section(
            "left alone",
            self.records.iter().filter_map(Record::left),
            terminal,
        );
        let unread = self.records.iter().filter_map(Record::unread);
        section("old value not known", unread, terminal);
        section(
            "cannot be undone",
            self.beyond.iter().map(Group::line),
            terminal,
        );
        if self.beyond.iter().any(|group| group.kept > 0) {
            terminal.note(&format!(
                "the records that the run ended are saved in the journal: `{} --dry-run --json` \
                 shows them",
                undo_command(run)
            ));
        }
        terminal.note(&self.summary());
        if let Some(id) = id {
            terminal.note(&format!("the undo is run `{id}`"));
        }
    }

    fn summary(&self) -> String {
        let back = self.count(|undone| !undone.restored.is_empty());
        let same = self.count(|undone| {
            let untouched = undone.restored.is_empty() && undone.left.is_empty();
            untouched && undone.unread.is_empty() && undone.same > 0
        });
        let would = if self.only_say { " would be" } else { "" };
        let left = self.count(|undone| !undone.left.is_empty());
        let unread = self.count(|undone| !undone.unread.is_empty());
        let beyond: usize = self.beyond.iter().map(|group| group.writes.len()).sum();
        let mut summary = format!(
            "{}{would} restored, {same} already as before",
            records(back)
        );
        // Writing into a text cannot fail.
        if left > 0 {
            let _ = write!(summary, ", {left} left alone in part or entirely");
        }
        if unread > 0 {
            let _ = write!(
                summary,
                ", {unread} with fields whose old value is not known"
            );
        }
        if beyond > 0 {
            let writes = if beyond == 1 { "write" } else { "writes" };
            let _ = write!(summary, ", {beyond} {writes} cannot be undone");
        }
        summary
    }
}

impl Record {
    fn restored(&self) -> Option<String> {
        let fields = self.undone.restored.iter();
        let fields = fields.map(|(name, from, to)| format!("{name} {from} → {to}"));
        self.line(&fields.collect::<Vec<_>>())
    }

    fn left(&self) -> Option<String> {
        let fields = self.undone.left.iter();
        let fields = fields.map(|(name, why)| format!("{name} {why}"));
        self.line(&fields.collect::<Vec<_>>())
    }

    fn unread(&self) -> Option<String> {
        self.line(&self.undone.unread)
    }

    fn line(&self, fields: &[String]) -> Option<String> {
        let line = || format!("{} {}: {}", self.action, self.id, fields.join(", "));
        (!fields.is_empty()).then(line)
    }
}

impl Group {
    fn line(&self) -> String {
        let mut line = format!("{} × {}: {}", self.writes.len(), self.action, self.why);
        if self.kept > 0 {
            // Writing into a text cannot fail.
            let _ = write!(line, "; {} saved in the journal", self.kept);
        }
        line
    }
}

fn section(title: &str, lines: impl Iterator<Item = String>, terminal: Terminal) {
    let mut more = 0_usize;
    for (number, line) in lines.enumerate() {
        if number == 0 {
            terminal.data(&format!("{title}:"));
        }
        if number < SHOWN {
            terminal.data(&format!("  {line}"));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        terminal.data(&format!("  … and {more} more: `--json` has them all"));
    }
}

fn all_left(trail: &Trail, why: &str) -> Undone {
    let names = trail.names().map(|name| (name.to_owned(), why.to_owned()));
    Undone {
        left: names.collect(),
        ..Undone::default()
    }
}

fn records(count: usize) -> String {
    match count {
        1 => "1 record".to_owned(),
        _ => format!("{count} records"),
    }
}
