//! Writing a log: what many threads bring, in groups, without a thread of its own.
//!
//! Whoever needs its record on the disk leads if nobody does: it writes and syncs
//! all that was brought, while the others bring the next group and wait for theirs.
//! A group is written only after the one before it is on the disk. After a write or
//! a sync that failed nobody knows what the disk holds: nothing is promised any more.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::BootClock;
use super::crc32c::Crc32c;
use super::error::LogError;
use super::format::{
    END, GroupHeader, HEADER, LogHead, LogPass, MARK, MAX_BODY, PASS, SECTOR, boot_mark,
    group_start, put_frame,
};
use super::scan::{LogEntry, Purpose, Scanned, scan};
use super::storage::Storage;
use super::tail::Tail;
use super::witness;
use crate::run::condition::Condition;

/// A group that has so many bytes takes no more records; whoever brings one waits.
const FULL: usize = 1 << 20;
/// How many zeros are written at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
/// How much of a torn group is overwritten at a time: what is left must be a prefix of it.
const PAGE: u64 = 4096;

/// Whether this process may still write; if not, why.
pub type MayWrite = dyn Fn() -> Result<(), String> + Send + Sync;

/// Who writes a log.
pub struct LogOwner {
    /// Itself, as the log will tell.
    pub pass: LogPass,
    /// What the age of records goes by.
    pub clock: Arc<dyn BootClock>,
    /// Asked before each group.
    pub may_write: Box<MayWrite>,
}

impl LogOwner {
    /// The same, writing in that file.
    pub(super) fn writing_in(mut self, file: u64) -> Self {
        self.pass.file = file;
        self
    }
}

/// A log that is being written.
///
/// Records that were only noted, and not flushed, are lost when it is dropped.
pub struct JournalLog<S> {
    gathering: Mutex<Gathering>,
    /// Those who wait for a group wait on the one of its parity.
    settled: [Condition; 2],
    ground: Mutex<Ground<S>>,
    owner: LogOwner,
    seed: Crc32c,
    boot: u32,
}

/// The group that takes records.
struct Gathering {
    /// Its bytes so far, with room for the header.
    bytes: Vec<u8>,
    frames: u32,
    start: u64,
    group: u64,
    /// The number that the next record gets.
    sequence: u64,
    /// When the oldest record was noted that nobody waits for.
    oldest: Option<Duration>,
    /// Whether a thread is writing the group before it.
    is_led: bool,
    /// The last group that is on the disk.
    durable: u64,
    /// Why nothing is written any more.
    poison: Option<LogError>,
    is_ended: bool,
    spare: Vec<u8>,
}

/// What the one who leads works on.
struct Ground<S> {
    storage: S,
    /// `journal.seen`; given up if it cannot be written.
    seen: Option<S>,
    salt: [u8; 16],
    step: u64,
    /// Up to where the file was filled with zeros, and synced.
    filled: u64,
    /// Where the last group ends.
    end: u64,
}

impl<S: Storage> JournalLog<S> {
    /// Begins a log in an empty file; its head is on the disk when this returns.
    pub fn create(
        storage: S,
        seen: Option<S>,
        head: &LogHead,
        owner: LogOwner,
    ) -> Result<Self, LogError> {
        let sector = head.encode()?;
        let mut ground = Ground::new(storage, seen, head, SECTOR);
        let begin = LogError::io("begin");
        if ground.storage.size().map_err(&begin)? != 0 {
            return Err(LogError::Exists);
        }
        ground.storage.resize(ground.step).map_err(&begin)?;
        ground.storage.write_at(&sector, 0).map_err(&begin)?;
        ground.fill(SECTOR)?;
        Self::begin(ground, head, owner, (0, 0))
    }

