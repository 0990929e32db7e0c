//! Billing cycles: how they are written, how long they last, where their prices are.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

/// How often something is paid for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cycle {
    /// Never.
    Free,
    /// Once.
    OneTime,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    SemiAnnually,
    /// Every year.
    Annually,
    /// Every two years.
    Biennially,
    /// Every three years.
    Triennially,
}

impl Cycle {
    /// The cycles that come again, the shortest first.
    pub const RECURRING: [Self; 6] = [
        Self::Monthly,
        Self::Quarterly,
        Self::SemiAnnually,
        Self::Annually,
        Self::Biennially,
        Self::Triennially,
    ];

    /// Reads a cycle in any of WHMCS's spellings: `semiannually`, `Semi-Annually`, `One Time`.
    pub fn from_text(text: &str) -> Option<Self> {
        let letters: String = text
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        Some(match letters.as_str() {
            "free" | "freeaccount" => Self::Free,
            "onetime" => Self::OneTime,
            "monthly" => Self::Monthly,
            "quarterly" => Self::Quarterly,
            "semiannually" => Self::SemiAnnually,
            "annually" => Self::Annually,
            "biennially" => Self::Biennially,
            "triennially" => Self::Triennially,
            _ => return None,
        })
    }

    /// The name a service keeps, such as `Semi-Annually`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "Free Account",
            Self::OneTime => "One Time",
            Self::Monthly => "Monthly",
            Self::Quarterly => "Quarterly",
            Self::SemiAnnually => "Semi-Annually",
            Self::Annually => "Annually",
            Self::Biennially => "Biennially",
            Self::Triennially => "Triennially",
        }
    }

    /// The columns of `pricing` that hold its setup fee and its price; a single payment uses the first ones.
    pub const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Free | Self::OneTime | Self::Monthly => ("msetupfee", "monthly"),
            Self::Quarterly => ("qsetupfee", "quarterly"),
            Self::SemiAnnually => ("ssetupfee", "semiannually"),
            Self::Annually => ("asetupfee", "annually"),
            Self::Biennially => ("bsetupfee", "biennially"),
            Self::Triennially => ("tsetupfee", "triennially"),
        }
    }

    /// How many months it lasts; none where nothing comes again.
    pub const fn months(self) -> i32 {
        match self {
            Self::Free | Self::OneTime => 0,
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::SemiAnnually => 6,
            Self::Annually => 12,
            Self::Biennially => 24,
            Self::Triennially => 36,
        }
    }

    /// Whether it is paid for again and again.
    pub const fn is_recurring(self) -> bool {
        self.months() > 0
    }

    /// The day this cycle ends on that starts on a day.
    pub fn end(self, start: Date) -> Date {
        later(start, self.months().months())
    }
}

/// A day moved on; the last day of the calendar when there is none so late.
pub fn later(day: Date, span: Span) -> Date {
    day.saturating_add(span)
}

/// A day as a column has it, moved on; what is no day, such as `0000-00-00`, stays.
pub fn moved(day: &str, span: Span) -> String {
    match day.parse::<Date>() {
        Ok(day) => later(day, span).to_string(),
        Err(_) => day.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cycle, moved};
    use jiff::ToSpan as _;

    #[test]
    fn every_spelling_of_a_cycle_is_read() {
        for (text, cycle) in [
            ("monthly", Some(Cycle::Monthly)),
            ("Semi-Annually", Some(Cycle::SemiAnnually)),
            ("semiannually", Some(Cycle::SemiAnnually)),
            ("One-Time", Some(Cycle::OneTime)),
            ("One Time", Some(Cycle::OneTime)),
            ("free", Some(Cycle::Free)),
            ("Free Account", Some(Cycle::Free)),
            ("weekly", None),
            ("", None),
        ] {
            assert_eq!(Cycle::from_text(text), cycle, "{text}");
        }
        for cycle in Cycle::RECURRING {
            assert_eq!(Cycle::from_text(cycle.name()), Some(cycle));
        }
    }

    #[test]
    fn a_month_after_the_last_day_is_the_last_day() {
        assert_eq!(moved("2026-01-31", 1.month()), "2026-02-28");
        assert_eq!(moved("0000-00-00", 1.month()), "0000-00-00");
    }
}
