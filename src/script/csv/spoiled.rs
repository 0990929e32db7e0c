//! Cells that a spreadsheet spoiled before the file was written.
//!
//! Of `#N/A` and `########` the value is gone, of `4.9E+11` its last digits. `="0150"` is how
//! some programs keep a zero, and is read as it is meant. What may be spoiled and may as well
//! be meant is taken, and said.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// How a cell is to be taken.
#[derive(Debug, PartialEq)]
pub(crate) enum CellReading<'t> {
    /// As it stands.
    Plain,
    /// As that text.
    Text(Cow<'t, str>),
    /// As it stands, which is said: it may have been something else.
    Doubtful(Doubt),
    /// Not at all.
    Spoiled(Spoiled),
}

/// What a cell may have been before it was written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Doubt {
    /// Text that was read in another encoding and written again, such as `KÃ¶ln`.
    Encoding,
    /// Nothing, as programs and databases write it.
    Nothing,
    /// Text between quotes that CSV does not know, or a number behind an apostrophe.
    Quotes,
    /// A number of which a spreadsheet kept fifteen digits.
    Rounded,
    /// A number in scientific form.
    Scientific,
}

impl Doubt {
    /// What the cells are, after `cells`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Encoding => " that may have been read in a wrong encoding earlier",
            Self::Nothing => " that may stand for no value",
            Self::Quotes => " with quotes or an apostrophe that may not be part of it",
            Self::Rounded => " whose digits after the fifteenth may be lost",
            Self::Scientific => " that may be numbers in scientific notation",
        }
    }
}

/// What became of a cell's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spoiled {
    /// It is an error of a formula.
    Error,
    /// It is a formula, and not what it comes to.
    Formula,
    /// The column was too narrow to show it.
    Hashes,
    /// A letter of it was replaced by U+FFFD, and is gone.
    Lost,
    /// It was none, as `MySQL` writes it.
    Null,
    /// It lost digits.
    Scientific,
}

impl Spoiled {
    /// What is wrong with the cell, and what to do about it.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Error => (
                "is an error of a spreadsheet, not a value",
                "correct the cell",
            ),
            Self::Formula => ("is a formula, not its result", "save the file with values"),
            Self::Hashes => (
                "is what a spreadsheet shows if a column is too narrow",
                "widen the column and save the file again",
            ),
            Self::Lost => (
                "has a character that was lost when the text was converted (U+FFFD)",
                "correct the cell, or save the file again in UTF-8",
            ),
            Self::Null => (
                "is what MySQL writes if there is no value",
                "leave the cell empty",
            ),
            Self::Scientific => (
                "is a number in scientific notation, which may have lost digits",
                "format the column as text and fill it in again",
            ),
        }
    }
}

/// Errors that do not end in `!` or `?`, in the languages of spreadsheets.
const ERRORS: [&str; 11] = [
    "#N/A",
    "#N/A N/A",
    "#N/DISP",
    "#NV",
    "#YOK",
    "#HIÁNYZIK",
    "#NEDOSTUPNÝ",
    "#NENÍ_K_DISPOZICI",
    "#GETTING_DATA",
    "#SAKNAS",
    "#MANGLER",
];

