//! Which colours are seen, and what stands out in them.
//!
//! Only the sixteen colours of every terminal, and of these the ones that can be read on a
//! light and on a dark background.

use std::borrow::Cow;
use std::env;

const RED: &str = "1;31";
const MAGENTA: &str = "1;35";
const CYAN: &str = "1;36";

const OLD: &str = "31";
const NEW: &str = "32";
const ARROW: &str = " → ";

/// The words at the beginning of a line that stand out.
const MARKS: [(&str, &str); 3] = [("error:", RED), ("warning:", MAGENTA), ("hint:", CYAN)];

/// Whether colours are wanted on an output, which is a terminal or not.
pub fn is_wanted(is_terminal: bool) -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    decided(
        is_terminal,
        &variable("NO_COLOR"),
        &variable("CLICOLOR_FORCE"),
        &variable("TERM"),
    )
}

/// `NO_COLOR` counts for more than `CLICOLOR_FORCE`, and that for more than what the output is.
fn decided(is_terminal: bool, no_color: &str, force: &str, term: &str) -> bool {
    let is_forced = !force.is_empty() && force != "0";
    no_color.is_empty() && (is_forced || is_terminal && term != "dumb")
}

/// The text with the words in colour that say what a line is about.
pub fn marked(text: &str) -> Cow<'_, str> {
    if !MARKS.iter().any(|(mark, _)| text.contains(mark)) {
        return text.into();
    }
    let lines = text.split('\n').map(|line| {
        let mark = MARKS.iter().find(|(mark, _)| line.starts_with(mark));
        mark.map_or_else(
            || line.to_owned(),
            |(mark, colour)| format!("\x1b[{colour}m{mark}\x1b[0m{}", &line[mark.len()..]),
        )
    });
    lines.collect::<Vec<_>>().join("\n").into()
}

/// A line such as `city: Bonn → Bergen` with both values in colour; `None` where it cannot be
/// told for certain which they are.
pub fn changed(line: &str) -> Option<String> {
    let (before, new) = line.split_once(ARROW)?;
    let (field, old) = before.split_once(": ")?;
    (!new.contains(ARROW))
        .then(|| format!("{field}: \x1b[{OLD}m{old}\x1b[0m{ARROW}\x1b[{NEW}m{new}\x1b[0m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_somebody_says_otherwise() {
        assert!(decided(true, "", "", "xterm"));
        assert!(!decided(false, "", "", "xterm"));
        assert!(!decided(true, "", "", "dumb"));
        assert!(!decided(true, "1", "", "xterm"));
        assert!(decided(false, "", "1", ""));
        assert!(decided(true, "", "1", "dumb"));
        assert!(!decided(false, "", "0", "xterm"));
        assert!(!decided(true, "1", "1", "xterm"));
    }

    #[test]
    fn an_old_value_and_a_new_one_are_told_apart_where_that_is_certain() {
        let painted = changed("    city: Bonn → Bergen").unwrap();
        assert_eq!(
            painted,
            "    city: \x1b[31mBonn\x1b[0m → \x1b[32mBergen\x1b[0m"
        );
        assert_eq!(changed("    notes: a → b → c"), None);
        assert_eq!(changed("update_client"), None);
    }

    #[test]
    fn only_the_first_word_of_a_line_stands_out() {
        let text = "error: no hint: here\n  error: inside\nhint: look";
        assert_eq!(
            marked(text),
            "\x1b[1;31merror:\x1b[0m no hint: here\n  error: inside\n\x1b[1;36mhint:\x1b[0m look"
        );
        assert!(matches!(marked("nothing"), Cow::Borrowed(_)));
    }
}
