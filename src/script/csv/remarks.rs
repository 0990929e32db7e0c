//! What is noticed in a file that is no fault, and is said in one line each.

use rhai::ImmutableString;

use crate::display::text::with_invisible;
use crate::script::csv::faults::place;

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
    /// Cells that may be numbers in scientific form.
    pub doubtful: Tally,
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
    fn told(&mut self, path: &str, done: &str, noun: &str, with: &str) -> Option<String> {
        let first = self.first.take()?;
        Some(match std::mem::take(&mut self.count) {
            1 => format!("`{path}`: {done} 1 {noun}{with} ({first})"),
            count => format!("`{path}`: {done} {count} {noun}s{with} (first: {first})"),
        })
    }
}

impl Remarks {
    /// What was noticed since it was last said.
    pub fn told(&mut self, path: &str) -> Vec<String> {
        let scientific = " that may be numbers in scientific notation";
        let told = [
            self.separators
                .told(path, "skipped", "row", " with only separators"),
            self.around
                .told(path, "removed invisible characters around", "cell", ""),
            self.inside
                .told(path, "kept invisible characters inside", "cell", ""),
            self.unwrapped
                .told(path, "removed `=\"…\"` around", "cell", ""),
            self.doubtful.told(path, "read as text", "cell", scientific),
        ];
        let grown = std::mem::take(&mut self.grown);
        let grown = (grown > 0).then(|| {
            format!("`{path}` grew by {grown} bytes while it was read; rows in them are not part of this run")
        });
        told.into_iter().flatten().chain(grown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noticed_is_counted_and_the_first_named_once() {
        let mut remarks = Remarks::default();
        remarks.separators.add(3, None, "");
        remarks.doubtful.add(4, Some(&"code".into()), "1E5");
        remarks.doubtful.add(5, Some(&"code".into()), "2E5");
        assert_eq!(
            remarks.told("a.csv"),
            [
                "`a.csv`: skipped 1 row with only separators (line 3)",
                "`a.csv`: read as text 2 cells that may be numbers in scientific notation \
                 (first: line 4, column `code`: `1E5`)",
            ]
        );
        assert!(remarks.told("a.csv").is_empty());
    }
}
