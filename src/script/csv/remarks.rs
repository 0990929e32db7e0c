//! What is noticed in a file that is no fault, and is said in one line each.

use std::collections::BTreeMap;

use rhai::ImmutableString;

use crate::display::text::with_invisible;
use crate::script::csv::faults::place;
use crate::script::csv::spoiled::Doubt;

/// What was noticed so far.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    /// Rows of separators alone.
    pub separators: Tally,
    /// Cells and headers that had invisible characters around them.
    pub around: Tally,
    /// Cells that have some inside.
    pub inside: Tally,
    /// Cells that were a formula of one text, and are that text.
    pub unwrapped: Tally,
    /// Cells that may have been something else, by what that is.
    doubtful: BTreeMap<Doubt, Tally>,
    /// Whether there is nothing but a header.
    pub has_no_rows: bool,
    /// Bytes that came to be behind the end.
    pub grown: u64,
}

/// How many there are, and the first.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    count: u64,
    first: Option<String>,
}

impl Tally {
    /// One more.
    pub fn add(&mut self, line: u64, column: Option<&ImmutableString>, cell: &str) {
        self.count += 1;
        if self.first.is_none() {
            let cell = with_invisible(cell);
            let cell = if cell.is_empty() {
                String::new()
            } else {
                format!(": `{cell}`")
            };
            self.first = Some(format!("{}{cell}", place(line, column)));
        }
    }

    /// What was done with them, the noun being one that takes an `s`.
    fn take(&mut self, path: &str, done: &str, noun: &str, with: &str) -> Option<String> {
        let first = self.first.take()?;
        Some(match std::mem::take(&mut self.count) {
            1 => format!("`{path}`: {done} 1 {noun}{with} ({first})"),
            count => format!("`{path}`: {done} {count} {noun}s{with} (first: {first})"),
        })
    }
}

impl Remarks {
    /// The cells in that doubt.
    pub fn doubtful(&mut self, doubt: Doubt) -> &mut Tally {
        self.doubtful.entry(doubt).or_default()
    }

    /// What was noticed since it was last said.
    pub fn take(&mut self, path: &str) -> Vec<String> {
        let told = [
            self.separators
                .take(path, "skipped", "row", " with only separators"),
            self.around
                .take(path, "removed invisible characters around", "cell", ""),
            self.inside
                .take(path, "kept invisible characters inside", "cell", ""),
            self.unwrapped
                .take(path, "removed `=\"…\"` around", "cell", ""),
        ];
        let doubtful = std::mem::take(&mut self.doubtful).into_iter();
        let doubtful = doubtful.filter_map(|(doubt, mut tally)| {
            tally.take(path, "read as text", "cell", doubt.words())
        });
        let empty = std::mem::take(&mut self.has_no_rows);
        let empty = empty.then(|| format!("`{path}` has a header and no rows"));
        let grown = std::mem::take(&mut self.grown);
        let grown = (grown > 0).then(|| grew(path, grown));
        let told = told.into_iter().flatten().chain(doubtful);
        told.chain(empty).chain(grown).collect()
    }
}

/// What is said of a file that has more bytes than when it was opened.
pub(crate) fn grew(path: &str, grown: u64) -> String {
    format!(
        "`{path}` grew by {grown} bytes while it was read; rows in them are not part of this run"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noticed_is_counted_and_the_first_named_once() {
        let mut remarks = Remarks::default();
        remarks.separators.add(3, None, "");
        let scientific = remarks.doubtful(Doubt::Scientific);
        scientific.add(4, Some(&"code".into()), "1E5");
        scientific.add(5, Some(&"code".into()), "2E5");
        assert_eq!(
            remarks.take("a.csv"),
            [
                "`a.csv`: skipped 1 row with only separators (line 3)",
                "`a.csv`: read as text 2 cells that may be numbers in scientific notation \
                 (first: line 4, column `code`: `1E5`)",
            ]
        );
        assert!(remarks.take("a.csv").is_empty());
    }
}
