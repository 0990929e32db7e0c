//! Runs of letters in a text that may be base64, in either alphabet, padded or not.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode::Indifferent;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Shorter runs hold no secret that is covered within a text.
const SHORTEST: usize = 6;

/// A run of so many letters is no word of a text, and is read in any case.
const LONG: usize = 16;

const PLAIN_LETTERS: [u8; 256] = letters(false);
const SAFE_LETTERS: [u8; 256] = letters(true);

/// A run is read from so many places: what has more signs is no base64 behind something.
const MOST_STARTS: usize = 12;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(Indifferent)
    .with_decode_allow_trailing_bits(true);
const BARE: GeneralPurposeConfig = LENIENT.with_encode_padding(false);

const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const PLAIN_BARE: GeneralPurpose = GeneralPurpose::new(&STANDARD, BARE);
const SAFE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
const SAFE_BARE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, BARE);

/// A run, and what it says if it is base64.
pub(super) struct Run {
    pub range: Range<usize>,
    pub bytes: Vec<u8>,
    is_safe: bool,
    is_padded: bool,
    /// A letter that says nothing behind the last whole group.
    rest: Vec<u8>,
}

impl Run {
    /// Other bytes as base64 of the same kind.
    pub fn encoded(&self, bytes: &[u8]) -> Vec<u8> {
        let engine = match (self.is_safe, self.is_padded) {
            (false, false) => PLAIN_BARE,
            (false, true) => PLAIN,
            (true, false) => SAFE_BARE,
            (true, true) => SAFE,
        };
        let mut text = engine.encode(bytes).into_bytes();
        text.extend_from_slice(&self.rest);
        text
    }
}

/// What may be base64 in a text, of so many letters at least; calls for each such run.
pub(super) fn each(text: &[u8], shortest: usize, mut found: impl FnMut(Run)) {
    let shortest = shortest.max(SHORTEST);
    let has_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    for is_safe in [false, true].into_iter().take(1 + usize::from(has_safe)) {
        let alphabet = if is_safe {
            &SAFE_LETTERS
        } else {
            &PLAIN_LETTERS
        };
        let mut start = 0;
        for end in 0..=text.len() {
            let is_letter = text
                .get(end)
                .is_some_and(|byte| alphabet[usize::from(*byte)] < 64);
            if is_letter {
                continue;
            }
            if end - start >= shortest {
                within(text, start..end, is_safe, shortest, &mut found);
            }
            start = end + 1;
        }
    }
}

/// What a run may say: read from its start, or from behind a sign of the alphabet with
/// which something else may end.
fn within(
    text: &[u8],
    range: Range<usize>,
    is_safe: bool,
    shortest: usize,
    found: &mut impl FnMut(Run),
) {
    let letters = &text[range.clone()];
    let has_sign = letters.iter().any(|byte| !byte.is_ascii_alphanumeric());
    // Without a sign both alphabets are the same.
    if is_safe && !has_sign {
        return;
    }
    let signs = letters.iter().enumerate();
    let signs = signs.filter(|(_, byte)| !byte.is_ascii_alphanumeric());
    let starts = std::iter::once(0).chain(signs.map(|(at, _)| at + 1));
    for from in starts.take(MOST_STARTS) {
        let rest = &letters[from..];
        if rest.len() >= shortest && (rest.len() >= LONG || may_be_text(rest, is_safe)) {
            found(run(text, range.start + from..range.end, is_safe));
        }
    }
}

fn run(text: &[u8], letters: Range<usize>, is_safe: bool) -> Run {
    let length = letters.len();
    let whole = if length % 4 == 1 { length - 1 } else { length };
    let padding = text[letters.end..].iter().take(2);
    let padding = padding.take_while(|byte| **byte == b'=').count();
    let is_padded = padding > 0 && (length + padding).is_multiple_of(4);
    let engine = if is_safe { SAFE_BARE } else { PLAIN_BARE };
    let bytes = engine.decode(&text[letters.start..letters.start + whole]);
    Run {
        range: letters.start..letters.end + if is_padded { padding } else { 0 },
        bytes: bytes.unwrap_or_default(),
        is_safe,
        // Where no padding was needed, none tells whether it is wanted.
        is_padded: is_padded || (!is_safe && length.is_multiple_of(4)),
        rest: text[letters.start + whole..letters.end].to_vec(),
    }
}

/// Whether a short run says text, as hardly any word does that is none of base64.
fn may_be_text(letters: &[u8], is_safe: bool) -> bool {
    let alphabet = if is_safe {
        &SAFE_LETTERS
    } else {
        &PLAIN_LETTERS
    };
    let mut bytes = [0; LONG / 4 * 3];
    let (groups, _) = letters.as_chunks::<4>();
    for (group, said) in groups.iter().zip(bytes.as_chunks_mut::<3>().0) {
        let bits = group.iter().fold(0, |bits: u32, letter| {
            bits << 6 | u32::from(alphabet[usize::from(*letter)] & 63)
        });
        said.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    let said = &bytes[..groups.len() * 3];
    let is_shown = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    // A letter may go on behind the last whole group.
    let is_utf8 =
        std::str::from_utf8(said).map_or_else(|error| error.error_len().is_none(), |_| true);
    said.iter().all(is_shown) && is_utf8
}

/// What each byte says in an alphabet; 255 is no letter of it.
const fn letters(is_safe: bool) -> [u8; 256] {
    let all = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [255; 256];
    let mut at = 0;
    while at < 64 {
        #[expect(clippy::cast_possible_truncation, reason = "below 64")]
        let value = at as u8;
        table[all[at] as usize] = value;
        at += 1;
    }
    if is_safe {
        table[b'-' as usize] = std::mem::replace(&mut table[b'+' as usize], 255);
        table[b'_' as usize] = std::mem::replace(&mut table[b'/' as usize], 255);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        each(text.as_bytes(), 0, |run| {
            let said = String::from_utf8_lossy(&run.bytes).into_owned();
            assert_eq!(run.bytes.is_empty(), said.is_empty());
            found.push((run.range, said));
        });
        found
    }

    #[test]
    fn runs_are_read_in_either_alphabet_with_and_without_padding() {
        assert_eq!(said("x: aGVsbG8h, y"), [(3..11, "hello!".to_owned())]);
        assert_eq!(said("aGVsbG8="), [(0..8, "hello".to_owned())]);
        assert_eq!(said("aGVsbG8"), [(0..7, "hello".to_owned())]);
        let said = said("Pz8/Pz8_Pz8");
        assert!(said.iter().any(|(_, text)| text.contains("??")), "{said:?}");
    }

    #[test]
    fn a_run_behind_something_else_is_read_from_its_own_start() {
        assert!(said("/ab/aGVsbG8h").contains(&(4..12, "hello!".to_owned())));
        assert!(said("key_aGVsbG8h").contains(&(4..12, "hello!".to_owned())));
    }

    #[test]
    fn a_run_keeps_its_kind() {
        let again = |text: &str| {
            let mut all = Vec::new();
            each(text.as_bytes(), 0, |run| all.push(run.encoded(&run.bytes)));
            String::from_utf8(all.remove(0)).unwrap()
        };
        for text in ["aGVsbG8=", "aGVsbG8", "aGVsbG8h", "aGVsbG8hx", "Pz8_Pz8_"] {
            let whole = again(text);
            assert!(text.ends_with(&whole) || whole == text, "{text}: {whole}");
        }
    }
}
