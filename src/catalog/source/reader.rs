//! Reads one TOML table field by field, and complains with file and line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One TOML file of the catalog.
pub struct Source<'a> {
    /// The path errors name.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// A table being read: every key must be taken, none may be left over.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source<'s>,
    pub(super) what: String,
    pub(super) at: usize,
    pub(super) fields: Vec<(String, Spanned<DeValue<'s>>)>,
}

/// Where a complaint points: `file:line`.
pub(super) fn place(source: &Source, at: usize) -> String {
    let line = source.text[..at].matches('\n').count() + 1;
    format!("{}:{line}", source.path)
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source<'s>, what: &str, at: usize, table: DeTable<'s>) -> Self {
        let mut fields: Vec<_> = table
            .into_iter()
            .map(|(key, value)| (key.into_inner().into_owned(), value))
            .collect();
        fields.sort_by_key(|(_, value)| value.span().start);
        Self {
            source,
            what: what.to_owned(),
            at,
            fields,
        }
    }

    pub(super) fn complain(&self, what: &str) -> String {
        format!("{}: `{}` {what}", place(self.source, self.at), self.what)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == key)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<DeValue<'s>> {
        let at = self.fields.iter().position(|(name, _)| name == key)?;
        Some(self.fields.remove(at).1.into_inner())
    }

    pub(super) fn maybe_text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(DeValue::String(text)) if !text.trim().is_empty() => Ok(Some(text.into_owned())),
            Some(_) => Err(self.complain(&format!("needs text in `{key}`"))),
        }
    }

    pub(super) fn text(&mut self, key: &str) -> Result<String, String> {
        self.maybe_text(key)?
            .ok_or_else(|| self.complain(&format!("has no `{key}`")))
    }

    pub(super) fn word<T>(
        &mut self,
        key: &str,
        from_word: impl Fn(&str) -> Option<T>,
    ) -> Result<T, String> {
        let word = self.text(key)?;
        from_word(&word).ok_or_else(|| self.complain(&format!("has an unknown `{key}`: `{word}`")))
    }

    pub(super) fn maybe_flag(&mut self, key: &str) -> Result<Option<bool>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(DeValue::Boolean(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.complain(&format!("needs true or false in `{key}`"))),
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<bool, String> {
        Ok(self.maybe_flag(key)?.unwrap_or(false))
    }

    pub(super) fn required_flag(&mut self, key: &str) -> Result<bool, String> {
        self.maybe_flag(key)?
            .ok_or_else(|| self.complain(&format!("has no `{key}`")))
    }

    pub(super) fn texts(&mut self, key: &str) -> Result<Vec<String>, String> {
        let refusal = self.complain(&format!("needs an array of text in `{key}`"));
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(DeValue::Array(items)) => items
                .into_iter()
                .map(|item| match item.into_inner() {
                    DeValue::String(text) => Ok(text.into_owned()),
                    _ => Err(refusal.clone()),
                })
                .collect(),
            Some(_) => Err(refusal),
        }
    }

    pub(super) fn table(&mut self, key: &str) -> Result<Option<Reader<'s>>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(DeValue::Table(table)) => {
                Ok(Some(Reader::new(self.source, &self.what, self.at, table)))
            }
            Some(_) => Err(self.complain(&format!("needs a table in `{key}`"))),
        }
    }

    pub(super) fn tables(&mut self, key: &str) -> Result<Vec<Reader<'s>>, String> {
        let refusal = self.complain(&format!("needs an array of tables in `{key}`"));
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(DeValue::Array(items)) => items
                .into_iter()
                .map(|item| {
                    let at = item.span().start;
                    match item.into_inner() {
                        DeValue::Table(table) => {
                            Ok(Reader::new(self.source, &self.what, at, table))
                        }
                        _ => Err(refusal.clone()),
                    }
                })
                .collect(),
            Some(_) => Err(refusal),
        }
    }

    pub(super) fn pairs(&mut self, key: &str) -> Result<Vec<(String, String)>, String> {
        let Some(mut table) = self.table(key)? else {
            return Ok(Vec::new());
        };
        let keys: Vec<String> = table.fields.iter().map(|(key, _)| key.clone()).collect();
        keys.into_iter()
            .map(|key| Ok((key.clone(), table.text(&key)?)))
            .collect()
    }

    pub(super) fn finish(self) -> Result<(), String> {
        match self.fields.first() {
            None => Ok(()),
            Some((key, value)) => Err(format!(
                "{}: `{}` has an unknown field `{key}`",
                place(self.source, value.span().start),
                self.what
            )),
        }
    }
}
