//! The top of the page: what ran, where, when, in how many passes, and how it ended.

use std::time::Duration;

use super::account::Account;
use super::escape::{Add as _, Text, counted, fact};
use super::moment::{self, span};
use crate::run::journal::{Head, Reading, State};

/// Passes that are told one by one.
const PASSES: usize = 50;

/// What the reader has to know first, in one sentence.
pub(super) fn verdict(account: &Account, state: State) -> String {
    let (counts, ended) = (&account.counts, account.ended());
    let mut wrong = Vec::new();
    if counts.failed > 0 {
        wrong.push(format!("{} failed", counted(counts.failed, "row")));
    }
    let doubts = counts.writes_in_doubt;
    if doubts > 0 && state != State::Running {
        let are = if doubts == 1 { "is" } else { "are" };
        wrong.push(format!("{} {are} in doubt", counted(doubts, "write")));
    }
    let did = match ended {
        0 => counted(counts.writes, "write"),
        _ => counted(ended, "row"),
    };
    let how = match state {
        State::Running => format!("In progress: {did} so far"),
        State::Interrupted => format!("Interrupted after {did}"),
        State::Stopped => format!("Stopped after {did}"),
        State::Done if ended > 0 => format!("All {did} succeeded"),
        State::Done => format!("Finished with {did}"),
        State::Failed | State::InDoubt => format!("Ended with {did}"),
    };
    match wrong.as_slice() {
        [] => format!("{how}."),
        _ => format!("{how}; {}.", wrong.join(", ")),
    }
}

/// Its class in the style sheet.
pub(super) fn class(state: State) -> &'static str {
    match state {
        State::Done => "done",
        State::Failed | State::Stopped => "failed",
        State::InDoubt | State::Interrupted => "doubt",
        State::Running => "running",
    }
}

/// What ran, where and when.
pub(super) fn facts(account: &Account, reading: &Reading, run: &str, arguments: &str) -> String {
    let head = reading.head();
    let zone = &account.zone;
    let moment = |zoned: &str| moment::millis(zoned).map(|moment| zone.full(moment));
    let (mut html, state) = (String::new(), reading.state());
    fact(&mut html, "Run", run);
    fact(&mut html, "Script", &head.script());
    fact(&mut html, "Arguments", arguments);
    fact(&mut html, "Server", &head.host);
    fact(&mut html, "Profile", &head.profile);
    fact(&mut html, "Mode", mode(head));
    fact(
        &mut html,
        "Began",
        &moment(&head.started).unwrap_or_default(),
    );
    if state != State::Running {
        let ended = reading.ended().and_then(moment);
        let never = "unknown: it was killed, or the power failed";
        fact(&mut html, "Ended", ended.as_deref().unwrap_or(never));
    }
    fact(&mut html, "Running time", &at_work(account, state));
    let hash: String = head.script_hash.chars().take(12).collect();
    fact(&mut html, "Script’s SHA-256", &hash);
    fact(&mut html, "whmcsh", &head.version);
    html
}

/// Whether it was on a server that is still there.
pub(super) fn mode(head: &Head) -> &'static str {
    if head.is_rehearsal() {
        "sandbox run; its sandbox ended with it"
    } else {
        "real server"
    }
}

fn at_work(account: &Account, state: State) -> String {
    let passes = account.passes.len();
    if passes == 0 {
        return String::new();
    }
    let each = (0..passes).map(|place| account.worked(place, state));
    let total = span(each.sum::<Duration>());
    match passes {
        1 => total,
        _ => format!("{total} in {passes} passes"),
    }
}

/// The passes of a run that was taken up again.
pub(super) fn passes(account: &Account, state: State) -> String {
    let passes = &account.passes;
    if passes.len() < 2 {
        return String::new();
    }
    let mut html = String::from(
        "<table class=\"plain\"><caption>Passes</caption><thead><tr><th \
         class=\"num\">pass</th><th>began</th><th>running time</th><th>ended \
         as</th></tr></thead><tbody>",
    );
    for (place, pass) in passes.iter().enumerate().take(PASSES) {
        let came = match pass.state {
            Some(state) => state.word(),
            None if place + 1 == passes.len() && state == State::Running => "in progress",
            None => "killed",
        };
        html.add(format_args!(
            "<tr><td class=\"num\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            place + 1,
            Text(&account.zone.full(pass.began)),
            span(account.worked(place, state)),
            Text(came)
        ));
    }
    html.push_str("</tbody></table>");
    if passes.len() > PASSES {
        let more = passes.len() - PASSES;
        html.add(format_args!("<p class=\"note\">… and {more} more</p>"));
    }
    html
}
