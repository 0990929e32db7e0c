//! Which of the runs of one name a run is.
//!
//! A name may be that of several runs: of the shards of one task, or of the servers of a
//! fleet. Each of them has its own journal and its own files.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::path::Path;

use super::bulk::Shard;

/// Which of the runs of one name a run is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Part {
    /// It is the only one.
    #[default]
    Whole,
    /// It does the rows of this shard.
    Shard(Shard),
    /// It is on the server of this profile, one of several.
    Server(String),
}

impl Part {
    /// How files are marked as its own, such as `2of4` or `main`; nothing where it is the
    /// only one.
    pub fn mark(&self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Shard(shard) => Some(shard.mark()),
            Self::Server(profile) => Some(in_file_name(profile)),
        }
    }

    /// The name of its own file in place of one that every part would write:
    /// `summary.2of4.csv`, `summary.main.csv`.
    pub fn file_name(&self, name: &OsStr) -> Option<OsString> {
        let path = Path::new(name);
        let mut own = path.file_stem().unwrap_or(name).to_owned();
        own.push(format!(".{}", self.mark()?));
        if let Some(extension) = path.extension() {
            own.push(".");
            own.push(extension);
        }
        Some(own)
    }

    /// What tells its file of a name from those of the other parts: no two parts have the same.
    pub fn in_names(&self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Shard(shard) => Some(shard.to_string().replace('/', "-")),
            Self::Server(profile) => Some(format!("{SERVER}{}", in_file_name(profile))),
        }
    }

    /// Whether both can be parts of one whole: shards of the same number of them, or servers.
    pub fn goes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole, Self::Whole) | (Self::Server(_), Self::Server(_)) => true,
            (Self::Shard(own), Self::Shard(other)) => own.count() == other.count(),
            _ => false,
        }
    }
}

/// What stands before a profile where a shard has a number.
const SERVER: char = '=';

/// What [`Part::in_names`] gave, as the kind it is of: parts of one kind go together.
pub fn kind_in_names(text: Option<&str>) -> Option<&str> {
    let text = text?;
    if text.starts_with(SERVER) {
        return Some("=");
    }
    text.rsplit_once('-').map(|(_, count)| count)
}

/// A profile's name where a file is named after it: whatever is no plain letter is written as
/// its bytes, so that no two names are one.
fn in_file_name(profile: &str) -> String {
    let mut text = String::new();
    for letter in profile.chars() {
        if letter.is_alphanumeric() || "._-".contains(letter) {
            text.push(letter);
        } else {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// As lists have it: `2/8`, or the profile; nothing where it is the only one.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Shard(shard) => shard.fmt(f),
            Self::Server(profile) => f.write_str(profile),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(profile: &str) -> Part {
        Part::Server(profile.into())
    }

    #[test]
    fn a_file_of_a_shard_says_so_before_its_ending() {
        let shard = Part::Shard("2/4".parse().unwrap());
        for (name, own) in [
            ("summary.csv", "summary.2of4.csv"),
            ("a.tar.gz", "a.tar.2of4.gz"),
            ("notes", "notes.2of4"),
            (".hidden", ".hidden.2of4"),
        ] {
            assert_eq!(shard.file_name(name.as_ref()).unwrap(), own);
        }
    }

    #[test]
    fn a_file_of_a_server_says_so_before_its_ending() {
        let own = |profile: &str, name: &str| server(profile).file_name(name.as_ref()).unwrap();
        assert_eq!(own("main", "summary.csv"), "summary.main.csv");
        assert_eq!(own("a/../b", "notes"), "notes.a%2F..%2Fb");
        assert_eq!(Part::Whole.file_name("summary.csv".as_ref()), None);
    }

    #[test]
    fn parts_of_different_kinds_are_no_parts_of_one_whole() {
        let shard = |text: &str| Part::Shard(text.parse().unwrap());
        let parts = [Part::Whole, shard("1/2"), shard("1/3"), server("a")];
        for (at, one) in parts.iter().enumerate() {
            for (place, other) in parts.iter().enumerate() {
                let (own, its) = (one.in_names(), other.in_names());
                let are_alike = kind_in_names(own.as_deref()) == kind_in_names(its.as_deref());
                assert_eq!(one.goes_with(other), at == place);
                assert_eq!(are_alike, at == place, "{one:?} {other:?}");
            }
        }
        assert!(server("a").goes_with(&server("b-2")) && shard("1/2").goes_with(&shard("2/2")));
        assert_ne!(server("a b").in_names(), server("a%20b").in_names());
    }
}
