//! What PHP makes of a request: text and arrays with ordered keys.
//!
//! The form decoder and the decoder of serialized values both build it. Numbers,
//! booleans and null arrive as the text PHP would print for them, for no action
//! tells them apart from text. Nothing here fails: an odd shape reads as empty.
//! A key is found without a search, for a request may hold a million of them.

use std::collections::HashMap;

/// A value as PHP holds it: text, or an array with ordered keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tree {
    /// Anything that is not an array.
    Text(String),
    /// Keys and values in the order they came.
    Array(Array),
}

/// A PHP array: ordered keys, and the number the next `[]` gets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Array {
    entries: Vec<(String, Tree)>,
    places: HashMap<String, usize>,
    next: i64,
}

impl Tree {
    /// The text, unless this is an array.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Array(_) => None,
        }
    }

    /// The array, unless this is text.
    pub fn array(&self) -> Option<&Array> {
        match self {
            Self::Text(_) => None,
            Self::Array(array) => Some(array),
        }
    }
}

impl Array {
    /// The value under exactly that key.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.places.get(key).map(|at| &self.entries[*at].1)
    }

    /// The value under that key in any case; the last one when spellings differ.
    pub fn get_any_case(&self, key: &str) -> Option<&Tree> {
        self.entries
            .iter()
            .rev()
            .find_map(|(name, value)| name.eq_ignore_ascii_case(key).then_some(value))
    }

    /// Puts a value under a key, in the place of the one that was there.
    pub fn put(&mut self, key: &str, value: Tree) {
        *self.slot(key) = value;
    }

    /// Puts a value under the next free number, as `[]` does.
    pub fn push(&mut self, value: Tree) {
        *self.next_slot() = value;
    }

    /// The place of a key, made as empty text when it is new.
    pub(super) fn slot(&mut self, key: &str) -> &mut Tree {
        let at = match self.places.get(key) {
            Some(at) => *at,
            None => self.add(key.to_owned()),
        };
        &mut self.entries[at].1
    }

    /// The place of the next free number.
    pub(super) fn next_slot(&mut self) -> &mut Tree {
        let key = self.next.to_string();
        self.slot(&key)
    }

    fn add(&mut self, key: String) -> usize {
        if let Some(number) = php_integer(&key) {
            self.next = self.next.max(number.saturating_add(1));
        }
        let at = self.entries.len();
        self.places.insert(key.clone(), at);
        self.entries.push((key, Tree::Text(String::new())));
        at
    }

    /// Every key with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tree)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The text values in order; nested arrays are passed over.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|(_, value)| value.text())
    }

    /// Takes every entry of another array, whose values win; arrays under one key are merged too.
    pub fn merge(&mut self, other: Self) {
        for (key, value) in other.entries {
            match (self.slot(&key), value) {
                (Tree::Array(mine), Tree::Array(theirs)) => mine.merge(theirs),
                (slot, value) => *slot = value,
            }
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The number a key stands for where PHP would store it as a number: `7`, `-7`, not `07`.
fn php_integer(key: &str) -> Option<i64> {
    let number: i64 = key.parse().ok()?;
    (number.to_string() == key).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{Array, Tree};

    #[test]
    fn empty_brackets_continue_after_the_highest_number() {
        let mut array = Array::default();
        array.put("7", Tree::Text("a".into()));
        array.put("07", Tree::Text("b".into()));
        array.push(Tree::Text("c".into()));
        let keys: Vec<_> = array.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["7", "07", "8"]);
    }

    #[test]
    fn merged_arrays_keep_what_the_other_lacks() {
        let decode = |text: &str| super::super::form::decode(text.as_bytes());
        let mut query = decode("a[x]=1&a[y]=2&b=3&c[]=4");
        query.merge(decode("a[y]=5&b[]=6&c=7"));
        assert_eq!(query, decode("a[x]=1&a[y]=5&b[]=6&c=7"));
    }

    #[test]
    fn there_is_no_number_after_the_highest() {
        let mut array = Array::default();
        array.put(&i64::MAX.to_string(), Tree::Text("a".into()));
        array.push(Tree::Text("b".into()));
        assert_eq!(array.len(), 1);
    }
}
