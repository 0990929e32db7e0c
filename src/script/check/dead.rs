//! Finds the parts of a script that Rhai passes over without a word.

use rhai::{AST, ASTNode, Position, Stmt};

use crate::script::finding::Finding;
use crate::script::tokens::{TokenKind, is_incomplete, scan};

/// Each loop with an empty body, and a comment without an end.
pub(crate) fn findings(text: &str, ast: &AST) -> Vec<Finding> {
    let mut found = Vec::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Stmt(Stmt::For(parts, position))) = path.last()
            && parts.2.body.is_empty()
        {
            found.push(Finding {
                code: "empty-loop",
                position: *position,
                what: "this loop does nothing: it does not even check for errors".into(),
                hint: Some("to read all rows, write `rows.count()`".into()),
            });
        }
        true
    });
    found.extend(open_comment(text));
    found.extend(templates(text));
    found
}

/// Each text in double quotes with a `${name}` in it, which is filled in backticks alone.
fn templates(text: &str) -> Vec<Finding> {
    let tokens = scan(text);
    let texts = tokens
        .all
        .iter()
        .filter(|token| token.kind == TokenKind::Text);
    let found = texts.filter_map(|token| {
        let own = tokens.text_of(*token);
        let (_, rest) = own.strip_prefix('"')?.split_once("${")?;
        let (inner, _) = rest.split_once('}')?;
        let is_name = inner
            .trim_start()
            .starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        is_name.then(|| Finding {
            code: "not-filled-in",
            position: place(text, token.start),
            what: format!("`${{{inner}}}` is not filled in between double quotes"),
            hint: Some(
                "write the text between backticks; for the letters themselves, write `#\"…\"#`"
                    .into(),
            ),
        })
    });
    found.collect()
}

/// A comment that is never closed, in a text that can otherwise be read.
fn open_comment(text: &str) -> Option<Finding> {
    let last = text.rfind("/*")?;
    let is_closed = text.rfind("*/").is_some_and(|end| end > last);
    // The innermost of nested comments may be closed: then the scanner knows.
    if (is_closed && !text[..last].contains("/*")) || !is_incomplete(text) {
        return None;
    }
    let mut starts = text.rmatch_indices("/*").map(|(at, _)| at);
    let start = starts.find(|at| !is_incomplete(&text[..*at]))?;
    Some(Finding {
        code: "open-comment",
        position: place(text, start),
        what: "this comment is never closed".into(),
        hint: Some("what follows it is not run; close it with `*/`".into()),
    })
}

/// The line and column of a byte of the text.
pub(super) fn place(text: &str, at: usize) -> Position {
    let before = &text[..at];
    let line = 1 + before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = 1 + before[start..].chars().count();
    match (u16::try_from(line), u16::try_from(column)) {
        (Ok(line), Ok(column)) => Position::new(line, column),
        _ => Position::NONE,
    }
}