/// How a cell without blanks around it is to be taken.
pub(crate) fn reading(cell: &str) -> CellReading<'_> {
    if !cell.is_ascii() {
        if cell.contains(char::REPLACEMENT_CHARACTER) {
            return CellReading::Spoiled(Spoiled::Lost);
        }
        if is_misread(cell) {
            return CellReading::Doubtful(Doubt::Encoding);
        }
    }
    match cell.as_bytes() {
        [b'#', _, ..] if cell.bytes().all(|byte| byte == b'#') => {
            CellReading::Spoiled(Spoiled::Hashes)
        }
        [b'#', _, ..] if is_error(cell) => CellReading::Spoiled(Spoiled::Error),
        [b'E', b'r', b'r', b':', b'5', digits @ ..] if is_digits(digits) => {
            CellReading::Spoiled(Spoiled::Error)
        }
        [b'=', b'"', ..] => {
            text_formula(cell).map_or(CellReading::Spoiled(Spoiled::Formula), CellReading::Text)
        }
        [b'=', formula @ ..] if is_formula(formula) => CellReading::Spoiled(Spoiled::Formula),
        [b'+' | b'-' | b'@', name @ ..] if is_call(name) => CellReading::Spoiled(Spoiled::Formula),
        b"\\N" => CellReading::Spoiled(Spoiled::Null),
        [b'0'..=b'9' | b'+' | b'-' | b'.' | b',', ..] => number(cell),
        // An amount: `$4.9E+11`, `EUR 1,5E+05`, `(1E+05)`.
        [b'$' | b'(' | 0x80.., ..] | [b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z', b' ', ..] => {
            match number(cell) {
                CellReading::Plain => word(cell),
                reading => reading,
            }
        }
        [b'\'' | b'`' | b'<' | b'N' | b'[' | b'n' | b'u', ..] => word(cell),
        _ => CellReading::Plain,
    }
}

/// A text that begins like one that may not be meant.
fn word(cell: &str) -> CellReading<'_> {
    let doubt = other_quotes(cell).or_else(|| nothing(cell));
    doubt.map_or(CellReading::Plain, CellReading::Doubtful)
}

/// Whether the text is UTF-8 that was taken for Windows-1252 and written again, all of it.
fn is_misread(cell: &str) -> bool {
    let is_lead = |letter: char| matches!(letter, '\u{c2}'..='\u{f4}');
    let mut letters = cell.chars();
    let has_pair = letters.any(is_lead) && letters.next().is_some_and(|next| !next.is_ascii());
    if !has_pair {
        return false;
    }
    let (bytes, _, is_foreign) = WINDOWS_1252.encode(cell);
    !is_foreign && std::str::from_utf8(&bytes).is_ok()
}

/// Quotes of other programs around the whole text, or the apostrophe by which a spreadsheet
/// keeps a number as text.
fn other_quotes(cell: &str) -> Option<Doubt> {
    let around = [
        ("'", "'"),
        ("\u{2018}", "\u{2019}"),
        ("\u{201c}", "\u{201d}"),
        ("\u{201e}", "\u{201c}"),
        ("`", "`"),
    ];
    let is_around = |(open, close): &(&str, &str)| {
        let inner = cell
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(|inner| !inner.is_empty())
    };
    let kept = cell.strip_prefix('\'').unwrap_or_default();
    let is_kept =
        kept.starts_with(|letter: char| letter.is_ascii_digit() || "+=-".contains(letter));
    (is_kept || around.iter().any(is_around)).then_some(Doubt::Quotes)
}

/// What programs write where there is no value; a person may be called so.
fn nothing(cell: &str) -> Option<Doubt> {
    let is_one = match cell.len() {
        3 => cell.eq_ignore_ascii_case("nan"),
        4 => matches!(cell, "NULL" | "null" | "None"),
        6 => matches!(cell, "(null)" | "<null>" | "(NULL)" | "<NULL>"),
        9 => cell == "undefined",
        15 => cell == "[object Object]",
        _ => false,
    };
    is_one.then_some(Doubt::Nothing)
}

