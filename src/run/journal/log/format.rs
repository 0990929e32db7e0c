//! The bytes of a log: the head, the frames, the groups. The module's face
//! (`mod.rs`) describes them.

use super::crc32c::Crc32c;
use super::error::{Damage, DamageKind, LogError};

/// What a disk writes wholly or not at all, in bytes.
pub(super) const SECTOR: u64 = 512;
/// The bytes of the head: a sector.
pub(super) const HEAD: usize = 512;
/// The newest format this version reads, and the one it writes.
const FORMAT: u32 = 1;
const MAGIC: [u8; 8] = *b"whmcshJL";
/// The bytes of a frame that are not its body.
pub(super) const FRAME: usize = 25;
/// The bytes of the frame that begins a group.
pub(super) const HEADER: usize = FRAME + 20;
/// What a group ends with, so that its last sector is never zeros.
pub(super) const MARK: u8 = 0xA5;
/// How long the body of a record may be, in bytes.
pub const MAX_BODY: usize = 16 << 20;
/// How long a group may be, in bytes.
pub(super) const MAX_GROUP: usize = 32 << 20;
/// How long the name of a run may be, in bytes.
const MAX_RUN: usize = 256;
/// Where the name of the run stands in the head.
const RUN: usize = 38;
/// Where the version of the program stands in the head, its length first.
const VERSION: usize = RUN + MAX_RUN;
/// How long a version may be, in bytes.
const MAX_VERSION: usize = 64;

/// The kind of the frame that begins a group.
const GROUP: u8 = 0;
/// The kind of the frame that says who writes from here on.
pub(super) const PASS: u8 = 254;
/// The kind of the frame that ends a log.
pub(super) const END: u8 = 255;

/// What a log says of itself in its first sector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogHead {
    /// The run whose log it is.
    pub run: String,
    /// Random bytes that go into every checksum, so that no other log's data passes for its own.
    pub salt: [u8; 16],
    /// By how many bytes the file is lengthened at a time; a multiple of 512.
    pub step: u32,
    /// The version of the program that began it; at most 64 bytes.
    pub version: String,
}

impl LogHead {
    /// The first sector of a log.
    pub(super) fn encode(&self) -> Result<[u8; HEAD], LogError> {
        let run = at_most(MAX_RUN, &self.run)?;
        let version = at_most(MAX_VERSION, &self.version)?;
        let mut sector = [0; HEAD];
        sector[..8].copy_from_slice(&MAGIC);
        sector[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        sector[16..32].copy_from_slice(&self.salt);
        sector[32..36].copy_from_slice(&self.step.to_le_bytes());
        #[expect(clippy::cast_possible_truncation, reason = "at most 256")]
        sector[36..RUN].copy_from_slice(&(run.len() as u16).to_le_bytes());
        sector[RUN..RUN + run.len()].copy_from_slice(run);
        #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
        sector[VERSION..=VERSION].copy_from_slice(&[version.len() as u8]);
        sector[VERSION + 1..][..version.len()].copy_from_slice(version);
        let crc = Self::crc(&sector);
        sector[12..16].copy_from_slice(&crc.to_le_bytes());
        Ok(sector)
    }

    /// Reads a first sector; fewer bytes than one where the file is shorter.
    pub(super) fn decode(sector: &[u8]) -> Result<Self, LogError> {
        let damaged = |kind| {
            LogError::Damaged(Damage {
                offset: 0,
                group: 0,
                kind,
            })
        };
        let Some(magic) = sector.get(..8) else {
            return Err(if sector.is_empty() {
                LogError::Empty
            } else {
                LogError::Foreign
            });
        };
        if sector.len() < HEAD {
            return Err(if magic == MAGIC {
                damaged(DamageKind::Cut)
            } else {
                LogError::Foreign
            });
        }
        let is_whole = u32_at(sector, 12) == Self::crc(sector);
        if !is_whole {
            // One flipped bit of the magic makes no other file of it.
            let alike = magic.iter().zip(MAGIC).filter(|(a, b)| **a == *b).count();
            return Err(if alike >= 6 {
                damaged(DamageKind::Head)
            } else if sector.iter().all(|byte| *byte == 0) {
                LogError::Empty
            } else {
                LogError::Foreign
            });
        }
        if magic != MAGIC {
            return Err(LogError::Foreign);
        }
        let format = u32_at(sector, 8);
        if format > FORMAT {
            return Err(LogError::Newer {
                format,
                known: FORMAT,
                version: version(sector),
            });
        }
        let length = usize::from(u16::from_le_bytes([sector[36], sector[37]]));
        let run = sector
            .get(RUN..RUN + length)
            .and_then(|run| str::from_utf8(run).ok());
        let step = u32_at(sector, 32);
        let is_step = step > 0 && u64::from(step) % SECTOR == 0;
        let (Some(run), Some(version), true) = (run, version(sector), is_step) else {
            return Err(damaged(DamageKind::Head));
        };
        Ok(Self {
            run: run.to_owned(),
            salt: array_at(sector, 16),
            step,
            version,
        })
    }

    /// What every checksum of a frame begins with.
    pub(super) fn seed(&self) -> Crc32c {
        Crc32c::new().update(&self.salt)
    }

    fn crc(sector: &[u8]) -> u32 {
        let sum = Crc32c::new().update(&sector[..12]);
        sum.update(&sector[16..HEAD]).value()
    }
}

/// The version that a head names; one of a later format names it at the same place.
fn version(sector: &[u8]) -> Option<String> {
    let length = usize::from(*sector.get(VERSION)?);
    let version = sector.get(VERSION + 1..)?.get(..length)?;
    Some(str::from_utf8(version).ok()?.to_owned())
}

fn at_most(limit: usize, text: &str) -> Result<&[u8], LogError> {
    let bytes = text.len();
    if bytes > limit {
        return Err(LogError::TooLong { bytes, limit });
    }
    Ok(text.as_bytes())
}

/// Who writes from a place of the log on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogPass {
    /// The token of its lease.
    pub token: [u8; 16],
    /// What the system was booted as, where it says so; at most 64 bytes.
    pub boot: Option<String>,
    /// What the file system calls the file, which no copy has; 0 where it does not say.
    pub file: u64,
    /// The version of the program; at most 64 bytes.
    pub version: String,
}

