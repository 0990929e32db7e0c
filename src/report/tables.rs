//! The tables one can search and sort: rows, changes, writes outside rows.
//!
//! Each is JSON the page's script shows a part of at a time. A row's cells are
//! those of `results.csv`: what is left out there is left out here.

use serde_json::{Map, Value, json};

use super::account::{Account, Fate, of_error, text};
use super::escape::{Add as _, Text, counted, number, push_json};
use super::trouble::params;
use crate::run::journal::{BulkRecord, Outcome, Reading, RowRecord};
use crate::run::outputs::{Draft, Layout, OutputError};
use crate::run::scope::Scope;
use crate::run::undo::Changed;

/// The most rows that are done, and the most others, that go into a page: a browser
/// holds all of them at once.
const MOST: u64 = 200_000;
/// The most lines of the other tables.
const LINES: u64 = 100_000;
/// What is gathered before it is written.
const CHUNK: usize = 64 * 1024;

/// The places of the tables in the page.
pub(super) fn places(account: &Account) -> String {
    let mut html = String::new();
    for bulk in loops(account) {
        let head = match loops(account).len() {
            1 => format!("Rows <i>{}</i>", number(account.ended())),
            _ => format!("Rows of loop {}", bulk.number),
        };
        let mut note = String::new();
        if !bulk.hidden.is_empty() {
            let names = bulk.hidden.iter();
            let names = names.map(|name| format!("<code>{}</code>", Text(name)));
            let names: Vec<String> = names.collect();
            note = format!("Left out as secret: {}. ", names.join(", "));
        }
        if account.ended() > MOST {
            note.add(format_args!(
                "Of rows that are done, and of others, the first {} of each are here; results.csv has all.",
                number(MOST)
            ));
        }
        html.push_str(&place(&format!("rows-{}", bulk.number), &head, &note));
    }
    if account.changes > 0 {
        let more = left_out(account.changes, LINES, "change");
        let head = format!("Changes <i>{}</i>", counted(account.changes, "field"));
        html.push_str(&place("changes", &head, &more));
    }
    if account.outside > 0 {
        let more = left_out(account.outside, LINES, "write");
        let head = match account.ended() {
            0 => format!("Writes <i>{}</i>", number(account.outside)),
            _ => format!("Writes outside rows <i>{}</i>", number(account.outside)),
        };
        html.push_str(&place("writes", &head, &more));
    }
    html
}

fn left_out(count: u64, most: u64, what: &str) -> String {
    if count > most {
        format!("The first {} are shown.", counted(most, what))
    } else {
        String::new()
    }
}

/// The place of one table; its head and its note are HTML.
fn place(name: &str, head: &str, note: &str) -> String {
    format!(
        "<section><h2>{head}</h2><p class=\"note\">{note}</p><div class=\"table\" data-of=\"{name}\">\
         <noscript><p class=\"note\">This table needs JavaScript.</p></noscript></div></section>"
    )
}

/// The bulk loops of which rows ended.
fn loops(account: &Account) -> &[BulkRecord] {
    match account.ended() {
        0 => &[],
        _ => &account.bulks,
    }
}

/// Writes the data of all tables.
pub(super) fn write(
    account: &Account,
    reading: &Reading,
    draft: &mut Draft,
) -> Result<(), OutputError> {
    writes(account, reading, draft)?;
    rows(account, reading, draft)
}

/// JSON on its way into the page: an array, one line an entry.
struct Lines<'d> {
    draft: &'d mut Draft,
    text: String,
    problem: Option<OutputError>,
    is_empty: bool,
}

impl<'d> Lines<'d> {
    /// Opens a table of those columns.
    fn open(draft: &'d mut Draft, name: &str, columns: &[Value]) -> Self {
        let mut text = format!(
            "<script type=\"application/json\" id=\"data-{}\">{{\"columns\":",
            Text(name)
        );
        push_json(&mut text, &columns);
        text.push_str(",\"rows\":[");
        Self {
            draft,
            text,
            problem: None,
            is_empty: true,
        }
    }

    fn put(&mut self, cells: &[Value]) {
        self.text.push_str(if self.is_empty { "\n" } else { ",\n" });
        self.is_empty = false;
        push_json(&mut self.text, &cells);
        if self.text.len() > CHUNK {
            self.flush();
        }
    }

    /// Writes what was gathered; after an error, nothing.
    fn flush(&mut self) {
        if self.problem.is_none() {
            self.problem = self.draft.put(&self.text).err();
        }
        self.text.clear();
    }

    fn close(mut self) -> Result<(), OutputError> {
        self.text.push_str("]}</script>\n");
        self.flush();
        self.problem.map_or(Ok(()), Err)
    }
}

/// A column as the page's script wants it; `more` ones are shown when asked for.
fn column(name: &str, kind: &str, more: bool) -> Value {
    json!({"name": name, "kind": kind, "more": more})
}

