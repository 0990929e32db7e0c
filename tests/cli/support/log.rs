//! The log of a run, read and written without any code of the product.
//!
//! Groups of frames, each with its checksum; `src/run/journal/log` describes the bytes.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const LOG: &str = "journal.log";
/// What was last seen of it, in the file beside it.
pub const SEEN: &str = "journal.seen";

const SECTOR: usize = 512;
const STAMP: usize = 25;
const HEADER: usize = STAMP + 20;
/// The record that says what the run is.
pub const HEAD: u8 = 1;
/// The record of a write that is about to be sent.
pub const INTENT: u8 = 8;
/// The frame that ends a log.
pub const END: u8 = 255;

/// A log in memory.
pub struct Log {
    path: PathBuf,
    sector: [u8; SECTOR],
    groups: Vec<Group>,
}

/// What came to the disk at once.
pub struct Group {
    /// Where it stood in the file.
    pub place: Range<usize>,
    boot: [u8; 4],
    /// Kinds and bodies.
    pub frames: Vec<(u8, Vec<u8>)>,
}

impl Log {
    /// Reads the log in a run's folder; every byte of it must be as it was written.
    #[track_caller]
    pub fn read(folder: &Path) -> Self {
        let path = folder.join(LOG);
        let bytes = std::fs::read(&path).unwrap();
        let sector: [u8; SECTOR] = bytes[..SECTOR].try_into().unwrap();
        let mut log = Self {
            path,
            sector,
            groups: Vec::new(),
        };
        assert_eq!(number(&sector[12..16]), log.sum_of_head(), "the head");
        let mut at = start(SECTOR);
        while at + HEADER < bytes.len() && number(&bytes[at..at + 4]) != 0 {
            let length = number(&bytes[at + STAMP + 4..at + STAMP + 8]) as usize;
            let group = log.group(&bytes, at..at + length);
            log.groups.push(group);
            at = start(at + length);
        }
        log
    }

    fn group(&self, bytes: &[u8], place: Range<usize>) -> Group {
        let count = number(&bytes[place.start + STAMP..][..4]);
        let boot = bytes[place.start + STAMP + 16..][..4].try_into().unwrap();
        let mut at = place.start;
        let mut frame = || {
            let length = number(&bytes[at..at + 4]) as usize;
            let frame = &bytes[at..at + length];
            assert_eq!(number(&frame[4..8]), self.sum(frame), "byte {at}");
            at += length;
            (frame[24], frame[STAMP..].to_vec())
        };
        assert_eq!(frame().0, 0);
        Group {
            frames: (0..count).map(|_| frame()).collect(),
            place,
            boot,
        }
    }

    /// The groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The bodies of the records of that kind.
    pub fn records(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        let frames = self.groups.iter().flat_map(|group| &group.frames);
        frames
            .filter(move |frame| frame.0 == kind)
            .map(|frame| &*frame.1)
    }

    /// What the run is, as JSON.
    #[track_caller]
    pub fn head(&self) -> String {
        let body = self.records(HEAD).next().unwrap();
        String::from_utf8(field(body, 1).unwrap().to_vec()).unwrap()
    }

    /// Says that the run is another one.
    pub fn put_head(&mut self, json: &str) -> &mut Self {
        let mut frames = self.groups.iter_mut().flat_map(|group| &mut group.frames);
        let frame = frames.find(|frame| frame.0 == HEAD).unwrap();
        frame.1 = [&[1], &size(json.len())[..], json.as_bytes()].concat();
        self
    }

    /// Says that it is of another format, and which version wrote it.
    pub fn put_format(&mut self, format: u32, version: &str) -> &mut Self {
        self.sector[8..12].copy_from_slice(&format.to_le_bytes());
        self.sector[VERSION] = u8::try_from(version.len()).unwrap();
        self.sector[VERSION + 1..][..version.len()].copy_from_slice(version.as_bytes());
        self
    }

    /// Takes all groups away behind that many, and so whatever ended the run.
    pub fn cut_behind(&mut self, groups: usize) -> &mut Self {
        self.groups.truncate(groups);
        self
    }

