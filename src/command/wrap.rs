//! Breaks text between words, so that it fits a terminal.

/// The lines of a text, each at most so wide where its words are; those after the
/// first stand further in.
pub(super) fn wrapped(margin: &str, hanging: usize, text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = margin.to_owned();
    let mut is_begun = false;
    for word in text.split(' ') {
        let wide = line.chars().count() + 1 + word.chars().count();
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
    use super::wrapped;

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
}
