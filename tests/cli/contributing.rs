//! CONTRIBUTING.md is true: what it names exists, and its recipes can be followed.
//!
//! Here the steps of the recipes are carried out on a copy of the files they change. The entry of the catalog is
//! compiled by a test in `src/catalog/source`, the function by one in `src/script`. With `WHMCSH_BUILD_RECIPES` set
//! the whole tree is copied, and its tests of actions and functions are built and run, which takes minutes.

use std::path::Path;
use std::process::Command;

use crate::layers::sources;
use crate::readme::blocks;
use crate::support::repository;

/// Set to have the recipes built.
const BUILD: &str = "WHMCSH_BUILD_RECIPES";

/// The unit tests that a new action and a new function must pass, by a part of their names.
const TESTS: [&str; 5] = [
    "catalog::",
    "examples_tests",
    "reference",
    "replies::",
    "shout",
];

fn read(path: impl AsRef<Path>) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One step of a recipe: lines of a file that are there, and lines that stand there after it.
struct Step {
    path: String,
    old: String,
    new: String,
}

/// The steps of both recipes, in order.
fn steps() -> Vec<Step> {
    let recipe = read("CONTRIBUTING.md");
    let mut steps = Vec::new();
    for block in blocks(&recipe, "diff") {
        for step in block.split("@@ ").skip(1) {
            let (path, lines) = step.split_once('\n').unwrap();
            let lines_of = |sign: char| -> String {
                let lines = lines
                    .lines()
                    .filter_map(|line| line.strip_prefix(' ').or_else(|| line.strip_prefix(sign)));
                lines.flat_map(|line| [line, "\n"]).collect()
            };
            steps.push(Step {
                path: path.to_owned(),
                old: lines_of('-'),
                new: lines_of('+'),
            });
        }
    }
    let file = "src/script/shout.rs";
    steps.push(Step {
        path: file.to_owned(),
        old: String::new(),
        new: recipe
            .split_once(&format!("```rust {file}\n"))
            .and_then(|(_, text)| text.split_once("\n```\n"))
            .map(|(text, _)| format!("{text}\n"))
            .unwrap(),
    });
    steps
}

/// Carries out a step on the copy of the tree in that folder.
fn follow(step: &Step, folder: &Path) {
    let path = folder.join(&step.path);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let text = if step.old.is_empty() {
        text + &step.new
    } else {
        let found = text.matches(&step.old).count();
        assert_eq!(found, 1, "{} has not once:\n{}", step.path, step.old);
        text.replace(&step.old, &step.new)
    };
    std::fs::write(path, text).unwrap();
}

#[test]
fn the_recipes_can_be_followed_in_a_copy() {
    let copy = tempfile::tempdir().unwrap();
    let steps = steps();
    assert_eq!(steps.len(), 9, "a step was not understood");
    for step in &steps {
        let path = copy.path().join(&step.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file that does not exist yet is one that the step makes.
        let _ = std::fs::copy(repository().join(&step.path), path);
    }
    for step in &steps {
        follow(step, copy.path());
    }
}

#[test]
fn the_recipes_build_and_pass_the_tests_of_actions_and_functions() {
    if std::env::var_os(BUILD).is_none() {
        eprintln!("skipped: it builds the whole project; set {BUILD} to have it done");
        return;
    }
    let copy = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str], folder: &Path| {
        let status = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_remove(BUILD)
            .status();
        assert!(status.unwrap().success(), "{program} {arguments:?}");
    };
    let to = copy.path().to_str().unwrap();
    let parts = [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "benches",
        "catalog",
        "docs",
        "scripts",
        "src",
        "tests",
    ];
    let roots = ["CONTRIBUTING.md", "CHANGELOG.md", "README.md"];
    let all: Vec<&str> = ["-r"]
        .into_iter()
        .chain(parts)
        .chain(roots)
        .chain([to])
        .collect();
    run("cp", &all, repository());
    for step in &steps() {
        follow(step, copy.path());
    }
    // The dependencies are built already.
    let target = repository().join("target");
    let target = format!("--target-dir={}", target.display());
    let test = ["test", "--locked", "--lib", &target, "--"];
    let mut cargo = Command::new("cargo");
    let update = cargo.args(test).args(["reference", "docs_tests"]);
    let update = update
        .current_dir(copy.path())
        .env("WHMCSH_UPDATE_DOCS", "1");
    assert!(
        update.status().unwrap().success(),
        "the pages are not written"
    );
    // The tests of the recipes themselves would follow them a second time.
    run(
        "cargo",
        &[&test[..], &TESTS, &["--skip", "recipe"]].concat(),
        copy.path(),
    );
}

#[test]
fn what_the_door_names_exists() {
    for file in [
        "CONTRIBUTING.md",
        "SECURITY.md",
        ".github/pull_request_template.md",
    ] {
        let text = read(file);
        // What stands between backticks in a line, and the targets of links.
        let quoted = text
            .lines()
            .flat_map(|line| line.split('`').skip(1).step_by(2));
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for name in quoted.chain(links) {
            let is_path = name.contains('/') && !name.contains(' ') && !name.contains('*');
            let is_file =
                Path::new(name).extension().is_some() && !name.contains(' ') && !name.contains('*');
            if !is_path && !is_file
                || name.contains('[')
                || name == "table.txt"
                || name == "calls.txt"
            {
                continue;
            }
            assert!(repository().join(name).exists(), "{file} names `{name}`");
        }
    }
    let contributing = read("CONTRIBUTING.md");
    assert!(contributing.lines().count() < 80);
    assert!(contributing.contains("cargo test --test cli readme "));
    assert!(repository().join("tests/cli/readme.rs").exists());
    assert!(contributing.contains("cargo test --lib passwords "));
    assert!(repository().join("src/script/passwords.rs").exists());
    let example = "fn a_refused_address_is_named_with_its_cure()";
    assert!(contributing.contains(&example[3..example.len() - 2]));
    let mut files = sources(&repository().join("src")).into_iter();
    assert!(files.any(|file| read(file).contains(example)));
    let version = format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"));
    for page in ["CONTRIBUTING.md", "docs/install.md"] {
        let text = read(page).replace("[Rust](https://rustup.rs)", "Rust");
        assert!(text.contains(&version), "{page} lacks `{version}`");
    }
}

#[test]
fn no_address_stands_outside_the_manifest() {
    let manifest = read("Cargo.toml");
    let known = ["repository = ", "homepage = ", "security = "];
    let known: Vec<&str> = manifest
        .lines()
        .filter(|line| known.iter().any(|key| line.starts_with(key)))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    let files = [
        "CONTRIBUTING.md",
        "SECURITY.md",
        "README.md",
        ".github/pull_request_template.md",
        ".github/workflows/ci.yml",
        ".github/ISSUE_TEMPLATE/bug.md",
        ".github/ISSUE_TEMPLATE/idea.md",
        ".github/ISSUE_TEMPLATE/sandbox.md",
    ];
    for file in files {
        let text = read(file);
        assert!(!text.contains("mailto:"), "{file} has an address for mail");
        for address in &known {
            assert!(!text.contains(address), "{file} repeats {address}");
        }
    }
    assert!(
        !read("deny.toml").contains("://"),
        "deny.toml lists a registry"
    );
    assert!(read(".github/workflows/ci.yml").contains("- run: .ci/run\n"));
}
