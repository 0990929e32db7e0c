//! Results by the Test Anything Protocol, version 14.

use super::outcome::TestResult;
use super::text;

/// The first lines.
pub(super) fn head(total: usize) -> String {
    format!("TAP version 14\n1..{total}")
}

/// The line of a result, with what went wrong below it.
pub(super) fn result(number: usize, result: &TestResult) -> String {
    let called = escaped(&result.called());
    let Some(fault) = &result.fault else {
        return format!("ok {number} - {called}");
    };
    let mut lines = vec![format!("not ok {number} - {called}"), "  ---".to_owned()];
    lines.push(format!("  message: {}", quoted(&fault.failure.what)));
    lines.push(format!("  repeat: {}", quoted(&text::repeat(result))));
    lines.push("  details: |".to_owned());
    let whole = text::result(result);
    lines.extend(
        whole
            .lines()
            .skip(1)
            .map(|line| format!("  {line}").trim_end().to_owned()),
    );
    lines.push("  ...".to_owned());
    lines.join("\n")
}

/// `#` begins a directive, unless it is escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

/// A text as YAML and JSON both write it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
