//! A result drawn so that a person, or another program, can read it.

use rhai::{Dynamic, Engine, Map};

use crate::display::table::{Cell, Records};
use crate::script::csv::records::{cell, columns, ranks};
use crate::script::csv::row::Row;
use crate::script::diagnostic::readable::readable;
use crate::script::diagnostic::words::kind;
use crate::script::files::json::to_value;
use crate::script::host::without_secrets;
use crate::script::tables::shown_cell;
use crate::script::value::record::{is_map, map_of};
use crate::secrets::cover_shown;

/// The variable that holds the last result.
pub const IT: &str = "it";

/// How results are to be drawn.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ResultForm {
    /// Lists of records as tables, everything else as a script would write it.
    #[default]
    Table,
    /// Everything as JSON.
    Json,
}

/// A result as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// Text of one or more lines.
    Text(String),
    /// A list of records.
    Records(Records),
}

impl Drawn {
    pub(super) fn draw(engine: &Engine, value: &Dynamic, form: ResultForm) -> Self {
        match form {
            ResultForm::Json => json(value).map(Self::Text),
            ResultForm::Table => list(value, None)
                .or_else(|| reply(engine, value))
                .map(Self::Records),
        }
        .unwrap_or_else(|| Self::Text(write_value(engine, value)))
        .without_secrets()
    }

    fn without_secrets(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(cover_shown(&text).into_owned()),
            Self::Records(records) => Self::Records(without_secrets(records)),
        }
    }
}

/// The value as a script would write it; of what is read only when it is asked for,
/// how to ask.
fn write_value(engine: &Engine, value: &Dynamic) -> String {
    let text = readable(engine, value);
    match kind(engine.map_type_name(value.type_name())) {
        "gathered" | "records" | "rows" => format!("{text}: `{IT}.to_array()` shows them"),
        _ => text,
    }
}

/// The value as JSON, if it has such a form.
fn json(value: &Dynamic) -> Option<String> {
    serde_json::to_string_pretty(&to_value(value).ok()?).ok()
}

/// A list all of whose items are records.
fn list(value: &Dynamic, caption: Option<String>) -> Option<Records> {
    let items = value.as_array_ref().ok()?;
    let is_record = |item: &Dynamic| is_map(item) || item.is::<Row>();
    if items.is_empty() || !items.iter().all(is_record) {
        return None;
    }
    let mut columns = columns(&items).ok()?;
    if items.iter().all(is_map) {
        let rank = ranks(&columns);
        columns.sort_by_key(|name| rank(name));
    }
    let row = |record: &Dynamic| {
        let cells = columns.iter().map(|column| match cell(record, column) {
            Some(value) => shown_cell(&value).ok(),
            None => Some(Cell::default()),
        });
        cells.collect::<Option<Vec<_>>>()
    };
    Some(Records {
        caption,
        rows: items.iter().map(row).collect::<Option<_>>()?,
        columns: columns.iter().map(ToString::to_string).collect(),
    })
}

/// A reply with one list of records, such as that of `GetClients`.
fn reply(engine: &Engine, value: &Dynamic) -> Option<Records> {
    let map = map_of(value)?;
    let (path, items) = only_list(&map)?;
    // That it succeeded goes without saying.
    let besides = map
        .iter()
        .filter(|(name, value)| is_plain(value) && name.as_str() != "result");
    let besides: Vec<String> = besides
        .map(|(name, value)| format!("{name}: {}", readable(engine, value)))
        .collect();
    let caption = match besides.join(", ") {
        besides if besides.is_empty() => format!("{path}:"),
        besides => format!("{besides}; {path}:"),
    };
    list(&items, Some(caption))
}

/// The one list in a map that has nothing else but plain values, and its path.
fn only_list(map: &Map) -> Option<(String, Dynamic)> {
    let mut nested = map.iter().filter(|(_, value)| !is_plain(value));
    let (name, value) = nested.next()?;
    if nested.next().is_some() {
        return None;
    }
    if value.is_array() {
        return Some((name.to_string(), value.clone()));
    }
    let inner = map_of(value)?;
    let mut entries = inner.iter();
    match (entries.next(), entries.next()) {
        (Some((inner, list)), None) if list.is_array() => {
            Some((format!("{name}.{inner}"), list.clone()))
        }
        _ => None,
    }
}

fn is_plain(value: &Dynamic) -> bool {
    !value.is_array() && !is_map(value)
}
