//! How the text of a file is encoded, where nobody said.
//!
//! What is valid UTF-8 is UTF-8. Other text is taken for Windows-1252, which is said, if it
//! reads like a language of Western Europe; text that is UTF-8 but for a few bytes is spoiled,
//! and no other encoding of all of it would be right.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How a text seems to be encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Guess {
    /// As its byte order mark says.
    Marked(&'static Encoding),
    /// As the zeros in every other place say.
    Zeros(&'static Encoding),
    /// In UTF-8, as far as it was seen.
    Utf8,
    /// In neither.
    Other,
}

/// The guess from the beginning of a text; none if it is no text.
pub(crate) fn guess(sample: &[u8], is_whole: bool) -> Option<Guess> {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return Some(Guess::Marked(encoding));
    }
    if sample.contains(&0) {
        if let Some(encoding) = utf_16_by_zeros(sample) {
            return Some(Guess::Zeros(encoding));
        }
        if !is_text(sample) {
            return None;
        }
    }
    Some(match std::str::from_utf8(sample) {
        Ok(_) => Guess::Utf8,
        // A character cut in two by the end of the sample is no fault.
        Err(error) if error.error_len().is_none() && !is_whole => Guess::Utf8,
        Err(_) => Guess::Other,
    })
}

/// Whether a NUL byte in it is a fault of a text, and not one of many in something else.
fn is_text(sample: &[u8]) -> bool {
    let nuls = sample.split(|byte| *byte == 0).count() - 1;
    let is_usual = |byte: u8| matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | 0x1a | b' '..);
    let strange = sample.iter().filter(|byte| !is_usual(**byte)).count();
    nuls * 4 <= sample.len() && strange * 50 <= sample.len()
}

/// Text of two bytes a character, by where its zeros are: letters of Latin have them, and
/// line ends and delimiters of any other.
fn utf_16_by_zeros(sample: &[u8]) -> Option<&'static Encoding> {
    let mut zeros = [0_usize; 2];
    for (place, _) in sample.iter().enumerate().filter(|(_, byte)| **byte == 0) {
        zeros[place % 2] += 1;
    }
    let (encoding, unit): (_, fn([u8; 2]) -> u16) = match zeros {
        [0, _] => (UTF_16LE, u16::from_le_bytes),
        [_, 0] => (UTF_16BE, u16::from_be_bytes),
        _ => return None,
    };
    let units = sample.as_chunks().0.iter().map(|pair| unit(*pair));
    let text: Vec<char> = char::decode_utf16(units)
        .map(|letter| letter.unwrap_or('\0'))
        .collect();
    // A character may be cut in two by the end of the sample.
    let text = text.split_last().map_or(&[][..], |(_, text)| text);
    let is_letter = |letter: &char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r');
    let has_line = text.iter().any(|letter| matches!(letter, '\n' | '\r'));
    (has_line && text.iter().all(is_letter)).then_some(encoding)
}

/// What the bytes beyond ASCII of a text are that is not all UTF-8.
#[derive(Debug, Default)]
pub(crate) struct HighBytes {
    /// Characters that are valid UTF-8.
    valid: u64,
    /// Bytes that are not.
    stray: u64,
    /// Runs of three letters and marks and more that are all beyond ASCII, and how many
    /// these are.
    runs: u64,
    in_runs: u64,
    /// Marks that stand between two letters, as no language of Western Europe has them.
    odd: u64,
    run: u64,
    /// The last two bytes.
    before: [u8; 2],
    /// The beginning of a character that goes on in the next piece.
    carried: Vec<u8>,
}

impl HighBytes {
    /// Looks at the next piece of the text.
    pub fn see(&mut self, piece: &[u8]) {
        for byte in piece {
            self.follow(*byte);
        }
        let mut bytes = std::mem::take(&mut self.carried);
        bytes.extend_from_slice(piece);
        for chunk in bytes.utf8_chunks() {
            self.valid += chunk.valid().bytes().filter(|byte| *byte >= 0xc2).count() as u64;
            self.stray += chunk.invalid().len() as u64;
        }
        if let Err(error) = std::str::from_utf8(&bytes)
            && let Some(last) = bytes.utf8_chunks().last()
            && error.valid_up_to() < bytes.len()
            && std::str::from_utf8(last.invalid()).is_err_and(|error| error.error_len().is_none())
        {
            self.stray -= last.invalid().len() as u64;
            self.carried = last.invalid().to_vec();
        }
    }

    fn follow(&mut self, byte: u8) {
        let is_quote = matches!(byte, 0xab | 0xbb);
        if is_western_letter(byte) || matches!(byte, 0xa1..=0xbf if !is_quote) {
            self.run += 1;
        } else {
            self.end_run();
        }
        let [first, mark] = self.before;
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || is_western_letter(byte);
        if is_odd_mark(mark) && is_letter(first) && is_letter(byte) {
            self.odd += 1;
        }
        self.before = [mark, byte];
    }

    fn end_run(&mut self) {
        if self.run >= 3 {
            self.runs += 1;
            self.in_runs += self.run;
        }
        self.run = 0;
    }

    /// Whether it is UTF-8 with some bytes that are not.
    pub const fn is_spoiled_utf_8(&self) -> bool {
        self.valid * 4 >= self.stray
    }

