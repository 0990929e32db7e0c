//! One look at a bulk loop, in words.

/// The numbers of a bulk loop at some moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProgressView {
    /// Rows that ended, however they did.
    pub ended: u64,
    /// Rows there are, where that is known.
    pub total: Option<u64>,
    /// Rows that failed.
    pub failed: u64,
    /// Rows in doubt.
    pub in_doubt: u64,
    /// Rows a second.
    pub rate: f64,
    /// Workers that have a row.
    pub at_work: usize,
}

impl ProgressView {
    /// Such as `1200 of 3000 rows, 4 failed, 240/s, 8 s left`.
    pub fn line(&self) -> String {
        self.parts(None)
    }

    /// The same with the workers, beside a bar.
    pub fn line_of_bar(&self) -> String {
        self.parts(Some(format!("{} in progress", self.at_work)))
    }

    fn parts(&self, workers: Option<String>) -> String {
        let ended = match self.total {
            Some(1) => format!("{} of 1 row", self.ended),
            Some(total) => format!("{} of {total} rows", self.ended),
            None if self.ended == 1 => "1 row".to_owned(),
            None => format!("{} rows", self.ended),
        };
        let failed = (self.failed > 0).then(|| format!("{} failed", self.failed));
        let in_doubt = (self.in_doubt > 0).then(|| format!("{} in doubt", self.in_doubt));
        let parts = [
            Some(ended),
            failed,
            in_doubt,
            self.speed(),
            workers,
            self.left(),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join(", ")
    }

    fn speed(&self) -> Option<String> {
        match self.rate {
            rate if rate < 0.05 => None,
            rate if rate < 10.0 => Some(format!("{rate:.1}/s")),
            rate => Some(format!("{rate:.0}/s")),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, of a number that is not negative"
    )]
    fn left(&self) -> Option<String> {
        let rows = self.total?.checked_sub(self.ended)?;
        self.speed().filter(|_| rows > 0)?;
        Some(format!(
            "{} left",
            time((rows as f64 / self.rate).ceil() as u64)
        ))
    }
}

/// Such as `8 s`, `5 min`, `2 h 30 min`.
fn time(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_known() {
        let view = ProgressView {
            ended: 1200,
            total: Some(3000),
            failed: 4,
            rate: 240.0,
            at_work: 8,
            ..ProgressView::default()
        };
        assert_eq!(view.line(), "1200 of 3000 rows, 4 failed, 240/s, 8 s left");
        assert_eq!(
            view.line_of_bar(),
            "1200 of 3000 rows, 4 failed, 240/s, 8 in progress, 8 s left"
        );
        let unknown = ProgressView {
            total: None,
            in_doubt: 1,
            failed: 0,
            rate: 2.5,
            ..view
        };
        assert_eq!(unknown.line(), "1200 rows, 1 in doubt, 2.5/s");
        let last = ProgressView {
            ended: 3000,
            ..view
        };
        assert_eq!(last.line(), "3000 of 3000 rows, 4 failed, 240/s");
        let none = ProgressView { rate: 0.0, ..view };
        assert_eq!(none.line(), "1200 of 3000 rows, 4 failed");
    }

    #[test]
    fn time_is_told_in_what_fits() {
        let shown = [0, 8, 119, 120, 301, 7199, 7200, 9000].map(time);
        assert_eq!(
            shown,
            [
                "0 s",
                "8 s",
                "119 s",
                "2 min",
                "6 min",
                "120 min",
                "2 h 0 min",
                "2 h 30 min"
            ]
        );
    }
}