impl LogPass {
    /// Whether that is certainly another file than the one it was written in.
    pub fn is_in_another_than(&self, file: u64) -> bool {
        self.file != 0 && file != 0 && self.file != file
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, LogError> {
        let boot = at_most(64, self.boot.as_deref().unwrap_or_default())?;
        let version = at_most(MAX_VERSION, &self.version)?;
        #[expect(clippy::cast_possible_truncation, reason = "at most 64")]
        let length = [boot.len() as u8];
        let file = self.file.to_le_bytes();
        Ok([&self.token, &file[..], &length[..], boot, version].concat())
    }

    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        let (token, rest) = body.split_first_chunk::<16>()?;
        let (file, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first()?;
        let (boot, version) = rest.split_at_checked(usize::from(*length))?;
        let [boot, version] = [boot, version].map(str::from_utf8);
        let boot = boot.ok()?;
        Some(Self {
            token: *token,
            boot: (!boot.is_empty()).then(|| boot.to_owned()),
            file: u64::from_le_bytes(*file),
            version: version.ok()?.to_owned(),
        })
    }
}

/// A boot in four bytes; 0 is an unknown one, which is like no other.
pub(super) fn boot_mark(boot: Option<&str>) -> u32 {
    boot.map_or(0, |boot| {
        Crc32c::new().update(boot.as_bytes()).value().max(1)
    })
}

/// What stands before the body of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub length: usize,
    pub crc: u32,
    pub sequence: u64,
    pub group: u64,
    pub kind: u8,
}

impl Stamp {
    /// Reads the first bytes of a frame.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..FRAME)?;
        Some(Self {
            length: u32_at(bytes, 0) as usize,
            crc: u32_at(bytes, 4),
            sequence: u64_at(bytes, 8),
            group: u64_at(bytes, 16),
            kind: bytes[24],
        })
    }

    /// Whether that is a whole frame, which it begins.
    pub fn fits(&self, seed: Crc32c, frame: &[u8]) -> bool {
        self.length >= FRAME
            && frame.len() == self.length
            && sum(seed.update(&frame[FRAME..]), frame) == self.crc
    }
}

/// The checksum of a frame: of its body, then of all before it but the checksum.
fn sum(of_body: Crc32c, frame: &[u8]) -> u32 {
    of_body.update(&frame[..4]).update(&frame[8..FRAME]).value()
}

/// Puts a frame behind what is there; the checksum has the salt and the body already.
pub(super) fn put_frame(
    out: &mut Vec<u8>,
    of_body: Crc32c,
    (kind, sequence, group): (u8, u64, u64),
    body: &[u8],
) {
    let from = out.len();
    // Bodies are at most 16 MiB.
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 MiB")]
    let length = (FRAME + body.len()) as u32;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&group.to_le_bytes());
    out.push(kind);
    let crc = sum(of_body, &out[from..]);
    out[from + 4..from + 8].copy_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(body);
}

/// What the frame that begins a group says of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct GroupHeader {
    pub group: u64,
    /// The number of its first frame.
    pub sequence: u64,
    /// How many frames follow.
    pub frames: u32,
    /// How long it is, this frame and the mark at its end included.
    pub bytes: u32,
    /// Where it stands in the file.
    pub offset: u64,
    /// The boot it was written in, see [`boot_mark`].
    pub boot: u32,
}

impl GroupHeader {
    pub fn encode(&self, seed: Crc32c) -> Vec<u8> {
        let mut body = [0; HEADER - FRAME];
        body[..4].copy_from_slice(&self.frames.to_le_bytes());
        body[4..8].copy_from_slice(&self.bytes.to_le_bytes());
        body[8..16].copy_from_slice(&self.offset.to_le_bytes());
        body[16..].copy_from_slice(&self.boot.to_le_bytes());
        let mut out = Vec::with_capacity(HEADER);
        let stamp = (GROUP, self.sequence, self.group);
        put_frame(&mut out, seed.update(&body), stamp, &body);
        out
    }

