//! What is known of a value without running the script: where it is from.

use rhai::{Array, Dynamic};

use crate::catalog::{Action, FieldKind, Fields};
use crate::script::csv::row::Row;
use crate::script::dates::{Date, DateTime};
use crate::script::value::as_text::AsText;
use crate::script::value::record::Record;

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
    /// Text that the script makes itself.
    Plain,
    /// Text that is meant as text, a type of its own.
    Meant,
    /// One letter of a text.
    Letter,
    /// A number.
    Number,
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
        if value.is_int() || value.is_float() {
            return Self::Number;
        }
        if let Some(row) = value.read_lock::<Row>() {
            let is_text = row.cells().all(|(_, cell)| cell.is_string());
            return Self::Row { is_text };
        }
        if let Some(record) = value.read_lock::<Record>() {
            return Self::Record(record.action(), record.place());
        }
        if let Some(items) = value.read_lock::<Array>() {
            let mut kinds = items.iter().map(Self::of_value);
            let first = kinds.next().unwrap_or_default();
            return Self::List(kinds.fold(first, |one, other| one.or(&other)).into());
        }
        match () {
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
            Self::Record(action, fields) => {
                let field = fields.place(action, name);
                field.map_or(Self::Unknown, |field| Self::of_field(action, field))
            }
            _ => Self::Unknown,
        }
    }

    fn of_field(action: &'static Action, field: &'static Fields) -> Self {
        match field.kind {
            Some(FieldKind::List) => Self::List(Self::Record(action, field).into()),
            Some(FieldKind::Map) | None => Self::Record(action, field),
            Some(FieldKind::String | FieldKind::Html | FieldKind::Decimal) => Self::Text,
            Some(FieldKind::Int) => Self::Number,
            Some(_) => Self::Unknown,
        }
    }

    /// What a value is that is either of the two.
    pub fn or(self, other: &Self) -> Self {
        let is_text = |kind: &Self| kind.is_text() || matches!(kind, Self::Plain);
        if self.is_same(other) {
            self
        } else if is_text(&self) && is_text(other) {
            Self::Plain
        } else {
            Self::Unknown
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(_, one), Self::Record(_, other)) => std::ptr::eq(*one, *other),
            (Self::List(one), Self::List(other)) | (Self::Walk(one), Self::Walk(other)) => {
                one.is_same(other)
            }
            (Self::Row { is_text: one }, Self::Row { is_text: other })
            | (Self::Rows { is_text: one }, Self::Rows { is_text: other }) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether it is a number without decimals.
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Number | Self::Quotient)
    }

    /// Whether it is text of a file or a reply.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Cell | Self::Text)
    }
}
