//! How the cells of a CSV file are set apart, by its beginning.

/// How many records tell whether a delimiter fits.
const SAMPLE_RECORDS: usize = 20;

/// Delimiters in the order they are believed in.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

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

/// A delimiter, and whether another may be meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delimiter {
    pub byte: u8,
    pub is_certain: bool,
}

/// The delimiter of text that begins like that.
///
/// Of those in the header, the one that gives every record as many cells as
/// the header wins; then the one that gives the header most cells.
pub(crate) fn delimiter(sample: &str, is_whole: bool) -> Delimiter {
    let fit = |delimiter: u8| {
        let counts = cell_counts(sample, is_whole, delimiter);
        let header = *counts.first()?;
        let is_even = counts.iter().all(|&count| count == header);
        (header > 1).then_some((is_even, header))
    };
    let fits: Vec<((bool, usize), u8)> = DELIMITERS
        .into_iter()
        .rev()
        .filter_map(|delimiter| Some((fit(delimiter)?, delimiter)))
        .collect();
    let best = fits.iter().max_by_key(|&(fit, _)| fit);
    let byte = best.map_or(b',', |&(_, delimiter)| delimiter);
    Delimiter {
        byte,
        is_certain: byte == b',' && fits.len() < 2,
    }
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
    fn delimiter(sample: &str, is_whole: bool) -> u8 {
        super::delimiter(sample, is_whole).byte
    }

    #[test]
    fn the_delimiters_are_told_apart() {
        assert_eq!(delimiter("a,b\n1,2\n", true), b',');
        assert_eq!(delimiter("a;b\n1;2\n", true), b';');
        assert_eq!(delimiter("a\tb\n1\t2\n", true), b'\t');
        assert_eq!(delimiter("a|b\n1|2\n", true), b'|');
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
    fn another_delimiter_that_would_do_makes_it_a_guess() {
        let certain = |sample| super::delimiter(sample, true).is_certain;
        assert!(certain("a,b\n1,2\n") && certain("email\nx\n"));
        assert!(!certain("a;b\n1;2\n") && !certain("a,b;c\n1,2\n"));
    }
}
