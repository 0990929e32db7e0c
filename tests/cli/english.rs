//! Words that text for users does not use, and where that holds.
//!
//! Each has a plainer word: "told" is shown, named or reported; "mend" is fix or correct; a "look-alike" is a mock
//! server; a "rehearsal" is a sandbox run; to "take up" a run is to resume it, to "take back" one to undo it.

use crate::layers::sources;
use crate::support::{Desk, repository};

/// Words and phrases, as they stand between blanks and punctuation.
const NOT_USED: &[&str] = &[
    "anew",
    "became of",
    "becomes of",
    "become of",
    "cure",
    "cures",
    "directories",
    "directory",
    "e-mail",
    "e-mails",
    "go by",
    "goes by",
    "going by",
    "host name",
    "kin",
    "look-alike",
    "look-alikes",
    "mend",
    "mended",
    "mends",
    "rehearsal",
    "rehearsals",
    "rehearse",
    "take back",
    "take up",
    "taken back",
    "taken up",
    "takes back",
    "takes up",
    "taking a run back",
    "time-out",
    "time-outs",
    "told",
    "whoever",
];

/// Folders and files of the sources whose texts have been gone through.
const SOURCES: [&str; 2] = ["src/cli", "src/command/help"];

/// Those that stand in a text, code left out.
fn found(text: &str) -> Vec<&'static str> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            word.trim_matches(|letter: char| !letter.is_alphanumeric())
                .to_lowercase()
        })
        .collect();
    let text = format!(" {} ", words.join(" "));
    let is_there = |word: &&&str| text.contains(&format!(" {word} "));
    NOT_USED.iter().filter(is_there).copied().collect()
}

/// A page without its code, and without headings where they quote messages of the program.
fn prose(page: &str, with_headings: bool) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in page.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code && (with_headings || !line.starts_with('#')) {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose.split('`').step_by(2).collect::<Vec<_>>().join(" x ")
}

#[track_caller]
fn has_none(place: &str, text: &str) {
    let found = found(text);
    assert!(
        found.is_empty(),
        "{place} has {found:?}; tests/cli/english.rs says why not"
    );
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

#[test]
fn pages_are_without_them() {
    for path in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
        has_none(path, &prose(&read(path), true));
    }
    for entry in std::fs::read_dir(repository().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // Upgrading repeats sentences of the change log, word for word.
        if name
            .split_once('.')
            .is_some_and(|(of, kind)| kind == "md" && of != "upgrading")
        {
            let page = read(&format!("docs/{name}"));
            has_none(&name, &prose(&page, name != "troubleshooting.md"));
        }
    }
}

#[test]
fn help_is_without_them() {
    let commands = [
        "",
        "run",
        "plan",
        "plan approve",
        "check",
        "repl",
        "call",
        "each",
        "freeze",
        "actions",
        "sandbox",
        "runs",
        "runs list",
        "runs show",
        "runs failed",
        "runs report",
        "runs settle",
        "runs undo",
        "runs prune",
        "profile",
        "profile add",
        "profile learn-fields",
        "profile list",
        "profile test",
        "profile remove",
        "init",
        "definitions",
        "completions",
        "man",
        "help",
    ];
    let desk = Desk::new();
    for command in commands {
        let words = command.split_whitespace().chain(["--help"]);
        let help = desk.whmcsh(words);
        has_none(&format!("the help of `{command}`"), help.succeeded());
    }
}

#[test]
fn recipes_are_without_them() {
    for entry in std::fs::read_dir(repository().join("scripts")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "rhai")
        {
            has_none(
                &path.display().to_string(),
                &std::fs::read_to_string(&path).unwrap(),
            );
        }
    }
}

#[test]
fn texts_in_the_sources_are_without_them() {
    for folder in SOURCES {
        for path in sources(&repository().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            // The text between quotes; comments speak to other readers.
            let lines = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let text: String = lines.flat_map(|line| [line, "\n"]).collect();
            for literal in text.split('"').skip(1).step_by(2) {
                has_none(&path.display().to_string(), literal);
            }
        }
    }
}

#[test]
fn a_word_is_found_whole_and_across_lines_and_not_in_code() {
    assert_eq!(
        found("What became\nof it? Nobody was Told."),
        ["became of", "told"]
    );
    assert_eq!(found("kind, mendable, untold"), [""; 0]);
    assert_eq!(found(&prose("a `told` b\n```\nanew\n```\n", true)), [""; 0]);
}
