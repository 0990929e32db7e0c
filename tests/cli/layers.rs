//! The arrows of ARCHITECTURE.md, read from the sources themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::imports::Imports;
use crate::support::repository;

/// Every layer, and the layers it may use besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("cancel", &[]),
    ("catalog", &[]),
    ("cli", &["command", "config", "error", "files", "sandbox"]),
    ("client", &["cancel", "catalog", "secrets"]),
    (
        "command",
        &[
            "cancel", "catalog", "client", "config", "display", "error", "files", "lsp", "repl",
            "report", "run", "sandbox", "script", "secrets", "session", "unix",
        ],
    ),
    (
        "config",
        &[
            "catalog", "client", "error", "files", "run", "secrets", "unix",
        ],
    ),
    ("display", &[]),
    ("error", &["client", "display"]),
    ("files", &["unix"]),
    ("lsp", &["catalog", "display", "error", "script"]),
    (
        "repl",
        &[
            "cancel", "catalog", "client", "display", "error", "files", "run", "script", "session",
            "unix",
        ],
    ),
    ("report", &["catalog", "run"]),
    (
        "run",
        &["cancel", "catalog", "client", "files", "secrets", "unix"],
    ),
    ("sandbox", &["catalog", "unix"]),
    (
        "script",
        &[
            "cancel", "catalog", "client", "display", "error", "files", "run", "secrets", "unix",
        ],
    ),
    ("secrets", &["catalog"]),
    (
        "session",
        &["cancel", "client", "config", "error", "run", "script"],
    ),
    ("unix", &[]),
];

/// Crates that one place alone may name.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["src/cli/"]),
    ("reqwest", &["src/client/"]),
    ("rhai", &["src/script/"]),
    ("rusqlite", &["src/run/journal", "src/sandbox/"]),
    ("rustyline", &["src/repl/"]),
    ("hyper", &["src/sandbox/"]),
];

pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The name of the layer a source belongs to: `src/run/walk.rs` is in `run`.
fn layer(path: &str) -> &str {
    let inner = path.strip_prefix("src/").unwrap();
    inner.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The words that follow `crate::` in a source, the layers it uses.
fn used(text: &str) -> BTreeSet<&str> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .next()
                .unwrap()
        })
        .collect()
}

fn each_source(mut look: impl FnMut(&str, &str)) {
    for path in sources(&repository().join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let path = path
            .strip_prefix(repository())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        look(&path, &text);
    }
}

#[test]
fn every_layer_uses_only_what_is_to_its_right() {
    each_source(|path, text| {
        if path == "src/lib.rs" || path == "src/main.rs" {
            return;
        }
        let own = layer(path);
        let (_, allowed) = LAYERS
            .iter()
            .find(|(name, _)| *name == own)
            .unwrap_or_else(|| panic!("{path}: `{own}` is no layer"));
        for other in used(text) {
            assert!(
                other == own || allowed.contains(&other),
                "{path} uses `{other}`"
            );
        }
    });
}

#[test]
fn files_import_each_other_in_no_circle() {
    let mut sources = Vec::new();
    each_source(|path, text| {
        let inner = path.strip_prefix("src/").unwrap();
        sources.push((inner.to_owned(), text.to_owned()));
    });
    let sources = sources.iter();
    let imports = Imports::of(sources.map(|(path, text)| (path.as_str(), text.as_str())));
    let circles = imports.circles();
    let named: Vec<String> = circles.iter().map(|circle| circle.join(", ")).collect();
    assert!(
        circles.is_empty(),
        "files import each other in a circle: {}",
        named.join("; and ")
    );
}

/// Whether a source is there for the tests of the crate alone.
fn is_of_tests(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap().trim_end_matches(".rs");
    path.contains("/tests/")
        || stem.ends_with("tests")
        || ["testing", "test_host", "test_engine", "proof_server"].contains(&stem)
}

#[test]
fn what_only_unix_has_stands_in_one_file() {
    each_source(|path, text| {
        let code = text.split("#[cfg(test)]").next().unwrap();
        assert!(
            path == "src/unix.rs" || is_of_tests(path) || !code.contains("std::os::"),
            "{path} names `std::os`: what it needs belongs in src/unix.rs"
        );
    });
}

