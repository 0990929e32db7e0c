//! Rows counted in words.

use crate::display::text;
use crate::run::journal::Counts;

/// The rows that are still to be done.
#[derive(Clone, Copy, Default)]
pub struct LeftOver {
    /// How many are known.
    pub count: u64,
    /// Whether a server may have more of them, which nobody asked for.
    pub is_more: bool,
}

/// How many rows ended how, on one line; nothing where there were none.
pub fn counted(counts: &Counts, left_over: LeftOver) -> Option<String> {
    let done = match counts.unchanged {
        0 => "done".to_owned(),
        unchanged => format!("done ({unchanged} unchanged)"),
    };
    let at_least = if left_over.is_more { "at least " } else { "" };
    let parts = [
        (counts.done, "", done.as_str()),
        (counts.failed, "", "failed"),
        (counts.skipped, "", "skipped"),
        (counts.in_doubt, "", "in doubt"),
        (left_over.count, at_least, "not processed"),
    ];
    let total: u64 = parts.iter().map(|(count, ..)| count).sum();
    let shown = parts.iter().filter(|(count, ..)| *count > 0);
    let shown: Vec<String> = shown
        .map(|(count, at_least, what)| format!("{at_least}{count} {what}"))
        .collect();
    (total > 0).then(|| format!("{at_least}{}: {}", rows_in_words(total), shown.join(", ")))
}

/// So many rows, in words.
pub fn rows_in_words(count: u64) -> String {
    text::counted(count, "row")
}

/// Why so many rows failed, on one line.
pub fn reason_in_words(reason: &str, count: u64, first: u64) -> String {
    format!("  {count} × {reason} (first: row {first})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_is_counted() {
        assert_eq!(counted(&Counts::default(), LeftOver::default()), None);
        let counts = Counts {
            done: 296,
            failed: 4,
            ..Counts::default()
        };
        assert_eq!(
            counted(&counts, LeftOver::default()).unwrap(),
            "300 rows: 296 done, 4 failed"
        );
        let counts = Counts {
            done: 1,
            unchanged: 1,
            in_doubt: 1,
            skipped: 2,
            ..Counts::default()
        };
        let left_over = |is_more| LeftOver { count: 9, is_more };
        assert_eq!(
            counted(&counts, left_over(false)).unwrap(),
            "13 rows: 1 done (1 unchanged), 2 skipped, 1 in doubt, 9 not processed"
        );
        assert_eq!(
            counted(&counts, left_over(true)).unwrap(),
            "at least 13 rows: 1 done (1 unchanged), 2 skipped, 1 in doubt, at least 9 not processed"
        );
    }
}
