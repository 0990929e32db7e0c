//! Reading a log: every group is verified before anything of it is handed out.
//!
//! Memory stays flat: one group, or a piece of the file, is held at a time.

use super::crc32c::Crc32c;
use super::error::{Damage, DamageKind, LogError};
use super::format::{
    END, FRAME, GroupHeader, HEAD, HEADER, LogHead, LogPass, MARK, PASS, SECTOR, Stamp, boot_mark,
    group_start, u64_at,
};
use super::storage::Storage;
use super::tail::{self, Break, Tail, TailVerdict};
use super::window::Window;
use super::witness::{self, Witness};

/// What a log is read for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To go on with it: nobody else writes it, and it is the original.
    Resume {
        /// What the system was booted as, where it says so.
        boot: Option<String>,
    },
    /// To go on with a copy, made while somebody wrote the original: up to where it is whole.
    Adopt,
    /// To look at it: somebody may be writing it, or it is a copy of one that was being written.
    Show,
}

/// One record of a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogEntry<'b> {
    /// Its number; the log counts from 1 and leaves out none, but some are the log's own.
    pub sequence: u64,
    /// The group that it came to the disk with.
    pub group: u64,
    /// Its kind, which is the writer's affair.
    pub kind: u8,
    /// Where its body stands in the file.
    pub offset: u64,
    /// What was written, as it was.
    pub body: &'b [u8],
}

/// What was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scanned {
    /// The log's head.
    pub head: LogHead,
    /// How many groups there are.
    pub groups: u64,
    /// The number of the last record.
    pub last_sequence: u64,
    /// Where the last group begins in the file.
    pub last_group: u64,
    /// Where it ends.
    pub end: u64,
    /// Whether the log was ended, and not begun again.
    pub is_ended: bool,
    /// Who wrote last.
    pub pass: Option<LogPass>,
    /// How it ends.
    pub tail: Tail,
    /// What `journal.seen` says.
    pub witness: Witness,
}

impl Scanned {
    /// Whether it is a copy of a log that was being written, and is in that file.
    pub fn is_copied(&self, file: u64) -> bool {
        let pass = self.pass.as_ref();
        !self.is_ended && pass.is_some_and(|pass| pass.is_in_another_than(file))
    }
}

