//! The tables one can search and sort: rows, changes, writes outside rows.
//!
//! Each is JSON the page's script shows a part of at a time.

use super::account::Account;
use super::escape::{Add as _, Text, counted, number};
use super::rows::loops;
use super::{rows, writes};
use crate::run::journal::Reading;
use crate::run::outputs::{Draft, OutputError};

/// The places of the tables in the page.
pub(super) fn places(account: &Account) -> String {
    let mut html = String::new();
    for bulk in loops(account) {
        let head = match loops(account).len() {
            1 => format!("Rows <i>{}</i>", number(account.ended())),
            _ => format!("Rows of loop {}", bulk.number),
        };
        let mut note = String::new();
        if !bulk.hidden.is_empty() {
            let names = bulk.hidden.iter();
            let names = names.map(|name| format!("<code>{}</code>", Text(name)));
            let names: Vec<String> = names.collect();
            note = format!("Left out as secret: {}. ", names.join(", "));
        }
        if account.ended() > rows::MOST {
            note.add(format_args!(
                "At most {} done rows and as many other rows are shown; results.csv has all.",
                number(rows::MOST)
            ));
        }
        html.push_str(&place(&format!("rows-{}", bulk.number), &head, &note));
    }
    if account.changes > 0 {
        let more = left_out(account.changes, writes::MOST, "change");
        let head = format!("Changes <i>{}</i>", counted(account.changes, "field"));
        html.push_str(&place("changes", &head, &more));
    }
    if account.outside > 0 {
        let more = left_out(account.outside, writes::MOST, "write");
        let head = match account.ended() {
            0 => format!("Writes <i>{}</i>", number(account.outside)),
            _ => format!("Writes outside rows <i>{}</i>", number(account.outside)),
        };
        html.push_str(&place("writes", &head, &more));
    }
    html
}

fn left_out(count: u64, most: u64, what: &str) -> String {
    if count > most {
        format!("The first {} are shown.", counted(most, what))
    } else {
        String::new()
    }
}

/// The place of one table; its head and its note are HTML.
fn place(name: &str, head: &str, note: &str) -> String {
    format!(
        "<section><h2>{head}</h2><p class=\"note\">{note}</p><div class=\"table\" data-of=\"{name}\">\
         <noscript><p class=\"note\">This table needs JavaScript.</p></noscript></div></section>"
    )
}

/// Writes the data of all tables.
pub(super) fn write(
    account: &Account,
    reading: &Reading,
    draft: &mut Draft,
) -> Result<(), OutputError> {
    rows::write(account, reading, draft)?;
    if account.changes > 0 {
        writes::changes(reading, draft)?;
    }
    if account.outside > 0 {
        writes::outside(account, reading, draft)?;
    }
    Ok(())
}
