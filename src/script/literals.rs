//! Secrets that are written out in a script: kept out of the shell's history, out of saved
//! scripts, and out of the lines that errors quote.
//!
//! What is secret is told by the name it is given to. A line too many that is not
//! remembered is better than a password that is.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use crate::script::tokens::{Token, TokenKind, Tokens, scan};
use crate::secrets::{Cover, cover_text, is_secret};

/// What stands in place of a text that is not shown.
const COVER: &str = "(secret)";

/// Whether the line names something secret, or holds what was seen as a secret.
pub fn may_hold_secret(line: &str) -> bool {
    let tokens = scan(line);
    let secret = |(place, token): (usize, &Token)| {
        let text = tokens.text_of(*token);
        match token.kind {
            // To call something so is to give no secret away.
            TokenKind::Word => is_secret(text) && !tokens.is(place + 1, "("),
            TokenKind::Text | TokenKind::Comment => words(text).any(is_secret),
            _ => false,
        }
    };
    is_known(line) || tokens.all.iter().enumerate().any(secret)
}

/// The variables whose values are given on as secrets, such as `p` in `password2: p`.
pub fn secret_variables(text: &str) -> BTreeSet<String> {
    let tokens = scan(text);
    let given = |place: usize| {
        let value = value_of(&tokens, place, is_secret)?;
        let name = tokens.word(value.start).filter(|_| value.len() == 1)?;
        Some(name.to_owned())
    };
    (0..tokens.all.len()).filter_map(given).collect()
}

/// The text with every secret value in it taken from the environment instead, and
/// the names of the variables that takes, and without comments that name a secret.
/// What is secret by its use is given.
pub fn without_secrets(text: &str, by_use: &BTreeSet<String>) -> (String, Vec<String>) {
    let tokens = scan(text);
    let mut clean = String::with_capacity(text.len());
    let mut variables = Vec::new();
    let mut end = 0;
    for (place, token) in tokens.all.iter().enumerate() {
        if token.start < end {
            continue;
        }
        // What a comment says of a secret may be the secret.
        if token.kind == TokenKind::Comment && words(tokens.text_of(*token)).any(is_secret) {
            clean.push_str(&text[end..token.start]);
            end = token.end;
            continue;
        }
        let given = secret_value(&tokens, place, by_use);
        let seen = || is_written(token.kind) && is_known(tokens.text_of(*token));
        let seen = given.is_none().then(seen).filter(|is_seen| *is_seen);
        let seen = seen.map(|_| ("SECRET".to_owned(), place..place + 1));
        let Some((name, value)) = given.or(seen) else {
            continue;
        };
        let (first, last) = (tokens.all[value.start], tokens.all[value.end - 1]);
        clean.push_str(&text[end..first.start]);
        let _ = write!(clean, "env(\"{name}\")");
        end = last.end;
        if !variables.contains(&name) {
            variables.push(name);
        }
    }
    clean.push_str(&text[end..]);
    (clean, variables)
}

/// Where secrets are written out in a script: what was seen as one, and texts, characters and numbers that are given
/// to a name of a secret, texts that name one and its value, and comments that name one.
pub(crate) fn secret_places(text: &str) -> Vec<Range<usize>> {
    let by_use = secret_variables(text);
    let tokens = scan(text);
    let mut places = Vec::new();
    for (place, token) in tokens.all.iter().enumerate() {
        let own = tokens.text_of(*token);
        let is_secret_text = match token.kind {
            TokenKind::Comment => words(own).any(is_secret),
            TokenKind::Text => names_a_value(own) || is_known(own),
            TokenKind::Character | TokenKind::Number => is_known(own),
            _ => false,
        };
        if is_secret_text {
            places.push(inner(own, token.start));
        }
        let is_meant = |name: &str| is_secret(name) || by_use.contains(name);
        if let Some(value) = value_of(&tokens, place, is_meant) {
            let start = tokens.all[value.start].start;
            // Text in single quotes is a mistake, and not one token.
            if let Some(rest) = text[start..].strip_prefix('\'') {
                let length = rest.find(['\'', '\n']).unwrap_or(rest.len());
                places.push(start + 1..start + 1 + length);
            }
        }
        if let Some((_, value)) = secret_value(&tokens, place, &by_use) {
            let literal = value.filter(|at| is_literal(&tokens, *at));
            places.extend(literal.map(|at| {
                let token = tokens.all[at];
                inner(tokens.text_of(token), token.start)
            }));
        }
    }
    places.sort_by_key(|place| (place.start, place.end));
    places.dedup();
    places
}

