//! The bytes of a record of Excel's binary files, `.xls` and `.xlsb`.

use crate::script::sheet::fault::SheetFault;

/// Bytes, and how far they were read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    /// Reads from the first on.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes that are left.
    pub fn rest(self) -> &'b [u8] {
        self.0
    }

    /// The next so many bytes.
    pub fn take(&mut self, count: usize) -> Result<&'b [u8], SheetFault> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| SheetFault::damaged("a record is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SheetFault> {
        let taken = self.take(N)?;
        let mut array = [0; N];
        array.copy_from_slice(taken);
        Ok(array)
    }

    /// Passes over so many bytes.
    pub fn skip(&mut self, count: usize) -> Result<(), SheetFault> {
        self.take(count).map(drop)
    }

    /// A number of one byte.
    pub fn u8(&mut self) -> Result<u8, SheetFault> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A number of two bytes.
    pub fn u16(&mut self) -> Result<u16, SheetFault> {
        self.array().map(u16::from_le_bytes)
    }

    /// A number of four bytes.
    pub fn u32(&mut self) -> Result<u32, SheetFault> {
        self.array().map(u32::from_le_bytes)
    }

    /// A number with a point.
    pub fn f64(&mut self) -> Result<f64, SheetFault> {
        self.array().map(f64::from_le_bytes)
    }

    /// A text with its length in front, as `.xlsb` has them; nothing is empty too.
    pub fn wide(&mut self) -> Result<String, SheetFault> {
        let length = self.u32()?;
        if length == u32::MAX {
            return Ok(String::new());
        }
        let bytes = self.take((length as usize).saturating_mul(2))?;
        Ok(utf_16(bytes))
    }
}

/// Text of two bytes a unit.
pub(super) fn utf_16(bytes: &[u8]) -> String {
    encoding_rs::UTF_16LE
        .decode_without_bom_handling(bytes)
        .0
        .into_owned()
}

/// A number in four bytes: [MS-XLS] 2.5.217.
pub(super) fn rk(packed: u32) -> f64 {
    let number = if packed & 2 == 0 {
        f64::from_bits(u64::from(packed & !3) << 32)
    } else {
        f64::from(packed.cast_signed() >> 2)
    };
    if packed & 1 == 0 {
        number
    } else {
        number / 100.0
    }
}

/// An error by its number: [MS-XLS] 2.5.10.
pub(super) fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#GETTING_DATA",
        _ => "of a kind that is not known",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_unpacked() {
        let shown = |packed: u32| rk(packed).to_string();
        assert_eq!(shown((42 << 2) | 2), "42");
        assert_eq!(shown((950 << 2) | 3), "9.5");
        assert_eq!(shown((-7_i32 << 2).cast_unsigned() | 2), "-7");
        assert_eq!(shown((1.5_f64.to_bits() >> 32) as u32), "1.5");
    }

    #[test]
    fn a_record_that_is_too_short_is_refused() {
        let mut bytes = Bytes::new(&[1, 0, 0]);
        assert_eq!(bytes.u16().unwrap(), 1);
        assert!(bytes.f64().is_err());
        assert_eq!(bytes.u8().unwrap(), 0);
        assert!(Bytes::new(&[9, 0, 0, 0, 65, 0]).wide().is_err());
        assert_eq!(Bytes::new(&[1, 0, 0, 0, 65, 0]).wide().unwrap(), "A");
        assert_eq!(Bytes::new(&[255; 4]).wide().unwrap(), "");
    }
}