/// Reads and verifies a log, and hands out every record in order.
///
/// What was handed out counts only once this returned without an error: damage
/// may be found behind it.
pub fn scan<S: Storage>(
    storage: &S,
    seen: Option<&S>,
    purpose: &Purpose,
    visit: impl FnMut(LogEntry<'_>),
) -> Result<Scanned, LogError> {
    let mut scanner = Scanner::new(storage)?;
    // Before the groups: the log may grow meanwhile.
    scanner.scanned.witness = witness::read(seen, scanner.scanned.head.salt);
    let reached = scanner.run(purpose, visit)?;
    Ok(reached.scanned)
}

/// How far a log was read, to go on from there.
#[derive(Clone, Debug)]
pub struct Reached {
    /// What was read.
    pub scanned: Scanned,
    /// The mark of the boot that the last group was written in.
    boot: u32,
}

/// Looks at a log, and hands out the records that came to it since it was read that far.
pub fn scan_on<S: Storage>(
    storage: &S,
    seen: Option<&S>,
    from: Option<&Reached>,
    visit: impl FnMut(LogEntry<'_>),
) -> Result<Reached, LogError> {
    let mut scanner = Scanner::new(storage)?;
    let salt = scanner.scanned.head.salt;
    if let Some(from) = from.filter(|from| from.scanned.head == scanner.scanned.head) {
        (scanner.scanned, scanner.boot) = (from.scanned.clone(), from.boot);
    }
    scanner.scanned.witness = witness::read(seen, salt);
    scanner.run(&Purpose::Show, visit)
}

/// Hands out the first records of a log, group by group, until one is what was looked for.
pub fn scan_until<S: Storage>(
    storage: &S,
    mut is_it: impl FnMut(LogEntry<'_>) -> bool,
) -> Result<(), LogError> {
    let mut scanner = Scanner::new(storage)?;
    let mut is_found = false;
    while !is_found
        && scanner
            .group(&mut |entry| is_found |= is_it(entry))?
            .is_none()
    {}
    Ok(())
}

fn read_head<S: Storage>(window: &mut Window<'_, S>) -> Result<LogHead, LogError> {
    let head = LogHead::decode(window.at(0, HEAD)?);
    if head == Err(LogError::Empty) && window.data_end(0)?.is_some() {
        return Err(LogError::Damaged(Damage {
            offset: 0,
            group: 0,
            kind: DamageKind::Head,
        }));
    }
    head
}

struct Scanner<'s, S> {
    window: Window<'s, S>,
    seed: Crc32c,
    scanned: Scanned,
    /// The mark of the boot that the last group was written in.
    boot: u32,
}

impl<'s, S: Storage> Scanner<'s, S> {
    fn new(storage: &'s S) -> Result<Self, LogError> {
        let mut window = Window::new(storage)?;
        let head = read_head(&mut window)?;
        Ok(Self {
            seed: head.seed(),
            window,
            boot: 0,
            scanned: Scanned {
                head,
                groups: 0,
                last_sequence: 0,
                last_group: SECTOR,
                end: SECTOR,
                is_ended: false,
                pass: None,
                tail: Tail::Whole,
                witness: Witness::Missing,
            },
        })
    }

    fn run(
        mut self,
        purpose: &Purpose,
        mut visit: impl FnMut(LogEntry<'_>),
    ) -> Result<Reached, LogError> {
        let verdict = loop {
            let Some(broken) = self.group(&mut visit)? else {
                continue;
            };
            let verdict = self.judge(&broken, purpose)?;
            if *purpose != Purpose::Show {
                break verdict;
            }
            // What was written meanwhile is no damage: read again until it stays as it is.
            self.window.refresh()?;
            match self.group(&mut visit)? {
                None => {}
                Some(_) if verdict.is_plain() => break verdict,
                Some(broken) => break self.judge(&broken, purpose)?,
            }
        };
        self.end(verdict, purpose)
    }

    fn end(mut self, verdict: TailVerdict, purpose: &Purpose) -> Result<Reached, LogError> {
        let scanned = &mut self.scanned;
        scanned.tail = match verdict {
            // A copy that lacks what stands before its end is not gone on with.
            TailVerdict::Ends(Tail::Later(group)) if *purpose == Purpose::Adopt => {
                return Err(LogError::Damaged(Damage {
                    offset: scanned.end,
                    group: scanned.groups + 1,
                    kind: DamageKind::Later(group),
                }));
            }
            TailVerdict::Ends(tail) => tail,
            TailVerdict::Damaged(offset, kind) => {
                return Err(LogError::Damaged(Damage {
                    offset,
                    group: scanned.groups + 1,
                    kind,
                }));
            }
        };
        match scanned.witness {
            Witness::Seen(group) if group > scanned.groups => {
                if matches!(purpose, Purpose::Resume { .. }) {
                    return Err(LogError::Damaged(Damage {
                        offset: scanned.end,
                        group: scanned.groups + 1,
                        kind: DamageKind::Seen(group),
                    }));
                }
                scanned.tail = Tail::Later(group);
            }
            _ => {}
        }
        Ok(Reached {
            scanned: self.scanned,
            boot: self.boot,
        })
    }

    /// Goes over the next group; says where it breaks, if it does.
    fn group(&mut self, visit: &mut impl FnMut(LogEntry<'_>)) -> Result<Option<Break>, LogError> {
        let Self {
            window,
            seed,
            scanned,
            boot,
        } = self;
        let start = group_start(scanned.end);
        let is_padded = window.is_zero(scanned.end, start)?;
        let header = GroupHeader::decode(*seed, window.at(start, HEADER)?, start);
        let header = header.filter(|header| {
            is_padded
                && header.group == scanned.groups + 1
                && header.sequence == scanned.last_sequence + 1
        });
        let Some(header) = header else {
            return Ok(Some(Break {
                start,
                header: None,
                frame: start,
                frame_end: start,
            }));
        };
        let bytes = window.at(start, header.bytes as usize)?;
        if let Err((frame, frame_end)) = verify(*seed, &header, bytes) {
            return Ok(Some(Break {
                start,
                header: Some(header),
                frame: start + frame as u64,
                frame_end: start + frame_end as u64,
            }));
        }
        for entry in frames(&header, start, bytes) {
            if !take(scanned, entry) {
                return Err(LogError::Damaged(Damage {
                    offset: start,
                    group: header.group,
                    kind: DamageKind::Order,
                }));
            }
            if entry.kind < PASS {
                visit(entry);
            }
        }
        scanned.groups = header.group;
        scanned.last_group = start;
        scanned.end = start + u64::from(header.bytes);
        *boot = header.boot;
        Ok(None)
    }

    fn judge(&mut self, broken: &Break, purpose: &Purpose) -> Result<TailVerdict, LogError> {
        let boot = broken.header.map_or(self.boot, |header| header.boot);
        let place = tail::TailPlace {
            end: self.scanned.end,
            group: self.scanned.groups + 1,
            is_ended: self.scanned.is_ended,
            step: u64::from(self.scanned.head.step),
        };
        let power = match purpose {
            Purpose::Show | Purpose::Adopt => tail::Power::Copied,
            Purpose::Resume { boot: now } if boot != 0 && boot_mark(now.as_deref()) == boot => {
                tail::Power::Kept
            }
            Purpose::Resume { .. } => tail::Power::MayBeLost,
        };
        tail::judge(&mut self.window, self.seed, place, broken, power)
    }
}

/// Whether the group is whole; if not, where the first frame stands that is not, and where it should end.
fn verify(seed: Crc32c, header: &GroupHeader, bytes: &[u8]) -> Result<(), (usize, usize)> {
    let mut at = HEADER;
    for number in 0..u64::from(header.frames) {
        let stamp = bytes.get(at..).and_then(Stamp::decode).ok_or((at, at))?;
        let end = at + stamp.length;
        let is_next = stamp.sequence == header.sequence + number
            && stamp.group == header.group
            && stamp.kind != 0;
        let is_whole = bytes
            .get(at..end)
            .is_some_and(|frame| stamp.fits(seed, frame));
        if !is_next || !is_whole {
            return Err((at, end));
        }
        at = end;
    }
    let is_end = at + 1 == header.bytes as usize && bytes.get(at..) == Some(&[MARK]);
    if is_end { Ok(()) } else { Err((at, at + 1)) }
}

/// The frames of a group that was verified and begins there.
fn frames<'b>(
    header: &GroupHeader,
    start: u64,
    bytes: &'b [u8],
) -> impl Iterator<Item = LogEntry<'b>> {
    let mut rest = &bytes[HEADER..bytes.len() - 1];
    let group = header.group;
    let mut offset = start + HEADER as u64;
    std::iter::from_fn(move || {
        let stamp = Stamp::decode(rest)?;
        let (frame, behind) = rest.split_at(stamp.length);
        rest = behind;
        let body = offset + FRAME as u64;
        offset += stamp.length as u64;
        Some(LogEntry {
            sequence: stamp.sequence,
            group,
            kind: stamp.kind,
            offset: body,
            body: &frame[FRAME..],
        })
    })
}

/// Counts a frame; whether it can stand here.
fn take(scanned: &mut Scanned, entry: LogEntry<'_>) -> bool {
    let begins_pass = scanned.pass.is_none() || scanned.is_ended;
    if begins_pass && entry.kind != PASS {
        return false;
    }
    scanned.last_sequence = entry.sequence;
    match entry.kind {
        PASS => {
            scanned.is_ended = false;
            scanned.pass = LogPass::decode(entry.body);
            scanned.pass.is_some()
        }
        END => {
            scanned.is_ended = true;
            entry.body.len() == 8 && u64_at(entry.body, 0) == entry.sequence
        }
        _ => true,
    }
}
