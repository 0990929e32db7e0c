//! The write-ahead log beside a journal that an earlier version began.
//!
//! `SQLite` reads it up to the first frame that is not whole and passes over the rest:
//! right after a power cut, and wrong if what follows was on the disk. So it is looked
//! at before `SQLite` does (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER: usize = 32;
const FRAME: usize = 24;
/// The first four bytes, but for the last bit: it says how checksums read words.
const MAGIC: u32 = 0x377f_0682;

/// What is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wal {
    /// No file, or nothing in it.
    Missing,
    /// As it was written, up to where the last write was cut short.
    Whole,
    /// The frame of that number is not as it was written, although later ones are.
    Damaged(u64),
}

/// Looks at the file, and at the index of it that a killed process leaves beside it: it says
/// how many frames there were.
pub(super) fn look(path: &Path) -> io::Result<Wal> {
    // Before the file, which may be growing.
    let index = Index::beside(path);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Wal::Missing),
        Err(error) => return Err(error),
    };
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut header = [0; HEADER];
    if !fill(&mut file, &mut header)? {
        return Ok(Wal::Missing);
    }
    let is_big = word(&header, 0) & 1 == 1;
    let page = word(&header, 8) as usize;
    let is_plausible = word(&header, 0) & !1 == MAGIC && (512..=65_536).contains(&page);
    let sums = sum(is_big, (0, 0), &header[..24]);
    if !is_plausible || sums != (word(&header, 24), word(&header, 28)) {
        return Ok(Wal::Damaged(0));
    }
    let mut frame = vec![0; FRAME + page];
    let (mut before, mut number, mut bad): (_, u64, Option<u64>) = (sums, 0, None);
    while fill(&mut file, &mut frame)? {
        number += 1;
        // What an earlier round of the file left behind has other salts.
        let is_of_this_round = frame[8..16] == header[16..24];
        let sums = sum(is_big, sum(is_big, before, &frame[..8]), &frame[FRAME..]);
        let stored = (word(&frame, 16), word(&frame, 20));
        let is_whole = is_of_this_round && sums == stored;
        let is_commit = word(&frame, 4) != 0;
        match bad {
            None if !is_whole => bad = Some(number),
            Some(bad) if is_whole && is_commit => return Ok(Wal::Damaged(bad)),
            _ => {}
        }
        before = stored;
    }
    let whole = bad.map_or(number, |bad| bad - 1);
    let is_cut = index.is_some_and(|index| {
        let is_of_this_round = index.salts == header[16..24];
        is_of_this_round && u64::from(index.frames) > whole
    });
    Ok(if is_cut {
        Wal::Damaged(whole + 1)
    } else {
        Wal::Whole
    })
}

/// What the index beside a write-ahead log says of it
/// (<https://www.sqlite.org/walformat.html#the_wal_index_header>).
struct Index {
    /// How many frames are valid.
    frames: u32,
    /// The round of the file that it is of.
    salts: [u8; 8],
}

impl Index {
    /// The index of the log of that path; nothing where there is none, or it was not begun.
    fn beside(path: &Path) -> Option<Self> {
        let name = path.to_str()?.strip_suffix("-wal")?;
        let mut header = [0; 40];
        let mut file = File::open(format!("{name}-shm")).ok()?;
        file.read_exact(&mut header).ok()?;
        let is_begun = header[12] != 0;
        is_begun.then(|| Self {
            frames: u32::from_ne_bytes([header[16], header[17], header[18], header[19]]),
            salts: [32, 33, 34, 35, 36, 37, 38, 39].map(|at| header[at]),
        })
    }
}

/// Fills the buffer; whether there was enough.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn sum(is_big: bool, (mut first, mut second): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    let read = |word: [u8; 4]| {
        if is_big {
            u32::from_be_bytes(word)
        } else {
            u32::from_le_bytes(word)
        }
    };
    let (words, _) = bytes.as_chunks::<4>();
    let (pairs, _) = words.as_chunks::<2>();
    for [one, two] in pairs {
        first = first.wrapping_add(read(*one)).wrapping_add(second);
        second = second.wrapping_add(read(*two)).wrapping_add(first);
    }
    (first, second)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::{created_database, row};
    use super::super::{Journal, JournalError, RowState};
    use super::*;

    /// Those files of a run that goes on, as a copy made meanwhile has them.
    fn copied(names: &[&str]) -> tempfile::TempDir {
        let (folder, journal) = created_database();
        for number in 1..=40 {
            journal
                .row(row(&format!("{number:0100}"), number, RowState::Done))
                .unwrap();
            journal.doubts().unwrap();
        }
        let copy = tempfile::tempdir().unwrap();
        for name in names {
            fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        copy
    }

    fn refused(folder: &Path) -> String {
        match Journal::open(folder).err() {
            Some(JournalError::Corrupt { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_frame_that_changed_is_found_wherever_it_stands() {
        let copy = copied(&["journal.sqlite", "journal.sqlite-wal"]);
        let path = copy.path().join("journal.sqlite-wal");
        let whole = fs::read(&path).unwrap();
        assert_eq!(look(&path).unwrap(), Wal::Whole);
        let frame = FRAME + 4096;
        let last = whole.len() - 2 * frame;
        for at in [3, 30, 40, 60, HEADER + frame + 17, whole.len() / 2, last] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert!(refused(copy.path()).contains("journal.sqlite-wal"), "{at}");
        }
        // The end may be missing: it was never promised.
        fs::write(&path, &whole[..whole.len() - 100]).unwrap();
        Journal::open(copy.path()).unwrap();
    }

    #[test]
    fn a_log_that_lost_its_end_is_found_by_the_index_beside_it() {
        let copy = copied(&["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"]);
        let path = copy.path().join("journal.sqlite-wal");
        let whole = fs::read(&path).unwrap();
        assert_eq!(look(&path).unwrap(), Wal::Whole);
        for share in [50, 90, 97] {
            fs::write(&path, &whole[..whole.len() * share / 100]).unwrap();
            assert!(
                refused(copy.path()).contains("journal.sqlite-wal"),
                "{share}"
            );
        }
    }

    #[test]
    fn a_journal_without_its_log_is_refused_unless_the_run_ended() {
        let copy = copied(&["journal.sqlite", "journal.sqlite-wal"]);
        let path = copy.path().join("journal.sqlite");
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.execute_batch("DROP TABLE opened").unwrap();
        drop(connection);
        assert!(!copy.path().join("journal.sqlite-wal").exists());
        assert!(refused(copy.path()).contains("is missing"));
        let (folder, journal) = created_database();
        journal.finish(super::super::State::Failed).unwrap();
        drop(journal);
        assert!(!folder.path().join("journal.sqlite-wal").exists());
        // Taken up, and left at once.
        for _ in 0..2 {
            drop(Journal::open(folder.path()).unwrap());
        }
    }

    #[test]
    fn a_killed_run_can_be_taken_up_again_and_again() {
        let copy = copied(&["journal.sqlite", "journal.sqlite-wal"]);
        for _ in 0..3 {
            drop(Journal::open(copy.path()).unwrap());
        }
    }
}