/// What covers the secrets that are written out in a script.
pub(crate) fn cover_of(text: &str) -> Cover {
    Cover::new(secret_places(text).into_iter().map(|place| &text[place]))
}

/// A line of the script, with those places and whatever else is known to be secret covered
/// in it, and where a column of the line, from 1 and in letters, is now.
pub(crate) fn without_places(
    line: &str,
    start: usize,
    places: &[Range<usize>],
    column: usize,
) -> (String, usize) {
    let mut shown = String::new();
    let mut moved = column;
    let mut done = 0;
    for place in places {
        let from = place.start.saturating_sub(start).clamp(done, line.len());
        let to = place.end.saturating_sub(start).min(line.len());
        if from >= to {
            continue;
        }
        let before = line[..from].chars().count();
        let length = line[from..to].chars().count();
        if column > before + length {
            moved = (moved + COVER.len()).saturating_sub(length);
        } else if column > before {
            // Within what is not shown: its start.
            moved -= column - before - 1;
        }
        shown.push_str(&line[done..from]);
        shown.push_str(COVER);
        done = to;
    }
    shown.push_str(&line[done..]);
    (shown, moved)
}

/// Whether it holds a secret that was seen, by whatever name.
fn is_known(own: &str) -> bool {
    matches!(cover_text(own), Cow::Owned(_))
}

/// What stands between the quotes of a text, or behind the slashes of a comment.
fn inner(own: &str, start: usize) -> Range<usize> {
    let (open, close) = match own.as_bytes() {
        [b'/', b'*', .., b'*', b'/'] => (2, 2),
        [b'/', b'/' | b'*', ..] => (2, 0),
        [quote @ (b'"' | b'\'' | b'`'), .., last] if quote == last => (1, 1),
        [b'"' | b'\'' | b'`', ..] => (1, 0),
        [.., b'"' | b'\'' | b'`'] => (0, 1),
        _ => (0, 0),
    };
    start + open..start + own.len() - close
}

/// Whether a text names a secret and gives its value: `password=hunter2`.
fn names_a_value(text: &str) -> bool {
    let is_sign = |letter: char| matches!(letter, ':' | '=');
    text.match_indices(is_sign).any(|(at, sign)| {
        let name = text[..at].trim_end_matches(['"', '\'', '\\', ' ']);
        let is_letter = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
        let start = name.trim_end_matches(is_letter).len();
        let value = text[at + sign.len()..].trim_matches(['"', '\'', '`', '\\', ' ']);
        !value.is_empty() && is_secret(&name[start..])
    })
}

/// Whether what is written out there is a value, and not what something is called: a column
/// in brackets, or a variable of the environment.
fn is_literal(tokens: &Tokens, at: usize) -> bool {
    if !is_written(tokens.all[at].kind) {
        return false;
    }
    let before = |back: usize| at.checked_sub(back);
    let is = |back, what| before(back).is_some_and(|at| tokens.is(at, what));
    let is_index = is(1, "[") && before(2).is_some_and(|at| is_end_of_value(tokens, at));
    let is_env = is(1, "(") && before(2).and_then(|at| tokens.word(at)) == Some("env");
    !is_index && !is_env
}

