//! How fast rows have been ending lately.
//!
//! Lately, because a resumed run passes over what it has done in no time, and a
//! server that slows down makes the beginning a bad guess.

use std::collections::VecDeque;
use std::time::Duration;

/// How far back it looks.
const WINDOW: Duration = Duration::from_secs(20);

/// Rows that had ended at some moments.
#[derive(Debug, Default)]
pub(super) struct Speed(VecDeque<(Duration, u64)>);

impl Speed {
    /// Notes how many rows had ended by then.
    pub fn note(&mut self, at: Duration, ended: u64) {
        self.0.push_back((at, ended));
        // The one before the window is where it begins.
        while self.0.get(1).is_some_and(|(then, _)| *then + WINDOW <= at) {
            self.0.pop_front();
        }
    }

    /// Rows a second.
    #[expect(clippy::cast_precision_loss, reason = "no run has that many rows")]
    pub fn rate(&self) -> f64 {
        let (Some((from, few)), Some((to, many))) = (self.0.front(), self.0.back()) else {
            return 0.0;
        };
        // Of the first look nothing is known but the beginning.
        let (from, few) = if self.0.len() == 1 {
            (&Duration::ZERO, &0)
        } else {
            (from, few)
        };
        let seconds = to.saturating_sub(*from).as_secs_f64();
        if seconds > 0.0 {
            many.saturating_sub(*few) as f64 / seconds
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(looks: &[(u64, u64)]) -> String {
        let mut speed = Speed::default();
        for (at, ended) in looks {
            speed.note(Duration::from_secs(*at), *ended);
        }
        format!("{:.1}", speed.rate())
    }

    #[test]
    fn only_the_last_while_counts() {
        assert_eq!(rate(&[]), "0.0");
        assert_eq!(rate(&[(0, 0)]), "0.0");
        assert_eq!(rate(&[(5, 100)]), "20.0");
        assert_eq!(rate(&[(5, 100_000), (10, 100_050)]), "10.0");
        assert_eq!(rate(&[(0, 0), (5, 1000), (25, 1020), (30, 1030)]), "1.2");
    }
}
