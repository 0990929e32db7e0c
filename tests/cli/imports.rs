//! Which file of the sources imports which, read from their text.
//!
//! An arrow goes to the file that defines a name, through the faces that pass it on
//! with `pub use`. What a face passes on of its own children is no arrow, and what
//! stands in tests neither.

use std::collections::{BTreeMap, BTreeSet};

/// A module by its path, such as `run/journal/head`; the crate itself is empty.
type Module = Vec<String>;

/// The sources of the program, with what each imports.
pub struct Imports {
    arrows: BTreeMap<Module, BTreeSet<Module>>,
}

/// What one file says.
struct Source {
    /// What it imports under a name: the path, and whether it passes it on.
    uses: Vec<(Vec<String>, String, bool)>,
    /// Paths in its code that begin with a place, such as `super::run`.
    paths: Vec<Vec<String>>,
}

impl Imports {
    /// Reads sources by their paths below `src/`.
    pub fn of<'s>(sources: impl IntoIterator<Item = (&'s str, &'s str)>) -> Self {
        let sources: BTreeMap<Module, Source> = sources
            .into_iter()
            .filter(|(path, _)| !is_test(path))
            .map(|(path, text)| (module(path), Source::read(text)))
            .collect();
        let mut arrows = BTreeMap::new();
        for (own, source) in &sources {
            let mut to = BTreeSet::new();
            for (path, _, is_passed_on) in &source.uses {
                if let Some(path) = absolute(own, path, &sources)
                    && !(*is_passed_on && path.starts_with(own))
                {
                    to.extend(owner(&path, &sources, &mut BTreeSet::new()));
                }
            }
            for path in &source.paths {
                if let Some(path) = absolute(own, path, &sources) {
                    to.extend(owner(&path, &sources, &mut BTreeSet::new()));
                }
            }
            to.remove(own);
            arrows.insert(own.clone(), to);
        }
        Self { arrows }
    }

    /// The circles within a folder, such as `run/journal`, each by the names of its files.
    pub fn circles(&self, folder: &str) -> Vec<Vec<String>> {
        let folder = module(folder);
        let modules = self.arrows.keys();
        let inside: BTreeSet<&Module> = modules
            .filter(|module| module.starts_with(&folder))
            .collect();
        let reach: BTreeMap<&Module, BTreeSet<&Module>> = inside
            .iter()
            .map(|module| (*module, self.reached(module, &inside)))
            .collect();
        let mut circles = BTreeSet::new();
        for (module, reached) in &reach {
            // Whoever is reached and reaches back is of the same circle.
            let circle: Vec<String> = reached
                .iter()
                .filter(|other| reach[**other].contains(module))
                .map(|other| other.join("/"))
                .collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    fn reached<'i>(&'i self, from: &Module, inside: &BTreeSet<&'i Module>) -> BTreeSet<&'i Module> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Module> = self.arrows[from].iter().collect();
        while let Some(module) = next.pop() {
            if inside.contains(module) && reached.insert(module) {
                next.extend(&self.arrows[module]);
            }
        }
        reached
    }
}

impl Source {
    fn read(text: &str) -> Self {
        let code = code(text);
        let (mut uses, mut paths) = (Vec::new(), Vec::new());
        let mut rest = String::new();
        // Attributes and `pub(…)` may stand before it, but every `use` begins a line.
        let mut statement: Option<String> = None;
        for line in code.lines() {
            let begun = statement.take().or_else(|| {
                let line = line.trim_start();
                let visible = line.strip_prefix("pub").map(|rest| {
                    rest.split_once(") ")
                        .map_or(rest, |(_, rest)| rest)
                        .trim_start()
                });
                visible
                    .unwrap_or(line)
                    .starts_with("use ")
                    .then(String::new)
            });
            let Some(begun) = begun else {
                rest.push_str(line);
                rest.push('\n');
                continue;
            };
            let whole = begun + line.trim() + " ";
            if let Some((whole, _)) = whole.split_once(';') {
                let (before, tree) = whole.split_once("use ").unwrap();
                leaves(tree, &[], before.contains("pub"), &mut uses);
            } else {
                statement = Some(whole);
            }
        }
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
        for path in rest.split(|letter| !is_part(letter)) {
            let path: Vec<String> = path.split("::").map(str::to_owned).collect();
            if path.len() > 1 && !path[0].is_empty() {
                paths.push(path);
            }
        }
        Self { uses, paths }
    }
}

