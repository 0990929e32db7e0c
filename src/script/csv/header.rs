//! A header that stands once more among the rows, as in files that were joined.

use rhai::ImmutableString;

use crate::display::text::without_invisible_ends;

/// What to do about it.
pub(crate) const CURE: &str = "remove the line; it is there if two files were joined";

/// Whether the cells of a row are the names of the columns, in their order or, of three and
/// more, in any.
pub(crate) fn is_repeated<'c>(
    cells: impl Iterator<Item = &'c str> + Clone,
    columns: &[ImmutableString],
) -> bool {
    let is = |cell: &str, name: &ImmutableString| {
        cell.len() == name.len() && cell.eq_ignore_ascii_case(name)
    };
    let mut cells = cells.map(|cell| without_invisible_ends(cell.trim()));
    let Some(first) = cells.clone().next() else {
        return false;
    };
    if !columns.iter().any(|name| is(first, name)) {
        return false;
    }
    if let [name] = columns {
        return first == name.as_str();
    }
    if cells
        .clone()
        .zip(columns)
        .all(|(cell, name)| is(cell, name))
    {
        return true;
    }
    let sorted = |names: &mut dyn Iterator<Item = &str>| {
        let mut names: Vec<String> = names.map(str::to_ascii_lowercase).collect();
        names.sort_unstable();
        names
    };
    let mut names = columns.iter().map(ImmutableString::as_str);
    columns.len() > 2 && sorted(&mut cells) == sorted(&mut names)
}