fn is_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// `#REF!`, `#BEZUG!`, `#¡VALOR!`, `#ИМЯ?`: capitals between a hash and a mark; or one of
/// those without a mark.
fn is_error(cell: &str) -> bool {
    if ERRORS.iter().any(|error| cell.eq_ignore_ascii_case(error)) {
        return true;
    }
    let name = cell.trim_start_matches(['#', '¡', '¿']);
    // `#N/D`, `#I/T`, `#Н/Д`.
    let mut letters = name.chars();
    if let (Some(first), Some('/'), Some(last), None) = (
        letters.next(),
        letters.next(),
        letters.next(),
        letters.next(),
    ) && first.is_uppercase()
        && last.is_uppercase()
    {
        return true;
    }
    let Some(name) = name.strip_suffix(['!', '?']) else {
        return false;
    };
    let is_part = |letter: char| {
        letter.is_alphabetic() && !letter.is_lowercase() || matches!(letter, '/' | '0' | '_' | '.')
    };
    let is_lower = |letter: char| letter.is_ascii_lowercase() || letter == '/' || letter == '0';
    let known = ["ref", "value", "div/0", "name", "num", "null"];
    !name.is_empty()
        && (name.chars().all(is_part) || name.chars().all(is_lower) && known.contains(&name))
}

/// The text of `="…"`.
fn text_formula(cell: &str) -> Option<Cow<'_, str>> {
    let text = cell.strip_prefix("=\"")?.strip_suffix('"')?;
    if !text.contains('"') {
        return Some(text.into());
    }
    let plain = text.replace("\"\"", "");
    (!plain.contains('"')).then(|| text.replace("\"\"", "\"").into())
}

/// `=0150`, `=SUM(A1:B2)`, `=A1*1.19`, `=#REF!`: a number, a function, or places of a sheet.
fn is_formula(formula: &[u8]) -> bool {
    let Some((first, after)) = formula.split_first() else {
        return false;
    };
    if *first == b'#' {
        return std::str::from_utf8(formula).is_ok_and(is_error);
    }
    if matches!(first, b'+' | b'-' | b'(') && is_formula(after) {
        return true;
    }
    if matches!(first, b'0'..=b'9' | b'+' | b'-' | b'(' | b'.') {
        let is_sum = |byte: &u8| byte.is_ascii_digit() || b"+-*/^().,;%E ".contains(byte);
        return formula.iter().all(is_sum) && formula.iter().any(u8::is_ascii_digit);
    }
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"$.!_:".contains(byte);
    let length = formula.iter().take_while(|byte| word(byte)).count();
    let (name, rest) = formula.split_at(length);
    match rest {
        [b'(', inner @ ..] => length > 0 && inner.contains(&b')'),
        [b'[', .., b']'] => length > 0,
        // `=cmd|'…'!A1`: another program is asked.
        [b'|', asked @ ..] => length > 0 && asked.contains(&b'!'),
        [] => matches!(name, b"TRUE" | b"FALSE") || is_area(name),
        [
            b'+' | b'-' | b'*' | b'/' | b'&' | b'^' | b'<' | b'>' | b'=',
            ..,
        ] => is_area(name),
        _ => false,
    }
}

/// `SUM(A1:B2)`: a function in capitals, and what it is of.
fn is_call(text: &[u8]) -> bool {
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    length > 1 && matches!(&text[length..], [b'(', .., b')'])
}

/// A place, or those from one to another.
fn is_area(name: &[u8]) -> bool {
    name.splitn(2, |byte| *byte == b':').all(is_place)
}

/// A place in a sheet, such as `A1`, `$B$2` or `Sheet1!A1`.
fn is_place(name: &[u8]) -> bool {
    let own = name.rsplit(|byte| *byte == b'!').next().unwrap_or_default();
    let letters = own.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let digits = own
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let dollars = own.split(|byte| *byte == b'$').count() - 1;
    (1..=3).contains(&letters) && digits > 0 && letters + digits + dollars == own.len()
}

