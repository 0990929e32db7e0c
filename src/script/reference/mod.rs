//! The reference: what every function of ours does, and how it is called.
//!
//! Read from what the engine was given, so that the pages of `docs/reference`,
//! the help in the terminal and the definitions for editors can say nothing
//! the program does not do. The actions are the catalog's to describe; here is
//! only an example of each, as a script writes it.

mod definitions;
mod example;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod subjects;

use std::collections::BTreeMap;

use rhai::Engine;

use crate::catalog;
use crate::script::engine::Factory;
use crate::script::engine::functions::{is_word, signature, written};
use crate::script::host::Confinement;
use crate::script::nowhere::nowhere;

pub use definitions::definitions;
pub use example::example;

/// How Rhai names what reads a property.
const GETTER: &str = "get$";

/// Everything one name does.
#[derive(Debug)]
pub struct Entry {
    /// The name, as scripts write it.
    pub name: String,
    /// What it does; more than one thing where it takes what is different in kind.
    pub uses: Vec<Use>,
}

/// One thing a name does.
#[derive(Debug)]
pub struct Use {
    /// The ways to write it, such as `csv(path: string, options: map) -> rows`.
    pub ways: Vec<String>,
    /// What it does.
    pub about: String,
    /// A script that shows it.
    pub example: String,
}

/// All functions and properties of ours but the actions, by name.
pub fn entries() -> Vec<Entry> {
    let factory = Factory::new(nowhere(Confinement::default(), false));
    of(&factory.engine())
}

fn of(engine: &Engine) -> Vec<Entry> {
    let found = engine.collect_fn_metadata(
        None,
        |function| {
            let metadata = function.metadata;
            let property = metadata.name.strip_prefix(GETTER);
            let name = property.unwrap_or(written(&metadata.name));
            let is_ours = !metadata.comments.is_empty() && is_word(name) && !is_of_catalog(name);
            is_ours.then(|| {
                let way = match property {
                    Some(_) => as_property(&signature(metadata)),
                    None => signature(metadata),
                };
                (name.to_owned(), text(&metadata.comments), way)
            })
        },
        false,
    );
    let mut uses: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (name, about, way) in found {
        uses.entry((name, about)).or_default().push(way);
    }
    let mut entries: BTreeMap<String, Vec<Use>> = BTreeMap::new();
    for ((name, about), mut ways) in uses {
        ways.sort_by_key(|way| (way.matches(": ").count(), way.clone()));
        ways.dedup();
        let (about, example) = about.split_once("\n```rhai\n").unwrap_or((&about, ""));
        let one = Use {
            ways,
            about: about.to_owned(),
            example: example.trim_end_matches("```").trim_end().to_owned(),
        };
        entries.entry(name).or_default().push(one);
    }
    let entry = |(name, mut uses): (String, Vec<Use>)| {
        uses.sort_by_key(|one| {
            let way = one.ways.first().cloned().unwrap_or_default();
            (
                way.contains("(connection: "),
                way.matches(": ").count(),
                way,
            )
        });
        Entry { name, uses }
    };
    entries.into_iter().map(entry).collect()
}

fn is_of_catalog(name: &str) -> bool {
    catalog::by_function(name)
        .or_else(|| catalog::by_walk(name))
        .is_some()
}

/// `get$columns(rows: rows) -> array` as scripts write it: `rows.columns -> array`.
fn as_property(signature: &str) -> String {
    let name = signature
        .trim_start_matches(GETTER)
        .split('(')
        .next()
        .unwrap_or_default();
    let of = signature
        .split(['(', ':'])
        .nth(1)
        .unwrap_or_default()
        .trim();
    let kind = signature
        .split_once(" -> ")
        .map_or(String::new(), |(_, kind)| format!(" -> {kind}"));
    format!("{of}.{name}{kind}")
}

/// The text of a comment, without what makes it one.
fn text<S: AsRef<str>>(comments: &[S]) -> String {
    let lines = comments
        .iter()
        .flat_map(|comment| comment.as_ref().lines())
        .map(|line| line.trim_start_matches("///"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
