//! Which file of the sources imports which, read from their text.
//!
//! An arrow goes to the file that defines a name, through the faces that pass it on
//! with `pub use`. What a face passes on of its own children is no arrow unless it
//! works with it too, and what stands in tests is none.

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
    /// The names that stand in its code by themselves.
    names: BTreeSet<String>,
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
            for (path, name, is_passed_on) in &source.uses {
                if let Some(path) = absolute(own, path, &sources)
                    && !(*is_passed_on && path.starts_with(own) && !source.names.contains(name))
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

    /// Every circle, by the names of its files.
    pub fn circles(&self) -> Vec<Vec<String>> {
        // Whoever a file reaches in the order of the last way back is of its circle.
        let (mut seen, mut left) = (BTreeSet::new(), Vec::new());
        for module in self.arrows.keys() {
            follow(&self.arrows, module, &mut seen, &mut left);
        }
        let mut back: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (from, to) in &self.arrows {
            for to in to {
                back.entry(to.clone()).or_default().insert(from.clone());
            }
        }
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for module in left.iter().rev() {
            let mut circle = Vec::new();
            follow(&back, module, &mut seen, &mut circle);
            if circle.len() > 1 {
                let mut names: Vec<String> = circle.iter().map(|file| file.join("/")).collect();
                names.sort();
                circles.push(names);
            }
        }
        circles.sort();
        circles
    }
}

/// Goes along all arrows from a file that were not gone yet; files are noted as they are left.
fn follow(
    arrows: &BTreeMap<Module, BTreeSet<Module>>,
    from: &Module,
    seen: &mut BTreeSet<Module>,
    left: &mut Vec<Module>,
) {
    if !seen.insert(from.clone()) {
        return;
    }
    for to in arrows.get(from).into_iter().flatten() {
        follow(arrows, to, seen, left);
    }
    left.push(from.clone());
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
        let mut names = BTreeSet::new();
        let is_part = |letter: char| {
            letter.is_alphanumeric() || letter == '_' || letter == ':' || letter == '.'
        };
        for word in rest.lines().flat_map(outside_of_texts) {
            let words = word.split(|letter| !is_part(letter));
            names.extend(words.map(|word| word.split([':', '.']).next().unwrap().to_owned()));
        }
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
        for path in rest.split(|letter| !is_part(letter)) {
            let path: Vec<String> = path.split("::").map(str::to_owned).collect();
            if path.len() > 1 && !path[0].is_empty() {
                paths.push(path);
            }
        }
        Self { uses, paths, names }
    }
}

/// The parts of a line that do not stand in quotes.
fn outside_of_texts(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').step_by(2)
}

/// Without comments, without what is there for tests alone, and without the paths that say
/// only who may see something.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            skip_item(&mut lines);
            continue;
        }
        let mut line = line.split_once("//").map_or(line, |(code, _)| code);
        while let Some((before, after)) = line.split_once("pub(in ") {
            code += before;
            code += "pub";
            line = after.split_once(')').map_or("", |(_, rest)| rest);
        }
        code += line;
        code.push('\n');
    }
    code
}

/// Passes over what follows an attribute: more of them, and the item itself.
fn skip_item<'t>(lines: &mut impl Iterator<Item = &'t str>) {
    let mut is_attribute = false;
    for line in lines {
        is_attribute |= line.starts_with("#[");
        let is_last = line == "}" || line.ends_with(';') || line.ends_with("{}");
        if is_attribute {
            is_attribute = !line.ends_with(']');
        } else if is_last && !line.starts_with(' ') {
            return;
        }
    }
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
                "use super::B;\n#[cfg(test)]\n#[allow(\n    dead_code\n)]\nmod tests {\n    use super::C;\n}\npub(in crate::a::c) fn e() {}\n",
            ),
        ]);
        assert_eq!(imports.circles(), [["a/b", "a/c", "a/d"]]);
    }

    #[test]
    fn a_face_that_works_with_children_that_look_up_is_in_a_circle() {
        let face = "mod b;\nfn a() { b::help() }\n";
        let imports = Imports::of([("a/mod.rs", face), ("a/b.rs", "use super::a;\n")]);
        assert_eq!(imports.circles(), [["a", "a/b"]]);
        let apart = Imports::of([("a/mod.rs", face), ("a/b.rs", "use super::std_like;\n")]);
        assert_eq!(apart.circles(), [["a", "a/b"]]);
        let passed = "mod b;\npub use b::B;\n";
        let passing = Imports::of([("a/mod.rs", passed), ("a/b.rs", "use super::a;\n")]);
        assert!(passing.circles().is_empty());
        let worked_with = format!("{passed}fn a(b: &B) {{}}\n");
        let working = [("a/mod.rs", &*worked_with), ("a/b.rs", "use super::a;\n")];
        assert_eq!(Imports::of(working).circles(), [["a", "a/b"]]);
        let fine = Imports::of([("a/mod.rs", face), ("a/b.rs", "use std::fmt;\n")]);
        assert!(fine.circles().is_empty());
    }
}
