//! Guesses from a file's beginning how its text is encoded and its cells are
//! set apart.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of a file is looked at.
pub(crate) const SAMPLE: usize = 64 * 1024;

/// How many records tell whether a delimiter fits.
const SAMPLE_RECORDS: usize = 20;

/// Delimiters in the order they are believed in.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What the first bytes say of files that are often mistaken for CSV.
const SIGNATURES: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "a spreadsheet or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3", "an SQLite database"),
];

/// The encoding of a file that begins like that, or what it is instead of text.
///
/// A byte order mark decides; else NUL bytes in every other place mean UTF-16;
/// else what is valid UTF-8 is UTF-8, and the rest is Windows-1252.
pub(crate) fn encoding(sample: &[u8], is_whole: bool) -> Result<&'static Encoding, &'static str> {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return Ok(encoding);
    }
    if let Some((_, what)) = SIGNATURES
        .iter()
        .find(|(signature, _)| sample.starts_with(signature))
    {
        return Err(what);
    }
    if sample.contains(&0) {
        return utf_16_by_zeros(sample).ok_or("binary data");
    }
    match std::str::from_utf8(sample) {
        Ok(_) => Ok(UTF_8),
        // A character cut in two by the end of the sample is no fault.
        Err(error) if error.error_len().is_none() && !is_whole => Ok(UTF_8),
        Err(_) => Ok(WINDOWS_1252),
    }
}

/// What to do about a file that is something else.
pub(crate) fn instead(what: &str) -> &'static str {
    if what.contains("spreadsheet") || what.contains("workbook") {
        "if it is a spreadsheet, read it with `sheet(path)`"
    } else {
        "save it as CSV; if it is text, name its `encoding`"
    }
}

fn utf_16_by_zeros(sample: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| {
        sample
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let (high, low) = (zeros(0), zeros(1));
    let most = sample.len() / 4;
    match () {
        () if low > most && high == 0 => Some(UTF_16LE),
        () if high > most && low == 0 => Some(UTF_16BE),
        () => None,
    }
}

/// The delimiter that a first line such as `sep=;` names, which Excel obeys and does
/// not show.
pub(crate) fn named_delimiter(sample: &str) -> Option<u8> {
    let line = sample.lines().next()?.trim_start_matches('\u{feff}');
    let line = line
        .strip_prefix('"')
        .map_or(line, |line| line.trim_end_matches('"'));
    let (name, delimiter) = line.split_at_checked(4)?;
    match delimiter.as_bytes() {
        [byte] if name.eq_ignore_ascii_case("sep=") && byte.is_ascii() => Some(*byte),
        _ => None,
    }
}

/// The delimiter of text that begins like that.
///
/// Of those in the header, the one that gives every record as many cells as
/// the header wins; then the one that gives the header most cells.
pub(crate) fn delimiter(sample: &str, is_whole: bool) -> u8 {
    let fit = |delimiter: u8| {
        let counts = cell_counts(sample, is_whole, delimiter);
        let header = *counts.first()?;
        let is_even = counts.iter().all(|&count| count == header);
        (header > 1).then_some((is_even, header))
    };
    DELIMITERS
        .into_iter()
        .rev()
        .filter_map(|delimiter| Some((fit(delimiter)?, delimiter)))
        .max_by_key(|&(fit, _)| fit)
        .map_or(b',', |(_, delimiter)| delimiter)
}

fn cell_counts(sample: &str, is_whole: bool, delimiter: u8) -> Vec<usize> {
    let mut counts: Vec<usize> = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(sample.as_bytes())
        .records()
        .map_while(Result::ok)
        .map(|record| record.len())
        .take(SAMPLE_RECORDS)
        .collect();
    // The last record of a sample that ends in mid-file may be cut off.
    if !is_whole && counts.len() > 1 && counts.len() < SAMPLE_RECORDS {
        counts.pop();
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_delimiters_are_told_apart() {
        assert_eq!(delimiter("a,b\n1,2\n", true), b',');
        assert_eq!(delimiter("a;b\n1;2\n", true), b';');
        assert_eq!(delimiter("a\tb\n1\t2\n", true), b'\t');
        assert_eq!(delimiter("email\nx@example.com\n", true), b',');
        assert_eq!(delimiter("", true), b',');
    }

    #[test]
    fn a_comma_in_a_semicolon_header_does_not_mislead() {
        assert_eq!(
            delimiter("name;amount (EUR, net)\nJo;1,50\nZo;2\n", true),
            b';'
        );
        assert_eq!(delimiter("a;b;c\n1,5;2,5;3,5\n", true), b';');
        assert_eq!(delimiter("\"x,y,z\";b\n1;2\n", true), b';');
    }

    #[test]
    fn semicolons_in_the_cells_of_one_column_do_not_split_it() {
        assert_eq!(delimiter("note\na;b\nc;d\n", true), b',');
    }

    #[test]
    fn a_ragged_file_keeps_the_delimiter_of_its_header() {
        assert_eq!(delimiter("a;b;c\n1;2\n", true), b';');
    }

    #[test]
    fn a_mark_decides_the_encoding() {
        assert_eq!(encoding(b"\xef\xbb\xbfa", true), Ok(UTF_8));
        assert_eq!(encoding(b"\xff\xfea\0", true), Ok(UTF_16LE));
        assert_eq!(encoding(b"\xfe\xff\0a", true), Ok(UTF_16BE));
    }

    #[test]
    fn utf_16_without_a_mark_is_known_by_its_zeros() {
        assert_eq!(encoding(b"a\0,\0b\0\n\0", true), Ok(UTF_16LE));
        assert_eq!(encoding(b"\0a\0,\0b\0\n", true), Ok(UTF_16BE));
        assert_eq!(encoding(b"a,\0b", true), Err("binary data"));
    }

    #[test]
    fn what_is_not_utf_8_is_windows_1252() {
        assert_eq!(encoding("café".as_bytes(), true), Ok(UTF_8));
        assert_eq!(encoding(b"caf\xe9", true), Ok(WINDOWS_1252));
        assert_eq!(encoding(b"caf\xc3", false), Ok(UTF_8));
        assert_eq!(encoding(b"caf\xc3", true), Ok(WINDOWS_1252));
    }

    #[test]
    fn a_spreadsheet_is_not_taken_for_text() {
        assert_eq!(
            encoding(b"PK\x03\x04\x14\0", true),
            Err("a spreadsheet or a zip archive")
        );
    }
}
