//! Words of other languages, and how Rhai says them.

/// What people write, and what Rhai has for it.
const WORDS: &[(&str, &str)] = &[
    ("None", "()"),
    ("True", "true"),
    ("False", "false"),
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
    ("null", "()"),
    ("nil", "()"),
    ("undefined", "()"),
    ("def", "fn"),
    ("func", "fn"),
    ("function", "fn"),
    ("echo", "print(…)"),
    ("elif", "else if"),
    ("elseif", "else if"),
    ("elsif", "else if"),
    ("foreach", "for"),
    ("var", "let"),
    ("length", "len()"),
    ("size", "len()"),
    ("strlen", "len()"),
    ("includes", "contains(…)"),
    ("toString", "to_string()"),
    ("“", "\""),
    ("”", "\""),
    ("„", "\""),
    ("‘", "\""),
    ("’", "\""),
];

/// How Rhai says it, where the word is another language's.
pub(crate) fn hint(word: &str) -> Option<String> {
    let (_, ours) = WORDS.iter().find(|(theirs, _)| *theirs == word)?;
    Some(format!("in Rhai it is `{ours}`"))
}
