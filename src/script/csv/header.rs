//! The header of a file: its names, and whether it stands once more among the rows, as in
//! files that were joined.

use rhai::ImmutableString;

use crate::display::text::{with_invisible, without_invisible_ends};
use crate::script::csv::faults::complaint;
use crate::script::csv::options::check_names;
use crate::script::raise::Raised;

/// What to do about it.
pub(crate) const CURE: &str = "remove the line, which may come from joining two files";

/// Refuses names by which no column can be meant: none, the same twice, one that lost a letter,
/// or one that holds rows because of a stray quote.
pub(crate) fn check(
    names: &[ImmutableString],
    delimiter: u8,
    path: &str,
    line: u64,
) -> Result<(), Raised> {
    let wrong =
        |what: &str, hint: &str| Err(complaint(path, &format!("line {line}: {what}")).hint(hint));
    if let Err(what) = check_names(names) {
        return wrong(&what, "every column needs a name of its own in the header");
    }
    let is_lost = |name: &&ImmutableString| name.contains(char::REPLACEMENT_CHARACTER);
    if let Some(lost) = names.iter().find(is_lost) {
        let what = format!(
            "the column `{lost}` has a character that was lost when the text was converted (U+FFFD)"
        );
        return wrong(&what, "correct the header, or save the file again in UTF-8");
    }
    let delimiter = char::from(delimiter);
    let holds_rows = |name: &&ImmutableString| {
        let mut lines = name.lines();
        lines.next().is_some() && lines.any(|line| line.contains(delimiter))
    };
    if let Some(name) = names.iter().find(holds_rows) {
        let first = name.lines().next().unwrap_or_default();
        let what = format!(
            "the name of the column `{}` holds lines that look like rows",
            with_invisible(first)
        );
        return wrong(&what, "look for a stray quote in the header");
    }
    Ok(())
}

/// Whether it is a line drawn below a header, such as `---,----`.
pub(crate) fn is_rule<'c>(cells: impl Iterator<Item = &'c str>) -> bool {
    let is_drawn = |cell: &str| {
        let cell = cell.trim_matches(':');
        cell.len() > 1
            && (cell.bytes().all(|byte| byte == b'-') || cell.bytes().all(|byte| byte == b'='))
    };
    let mut count = 0;
    let mut cells = cells.map(str::trim).inspect(|_| count += 1);
    cells.all(is_drawn) && count > 1
}

/// Whether the cells of a row are the names of the columns, in any order; or most of them are,
/// as where the joined file had other columns.
pub(crate) fn is_repeated<'c>(
    cells: impl Iterator<Item = &'c str> + Clone,
    columns: &[ImmutableString],
) -> bool {
    let mut cells = cells.map(|cell| without_invisible_ends(cell.trim()));
    let Some(first) = cells.clone().next() else {
        return false;
    };
    if !columns.iter().any(|name| is_same_name(first, name)) {
        return false;
    }
    if let [name] = columns {
        return first == name.as_str();
    }
    let pairs = || cells.clone().zip(columns);
    let own = pairs().filter(|(cell, name)| is_same_name(cell, name));
    let own = own.count();
    if own == columns.len() || own > 1 && own * 2 > columns.len() {
        return true;
    }
    let mut left: Vec<&ImmutableString> = columns.iter().collect();
    let is_in_other_order = cells.all(|cell| {
        let place = left.iter().position(|name| is_same_name(cell, name));
        place.map(|place| left.swap_remove(place)).is_some()
    });
    is_in_other_order && left.is_empty()
}

/// Whether two programs may write one name like that: `First Name`, `first_name`.
fn is_same_name(cell: &str, name: &str) -> bool {
    // Asked of each row: most differ in their first letter.
    if let ([cell, ..], [name, ..]) = (cell.as_bytes(), name.as_bytes())
        && cell.is_ascii_alphanumeric()
        && name.is_ascii_alphanumeric()
        && !cell.eq_ignore_ascii_case(name)
    {
        return false;
    }
    // Nobody calls a column nothing but blanks and dashes.
    letters(cell).eq(letters(name)) && letters(name).next().is_some()
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    let letters = name.chars().flat_map(char::to_lowercase);
    letters.filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-'))
}
