//! Who holds a run: a process, and the record it leaves of itself.

use serde::{Deserialize, Serialize};

use super::crc32c::Crc32c;

/// How long a record is, in bytes: one sector, so that it is written at once.
const LENGTH: usize = 512;

/// A process, so that it can be told from every other.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Process {
    /// The name of its host.
    pub host: String,
    /// What that was booted as, where it says so.
    pub boot: Option<String>,
    /// The namespace its number is of, where there are such.
    pub namespace: Option<u64>,
    /// Its number.
    pub pid: u32,
    /// When it started, in the system's ticks since it was booted, where it says so.
    pub started: Option<u64>,
}

impl Process {
    /// Whether the other one can be asked for by its number from here.
    pub fn is_near(&self, other: &Self) -> bool {
        self.host == other.host
            && self.boot.is_some()
            && self.boot == other.boot
            && self.namespace.is_some()
            && self.namespace == other.namespace
    }
}

/// What a holder says of itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Holder {
    /// Random, and different each time a run is taken.
    pub token: [u8; 16],
    /// The process that took it.
    pub process: Process,
    /// How often it was renewed.
    pub renewals: u64,
    /// Whether it was given back.
    pub is_released: bool,
}

impl Holder {
    /// One sector: the checksum in eight digits, a blank, JSON, and blanks.
    pub fn encode(&self) -> Vec<u8> {
        let mut short = self.clone();
        // The longest names systems allow still fit.
        short.process.host = self.process.host.chars().take(64).collect();
        let json = serde_json::to_string(&short).unwrap_or_default();
        let crc = Crc32c::new().update(json.as_bytes()).value();
        let mut bytes = format!("{crc:08x} {json}\n").into_bytes();
        bytes.resize(LENGTH.max(bytes.len()), b' ');
        bytes
    }

    /// Reads a record; nothing if it is not whole.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?.trim_end();
        let (crc, json) = text.split_once(' ')?;
        let crc = u32::from_str_radix(crc, 16).ok()?;
        if Crc32c::new().update(json.as_bytes()).value() != crc {
            return None;
        }
        serde_json::from_str(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_sector_and_no_other_bytes_pass_for_it() {
        let holder = Holder {
            token: [255; 16],
            process: Process {
                host: "h".repeat(300),
                boot: Some("0b5f8a3e-7a41-4f0e-9d51-000000000001".into()),
                namespace: Some(u64::MAX),
                pid: u32::MAX,
                started: Some(u64::MAX),
            },
            renewals: u64::MAX,
            is_released: false,
        };
        let bytes = holder.encode();
        assert_eq!(bytes.len(), LENGTH);
        let read = Holder::decode(&bytes).unwrap();
        assert_eq!(read.token, holder.token);
        assert_eq!(read.process.host.len(), 64);
        for length in 0..300 {
            assert_eq!(Holder::decode(&bytes[..length]), None);
        }
        for at in 0..300 {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_eq!(Holder::decode(&other), None, "byte {at}");
        }
    }
}
