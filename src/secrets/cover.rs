//! Covers known secrets in a text, in the spellings that are undone here and in no other.
//!
//! The text is looked through as it is, then with one layer of its escapes undone after the
//! other, and so is what its runs of base64 say. What is found is covered where it came
//! from; everything else keeps its spelling. A text that holds nothing of a secret costs a
//! pass over its bytes.

use std::borrow::Cow;
use std::fmt;

use secrecy::zeroize::Zeroizing;

use super::base64_runs;
use super::decoding::{Decoded, Escapes};
use super::edits::{COVER, Edit, apply};

/// Anything shorter is secret only as the whole of a text.
const WITHIN: usize = 4;
/// Anything shorter is secret only as a word of its own.
const ANYWHERE: usize = 6;
/// Base64 within base64 is read so deep.
const DEEPEST: usize = 3;
/// What is left of a text is looked through again so often.
const MOST_ROUNDS: usize = 4;
/// A text that is longer is no short secret, however it is spelled.
const LONGEST_SHORT: usize = 64;
/// How many bits say with which four bytes a secret may begin.
const BITS: u32 = 12;

/// Secrets, ready to be found in a text.
#[derive(Default)]
pub struct Cover {
    /// Sorted by their first four bytes.
    within: Vec<Pattern>,
    /// Those that are covered only as the whole of a text.
    whole: Vec<Zeroizing<Vec<u8>>>,
    begins: Vec<u64>,
    /// The bytes of the shortest secret that is covered within a text; 0 without one.
    shortest: usize,
    /// Whether a secret has several lines, so that `\n` may stand for a part of it.
    has_lines: bool,
}

struct Pattern {
    first: u32,
    bytes: Zeroizing<Vec<u8>>,
    is_word: bool,
}

impl fmt::Debug for Cover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cover").finish_non_exhaustive()
    }
}

impl Cover {
    /// These; empty ones are none.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut cover = Self::default();
        for secret in secrets {
            cover.add(secret.as_bytes());
            let trimmed = secret.trim();
            if trimmed.len() < secret.len() {
                cover.add(trimmed.as_bytes());
            }
            // A secret may itself look escaped, and is found in what is left of that too.
            for escapes in [Escapes::NoWhitespace, Escapes::All] {
                let mut level = Decoded::decode(secret.as_bytes(), escapes);
                while let Some(decoded) = level {
                    cover.add(&decoded.bytes);
                    level = decoded.further(escapes);
                }
            }
        }
        cover
            .within
            .sort_by(|one, other| (one.first, &*one.bytes).cmp(&(other.first, &*other.bytes)));
        cover.within.dedup_by(|one, other| one.bytes == other.bytes);
        cover
    }

    /// Whether it covers nothing.
    pub fn is_empty(&self) -> bool {
        self.within.is_empty() && self.whole.is_empty()
    }

    fn add(&mut self, secret: &[u8]) {
        if secret.is_empty() {
            return;
        }
        let bytes: Vec<u8> = secret.iter().copied().map(folded).collect();
        self.has_lines |= bytes.iter().any(u8::is_ascii_control);
        let letters = String::from_utf8_lossy(secret).chars().count();
        let Some((first, _)) = bytes.split_first_chunk().filter(|_| letters >= WITHIN) else {
            self.whole.push(bytes.into());
            return;
        };
        let first = u32::from_be_bytes(*first);
        if self.shortest == 0 || bytes.len() < self.shortest {
            self.shortest = bytes.len();
        }
        self.begins.resize(1 << (BITS - 6), 0);
        let (place, bit) = place_of(first);
        self.begins[place] |= bit;
        self.within.push(Pattern {
            first,
            bytes: bytes.into(),
            is_word: letters < ANYWHERE,
        });
    }

    /// Calls for each place of a secret in a text taken as it is.
    fn each(&self, text: &[u8], mut found: impl FnMut(std::ops::Range<usize>)) {
        if self.within.is_empty() {
            return;
        }
        let mut window = 0;
        for (at, byte) in text.iter().enumerate() {
            window = window << 8 | u32::from(folded(*byte));
            let (place, bit) = place_of(window);
            if self.begins[place] & bit == 0 || at < 3 {
                continue;
            }
            let start = at - 3;
            let first = self.within.partition_point(|one| one.first < window);
            let alike = self.within[first..].iter();
            for pattern in alike.take_while(|one| one.first == window) {
                let end = start + pattern.bytes.len();
                if pattern.stands(text, start, end) {
                    found(start..end);
                }
            }
        }
    }

    fn is_whole(&self, text: &[u8]) -> bool {
        if self.whole.is_empty() || text.len() > LONGEST_SHORT {
            return false;
        }
        let text: Vec<u8> = text.trim_ascii().iter().copied().map(folded).collect();
        self.whole.iter().any(|secret| **secret == text)
    }
}

