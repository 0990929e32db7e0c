//! Colours of a line being typed, and the bracket that belongs to the one at the cursor.

use crate::script::{TokenKind, Tokens, scan};

/// The line in colour; `at` is the cursor, where it counts.
pub fn paint(line: &str, at: Option<usize>) -> String {
    let tokens = scan(line);
    let pair = at.and_then(|at| pair(&tokens, at)).unwrap_or_default();
    let mut painted = String::with_capacity(2 * line.len());
    let mut end = 0;
    for (place, token) in tokens.all.iter().enumerate() {
        painted.push_str(&line[end..token.start]);
        let text = tokens.text_of(*token);
        let is_called = tokens.is(place + 1, "(");
        let colour = match token.kind {
            _ if pair.contains(&place) => Some("1;4"),
            TokenKind::Comment => Some("2"),
            TokenKind::Keyword => Some("35"),
            TokenKind::Character | TokenKind::Text => Some("32"),
            TokenKind::Number => Some("33"),
            TokenKind::Word if is_called => Some("36"),
            TokenKind::Symbol | TokenKind::Word => None,
        };
        match colour {
            Some(colour) => paint_lines(&mut painted, text, colour),
            None => painted.push_str(text),
        }
        end = token.end;
    }
    painted.push_str(&line[end..]);
    painted
}

/// Each line by itself, so that no colour runs over the end of one.
fn paint_lines(painted: &mut String, text: &str, colour: &str) {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            painted.push('\n');
        }
        painted.push_str("\x1b[");
        painted.push_str(colour);
        painted.push('m');
        painted.push_str(line);
        painted.push_str("\x1b[0m");
    }
}

/// The bracket under the cursor, or else before it, and its partner.
fn pair(tokens: &Tokens, at: usize) -> Option<Vec<usize>> {
    let touched = |byte: usize| {
        let place = tokens
            .all
            .iter()
            .position(|token| token.start <= byte && byte < token.end)?;
        (tokens.depth(place) != 0).then_some(place)
    };
    let place = touched(at).or_else(|| touched(at.checked_sub(1)?))?;
    Some(vec![place, tokens.partner(place)?])
}

#[cfg(test)]
mod tests {
    use super::paint;

    fn plain(painted: &str) -> String {
        let mut parts = painted.split('\x1b');
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
    }

    #[test]
    fn nothing_but_colours_is_added() {
        for line in [
            "let é = add_client(#{ a: \"x\", b: 'c' }); // end",
            "`a ${b}\nc` \"open",
            "",
            "  /* 1\n2 */ ) }",
        ] {
            for at in 0..=line.len() {
                assert_eq!(plain(&paint(line, Some(at))), line);
            }
        }
    }

    #[test]
    fn words_strings_and_calls_have_their_colours() {
        assert_eq!(
            paint("let a = f(\"x\")", None),
            "\x1b[35mlet\x1b[0m a = \x1b[36mf\x1b[0m(\x1b[32m\"x\"\x1b[0m)"
        );
    }

    #[test]
    fn the_bracket_at_the_cursor_and_its_partner_stand_out() {
        let both = "\x1b[1;4m(\x1b[0m[a]\x1b[1;4m)\x1b[0m";
        assert_eq!(paint("([a])", Some(0)), both);
        assert_eq!(paint("([a])", Some(5)), both);
        assert_eq!(
            paint("([a])", Some(2)),
            "(\x1b[1;4m[\x1b[0ma\x1b[1;4m]\x1b[0m)"
        );
        assert_eq!(paint("([a]", Some(0)), "([a]");
    }
}
