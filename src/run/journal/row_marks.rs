//! The rows of a source in eight bytes each, so that a later pass can tell which of
//! them were there before.
//!
//! A mark is forty bits of a row's key, sixteen of its content, and eight of how the
//! key was spelled: enough to tell rows apart, too little to tell what was in a cell.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

/// One row of a source.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RowMark(u64);

/// How many bytes one is.
pub const MARK: usize = 8;

/// The bits of a mark that are not its key's.
const BESIDE: u32 = 24;

impl RowMark {
    /// The mark of a row by its key in the journal, the key as it is spelled, and its cells.
    pub fn make<C: AsRef<str>>(
        seed: &[u8; 32],
        key: &str,
        spelled: &str,
        cells: impl Iterator<Item = C>,
    ) -> Self {
        let mut content = Sha256::new_with_prefix(seed);
        for cell in cells {
            let cell = cell.as_ref();
            content.update((cell.len() as u64).to_le_bytes());
            content.update(cell);
        }
        let content = first_bits(&content.finalize(), 16);
        let spelled = first_bits(
            &Sha256::new_with_prefix(seed)
                .chain_update(spelled)
                .finalize(),
            8,
        );
        Self(id(key) << BESIDE | content << 8 | spelled)
    }

    /// The mark of a row of which nothing but its key is kept.
    pub fn of_key(key: &str) -> Self {
        Self(id(key) << BESIDE)
    }

    /// Whether both may be of one key.
    pub const fn has_key_of(self, other: Self) -> bool {
        self.id() == other.id()
    }

    /// Whether it may be that of a key with this hash.
    pub const fn is_of(self, hash: u128) -> bool {
        (hash >> (128 - 64 + BESIDE)) == self.id() as u128
    }

    /// Those in bytes of the journal.
    pub fn all_in(bytes: &[u8]) -> impl Iterator<Item = Self> {
        let (marks, _) = bytes.as_chunks::<MARK>();
        marks.iter().map(|mark| Self(u64::from_le_bytes(*mark)))
    }

    const fn id(self) -> u64 {
        self.0 >> BESIDE
    }

    const fn content(self) -> u64 {
        self.0 >> 8 & 0xffff
    }

    const fn spelled(self) -> u64 {
        self.0 & 0xff
    }

    /// Whether only its key is known.
    const fn is_bare(self) -> bool {
        self.0 & ((1 << BESIDE) - 1) == 0
    }
}

/// What a mark keeps of a key.
fn id(key: &str) -> u64 {
    first_bits(&Sha256::digest(key), 64 - BESIDE)
}

fn first_bits(digest: &[u8], bits: u32) -> u64 {
    let bytes = digest.iter().take(8);
    bytes.fold(0, |bits, byte| bits << 8 | u64::from(*byte)) >> (64 - bits)
}

/// How a row was known before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownRow {
    /// Its cells are others now.
    pub is_changed: bool,
    /// Its key is spelled in another way now.
    pub is_respelled: bool,
}

/// The marks of all rows of a source, sorted; a clone has the same memory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowMarks(Arc<Vec<RowMark>>);

impl FromIterator<RowMark> for RowMarks {
    fn from_iter<I: IntoIterator<Item = RowMark>>(marks: I) -> Self {
        let mut marks: Vec<RowMark> = marks.into_iter().collect();
        marks.sort_unstable();
        Self(Arc::new(marks))
    }
}

impl RowMarks {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a row of that key.
    pub fn has(&self, key: &str) -> bool {
        self.find(id(key)).is_some()
    }

    /// How a row of another pass was known in this one.
    pub fn seen(&self, mark: RowMark) -> Option<KnownRow> {
        let found = self.find(mark.id())?;
        Some(KnownRow {
            is_changed: !found.is_bare() && found.content() != mark.content(),
            is_respelled: !found.is_bare() && found.spelled() != mark.spelled(),
        })
    }

    /// The same rows by their keys alone: what else is kept of them cannot be compared once
    /// the run's dice are lost.
    #[must_use]
    pub fn bare(&self) -> Self {
        let keys = self.iter().map(|mark| RowMark(mark.id() << BESIDE));
        keys.collect()
    }

    /// Whether of some rows only their keys are known.
    pub fn has_bare(&self) -> bool {
        self.iter().any(RowMark::is_bare)
    }