fn writes(account: &Account, reading: &Reading, draft: &mut Draft) -> Result<(), OutputError> {
    if account.changes > 0 {
        let columns = ["row", "action", "record", "field", "before", "after"];
        let mut columns = columns.map(|name| column(name, "text", false)).to_vec();
        columns.insert(0, column("write", "number", false));
        columns.push(column("outcome", "state", false));
        let mut lines = Lines::open(draft, "changes", &columns);
        let mut left = LINES;
        reading.writes_in_time(|kept, _| {
            let word = outcome(kept.write.outcome.as_ref());
            if !matches!(word, "done" | "in doubt") {
                return;
            }
            let changed = Changed::by(&kept).into_iter();
            let row = match &kept.write.scope {
                Scope::Main => "",
                Scope::Row(key) => key,
            };
            for (id, change) in changed.flat_map(|changed| {
                let fields = changed.changes.into_iter();
                fields.map(move |change| (changed.id.clone(), change))
            }) {
                if change.is_idle() || left == 0 {
                    continue;
                }
                left -= 1;
                let old = change
                    .old
                    .as_ref()
                    .map_or_else(|| "(not known)".into(), text);
                lines.put(&[
                    kept.write.id.number().into(),
                    row.into(),
                    kept.write.action.as_str().into(),
                    id.into(),
                    change.name.as_str().into(),
                    old.into(),
                    text(&change.new).into(),
                    word.into(),
                ]);
            }
        })?;
        lines.close()?;
    }
    if account.outside == 0 {
        return Ok(());
    }
    let columns = [
        column("write", "number", false),
        column("action", "text", false),
        column("parameters", "text", false),
        column("outcome", "state", false),
        column("why", "text", false),
        column("took", "millis", false),
        column("sent", "text", false),
    ];
    let mut lines = Lines::open(draft, "writes", &columns);
    let mut left = LINES;
    reading.writes_in_time(|kept, timed| {
        if kept.write.scope != Scope::Main || left == 0 {
            return;
        }
        left -= 1;
        let took = timed.took.map(|took| took.as_secs_f64() * 1e3);
        lines.put(&[
            kept.write.id.number().into(),
            kept.write.action.as_str().into(),
            params(&kept.write).into(),
            outcome(kept.write.outcome.as_ref()).into(),
            why(kept.write.outcome.as_ref()).into(),
            took.into(),
            timed.begun.map(|begun| account.zone.exact(begun)).into(),
        ]);
    })?;
    lines.close()
}

fn outcome(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or(Fate::InDoubt.word(), Outcome::word)
}

/// Why a write was not applied, or may not have been.
fn why(outcome: Option<&Outcome>) -> &str {
    match outcome {
        Some(
            Outcome::Refused { message, .. }
            | Outcome::NotSent { message, .. }
            | Outcome::Unsettled(message),
        ) => message,
        Some(Outcome::Done(_)) | None => "",
    }
}

/// The columns every row has of its own, before those it was given and it returned.
const OWN: [(&str, &str, bool); 8] = [
    ("row", "number", false),
    ("key", "text", false),
    ("outcome", "state", false),
    ("result", "text", false),
    ("writes", "text", false),
    ("took", "millis", false),
    ("ended", "text", false),
    ("line", "number", true),
];

/// A loop's rows on their way into the page.
struct Loop<'d> {
    number: u64,
    layout: Layout,
    lines: Lines<'d>,
}

fn rows(account: &Account, reading: &Reading, draft: &mut Draft) -> Result<(), OutputError> {
    let returned = reading.returned()?;
    let mut left = [MOST; 2];
    for bulk in loops(account) {
        let own = returned.iter().filter(|(number, _)| *number == bulk.number);
        let own = own.map(|(_, column)| column.clone());
        let layout = Layout::of(bulk, &[]).returning(own);
        let mut columns: Vec<Value> = OWN
            .map(|(name, kind, more)| column(name, kind, more))
            .into();
        columns.extend(layout.header().map(|name| column(name, "text", true)));
        let mut rows = Loop {
            number: bulk.number,
            layout,
            lines: Lines::open(draft, &format!("rows-{}", bulk.number), &columns),
        };
        reading.rows_in_time(|row, ended, writes| {
            if row.bulk != rows.number {
                return;
            }
            let fate = Fate::of_row(&row);
            let left = &mut left[usize::from(fate == Fate::Done)];
            if *left > 0 {
                *left -= 1;
                rows.put(
                    &row,
                    fate,
                    ended.map(|ended| account.zone.exact(ended)),
                    writes,
                );
            }
        })?;
        rows.lines.close()?;
    }
    Ok(())
}

impl Loop<'_> {
    fn put(&mut self, row: &RowRecord, fate: Fate, ended: Option<String>, writes: String) {
        // A row without a key of its own has its number for one.
        let is_numbered = row.key == format!("#{}", row.number);
        let key = if is_numbered { "" } else { &row.key };
        let mut cells: Vec<Value> = vec![
            row.number.into(),
            key.into(),
            fate.word().into(),
            result(row).into(),
            writes.into(),
            row.millis.into(),
            ended.into(),
            row.line.into(),
        ];
        let given = self.layout.cells(&row.original, &[], &row.columns);
        cells.extend(given.into_iter().map(Value::from));
        self.lines.put(&cells);
    }
}

/// Why a row failed, else what it returned.
fn result(row: &RowRecord) -> String {
    if row.error.is_some() {
        return of_error(row.error.as_ref(), "message");
    }
    returned(&row.columns)
}

fn returned(columns: &Map<String, Value>) -> String {
    let told = columns.iter().filter(|(_, value)| !value.is_null());
    let told = told.map(|(name, value)| format!("{name} {}", text(value)));
    told.collect::<Vec<_>>().join(", ")
}