fn is_written(kind: TokenKind) -> bool {
    use TokenKind::{Character, Number, Text};
    matches!(kind, Character | Number | Text)
}

fn is_end_of_value(tokens: &Tokens, at: usize) -> bool {
    tokens.word(at).is_some() || tokens.is(at, "]") || tokens.is(at, ")")
}

/// The secret value that is given to the name at a place, as a range of tokens, and
/// the variable it is taken from instead.
fn secret_value(
    tokens: &Tokens,
    place: usize,
    by_use: &BTreeSet<String>,
) -> Option<(String, Range<usize>)> {
    let range = value_of(tokens, place, |name| {
        is_secret(name) || by_use.contains(name)
    })?;
    let value = &tokens.all[range.clone()];
    let has = |kind| value.iter().any(|token| token.kind == kind);
    let is_number = has(TokenKind::Number) && !has(TokenKind::Word);
    let is_literal = has(TokenKind::Text) || has(TokenKind::Character) || is_number;
    let variable = name_at(tokens, place)?
        .to_uppercase()
        .replace(|letter: char| !letter.is_alphanumeric(), "_");
    is_literal.then_some((variable, range))
}

/// The value given to the name at a place, if it is such a name, as a range of tokens.
fn value_of(
    tokens: &Tokens,
    place: usize,
    is_meant: impl Fn(&str) -> bool,
) -> Option<Range<usize>> {
    name_at(tokens, place).filter(|name| is_meant(name))?;
    // `x["password"] = "…"` has a bracket in between.
    let next = place + 1 + usize::from(tokens.is(place + 1, "]"));
    if !tokens.is(next, ":") && !tokens.is(next, "=") {
        return None;
    }
    let range = next + 1..value_end(tokens, next + 1);
    (!range.is_empty()).then_some(range)
}

fn name_at<'t>(tokens: &Tokens<'t>, place: usize) -> Option<&'t str> {
    let token = tokens.all[place];
    let text = tokens.text_of(token);
    match token.kind {
        TokenKind::Word => Some(text),
        TokenKind::Text => Some(text.trim_matches('"')),
        _ => None,
    }
}

