//! Amounts of money, read as people and WHMCS write them.
//!
//! The mark before the decimals is never guessed from where the reader lives.
//! Where both `.` and `,` occur, the last is the decimal mark; one that occurs
//! more than once groups; a single one is the decimal mark unless it stands
//! exactly where a group would end (`1,234`): that is refused, because being
//! wrong by a factor of a thousand is worse than asking.

use rust_decimal::Decimal;

/// Letters of a currency's name before or after the digits, at most.
const LONGEST_CURRENCY: usize = 4;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AmountError {
    /// It is something else.
    NotAnAmount,
    /// The only mark may be the decimal one or end a group.
    Ambiguous,
    /// It has more digits than a decimal holds.
    TooLong,
}

/// Reads an amount: `$2645.80 USD`, `1.234,50`, `1 234,50 €`, `1'234.50`, `-5`, `(5.00)`.
///
/// `mark` says which of `.` and `,` is the decimal mark, where that is known.
pub(crate) fn parse(text: &str, mark: Option<char>) -> Result<Decimal, AmountError> {
    let text: String = text.trim().chars().map(plain).collect();
    let (is_negative, digits) = unwrapped(&text)?;
    let mark = match mark {
        Some(mark) => Some(mark),
        None => decimal_mark(digits)?,
    };
    let (whole, fraction) = match mark.and_then(|mark| digits.split_once(mark)) {
        Some((whole, fraction)) => (whole, fraction),
        None => (digits, ""),
    };
    if !is_grouped(whole) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AmountError::NotAnAmount);
    }
    let mut plain: String = whole.chars().filter(char::is_ascii_digit).collect();
    if !fraction.is_empty() {
        plain.push('.');
        plain.push_str(fraction);
    }
    let amount = Decimal::from_str_exact(&plain).map_err(|_| AmountError::TooLong)?;
    Ok(if is_negative { -amount } else { amount })
}

/// The same character in its plain form: every space, minus and apostrophe.
fn plain(letter: char) -> char {
    match letter {
        '\u{2212}' => '-',
        '\u{2019}' | '\u{2bc}' => '\'',
        letter if letter.is_whitespace() => ' ',
        letter => letter,
    }
}

/// The sign and the digits with their marks, without the currency.
fn unwrapped(text: &str) -> Result<(bool, &str), AmountError> {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let (Some(mut start), Some(end)) = (text.find(is_digit), text.rfind(is_digit)) else {
        return Err(AmountError::NotAnAmount);
    };
    let before = text[..start].chars().rev().nth(1);
    if text[..start].ends_with(['.', ',']) && !before.is_some_and(char::is_alphabetic) {
        start -= 1;
    }
    let (digits, tail) = text[start..].split_at(end + 1 - start);
    match (
        without_currency(&text[..start])?.as_str(),
        without_currency(tail)?.as_str(),
    ) {
        ("" | "+", "") => Ok((false, digits)),
        ("-", "") | ("(", ")") => Ok((true, digits)),
        _ => Err(AmountError::NotAnAmount),
    }
}

/// What is left beside the digits when a currency's symbol or name is taken off.
fn without_currency(beside: &str) -> Result<String, AmountError> {
    let letters = beside
        .chars()
        .filter(|letter| letter.is_alphabetic())
        .count();
    if letters > LONGEST_CURRENCY {
        return Err(AmountError::NotAnAmount);
    }
    let mut rest = String::new();
    let mut after_letter = false;
    for letter in beside.chars() {
        let is_point = letter == '.' && after_letter;
        after_letter = letter.is_alphabetic();
        if !is_point && !after_letter && letter != ' ' && !is_currency_symbol(letter) {
            rest.push(letter);
        }
    }
    Ok(rest)
}

/// Whether it is the symbol of a currency.
pub(crate) fn is_currency_symbol(letter: char) -> bool {
    matches!(
        letter,
        '$' | '¢' | '£' | '¤' | '¥' | '\u{e3f}' | '\u{20a0}'..='\u{20cf}'
    )
}

/// Which mark of these digits is the decimal one, if any.
fn decimal_mark(digits: &str) -> Result<Option<char>, AmountError> {
    let Some(at) = digits.rfind(['.', ',']) else {
        return Ok(None);
    };
    let (mark, other) = if digits[at..].starts_with('.') {
        ('.', ',')
    } else {
        (',', '.')
    };
    if digits.matches(mark).count() > 1 {
        return Ok(None);
    }
    let has_groups = digits.contains([other, ' ', '\'']);
    let (before, after) = (&digits[..at], digits.len() - at - 1);
    let may_be_group = after == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
    if may_be_group && !has_groups {
        return Err(AmountError::Ambiguous);
    }
    Ok(Some(mark))
}

/// Whether the digits before the decimals are plain, or in groups of three.
fn is_grouped(whole: &str) -> bool {
    let separators: Vec<char> = whole.chars().filter(|c| !c.is_ascii_digit()).collect();
    let Some(&separator) = separators.first() else {
        return true;
    };
    if !matches!(separator, '.' | ',' | ' ' | '\'') || separators.iter().any(|c| *c != separator) {
        return false;
    }
    let mut groups = whole.split(separator);
    let first = groups.next().map_or(0, str::len);
    (1..=3).contains(&first) && groups.all(|group| group.len() == 3)
}

/// The longest text that is looked at for an amount, in bytes: a page that is put together
/// piece by piece is not read through at each of them.
const LONGEST: usize = 80;

