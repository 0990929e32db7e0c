//! CRC-32C (Castagnoli) of bytes that come in parts.
//!
//! Source: RFC 3720, appendix B.4, whose vectors the tests hold.

/// A checksum in the making; a copy of it goes on by itself.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Crc32c(u32);

impl Crc32c {
    /// The checksum of nothing.
    pub const fn new() -> Self {
        Self(0)
    }

    /// The checksum with these bytes behind those that it has.
    #[must_use]
    pub fn update(self, bytes: &[u8]) -> Self {
        Self(crc32c::crc32c_append(self.0, bytes))
    }

    /// The number.
    pub const fn value(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> u32 {
        Crc32c::new().update(bytes).value()
    }

    #[test]
    fn the_published_vectors_hold() {
        let rising: Vec<u8> = (0..32).collect();
        let falling: Vec<u8> = (0..32).rev().collect();
        assert_eq!(of(b""), 0);
        assert_eq!(of(b"123456789"), 0xE306_9283);
        assert_eq!(of(&[0; 32]), 0x8A91_36AA);
        assert_eq!(of(&[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(of(&rising), 0x46DD_794E);
        assert_eq!(of(&falling), 0x113F_DB5C);
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_parted() {
        let bytes: Vec<u8> = (0..=255).collect();
        for at in 0..bytes.len() {
            let (left, right) = bytes.split_at(at);
            let parted = Crc32c::new().update(left).update(right).value();
            assert_eq!(parted, of(&bytes), "parted at {at}");
        }
    }
}