    /// Goes on with a log, after all of it was verified and handed out as [`scan`] does.
    ///
    /// What stands behind its last whole group is removed, and told in what this returns.
    /// A copy is refused, unless it is to be adopted.
    pub fn resume(
        storage: S,
        seen: Option<S>,
        owner: LogOwner,
        is_adopted: bool,
        visit: impl FnMut(LogEntry<'_>),
    ) -> Result<(Self, Scanned), LogError> {
        let purpose = if is_adopted {
            Purpose::Adopt
        } else {
            Purpose::Resume {
                boot: owner.pass.boot.clone(),
            }
        };
        let scanned = scan(&storage, seen.as_ref(), &purpose, visit)?;
        if !is_adopted && scanned.is_copied(owner.pass.file) {
            return Err(LogError::Copied);
        }
        let size = storage.size().map_err(LogError::io("repair"))?;
        let mut ground = Ground::new(storage, seen, &scanned.head, scanned.end);
        match scanned.tail {
            Tail::Whole => {}
            Tail::Torn { bytes } => ground.remove_tail(scanned.end + bytes)?,
            Tail::Later(_) | Tail::Cut => ground.remove_tail(size)?,
        }
        ground.write_again(scanned.last_group, scanned.end)?;
        // Nobody knows whether the zeros there are came to the disk before.
        ground.filled = scanned.end.next_multiple_of(SECTOR);
        ground.fill(scanned.end)?;
        let last = (scanned.groups, scanned.last_sequence);
        let log = Self::begin(ground, &scanned.head, owner, last)?;
        Ok((log, scanned))
    }

    fn begin(
        ground: Ground<S>,
        head: &LogHead,
        owner: LogOwner,
        (group, sequence): (u64, u64),
    ) -> Result<Self, LogError> {
        let pass = owner.pass.encode()?;
        let seed = head.seed();
        let mut gathering = Gathering {
            bytes: vec![0; HEADER],
            frames: 0,
            start: group_start(ground.end),
            group: group + 1,
            sequence: sequence + 1,
            oldest: None,
            is_led: false,
            durable: group,
            poison: None,
            is_ended: false,
            spare: Vec::new(),
        };
        gathering.put(PASS, seed.update(&pass), &pass);
        Ok(Self {
            gathering: Mutex::new(gathering),
            settled: [Condition::default(), Condition::default()],
            ground: Mutex::new(ground),
            boot: boot_mark(owner.pass.boot.as_deref()),
            owner,
            seed,
        })
    }

    /// Writes down a record; it is on the disk when this returns. Returns its number.
    ///
    /// After an error nothing that depends on it may be done.
    pub fn promise(&self, kind: u8, body: &[u8]) -> Result<u64, LogError> {
        let (mut gathering, of_body) = self.admit(kind, body)?;
        let sequence = gathering.put(kind, of_body, body);
        let group = gathering.group;
        self.wait(gathering, group)?;
        Ok(sequence)
    }

    /// Brings a record that goes to the disk with the next group. Returns its number.
    ///
    /// Does not wait, unless a great deal was brought since the last group.
    pub fn note(&self, kind: u8, body: &[u8]) -> Result<u64, LogError> {
        let (mut gathering, of_body) = self.admit(kind, body)?;
        gathering
            .oldest
            .get_or_insert_with(|| self.owner.clock.now());
        Ok(gathering.put(kind, of_body, body))
    }

    /// Puts all that was brought so far on the disk.
    pub fn flush(&self) -> Result<(), LogError> {
        let gathering = lock(&self.gathering);
        let group = gathering.newest();
        self.wait(gathering, group)
    }

    /// Puts what was noted on the disk if some of it was noted so long ago, and
    /// otherwise says how long it is until then; nothing if nothing waits.
    pub fn flush_if_older(&self, age: Duration) -> Result<Option<Duration>, LogError> {
        let gathering = lock(&self.gathering);
        if let Some(error) = &gathering.poison {
            return Err(error.clone());
        }
        let Some(oldest) = gathering.oldest else {
            return Ok(None);
        };
        let left = age.saturating_sub(self.owner.clock.now().saturating_sub(oldest));
        if !left.is_zero() {
            return Ok(Some(left));
        }
        let group = gathering.group;
        self.wait(gathering, group)?;
        Ok(None)
    }

    /// Ends the log: all is on the disk, and nothing can follow in this pass.
    pub fn finish(&self) -> Result<(), LogError> {
        let mut gathering = lock(&self.gathering);
        if gathering.is_ended {
            return Err(gathering.poison.clone().unwrap_or(LogError::Finished));
        }
        let count = gathering.sequence.to_le_bytes();
        gathering.put(END, self.seed.update(&count), &count);
        gathering.is_ended = true;
        let group = gathering.group;
        self.wait(gathering, group)?;
        let cut = lock(&self.ground).cut();
        if let Err(error) = &cut {
            drop(self.settle(Err(error.clone()), Vec::new()));
        }
        cut
    }

    /// Lets a record in: when there is room, and nothing speaks against it.
    fn admit(
        &self,
        kind: u8,
        body: &[u8],
    ) -> Result<(MutexGuard<'_, Gathering>, Crc32c), LogError> {
        if kind == 0 || kind >= PASS {
            return Err(LogError::Kind(kind));
        }
        if body.len() > MAX_BODY {
            return Err(LogError::TooLong {
                bytes: body.len(),
                limit: MAX_BODY,
            });
        }
        let of_body = self.seed.update(body);
        let mut gathering = lock(&self.gathering);
        loop {
            if let Some(error) = &gathering.poison {
                return Err(error.clone());
            }
            if gathering.is_ended {
                return Err(LogError::Finished);
            }
            if gathering.bytes.len() < FULL {
                return Ok((gathering, of_body));
            }
            gathering = if gathering.is_led {
                let before = gathering.group - 1;
                self.sleep(gathering, before)
            } else {
                self.lead(gathering)
            };
        }
    }

    /// Waits until that group is on the disk, and leads if nobody does.
    fn wait<'g>(
        &'g self,
        mut gathering: MutexGuard<'g, Gathering>,
        group: u64,
    ) -> Result<(), LogError> {
        loop {
            if gathering.durable >= group {
                return Ok(());
            }
            if let Some(error) = &gathering.poison {
                return Err(error.clone());
            }
            gathering = if gathering.is_led {
                self.sleep(gathering, group)
            } else {
                self.lead(gathering)
            };
        }
    }

