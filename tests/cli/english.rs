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

/// More of them, which messages do not use: each has a shorter way to be said.
const NOT_IN_MESSAGES: &[&str] = &[
    "all the same",
    "any more",
    "bring back",
    "brings back",
    "brought back",
    "goes together",
    "one a",
    "under way",
    "went by",
    "whole one",
];

/// Those that stand in a text, code left out.
fn found(text: &str) -> Vec<&'static str> {
    found_of(NOT_USED, text)
}

fn found_of(of: &[&'static str], text: &str) -> Vec<&'static str> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| {
            word.trim_matches(|letter: char| !letter.is_alphanumeric())
                .to_lowercase()
        })
        .collect();
    let text = format!(" {} ", words.join(" "));
    let is_there = |word: &&&str| text.contains(&format!(" {word} "));
    of.iter().filter(is_there).copied().collect()
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
        "lsp",
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
fn what_is_unreleased_is_told_without_them() {
    let log = read("CHANGELOG.md");
    let unreleased = log.split("\n## ").nth(1).unwrap();
    has_none("CHANGELOG.md", &prose(unreleased, true));
}

#[test]
fn messages_are_without_them() {
    let mut read = 0;
    for path in sources(&repository().join("src")) {
        let name = path.display().to_string();
        if name.ends_with("tests.rs") || name.contains("/tests/") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        // A word alone is a name, not a sentence.
        for literal in literals(text).iter().filter(|text| text.contains(' ')) {
            let literal = without_values(literal);
            has_none(&name, &literal);
            let words = found_of(NOT_IN_MESSAGES, &literal);
            assert!(words.is_empty(), "{name} has {words:?} in `{literal}`");
            read += 1;
        }
    }
    assert!(read > 3000, "only {read} messages");
}

/// The texts between quotes, without comments and with lines that go on joined.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        rest = if from.starts_with("//") {
            from.split_once('\n').map_or("", |(_, behind)| behind)
        } else if let Some(behind) = ["'\"'", "'\\\"'", "'\\''", "'/'"]
            .iter()
            .find_map(|letter| from.strip_prefix(letter))
        {
            behind
        } else if let Some(behind_quote) = from.strip_prefix('"') {
            let hashes = before.len() - before.trim_end_matches('#').len();
            let is_raw = before[..before.len() - hashes].ends_with('r');
            let end = if is_raw {
                let close = format!("\"{}", "#".repeat(hashes));
                behind_quote.find(&close)
            } else {
                closing_quote(behind_quote)
            };
            let end = end.unwrap_or(behind_quote.len());
            let lines = behind_quote[..end].split("\\\n");
            let (first, others) = (lines.clone().take(1), lines.skip(1));
            found.push(first.chain(others.map(str::trim_start)).collect());
            behind_quote.get(end + 1..).unwrap_or_default()
        } else {
            &from[1..]
        };
    }
    found
}

/// Where a text that begins with a quote ends.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().enumerate().find_map(|(at, letter)| {
        let is_end = letter == b'"' && !is_escaped;
        is_escaped = letter == b'\\' && !is_escaped;
        is_end.then_some(at)
    })
}

/// A message without code and without the names of what is put into it.
fn without_values(message: &str) -> String {
    let text = message.replace("\\n", " ");
    let text: Vec<&str> = text.split('`').step_by(2).collect();
    let text = text.join(" x ");
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |said, part| {
        let behind = part.split_once('}').map_or(part, |(_, behind)| behind);
        said + " x " + behind
    })
}

#[test]
fn a_message_is_found_between_quotes_and_without_what_is_put_into_it() {
    let source =
        "// \"told\"\nlet a = '\"'; say(\"an \\\"old\\\" {told} \\\n   one\"); r#\"raw \"text\"\"#";
    let found = literals(source);
    assert_eq!(found, ["an \\\"old\\\" {told} one", "raw \"text\""]);
    assert!(!without_values(&found[0]).contains("told"));
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