/// A number in scientific form: certainly one where it has a sign behind its `E` or a decimal
/// mark; `1E5` may as well be a code.
fn number(cell: &str) -> CellReading<'_> {
    if !cell.contains(['E', 'e']) {
        return if is_rounded(cell) {
            CellReading::Doubtful(Doubt::Rounded)
        } else {
            CellReading::Plain
        };
    }
    let Some((front, back)) = bare_amount(cell).split_once(['E', 'e']) else {
        return CellReading::Plain;
    };
    let front = front.strip_prefix(['+', '-']).unwrap_or(front);
    let signless = back.strip_prefix(['+', '-']);
    let power = signless.unwrap_or(back);
    let is_amount = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',');
    let is_number = front.chars().all(is_amount)
        && front.contains(|letter: char| letter.is_ascii_digit())
        && !front.contains("..")
        && !front.contains(",,");
    if !is_number || power.is_empty() || power.len() > 3 || !is_digits(power.as_bytes()) {
        return CellReading::Plain;
    }
    if signless.is_some() || front.contains(['.', ',']) {
        CellReading::Spoiled(Spoiled::Scientific)
    } else {
        CellReading::Doubtful(Doubt::Scientific)
    }
}

/// Whether a whole number of sixteen digits and more has zeros alone after the fifteenth, as
/// a spreadsheet leaves them.
fn is_rounded(cell: &str) -> bool {
    let digits = cell.as_bytes();
    digits.len() > 15
        && digits[0] != b'0'
        && is_digits(digits)
        && digits[15..].iter().all(|digit| *digit == b'0')
}

