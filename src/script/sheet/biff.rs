//! The texts of `.xls` files, which a record and those that continue it may share.

use encoding_rs::Encoding;

use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::records::{Bytes, utf_16};

/// How a workbook writes its texts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Texts {
    /// As Excel 97 and later: two bytes a unit, or one where that is enough.
    Unicode,
    /// As Excel 5 and 95, in that encoding.
    Encoded(&'static Encoding),
}

impl Texts {
    /// A text with its length in one byte, as names of sheets are.
    pub fn short(self, data: &mut Bytes<'_>) -> Result<String, SheetFault> {
        let length = usize::from(data.u8()?);
        self.text(data, length)
    }

    /// A text with its length in two bytes.
    pub fn long(self, data: &mut Bytes<'_>) -> Result<String, SheetFault> {
        let length = usize::from(data.u16()?);
        self.text(data, length)
    }

    fn text(self, data: &mut Bytes<'_>, length: usize) -> Result<String, SheetFault> {
        match self {
            Self::Encoded(encoding) => Ok(encoding.decode(data.take(length)?).0.into_owned()),
            Self::Unicode => {
                let marks = data.u8()?;
                if marks & 8 != 0 {
                    data.skip(2)?;
                }
                if marks & 4 != 0 {
                    data.skip(4)?;
                }
                if marks & 1 != 0 {
                    return Ok(utf_16(data.take(length * 2)?));
                }
                Ok(data
                    .take(length)?
                    .iter()
                    .map(|byte| char::from(*byte))
                    .collect())
            }
        }
    }

    /// The same from a record and those that continue it.
    pub fn continued(self, parts: &[&[u8]]) -> Result<String, SheetFault> {
        match self {
            Self::Encoded(_) => self.long(&mut Bytes::new(parts.first().unwrap_or(&&[][..]))),
            Self::Unicode => Continued::new(parts).text(),
        }
    }
}

/// A record and those that continue it.
pub(super) struct Continued<'r> {
    parts: std::slice::Iter<'r, &'r [u8]>,
    part: Bytes<'r>,
}

impl<'r> Continued<'r> {
    /// Reads them as one.
    pub fn new(parts: &'r [&'r [u8]]) -> Self {
        Self {
            parts: parts.iter(),
            part: Bytes::new(&[]),
        }
    }

    /// Goes to the next part if this one is read; says if there is more.
    fn has_more(&mut self) -> bool {
        while self.part.rest().is_empty() {
            match self.parts.next() {
                Some(next) => self.part = Bytes::new(next),
                None => return false,
            }
        }
        true
    }

    fn u8(&mut self) -> Result<u8, SheetFault> {
        self.has_more();
        self.part.u8()
    }

    /// A number of two bytes.
    pub fn u16(&mut self) -> Result<u16, SheetFault> {
        Ok(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    /// A number of four bytes.
    pub fn u32(&mut self) -> Result<u32, SheetFault> {
        Ok(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn skip(&mut self, mut count: usize) -> Result<(), SheetFault> {
        while count > 0 {
            self.has_more();
            let here = self.part.rest().len().min(count);
            if here == 0 {
                return self.part.skip(count);
            }
            self.part.skip(here)?;
            count -= here;
        }
        Ok(())
    }

    /// A text; where it goes on in another part, that says anew how wide its units are.
    pub fn text(&mut self) -> Result<String, SheetFault> {
        let mut left = usize::from(self.u16()?);
        let mut marks = self.u8()?;
        let runs = if marks & 8 == 0 { 0 } else { self.u16()? };
        let more = if marks & 4 == 0 { 0 } else { self.u32()? };
        let mut text = String::new();
        while left > 0 {
            if self.part.rest().is_empty() {
                if !self.has_more() {
                    return Err(SheetFault::damaged("a text is cut off"));
                }
                marks = self.part.u8()?;
            }
            let width = if marks & 1 == 0 { 1 } else { 2 };
            let here = (self.part.rest().len() / width).min(left);
            if here == 0 {
                return Err(SheetFault::damaged("a text is cut off"));
            }
            let bytes = self.part.take(here * width)?;
            if width == 2 {
                text.push_str(&utf_16(bytes));
            } else {
                text.extend(bytes.iter().map(|byte| char::from(*byte)));
            }
            left -= here;
        }
        self.skip(usize::from(runs) * 4 + more as usize)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_go_on_in_another_record() {
        let parts: [&[u8]; 3] = [&[5, 0, 0, b'a', b'b'], &[1, 0xE4, 0, b'c', 0], &[0, b'd']];
        assert_eq!(Continued::new(&parts).text().unwrap(), "abäcd");
        let parts: [&[u8]; 2] = [&[1, 0, 8, 1, 0, b'a', 0, 0], &[0, 0, 1, 0, 0, b'b']];
        let mut both = Continued::new(&parts);
        assert_eq!(both.text().unwrap(), "a");
        assert_eq!(both.text().unwrap(), "b");
        assert!(both.text().is_err());
    }

    #[test]
    fn older_texts_are_in_an_encoding() {
        let texts = Texts::Encoded(encoding_rs::WINDOWS_1252);
        assert_eq!(texts.short(&mut Bytes::new(b"\x02K\xf6")).unwrap(), "Kö");
        assert!(texts.short(&mut Bytes::new(b"\x03K")).is_err());
    }
}
