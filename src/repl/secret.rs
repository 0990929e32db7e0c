//! Keeps what may be secret out of the history and out of saved scripts.
//!
//! What is secret is told by its name: those of the catalog, and what people call such
//! things. A line too many that is not remembered is better than a password that is.

use std::fmt::Write as _;
use std::ops::Range;

use crate::run::is_secret_column;
use crate::script::{Token, TokenKind, Tokens, scan};

/// What people call secrets, as a word of a name.
const NAMES: [&str; 9] = [
    "cvv",
    "passphrase",
    "passwd",
    "password",
    "pw",
    "pwd",
    "secret",
    "secrets",
    "token",
];

/// Whether the line names something secret.
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
    tokens.all.iter().enumerate().any(secret)
}

/// The text with every secret value in it taken from the environment instead, and
/// the names of the variables that takes.
pub fn without_secrets(text: &str) -> (String, Vec<String>) {
    let tokens = scan(text);
    let mut clean = String::with_capacity(text.len());
    let mut variables = Vec::new();
    let mut end = 0;
    for (place, token) in tokens.all.iter().enumerate() {
        if token.start < end {
            continue;
        }
        let Some((name, value)) = secret_value(&tokens, place) else {
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

/// The secret value that is given to the name at a place, as a range of tokens, and
/// the variable it is taken from instead.
fn secret_value(tokens: &Tokens, place: usize) -> Option<(String, Range<usize>)> {
    let token = tokens.all[place];
    let text = tokens.text_of(token);
    let name = match token.kind {
        TokenKind::Word => text,
        TokenKind::Text => text.trim_matches('"'),
        _ => return None,
    };
    if !is_secret(name) {
        return None;
    }
    // `x["password"] = "…"` has a bracket in between.
    let next = place + 1 + usize::from(tokens.is(place + 1, "]"));
    if !tokens.is(next, ":") && !tokens.is(next, "=") {
        return None;
    }
    let start = next + 1;
    let end = value_end(tokens, start);
    let value = tokens
        .all
        .get(start..end)
        .filter(|value| !value.is_empty())?;
    let has = |kind| value.iter().any(|token| token.kind == kind);
    let is_number = has(TokenKind::Number) && !has(TokenKind::Word);
    let is_literal = has(TokenKind::Text) || has(TokenKind::Character) || is_number;
    let variable = name
        .to_uppercase()
        .replace(|letter: char| !letter.is_alphanumeric(), "_");
    is_literal.then_some((variable, start..end))
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

fn is_secret(name: &str) -> bool {
    let parts = name.split('_').map(|part| {
        part.trim_end_matches(|letter: char| letter.is_ascii_digit())
            .to_lowercase()
    });
    is_secret_column(name) || parts.into_iter().any(|part| NAMES.contains(&part.as_str()))
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
        ] {
            assert!(may_hold_secret(line), "{line}");
        }
        for line in [
            "get_clients(#{ search: \"ann\" })",
            "reset_password(#{ id: 1 })",
            "let c = 1",
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
            let (cleaned, variables) = without_secrets(text);
            assert_eq!(cleaned, clean);
            assert_eq!(variables.len(), 1, "{text}");
        }
    }

    #[test]
    fn what_gives_no_secret_away_stays() {
        for text in [
            "add_client(#{ password2: random_password(20) })",
            "#{ password: pw }",
            "if password == \"\" { f() }",
            "reset_password(#{ id: 1 })",
        ] {
            assert_eq!(without_secrets(text), (text.to_owned(), vec![]));
        }
    }
}
