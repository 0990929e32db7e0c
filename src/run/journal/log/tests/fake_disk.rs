//! A disk in memory that can lose power, and a process on it that can be killed.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use rand::{RngExt as _, rngs::ChaCha8Rng};

use super::super::storage::Storage;

/// What is written wholly or not at all, in bytes.
const SECTOR: usize = 512;

/// What a sector may hold after a power cut: each version since the last sync.
type Versions = Vec<[u8; SECTOR]>;

/// A file on it, shared by those who hold a copy.
#[derive(Clone, Default)]
pub struct FakeFile(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// What a process reads.
    cache: Vec<u8>,
    /// What was synced.
    disk: Vec<u8>,
    /// Sectors written since.
    unsynced: BTreeMap<usize, Versions>,
    /// Lengths given since.
    lengths: Vec<usize>,
    /// How many steps were done.
    steps: u64,
    /// The step from which on nothing is done any more.
    dies_at: Option<u64>,
    /// How many bytes the write at that step gets through.
    gets_through: usize,
    /// The step that fails, alone.
    fails_at: Option<(u64, io::ErrorKind)>,
    /// How long it can become.
    room: Option<usize>,
}

impl FakeFile {
    pub fn of(bytes: &[u8]) -> Self {
        let file = Self::default();
        file.inner().cache = bytes.to_vec();
        file.inner().disk = bytes.to_vec();
        file
    }

    pub fn inner_bytes(&self) -> Vec<u8> {
        self.inner().cache.clone()
    }

    pub fn steps(&self) -> u64 {
        self.inner().steps
    }

    /// The process ends at that step; a write then gets so many bytes through.
    pub fn die_at(&self, step: u64, gets_through: usize) {
        let mut inner = self.inner();
        inner.dies_at = Some(step);
        inner.gets_through = gets_through;
    }

    pub fn fail_at(&self, step: u64, kind: io::ErrorKind) {
        self.inner().fails_at = Some((step, kind));
    }

    pub fn give_room(&self, bytes: Option<usize>) {
        self.inner().room = bytes;
    }

    /// How many sectors a power cut may lose.
    pub fn unsynced(&self) -> usize {
        let inner = self.inner();
        let is_new = |(sector, versions): (&usize, &Versions)| {
            let now = inner.disk_sector(*sector);
            versions.iter().any(|version| *version != now)
        };
        inner.unsynced.iter().filter(|entry| is_new(*entry)).count()
    }

    /// What the next process finds if only this one was killed.
    pub fn after_kill(&self) -> Self {
        Self::of(&self.inner().cache)
    }

    /// What is found after a power cut that keeps the changed sectors that the bits say;
    /// the highest one is for the length.
    pub fn after_power_cut(&self, keep: u64) -> Self {
        let inner = self.inner();
        let mut bit = 0;
        let length = inner.lengths.last().filter(|_| keep >> 63 == 1);
        inner.image(length.copied(), |versions, now| {
            if versions.iter().all(|version| version == now) {
                return None;
            }
            bit += 1;
            (keep >> (bit - 1) & 1 == 1).then(|| versions.len() - 1)
        })
    }

    /// What is found after a power cut that keeps any versions of any sectors.
    pub fn after_random_cut(&self, dice: &mut ChaCha8Rng) -> Self {
        let inner = self.inner();
        let all = dice.random_bool(0.1);
        let length = match dice.random_range(0..=inner.lengths.len()) {
            0 => None,
            at => Some(inner.lengths[at - 1]),
        };
        inner.image(length, |versions, _| {
            if all {
                return Some(versions.len() - 1);
            }
            let version = dice.random_range(0..=versions.len());
            version.checked_sub(1)
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Inner {
    fn disk_sector(&self, sector: usize) -> [u8; SECTOR] {
        let mut bytes = [0; SECTOR];
        let from = (sector * SECTOR).min(self.disk.len());
        let to = (from + SECTOR).min(self.disk.len());
        bytes[..to - from].copy_from_slice(&self.disk[from..to]);
        bytes
    }

    fn image(
        &self,
        length: Option<usize>,
        mut keep: impl FnMut(&Versions, &[u8; SECTOR]) -> Option<usize>,
    ) -> FakeFile {
        let length = length.unwrap_or(self.disk.len());
        let mut image = self.disk.clone();
        image.resize(self.cache.len().max(length).max(image.len()), 0);
        for (sector, versions) in &self.unsynced {
            let now = self.disk_sector(*sector);
            if let Some(version) = keep(versions, &now) {
                let from = sector * SECTOR;
                let to = (from + SECTOR).min(image.len());
                if from < to {
                    image[from..to].copy_from_slice(&versions[version][..to - from]);
                }
            }
        }
        image.truncate(length);
        FakeFile::of(&image)
    }

    /// Counts a step; how much of it is done.
    fn step(&mut self) -> io::Result<Option<usize>> {
        let step = self.steps;
        self.steps += 1;
        if let Some((at, kind)) = self.fails_at
            && at == step
        {
            return Err(kind.into());
        }
        match self.dies_at {
            Some(at) if step == at => Ok(Some(self.gets_through)),
            Some(at) if step > at => Err(io::Error::other("killed")),
            _ => Ok(None),
        }
    }
}

impl Storage for FakeFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.inner().cache.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let inner = self.inner();
        let from = usize::try_from(offset).unwrap().min(inner.cache.len());
        let to = (from + buffer.len()).min(inner.cache.len());
        buffer[..to - from].copy_from_slice(&inner.cache[from..to]);
        Ok(to - from)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut inner = self.inner();
        let cut = inner.step()?;
        let bytes = &bytes[..cut.unwrap_or(bytes.len()).min(bytes.len())];
        let from = usize::try_from(offset).unwrap();
        let to = from + bytes.len();
        if inner.room.is_some_and(|room| to > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if inner.cache.len() < to {
            inner.cache.resize(to, 0);
            inner.lengths.push(to);
        }
        inner.cache[from..to].copy_from_slice(bytes);
        if !bytes.is_empty() {
            for sector in from / SECTOR..=(to - 1) / SECTOR {
                let start = sector * SECTOR;
                let end = (start + SECTOR).min(inner.cache.len());
                let mut version = [0; SECTOR];
                version[..end - start].copy_from_slice(&inner.cache[start..end]);
                inner.unsynced.entry(sector).or_default().push(version);
            }
        }
        if cut.is_some() {
            return Err(io::Error::other("killed"));
        }
        Ok(())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        let mut inner = self.inner();
        if inner.step()?.is_some() {
            return Err(io::Error::other("killed"));
        }
        let size = usize::try_from(size).unwrap();
        inner.cache.resize(size, 0);
        inner.lengths.push(size);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync_all()
    }

    fn sync_all(&self) -> io::Result<()> {
        let mut inner = self.inner();
        let inner = &mut *inner;
        match inner.step() {
            Ok(None) => {}
            Ok(Some(_)) => return Err(io::Error::other("killed")),
            Err(error) => {
                if inner.fails_at.is_some() {
                    // The system forgets what it could not write: it is read, but never written.
                    inner.unsynced.clear();
                }
                return Err(error);
            }
        }
        inner.disk.resize(inner.cache.len(), 0);
        for sector in inner.unsynced.keys() {
            let from = (sector * SECTOR).min(inner.cache.len());
            let to = (from + SECTOR).min(inner.cache.len());
            inner.disk[from..to].copy_from_slice(&inner.cache[from..to]);
        }
        inner.unsynced.clear();
        inner.lengths.clear();
        Ok(())
    }
}
