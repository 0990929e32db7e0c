//! What a check found, as other programs read it.
//!
//! Lines and columns count from one, and columns count characters.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::display::uri::uri;
use crate::error::Failure;
use crate::script::{Reported, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Severity {
    /// The script would stop there, or do something else than is written.
    Error,
    /// It may be meant.
    Warning,
}

impl Severity {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Something that was found, and how bad it is.
pub(super) type Found = (Severity, Reported);

/// The exit code, counts, and of each finding what it is, where, and what to do about it.
pub(super) fn json(found: &[Found], scripts: usize, result: &Result<(), Failure>) -> Value {
    let count = |wanted| {
        found
            .iter()
            .filter(|(severity, _)| *severity == wanted)
            .count()
    };
    let failure = result.as_ref().err();
    json!({
        "exit": failure.map_or(0, |failure| failure.exit as u8),
        "counts": {
            "scripts": scripts, "errors": count(Severity::Error), "warnings": count(Severity::Warning),
        },
        "findings": found.iter().map(one).collect::<Value>(),
        "error": failure.map(Failure::as_json),
    })
}

fn one((severity, found): &Found) -> Value {
    let at = found.span.map(|span| {
        let (line, column) = span.start;
        format!("{}:{line}:{column}", found.file)
    });
    let fixes = found
        .fixes
        .iter()
        .map(|fix| json!({ "title": fix.title, "range": range(fix.span), "text": fix.text }));
    json!({
        "message": found.failure.what,
        "place": at,
        "hint": found.failure.hint,
        "severity": severity.word(),
        "code": found.code,
        "file": found.file,
        "range": found.span.map(range),
        "fixes": fixes.collect::<Value>(),
    })
}

fn range(span: Span) -> Value {
    let place = |(line, column): (usize, usize)| json!({ "line": line, "column": column });
    json!({ "start": place(span.start), "end": place(span.end) })
}

/// A line each, such as `::error file=a.rhai,line=1,col=2,title=unknown-function::…`.
pub(super) fn github(found: &[Found]) -> String {
    let mut lines = String::new();
    for (severity, found) in found {
        let file = as_property(&found.file);
        // Writing to text cannot fail.
        let _ = write!(lines, "::{} file={file}", severity.word());
        if let Some(span) = found.span {
            let ((line, column), (end_line, end_column)) = (span.start, span.end);
            let _ = write!(lines, ",line={line},endLine={end_line},col={column}");
            if end_line == line {
                let _ = write!(lines, ",endColumn={end_column}");
            }
        }
        let _ = writeln!(
            lines,
            ",title={}::{}",
            found.code,
            as_message(&message(found))
        );
    }
    lines.truncate(lines.trim_end().len());
    lines
}

/// What it is and what to do about it.
fn message(found: &Reported) -> String {
    match &found.failure.hint {
        Some(hint) => format!("{}\n{hint}", found.failure.what),
        None => found.failure.what.clone(),
    }
}

/// A text as the message of a workflow command.
fn as_message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text as a property of a workflow command.
fn as_property(text: &str) -> String {
    as_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// A log with one run.
pub(super) fn sarif(found: &[Found]) -> Value {
    let mut codes: Vec<&str> = found.iter().map(|(_, found)| found.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules = codes.iter().map(|code| json!({ "id": code }));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "whmcsh",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Value>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": found.iter().map(result).collect::<Value>(),
        }],
    })
}

fn result((severity, found): &Found) -> Value {
    let artifact = json!({ "uri": uri(&found.file) });
    let mut location = json!({ "artifactLocation": artifact });
    if let Some(span) = found.span {
        location["region"] = region(span);
    }
    let mut result = json!({
        "ruleId": found.code,
        "level": severity.word(),
        "message": { "text": message(found) },
        "locations": [{ "physicalLocation": location }],
    });
    if !found.fixes.is_empty() {
        let fixes = found.fixes.iter().map(|fix| {
            json!({
                "description": { "text": fix.title },
                "artifactChanges": [{
                    "artifactLocation": artifact,
                    "replacements": [{
                        "deletedRegion": region(fix.span),
                        "insertedContent": { "text": fix.text },
                    }],
                }],
            })
        });
        result["fixes"] = fixes.collect();
    }
    result
}

fn region(span: Span) -> Value {
    json!({
        "startLine": span.start.0,
        "startColumn": span.start.1,
        "endLine": span.end.0,
        "endColumn": span.end.1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, Failure};

    fn found(file: &str, what: &str) -> Found {
        let span = Span {
            start: (2, 3),
            end: (2, 7),
        };
        let reported = Reported {
            code: "unknown-function",
            file: file.into(),
            span: Some(span),
            failure: Failure::new(Exit::Script, what).hint("did you mean `x`?"),
            fixes: Vec::new(),
        };
        (Severity::Error, reported)
    }

    #[test]
    fn a_workflow_command_is_escaped() {
        assert_eq!(
            github(&[found("a,b:c.rhai", "100% of\r\nthis")]),
            "::error file=a%2Cb%3Ac.rhai,line=2,endLine=2,col=3,endColumn=7,title=unknown-function\
             ::100%25 of%0D%0Athis%0Adid you mean `x`?"
        );
    }

    #[test]
    fn a_path_is_a_uri() {
        let log = sarif(&[found("my scripts/a#1.rhai", "x")]);
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20scripts/a%231.rhai");
        assert_eq!(place["region"]["endColumn"], 7);
    }
}
