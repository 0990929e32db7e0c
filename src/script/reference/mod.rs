//! The reference: every function a script can call, and what ours do.
//!
//! Read from what the engine was given, so that the pages of `docs/reference`,
//! the help in the terminal and in the shell, and the definitions for editors can
//! say nothing the program does not do. The actions are the catalog's to describe;
//! here is only an example of each, as a script writes it.

mod before;
mod definitions;
mod example;
mod language;
#[cfg(test)]
mod pages;
mod subjects;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rhai::Engine;

use super::offline_host::{in_test, nowhere};
use crate::script::engine::functions::{Functions, is_word, signature, written};
use crate::script::host::Confinement;
use crate::script::library;

pub use definitions::definitions;
pub use example::example;
pub use language::of_language;
pub use subjects::SUBJECTS;

/// How Rhai names what reads a property.
const GETTER: &str = "get$";

/// Everything one name does.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name, as scripts write it.
    pub name: String,
    /// What it does; more than one thing where it takes what is different in kind.
    pub uses: Vec<Use>,
}

/// One thing a name does.
#[derive(Clone, Debug)]
pub struct Use {
    /// The ways to write it, such as `csv(path: string, options: map) -> rows`.
    pub ways: Vec<String>,
    /// What it does; empty of what is Rhai's own.
    pub about: String,
    /// A script that shows it.
    pub example: String,
}

impl Entry {
    /// Whether something of it is ours, not the language's own.
    pub fn is_ours(&self) -> bool {
        self.uses.iter().any(|one| !one.about.is_empty())
    }

    /// The ways to call it; none of what is a property only.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        let ways = self.uses.iter().flat_map(|one| &one.ways);
        let is_call = |way: &&String| {
            let rest = way.strip_prefix(self.name.as_str());
            rest.is_some_and(|rest| rest.starts_with('('))
        };
        ways.filter(is_call).map(String::as_str)
    }
}

/// Every function and property by name, the actions and Rhai's own among them;
/// read once, when first asked for.
pub fn entries() -> &'static BTreeMap<String, Entry> {
    static ENTRIES: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
        let factory = library::factory(nowhere(Confinement::default(), false));
        of(&factory.engine())
    });
    &ENTRIES
}

/// The functions that tests have besides, by name.
pub fn test_entries() -> &'static BTreeMap<String, Entry> {
    static ENTRIES: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
        let factory = library::factory(in_test(Confinement::default(), false));
        let mut all = of(&factory.engine());
        all.retain(|name, entry| entry.is_ours() && !entries().contains_key(name));
        all
    });
    &ENTRIES
}

/// What a name means in a script, or in one that may be a test.
pub fn entry(name: &str, may_be_test: bool) -> Option<&'static Entry> {
    let of_test = || test_entries().get(name).filter(|_| may_be_test);
    entries().get(name).or_else(of_test)
}

fn of(engine: &Engine) -> BTreeMap<String, Entry> {
    let mut entries = ours(engine);
    for (name, ways) in Functions::list(engine).all() {
        let uses = entries.entry(name.to_owned()).or_default();
        let is_told = |way: &str| {
            uses.iter()
                .any(|one| one.ways.iter().any(|told| told == way))
        };
        let ways: Vec<_> = ways.into_iter().filter(|way| !is_told(way)).collect();
        if !ways.is_empty() || uses.is_empty() {
            uses.push(Use {
                ways: ways.into_iter().map(with_nothing).collect(),
                about: String::new(),
                example: String::new(),
            });
        }
    }
    let entry = |(name, uses): (String, Vec<Use>)| (name.clone(), Entry { name, uses });
    entries.into_iter().map(entry).collect()
}

/// A way to call a function of the language's own, which says also that it gives nothing.
fn with_nothing(way: &str) -> String {
    if way.contains(" -> ") || way.ends_with("(…)") {
        return way.to_owned();
    }
    format!("{way} -> ()")
}

/// What is ours by name; the use with the fewest parameters first, those on a
/// connection last.
fn ours(engine: &Engine) -> BTreeMap<String, Vec<Use>> {
    let found = engine.collect_fn_metadata(
        None,
        |function| {
            let metadata = function.metadata;
            let property = metadata.name.strip_prefix(GETTER);
            let name = property.unwrap_or(written(&metadata.name));
            let is_ours = !metadata.comments.is_empty() && is_word(name);
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
    let mut ours: BTreeMap<String, Vec<Use>> = BTreeMap::new();
    for ((name, about), mut ways) in uses {
        ways.sort_by_key(|way| order(way));
        ways.dedup();
        let (about, example) = about.split_once("\n```rhai\n").unwrap_or((&about, ""));
        ours.entry(name).or_default().push(Use {
            ways,
            about: about.to_owned(),
            example: example.trim_end_matches("```").trim_end().to_owned(),
        });
    }
    for uses in ours.values_mut() {
        uses.sort_by_key(|one| one.ways.first().map(|way| order(way)));
    }
    ours
}

/// Where a way to call a function stands among the others.
fn order(way: &str) -> (bool, usize, String) {
    (
        way.contains("(connection: "),
        way.matches(": ").count(),
        way.to_owned(),
    )
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