/// Where an expression ends that begins at a place.
fn value_end(tokens: &Tokens, start: usize) -> usize {
    let mut depth = 0;
    for at in start..tokens.all.len() {
        let turn = tokens.depth(at);
        depth += turn;
        let is_over = tokens.is(at, ",") || tokens.is(at, ";");
        if depth < 0 || (depth == 0 && turn == 0 && is_over) {
            return at;
        }
    }
    tokens.all.len()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_secret_is_known() {
        for line in [
            "add_client(#{ password2: \"hunter2\" })",
            "x.CVV = 123",
            "let pw = \"hunter2\"",
            "let api_secret = 1",
            "call(\"UpdateClient\", #{ \"password2\": `x` })",
            "// the password is hunter2",
            "let pass = \"hunter2\"",
            "let dbPass = \"hunter2\"",
            "let api_key = \"hunter2\"",
            "let apiKey = \"hunter2\"",
            "let credentials = \"hunter2\"",
            "let pin = 1234",
            "let header = \"Bearer hunter2\"",
        ] {
            assert!(may_hold_secret(line), "{line}");
        }
        for line in [
            "get_clients(#{ search: \"ann\" })",
            "reset_password(#{ id: 1 })",
            "let c = 1",
            "bulk(rows, #{ key: \"email\" }, |row| 1)",
            "let passed = spinning(keys)",
            "let keyword = \"x\"",
        ] {
            assert!(!may_hold_secret(line), "{line}");
        }
    }

    #[test]
    fn secret_values_come_from_the_environment_instead() {
        for (text, clean) in [
            (
                "add_client(#{ password2: \"hunter2\", email: \"x\" })",
                "add_client(#{ password2: env(\"PASSWORD2\"), email: \"x\" })",
            ),
            ("x.cvv = 123;", "x.cvv = env(\"CVV\");"),
            ("let pw = \"a\" + f(`b`); y", "let pw = env(\"PW\"); y"),
            (
                "x[\"password\"] = 'a'",
                "x[\"password\"] = env(\"PASSWORD\")",
            ),
            (
                "#{ password: `x${y}z` }",
                "#{ password: env(\"PASSWORD\") }",
            ),
        ] {
            let (cleaned, variables) = without_secrets(text, &BTreeSet::new());
            assert_eq!(cleaned, clean);
            assert_eq!(variables.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_comment_that_names_a_secret_is_left_out() {
        let (clean, _) = without_secrets("f(1); // password: hunter2\n// sum", &BTreeSet::new());
        assert_eq!(clean, "f(1); \n// sum");
    }

    #[test]
    fn a_variable_that_is_given_on_as_a_secret_is_one() {
        let used = secret_variables("add_client(#{ password2: p, email: mail }); x.cvv = n;");
        assert_eq!(used.iter().collect::<Vec<_>>(), ["n", "p"]);
        let (clean, variables) = without_secrets("let p = \"hunter2\"; let mail = \"x\";", &used);
        assert_eq!(clean, "let p = env(\"P\"); let mail = \"x\";");
        assert_eq!(variables, ["P"]);
    }

    #[test]
    fn what_gives_no_secret_away_stays() {
        for text in [
            "add_client(#{ password2: random_password(20) })",
            "#{ password: pw }",
            "if password == \"\" { f() }",
            "reset_password(#{ id: 1 })",
        ] {
            assert_eq!(
                without_secrets(text, &BTreeSet::new()),
                (text.to_owned(), vec![])
            );
        }
    }

    fn shown(text: &str, column: usize) -> (String, usize) {
        without_places(text, 0, &secret_places(text), column)
    }

    #[test]
    fn what_is_written_out_is_covered_in_a_quoted_line() {
        for (text, cleaned) in [
            (
                r#"add_user(#{ email: "jo", password2: "Lit-Canary/77" });"#,
                r#"add_user(#{ email: "jo", password2: "(secret)" });"#,
            ),
            ("let pin = 1234;", "let pin = (secret);"),
            ("let pw = 'Lit-77';", "let pw = '(secret)';"),
            ("let pw = 'Lit-77", "let pw = '(secret)"),
            ("x.pw = `a${b}c`", "x.pw = `(secret)${b}(secret)`"),
            (r#"#{ pw: row["password"] }"#, r#"#{ pw: row["password"] }"#),
            (r#"#{ pw: env("PANEL_PW") }"#, r#"#{ pw: env("PANEL_PW") }"#),
            (
                "#{ pw: random_password(20) }",
                "#{ pw: random_password(20) }",
            ),
            (r#"f("user=jo&pw=x1y2")"#, r#"f("(secret)")"#),
            (
                r#"throw "no password given""#,
                r#"throw "no password given""#,
            ),
            ("f(1) // the password is x1", "f(1) //(secret)"),
            (
                r#"let p = "x1"; f(#{ pw: p })"#,
                r#"let p = "(secret)"; f(#{ pw: p })"#,
            ),
        ] {
            assert_eq!(shown(text, 1).0, cleaned, "{text}");
        }
    }

    #[test]
    fn a_column_stays_with_what_stands_there() {
        let text = r#"f(#{ pw: "Lit-Canary/77", email: bad });"#;
        let at = |column: usize| {
            let (line, moved) = shown(text, column);
            line.chars().skip(moved - 1).collect::<String>()
        };
        assert!(at(1).starts_with("f("));
        assert!(at(10).starts_with("\"(secret)"), "{}", at(10));
        assert!(at(15).starts_with("(secret)"), "{}", at(15));
        let bad = text.find("bad").unwrap() + 1;
        assert!(at(bad).starts_with("bad"), "{}", at(bad));
        assert_eq!(shown("", 1), (String::new(), 1));
    }
}