    /// Windows-1252, if the text may be of a language that is written in it: words do not
    /// consist of letters with accents there, and have no `³` or `¿` inside.
    pub fn western(mut self) -> Option<&'static Encoding> {
        self.stray += self.carried.len() as u64;
        self.end_run();
        let is_foreign = self.runs >= 3 && self.in_runs * 2 > self.stray;
        (!is_foreign && self.odd < 3).then_some(WINDOWS_1252)
    }
}

/// A letter beyond ASCII in Windows-1252.
const fn is_western_letter(byte: u8) -> bool {
    matches!(
        byte,
        0x8a | 0x8c | 0x8e | 0x9a | 0x9c | 0x9e | 0x9f | 0xc0..=0xff
    ) && !matches!(byte, 0xd7 | 0xf7)
}

/// Marks of Windows-1252 in the places of letters of Windows-1250 and Latin-2.
const fn is_odd_mark(byte: u8) -> bool {
    matches!(
        byte,
        0xa1 | 0xa3 | 0xa5 | 0xa6 | 0xb1 | 0xb3 | 0xb6 | 0xb9 | 0xbc | 0xbe | 0xbf
    )
}

/// The encoding of that name; none that refuses to decode.
pub(crate) fn named(name: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(name.as_bytes())?;
    let is_one = encoding.output_encoding() == encoding || encoding.name().starts_with("UTF-16");
    is_one.then_some(encoding)
}

/// Whether the name is that of ASCII: the web has it for Windows-1252, which would read
/// letters of UTF-8 as others.
pub(crate) fn is_ascii(name: &str) -> bool {
    let name = name.trim();
    let names = ["ascii", "us-ascii", "ansi_x3.4-1968"];
    names.iter().any(|ascii| name.eq_ignore_ascii_case(ascii))
}

/// The names that most files need.
pub(crate) fn usual_names() -> String {
    let utf_8 = UTF_8.name().to_lowercase();
    format!("`{utf_8}`, `windows-1252`, `windows-1250`, `windows-1251`, `shift_jis`, `utf-16le`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn western(bytes: &[u8]) -> Option<bool> {
        let mut high = HighBytes::default();
        for piece in bytes.chunks(5) {
            high.see(piece);
        }
        (!high.is_spoiled_utf_8()).then(|| high.western().is_some())
    }

    fn in_encoding(name: &str, text: &str) -> Vec<u8> {
        named(name).unwrap().encode(text).0.into_owned()
    }

    #[test]
    fn a_mark_decides_the_encoding() {
        assert_eq!(guess(b"\xef\xbb\xbfa", true), Some(Guess::Marked(UTF_8)));
        assert_eq!(guess(b"\xff\xfea\0", true), Some(Guess::Marked(UTF_16LE)));
        assert_eq!(guess(b"\xfe\xff\0a", true), Some(Guess::Marked(UTF_16BE)));
    }

    #[test]
    fn utf_16_without_a_mark_is_known_by_its_zeros() {
        assert_eq!(
            guess(b"a\0,\0b\0\n\0x\0", true),
            Some(Guess::Zeros(UTF_16LE))
        );
        assert_eq!(
            guess(b"\0a\0,\0b\0\n\0x", true),
            Some(Guess::Zeros(UTF_16BE))
        );
        let chinese: Vec<u8> = "城市,国家\n北京,中国\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(guess(&chinese, true), Some(Guess::Zeros(UTF_16LE)));
        assert_eq!(guess(b"a,\0b\nfine,text\n", true), Some(Guess::Utf8));
        assert_eq!(guess(b"\x7fELF\0\0\x01\x02\x03", true), None);
    }

    #[test]
    fn utf_8_may_be_cut_by_the_end_of_the_sample_alone() {
        assert_eq!(guess("café".as_bytes(), true), Some(Guess::Utf8));
        assert_eq!(guess(b"caf\xe9", true), Some(Guess::Other));
        assert_eq!(guess(b"caf\xc3", false), Some(Guess::Utf8));
        assert_eq!(guess(b"caf\xc3", true), Some(Guess::Other));
    }

    #[test]
    fn utf_8_with_a_stray_byte_is_spoiled() {
        let mut bytes = "1,Köln\n5,Łódź\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"4,M\xe1laga\n");
        assert_eq!(western(&bytes), None);
    }

    #[test]
    fn western_text_is_told_from_text_of_other_alphabets() {
        for text in [
            "Mühlheim – Süd",
            "äöüß ÄÖÜ",
            "«été», 20 m³, 5 £, ¿Qué?",
            "Señor Núñez",
        ] {
            assert_eq!(
                western(&in_encoding("windows-1252", text)),
                Some(true),
                "{text}"
            );
        }
        let russian = in_encoding("windows-1251", "Иван,Москва,Россия");
        assert_eq!(western(&russian), Some(false));
        let chinese = in_encoding("gbk", "北京北京,上海上海,广州广州");
        assert_eq!(western(&chinese), Some(false));
        let polish = "Wałęsa, Małgorzata, młody, Jabłoński".to_owned();
        assert_eq!(western(&in_encoding("windows-1250", &polish)), Some(false));
        assert_eq!(western(&in_encoding("iso-8859-2", &polish)), Some(false));
    }
}
