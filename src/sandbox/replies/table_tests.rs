//! Holds every reply to the table, and the table to the replies: no field without a row, no row without a field.

use std::collections::{BTreeMap, BTreeSet};

use super::{ANY, Kind, Types, blocks, fields_of, typed};
use crate::catalog;
use crate::sandbox::reply::{Fields, Value};
use crate::sandbox::testing::{answer, store_with_failure};

/// How a thing can be known, the surest first.
pub(super) const SOURCES: &[&str] = &["recorded", "strict", "reference", "guess"];

/// How far an action can be imitated.
const FIDELITIES: &[&str] = &["state", "stub", "fixed"];

/// The calls of `calls.txt`: action and query.
pub(super) fn calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("calls.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
}

/// The refusals of the table but those of access: action, query and message.
pub(super) fn refusals() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    blocks()
        .filter(|(action, ..)| *action != ANY)
        .flat_map(|(action, _, rows)| {
            let found = rows.into_iter().filter_map(refusal_of);
            found.map(move |(_, query, message)| (action, query, message))
        })
}

/// A row about a refusal: its source, the query that is refused, the message.
pub(super) fn refusal_of(row: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (call, message) = row.split_once(" => ")?;
    let (source, query) = call.split_once(" refusal")?;
    Some((source, query.trim_start(), message))
}

/// A row about input that the reference is silent about: its source and the sentence.
pub(super) fn input_of(row: &'static str) -> Option<(&'static str, &'static str)> {
    row.split_once(" input: ")
}

/// The fields the table has of an action: path, what it is, whether it may be null.
fn rows(action: &str) -> BTreeMap<String, (Kind, bool)> {
    let of_action = blocks().filter(|(name, ..)| [ANY, action].contains(name));
    let mut fields = BTreeMap::new();
    for (_, kind, record, names) in of_action.flat_map(|(.., rows)| rows).filter_map(fields_of) {
        for name in names.split(' ') {
            let bare = name.trim_end_matches('?');
            let path = below(record, bare);
            let before = fields.insert(path, (kind, bare != name));
            assert!(before.is_none(), "{action}: `{record}.{bare}` stands twice");
        }
    }
    fields
}

fn below(record: &str, name: &str) -> String {
    if record.is_empty() {
        name.to_owned()
    } else {
        format!("{record}.{name}")
    }
}

/// The row of a field in a record: its own, that of its name with a number, or that of any name.
fn row_of(rows: &BTreeMap<String, (Kind, bool)>, record: &str, name: &str) -> Option<String> {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let names = [name.to_owned(), format!("{stem}#"), "*".to_owned()];
    let mut paths = names.iter().map(|name| below(record, name));
    paths.find(|path| rows.contains_key(path))
}

/// What a reply has that its rows do not allow; the rows that were needed are noted.
struct Check<'r> {
    rows: &'r BTreeMap<String, (Kind, bool)>,
    needed: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Check<'_> {
    fn fields(&mut self, record: &str, fields: &Fields) {
        for (name, value) in fields.iter() {
            match row_of(self.rows, record, name) {
                Some(path) => self.value(&path, value),
                None => self
                    .wrong
                    .push(format!("`{}` has no row", below(record, name))),
            }
        }
    }

    fn value(&mut self, path: &str, value: &Value) {
        self.needed.insert(path.to_owned());
        let (kind, may_be_null) = self.rows[path];
        let fits = match (kind, value) {
            (_, Value::Null) => may_be_null,
            // PHP does not tell an empty map from an empty list.
            (Kind::Map, Value::List(items)) => items.is_empty(),
            (Kind::Wrapped, Value::Text(text)) => text.is_empty(),
            (Kind::Any, Value::Text(_) | Value::Int(_))
            | (Kind::Number, Value::Int(_))
            | (Kind::Text, Value::Text(_))
            | (Kind::Bool, Value::Bool(_))
            | (Kind::List, Value::List(_))
            | (Kind::Map | Kind::Wrapped, Value::Map(_)) => true,
            _ => false,
        };
        if !fits {
            self.wrong
                .push(format!("`{path}` is {value:?}, not {kind:?}"));
        }
        match value {
            Value::Map(fields) => self.fields(path, fields),
            Value::List(items) => {
                for item in items {
                    match item {
                        Value::Map(fields) => self.fields(path, fields),
                        item => self.item(path, item),
                    }
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, list: &str, item: &Value) {
        let path = format!("{list}[]");
        if self.rows.contains_key(&path) {
            self.value(&path, item);
        } else {
            self.wrong
                .push(format!("the items of `{list}` have no row"));
        }
    }
}

#[test]
fn every_action_has_one_block_and_every_row_is_understood() {
    let named: Vec<_> = blocks().map(|(action, ..)| action).collect();
    let mut wanted: Vec<_> = catalog::actions()
        .iter()
        .map(|action| action.name)
        .collect();
    wanted.sort_unstable();
    wanted.insert(0, ANY);
    assert_eq!(named, wanted);
    for (action, said, rows) in blocks() {
        let fidelity = said.split(' ').next().unwrap_or_default();
        assert!(
            action == ANY || FIDELITIES.contains(&fidelity),
            "{action} {said}"
        );
        for row in rows {
            let source = fields_of(row)
                .map(|(source, ..)| source)
                .or_else(|| refusal_of(row).map(|(source, ..)| source))
                .or_else(|| input_of(row).map(|(source, _)| source));
            assert!(
                source.is_some_and(|source| SOURCES.contains(&source)),
                "{action}: {row}"
            );
        }
    }
}

#[test]
fn every_field_of_every_reply_is_what_its_row_says_and_every_row_is_needed() {
    let store = store_with_failure();
    let mut needed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = BTreeSet::new();
    for (action, query) in calls() {
        let reply = typed(action, answer(&store, action, query), Types::Native);
        let rows = rows(action);
        let mut check = Check {
            rows: &rows,
            needed: BTreeSet::new(),
            wrong: Vec::new(),
        };
        check.fields("", &reply);
        needed.entry(action).or_default().append(&mut check.needed);
        wrong.extend(
            check
                .wrong
                .into_iter()
                .map(|wrong| format!("{action}: {wrong}")),
        );
    }
    for (action, needed) in needed {
        let common = ["result", "message", "status"].map(String::from);
        let idle = rows(action)
            .into_keys()
            .filter(|path| !needed.contains(path));
        let idle = idle.filter(|path| !common.contains(path));
        wrong.extend(idle.map(|path| format!("{action}: no reply has `{path}`")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn drivers_without_numbers_send_text_in_their_place() {
    let store = store_with_failure();
    let has_number = |value: &Value| format!("{value:?}").contains("Int(");
    for (action, query) in calls() {
        let raw = answer(&store, action, query);
        let native = typed(action, raw.clone(), Types::Native);
        let text = typed(action, raw, Types::Text);
        assert!(!has_number(&text.clone().into()), "{action}: {text:?}");
        let shown = |fields: &Fields| {
            let shown = format!("{fields:?}").replace("Int(", "Text(");
            shown.replace('"', "")
        };
        assert_eq!(shown(&native), shown(&text), "{action}");
    }
}
