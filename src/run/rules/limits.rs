//! What the user allows a run, whatever its script says.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::run::bulk::{Limit, Shard};
use crate::run::money::amount::Money;
use crate::run::money::purse::MAX_MONEY;
use crate::run::pacing::pace::Pace;

/// Deletes a run may do unless the user says otherwise.
pub const MAX_DELETES: u64 = 10;

/// Writes that may be in doubt at once unless the user says otherwise.
pub const MAX_DOUBTS: u64 = 10;

/// More rows at once than this are a slip of the finger.
pub const MOST_WORKERS: usize = 1000;

/// The limits of a run; none unless one is set.
///
/// They are the same from the command line to the bulk loops of a script: each layer
/// heeds those that are its own.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Rows of a bulk loop at once.
    pub workers: Option<usize>,
    /// How fast calls may leave.
    #[serde(with = "as_word")]
    pub rate: Option<Rate>,
    /// Rows of a bulk loop that may fail.
    #[serde(with = "as_word")]
    pub max_failures: Option<Limit>,
    /// Writes that may be sent.
    pub max_writes: Option<u64>,
    /// Writes that may be sent of those that end or remove something.
    pub max_deletes: Option<u64>,
    /// Money that the writes may move, whichever way it goes: one amount for each currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub max_money: Vec<Money>,
    /// Writes that may be in doubt before no more are sent; [`MAX_DOUBTS`] otherwise.
    pub max_doubts: Option<u64>,
    /// Whether the run ends rather than wait for a server that may be late.
    pub no_wait: bool,
    /// Whether a success with a warning is a failure.
    pub strict: bool,
    /// Whether nothing may be mailed.
    pub no_mail: bool,
    /// The rows of bulk loops that are this run's; all of them otherwise.
    #[serde(with = "as_word")]
    pub shard: Option<Shard>,
    /// How many shards work at once, of those whose rate is one; all of them otherwise.
    pub at_once: Option<NonZeroU64>,
}

impl Limits {
    /// What one shard may do of what is said for all of them together: counts are shared
    /// out, a rate is divided by those that work at once, and shares in percent are as they
    /// are.
    #[must_use]
    pub fn of_shard(&self) -> Self {
        let Some(shard) = self.shard else {
            return self.clone();
        };
        let part = |count: Option<u64>| count.map(|count| shard.share(count));
        let at_once = self.at_once.map_or(shard.count(), NonZeroU64::get);
        Self {
            rate: self.rate.map(|rate| rate.divided_by(at_once)),
            max_failures: self.max_failures.map(|limit| match limit {
                Limit::Count(count) => Limit::Count(shard.share(count)),
                Limit::Percent(_) => limit,
            }),
            max_writes: part(self.max_writes),
            max_deletes: part(self.max_deletes),
            max_money: self
                .max_money
                .iter()
                .map(|most| part_of(shard, most))
                .collect(),
            ..self.clone()
        }
    }

    /// The option whose count is too small for every shard to have a part of it, with that
    /// count. What nobody set is no reason to refuse a run: a delete over it is.
    pub fn without_share(&self) -> Option<(&'static str, String)> {
        let shard = self.shard?;
        let failures = match self.max_failures {
            Some(Limit::Count(count)) => Some(count),
            _ => None,
        };
        let deletes = self.max_deletes.filter(|most| *most != MAX_DELETES);
        [
            ("--max-writes", self.max_writes),
            ("--max-deletes", deletes),
            ("--max-failures", failures),
        ]
        .into_iter()
        .filter_map(|(option, count)| Some((option, count.filter(|count| *count > 0)?)))
        .find(|(_, count)| shard.share(*count) == 0)
        .map(|(option, count)| (option, count.to_string()))
        .or_else(|| {
            let is_lost =
                |most: &&Money| !most.amount.is_zero() && part_of(shard, most).amount.is_zero();
            let lost = self.max_money.iter().find(is_lost)?;
            Some((MAX_MONEY, format!("\"{lost}\"")))
        })
    }
}

/// The part of an amount that a shard has: cents are shared out as counts are.
fn part_of(shard: Shard, most: &Money) -> Money {
    let cents = (most.amount * Decimal::ONE_HUNDRED).trunc();
    let cents = u64::try_from(cents).unwrap_or(u64::MAX);
    let part = Decimal::from(shard.share(cents)) / Decimal::ONE_HUNDRED;
    Money::new(part, &most.currency)
}

/// The word that keeps all mail in.
pub const NO_MAIL: &str = "--no-mail";

/// The word that ends a run rather than wait.
pub const NO_WAIT: &str = "--no-wait";

/// The word that makes a failure of a warning.
pub const STRICT: &str = "--strict";

/// The word that names the servers of a fleet.
pub const FLEET: &str = "--profiles";

/// The word that takes a part of the rows.
pub const SHARD: &str = "--shard";

/// The word that says how many shards work at once.
pub const AT_ONCE: &str = "--at-once";