/// The name of the type that a line begins, if others may use it.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub")?;
    let rest = rest.strip_prefix('(').map_or(rest, |rest| {
        rest.split_once(')').map_or(rest, |(_, rest)| rest)
    });
    let (kind, rest) = rest.trim_start().split_once(' ')?;
    let name = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    ["enum", "struct", "trait", "type", "union"]
        .contains(&kind)
        .then(|| name.into_iter().next())
        .flatten()
}

#[test]
fn two_types_of_one_layer_do_not_share_a_name() {
    let mut homes: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    each_source(|path, text| {
        for name in text.lines().filter_map(public_type) {
            let key = (layer(path).to_owned(), name.to_owned());
            homes.entry(key).or_default().push(path.to_owned());
        }
    });
    for ((layer, name), files) in homes {
        assert!(
            files.len() == 1,
            "`{layer}` has more than one `{name}`: {}",
            files.join(", ")
        );
    }
}

#[test]
fn every_function_says_what_it_does_in_its_name() {
    each_source(|path, text| {
        let code = text.split("#[cfg(test)]\nmod").next().unwrap();
        for name in ["of", "told", "shown"] {
            let is_there = [format!("fn {name}("), format!("fn {name}<")];
            assert!(
                is_of_tests(path) || !is_there.iter().any(|one| code.contains(one)),
                "{path} has a function called `{name}`: a verb and its object say more"
            );
        }
    });
}

#[test]
fn each_word_of_the_glossary_stands_in_the_name_of_a_type() {
    let mut types = String::new();
    each_source(|_, text| types.extend(text.lines().filter_map(public_type)));
    let page = include_str!("../../ARCHITECTURE.md");
    let words = page
        .split("\n## ")
        .find(|part| part.starts_with("Words\n"))
        .unwrap();
    let words: Vec<&str> = words
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" |"))
        .map(|(word, _)| word)
        .filter(|word| *word != "word")
        .collect();
    assert!(
        words.is_sorted(),
        "not in the order of the alphabet: {words:?}"
    );
    for word in words {
        let named = word[..1].to_uppercase() + &word[1..];
        assert!(types.contains(&named), "no type is named `{named}`");
    }
}

#[test]
fn a_crate_that_has_one_home_is_named_nowhere_else() {
    each_source(|path, text| {
        for (name, homes) in CRATES {
            let at_home = homes.iter().any(|home| path.starts_with(home));
            let named = text.lines().any(|line| {
                !line.trim_start().starts_with("//") && line.contains(&format!("{name}::"))
            });
            assert!(at_home || !named, "{path} names `{name}`");
        }
    });
}

#[test]
fn only_commands_the_repl_and_reports_print() {
    each_source(|path, text| {
        // A file that was asked for as `/dev/stdout` goes where standard output goes.
        let is_file = path == "src/files/stream.rs";
        let may = is_file || ["command", "repl", "report"].contains(&layer(path));
        let prints = text.lines().any(|line| {
            let line = line.trim_start();
            !line.starts_with("//")
                && ["println!", "print!(", "eprint", "stdout()", "stderr()"]
                    .iter()
                    .any(|word| line.contains(word))
        });
        assert!(may || !prints, "{path} prints");
    });
}

#[test]
fn files_are_written_in_one_place() {
    // The journal is SQLite's, a log is set aside as it is, the sandbox stands
    // apart, and what Unix alone has is below all.
    let homes = [
        "src/files/",
        "src/run/journal/",
        "src/run/log/",
        "src/sandbox/",
        "src/unix.rs",
    ];
    let for_tests = [
        "tests.rs",
        "/test_host.rs",
        "/test_engine.rs",
        "/reference/pages.rs",
    ];
    let ways = ["OpenOptions", "fs::write(", "File::create", "fs::rename("];
    each_source(|path, text| {
        if homes.iter().any(|home| path.starts_with(home))
            || for_tests.iter().any(|end| path.ends_with(end))
        {
            return;
        }
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let code = code.replace("AtomicFile::", "");
        let way = ways.iter().find(|way| code.contains(**way));
        assert!(way.is_none(), "{path} writes a file by {way:?}");
    });
}
