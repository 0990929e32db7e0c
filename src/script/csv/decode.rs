//! Bytes of any encoding, read as UTF-8.
//!
//! Nothing is guessed or replaced along the way: text that is not valid in its
//! encoding ends the reading with [`MalformedText`], after everything before it
//! has been delivered. So does a byte that an encoding of one byte a character does not have.

use std::fmt;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use crate::script::csv::content::CHUNK;

/// The longest character in UTF-8, with room for the decoder to be sure of it.
const SMALLEST_READ: usize = 16;

/// Text that is not valid in its encoding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MalformedText(pub &'static str);

impl fmt::Display for MalformedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "is not valid {}", self.0)
    }
}

impl std::error::Error for MalformedText {}

/// A reader of UTF-8 over a reader of bytes; a byte order mark is left out.
pub(crate) struct Decode<R> {
    source: R,
    decoder: Decoder,
    raw: Box<[u8]>,
    /// What of `raw` is still to be decoded.
    left: std::ops::Range<usize>,
    state: State,
    /// Whether no letter beyond ASCII may come.
    is_ascii: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Reading,
    /// The source has ended; the decoder may still have a last word.
    Ending,
    Ended,
    Malformed,
}

impl<R: Read> Decode<R> {
    /// Decodes what the source delivers.
    pub fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder(),
            raw: vec![0; CHUNK].into(),
            left: 0..0,
            state: State::Reading,
            is_ascii: false,
        }
    }

    /// The same of a text that has no letter beyond ASCII, if that was said.
    #[must_use]
    pub fn only_ascii(self, is_ascii: bool) -> Self {
        Self { is_ascii, ..self }
    }

    fn refill(&mut self) -> io::Result<()> {
        let read = self.source.read(&mut self.raw)?;
        self.left = 0..read;
        if read == 0 {
            self.state = State::Ending;
        }
        Ok(())
    }

    /// How much there is before a byte that the encoding lacks: the decoder makes a control
    /// character of it that no text has.
    fn before_lack(&self, text: &[u8]) -> usize {
        if self.is_ascii {
            return Encoding::ascii_valid_up_to(text);
        }
        let encoding = self.decoder.encoding();
        if encoding == UTF_8 || !encoding.is_ascii_compatible() {
            return text.len();
        }
        let lacks = |pair: &[u8]| matches!(pair, [0xc2, 0x80..=0x9f]);
        let found = text.windows(2).position(lacks);
        found.unwrap_or(text.len())
    }

    fn malformed(&self) -> io::Error {
        let name = if self.is_ascii {
            "ASCII"
        } else {
            self.decoder.encoding().name()
        };
        io::Error::new(io::ErrorKind::InvalidData, MalformedText(name))
    }
}

impl<R: Read> Read for Decode<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.len() < SMALLEST_READ {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        loop {
            match self.state {
                State::Ended => return Ok(0),
                State::Malformed => return Err(self.malformed()),
                State::Reading if self.left.is_empty() => self.refill()?,
                State::Reading | State::Ending => {}
            }
            let last = self.state == State::Ending;
            let raw = &self.raw[self.left.clone()];
            let (result, read, written) = self
                .decoder
                .decode_to_utf8_without_replacement(raw, out, last);
            self.left.start += read;
            match result {
                DecoderResult::InputEmpty if last => self.state = State::Ended,
                DecoderResult::Malformed(..) => self.state = State::Malformed,
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
            let whole = self.before_lack(&out[..written]);
            if whole < written {
                self.state = State::Malformed;
            }
            if whole > 0 {
                return Ok(whole);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: &'static Encoding) -> io::Result<String> {
        let mut text = Vec::new();
        let mut reader = Decode::new(bytes, encoding);
        let mut buffer = [0; 17];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(String::from_utf8(text).unwrap()),
                read => text.extend_from_slice(&buffer[..read]),
            }
        }
    }

    #[test]
    fn utf_16_becomes_utf_8_in_small_reads() {
        let bytes: Vec<u8> = "Zoë, 東京 😀\n"
            .repeat(9)
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let text = decoded(&bytes, encoding_rs::UTF_16BE).unwrap();
        assert_eq!(text, "Zoë, 東京 😀\n".repeat(9));
    }

    #[test]
    fn a_byte_order_mark_is_left_out_and_decides_the_encoding() {
        let text = decoded(b"\xef\xbb\xbfZo\xc3\xab", encoding_rs::WINDOWS_1252).unwrap();
        assert_eq!(text, "Zoë");
    }

    #[test]
    fn windows_1252_knows_the_euro_sign() {
        let text = decoded(b"\x80 5 caf\xe9", encoding_rs::WINDOWS_1252).unwrap();
        assert_eq!(text, "€ 5 café");
    }

    #[test]
    fn text_before_a_malformed_byte_is_delivered_first() {
        let mut reader = Decode::new(&b"fine\xe9 not"[..], encoding_rs::UTF_8);
        let mut buffer = [0; 64];
        assert_eq!(reader.read(&mut buffer).unwrap(), 4);
        for _ in 0..2 {
            let error = reader.read(&mut buffer).unwrap_err();
            assert_eq!(error.to_string(), "is not valid UTF-8");
        }
    }

    #[test]
    fn a_byte_that_the_encoding_lacks_is_malformed() {
        let error = decoded(b"fine\x81", encoding_rs::WINDOWS_1252).unwrap_err();
        assert_eq!(error.to_string(), "is not valid windows-1252");
        assert!(decoded("a\u{81}".as_bytes(), encoding_rs::UTF_8).is_ok());
    }

    #[test]
    fn a_character_cut_off_by_the_end_is_malformed() {
        assert!(decoded(b"Zo\xc3", encoding_rs::UTF_8).is_err());
    }
}
