//! What stands behind the last whole group: nothing, a group that did not come to
//! the disk wholly, or damage.
//!
//! A power cut leaves any selection of the sectors of the one group that was being
//! written, a killed process a prefix of it. Everything else is damage: all groups
//! before it were on the disk before it was begun, and behind it are zeros.

use super::crc32c::Crc32c;
use super::error::{DamageKind, LogError};
use super::format::{FRAME, GroupHeader, HEADER, MAX_BODY, MAX_GROUP, SECTOR, Stamp};
use super::storage::Storage;
use super::window::Window;

/// How a log ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tail {
    /// With its last group.
    Whole,
    /// With a group that did not come to the disk wholly, so that nothing of it was promised.
    Torn {
        /// Up to how many bytes behind the last group there is something of it.
        bytes: u64,
    },
    /// There were later groups when the copy was made, this one at least; they are not in what was read.
    Later(u64),
    /// The copy was cut off; there may have been later groups.
    Cut,
}

/// What can have happened to the last group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Power {
    /// The system has run since it was written: it is there, up to where its writer was killed.
    Kept,
    /// Any of its sectors may be missing.
    MayBeLost,
    /// It was being written while it was read, or copied, page by page.
    Copied,
}

/// Where the whole groups end, and what is known by then.
#[derive(Clone, Copy, Debug)]
pub(super) struct TailPlace {
    pub end: u64,
    /// The group that should follow.
    pub group: u64,
    pub is_ended: bool,
    /// By how much the file is lengthened at a time.
    pub step: u64,
}

/// The group that is not whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Break {
    pub start: u64,
    /// Its header, if that is whole.
    pub header: Option<GroupHeader>,
    /// The first frame of it that is not whole, and where that should end.
    pub frame: u64,
    pub frame_end: u64,
}

/// What it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TailVerdict {
    Ends(Tail),
    Damaged(u64, DamageKind),
}

impl TailVerdict {
    /// Whether a log that is being written may well end so.
    pub fn is_plain(self) -> bool {
        matches!(self, Self::Ends(Tail::Whole | Tail::Torn { .. }))
    }
}

/// Says what stands behind the last whole group.
pub(super) fn judge<S: Storage>(
    window: &mut Window<'_, S>,
    seed: Crc32c,
    place: TailPlace,
    broken: &Break,
    power: Power,
) -> Result<TailVerdict, LogError> {
    let size = window.size();
    let cut = if power == Power::Copied {
        TailVerdict::Ends(Tail::Cut)
    } else {
        TailVerdict::Damaged(size, DamageKind::Cut)
    };
    // The file grows by whole steps, and before the group is written that needs it.
    let is_cut = !size.is_multiple_of(place.step) || size <= place.end;
    let Some(data_end) = window.data_end(place.end)? else {
        let is_whole = !is_cut || (place.is_ended && size >= place.end);
        return Ok(if is_whole {
            TailVerdict::Ends(Tail::Whole)
        } else {
            cut
        });
    };
    if let Some((offset, group)) = other_group(window, seed, place, data_end)? {
        let is_later = group > place.group;
        return Ok(
            if is_later && power == Power::Copied && has_hole(window, broken.start, offset)? {
                TailVerdict::Ends(Tail::Later(group))
            } else if is_later {
                TailVerdict::Damaged(broken.start, DamageKind::Later(group))
            } else {
                TailVerdict::Damaged(offset, DamageKind::Remains)
            },
        );
    }
    if !window.is_zero(place.end, broken.start)? {
        return Ok(TailVerdict::Damaged(place.end, DamageKind::Remains));
    }
    let group_end = broken
        .header
        .map(|header| broken.start + u64::from(header.bytes));
    if is_cut || group_end.is_some_and(|end| end > size) {
        return Ok(cut);
    }
    let damage = match group_end {
        None => without_header(window, broken.start, data_end, power)?,
        Some(end) => with_header(window, broken, (data_end, end), power)?,
    };
    let bytes = data_end - place.end;
    Ok(
        damage.map_or(TailVerdict::Ends(Tail::Torn { bytes }), |(offset, kind)| {
            TailVerdict::Damaged(offset, kind)
        }),
    )
}

type Found = Option<(u64, DamageKind)>;

