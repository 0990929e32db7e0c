//! What a row goes by in the journal, and by which rules a run knows it again.

/// What stands before the hash of a row's content.
pub const CONTENT: char = '~';
/// How many hexadecimal digits such a hash has: two rows never share one.
pub const DIGITS: usize = 32;

/// How rows are known again, by the number the journal keeps: a run goes on by the
/// rules it began with.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Rules {
    /// Keys as they are spelled; rows without one by their numbers.
    Spelled,
    /// Keys as people compare them; rows without one by their records' ids or content.
    #[default]
    Compared,
}

impl Rules {
    /// The rules of that number, if this version knows them.
    pub const fn numbered(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Spelled),
            2 => Some(Self::Compared),
            _ => None,
        }
    }

    /// Their number in the journal.
    pub const fn number(self) -> u32 {
        match self {
            Self::Spelled => 1,
            Self::Compared => 2,
        }
    }
}

/// The number of the loop that a key of the journal names, and the rest of it.
pub fn loop_of(key: &str) -> Option<(u64, &str)> {
    let (number, rest) = key.split_once(':')?;
    let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    Some((number.parse().ok().filter(|_| is_number)?, rest))
}

/// Whether a key of the journal is that of a row without one, which people know by its
/// number alone.
pub fn is_content(key: &str) -> bool {
    let key = loop_of(key).map_or(key, |(_, rest)| rest);
    let Some(hash) = key.strip_prefix(CONTENT) else {
        return false;
    };
    let (hash, more) = hash.split_at_checked(DIGITS).unwrap_or_default();
    !hash.is_empty()
        && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
        && (more.is_empty() || more.starts_with('.'))
}

/// The number of the loop that a key of the journal is of.
pub fn loop_number(key: &str) -> u64 {
    loop_of(key).map_or(1, |(number, _)| number)
}

/// Whether a key of the journal is of that loop.
pub fn is_of(bulk: u64, key: &str) -> bool {
    loop_number(key) == bulk
}

/// The key of the journal without its loop.
pub fn bare(key: &str) -> &str {
    loop_of(key).map_or(key, |(_, rest)| rest)
}

/// A row as people know it: by its key, or by its place where it has none.
pub fn row_name(key: &str, number: Option<u64>) -> String {
    match number {
        _ if !is_content(key) => key.to_owned(),
        Some(number) => format!("#{number}"),
        None => bare(key).chars().take(9).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_which_loop_it_is_of() {
        for (bulk, key) in [
            (1, "a"),
            (2, "2:a"),
            (1, "1:2:a"),
            (2, "2:2:a"),
            (1, ":a"),
            (1, "x:a"),
        ] {
            assert!(is_of(bulk, key), "{key}");
        }
        assert_eq!(
            (bare("1:12:30"), bare("a"), bare("2:a")),
            ("12:30", "a", "a")
        );
    }

    #[test]
    fn a_row_without_a_key_is_known_by_its_place() {
        let key = format!("2:~{}.2", "ab".repeat(16));
        assert_eq!(row_name(&key, Some(7)), "#7");
        assert_eq!(row_name(&key, None), "~abababab");
        assert_eq!(
            (row_name("jo", Some(7)), row_name("2:jo", None)),
            ("jo".to_owned(), "2:jo".to_owned())
        );
    }
}
