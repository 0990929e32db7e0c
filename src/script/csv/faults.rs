//! What is wrong with a CSV file, in words: the file, the line, the column, and what to do.

use std::fmt::Display;
use std::io;

use rhai::ImmutableString;

use crate::display::text::{with_invisible, without_invisible_ends};
use crate::files::reason;
use crate::script::csv::content::Changed;
use crate::script::csv::encoding::usual_names;
use crate::script::csv::parser::{CsvFault, FaultKind, MAX_CELL, MAX_RECORD};
use crate::script::csv::spoiled::Spoiled;
use crate::script::raise::Raised;

/// What is wrong with a file.
pub(crate) fn complaint(path: &str, what: &str) -> Raised {
    Raised::new("csv", format!("`{path}` {what}"))
}

/// A file that cannot be read, or is not what it was.
pub(crate) fn unreadable(path: &str, error: &io::Error) -> Raised {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(changed) => is_changed(path, None, *changed),
        None => complaint(path, &format!("cannot be read: {}", reason(error))),
    }
}

/// What to do about text in an encoding nobody named.
pub(crate) fn name_the_encoding() -> String {
    format!(
        "set its encoding with `csv(path, #{{ encoding: \"…\" }})` or `each --encoding …`; common: {}",
        usual_names()
    )
}

/// A line, and the column where its name is known.
pub(crate) fn place(line: u64, column: Option<&ImmutableString>) -> String {
    match column {
        Some(name) => format!("line {line}, column `{}`", with_invisible(name)),
        None => format!("line {line}"),
    }
}

/// A file that is not what it was when it was opened.
pub(crate) fn is_changed(path: &str, line: Option<u64>, changed: Changed) -> Raised {
    let what = match line {
        Some(line) => format!("{changed} at line {line} while it was read; no later row was used"),
        None => format!(
            "{changed} while it was read; its rows were used as they were before the \
             change"
        ),
    };
    complaint(path, &what)
        .hint("compare the file with the results; when nothing writes to it, resume the run")
}

/// What is wrong with the text of a file that has those columns.
pub(crate) fn faulty(path: &str, fault: &CsvFault, columns: &[ImmutableString]) -> Raised {
    let place = place(fault.line, columns.get(fault.column));
    let line = fault.line;
    let wrong = |what: &dyn Display| complaint(path, &format!("{place}: {what}"));
    match &fault.kind {
        FaultKind::Backslash => wrong(&"a quote inside a quoted cell has a backslash before it")
            .hint("PHP and MySQL write quotes like that; CSV needs the quote twice: `\"\"`"),
        FaultKind::BlankBeforeQuote(before) if before.trim_ascii().is_empty() => {
            wrong(&"there is a space before an opening quote")
                .hint("remove the spaces between the delimiter and the quote")
        }
        FaultKind::BlankBeforeQuote(before) => wrong(&format_args!(
            "there is an invisible character before an opening quote: `{}`",
            with_invisible(before)
        ))
        .hint("remove what stands between the delimiter and the quote"),
        FaultKind::Changed(changed) => is_changed(path, Some(line), *changed),
        FaultKind::OpenQuote => wrong(&"a quote is never closed")
            .hint("the file may be cut off; a quote inside a quoted cell is written twice"),
        FaultKind::LongCell => wrong(&format_args!("a cell is longer than {} MB", MAX_CELL >> 20))
            .hint("look for a quote that is not closed where it should be"),
        FaultKind::LongRecord => {
            let what = format!("line {line}: a row is longer than {} MB", MAX_RECORD >> 20);
            complaint(path, &what).hint("is this a CSV file with one row a line?")
        }
        FaultKind::Malformed(malformed) => {
            complaint(path, &format!("line {line} {malformed}")).hint(name_the_encoding())
        }
        FaultKind::Nul => wrong(&"the text has a NUL byte")
            .hint("the file is damaged, or its encoding is another, such as `utf-16le`"),
        FaultKind::TextAfterQuote(_, letter) if is_invisible(*letter) => wrong(&format_args!(
            "an invisible character follows a closing quote: `{}`",
            with_invisible(letter.encode_utf8(&mut [0; 4]))
        ))
        .hint("remove what stands between the quote and the delimiter"),
        FaultKind::TextAfterQuote(opened, _) if *opened < line => wrong(&format_args!(
            "text follows a closing quote, and the quote was opened in line {opened}"
        ))
        .hint("look for a stray quote; a quote inside a quoted cell is written twice"),
        FaultKind::TextAfterQuote(..) => wrong(&"text follows a closing quote")
            .hint("write a quote inside a quoted cell twice, and put quotes around the whole cell"),
        FaultKind::Unreadable(error) => unreadable(path, error),
    }
}

fn is_invisible(letter: char) -> bool {
    let mut text = [0; 4];
    let text = letter.encode_utf8(&mut text);
    without_invisible_ends(text.trim()).is_empty()
}

/// A cell that a spreadsheet spoiled; its column may be taken as it is.
pub(crate) fn spoiled(
    path: &str,
    line: u64,
    column: &ImmutableString,
    cell: &str,
    how: Spoiled,
) -> Raised {
    let (what, cure) = how.words();
    let place = place(line, Some(column));
    let cell = with_invisible(cell);
    complaint(path, &format!("{place}: `{cell}` {what}")).hint(format!("{cure}; {}", as_is(column)))
}

/// How a column is taken as it is.
pub(crate) fn as_is(column: &ImmutableString) -> String {
    format!(
        "to send it as is, use `csv(path, #{{ as_is: [{column:?}] }})` or `each --as-is {}`",
        as_word(column)
    )
}

/// How a column of a spreadsheet is taken as the file keeps it.
pub(crate) fn as_kept(column: &ImmutableString) -> String {
    format!(
        "to use the column as the file stores it, write `sheet(path, #{{ as_is: [{column:?}] }})` \
         or `each --as-is {}`",
        as_word(column)
    )
}

fn as_word(column: &ImmutableString) -> String {
    if column.contains(' ') {
        format!("{column:?}")
    } else {
        column.to_string()
    }
}