impl Pattern {
    fn stands(&self, text: &[u8], start: usize, end: usize) -> bool {
        let Some(here) = text.get(start..end) else {
            return false;
        };
        let both = here.iter().zip(self.bytes.iter());
        let is_same = both.into_iter().all(|(one, other)| folded(*one) == *other);
        let is_free = || !ends_in_letter(&text[..start]) && !begins_with_letter(&text[end..]);
        is_same && (!self.is_word || is_free())
    }
}

/// In a form a space is a plus, so that they are one here.
fn folded(byte: u8) -> u8 {
    if byte == b'+' { b' ' } else { byte }
}

fn place_of(first: u32) -> (usize, u64) {
    let hash = first.wrapping_mul(0x9E37_79B1) >> (32 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

fn begins_with_letter(text: &[u8]) -> bool {
    let start = &text[..text.len().min(4)];
    let letter = start.utf8_chunks().next();
    let letter = letter.and_then(|chunk| chunk.valid().chars().next());
    letter.is_some_and(char::is_alphanumeric)
}

fn ends_in_letter(text: &[u8]) -> bool {
    let end = &text[text.len().saturating_sub(4)..];
    let last = end.utf8_chunks().last();
    let last = last.filter(|chunk| chunk.invalid().is_empty());
    let letter = last.and_then(|chunk| chunk.valid().chars().next_back());
    letter.is_some_and(char::is_alphanumeric)
}

/// Whether a secret was covered in that text.
pub fn is_covered(text: &str) -> bool {
    text.contains(COVER)
}

/// The text with the secrets of all of them covered; borrowed where there are none in it.
pub fn covered<'t>(covers: &[&Cover], text: &'t str) -> Cow<'t, str> {
    if text.is_empty() || covers.iter().all(|cover| cover.is_empty()) {
        return Cow::Borrowed(text);
    }
    if is_whole(covers, text.as_bytes()) {
        return Cow::Owned(COVER.to_owned());
    }
    let mut without = Cow::Borrowed(text);
    for _ in 0..MOST_ROUNDS {
        let edits = open_edits(covers, without.as_bytes());
        if edits.is_empty() {
            break;
        }
        let bytes = apply(without.as_bytes(), edits);
        without = Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            // A secret that ends within a letter leaves half of it.
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        });
    }
    without
}

/// What is to be done to a text, but for what is a cover already.
fn open_edits(covers: &[&Cover], text: &[u8]) -> Vec<Edit> {
    let mut edits = find(covers, text, 0);
    edits.retain(|edit| {
        let start = edit.range.start.saturating_sub(COVER.len());
        let around = &text[start..text.len().min(edit.range.end + COVER.len())];
        let mut covers = around.windows(COVER.len()).enumerate();
        let holds_it = |at: usize| {
            start + at <= edit.range.start && edit.range.end <= start + at + COVER.len()
        };
        !covers.any(|(at, part)| part == COVER.as_bytes() && holds_it(at))
    });
    edits
}

