//! Results as `JUnit`'s readers take them: a suite for each file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::outcome::{Outcome, TestResult};
use super::text;
use crate::command::out::Out;
use crate::error::Failure;

/// Writes the file.
pub(super) fn write(path: &Path, outcome: &Outcome) -> Result<(), Failure> {
    let page = page(outcome);
    Out::create(path)?.fill(|file| std::io::Write::write_all(file, page.as_bytes()))
}

fn page(outcome: &Outcome) -> String {
    let mut suites: BTreeMap<&Path, Vec<&TestResult>> = BTreeMap::new();
    for result in &outcome.results {
        suites.entry(&result.path).or_default().push(result);
    }
    let mut page = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = counts(outcome.results.iter(), outcome.elapsed);
    // Writing to text cannot fail.
    let _ = writeln!(page, "<testsuites name=\"whmcsh\" {all}>");
    for (path, results) in suites {
        let name = escaped(&path.display().to_string());
        let elapsed = results.iter().map(|result| result.elapsed).sum();
        let counts = counts(results.iter().copied(), elapsed);
        let _ = writeln!(page, "  <testsuite name=\"{name}\" {counts}>");
        for result in results {
            page.push_str(&case(&name, result));
        }
        page.push_str("  </testsuite>\n");
    }
    page.push_str("</testsuites>\n");
    page
}

fn counts<'r>(results: impl Iterator<Item = &'r TestResult>, elapsed: Duration) -> String {
    let (mut tests, mut failures) = (0, 0);
    for result in results {
        tests += 1;
        failures += usize::from(result.fault.is_some());
    }
    let seconds = elapsed.as_secs_f64();
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\"")
}

fn case(suite: &str, result: &TestResult) -> String {
    let name = escaped(result.name().unwrap_or("the file"));
    let seconds = result.elapsed.as_secs_f64();
    let head = format!("    <testcase name=\"{name}\" classname=\"{suite}\" time=\"{seconds:.3}\"");
    let Some(fault) = &result.fault else {
        return format!("{head}/>\n");
    };
    let message = escaped(&fault.failure.what);
    let whole = escaped(&text::result(result));
    format!("{head}>\n      <failure message=\"{message}\">{whole}</failure>\n    </testcase>\n")
}

/// A text in XML; what XML cannot hold is `\u{fffd}`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_gives_a_meaning_to_is_escaped() {
        assert_eq!(
            escaped("a<b> & \"c\"\n\u{1b}[1m"),
            "a&lt;b&gt; &amp; &quot;c&quot;\n\u{fffd}[1m"
        );
    }
}