    fn sleep<'g>(
        &self,
        gathering: MutexGuard<'g, Gathering>,
        group: u64,
    ) -> MutexGuard<'g, Gathering> {
        self.settled_by(group).wait(gathering)
    }

    fn settled_by(&self, group: u64) -> &Condition {
        &self.settled[usize::from(group % 2 == 1)]
    }

    /// Writes the group that was gathered, while others gather the next.
    fn lead<'g>(&'g self, mut gathering: MutexGuard<'g, Gathering>) -> MutexGuard<'g, Gathering> {
        let (header, bytes) = gathering.seal(self.seed, self.boot);
        drop(gathering);
        let written = catch_unwind(AssertUnwindSafe(|| {
            (self.owner.may_write)().map_err(LogError::Lost)?;
            lock(&self.ground).write(&header, &bytes)
        }));
        self.settle(written.unwrap_or(Err(LogError::Died)), bytes)
    }

    /// Tells what became of the group that was led.
    fn settle(
        &self,
        written: Result<u64, LogError>,
        mut bytes: Vec<u8>,
    ) -> MutexGuard<'_, Gathering> {
        let mut gathering = lock(&self.gathering);
        gathering.is_led = false;
        match written {
            Ok(group) => {
                gathering.durable = group;
                bytes.clear();
                gathering.spare = bytes;
                self.settled_by(group).notify_all();
                // Of those who wait for the next group one has to lead.
                self.settled_by(group + 1).notify_one();
            }
            Err(error) => {
                gathering.poison.get_or_insert(error);
                self.settled.iter().for_each(Condition::notify_all);
            }
        }
        gathering
    }
}

impl Gathering {
    /// Takes a record; its number.
    fn put(&mut self, kind: u8, of_body: Crc32c, body: &[u8]) -> u64 {
        let sequence = self.sequence;
        put_frame(&mut self.bytes, of_body, (kind, sequence, self.group), body);
        self.sequence += 1;
        self.frames += 1;
        sequence
    }

    /// The last group that has a record.
    fn newest(&self) -> u64 {
        self.group - u64::from(self.frames == 0)
    }