    /// Says in the file beside it that this group was on the disk.
    pub fn put_seen(&self, group: u64) {
        let mut bytes = b"whmcshJS".to_vec();
        bytes.extend(&self.sector[16..32]);
        bytes.extend(group.to_le_bytes());
        bytes.extend(crc(&bytes).to_le_bytes());
        std::fs::write(self.path.with_file_name(SEEN), bytes).unwrap();
    }

    /// Writes it back.
    pub fn write(&mut self) {
        let sum = self.sum_of_head();
        self.sector[12..16].copy_from_slice(&sum.to_le_bytes());
        let mut bytes = self.sector.to_vec();
        let mut sequence = 1_u64;
        for (group, number) in self.groups.iter().zip(1_u64..) {
            bytes.resize(start(bytes.len()), 0);
            let at = bytes.len();
            let lengths = group.frames.iter().map(|frame| STAMP + frame.1.len());
            let length = HEADER + lengths.sum::<usize>() + 1;
            let header = [
                &size(group.frames.len())[..],
                &size(length),
                &(at as u64).to_le_bytes(),
                &group.boot,
            ];
            bytes.extend(self.frame(0, (sequence, number), &header.concat()));
            for (kind, body) in &group.frames {
                bytes.extend(self.frame(*kind, (sequence, number), body));
                sequence += 1;
            }
            bytes.push(0xA5);
        }
        let last = self.groups.last().and_then(|group| group.frames.last());
        if last.is_none_or(|frame| frame.0 != END) {
            // One that goes on has zeros behind it, up to a whole step.
            let step = number(&self.sector[32..36]) as usize;
            bytes.resize((bytes.len() + 1).next_multiple_of(step), 0);
        }
        std::fs::write(&self.path, bytes).unwrap();
    }

    fn frame(&self, kind: u8, (sequence, group): (u64, u64), body: &[u8]) -> Vec<u8> {
        let mut frame = size(STAMP + body.len()).to_vec();
        frame.extend([0; 4]);
        frame.extend(sequence.to_le_bytes());
        frame.extend(group.to_le_bytes());
        frame.push(kind);
        frame.extend(body);
        let sum = self.sum(&frame);
        frame[4..8].copy_from_slice(&sum.to_le_bytes());
        frame
    }

    fn sum(&self, frame: &[u8]) -> u32 {
        let parts = [&self.sector[16..32], &frame[STAMP..], &frame[..4]];
        crc(&[&parts.concat()[..], &frame[8..STAMP]].concat())
    }

    fn sum_of_head(&self) -> u32 {
        crc(&[&self.sector[..12], &self.sector[16..]].concat())
    }
}

/// The record of a process on another host that took a run and has not given it back.
pub fn holder_elsewhere() -> Vec<u8> {
    let json = "{\"token\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,7],\"process\":{\"host\":\"far-away\",\
         \"boot\":\"b\",\"namespace\":1,\"pid\":4242,\"started\":7},\"renewals\":0,\"is_released\":false}";
    let mut bytes = format!("{:08x} {json}\n", crc(json.as_bytes())).into_bytes();
    bytes.resize(SECTOR, b' ');
    bytes
}

/// Where the version stands in the head: its length, then its letters.
const VERSION: usize = 294;

/// The field of that number in the body of a record.
pub fn field(body: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = body;
    while !rest.is_empty() {
        let length = number(&rest[1..5]) as usize;
        if rest[0] == wanted {
            return Some(&rest[5..5 + length]);
        }
        rest = &rest[5 + length..];
    }
    None
}

/// Where a group begins behind what ends there.
fn start(end: usize) -> usize {
    let room = SECTOR - end % SECTOR;
    if room < HEADER { end + room } else { end }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().unwrap())
}

fn size(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap().to_le_bytes()
}

/// CRC-32C, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let bit = |sum: u32| (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg());
    let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), |sum, _| bit(sum));
    !bytes.iter().fold(!0, byte)
}
