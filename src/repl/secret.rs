//! Keeps what may be secret out of the history and out of saved scripts.
//!
//! What is secret is told by its name: those of the catalog, and what people call such
//! things. A line too many that is not remembered is better than a password that is.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use crate::run::is_secret_column;
use crate::script::{Token, TokenKind, Tokens, scan};

/// What people call secrets, as a word of a name.
const NAMES: [&str; 18] = [
    "bearer",
    "credential",
    "credentials",
    "cvc",
    "cvv",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "pin",
    "pw",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
];

/// The keys that open something; a key by itself is one of a map or of a row.
const KEYS: [&str; 5] = ["accesskey", "apikey", "authkey", "privatekey", "secretkey"];

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
        let Some((name, value)) = secret_value(&tokens, place, by_use) else {
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

fn is_secret(name: &str) -> bool {
    let parts = parts(name);
    let whole = parts.concat();
    is_secret_column(name)
        || KEYS.iter().any(|key| whole.ends_with(key))
        || parts.iter().any(|part| NAMES.contains(&part.as_str()))
}

/// The words of a name in small letters: `db_pass2` and `dbPass` have the same two.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if letter == '_' || (was_small && letter.is_uppercase()) {
            parts.push(String::new());
        }
        was_small = letter.is_lowercase();
        if let Some(part) = parts.last_mut().filter(|_| letter.is_alphabetic()) {
            part.extend(letter.to_lowercase());
        }
    }
    parts
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
}