    /// Closes the group, for the one who leads, and begins the next.
    fn seal(&mut self, seed: Crc32c, boot: u32) -> (GroupHeader, Vec<u8>) {
        self.bytes.push(MARK);
        // At most what is full and one record more.
        #[expect(clippy::cast_possible_truncation, reason = "at most 18 MiB")]
        let header = GroupHeader {
            group: self.group,
            sequence: self.sequence - u64::from(self.frames),
            frames: self.frames,
            bytes: self.bytes.len() as u32,
            offset: self.start,
            boot,
        };
        self.bytes[..HEADER].copy_from_slice(&header.encode(seed));
        let mut next = mem::take(&mut self.spare);
        next.resize(HEADER, 0);
        self.start = group_start(self.start + self.bytes.len() as u64);
        self.group += 1;
        self.frames = 0;
        self.oldest = None;
        self.is_led = true;
        (header, mem::replace(&mut self.bytes, next))
    }
}

impl<S: Storage> Ground<S> {
    fn new(storage: S, seen: Option<S>, head: &LogHead, end: u64) -> Self {
        Self {
            storage,
            seen,
            salt: head.salt,
            step: u64::from(head.step),
            filled: SECTOR,
            end,
        }
    }

    /// Puts a group on the disk; its number.
    fn write(&mut self, header: &GroupHeader, bytes: &[u8]) -> Result<u64, LogError> {
        let end = header.offset + bytes.len() as u64;
        if end >= self.filled {
            self.fill(end)?;
        }
        let written = self.storage.write_at(bytes, header.offset);
        written.map_err(LogError::io("write"))?;
        self.storage.sync_data().map_err(LogError::io("sync"))?;
        self.end = end;
        self.bear_witness(header.group);
        Ok(header.group)
    }

    /// Lengthens the file by zeros so that some stand behind that place.
    ///
    /// Written zeros, since blocks that are only allocated can still fail to be written.
    fn fill(&mut self, end: u64) -> Result<(), LogError> {
        let lengthen = LogError::io("lengthen");
        let size = self.storage.size().map_err(&lengthen)?;
        let target = ((end / self.step + 1) * self.step).max(size.next_multiple_of(self.step));
        // Its length goes from one whole step to another at once: any other length is a cut.
        self.storage.resize(target).map_err(&lengthen)?;
        while self.filled < target {
            let bytes = ZEROS.len().min(room(self.filled, target));
            let written = self.storage.write_at(&ZEROS[..bytes], self.filled);
            written.map_err(&lengthen)?;
            self.filled += bytes as u64;
        }
        self.storage.sync_all().map_err(&lengthen)
    }

    /// Overwrites what is left of a torn group, from behind, so that a kill leaves a
    /// prefix of it; no system is stopped in the middle of a page. The sync comes with the filling.
    fn remove_tail(&mut self, data_end: u64) -> Result<(), LogError> {
        let remove = LogError::io("repair");
        let mut to = data_end;
        while to > self.end {
            let from = self.end.max((to - 1) / PAGE * PAGE);
            let zeros = &ZEROS[..room(from, to)];
            self.storage.write_at(zeros, from).map_err(&remove)?;
            to = from;
        }
        Ok(())
    }

    /// Writes the last group as it is: if its sync failed, it may stand in the
    /// system's memory alone, which does not bring it to the disk by itself any more.
    fn write_again(&self, from: u64, to: u64) -> Result<(), LogError> {
        let repair = LogError::io("repair");
        let mut bytes = vec![0; room(from, to)];
        self.storage.read_at(&mut bytes, from).map_err(&repair)?;
        self.storage.write_at(&bytes, from).map_err(&repair)
    }

    /// Cuts the file to its length.
    fn cut(&mut self) -> Result<(), LogError> {
        let end = LogError::io("end");
        self.storage.resize(self.end).map_err(&end)?;
        self.storage.sync_all().map_err(&end)
    }

    fn bear_witness(&mut self, group: u64) {
        let written = self
            .seen
            .as_ref()
            .map(|seen| witness::write(seen, self.salt, group));
        if let Some(Err(_)) = written {
            // It then stays behind, which the next to open the log is told.
            self.seen = None;
        }
    }
}

fn room(from: u64, to: u64) -> usize {
    usize::try_from(to - from).unwrap_or(usize::MAX)
}

/// What these locks guard is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
