//! `whmcsh help`: the chapters of the guide, and what a function does.
//!
//! The chapters are those of `docs/`, read in when the program is built, so
//! that there is one text of each.

mod page;

use std::fmt::Write as _;

use super::{Terminal, actions};
use crate::catalog::{self, similar};
use crate::error::Failure;
use crate::script::reference::{Entry, entries};
use page::page;

/// A chapter of the guide.
#[derive(Debug)]
pub struct Topic {
    /// What is typed to read it.
    pub name: &'static str,
    /// What it is about, on one line.
    pub about: &'static str,
    text: &'static str,
}

macro_rules! topics {
    ($($name:literal: $about:literal,)+) => {
        &[$(Topic {
            name: $name,
            about: $about,
            text: include_str!(concat!("../../../docs/", $name, ".md")),
        },)+]
    };
}

/// The chapters, in the order in which they are best read.
pub const TOPICS: &[Topic] = topics! {
    "start": "the first ten minutes",
    "shell": "the interactive shell and its commands",
    "calls": "single calls, and pipes",
    "scripting": "how scripts call WHMCS, read files and handle errors",
    "bulk": "many rows on several workers",
    "resume": "going on where a run stopped; nothing twice, nothing lost",
    "safety": "plans, limits, mail, production, taking a run back",
    "profiles": "servers, their secrets, and what may be done there",
    "migration": "working with two servers at once",
    "sandbox": "the WHMCS look-alike for rehearsals and tests",
    "unattended": "cron, exit codes, logs, several machines",
    "spreadsheets": "CSV files as spreadsheets write them",
    "troubleshooting": "error messages, and what to do about each",
    "install": "building, installing, completions, man pages",
};

/// Shows the chapter, or what the function or action of that name does.
///
/// # Errors
/// If nothing has that name; `others` are names somebody may have meant.
pub fn help(name: &str, others: &[&str], terminal: Terminal) -> Result<(), Failure> {
    let entries = entries();
    let entry = entries.iter().find(|entry| entry.name == name);
    if let Some(chapter) = chapter(name, terminal) {
        let function = entry.map(explained).unwrap_or_default();
        terminal.page(&format!("{function}{chapter}"));
        return Ok(());
    }
    if actions::named(name).is_some() {
        let options = actions::Options {
            pattern: Some(name.to_owned()),
            json: false,
        };
        return actions::actions(&options, terminal);
    }
    if let Some(entry) = entry {
        terminal.data(explained(entry).trim_end());
        return Ok(());
    }
    let known = TOPICS
        .iter()
        .map(|topic| topic.name)
        .chain(others.iter().copied())
        .chain(entries.iter().map(|entry| entry.name.as_str()))
        .chain(catalog::actions().iter().map(|action| action.name));
    let near = similar(name, known);
    let failure = Failure::usage(format!("there is no help on `{name}`"));
    Err(match near.first() {
        Some(near) => failure.hint(format!("did you mean `whmcsh help {near}`?")),
        None => failure.hint("`whmcsh help` lists commands and topics"),
    })
}

/// The chapter of that name, ready to be shown.
pub fn chapter(name: &str, terminal: Terminal) -> Option<String> {
    let topic = TOPICS.iter().find(|topic| topic.name == name)?;
    Some(page(topic.text, terminal.shows_colours()))
}

fn explained(entry: &Entry) -> String {
    let mut text = String::new();
    for one in &entry.uses {
        for way in &one.ways {
            let _ = writeln!(text, "{way}");
        }
        text.push_str(&page(&one.about, false));
        text.push('\n');
        for line in one.example.lines() {
            let _ = writeln!(text, "    {line}");
        }
        text.push('\n');
    }
    text
}
