//! Whether a text goes on: an open bracket, string or comment.

/// Where the scanner is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Open {
    /// A bracket that this one closes.
    Bracket(char),
    /// A string in double quotes.
    Text,
    /// A string in backticks, which may hold `${…}`.
    Template,
    /// A `/* … */` comment; they nest.
    Comment,
}

/// Whether the text ends inside a bracket, a string or a comment, so that more
/// must follow before it can be read.
pub fn is_incomplete(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        at += step(
            &mut open,
            letter,
            letters.get(at + 1).copied(),
            &letters[at..],
        );
    }
    !open.is_empty()
}

/// Takes note of what begins at a letter; gives how many letters that are.
fn step(open: &mut Vec<Open>, letter: char, next: Option<char>, rest: &[char]) -> usize {
    match (open.last(), letter, next) {
        (Some(Open::Comment), '*', Some('/')) => {
            open.pop();
            2
        }
        (None | Some(Open::Comment | Open::Bracket(_)), '/', Some('*')) => {
            open.push(Open::Comment);
            2
        }
        (Some(Open::Text), '\\', Some(_)) => 2,
        (Some(Open::Text), '"', _) | (Some(Open::Template), '`', _) => {
            open.pop();
            1
        }
        (Some(Open::Template), '$', Some('{')) => {
            open.push(Open::Bracket('}'));
            2
        }
        (Some(Open::Comment | Open::Text | Open::Template), ..) => 1,
        (_, '/', Some('/')) => rest.iter().take_while(|letter| **letter != '\n').count(),
        (_, '\'', _) => character(rest),
        (last, ..) => {
            let closes = last == Some(&Open::Bracket(letter));
            bracket(open, letter, closes);
            1
        }
    }
}

fn bracket(open: &mut Vec<Open>, letter: char, closes: bool) {
    match letter {
        '(' => open.push(Open::Bracket(')')),
        '[' => open.push(Open::Bracket(']')),
        '{' => open.push(Open::Bracket('}')),
        '"' => open.push(Open::Text),
        '`' => open.push(Open::Template),
        _ if closes => {
            open.pop();
        }
        _ => {}
    }
}

/// The length of a character literal such as `'('` or `'\''`; one if it is none.
fn character(rest: &[char]) -> usize {
    let longest = rest.len().min(12);
    let body = if rest.get(1) == Some(&'\\') { 3 } else { 2 };
    (body..longest)
        .find(|at| rest[*at] == '\'')
        .map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::is_incomplete;

    #[test]
    fn open_brackets_strings_and_comments_go_on() {
        for text in [
            "if x {",
            "add_client(#{",
            "let a = [1,",
            "let s = \"abc",
            "let s = `abc\ndef",
            "`a ${b",
            "/* comment",
            "/* a /* b */",
            "foo(\"}\"",
            "foo(')'",
        ] {
            assert!(is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn closed_ones_are_complete() {
        for text in [
            "",
            "1 + 1",
            "if x { y }",
            "\"{\"",
            "'('",
            "'\\''",
            "// {",
            "/* { */",
            "`${`${a}`}`",
            "`{`",
            "\"a\\\"{\"",
            "let a = 1; // (\nfoo()",
        ] {
            assert!(!is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn a_bracket_too_many_is_left_to_the_parser() {
        assert!(!is_incomplete("foo())"));
    }
}
