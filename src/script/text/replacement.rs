//! What stands in the place of a regular expression that is found.

use regex::Regex;

use crate::script::raise::Raised;

/// Refuses a replacement that names a group which the expression does not have: the empty
/// text would stand there.
pub(super) fn check(expression: &Regex, with: &str) -> Result<(), Raised> {
    let mut rest = with;
    while let Some((_, behind)) = rest.split_once('$') {
        if let Some(behind) = behind.strip_prefix('$') {
            rest = behind;
            continue;
        }
        let (name, is_braced) = name(behind);
        if !name.is_empty() && !has(expression, name) {
            return Err(unknown(expression, name, is_braced));
        }
        rest = &behind[name.len()..];
    }
    Ok(())
}

/// The name of a group behind `$`, and whether it stands in braces; empty if there is none.
fn name(behind: &str) -> (&str, bool) {
    if let Some((name, _)) = behind
        .strip_prefix('{')
        .and_then(|inner| inner.split_once('}'))
    {
        return (name, true);
    }
    let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    let end = behind.find(is_end).unwrap_or(behind.len());
    (&behind[..end], false)
}

fn has(expression: &Regex, name: &str) -> bool {
    match name.parse::<usize>() {
        Ok(number) => number < expression.captures_len(),
        Err(_) => expression
            .capture_names()
            .flatten()
            .any(|known| known == name),
    }
}

fn unknown(expression: &Regex, name: &str, is_braced: bool) -> Raised {
    let written = if is_braced {
        format!("${{{name}}}")
    } else {
        format!("${name}")
    };
    // What is read as one name may be a group and the text behind it.
    let group = (1..name.len())
        .rev()
        .filter(|_| !is_braced)
        .filter_map(|end| name.split_at_checked(end))
        .find(|(group, _)| has(expression, group));
    let hint = match group {
        Some((group, text)) => format!("write `${{{group}}}{text}`, or `$$` for a dollar sign"),
        None => "write `$$` for a dollar sign".to_owned(),
    };
    let what = format!("`{written}` names no group of the regular expression");
    Raised::new("value", what).hint(hint)
}
