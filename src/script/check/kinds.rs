//! What is known of a value without running the script: where it is from.

use std::sync::Arc;

use rhai::{Array, Dynamic, Expr, Ident, Identifier, ImmutableString, Map};

use crate::catalog::{Action, FieldKind, Fields};
use crate::script::check::strays::{self, Word};
use crate::script::csv::row::Row;
use crate::script::dates::{Date, DateTime};
use crate::script::value::as_text::AsText;
use crate::script::value::file_fields::FileFields;
use crate::script::value::joined::is_whole;
use crate::script::value::record::Record;

/// Of more texts than these nothing is said.
const MOST_WRITTEN: usize = 64;

/// What a value is, as far as its origin can be followed.
#[derive(Clone, Debug, Default)]
pub(super) enum Kind {
    /// Anything.
    #[default]
    Unknown,
    /// A cell of a CSV file: always text.
    Cell,
    /// Text of a reply.
    Text,
    /// Text of a reply that is one of the words known of it.
    Word(Word),
    /// An amount of a reply, which is text.
    Amount,
    /// What a cell of a spreadsheet holds: text, a number, a date, true or false.
    Entry,
    /// Nothing: `()`.
    Nothing,
    /// A map of parameters in the making, by its number.
    Draft(usize),
    /// Text that the script makes itself.
    Plain,
    /// Text that is one of those written in the script.
    Written(Vec<ImmutableString>),
    /// Text in one case alone.
    Cased { is_upper: bool },
    /// The name of a type.
    TypeName,
    /// A map of our own, or an error that is caught: which of its fields holds words.
    Ours(Word),
    /// Text that is meant as text, a type of its own.
    Meant,
    /// One letter of a text.
    Letter,
    /// A number.
    Number,
    /// A number with decimals.
    Fraction,
    /// A whole number that may have lost the remainder of a division.
    Quotient,
    /// A decimal number.
    Money,
    /// A date, or a moment.
    Day,
    /// True or false.
    Truth,
    /// A row of a file; of a CSV file all cells are text.
    Row { is_text: bool },
    /// The rows of a file.
    Rows { is_text: bool },
    /// Text that `+` made of two that are text already, and may be numbers.
    Joined,
    /// A function of the script, by its name.
    Function(ImmutableString),
    /// A map that is written out and never changed, as far as its values are.
    Entries(Vec<(ImmutableString, Self)>),
    /// A record of the file of that path, whose records have those fields.
    FileRecord(Arc<FileFields>, ImmutableString),
    /// A map of a known action's reply.
    Record(&'static Action, &'static Fields),
    /// An array of values of one kind.
    List(Box<Self>),
    /// Values of one kind that are read one by one.
    Walk(Box<Self>),
}

impl Kind {
    /// What a value is that is there already.
    pub fn of_value(value: &Dynamic) -> Self {
        if value.is_string() {
            return Self::Plain;
        }
        if value.is_int() {
            return Self::Number;
        }
        if let Some(row) = value.read_lock::<Row>() {
            let is_text = row.cells().all(|(_, cell)| cell.is_string());
            return Self::Row { is_text };
        }
        if let Some(record) = value.read_lock::<Record>() {
            let of_reply = record.of_reply();
            return of_reply.map_or(Self::Unknown, |(action, place)| Self::Record(action, place));
        }
        if let Some(items) = value.read_lock::<Array>() {
            let mut kinds = items.iter().map(Self::of_value);
            let first = kinds.next().unwrap_or_default();
            return Self::List(kinds.fold(first, |one, other| one.or(&other)).into());
        }
        match () {
            () if value.is_float() => Self::Fraction,
            () if value.is_unit() => Self::Nothing,
            () if value.is_decimal() => Self::Money,
            () if value.is_bool() => Self::Truth,
            () if value.is_char() => Self::Letter,
            () if value.is::<AsText>() => Self::Meant,
            () if value.is::<Date>() || value.is::<DateTime>() => Self::Day,
            () => Self::Unknown,
        }
    }

    /// What a reply of that action is.
    pub fn reply(action: &'static Action) -> Self {
        Self::Record(action, action.fields())
    }

    /// What the list of that action's records is.
    pub fn walk(action: &'static Action) -> Self {
        let record = action.list_fields();
        let record = record.map_or(Self::Unknown, |fields| Self::Record(action, fields));
        Self::Walk(record.into())
    }

    /// What one of its items is.
    pub fn item(&self) -> Self {
        match self {
            Self::List(item) | Self::Walk(item) => (**item).clone(),
            Self::Rows { is_text } => Self::Row { is_text: *is_text },
            _ => Self::Unknown,
        }
    }

