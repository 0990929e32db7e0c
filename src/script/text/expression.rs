//! Regular expressions, each compiled once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex::{Regex, RegexBuilder};

use crate::script::raise::Raised;

/// The longest expression that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// The most memory that a compiled one may take, in bytes.
const LARGEST: usize = 2 << 20;

/// How many are kept; a script that makes them of its data may make any number.
const MOST: usize = 1000;

/// The expressions of one script; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Expressions(Arc<Mutex<HashMap<String, Arc<Regex>>>>);

impl Expressions {
    /// The expression of that text.
    ///
    /// # Errors
    ///
    /// It is not one, or takes too much memory.
    pub fn get(&self, text: &str) -> Result<Arc<Regex>, Raised> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(text) {
            return Ok(Arc::clone(known));
        }
        let compiled = Arc::new(compile(text)?);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(text.to_owned(), Arc::clone(&compiled));
        Ok(compiled)
    }
}

/// Reads an expression.
///
/// # Errors
///
/// It is not one, or takes too much memory.
pub(super) fn compile(text: &str) -> Result<Regex, Raised> {
    if text.len() > LONGEST {
        let what = format!(
            "the regular expression is too long: {} bytes, at most {LONGEST} are taken",
            text.len()
        );
        return Err(
            Raised::new("value", what).hint("to find one of many texts, use `text in list`")
        );
    }
    let compiled = RegexBuilder::new(text).size_limit(LARGEST).build();
    compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(most) => {
            let what = format!(
                "the regular expression `{}` is too large: compiled it takes more than {most} bytes",
                quote(text)
            );
            Raised::new("value", what)
                .hint("repeat less (`{1000}` counts a thousandfold), or look in several steps")
        }
        error => unreadable(text, &error),
    })
}

/// Why a text is not an expression, and where.
fn unreadable(text: &str, error: &regex::Error) -> Raised {
    let (what, start) = match regex_syntax::parse(text) {
        Err(regex_syntax::Error::Parse(error)) => {
            (error.kind().to_string(), Some(error.span().start.offset))
        }
        Err(regex_syntax::Error::Translate(error)) => {
            (error.kind().to_string(), Some(error.span().start.offset))
        }
        _ => (error.to_string(), None),
    };
    let place = start.and_then(|start| {
        let (before, after) = text.split_at_checked(start)?;
        let at = before.chars().count() + 1;
        Some(if after.is_empty() {
            format!(" (at character {at}, its end)")
        } else {
            format!(" (at character {at}, before `{}`)", quote(after))
        })
    });
    Raised::new(
        "value",
        format!(
            "invalid regular expression `{}`: {what}{}",
            quote(text),
            place.unwrap_or_default()
        ),
    )
    .hint("write `\\` before a character that is meant as itself")
}

/// The start of an expression.
fn quote(text: &str) -> String {
    const MOST: usize = 40;
    let mut start: String = text.chars().take(MOST).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_compiled_once_and_not_all_are_kept() {
        let expressions = Expressions::default();
        let (one, same) = (
            expressions.get("a+").unwrap(),
            expressions.get("a+").unwrap(),
        );
        assert!(Arc::ptr_eq(&one, &same));
        for number in 0..MOST + 10 {
            let _ = expressions.get(&format!("x{number}")).unwrap();
        }
        assert!(expressions.0.lock().unwrap().len() <= MOST);
    }
}