/// Without comments, and without what is there for tests alone.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let follows_mod = |next: &str| next.contains("mod ") && next.trim_end().ends_with('{');
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| follows_mod(next)) {
            // The block ends where its brace stands at the beginning of a line.
            while lines.next().is_some_and(|line| line != "}") {}
            continue;
        }
        let line = line.split_once("//").map_or(line, |(code, _)| code);
        code += line;
        code.push('\n');
    }
    code
}

/// `a::{b, c::d as e}` as the paths it names.
fn leaves(
    tree: &str,
    before: &[String],
    is_passed_on: bool,
    found: &mut Vec<(Vec<String>, String, bool)>,
) {
    for part in parts(tree) {
        if let Some((head, inner)) = part.split_once('{') {
            let head = head
                .split("::")
                .map(str::trim)
                .filter(|word| !word.is_empty());
            let path = [before, &head.map(str::to_owned).collect::<Vec<_>>()].concat();
            let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
            leaves(inner, &path, is_passed_on, found);
            continue;
        }
        let (name, alias) = part.split_once(" as ").unwrap_or((part, ""));
        let words = name.split("::").map(|word| word.trim().to_owned());
        let mut path = [before, &words.collect::<Vec<_>>()].concat();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let known = match alias.trim() {
            "" => path.last().cloned().unwrap_or_default(),
            alias => alias.to_owned(),
        };
        found.push((path, known, is_passed_on));
    }
}

/// What stands between the commas outside of braces.
fn parts(tree: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in tree.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(tree[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(tree[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_test(path: &str) -> bool {
    let name = path.trim_end_matches(".rs");
    let mut folders = name.split('/');
    folders.any(|word| word == "tests" || word == "testing")
        || name.ends_with("_tests")
        || name.ends_with("_test")
}

fn module(path: &str) -> Module {
    let mut words: Module = path
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if words
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        words.pop();
    }
    words
}

/// A path from the crate's root; none of another crate's.
fn absolute(own: &Module, path: &[String], sources: &BTreeMap<Module, Source>) -> Option<Module> {
    let first = path[0].as_str();
    match first {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([own, &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|word| *word == "super").count();
            let base = own.get(..own.len().checked_sub(ups)?)?;
            Some([base, &path[ups..]].concat())
        }
        _ => {
            let child = [own.as_slice(), &path[..1]].concat();
            sources.contains_key(&child).then(|| [own, path].concat())
        }
    }
}

/// The file that defines what a path names.
fn owner(
    path: &[String],
    sources: &BTreeMap<Module, Source>,
    seen: &mut BTreeSet<Vec<String>>,
) -> Option<Module> {
    let length = (0..=path.len())
        .rev()
        .find(|n| sources.contains_key(&path[..*n]))?;
    let (face, rest) = path.split_at(length);
    let Some((name, inner)) = rest.split_first() else {
        return Some(face.to_vec());
    };
    let face = face.to_vec();
    let passed = sources[&face]
        .uses
        .iter()
        .find(|(_, known, on)| *on && known == name);
    let passed = passed.and_then(|(from, ..)| absolute(&face, from, sources));
    match passed {
        Some(from) if seen.insert(path.to_vec()) => owner(&[&from, inner].concat(), sources, seen),
        _ => Some(face),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_through_faces_groups_and_paths() {
        let imports = Imports::of([
            ("lib.rs", "mod a;\n"),
            (
                "a/mod.rs",
                "mod b;\nmod c;\nmod d;\nmod e;\npub use b::B;\npub use c::{C, inner as other};\n",
            ),
            ("a/b.rs", "use crate::a::{\n    d,\n    C,\n};\n"),
            ("a/c.rs", "fn c() { super::d::call(1) }\n"),
            (
                "a/d.rs",
                "// use super::c;\npub(super) use super::B as Bee;\n",
            ),
            (
                "a/e.rs",
                "use super::B;\n#[cfg(test)]\nmod tests {\n    use super::super::e;\n}\n",
            ),
        ]);
        assert_eq!(imports.circles("a"), [["a/b", "a/c", "a/d"]]);
    }

    #[test]
    fn a_face_that_works_with_children_that_look_up_is_in_a_circle() {
        let face = "mod b;\nfn a() { b::help() }\n";
        let imports = Imports::of([("a/mod.rs", face), ("a/b.rs", "use super::a;\n")]);
        assert_eq!(imports.circles("a"), [["a", "a/b"]]);
        let apart = Imports::of([("a/mod.rs", face), ("a/b.rs", "use super::std_like;\n")]);
        assert_eq!(apart.circles("a"), [["a", "a/b"]]);
        let fine = Imports::of([("a/mod.rs", face), ("a/b.rs", "use std::fmt;\n")]);
        assert!(fine.circles("a").is_empty());
        assert!(fine.circles("other").is_empty());
    }
}
