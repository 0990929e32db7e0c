//! What a check found, as people and programs are told.

use rhai::Position;

use crate::error::Failure;
use crate::script::check::fixes::{Fix, fixes};
use crate::script::check::recovery::Readable;
use crate::script::check::script_text::{ScriptText, Span};

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
        file: &str,
        text: &ScriptText<'_>,
        (code, position): (&'static str, Position),
        failure: Failure,
    ) -> Self {
        let token = text.token_at(text.offset(position));
        let span = position.line().map(|_| text.span(&token));
        Self {
            fixes: fixes(text, (code, failure.hint.as_deref()), &token),
            code,
            file: file.to_owned(),
            span,
            failure,
        }
    }

    /// An error of syntax.
    pub(super) fn of_syntax(
        file: &str,
        (text, readable): (&ScriptText<'_>, &Readable<'_>),
        position: Position,
        failure: Failure,
    ) -> Self {
        let mut reported = Self::at(file, text, ("syntax", position), failure);
        let error = readable.error_at(position);
        if let Some(error) = error.filter(|error| error.what.starts_with("`;` is missing")) {
            let end = readable.end_before(error.range.start);
            reported.fixes = vec![Fix {
                title: "write `;`".into(),
                span: text.span(&(end..end)),
                text: ";".into(),
            }];
        }
        reported
    }
}