    /// What its field of that name is.
    pub fn field(&self, name: &str) -> Self {
        match self {
            Self::Row { is_text: true } => Self::Cell,
            Self::Row { is_text: false } => Self::Entry,
            Self::Record(action, fields) => match fields.place(action, name) {
                Some(field) => Self::of_field(action, field),
                None if fields.path.is_empty() && name == "result" => {
                    Self::Word(strays::result(action.name))
                }
                None => Self::Unknown,
            },
            Self::Ours(word) if word.name == name => Self::Word(*word),
            Self::Entries(entries) => {
                let entry = entries.iter().find(|(own, _)| own == name);
                entry.map(|(_, kind)| kind.clone()).unwrap_or_default()
            }
            Self::FileRecord(fields, path) => match fields.within(name) {
                Some(inner) => Self::FileRecord(Arc::clone(inner), path.clone()),
                None => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    fn of_field(action: &'static Action, field: &'static Fields) -> Self {
        if let Some(words) = field.words {
            return Self::Word(Word {
                of: action.name,
                name: field.path.rsplit('.').next().unwrap_or(field.path),
                words,
            });
        }
        match field.kind {
            Some(FieldKind::List) => Self::List(Self::Record(action, field).into()),
            Some(FieldKind::Map) | None => Self::Record(action, field),
            Some(FieldKind::String | FieldKind::Html) => Self::Text,
            Some(FieldKind::Decimal) => Self::Amount,
            Some(FieldKind::Int) => Self::Number,
            Some(_) => Self::Unknown,
        }
    }

    /// What a value is that is either of the two.
    pub fn or(self, other: &Self) -> Self {
        let is_text = |kind: &Self| kind.is_text() || kind.is_plain();
        if let (Self::Written(one), Self::Written(other)) = (&self, other) {
            return Self::either(one, other);
        }
        if let (Self::List(one), Self::List(other)) = (&self, other)
            && let (Self::Written(one), Self::Written(other)) = (&**one, &**other)
        {
            return Self::List(Self::either(one, other).into());
        }
        if self.is_joined() && is_text(other) || is_text(&self) && other.is_joined() {
            Self::Joined
        } else if self.is_same(other) {
            self
        } else if is_text(&self) && is_text(other) {
            Self::Plain
        } else {
            Self::Unknown
        }
    }

    /// One of those texts, or of these, as long as they are few.
    fn either(one: &[ImmutableString], other: &[ImmutableString]) -> Self {
        if one.len() + other.len() > MOST_WRITTEN {
            return Self::Plain;
        }
        Self::Written([one, other].concat())
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(_, one), Self::Record(_, other)) => std::ptr::eq(*one, *other),
            (Self::List(one), Self::List(other)) | (Self::Walk(one), Self::Walk(other)) => {
                one.is_same(other)
            }
            (Self::Row { is_text: one }, Self::Row { is_text: other })
            | (Self::Rows { is_text: one }, Self::Rows { is_text: other })
            | (Self::Cased { is_upper: one }, Self::Cased { is_upper: other }) => one == other,
            (Self::Word(one), Self::Word(other)) | (Self::Ours(one), Self::Ours(other)) => {
                std::ptr::eq(one.words, other.words)
            }
            (Self::FileRecord(one, _), Self::FileRecord(other, _)) => Arc::ptr_eq(one, other),
            (Self::Function(one), Self::Function(other)) => one == other,
            (Self::Draft(_) | Self::Entries(_), _) => false,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether it is a number without decimals.
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Number | Self::Quotient)
    }

    /// Whether it is text of a file or a reply.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Cell | Self::Text | Self::Amount | Self::Word(_))
    }

    /// Whether it is text of the script's own making.
    pub const fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Plain | Self::Written(_) | Self::Cased { .. } | Self::TypeName | Self::Joined
        )
    }

    /// Whether it is joined of texts that may be numbers, or an array of such.
    pub fn is_joined(&self) -> bool {
        match self {
            Self::Joined => true,
            Self::List(item) => item.is_joined(),
            _ => false,
        }
    }

    /// What `+` makes of two texts, or `+=` of a variable that `is_begun` as empty text.
    pub fn joined(&self, other: &Self, is_begun: bool) -> Self {
        let is_of =
            |kind: &Self| matches!(kind, Self::Cell | Self::Text | Self::Amount | Self::Joined);
        let all = |kind: &Self, test: fn(&str) -> bool| matches!(kind, Self::Written(texts) if texts.iter().all(|text| test(text)));
        let is_empty = |kind: &Self| all(kind, str::is_empty);
        let is_part = |kind: &Self| is_of(kind) || all(kind, is_whole);
        match (self, other) {
            (one, other) if is_begun && is_empty(one) && is_of(other) => Self::Joined,
            // By `"" + …` people make a text of what follows.
            (one, other) if is_empty(one) && is_of(other) => Self::Plain,
            (one, other) if is_of(one) && is_empty(other) => one.clone(),
            (one, other) if (is_of(one) || is_of(other)) && is_part(one) && is_part(other) => {
                Self::Joined
            }
            _ => Self::Unknown,
        }
    }

    /// What a value is that is written out, as far as it is text.
    pub fn written(expression: &Expr) -> Self {
        let all = |kinds: Vec<Self>| {
            let mut kinds = kinds.into_iter();
            let first = kinds.next().unwrap_or_default();
            match kinds.fold(first, |one, other| one.or(&other)) {
                Self::Unknown => Self::Unknown,
                item => Self::List(item.into()),
            }
        };
        match expression {
            Expr::StringConstant(text, _) => Self::Written(vec![text.clone()]),
            Expr::Array(items, _) => all(items.iter().map(Self::written).collect()),
            Expr::Map(map, _) => {
                let entries = map.0.iter();
                let entry =
                    |(name, value): &(Ident, Expr)| (name.name.clone(), Self::written(value));
                Self::Entries(entries.map(entry).collect())
            }
            Expr::DynamicConstant(value, _) => Self::of_constant(value),
            _ => Self::Unknown,
        }
    }

    fn of_constant(value: &Dynamic) -> Self {
        if let Some(text) = value.read_lock::<ImmutableString>() {
            return Self::Written(vec![text.clone()]);
        }
        let Some(map) = value.read_lock::<Map>() else {
            return Self::Unknown;
        };
        let entry = |(name, value): (&Identifier, &Dynamic)| {
            (name.as_str().into(), Self::of_constant(value))
        };
        Self::Entries(map.iter().map(entry).collect())
    }

    /// Whether it is a number, of whatever kind.
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Number | Self::Quotient | Self::Fraction)
    }
}
