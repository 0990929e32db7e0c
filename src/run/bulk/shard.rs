//! Which rows are one machine's, where several share the work of a script.
//!
//! A row belongs to the shard its name hashes to, in every version of the program
//! and on every machine, so that each row is one shard's and no row is nobody's.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// One of so many equal parts of the rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shard {
    /// Which one, from 1.
    number: u64,
    /// How many there are.
    of: u64,
}

/// So many shards are the most: with more, most of them would have no row.
const MOST: u64 = 100_000;

impl Shard {
    /// That one of so many, from 1; none if there is no such one.
    pub fn new(number: u64, of: u64) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// Its part of a count that all shards have together: none is lost, and the first ones
    /// have one more where it does not come out even.
    pub const fn share(self, count: u64) -> u64 {
        let is_of_the_first = self.number <= count % self.of;
        count / self.of + is_of_the_first as u64
    }

    /// How files are marked as its own: `2of4`.
    pub fn mark(self) -> String {
        format!("{}of{}", self.number, self.of)
    }

    /// Which one it is, from 1.
    pub const fn number(self) -> u64 {
        self.number
    }

    /// How many shards there are.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.of
    }

    /// Whether the row of that name is this shard's.
    pub fn has(self, name: &str) -> bool {
        let digest = Sha256::digest(name);
        let [first, ..] = digest.as_chunks::<8>().0 else {
            unreachable!("a digest has 32 bytes")
        };
        u64::from_be_bytes(*first) % self.of == self.number - 1
    }
}

/// As it is written on the command line.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// What is not a shard.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoShard {
    /// It is no number of so many.
    #[error("`{0}` is not a shard; use `2/8` for the second of eight")]
    Unclear(String),
    /// There are too many.
    #[error("`{0}` is not a shard: there can be at most {MOST} of them")]
    TooMany(String),
}

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(number, of)| {
            let number = number.trim().parse().ok()?;
            Some((number, of.trim().parse().ok()?))
        });
        let shard = numbers.and_then(|(number, of)| Self::new(number, of));
        match shard {
            None => Err(NoShard::Unclear(text.to_owned())),
            Some(shard) if shard.of > MOST => Err(NoShard::TooMany(text.to_owned())),
            Some(shard) => Ok(shard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_of_one_shard() {
        let shards: Vec<Shard> = (1..=3).map(|number| Shard { number, of: 3 }).collect();
        let mut rows = [0; 3];
        for n in 0..300 {
            let name = format!("client{n}@example.com");
            let mut of: Vec<usize> = (0..3).filter(|at| shards[*at].has(&name)).collect();
            assert_eq!(of.len(), 1, "{name}");
            rows[of.remove(0)] += 1;
        }
        assert!(rows.iter().all(|count| *count > 70), "{rows:?}");
    }

    #[test]
    fn a_row_stays_in_its_shard_from_version_to_version() {
        // The first bytes of `printf jo@example.com | sha256sum`.
        let first = 0xf4e1_9df2_e6c6_09fb_u64;
        let of = 8;
        let number = first % of + 1;
        assert!(Shard { number, of }.has("jo@example.com"));
    }

    #[test]
    fn what_all_shards_have_together_is_shared_without_losing_the_rest() {
        for (count, of) in [(100, 8), (10, 3), (7, 7), (2, 5), (0, 4), (u64::MAX, 3)] {
            let shares: Vec<u64> = (1..=of)
                .map(|number| Shard { number, of }.share(count))
                .collect();
            assert_eq!(shares.iter().sum::<u64>(), count, "{count} in {of}");
            let (most, least) = (shares.iter().max(), shares.iter().min());
            assert!(most.unwrap() - least.unwrap() <= 1, "{shares:?}");
        }
    }

    #[test]
    fn a_shard_is_one_of_so_many() {
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        assert_eq!(" 1 / 1 ".parse(), Ok(Shard { number: 1, of: 1 }));
        for wrong in ["", "1", "0/4", "5/4", "1/0", "a/b", "1/2/3", "-1/4", "auto"] {
            let error = wrong.parse::<Shard>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{wrong}`")));
        }
    }
}