/// Whether the whole text is a short secret.
fn is_whole(covers: &[&Cover], text: &[u8]) -> bool {
    let is_whole = |text: &[u8]| covers.iter().any(|cover| cover.is_whole(text));
    if text.len() > LONGEST_SHORT || covers.iter().all(|cover| cover.whole.is_empty()) {
        return false;
    }
    let mut level = Decoded::decode(text, Escapes::NoWhitespace);
    let mut found = is_whole(text);
    while let Some(decoded) = level.filter(|_| !found) {
        found = is_whole(&decoded.bytes);
        level = decoded.further(Escapes::NoWhitespace);
    }
    found
}

fn find(covers: &[&Cover], text: &[u8], depth: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    look(covers, text, depth, &mut edits);
    let has_escapes = text.iter().any(|byte| matches!(byte, b'\\' | b'%' | b'&'));
    if !has_escapes {
        return edits;
    }
    let has_lines = covers.iter().any(|cover| cover.has_lines);
    let all = Some(Escapes::All).filter(|_| has_lines);
    for escapes in all.into_iter().chain([Escapes::NoWhitespace]) {
        let mut level = Decoded::decode(text, escapes);
        while let Some(decoded) = level {
            let mut found = Vec::new();
            look(covers, &decoded.bytes, depth, &mut found);
            edits.extend(found.into_iter().map(|edit| placed(edit, &decoded, text)));
            level = decoded.further(escapes);
        }
    }
    edits
}

/// An edit of a decoded text as one of the text it came from.
fn placed(edit: Edit, decoded: &Decoded, text: &[u8]) -> Edit {
    let range = decoded.origin(&edit.range);
    let source = &text[range.clone()];
    let instead = edit.instead.map(|bytes| spelled_like(source, bytes));
    Edit { range, instead }
}

/// Base64 with its signs escaped as those in that text are.
fn spelled_like(source: &[u8], bytes: Vec<u8>) -> Vec<u8> {
    let has = |text: &[u8]| source.windows(text.len()).any(|part| part == text);
    if has(b"%") {
        let mut escaped = Vec::new();
        for byte in bytes {
            match byte {
                b'+' => escaped.extend(b"%2B"),
                b'/' => escaped.extend(b"%2F"),
                b'=' => escaped.extend(b"%3D"),
                other => escaped.push(other),
            }
        }
        return escaped;
    }
    if has(br"\/") {
        let escape = |byte: u8| [b'\\', byte].into_iter().skip(usize::from(byte != b'/'));
        return bytes.into_iter().flat_map(escape).collect();
    }
    bytes
}

/// The secrets in a text taken as it is, and in what its base64 says.
fn look(covers: &[&Cover], text: &[u8], depth: usize, edits: &mut Vec<Edit>) {
    for cover in covers {
        cover.each(text, |range| edits.push(Edit::cover(range)));
    }
    let lengths = covers.iter().map(|cover| cover.shortest);
    let shortest = lengths.filter(|length| *length > 0).min();
    let Some(shortest) = shortest.filter(|_| depth < DEEPEST) else {
        return;
    };
    // Three bytes take four letters.
    base64_runs::each(text, shortest.div_ceil(3) * 4 - 2, |run| {
        let found = if is_text(&run.bytes) {
            find(covers, &run.bytes, depth + 1)
        } else {
            let mut found = Vec::new();
            look(covers, &run.bytes, DEEPEST, &mut found);
            found
        };
        if !found.is_empty() {
            let without = apply(&run.bytes, found);
            edits.push(Edit {
                instead: Some(run.encoded(&without)),
                range: run.range,
            });
        }
    });
}

/// Whether the bytes are text: what is none has no escapes.
fn is_text(bytes: &[u8]) -> bool {
    let is_shown = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    bytes.iter().all(is_shown) && std::str::from_utf8(bytes).is_ok()
}

#[cfg(test)]
mod tests;
