//! What somebody has to look at: writes in doubt, with what to do about each, and
//! rows that failed, by reason.

use super::account::{Account, DOUBTS, Doubt, NAMED, text};
use super::escape::{Add as _, Text, counted, fact, number};
use crate::catalog::{self, FieldKind};
use crate::run::finds_out;
use crate::run::journal::{Head, Outcome, State, is_content};
use crate::run::scope::Scope;

/// Reasons that are shown.
const SHOWN: usize = 12;

/// The writes in doubt of a run, and the commands that settle them.
pub(super) fn doubts(
    account: &Account,
    head: &Head,
    state: State,
    run: &str,
    resume: Option<&str>,
) -> String {
    let count = account.counts.writes_in_doubt;
    if count == 0 || state == State::Running {
        return String::new();
    }
    let mut html = format!(
        "<section class=\"alarm\" id=\"doubt\"><h2>In doubt <i>{}</i></h2><p>",
        counted(count, "write")
    );
    html.push_str(if head.is_rehearsal() {
        "These writes may or may not have been applied. The run used a sandbox that ended with \
         it, so there is nothing to do."
    } else {
        "These writes may or may not have been applied. whmcsh does not resend a write that could \
         do harm twice. Resuming checks what it can. Look up the others on the server and record \
         what you found, then resume the run."
    });
    html.push_str("</p>");
    if let Some(resume) = resume {
        html.push_str(&command("resume", resume));
    }
    for doubt in &account.doubts {
        html.push_str(&one(doubt, account, head, run));
    }
    let more = count.saturating_sub(DOUBTS as u64);
    if more > 0 {
        html.add(format_args!(
            "<p class=\"note\">… and {} more: <code>whmcsh runs show {} --writes</code></p>",
            number(more),
            Text(run)
        ));
    }
    html.push_str("</section>");
    html
}

fn one(doubt: &Doubt, account: &Account, head: &Head, run: &str) -> String {
    let write = &doubt.write;
    let id = write.id.number();
    let row = match (&write.scope, doubt.row) {
        (Scope::Main, _) => "outside rows".to_owned(),
        (Scope::Row(key), Some(row)) if has_no_key(key, row) => format!("row {row}"),
        (Scope::Row(key), Some(row)) => format!("row {row}, {key}"),
        (Scope::Row(key), None) => format!("row {key}"),
    };
    let mut html = format!(
        "<article><h3><span>write {id}</span> {} <small>{}</small></h3><dl class=\"facts\">",
        Text(&write.action),
        Text(&row)
    );
    for (name, value) in &write.params {
        fact(&mut html, name, &text(value));
    }
    html.push_str("</dl><p>");
    if let Some(begun) = doubt.timed.begun {
        let begun = account.zone.full(begun);
        html.add(format_args!("Begun on {}: ", Text(&begun)));
    }
    let why = match &write.outcome {
        Some(Outcome::Unsettled(why)) => why.as_str(),
        _ => "the run ended before a reply came",
    };
    html.add(format_args!("{}.</p>", Text(why.trim_end_matches('.'))));
    if !head.is_rehearsal() {
        html.push_str(if finds_out(write) {
            "<p>Resuming checks this write. If it stays in doubt:</p>"
        } else {
            "<p>whmcsh cannot check this write. Look on the server, then record what you \
             found:</p>"
        });
        let settle = format!("whmcsh runs settle {run} --write {id}");
        let reply = reply(&write.action);
        html.push_str(&command("it is there", &format!("{settle} --done{reply}")));
        html.push_str(&command("it is not there", &format!("{settle} --not-done")));
    }
    html.push_str("</article>");
    html
}

/// The part of the reply a script most likely goes on with: the new record's number.
fn reply(action: &str) -> String {
    let action = catalog::action(action);
    let fields = action.into_iter().flat_map(|action| action.returns);
    let is_number =
        |field: &&catalog::Field| field.kind == FieldKind::Int && !field.path.contains(['.', '*']);
    let first = fields.into_iter().find(is_number);
    first.map_or_else(String::new, |field| {
        format!(" --reply '{{\"{}\": NUMBER}}'", field.path)
    })
}

/// A command to be copied.
pub(super) fn command(what: &str, command: &str) -> String {
    format!(
        "<p class=\"command\"><span>{}</span><code>{}</code></p>",
        Text(what),
        Text(command)
    )
}

/// The rows that failed, by reason.
pub(super) fn failures(account: &Account) -> String {
    if account.counts.failed == 0 {
        return String::new();
    }
    let mut html = format!(
        "<section id=\"failures\"><h2>Failures <i>{}</i></h2><ol class=\"reasons\">",
        counted(account.counts.failed, "row")
    );
    for reason in account.reasons.iter().take(SHOWN) {
        let rows = reason.rows.iter().map(|(number, key)| named(*number, key));
        let more = reason.count.saturating_sub(NAMED as u64);
        let text = match reason.text.as_str() {
            "" => "no reason given",
            text => text,
        };
        html.add(format_args!(
            "<li><b>{}</b><div><p class=\"reason\">{}</p>",
            number(reason.count),
            Text(text)
        ));
        if reason.first != reason.text {
            html.add(format_args!(
                "<p class=\"hint\">such as: {}</p>",
                Text(&reason.first)
            ));
        }
        if !reason.hint.is_empty() {
            html.add(format_args!(
                "<p class=\"hint\">hint: {}</p>",
                Text(&reason.hint)
            ));
        }
        html.push_str("<p class=\"where\">");
        for word in [&reason.kind, &reason.place] {
            if !word.is_empty() {
                html.add(format_args!("<code>{}</code> ", Text(word)));
            }
        }
        let which = if reason.count == 1 { "row" } else { "rows" };
        html.add(format_args!(
            "{which} {}",
            rows.collect::<Vec<_>>().join(", ")
        ));
        if more > 0 {
            html.add(format_args!(" and {} more", number(more)));
        }
        html.add(format_args!(
            " <button type=\"button\" hidden data-reason=\"{}\">show in the table</button></p></div></li>",
            Text(&reason.text)
        ));
    }
    html.push_str("</ol>");
    let told = account.reasons.iter().skip(SHOWN);
    let more: u64 = told.map(|reason| reason.count).sum::<u64>() + account.other_failures;
    if more > 0 {
        html.add(format_args!(
            "<p class=\"note\">… and {} for other reasons</p>",
            counted(more, "row")
        ));
    }
    html.push_str("</section>");
    html
}

/// Whether a row has no key of its own, so that its number says all.
fn has_no_key(key: &str, row: u64) -> bool {
    is_content(key) || key == format!("#{row}")
}

fn named(row: u64, key: &str) -> String {
    let number = number(row);
    if has_no_key(key, row) {
        number
    } else {
        format!("{number} (<bdi>{}</bdi>)", Text(key))
    }
}
