//! What the tests of a log share: a clock by hand, an owner, and a run's records.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::{RngExt as _, rngs::ChaCha8Rng};

use super::super::clock::BootClock;
use super::super::commit::{JournalLog, LogOwner};
use super::super::error::LogError;
use super::super::format::{LogHead, LogPass};
use super::super::scan::{Purpose, Scanned, scan};
use super::fake_disk::FakeFile;

/// The boot that logs are begun in, and one after a power cut.
pub const BOOT: &str = "0b5f8a3e-7a41-4f0e-9d51-000000000001";
pub const NEXT_BOOT: &str = "0b5f8a3e-7a41-4f0e-9d51-000000000002";

/// A clock that goes on when it is told to.
#[derive(Default)]
pub struct HandClock(AtomicU64);

impl HandClock {
    /// Lets so much time pass.
    pub fn go_on(&self, by: Duration) {
        let milliseconds = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl BootClock for HandClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub fn head() -> LogHead {
    LogHead {
        run: "2026-11-30-credit".into(),
        salt: *b"0123456789abcdef",
        step: 4096,
        version: "0.2.0".into(),
    }
}

pub fn owner(boot: &str) -> LogOwner {
    LogOwner {
        pass: LogPass {
            token: [7; 16],
            boot: Some(boot.to_owned()),
            file: 0,
            version: "0.2.0".into(),
        },
        clock: Arc::new(HandClock::default()),
        may_write: Box::new(|| Ok(())),
    }
}

/// A record: its kind and its body.
pub type Brought = (u8, Vec<u8>);

/// What the writer of a log did: the records it brought, and how many were promised.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub brought: Vec<Brought>,
    pub promised: usize,
}

impl Account {
    pub fn promise(&mut self, log: &JournalLog<FakeFile>, body: &[u8]) -> Result<(), LogError> {
        self.brought.push((1, body.to_vec()));
        log.promise(1, body)?;
        self.promised = self.brought.len();
        Ok(())
    }

    pub fn note(&mut self, log: &JournalLog<FakeFile>, body: &[u8]) -> Result<(), LogError> {
        self.brought.push((2, body.to_vec()));
        log.note(2, body).map(|_| ())
    }

    pub fn finish(&mut self, log: &JournalLog<FakeFile>) -> Result<(), LogError> {
        log.finish()?;
        self.promised = self.brought.len();
        Ok(())
    }

    /// Checks that a log holds all that was promised, and nothing that was not brought.
    pub fn check(&self, found: &[Brought], place: &str) {
        assert!(found.len() >= self.promised, "{place}: a promise is lost");
        assert!(found.len() <= self.brought.len(), "{place}: too many");
        assert_eq!(found, &self.brought[..found.len()], "{place}");
    }
}

/// A body as records have them, or up to several sectors long.
pub fn body(dice: &mut ChaCha8Rng) -> Vec<u8> {
    let length = match dice.random_range(0..10) {
        0 => 0,
        1 => dice.random_range(500..2500),
        2 => dice.random_range(200..500),
        _ => dice.random_range(1..90),
    };
    (0..length)
        .map(|_| dice.random_range(b' '..=b'~'))
        .collect()
}

/// Opens a log again, and tells what is in it.
pub fn resume(
    file: &FakeFile,
    seen: Option<&FakeFile>,
    boot: &str,
) -> Result<(JournalLog<FakeFile>, Scanned, Vec<Brought>), LogError> {
    let mut found = Vec::new();
    let (log, scanned) =
        JournalLog::resume(file.clone(), seen.cloned(), owner(boot), false, |entry| {
            found.push((entry.kind, entry.body.to_vec()));
        })?;
    Ok((log, scanned, found))
}

/// Looks at a log.
pub fn show(file: &FakeFile, seen: Option<&FakeFile>) -> Result<(Scanned, Vec<Brought>), LogError> {
    let mut found = Vec::new();
    let scanned = scan(file, seen, &Purpose::Show, |entry| {
        found.push((entry.kind, entry.body.to_vec()));
    })?;
    Ok((scanned, found))
}

/// Writes a log of one to three passes; the last one may be left as it is.
pub fn written(dice: &mut ChaCha8Rng, is_finished: bool) -> (FakeFile, FakeFile, Account) {
    let (file, seen) = (FakeFile::default(), FakeFile::default());
    let mut account = Account::default();
    let passes = dice.random_range(1..=3);
    for pass in 1..=passes {
        let log = if pass == 1 {
            JournalLog::create(file.clone(), Some(seen.clone()), &head(), owner(BOOT)).unwrap()
        } else {
            resume(&file, Some(&seen), BOOT).unwrap().0
        };
        for _ in 0..dice.random_range(3..25) {
            if dice.random_bool(0.4) {
                account.note(&log, &body(dice)).unwrap();
            }
            account.promise(&log, &body(dice)).unwrap();
        }
        if is_finished && pass == passes || dice.random_bool(0.3) && pass < passes {
            account.finish(&log).unwrap();
        }
    }
    (file, seen, account)
}