    /// Reads the frame that begins a group, if a whole one stands there.
    pub fn decode(seed: Crc32c, bytes: &[u8], offset: u64) -> Option<Self> {
        let frame = bytes.get(..HEADER)?;
        let stamp = Stamp::decode(frame)?;
        if stamp.length != HEADER || stamp.kind != GROUP || u64_at(frame, FRAME + 8) != offset {
            return None;
        }
        let header = Self {
            group: stamp.group,
            sequence: stamp.sequence,
            frames: u32_at(frame, FRAME),
            bytes: u32_at(frame, FRAME + 4),
            offset,
            boot: u32_at(frame, FRAME + 16),
        };
        let has_size = (HEADER + FRAME < header.bytes as usize)
            && header.bytes as usize <= MAX_GROUP
            && header.frames > 0;
        (stamp.fits(seed, frame) && has_size).then_some(header)
    }
}

/// Where the group begins that follows what ends there: its header stands within one sector.
pub(super) fn group_start(end: u64) -> u64 {
    let room = SECTOR - end % SECTOR;
    if room < HEADER as u64 {
        end + room
    } else {
        end
    }
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> LogHead {
        LogHead {
            run: "2026-11-30-credit".into(),
            salt: *b"0123456789abcdef",
            step: 1 << 20,
            version: "0.2.0".into(),
        }
    }

    #[test]
    fn a_head_is_one_sector_of_pinned_bytes() {
        let sector = head().encode().unwrap();
        assert_eq!(&sector[..12], b"whmcshJL\x01\0\0\0");
        assert_eq!(&sector[16..38], b"0123456789abcdef\0\0\x10\0\x11\0");
        assert_eq!(&sector[38..56], b"2026-11-30-credit\0");
        assert_eq!(&sector[294..301], b"\x050.2.0\0");
        assert_eq!(LogHead::decode(&sector), Ok(head()));
    }

    #[test]
    fn a_head_with_any_bit_flipped_is_refused() {
        let sector = head().encode().unwrap();
        for bit in 0..sector.len() * 8 {
            let mut flipped = sector;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(LogHead::decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_newer_format_is_named() {
        let mut sector = head().encode().unwrap();
        sector[8] = 2;
        let crc = LogHead::crc(&sector);
        sector[12..16].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(
            LogHead::decode(&sector),
            Err(LogError::Newer {
                format: 2,
                known: 1,
                version: Some("0.2.0".into()),
            })
        );
    }

    #[test]
    fn what_is_not_a_head_is_named() {
        assert_eq!(LogHead::decode(b""), Err(LogError::Empty));
        assert_eq!(LogHead::decode(&[0; 512]), Err(LogError::Empty));
        assert_eq!(LogHead::decode(b"SQLite format 3"), Err(LogError::Foreign));
        assert_eq!(LogHead::decode(&[b'x'; 512]), Err(LogError::Foreign));
        let sector = head().encode().unwrap();
        assert!(matches!(
            LogHead::decode(&sector[..100]),
            Err(LogError::Damaged(Damage {
                kind: DamageKind::Cut,
                ..
            }))
        ));
    }

    #[test]
    fn a_frame_is_pinned_bytes() {
        let mut out = Vec::new();
        let seed = head().seed();
        put_frame(&mut out, seed.update(b"hello"), (7, 0x0102, 3), b"hello");
        assert_eq!(&out[..4], &30_u32.to_le_bytes());
        assert_eq!(&out[8..16], &0x0102_u64.to_le_bytes());
        assert_eq!(&out[16..24], &3_u64.to_le_bytes());
        assert_eq!(&out[24..], b"\x07hello");
        let crc = Crc32c::new()
            .update(b"0123456789abcdefhello\x1e\0\0\0\x02\x01\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x07");
        assert_eq!(u32_at(&out, 4), crc.value());
        assert!(Stamp::decode(&out).unwrap().fits(seed, &out));
    }

    #[test]
    fn a_group_header_stands_within_one_sector() {
        for end in 0..2048 {
            let start = group_start(end);
            assert!(start >= end && start - end < HEADER as u64);
            assert_eq!(start / SECTOR, (start + HEADER as u64 - 1) / SECTOR);
        }
    }

    #[test]
    fn a_group_header_is_of_its_own_place_only() {
        let header = GroupHeader {
            group: 5,
            sequence: 17,
            frames: 3,
            bytes: 400,
            offset: 1024,
            boot: 9,
        };
        let seed = head().seed();
        let bytes = header.encode(seed);
        assert_eq!(bytes.len(), HEADER);
        assert_eq!(GroupHeader::decode(seed, &bytes, 1024), Some(header));
        assert_eq!(GroupHeader::decode(seed, &bytes, 1536), None);
        assert_eq!(GroupHeader::decode(Crc32c::new(), &bytes, 1024), None);
    }
}
