//! A plan as a person reads it: what in all, then by row, then what would stop it.

use std::collections::BTreeMap;

use super::plan_store::PlanStore;
use super::shown;
use super::subject::PlanSubject;
use crate::catalog::MoneyFlow;
use crate::command::Terminal;
use crate::display::table::{self, Cell, Fit};
use crate::display::text::counted;
use crate::run::plan::{Impact, Plan, Sum, Tally, toll_of};

/// What is counted, by server and action.
type Tallies = BTreeMap<(String, String), Tally>;

/// Prints the plan; with `--quiet` its table and its totals alone.
pub(super) fn print(subject: &PlanSubject, plan: &Plan, store: &PlanStore, terminal: Terminal) {
    let tallies = plan.tallies();
    terminal.prose(&header(subject));
    if !tallies.is_empty() {
        for line in actions(&tallies, terminal.shows_colours()) {
            terminal.painted(&line);
        }
    }
    if !terminal.quiet {
        rows(&tallies, store, terminal);
    }
    for line in totals(&tallies, plan, store) {
        terminal.prose(&line);
    }
    for stop in subject.stops(plan) {
        terminal.prose(&stop);
    }
    if subject.error.is_none() && !tallies.is_empty() {
        let command = subject.bound_command.as_ref().unwrap_or(&subject.command);
        terminal.note(&format!("to apply, run: {command}"));
    }
}

fn header(subject: &PlanSubject) -> String {
    let kind = if subject.production {
        "the production server "
    } else {
        ""
    };
    format!(
        "plan of `{}` on {kind}{}; nothing was changed",
        subject.script, subject.host
    )
}

fn has_many_servers(tallies: &Tallies) -> bool {
    let mut servers = tallies.keys().map(|(server, _)| server);
    let first = servers.next();
    servers.any(|server| Some(server) != first)
}

/// The table of actions; those that end or remove something are red where colour is seen.
fn actions(tallies: &Tallies, is_coloured: bool) -> Vec<String> {
    let is_many = has_many_servers(tallies);
    let mut columns = vec!["action", "count", "no change", "mails", "money"];
    if is_many {
        columns.insert(0, "server");
    }
    let row = |((server, action), tally): (&(String, String), &Tally)| {
        let mut cells = vec![
            Cell::text(action),
            number(tally.count),
            number(tally.idle),
            mails(&tally.impact),
            Cell::text(&money(&tally.impact)),
        ];
        if is_many {
            cells.insert(0, Cell::text(server));
        }
        cells
    };
    let mut lines = table::lines(&columns, tallies.iter().map(row), Fit::Content);
    if is_coloured {
        // Above the first action stand the frame, the header and the rule below it.
        for (line, tally) in lines.iter_mut().skip(3).zip(tallies.values()) {
            if tally.deletes > 0 {
                *line = format!("\x1b[31m{line}\x1b[0m");
            }
        }
    }
    lines
}

fn rows(tallies: &Tallies, store: &PlanStore, terminal: Terminal) {
    let (entries, all) = store.first();
    let is_many = has_many_servers(tallies);
    let mut after_script = false;
    for entry in &entries {
        for line in shown::lines(entry, after_script, is_many) {
            terminal.change(&line);
        }
        after_script = entry.row.is_none();
    }
    match all - entries.len() as u64 {
        0 => {}
        more => terminal.prose(&format!(
            "… and {more} more: `--out plan.json` has them all"
        )),
    }
}

