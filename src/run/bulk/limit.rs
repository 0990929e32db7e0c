//! How many rows may fail before no more are begun.

use std::fmt;
use std::str::FromStr;

/// A share is judged once so many rows ended: of the first two, one may well fail.
const SAMPLE: u64 = 20;

/// How many rows may fail; rows in doubt count as failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// No more are begun once so many failed; none is taken for one.
    Count(u64),
    /// No more are begun once that share of at least twenty rows failed.
    Percent(f64),
}

impl Limit {
    /// Whether it is reached when so many of the rows that ended failed.
    pub fn is_reached(self, failed: u64, ended: u64) -> bool {
        match self {
            Self::Count(limit) => failed >= limit.max(1),
            #[expect(clippy::cast_precision_loss, reason = "no run has that many rows")]
            Self::Percent(limit) => {
                failed > 0 && ended >= SAMPLE && failed as f64 * 100.0 >= limit * ended as f64
            }
        }
    }
}

/// As it is written on the command line.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(limit) => write!(f, "{limit}"),
            Self::Percent(limit) => write!(f, "{limit}%"),
        }
    }
}

/// What is not a limit.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a number of rows, such as `20`, or a share of them, such as `5%`")]
pub struct NoLimit(String);

impl FromStr for Limit {
    type Err = NoLimit;

    fn from_str(text: &str) -> Result<Self, NoLimit> {
        let limit = match text.trim().strip_suffix('%') {
            Some(share) => {
                let share = share.trim().parse().ok();
                share
                    .filter(|share| (0.0..=100.0).contains(share))
                    .map(Self::Percent)
            }
            None => text.trim().parse().ok().map(Self::Count),
        };
        limit.ok_or_else(|| NoLimit(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_reached_by_the_failure_that_makes_it_full() {
        assert!(!Limit::Count(3).is_reached(2, 1000));
        assert!(Limit::Count(3).is_reached(3, 3));
        assert!(!Limit::Count(0).is_reached(0, 10));
        assert!(Limit::Count(0).is_reached(1, 1));
    }

    #[test]
    fn a_share_is_not_judged_by_the_first_few_rows() {
        let limit = Limit::Percent(10.0);
        assert!(!limit.is_reached(5, 19));
        assert!(limit.is_reached(2, 20));
        assert!(!limit.is_reached(2, 21));
        assert!(!Limit::Percent(0.0).is_reached(0, 100));
    }

    #[test]
    fn a_limit_is_a_number_or_a_share() {
        assert_eq!("20".parse(), Ok(Limit::Count(20)));
        assert_eq!(" 2.5 %".parse(), Ok(Limit::Percent(2.5)));
        for wrong in ["", "%", "-1", "1.5", "101%", "NaN%", "many"] {
            let error = wrong.parse::<Limit>().unwrap_err();
            assert!(error.to_string().contains(wrong));
        }
    }
}
