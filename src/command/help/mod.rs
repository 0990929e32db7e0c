//! `whmcsh help`: the chapters of the guide, and what a function does.
//!
//! The chapters are those of `docs/`, read in when the program is built, so
//! that there is one text of each.

mod found;
mod page;
mod topics;

use std::fmt::Write as _;

use super::{Terminal, actions};
use crate::catalog::{self, similar};
use crate::display::table::terminal_width;
use crate::error::Failure;
use crate::script::reference::{Entry, entries, entry, of_language, test_entries};
use page::page;

pub use topics::{TOPICS, Topic};

/// What lists every function.
const FUNCTIONS: &str = "functions";

/// Shows where a word is spoken of.
///
/// # Errors
/// If nothing speaks of it.
pub fn find(word: &str, terminal: Terminal) -> Result<(), Failure> {
    terminal.page(&found::find(word)?);
    Ok(())
}

/// Shows what there is to say of a name.
///
/// # Errors
/// If nothing has that name; `others` are names somebody may have meant.
pub fn help(name: &str, others: &[&str], terminal: Terminal) -> Result<(), Failure> {
    if let Some(text) = about(name) {
        terminal.page(&text);
        return Ok(());
    }
    let known = TOPICS
        .iter()
        .map(|topic| topic.name)
        .chain(others.iter().copied())
        .chain([FUNCTIONS])
        .chain(entries().keys().map(String::as_str))
        .chain(test_entries().keys().map(String::as_str))
        .chain(catalog::actions().iter().map(|action| action.name));
    let near = similar(name, known);
    let failure = Failure::usage(format!("there is no help on `{name}`"));
    Err(match near.first() {
        Some(near) => failure.hint(format!("did you mean `whmcsh help {near}`?")),
        None => failure.hint(format!(
            "`whmcsh help` lists commands and topics; `whmcsh help --find {name}` searches them"
        )),
    })
}

/// What the action or function of that name does, and the chapter of that name,
/// set for the terminal that standard output is, if it is one.
pub fn about(name: &str) -> Option<String> {
    if name == FUNCTIONS {
        return Some(found::functions());
    }
    let topic = TOPICS.iter().find(|topic| topic.name == name);
    let chapter = topic.map(|topic| page(topic.text, Terminal::default().shows_colours()));
    let reference = match actions::named(name) {
        Some(action) => Some(actions::page(action, terminal_width())),
        // Who names a chapter does not mean what the language has of that name.
        None => entry(name, true)
            .filter(|entry| topic.is_none() || entry.is_ours())
            .map(explained),
    };
    match (reference, chapter) {
        (Some(reference), Some(chapter)) => Some(format!("{reference}\n{chapter}")),
        (reference, chapter) => reference.or(chapter),
    }
}

/// The first table below a heading of a chapter, row by row without its header; empty if there is none.
pub fn table(topic: &str, heading: &str) -> Vec<Vec<String>> {
    let topic = TOPICS.iter().find(|one| one.name == topic);
    topic.map_or_else(Vec::new, |topic| page::table(topic.text, heading))
}

fn explained(entry: &Entry) -> String {
    let mut texts = Vec::new();
    for one in &entry.uses {
        let mut text = one.ways.join("\n") + "\n";
        if one.about.is_empty() {
            if let Some(about) = of_language(&entry.name) {
                text.push_str(&page(about, false));
            }
            text.push_str("  The language itself: https://rhai.rs/book/language/\n");
        } else {
            text.push_str(&page(&one.about, false));
        }
        if !one.example.is_empty() {
            text.push('\n');
        }
        for line in one.example.lines() {
            // Writing to text cannot fail.
            let _ = writeln!(text, "    {line}");
        }
        texts.push(text);
    }
    texts.join("\n")
}
