//! What items are compared by.

use rhai::{Dynamic, FnPtr, INT, ImmutableString, NativeCallContext};
use rust_decimal::Decimal;

use crate::run::plan::{Planned, has_placeholder};
use crate::script::csv::row::Row;
use crate::script::dates::{Date, DateTime};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::Fallible;
use crate::script::lists::items::place;
use crate::script::raise::Raised;
use crate::script::value::as_text::AsText;
use crate::script::value::not_kept::NotKept;
use crate::script::value::record::{Record, map_of};

/// What an item is asked for.
pub(super) enum By {
    Itself,
    Field(ImmutableString),
    Closure(FnPtr),
}

impl By {
    /// What it gives for an item.
    pub fn value(&self, asked: &NativeCallContext, item: &Dynamic, at: usize) -> Fallible<Dynamic> {
        match self {
            Self::Itself => Ok(item.clone()),
            Self::Field(name) => {
                field(item, name).map_err(|raised| raised.about(&place(item, at)).into())
            }
            Self::Closure(closure) => {
                let index = [INT::try_from(at).unwrap_or(INT::MAX).into()];
                let mut item = item.clone();
                closure.call_raw_with_extra_args(
                    asked.fn_name(),
                    asked,
                    Some(&mut item),
                    [],
                    index,
                    Some(0),
                )
            }
        }
    }
}

/// A field of a row, a record or a map; one that it does not have is an error.
fn field(item: &Dynamic, name: &str) -> Result<Dynamic, Raised> {
    if let Some(row) = item.read_lock::<Row>() {
        return row.read(name);
    }
    if let Some(record) = item.read_lock::<Record>() {
        return record.read(name);
    }
    let Some(map) = map_of(item) else {
        let what = format!("{} has no field `{name}`", a_kind(kind(item.type_name())));
        return Err(Raised::new("value", what)
            .hint("a field is asked of rows, records and maps; of anything else, use a closure"));
    };
    map.get(name).cloned().ok_or_else(|| {
        let known = map.keys().map(rhai::Identifier::as_str);
        Raised::new("value", format!("it has no field `{name}`")).hint(suggestion(name, known))
    })
}

/// A value that can be compared with others.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Key {
    Nothing,
    Truth(bool),
    Number(Decimal),
    Text(ImmutableString),
    Day(jiff::civil::Date),
    Moment(jiff::civil::DateTime),
}

impl Key {
    fn read(value: &Dynamic) -> Option<Self> {
        if value.is_unit() {
            return Some(Self::Nothing);
        }
        if let Ok(truth) = value.as_bool() {
            return Some(Self::Truth(truth));
        }
        if let Ok(number) = value.as_int() {
            return Some(Self::Number(number.into()));
        }
        if let Ok(number) = value.as_decimal() {
            return Some(Self::Number(number));
        }
        if let Ok(number) = value.as_float() {
            return Decimal::try_from(number).ok().map(Self::Number);
        }
        if let Ok(letter) = value.as_char() {
            return Some(Self::Text(letter.to_string().into()));
        }
        if let Ok(text) = value.as_immutable_string_ref() {
            return Some(Self::Text(text.clone()));
        }
        if let Some(text) = value.read_lock::<AsText>() {
            return Some(Self::Text(text.0.clone()));
        }
        if let Some(day) = value.read_lock::<Date>() {
            return Some(Self::Day(day.0));
        }
        let moment = value.read_lock::<DateTime>()?;
        Some(Self::Moment(moment.0))
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "`()`",
            Self::Truth(_) => "true or false",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Day(_) => "day",
            Self::Moment(_) => "moment",
        }
    }
}

/// Of which kind the keys of a list are: of one, beside `()`.
#[derive(Default)]
pub(super) struct Kinds {
    /// The first that was none of nothing, and of which item it is.
    first: Option<(Key, String)>,
}

impl Kinds {
    /// The key that a value is.
    ///
    /// # Errors
    ///
    /// It cannot be compared, or not with those before.
    pub fn key(
        &mut self,
        name: &str,
        value: &Dynamic,
        item: &Dynamic,
        at: usize,
    ) -> Result<Key, Raised> {
        if let Some(gone) = value.read_lock::<NotKept>() {
            return Err(gone.refusal());
        }
        let here = place(item, at);
        let text = value.as_immutable_string_ref();
        if value.is::<Planned>() || text.is_ok_and(|text| has_placeholder(&text)) {
            let what = format!(
                "{here}: `{name}` cannot compare a value that is planned: it will only be known in a real run"
            );
            return Err(Raised::new("planned", what));
        }
        let Some(key) = Key::read(value) else {
            let given = a_kind(kind(value.type_name()));
            let what = format!("{here}: `{name}` cannot compare {given}");
            return Err(Raised::new("value", what)
                .hint("compare by a field or a closure that gives text, a number or a day"));
        };
        if key == Key::Nothing {
            return Ok(key);
        }
        match &self.first {
            None => self.first = Some((key.clone(), here)),
            Some((first, there)) if first.kind() != key.kind() => {
                let what = format!(
                    "{here}: `{name}` cannot compare {} with the {} of {there}",
                    key.kind(),
                    first.kind()
                );
                return Err(Raised::new("value", what).hint(
                    "make all of one kind in a closure, such as `|row| parse_int(row.id)` or `|row| `${row.id}``",
                ));
            }
            Some(_) => {}
        }
        Ok(key)
    }
}
