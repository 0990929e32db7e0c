//! Writes a script in the form all scripts have: four spaces a level, one blank where one belongs.
//!
//! Line breaks are the author's and stay, as do comments and whatever stands between quotes. A
//! statement that cannot be read stays as it is, to the byte. What is written has the tokens of
//! what was read, or it is not given out at all.

mod indentation;
mod layout;
mod spacing;
#[cfg(test)]
mod tests;

use layout::Layout;

use crate::script::syntax::parse;
use crate::script::tokens::{OpenEnd, TokenKind, scan};

/// A script in its form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Formatted {
    /// Its text.
    pub text: String,
    /// The lines, from one, at which statements begin that could not be read and stayed as they were.
    pub left_alone: Vec<usize>,
}

/// Formatting would have changed more than blanks; nothing should be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WouldChange;

/// The script in its form; a byte order mark and a line for the system stay at its start.
pub fn format(text: &str) -> Result<Formatted, WouldChange> {
    let (mark, own) = match text.strip_prefix('\u{feff}') {
        Some(own) => ("\u{feff}", own),
        None => ("", text),
    };
    if own.starts_with("#!") {
        // As long as the comment it is read as.
        let mut formatted = formatted(&own.replacen("#!", "//", 1))?;
        formatted.text.replace_range(..2, "#!");
        formatted.text.insert_str(0, mark);
        return Ok(formatted);
    }
    let mut formatted = formatted(own)?;
    formatted.text.insert_str(0, mark);
    Ok(formatted)
}

fn formatted(text: &str) -> Result<Formatted, WouldChange> {
    let tree = parse(text);
    let layout = Layout::arrange(&tree);
    let formatted = Formatted {
        left_alone: layout.left_alone(),
        text: layout.write(),
    };
    if tokens(text) == tokens(&formatted.text) {
        return Ok(formatted);
    }
    // A template that nobody closed holds what looks like code, and its blanks are its own.
    let line = open_template(text).ok_or(WouldChange)?;
    Ok(Formatted {
        text: text.to_owned(),
        left_alone: vec![line],
    })
}

/// The line, from one, at which a string in backticks begins that is never closed.
fn open_template(text: &str) -> Option<usize> {
    let begins = scan(text).open.into_iter().find_map(|end| match end {
        OpenEnd::Template(begins) => Some(begins),
        _ => None,
    });
    Some(1 + text.get(..begins?)?.matches('\n').count())
}

/// What a text says, whatever the blanks; those at the end of a line are no part of a comment.
fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
    let tokens = scan(text);
    let all = tokens.all.iter().map(|token| {
        let own = tokens.text_of(*token);
        let is_line = token.kind == TokenKind::Comment && own.starts_with("//");
        (token.kind, if is_line { own.trim_end() } else { own })
    });
    all.collect()
}
