//! The rows of a file, a frozen list or an array, gone through before the loop begins, or
//! once more.

use std::sync::Arc;

use rhai::{Array, Dynamic};

use crate::run::journal::RowMark;
use crate::run::resume::Fresh;
use crate::script::bulk::captures::copied;
use crate::script::bulk::identity::{Alike, HINT, Identity, Name, cells};
use crate::script::csv::Rows;
use crate::script::csv::row::Row;
use crate::script::engine::function::Fallible;
use crate::script::frozen::Frozen;
use crate::script::raise::Raised;

/// What a script loops over.
pub(super) type Values = Box<dyn Iterator<Item = Fallible<Dynamic>> + Send>;

/// The rows of a file or an array, to be gone through once more.
pub(super) struct Again {
    from: Source,
    /// The file as the script named it.
    pub path: Option<String>,
    /// How many of its rows were taken before the loop.
    pub taken: u64,
}

enum Source {
    File(Rows),
    Frozen(Frozen),
    Items(Arc<Array>),
}

impl Again {
    /// The rows of an array, a file or a frozen list.
    pub fn from_rows(rows: &Dynamic) -> Option<Self> {
        if let Ok(items) = rows.as_array_ref() {
            let items: Array = items.iter().map(copied).collect::<Result<_, _>>().ok()?;
            return Some(Self::of_items(items));
        }
        if let Some(frozen) = rows.read_lock::<Frozen>() {
            return Some(Self::of_frozen(&frozen));
        }
        rows.read_lock::<Rows>().map(|rows| Self::of_file(&rows))
    }

    pub fn of_items(items: Array) -> Self {
        Self {
            from: Source::Items(Arc::new(items)),
            path: None,
            taken: 0,
        }
    }

    pub fn of_frozen(frozen: &Frozen) -> Self {
        Self {
            from: Source::Frozen(frozen.clone()),
            path: Some(frozen.path().to_owned()),
            taken: 0,
        }
    }

    pub fn of_file(rows: &Rows) -> Self {
        Self {
            from: Source::File(rows.clone()),
            path: Some(rows.path().to_owned()),
            taken: rows.number(),
        }
    }

    /// The rows from the first on.
    pub fn values(&self) -> Fallible<Values> {
        Ok(match &self.from {
            Source::Items(items) => {
                let items = Arc::clone(items);
                let item = move |place: usize| Ok(copied(&items[place])?);
                let places = 0..self.len();
                Box::new(places.map(item))
            }
            Source::Frozen(frozen) => {
                let frozen = frozen.clone();
                let mut reading = frozen.again()?;
                let next = move || frozen.next_of(&mut reading).transpose();
                Box::new(std::iter::from_fn(next))
            }
            Source::File(rows) => {
                let mut source = rows.again()?;
                let rows = rows.clone();
                let next = move || match rows.stop_if_asked() {
                    Ok(()) => match source.next_row() {
                        Ok(row) => row.map(|row| Ok(Dynamic::from(row))),
                        Err(raised) => Some(Err(raised.unsent().into())),
                    },
                    Err(stopped) => Some(Err(stopped)),
                };
                Box::new(std::iter::from_fn(next))
            }
        })
    }

    fn len(&self) -> usize {
        match &self.from {
            Source::Items(items) => items.len(),
            Source::File(_) | Source::Frozen(_) => 0,
        }
    }
}

impl Again {
    /// The refusal of rows with one key, the way it is spelled in each.
    pub fn twice(
        &self,
        identity: &Identity,
        rows: [&(Dynamic, u64); 2],
        spelled: [&str; 2],
    ) -> Raised {
        let name = identity.column.as_deref().unwrap_or_default();
        let keys = match spelled {
            [one, other] if one == other => format!("`{one}`"),
            [one, other] => format!("`{one}` and `{other}`, which differ only in spelling"),
        };
        let [first, second] = rows.map(|(value, number)| line(value).unwrap_or(*number));
        let (kind, rows) = match &self.path {
            Some(path) => ("csv", format!("`{path}` lines")),
            None => ("row", "rows".to_owned()),
        };
        let what = format!("{rows} {first} and {second} have the same `{name}`: {keys}");
        Raised::new(kind, what).hint(HINT)
    }

    /// What is wrong with a row, said of its file where it is from one.
    pub fn about(&self, raised: Raised, value: &Dynamic, identity: &Identity) -> Raised {
        match (&self.path, &identity.column, line(value)) {
            (Some(path), Some(name), Some(line)) => Raised::new(
                "csv",
                format!("`{path}` line {line}: the key `{name}` is empty"),
            )
            .hint(HINT),
            _ => raised,
        }
    }

    /// The rows whose keys and marks are wanted.
    pub fn those(
        &self,
        identity: &Identity,
        is_wanted: impl Fn(&str, RowMark) -> bool,
        is_own: impl Fn(&Dynamic, &Name, &str) -> bool,
    ) -> Fallible<Vec<Fresh>> {
        let mut fresh = Vec::new();
        let mut alike = Alike::default();
        for (value, number) in self.values()?.zip(self.taken + 1..) {
            let value = value?;
            let name = identity.name_row(&value, number)?;
            let key = identity.key(&name, alike.nth(&name));
            if is_wanted(&key, identity.mark(&key, &name, &value)) {
                fresh.push(Fresh {
                    is_own: is_own(&value, &name, &key),
                    key,
                    spelled: name.spelled().to_owned(),
                    number,
                    line: line(&value),
                    cells: cells(&value),
                });
            }
        }
        Ok(fresh)
    }
}

/// The line of its file a row starts in.
pub(super) fn line(value: &Dynamic) -> Option<u64> {
    value.read_lock::<Row>().map(|row| row.line())
}