pub(super) fn totals(tallies: &Tallies, plan: &Plan, store: &PlanStore) -> Vec<String> {
    let impact = toll_of(tallies.values());
    let sum = |of: fn(&Tally) -> u64| tallies.values().map(of).sum::<u64>();
    let mut all = vec![counted(sum(|tally| tally.count), "write")];
    let deletes = sum(|tally| tally.deletes);
    let idle = sum(|tally| tally.idle);
    if deletes > 0 {
        all.push(format!("including {}", counted(deletes, "delete")));
    }
    if idle > 0 {
        all.push(format!("{idle} of them change nothing"));
    }
    if impact.unknown_mails > 0 {
        let known = tallies.iter();
        let known = known.filter(|(_, tally)| tally.impact.unknown_mails > 0);
        let actions: Vec<&str> = known.map(|((_, action), _)| action.as_str()).collect();
        all.push(format!("emails: unknown ({})", actions.join(", ")));
    } else if impact.mails > 0 {
        all.push(format!("at most {}", counted(impact.mails, "email")));
    }
    let money = money(&impact);
    if !money.is_empty() {
        all.push(format!("money: {money}"));
    }
    let mut lines = vec![all.join(", ")];
    if impact.list_prices > 0 {
        let verb = if impact.list_prices == 1 {
            "sets"
        } else {
            "set"
        };
        lines.push(format!(
            "{} {verb} list prices, which are no client's money: `--max-money` does not count them",
            counted(impact.list_prices, "write")
        ));
    }
    let outcomes = store.outcomes();
    if !outcomes.is_empty() {
        let rows: u64 = outcomes.values().sum();
        let each = outcomes
            .iter()
            .map(|(word, count)| format!("{count} {word}"));
        let each: Vec<String> = each.collect();
        lines.push(format!("{}: {}", counted(rows, "row"), each.join(", ")));
    }
    let unasked: u64 = plan.unasked().values().sum();
    if unasked > 0 {
        let (was, records) = match unasked {
            1 => ("was", "a record that does"),
            _ => ("were", "records that do"),
        };
        lines.push(format!(
            "{} of {records} not exist yet {was} not sent",
            counted(unasked, "read")
        ));
    }
    let stale = plan.stale();
    if !stale.is_empty() {
        let actions: Vec<&str> = stale.keys().map(String::as_str).collect();
        lines.push(format!(
            "{} returned values that planned writes would have changed ({}): the run may do \
             something else",
            counted(stale.values().sum(), "read"),
            actions.join(", ")
        ));
    }
    let files = plan.files();
    lines.extend(files.iter().map(|file| format!("would write `{file}`")));
    lines
}

/// How many mails leave at most, where that is known.
fn mails(impact: &Impact) -> Cell {
    match impact.unknown_mails {
        0 => number(impact.mails),
        _ => Cell::text("unknown"),
    }
}

/// `received 120.00 EUR, priced 10.00 → 11.90 EUR (+19.0 %), 2 of unknown amount`.
fn money(impact: &Impact) -> String {
    let known = impact.money.iter();
    let mut money: Vec<String> = known
        .map(|((currency, flow), sum)| {
            let currency = currency.as_deref().unwrap_or("of unknown currency");
            if *flow == MoneyFlow::In && sum.old.is_none() && sum.new.is_sign_negative() {
                // The balance of an invoice that is paid already.
                return format!("overpaid by {} {currency}", sum.new.abs());
            }
            format!("{} {} {currency}{}", flow.said(), change(sum), percent(sum))
        })
        .collect();
    if impact.unknown_amounts > 0 {
        money.push(format!("{} of unknown amount", impact.unknown_amounts));
    }
    money.join(", ")
}

/// A sum, behind what it is now where that is known.
fn change(sum: &Sum) -> String {
    match sum.old {
        Some(old) => format!("{old} → {}", sum.new),
        None => sum.new.to_string(),
    }
}

/// ` (+19.0 %)`, where that is known.
pub(super) fn percent(sum: &Sum) -> String {
    match sum.percent() {
        Some(percent) if percent.is_sign_negative() => format!(" ({percent:.1} %)"),
        Some(percent) => format!(" (+{percent:.1} %)"),
        None => String::new(),
    }
}

/// A number, or an empty cell for none.
fn number(number: u64) -> Cell {
    Cell {
        text: if number == 0 {
            String::new()
        } else {
            number.to_string()
        },
        is_number: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tallies() -> Tallies {
        let tally = |deletes| Tally {
            count: 2,
            deletes,
            ..Tally::default()
        };
        let key = |action: &str| ("main".to_owned(), action.to_owned());
        Tallies::from([(key("AddClient"), tally(0)), (key("CloseClient"), tally(1))])
    }

    #[test]
    fn what_ends_something_is_red_where_colour_is_seen() {
        let red = actions(&tallies(), true);
        let red: Vec<_> = red.iter().filter(|line| line.contains('\x1b')).collect();
        assert_eq!(red.len(), 1);
        assert!(red[0].starts_with("\x1b[31m") && red[0].contains("CloseClient"));
        assert!(!actions(&tallies(), false).join("").contains('\x1b'));
    }

    #[test]
    fn an_invoice_that_is_overpaid_is_said_as_people_say_it() {
        let mut toll = Impact::default();
        let sum = |new| Sum { new, old: None };
        let usd = Some("USD".to_owned());
        toll.money.insert((usd, MoneyFlow::In), sum((-500).into()));
        assert_eq!(money(&toll), "overpaid by 500 USD");
    }

    #[test]
    fn servers_are_named_where_there_are_several() {
        assert!(!actions(&tallies(), false).join("").contains("main"));
        let mut several = tallies();
        let other = ("old".to_owned(), "AddClient".to_owned());
        several.insert(other, Tally::default());
        assert!(actions(&several, false).join("").contains("main"));
    }
}
