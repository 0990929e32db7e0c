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

impl Shard {
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
#[error("`{0}` is no shard, such as `2/8`, the second of eight")]
pub struct NoShard(String);

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(number, of)| {
            let number = number.trim().parse().ok()?;
            Some((number, of.trim().parse().ok()?))
        });
        numbers
            .filter(|(number, of)| (1..=*of).contains(number))
            .map(|(number, of)| Self { number, of })
            .ok_or_else(|| NoShard(text.to_owned()))
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
    fn a_shard_is_one_of_so_many() {
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        assert_eq!(" 1 / 1 ".parse(), Ok(Shard { number: 1, of: 1 }));
        for wrong in ["", "1", "0/4", "5/4", "1/0", "a/b", "1/2/3", "-1/4", "auto"] {
            let error = wrong.parse::<Shard>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{wrong}`")));
        }
    }
}
