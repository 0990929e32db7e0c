//! The words of a declaration.

/// What is wrong with it, and what to write.
pub(super) type Wrong = (String, String);

/// A word, in quotes or up to ` #`, and what is behind it.
pub(super) fn word(text: &str) -> Result<(String, &str), Wrong> {
    if let Some(quoted) = text.strip_prefix('"') {
        return match quoted.split_once('"') {
            Some((word, behind)) => Ok((word.to_owned(), behind)),
            None => Err((
                format!("`{text}` has no closing quote"),
                "end the text with `\"`".to_owned(),
            )),
        };
    }
    let end = text.find(" #").unwrap_or(text.len());
    let (word, behind) = text.split_at(end);
    let word = word.trim();
    if word.is_empty() {
        return Err((
            "a value is missing".to_owned(),
            "write it, or `\"\"` for an empty text".to_owned(),
        ));
    }
    Ok((word.to_owned(), behind))
}
