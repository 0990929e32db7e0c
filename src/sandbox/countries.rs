//! Countries: two-letter code, name, calling code.

/// One country.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Country {
    /// English name.
    pub name: &'static str,
    /// Calling code without the plus sign.
    pub calling_code: &'static str,
}

/// Sorted by code: code, name, calling code, split by tabs.
const TABLE: &str = include_str!("countries.tsv");

/// The country of a two-letter code in capitals.
pub fn find(code: &str) -> Option<Country> {
    TABLE.lines().find_map(|line| {
        let (own, rest) = line.split_once('\t')?;
        let (name, calling_code) = rest.split_once('\t')?;
        (own == code).then_some(Country { name, calling_code })
    })
}

/// A phone number as WHMCS formats it, `+44.1234567890`; nothing for no number.
pub fn formatted_phone(country: Option<Country>, number: &str) -> String {
    let digits: String = number
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '+' | '.'))
        .collect();
    if digits.is_empty() {
        return String::new();
    }
    let code = country.map_or("", |country| country.calling_code);
    let local = match digits.strip_prefix('+') {
        // Already formatted, whatever country it belongs to.
        Some(full) if full.contains('.') => return format!("+{full}"),
        Some(full) => full.strip_prefix(code).unwrap_or(full),
        None => digits.trim_start_matches('0'),
    };
    format!("+{code}.{}", local.replace('.', ""))
}

#[cfg(test)]
mod tests {
    use super::{TABLE, find, formatted_phone};

    #[test]
    fn every_line_is_a_country_and_the_lines_are_sorted() {
        let codes: Vec<&str> = TABLE.lines().map(|line| &line[..2]).collect();
        assert!(codes.is_sorted() && codes.len() == 250);
        for code in codes {
            let country = find(code).expect(code);
            assert!(!country.name.is_empty());
            assert!(
                country.calling_code.parse::<u16>().is_ok(),
                "{code} {}",
                country.calling_code
            );
        }
        assert_eq!(find("gb"), None);
    }

    #[test]
    fn phone_numbers_take_the_calling_code_for_the_zero() {
        let britain = find("GB");
        assert_eq!(formatted_phone(britain, "01234567890"), "+44.1234567890");
        assert_eq!(
            formatted_phone(britain, "+44 1234 567890"),
            "+44.1234567890"
        );
        assert_eq!(formatted_phone(britain, "+49.30123"), "+49.30123");
        assert_eq!(formatted_phone(britain, ""), "");
    }
}