    /// How many rows of a later pass have their key spelled in another way.
    pub fn respelled(&self, now: &Self) -> u64 {
        let seen = now.iter().filter_map(|mark| self.seen(mark));
        seen.filter(|seen| seen.is_respelled).count() as u64
    }

    /// The rows, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = RowMark> {
        self.0.iter().copied()
    }

    fn find(&self, id: u64) -> Option<RowMark> {
        let place = self.0.partition_point(|mark| mark.id() < id);
        let found = self.0.get(place).copied();
        found.filter(|mark| mark.id() == id)
    }

    /// The keys that more than one row may have, one mark of each.
    #[must_use]
    pub fn suspects(&self) -> Self {
        let pairs = self.0.windows(2).filter(|pair| pair[0].has_key_of(pair[1]));
        let mut suspects: Vec<RowMark> = pairs.map(|pair| pair[0]).collect();
        suspects.dedup_by_key(|mark| mark.id());
        suspects.into_iter().collect()
    }

    /// As the journal keeps them, so many together; no rows are one part too.
    pub fn in_parts(&self, together: usize) -> impl Iterator<Item = Vec<u8>> {
        let bytes = |part: &[RowMark]| part.iter().flat_map(|mark| mark.0.to_le_bytes()).collect();
        let nothing = self.is_empty().then(Vec::new);
        self.0.chunks(together).map(bytes).chain(nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(key: &str, spelled: &str, cells: &[&str]) -> RowMark {
        RowMark::make(&[1; 32], key, spelled, cells.iter().copied())
    }

    #[test]
    fn a_row_is_known_again_with_what_changed_in_it() {
        let marks: RowMarks = [mark("a", "A", &["A", "1"]), mark("b", "b", &["b", "2"])]
            .into_iter()
            .collect();
        let seen = |mark| {
            marks
                .seen(mark)
                .map(|seen| (seen.is_changed, seen.is_respelled))
        };
        assert_eq!(seen(mark("a", "A", &["A", "1"])), Some((false, false)));
        assert_eq!(seen(mark("a", "a", &["a", "1"])), Some((true, true)));
        assert_eq!(seen(mark("b", "b", &["b", "3"])), Some((true, false)));
        assert_eq!(seen(mark("c", "c", &[])), None);
        assert!(marks.has("a") && !marks.has("c"));
    }

    #[test]
    fn keys_that_more_than_one_row_may_have_are_found() {
        let marks: RowMarks = [
            mark("b", "b", &["1"]),
            mark("a", "A", &["1"]),
            mark("b", "B", &["2"]),
            mark("b", "b", &["3"]),
        ]
        .into_iter()
        .collect();
        assert_eq!(marks.suspects().len(), 1);
        assert!(marks.suspects().has("b"));
        assert!(marks.has("a") && !marks.suspects().has("a"));
    }

    #[test]
    fn a_mark_is_known_by_the_hash_of_its_key() {
        let hash = super::super::settled::hash("a@x.example");
        assert!(mark("a@x.example", "A@x.example", &["1"]).is_of(hash));
        assert!(!mark("b@x.example", "b@x.example", &["1"]).is_of(hash));
    }

    #[test]
    fn of_a_bare_mark_nothing_has_changed() {
        let marks: RowMarks = [mark("a", "A", &["A", "1"])].into_iter().collect();
        let bare = marks.bare();
        let seen = bare.seen(mark("a", "a", &["a", "2"])).unwrap();
        assert_eq!((seen.is_changed, seen.is_respelled), (false, false));
        assert!(bare.has_bare() && !marks.has_bare());
        assert_eq!(bare.seen(mark("b", "b", &[])), None);
    }

    #[test]
    fn marks_come_back_from_the_journal_as_they_were() {
        let marks: RowMarks = (0..1000).map(|n| mark(&n.to_string(), "", &[])).collect();
        let parts: Vec<Vec<u8>> = marks.in_parts(300).collect();
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 8 * 1000);
        assert_eq!(parts.len(), 4);
        let read = parts.iter().flat_map(|part| RowMark::all_in(part));
        assert_eq!(read.collect::<RowMarks>(), marks);
        assert_eq!(RowMarks::default().in_parts(300).count(), 1);
        assert!((0..1000).all(|n| marks.has(&n.to_string())) && !marks.has("1000"));
    }
}
