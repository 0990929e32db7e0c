//! Rows counted in words.

use crate::run::journal::Counts;

/// How many rows ended how, on one line; nothing where there were none.
pub fn counted(counts: &Counts, left_over: u64) -> Option<String> {
    let done = match counts.unchanged {
        0 => "done".to_owned(),
        unchanged => format!("done ({unchanged} unchanged)"),
    };
    let parts = [
        (counts.done, done.as_str()),
        (counts.failed, "failed"),
        (counts.skipped, "skipped"),
        (counts.in_doubt, "in doubt"),
        (left_over, "still to be done"),
    ];
    let total: u64 = parts.iter().map(|(count, _)| count).sum();
    let shown: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    (total > 0).then(|| format!("{}: {}", rows_in_words(total), shown.join(", ")))
}

/// So many rows, in words.
pub fn rows_in_words(count: u64) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
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
        assert_eq!(counted(&Counts::default(), 0), None);
        let counts = Counts {
            done: 296,
            failed: 4,
            ..Counts::default()
        };
        assert_eq!(counted(&counts, 0).unwrap(), "300 rows: 296 done, 4 failed");
        let counts = Counts {
            done: 1,
            unchanged: 1,
            in_doubt: 1,
            skipped: 2,
            ..Counts::default()
        };
        assert_eq!(
            counted(&counts, 9).unwrap(),
            "13 rows: 1 done (1 unchanged), 2 skipped, 1 in doubt, 9 still to be done"
        );
    }
}
