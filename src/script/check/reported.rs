//! What a check found, as people and programs are told.

use std::ops::Range;

use rhai::Position;

use crate::error::Failure;
use crate::script::check::recovery::{Readable, offset};
use crate::script::load::Script;
use crate::script::tokens::{TokenKind, scan};

/// A part of a script, in lines and characters, both from one; the end is behind the last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// Its first line and character.
    pub start: (usize, usize),
    /// The line and character behind its last.
    pub end: (usize, usize),
}

/// A change that puts right what was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fix {
    /// What it does, such as ``write `email` ``.
    pub title: String,
    /// What it takes the place of; nothing where something is put in.
    pub span: Span,
    /// What is written there.
    pub text: String,
}

/// Something that a check found.
#[derive(Clone, Debug)]
pub struct Reported {
    /// A word for findings of this kind, which stays the same from version to version.
    pub code: &'static str,
    /// The script it is in.
    pub file: String,
    /// Where, unless it is about the script as a whole.
    pub span: Option<Span>,
    /// What it is.
    pub failure: Failure,
    /// What would put it right; each by itself.
    pub fixes: Vec<Fix>,
}

impl Reported {
    /// Something about a script as a whole.
    pub(super) fn without_place(file: &str, failure: Failure) -> Self {
        Self {
            code: "script",
            file: file.to_owned(),
            span: None,
            failure,
            fixes: Vec::new(),
        }
    }

    /// A script that cannot be read.
    pub fn unread(file: &str, failure: Failure) -> Self {
        Self {
            code: "unreadable",
            ..Self::without_place(file, failure)
        }
    }

    /// Something at a place of a script: at the token there.
    pub(super) fn at(
        script: &Script,
        code: &'static str,
        position: Position,
        failure: Failure,
    ) -> Self {
        let text = script.text();
        let token = token_at(text, offset(text, position));
        let span = position.line().map(|_| span(text, &token));
        Self {
            fixes: fixes(text, &token, failure.hint.as_deref()),
            code,
            file: script.name().to_owned(),
            span,
            failure,
        }
    }

    /// An error of syntax.
    pub(super) fn of_syntax(
        script: &Script,
        position: Position,
        failure: Failure,
        readable: &Readable<'_>,
    ) -> Self {
        let mut reported = Self::at(script, "syntax", position, failure);
        let error = readable.error_at(position);
        if let Some(error) = error.filter(|error| error.what.starts_with("`;` is missing")) {
            let end = readable.end_before(error.range.start);
            reported.fixes = vec![Fix {
                title: "write `;`".into(),
                span: span(script.text(), &(end..end)),
                text: ";".into(),
            }];
        }
        reported
    }
}

/// The token at a place of a text; at least a character, if there is one.
fn token_at(text: &str, at: usize) -> Range<usize> {
    let tokens = scan(text);
    let token = tokens
        .all
        .iter()
        .find(|token| token.start <= at && at < token.end);
    let next = text[at..].chars().next().map_or(0, char::len_utf8);
    match token {
        // Of a text of several lines only the start is marked.
        Some(token) => {
            let own = &text[at..token.end];
            at..at + own.find('\n').unwrap_or(own.len()).max(next)
        }
        None => at..at + next,
    }
}

/// Where a part of a text is.
fn span(text: &str, range: &Range<usize>) -> Span {
    let place = |at: usize| {
        let before = &text[..at];
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        (
            before.matches('\n').count() + 1,
            before[line..].chars().count() + 1,
        )
    };
    Span {
        start: place(range.start),
        end: place(range.end),
    }
}

/// What a hint offers in place of a name or a text.
fn fixes(text: &str, token: &Range<usize>, hint: Option<&str>) -> Vec<Fix> {
    let own = &text[token.clone()];
    let kind = scan(own).all.first().map(|token| token.kind);
    let offered = hint.and_then(|hint| {
        let meant = hint
            .strip_prefix("did you mean ")
            .or_else(|| hint.strip_prefix("similar: "))?;
        Some(meant.split('`').skip(1).step_by(2))
    });
    let fix = |offered: &str| {
        let is_name = offered
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_');
        let instead = match kind? {
            TokenKind::Word if is_name => offered.to_owned(),
            TokenKind::Text if offered.starts_with('"') => offered.to_owned(),
            TokenKind::Text if own.starts_with('"') && own.len() > 1 => format!("{offered:?}"),
            _ => return None,
        };
        Some(Fix {
            title: format!("write `{instead}`"),
            span: span(text, token),
            text: instead,
        })
    };
    offered.into_iter().flatten().filter_map(fix).collect()
}
