//! A plan as JSON: an object whose `rows`, which may be many, stand one a line.

use std::io::{self, Write as _};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::entry::{money, sums};
use super::plan_store::PlanStore;
use super::subject::PlanSubject;
use crate::command::Terminal;
use crate::command::out::Out;
use crate::error::Failure;
use crate::files::reason;
use crate::run::plan::bound::{VERSION, hex, tail_text};
use crate::run::plan::{Plan, Tally, clock, toll_of, unmarked};

impl Out {
    /// Writes the plan, and gives the whole file its name.
    pub(super) fn write(
        self,
        subject: &PlanSubject,
        plan: &Plan,
        store: &PlanStore,
    ) -> Result<(), Failure> {
        self.fill(|file| compose(subject, plan, store, |bytes| file.write_all(bytes)))
    }
}

/// Prints the plan.
pub(super) fn print(
    subject: &PlanSubject,
    plan: &Plan,
    store: &PlanStore,
    terminal: Terminal,
) -> Result<(), Failure> {
    let printed = compose(subject, plan, store, |bytes| {
        terminal.raw(bytes);
        Ok(())
    });
    printed.map_err(|error| {
        let why = reason(&error);
        Failure::usage(format!("the plan cannot be read again: {why}"))
    })
}

fn compose(
    subject: &PlanSubject,
    plan: &Plan,
    store: &PlanStore,
    mut out: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut digest = Sha256::new();
    let mut write = |bytes: &[u8]| {
        digest.update(bytes);
        out(bytes)
    };
    let head = format!("{:#}", head(subject, plan, store));
    let open = head.strip_suffix("\n}").unwrap_or(&head);
    write(open.as_bytes())?;
    write(b",\n  \"rows\": [")?;
    let mut before: &[u8] = b"\n    ";
    store.each(|line| {
        write(before)?;
        before = b",\n    ";
        write(line)
    })?;
    write(b"\n  ]")?;
    out(tail_text(&hex(&digest.finalize()), &[]).as_bytes())
}

/// Why the script stopped, with the words for what is planned that people read.
fn error(failure: &Failure) -> Value {
    let what = unmarked(&failure.what).into_owned();
    Failure {
        what,
        ..failure.clone()
    }
    .as_json()
}

fn head(subject: &PlanSubject, plan: &Plan, store: &PlanStore) -> Value {
    let tallies = plan.tallies();
    let action = |((server, action), tally): (&(String, String), &Tally)| {
        json!({
            "server": server, "action": action, "count": tally.count,
            "destructive": tally.deletes > 0, "deletes": tally.deletes, "unchanged": tally.idle,
            "mails": tally.impact.mails, "unknown_mails": tally.impact.unknown_mails, "money": money(&tally.impact),
            "sums": sums(&tally.impact), "unknown_amounts": tally.impact.unknown_amounts,
            "list_prices": tally.impact.list_prices,
        })
    };
    let unasked = plan.unasked();
    let unasked = unasked.iter();
    let unasked = unasked.map(|(action, count)| json!({"action": action, "count": count}));
    let stale = plan.stale();
    let stale = stale.iter();
    let stale = stale.map(|(action, count)| json!({"action": action, "count": count}));
    json!({
        "version": VERSION,
        "id": subject.id,
        "made_at": subject.made_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "today": clock::today().map(|today| today.to_string()),
        "script": subject.script,
        "server": subject.server,
        "host": subject.host,
        "production": subject.production,
        "command": subject.command,
        "error": subject.error.as_ref().map(error),
        "would_stop": subject.stops(plan),
        "actions": tallies.iter().map(action).collect::<Vec<_>>(),
        "sums": sums(&toll_of(tallies.values())),
        "outcomes": store.outcomes(),
        "reads_not_sent": unasked.collect::<Vec<_>>(),
        "stale_reads": stale.collect::<Vec<_>>(),
        "files_not_written": plan.files(),
        "made_of": subject.made_of,
    })
}