/// Why this is not what a crash leaves of a group whose header is not there.
fn without_header<S: Storage>(
    window: &mut Window<'_, S>,
    start: u64,
    data_end: u64,
    power: Power,
) -> Result<Found, LogError> {
    if data_end < start + HEADER as u64 {
        // A prefix of the header, and nothing behind it.
        return Ok(None);
    }
    if power == Power::Copied && has_hole(window, start, start + SECTOR)? {
        return Ok(None);
    }
    // The header stands within one sector, which is there or is not.
    let is_missing = window.is_zero(start, sector_end(start))?;
    Ok(match power {
        _ if !is_missing => Some((start, DamageKind::Checksum)),
        Power::Kept => Some((start, DamageKind::Hole)),
        _ if data_end - start > MAX_GROUP as u64 => Some((start, DamageKind::Remains)),
        _ => None,
    })
}

/// Why this is not what a crash leaves of a group whose header is there.
fn with_header<S: Storage>(
    window: &mut Window<'_, S>,
    broken: &Break,
    (data_end, group_end): (u64, u64),
    power: Power,
) -> Result<Found, LogError> {
    if data_end > group_end {
        return Ok(Some((group_end, DamageKind::Remains)));
    }
    // The mark at its end is not zero: without it, the end is not there.
    let has_end = data_end == group_end;
    let is_torn = match power {
        // What is before the place where its writer was killed is all there.
        Power::Kept => !has_end && data_end <= broken.frame.max(broken.frame_end - 1),
        Power::MayBeLost => !has_end || lacks_sector(window, broken.start, group_end)?,
        Power::Copied => !has_end || has_hole(window, broken.start, group_end)?,
    };
    if is_torn {
        return Ok(None);
    }
    let is_hole = power == Power::Kept && lacks_sector(window, broken.start, group_end)?;
    Ok(Some(if is_hole {
        (broken.frame, DamageKind::Hole)
    } else {
        (broken.frame, DamageKind::Checksum)
    }))
}

fn sector_end(offset: u64) -> u64 {
    (offset / SECTOR + 1) * SECTOR
}

/// Whether a sector between the two places is all zeros, as it was before the group.
fn lacks_sector<S: Storage>(
    window: &mut Window<'_, S>,
    from: u64,
    to: u64,
) -> Result<bool, LogError> {
    any_sector(from, to, |from, to| window.is_zero(from, to))
}

/// Whether a sector between the two places ends with zeros, as where a page was
/// read before, or while, the group was written into it.
fn has_hole<S: Storage>(window: &mut Window<'_, S>, from: u64, to: u64) -> Result<bool, LogError> {
    any_sector(from, to, |from, to| {
        window.is_zero(from.max(to.saturating_sub(8)), to)
    })
}

fn any_sector(
    from: u64,
    to: u64,
    mut holds: impl FnMut(u64, u64) -> Result<bool, LogError>,
) -> Result<bool, LogError> {
    let mut at = from;
    while at < to {
        let end = sector_end(at).min(to);
        if holds(at, end)? {
            return Ok(true);
        }
        at = end;
    }
    Ok(false)
}

/// The first whole frame between the end of the groups and the end of the data that
/// belongs to another group than the one that should follow: where, and to which.
fn other_group<S: Storage>(
    window: &mut Window<'_, S>,
    seed: Crc32c,
    place: TailPlace,
    data_end: u64,
) -> Result<Option<(u64, u64)>, LogError> {
    const PIECE: usize = 64 << 10;
    let mut at = place.end;
    while at < data_end {
        let piece = window.at(at, PIECE + FRAME - 1)?;
        // No frame begins where fewer bytes are left than one has.
        let candidates: Vec<(usize, Stamp)> = piece
            .windows(FRAME)
            .enumerate()
            .filter(|(_, bytes)| may_begin_frame(bytes))
            .filter_map(|(index, bytes)| Some((index, Stamp::decode(bytes)?)))
            .filter(|(_, stamp)| stamp.group != place.group)
            .collect();
        for (index, stamp) in candidates {
            let offset = at + index as u64;
            if stamp.fits(seed, window.at(offset, stamp.length)?) {
                return Ok(Some((offset, stamp.group)));
            }
        }
        at += PIECE as u64;
    }
    Ok(None)
}

/// Whether the numbers of a frame can be there: none of them is very large.
fn may_begin_frame(bytes: &[u8]) -> bool {
    let length = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    (FRAME..=FRAME + MAX_BODY).contains(&length)
        && bytes[14..16] == [0; 2]
        && bytes[22..24] == [0; 2]
}
