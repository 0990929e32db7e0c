//! Breaks text between words, so that it fits a terminal.

use crate::display::width::width as columns;

/// How much further in the second line of a sentence stands.
const HANGING: usize = 2;

/// The lines of a text, each at most so wide where its words are; those after the
/// first stand further in.
pub fn wrapped(margin: &str, hanging: usize, text: &str, width: usize) -> Vec<String> {
    broken(margin, hanging, text.split(' '), width)
}

/// The lines of what is said in one: what stands between backticks stays whole, and so
/// does a line that ends in a command or a path, for both are there to be copied.
pub fn folded(line: &str, width: usize) -> Vec<String> {
    let is_copied = line
        .split_once(": ")
        .is_some_and(|(_, rest)| ["whmcsh ", "/"].iter().any(|start| rest.starts_with(start)));
    if is_copied || columns(line) <= width {
        return vec![line.to_owned()];
    }
    let text = line.trim_start();
    let margin = &line[..line.len() - text.len()];
    let mut is_open = false;
    let words = text.split(|letter| {
        is_open ^= letter == '`';
        letter == ' ' && !is_open
    });
    broken(margin, HANGING, words, width)
}

fn broken<'t>(
    margin: &str,
    hanging: usize,
    words: impl Iterator<Item = &'t str>,
    width: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = margin.to_owned();
    let mut is_begun = false;
    for word in words {
        let wide = columns(&line) + 1 + columns(word);
        if is_begun && wide > width {
            lines.push(line.trim_end().to_owned());
            line = format!("{margin}{:hanging$}", "");
            is_begun = false;
        }
        if is_begun {
            line.push(' ');
        }
        line.push_str(word);
        is_begun = true;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::{folded, wrapped};

    #[test]
    fn a_column_stays_a_column() {
        let lines = wrapped("", 7, "  id   the number of a client", 20);
        assert_eq!(lines, ["  id   the number of", "       a client"]);
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole() {
        assert_eq!(
            wrapped("  ", 0, "a https://long.example", 10),
            ["  a", "  https://long.example"]
        );
    }

    #[test]
    fn a_sentence_is_folded_around_what_is_quoted() {
        let line = "hint: look up the others and record: `whmcsh runs settle a --help`, or wait";
        assert_eq!(
            folded(line, 40),
            [
                "hint: look up the others and record:",
                "  `whmcsh runs settle a --help`, or wait"
            ]
        );
        assert_eq!(
            folded("  row 8: the connection broke", 20),
            ["  row 8: the", "    connection broke"]
        );
    }

    #[test]
    fn what_is_copied_is_not_folded() {
        for line in [
            "to resume, run: whmcsh run a.rhai --resume 2026-11-26-a",
            "failed rows: /home/jo/.local/state/whmcsh/runs/a/failed rows.csv",
            "short",
        ] {
            assert_eq!(folded(line, 20), [line]);
        }
    }
}
