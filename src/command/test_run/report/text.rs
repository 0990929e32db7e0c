//! Results for people.

use super::outcome::{Outcome, TestResult};
use crate::command::test_run::calls::CallMade;
use crate::command::test_run::runner::Fault;
use crate::display::text::counted;
use crate::run::shell_word;

/// More calls are counted, not shown.
const MOST_CALLS: usize = 20;
/// Of what was printed the last lines are shown.
const MOST_LINES: usize = 20;
/// A value that is longer is cut, in characters.
const LONGEST: usize = 60;

/// A line for a test that passed, and what went wrong with one that did not.
pub(super) fn result(result: &TestResult) -> String {
    let called = result.called();
    let Some(fault) = &result.fault else {
        return format!("ok      {called} ({} ms)", result.milliseconds());
    };
    let mut lines = vec![format!("FAILED  {called} ({} ms)", result.milliseconds())];
    lines.extend(fault.failure.to_string().lines().map(str::to_owned));
    lines.extend(details(fault));
    lines.extend(said("printed", &fault.printed));
    lines.extend(said("notes", &fault.noted));
    lines.push(format!("to repeat, run: {}", repeat(result)));
    let first = lines.remove(0);
    let rest = lines.iter().map(|line| format!("    {line}"));
    let rest: Vec<String> = rest.collect();
    format!("{first}\n{}\n", rest.join("\n"))
}

/// The command that runs the test, or its file, once more.
pub(super) fn repeat(result: &TestResult) -> String {
    let path = result.path.display().to_string();
    let file = shell_word(&path);
    match result.name() {
        Some(name) => format!("whmcsh test {file} --filter {name}"),
        None => format!("whmcsh test {file}"),
    }
}

/// What else there is to know: what is different, the scripts that failed, the calls.
pub(super) fn details(fault: &Fault) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(difference) = fault
        .fallen
        .last()
        .and_then(|fallen| fallen.difference.as_ref())
    {
        lines.extend(difference.lines().map(str::to_owned));
    }
    for script in &fault.scripts {
        let Some(failure) = &script.failure else {
            continue;
        };
        lines.push(format!(
            "script `{}` ended with {}:",
            script.called, failure.exit as i32
        ));
        lines.extend(failure.to_string().lines().map(|line| format!("  {line}")));
    }
    if !fault.calls.is_empty() {
        lines.push("calls:".to_owned());
        lines.extend(
            fault
                .calls
                .iter()
                .take(MOST_CALLS)
                .map(|made| format!("  {}", call(made))),
        );
    }
    if let Some(more) = fault
        .calls
        .len()
        .checked_sub(MOST_CALLS)
        .filter(|more| *more > 0)
    {
        lines.push(format!("  and {}", counted(more as u64, "more call")));
    }
    lines
}

fn call(made: &CallMade) -> String {
    let params = made.params.iter().map(|(name, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), |text| format!("{text:?}"));
        format!("{name}: {}", cut(&text))
    });
    let params: Vec<String> = params.collect();
    let outcome = made.outcome.map(|outcome| format!("({outcome})"));
    let words = [Some(made.action.clone()), Some(params.join(", ")), outcome];
    let words = words.into_iter().flatten().filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The last lines of what was said.
fn said(title: &str, text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(MOST_LINES);
    let mut shown = vec![format!("{title}:")];
    if left_out > 0 {
        shown.push(format!("  … {} before", counted(left_out as u64, "line")));
    }
    shown.extend(lines[left_out..].iter().map(|line| format!("  {line}")));
    shown
}

/// How many passed and failed, and how long it took.
pub(super) fn summary(outcome: &Outcome) -> String {
    let (run, failed) = (outcome.run(), outcome.failed());
    let mut words = vec![format!("{} passed", run - failed)];
    if failed > 0 {
        words.push(format!("{failed} failed"));
    }
    if outcome.total > run {
        words.push(format!("{} not run", outcome.total - run));
    }
    format!(
        "{} in {:.2} s",
        words.join(", "),
        outcome.elapsed.as_secs_f64()
    )
}
