//! What an action answers: ordered fields of text, numbers, truth values and lists.
//!
//! A [`Fields`] keeps its order, because WHMCS's replies do. Whether a number is `1` or
//! `"1"` to the caller is for `replies` to say, how fields are written down for `encode`.

/// A value in a reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// PHP's null.
    Null,
    /// True or false.
    Bool(bool),
    /// A number without quotes.
    Int(i64),
    /// Text, and every amount of money.
    Text(String),
    /// A numbered list.
    List(Vec<Value>),
    /// Named values.
    Map(Fields),
}

/// Named values in order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fields(Vec<(String, Value)>);

/// The answer of an action that succeeded.
pub type Answer = Fields;

impl Fields {
    /// The answer WHMCS starts nearly every success with: `result=success`.
    pub fn success() -> Self {
        Self::default().with("result", "success")
    }

    /// These fields and one more; chains.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.push(name, value);
        self
    }

    /// Adds a field at the end; the caller knows the name is new.
    pub fn push(&mut self, name: &str, value: impl Into<Value>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Sets a field in its place, or adds it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value.into(),
            None => self.push(name, value),
        }
    }

    /// The field of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The text of that field; empty when there is none.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The number in that field; zero when there is none.
    pub fn int(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        }
    }

    /// Every field in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Every field in order, to be changed in its place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.0
            .iter_mut()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Every field that is text, in order.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(name, value)| match value {
            Value::Text(text) => Some((name, text.as_str())),
            _ => None,
        })
    }

    /// Adds every field of another at the end.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A list in WHMCS's double wrapping: `clients.client[]`.
pub fn wrapped(inner: &str, records: Vec<Fields>) -> Fields {
    Fields::default().with(inner, records)
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Fields> for Value {
    fn from(value: Fields) -> Self {
        Self::Map(value)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Value};

    #[test]
    fn setting_a_field_keeps_its_place() {
        let mut fields = Fields::success().with("clientid", "1");
        fields.set("result", "error");
        fields.set("message", "no");
        let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["result", "clientid", "message"]);
        assert_eq!(fields.get("result"), Some(&Value::Text("error".into())));
    }
}
