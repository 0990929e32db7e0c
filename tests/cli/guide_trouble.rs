//! The messages the guide explains are the ones the program says.

use std::path::Path;

use crate::guide::chapter;
use crate::support::repository;

/// All sources as one text, with the strings that go over several lines joined.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(path).unwrap();
            for line in source.lines() {
                let line = line.trim_start();
                text.push_str(line.strip_suffix('\\').unwrap_or(line));
                if !line.ends_with('\\') {
                    text.push('\n');
                }
            }
        }
    }
}

#[test]
fn every_message_explained_is_one_the_program_says() {
    let mut program = String::new();
    sources(&repository().join("src"), &mut program);
    let program = program.replace("\\\"", "\"");
    let chapter = chapter("troubleshooting.md");
    let messages: Vec<&str> = chapter
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    assert!(messages.len() > 25, "only {}", messages.len());
    for message in messages {
        for piece in message.split('…') {
            // The values in backticks are not the only ones in their place.
            let piece = piece.trim_matches([' ', '`']);
            assert!(
                piece.len() < 3 || program.contains(piece),
                "`{piece}` of {message}"
            );
        }
    }
}