/// What is written behind a number, and is no part of an amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mark {
    /// `19%`
    Percent,
    /// `5.00-`, as accountants write it.
    Minus,
}

/// What is written behind a number.
pub(crate) fn mark(text: &str) -> Option<Mark> {
    let text = text.trim();
    let (number, mark) = if let Some(number) = text.strip_suffix('%') {
        (number, Mark::Percent)
    } else {
        (text.strip_suffix('-')?, Mark::Minus)
    };
    let number = number.trim_end();
    let is_number = number.ends_with(|letter: char| letter.is_ascii_digit())
        && number.starts_with(|letter: char| letter.is_ascii_digit() || "+-".contains(letter))
        && (mark == Mark::Percent || !number.starts_with('-'));
    is_number.then_some(mark)
}

/// The text without what is written behind a number.
pub(crate) fn without_mark(text: &str) -> &str {
    match mark(text) {
        Some(_) => text.trim().trim_end_matches(['%', '-']).trim_end(),
        None => text,
    }
}

/// Whether a text may be meant as a number, or is a cell that lacks one.
pub(crate) fn may_be_number(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let text = without_mark(text);
    if !is_short(text) || !is_in_currency(text) {
        return false;
    }
    match parse(text, None) {
        Ok(_) | Err(AmountError::Ambiguous | AmountError::TooLong) => true,
        Err(AmountError::NotAnAmount) => text.trim().parse::<i64>().is_ok(),
    }
}

/// Whether a text is short enough for an amount.
pub(crate) const fn is_short(text: &str) -> bool {
    text.len() <= LONGEST
}

/// Whether every word of a text is a currency.
pub(crate) fn is_in_currency(text: &str) -> bool {
    words(text).all(|word| is_currency(word, text))
}

/// The runs of letters in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|letter: char| !letter.is_alphabetic());
    runs.filter(|run| !run.is_empty())
}

/// Whether a word in a text is a currency, and not the front of a name such as `INV-5`.
fn is_currency(word: &str, text: &str) -> bool {
    const WORDS: [&str; 9] = ["Fr", "Ft", "Kč", "Rs", "kr", "kn", "lei", "zł", "лв"];
    let is_code = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let text = text.trim();
    let is_signed = text
        .split_once(word)
        .is_some_and(|(_, behind)| behind.starts_with(is_currency_symbol));
    let stands_alone = text
        .strip_suffix(word)
        .is_some_and(|before| before.ends_with(' '))
        || text
            .strip_prefix(word)
            .is_some_and(|behind| behind.starts_with(' '));
    WORDS.contains(&word) || is_signed || (is_code && stands_alone)
}

/// The call that reads an amount, with the decimal mark where it is not plain.
pub(crate) fn reading(text: &str) -> &'static str {
    match mark(text) {
        Some(Mark::Percent) => return "parse_percent(…)",
        Some(Mark::Minus) => return "-parse_money(….split(\"-\")[0])",
        None => {}
    }
    match parse(text, None) {
        Err(AmountError::Ambiguous) => "parse_money(…, \".\")",
        _ => "parse_money(…)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse(text, None).map_or_else(|error| format!("{error:?}"), |amount| amount.to_string())
    }

    #[test]
    fn amounts_are_read_as_whmcs_and_people_write_them() {
        let cases = [
            ("$2645.80 USD", "2645.80"),
            ("$0.00 USD", "0.00"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1 234,50 €", "1234.50"),
            ("1\u{202f}234,50\u{a0}€", "1234.50"),
            ("1\u{2009}234.50", "1234.50"),
            ("CHF 1'234.50", "1234.50"),
            ("1’234’567.5", "1234567.5"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("Rs. 1,234.50", "1234.50"),
            ("12,5", "12.5"),
            ("12.30", "12.30"),
            ("0.123", "0.123"),
            ("1234.567", "1234.567"),
            (".50", "0.50"),
            ("5", "5"),
            ("-5.00", "-5.00"),
            ("-$5.00", "-5.00"),
            ("$-5.00", "-5.00"),
            ("\u{2212}5", "-5"),
            ("(5.00)", "-5.00"),
            ("+5", "5"),
            ("R$ 10", "10"),
        ];
        for (text, amount) in cases {
            assert_eq!(read(text), amount, "{text}");
        }
    }

    #[test]
    fn a_mark_that_may_end_a_group_is_ambiguous_unless_it_is_named() {
        assert_eq!(read("1,234"), "Ambiguous");
        assert_eq!(read("1.234"), "Ambiguous");
        assert_eq!(read("$12.345 USD"), "Ambiguous");
        assert_eq!(parse("1,234", Some('.')), Ok(1234.into()));
        assert_eq!(parse("1,234", Some(',')), Ok(Decimal::new(1234, 3)));
        assert_eq!(parse("1.234,5", Some(',')), Ok(Decimal::new(12345, 1)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let texts = [
            "",
            " ",
            "free",
            "5%",
            "10-20",
            "5 of 10",
            "1,23,4",
            "1.2.3",
            "12,34.5",
            "1,234.567,8",
            "order 17",
            "5.00-",
            "(5.00",
            "--5",
            "5.",
            "1 23",
            "1e5",
            "0x10",
            "٣",
        ];
        for text in texts {
            assert_eq!(read(text), "NotAnAmount", "{text}");
        }
        assert_eq!(read(&"9".repeat(40)), "TooLong");
    }
}