/// The number of an amount, without its currency, percent sign or parentheses.
fn bare_amount(cell: &str) -> &str {
    let is_code =
        |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_around = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '$' | '(' | ')' | '%' | '\u{a2}'..='\u{a5}')
            || ('\u{20a0}'..='\u{20cf}').contains(&letter)
    };
    let cell = match cell.split_once(' ') {
        Some((code, amount)) if is_code(code) => amount,
        _ => cell,
    };
    let cell = match cell.rsplit_once(' ') {
        Some((amount, code)) if is_code(code) => amount,
        _ => cell,
    };
    // The sign may stand before the currency.
    let unsigned = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    unsigned.trim_matches(is_around)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_spreadsheets_are_known_in_many_languages() {
        for cell in [
            "#N/A",
            "#REF!",
            "#VALUE!",
            "#DIV/0!",
            "#NAME?",
            "#NUM!",
            "#NULL!",
            "#SPILL!",
            "#n/a",
            "#NV",
            "#BEZUG!",
            "#WERT!",
            "#ZAHL!",
            "#VALEUR!",
            "#NOM?",
            "#NOMBRE!",
            "#¡VALOR!",
            "#¿NOMBRE?",
            "#¡DIV/0!",
            "#N/D",
            "#ÜBERLAUF!",
            "#ИМЯ?",
            "#ref!",
            "Err:502",
            "#GETTING_DATA",
            "#I/D",
            "#值!",
            "#N/DISP",
            "#NEDOSTUPNÝ",
        ] {
            assert_eq!(
                reading(cell),
                CellReading::Spoiled(Spoiled::Error),
                "{cell}"
            );
        }
        for cell in ["##", "########"] {
            assert_eq!(reading(cell), CellReading::Spoiled(Spoiled::Hashes));
        }
        for cell in [
            "#", "#1", "#12/3", "#sale!", "N/A", "#REF", "C#", "#Tag!", "#nv-1", "Err", "##x",
        ] {
            assert_eq!(reading(cell), CellReading::Plain, "{cell}");
        }
        assert_eq!(reading("\\N"), CellReading::Spoiled(Spoiled::Null));
    }

    #[test]
    fn numbers_in_scientific_form_are_spoiled_and_codes_are_doubtful() {
        for cell in [
            "4.9E+11",
            "4,9E+11",
            "4.91701E+11",
            "1E+05",
            "-1.5e-7",
            "1.0E10",
            "4,91701E11",
            "1,E+05",
            "1.E+05",
            ".5E+3",
            "$4.9E+11",
            "-$4.9E+11",
            "$-4.9E+11",
            "(4.9E+11)",
            "4,9E+11 €",
            "£4.9E+11",
            "EUR 4,9E+11",
            "4,9E+11 EUR",
            "4.9E+03%",
        ] {
            assert_eq!(
                reading(cell),
                CellReading::Spoiled(Spoiled::Scientific),
                "{cell}"
            );
        }
        let doubtful = CellReading::Doubtful(Doubt::Scientific);
        assert_eq!(reading("1E5"), doubtful);
        assert_eq!(reading("12e3"), doubtful);
        for cell in [
            "0150",
            "1.5",
            "12E",
            "E5",
            "1E5A",
            "1E5678",
            "+49 30 1E",
            "5e.3",
            ".E+5",
            "2-3",
            "Eve 1",
            "THE 1E",
            "(see E+5)",
            "1..E+05",
            "été",
        ] {
            assert_eq!(reading(cell), CellReading::Plain, "{cell}");
        }
    }

    #[test]
    fn what_may_have_been_something_else_is_doubtful() {
        for (cells, doubt) in [
            (
                &[
                    "KÃ¶ln",
                    "â€œKÃ¶lnâ€\u{9d}",
                    "ÐœÐ¾Ñ\u{81}ÐºÐ²Ð°",
                    "DÃ¼ren 5 â‚¬",
                ][..],
                Doubt::Encoding,
            ),
            (
                &["'Köln'", "“Köln”", "„Köln“", "'0150", "'+49 30", "`x`"],
                Doubt::Quotes,
            ),
            (
                &[
                    "NULL",
                    "null",
                    "(null)",
                    "NaN",
                    "nan",
                    "undefined",
                    "[object Object]",
                ],
                Doubt::Nothing,
            ),
            (&["4917012345670000", "1234567890123450"], Doubt::Rounded),
        ] {
            for cell in cells {
                assert_eq!(reading(cell), CellReading::Doubtful(doubt), "{cell}");
            }
        }
        for cell in [
            "Köln",
            "Ã",
            "Zürich Ã¶",
            "'s-Hertogenbosch",
            "'t Hart",
            "'",
            "''",
            "rock 'n'",
            "Null",
            "none",
            "Nullmeyer",
            "0000000000000000",
            "123456789012345",
            "5000000000000001",
        ] {
            assert_eq!(reading(cell), CellReading::Plain, "{cell}");
        }
    }

    #[test]
    fn text_that_lost_a_letter_is_spoiled() {
        assert_eq!(
            reading("Z\u{fffd}rich"),
            CellReading::Spoiled(Spoiled::Lost)
        );
        assert_eq!(reading("Zürich"), CellReading::Plain);
    }

    #[test]
    fn a_formula_of_one_text_is_that_text_and_other_formulas_are_spoiled() {
        assert_eq!(reading("=\"0150\""), CellReading::Text("0150".into()));
        assert_eq!(reading("=\"\""), CellReading::Text("".into()));
        assert_eq!(
            reading("=\"a \"\"b\"\"\""),
            CellReading::Text("a \"b\"".into())
        );
        for cell in [
            "=0150",
            "=1+2",
            "=SUM(A1:B2)",
            "=A1",
            "=$A$1*1.19",
            "=Sheet1!A1",
            "=\"a\"&B1",
            "=-5",
            "=WENN(A1>1;2;3)",
            "=SUM(A1)+1",
            "=A1:B2",
            "=-A1",
            "=#REF!",
            "=Table1[col]",
            "=cmd|'/c calc'!A1",
            "=TRUE",
            "+SUM(A1:A3)",
            "@SUM(A1)",
        ] {
            assert_eq!(
                reading(cell),
                CellReading::Spoiled(Spoiled::Formula),
                "{cell}"
            );
        }
        for cell in [
            "=",
            "==",
            "=> see note",
            "=abc",
            "= 5 =",
            "=)",
            "=a:b",
            "+A(1",
            "@jo(x)",
            "-B(2)",
        ] {
            assert_eq!(reading(cell), CellReading::Plain, "{cell}");
        }
    }
}
