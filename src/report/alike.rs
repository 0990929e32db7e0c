//! Reasons that are the same but for what the row was given.

/// Cells that are shorter are words of any sentence.
const SHORTEST: usize = 3;

/// What stands for a cell.
const GAP: &str = "…";

/// A message with a gap wherever it names one of those cells: `no such city …`.
pub(super) fn without_cells<'c>(message: &str, cells: impl Iterator<Item = &'c str>) -> String {
    let mut cells: Vec<&str> = cells
        .filter(|cell| cell.len() >= SHORTEST && message.contains(cell))
        .collect();
    // A cell may be part of another.
    cells.sort_by_key(|cell| usize::MAX - cell.len());
    let mut text = message.to_owned();
    for cell in cells {
        text = without(&text, cell);
    }
    text
}

fn without(text: &str, cell: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(cell) {
        let end = at + cell.len();
        let before = text[..at].chars().next_back();
        let after = text[end..].chars().next();
        let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        // Part of a longer word, it is not the cell that is meant.
        if !is_word(before) && !is_word(after) {
            kept.push_str(&text[from..at]);
            kept.push_str(GAP);
            from = end;
        }
    }
    kept.push_str(&text[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_in_the_cells_of_their_rows_are_the_same() {
        let told = |message: &str, cells: &[&str]| without_cells(message, cells.iter().copied());
        let cells = ["jo@example.com", "Jo", "Oslo", "example"];
        assert_eq!(
            told("jo@example.com (Jo of Oslo) is taken", &cells),
            "… (Jo of …) is taken"
        );
        assert_eq!(told("Oslofjord is no city", &cells), "Oslofjord is no city");
        assert_eq!(told("Oslo, Oslo", &cells), "…, …");
        assert_eq!(told("Invalid", &[]), "Invalid");
    }
}