/// Settings kept by the word that the command line has for them.
mod as_word {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(
        clippy::ref_option,
        reason = "serde hands over a reference to the field"
    )]
    pub fn serialize<T: Display, S: Serializer>(
        setting: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let word = setting.as_ref().map(ToString::to_string);
        word.serialize(serializer)
    }

    pub fn deserialize<'d, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'d>,
    {
        let word = Option::<String>::deserialize(deserializer)?;
        word.map(|word| word.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// How fast calls may leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    calls: f64,
    unit: char,
}

impl Rate {
    /// The pace that keeps to it.
    pub fn pace(self) -> Pace {
        // A rate that is none was refused when it was read.
        Pace::per_second(self.per_second()).unwrap_or(Pace::unlimited())
    }

    /// The part of it that one of so many has.
    fn divided_by(self, parts: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "nobody has that many shards")]
        let parts = parts as f64;
        Self {
            calls: self.calls / parts,
            ..self
        }
    }

    fn per_second(self) -> f64 {
        let seconds = match self.unit {
            'm' => 60.0,
            'h' => 3600.0,
            _ => 1.0,
        };
        self.calls / seconds
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.calls, self.unit)
    }
}

/// What is not a rate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a rate above zero; use `10/s`, `0.5/s` or `600/m`")]
pub struct NoRate(String);

impl FromStr for Rate {
    type Err = NoRate;

    fn from_str(text: &str) -> Result<Self, NoRate> {
        let (calls, unit) = text.split_once('/').unwrap_or((text, "s"));
        let unit = match unit.trim() {
            "s" => Some('s'),
            "m" => Some('m'),
            "h" => Some('h'),
            _ => None,
        };
        let calls = calls
            .trim()
            .parse()
            .ok()
            .filter(|calls| f64::is_finite(*calls));
        unit.zip(calls)
            .map(|(unit, calls)| Self { calls, unit })
            .filter(|rate| Pace::per_second(rate.per_second()).is_some())
            .ok_or_else(|| NoRate(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_for_all_shards_is_shared_by_them() {
        let limits = Limits {
            rate: "10/s".parse().ok(),
            max_failures: "5".parse().ok(),
            max_writes: Some(9),
            max_deletes: Some(MAX_DELETES),
            shard: "2/4".parse().ok(),
            ..Limits::default()
        };
        let own = limits.of_shard();
        assert_eq!(own.rate, "2.5/s".parse().ok());
        assert_eq!(own.max_failures, Some(Limit::Count(1)));
        assert_eq!((own.max_writes, own.max_deletes), (Some(2), Some(3)));
        let two_at_once = Limits {
            at_once: NonZeroU64::new(2),
            max_failures: "5%".parse().ok(),
            ..limits.clone()
        };
        let own = two_at_once.of_shard();
        assert_eq!(own.rate, "5/s".parse().ok());
        assert_eq!(own.max_failures, "5%".parse().ok());
        let alone = Limits {
            shard: None,
            ..limits
        };
        assert_eq!(alone.of_shard(), alone);
    }

    #[test]
    fn the_cents_of_an_amount_are_shared_out() {
        let of = |shard: &str| Limits {
            max_money: vec!["10 EUR".parse().unwrap(), "0.03 USD".parse().unwrap()],
            shard: shard.parse().ok(),
            ..Limits::default()
        };
        let shares = |shard: &str| {
            let shares = of(shard).of_shard().max_money;
            shares.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shares("1/3"), ["3.34 EUR", "0.01 USD"]);
        assert_eq!(shares("3/3"), ["3.33 EUR", "0.01 USD"]);
        assert_eq!(of("3/3").without_share(), None);
        let lost = Some(("--max-money", "\"0.03 USD\"".to_owned()));
        assert_eq!(of("4/4").without_share(), lost);
    }

    #[test]
    fn a_count_that_leaves_a_shard_nothing_is_named() {
        let of = |shard: &str| Limits {
            max_writes: Some(3),
            max_deletes: Some(MAX_DELETES),
            shard: shard.parse().ok(),
            ..Limits::default()
        };
        assert_eq!(of("3/4").without_share(), None);
        assert_eq!(
            of("4/4").without_share(),
            Some(("--max-writes", "3".to_owned()))
        );
        let usual = Limits {
            max_writes: None,
            ..of("40/40")
        };
        assert_eq!(usual.without_share(), None);
        let none_at_all = Limits {
            max_writes: Some(0),
            ..of("4/4")
        };
        assert_eq!(none_at_all.without_share(), None);
    }

    #[test]
    fn a_rate_is_a_number_of_calls_in_a_second_a_minute_or_an_hour() {
        for (text, per_second) in [
            ("10/s", 10.0),
            ("10", 10.0),
            (" 0.5 / s ", 0.5),
            ("600/m", 10.0),
            ("1800/h", 0.5),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert!((rate.per_second() - per_second).abs() < 1e-9, "{text}");
            assert!(rate.pace().is_limited());
            assert_eq!(rate.to_string().parse(), Ok(rate), "{text}");
        }
        for wrong in [
            "", "0", "-1/s", "0/m", "fast", "10/d", "10/", "/s", "NaN", "inf",
        ] {
            let error = wrong.parse::<Rate>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{wrong}`")), "{error}");
        }
    }
}
