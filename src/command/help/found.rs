//! What there is, and where something is spoken of: `help functions` and `help --find`.

use std::fmt::Write as _;

use super::topics::TOPICS;
use crate::catalog;
use crate::display::wrap::wrapped;
use crate::error::Failure;
use crate::script::reference::{Entry, SUBJECTS, entries, of_language};

/// The widest line, in characters, and the room for a name.
const WIDTH: usize = 80;
const NAME: usize = 18;

/// Every function that is no action, by subject, with what it does in a sentence.
pub(super) fn functions() -> String {
    let mut text = String::from("Functions of scripts; `whmcsh help NAME` explains one\n");
    for (title, _, names) in SUBJECTS {
        // Writing to text cannot fail.
        let _ = writeln!(text, "\n{title}");
        for name in *names {
            if let Some(entry) = entries().get(*name) {
                line(&mut text, name, &sentence(entry));
            }
        }
    }
    text.push_str("\nThe language itself\n");
    let own = entries().values().filter(|entry| !entry.is_ours());
    for entry in own {
        line(&mut text, &entry.name, &sentence(entry));
    }
    let count = catalog::actions().len();
    let _ = writeln!(
        text,
        "\nThe {count} actions of WHMCS are functions too: `whmcsh actions` lists them."
    );
    text
}

/// Where a word is spoken of: topics, functions and actions.
///
/// # Errors
/// If nothing speaks of it.
pub(super) fn find(word: &str) -> Result<String, Failure> {
    let wanted = word.trim().to_lowercase();
    if wanted.is_empty() {
        return Err(
            Failure::usage("`help --find` needs a word").hint("such as `whmcsh help --find money`")
        );
    }
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let mut text = String::new();
    let of_topics = TOPICS
        .iter()
        .filter(|topic| has(topic.name) || has(topic.about) || has(topic.text))
        .map(|topic| (topic.name.to_owned(), topic.about.to_owned()));
    section(&mut text, "Topics", of_topics);
    let is_action = |name: &str| {
        catalog::by_function(name)
            .or_else(|| catalog::by_walk(name))
            .is_some()
    };
    let of_functions = entries()
        .values()
        .filter(|entry| !is_action(&entry.name))
        .filter(|entry| {
            let mut uses = entry.uses.iter();
            has(&entry.name)
                || uses.any(|one| has(&one.about) || one.ways.iter().any(|way| has(way)))
                || of_language(&entry.name).is_some_and(has)
        })
        .map(|entry| (entry.name.clone(), sentence(entry)));
    section(&mut text, "Functions", of_functions);
    let of_actions = catalog::actions()
        .iter()
        .filter(|action| has(action.name) || has(action.function) || has(action.summary))
        .map(|action| (action.function.to_owned(), action.summary.to_owned()));
    section(&mut text, "Actions", of_actions);
    if text.is_empty() {
        let what = format!("nothing in the help mentions `{word}`");
        return Err(Failure::usage(what).hint(
            "try a shorter word; `whmcsh help` lists the topics, `whmcsh help functions` the functions",
        ));
    }
    text.push_str("\n`whmcsh help NAME` explains one.\n");
    Ok(text)
}

fn section(text: &mut String, title: &str, found: impl Iterator<Item = (String, String)>) {
    let mut found = found.peekable();
    if found.peek().is_none() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "{title}");
    for (name, about) in found {
        line(text, &name, &about);
    }
}

fn line(text: &mut String, name: &str, about: &str) {
    let start = format!("{name:NAME$}  {about}");
    for line in wrapped("  ", NAME + 2, &start, WIDTH) {
        text.push_str(&line);
        text.push('\n');
    }
}

/// What a function does, in its first sentence.
fn sentence(entry: &Entry) -> String {
    let own = entry.uses.iter().map(|one| one.about.as_str());
    let about = own
        .chain(of_language(&entry.name))
        .find(|about| !about.is_empty())
        .unwrap_or_default();
    let about = about
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    match about.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => about,
    }
}
