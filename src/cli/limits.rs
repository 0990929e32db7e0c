//! The options that say how much a run may do.

use std::num::NonZeroU64;

use clap::Args;

use crate::command::run::{
    self, Limit, MAX_DELETES, MAX_DOUBTS, MOST_WORKERS, Money, Rate, limit_memory,
};
use crate::command::scheduler::{GivenShard, shard};
use crate::error::Failure;

/// How much a run may do, and how fast, whatever its script says.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits")]
pub(super) struct Limits {
    /// Process N rows of a bulk loop at once
    #[arg(long, value_name = "N", value_parser = workers)]
    workers: Option<usize>,
    /// Limit calls to RATE, such as 10/s, 0.5/s or 600/m
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// Stop starting rows after N (or N%) failures
    #[arg(long, value_name = "N|N%")]
    max_failures: Option<Limit>,
    /// Stop after N writes
    #[arg(long, value_name = "N")]
    max_writes: Option<u64>,
    /// Move at most SUM, such as "100 EUR"; repeatable for other currencies. Every amount
    /// counts in both directions; the count continues on resume
    #[arg(long, value_name = "SUM")]
    max_money: Vec<Money>,
    /// Stop after N deletes (calls such as `CloseClient`); the count restarts on resume
    #[arg(long, value_name = "N", default_value_t = MAX_DELETES)]
    max_deletes: u64,
    /// Stop after N writes whose outcome is unknown
    #[arg(long, value_name = "N", default_value_t = MAX_DOUBTS, value_parser = clap::value_parser!(u64).range(1..))]
    max_doubts: u64,
    /// End with exit code 5 instead of waiting until a late server may have finished
    #[arg(long)]
    no_wait: bool,
    /// Treat a success with a warning from WHMCS as a failure
    #[arg(long)]
    strict: bool,
    /// Suppress all email; block calls whose email cannot be suppressed
    #[arg(long)]
    no_mail: bool,
    /// Stop the script when it uses more than SIZE of memory, such as 512M or 8G
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = size)]
    max_memory: u64,
    /// Process one part of the rows of bulk loops, such as 2/8 for the second of eight, or
    /// `auto/8` under a scheduler. Each part is a run of its own, on any machine, with its
    /// share of the counted limits
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<GivenShard>,
    /// Divide `--rate` by K shards that run at once [default: all shards]; with several
    /// profiles, work on K servers at once [default: 1]
    #[arg(long, value_name = "K", value_parser = at_once)]
    at_once: Option<NonZeroU64>,
}

impl Limits {
    /// Refuses a shard of which nobody knows whether it is one of all.
    pub(super) fn know_the_shard(&self, has_name: bool) -> Result<(), Failure> {
        GivenShard::begin(self.shard, has_name)
    }

    /// On how many servers work is done at once.
    pub(super) fn servers_at_once(&self) -> usize {
        let at_once = self.at_once.map_or(1, NonZeroU64::get);
        usize::try_from(at_once).unwrap_or(usize::MAX)
    }

    /// Whether it was said how many at once, but of no shards.
    pub(super) const fn is_at_once_alone(&self) -> bool {
        self.at_once.is_some() && self.shard.is_none()
    }

    /// Bounds the memory of this process's scripts.
    pub(super) fn bound_memory(&self) {
        limit_memory(self.max_memory);
    }
}

/// How many shards run at once.
fn at_once(text: &str) -> Result<NonZeroU64, String> {
    let wrong = |_| "it must be a whole number from 1".to_owned();
    text.parse().map_err(wrong)
}

/// A size in bytes: `512M`, `2G`, `1.5GiB`.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || "write a size such as `512M` or `8G`".to_owned();
    let text = text.trim().to_ascii_uppercase();
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let power = match unit.trim().trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let (whole, tenths) = number.split_once('.').unwrap_or((number, "0"));
    let (Ok(whole), Ok(tenths), 1) = (whole.parse::<u64>(), tenths.parse::<u64>(), tenths.len())
    else {
        return Err(wrong());
    };
    let unit = 1_u64 << power;
    let bytes = whole
        .saturating_mul(unit)
        .saturating_add(tenths.saturating_mul(unit) / 10);
    if bytes == 0 { Err(wrong()) } else { Ok(bytes) }
}

impl From<Limits> for run::Limits {
    fn from(limits: Limits) -> Self {
        Self {
            workers: limits.workers,
            rate: limits.rate,
            max_failures: limits.max_failures,
            max_writes: limits.max_writes,
            max_deletes: Some(limits.max_deletes),
            max_money: limits.max_money,
            max_doubts: Some(limits.max_doubts),
            no_wait: limits.no_wait,
            strict: limits.strict,
            no_mail: limits.no_mail,
            shard: limits.shard.map(|given| given.shard),
            at_once: limits.at_once.filter(|_| limits.shard.is_some()),
        }
    }
}

/// How much an undo may do, and how fast: it has neither rows nor deletes.
#[derive(Args, Debug)]
pub(super) struct UndoLimits {
    /// Restore N records at once
    #[arg(long, value_name = "N", value_parser = workers)]
    workers: Option<usize>,
    /// Limit calls to RATE, such as 10/s, 0.5/s or 600/m
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// Stop after N writes
    #[arg(long, value_name = "N")]
    max_writes: Option<u64>,
}

impl From<UndoLimits> for run::Limits {
    fn from(limits: UndoLimits) -> Self {
        Self {
            workers: limits.workers,
            rate: limits.rate,
            max_writes: limits.max_writes,
            ..Self::default()
        }
    }
}

fn workers(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=MOST_WORKERS).contains(number))
        .ok_or_else(|| {
            format!(
                "it must be a whole number from 1 (one row at a time) to \
                 {MOST_WORKERS}"
            )
        })
}
