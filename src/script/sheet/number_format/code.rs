//! The codes of number formats, as `.xlsx` files write them: ECMA-376, part 1, 18.8.31.

use std::str::Chars;

use super::currency::is_currency;
use super::digits::{Digits, Piece};

/// What a format shows of a moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct DateParts {
    /// The day, or parts of it.
    pub has_day: bool,
    /// The time of day, or parts of it.
    pub has_time: bool,
    /// Hours, minutes or seconds that are not cut off at a day.
    pub is_elapsed: bool,
}

/// How numbers of one sign, or of one condition, are shown.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub condition: Option<Condition>,
    pub body: SectionBody,
}

/// What a section shows.
#[derive(Clone, Debug)]
pub(super) enum SectionBody {
    Date(DateParts),
    Digits(Digits),
    /// Nothing at all.
    Empty,
    /// The number as it is kept, between two texts.
    General {
        before: String,
        after: String,
    },
    /// What cannot be told, and why.
    Refused(&'static str),
    /// The same text whatever the number.
    Words(String),
}

/// How texts are shown.
#[derive(Clone, Debug)]
pub(super) enum TextBody {
    Around { before: String, after: String },
    Hidden,
    Plain,
}

/// A comparison in square brackets, such as `[<1000]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    order: Order,
    limit: f64,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Less,
    LessOrEqual,
    Equal,
    Unequal,
    GreaterOrEqual,
    Greater,
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let end = text.find(|letter| !matches!(letter, '<' | '>' | '='));
        let (order, limit) = text.split_at(end?);
        let order = match order {
            "<" => Order::Less,
            "<=" => Order::LessOrEqual,
            "=" => Order::Equal,
            "<>" => Order::Unequal,
            ">=" => Order::GreaterOrEqual,
            ">" => Order::Greater,
            _ => return None,
        };
        let limit = limit.trim().parse().ok()?;
        Some(Self { order, limit })
    }

    /// Whether a number meets it.
    pub fn holds(self, number: f64) -> bool {
        match self.order {
            Order::Less => number < self.limit,
            Order::LessOrEqual => number <= self.limit,
            #[expect(clippy::float_cmp, reason = "the comparison that was asked for")]
            Order::Equal => number == self.limit,
            #[expect(clippy::float_cmp, reason = "the comparison that was asked for")]
            Order::Unequal => number != self.limit,
            Order::GreaterOrEqual => number >= self.limit,
            Order::Greater => number > self.limit,
        }
    }
}

impl Section {
    /// One that shows nothing that can be told.
    pub fn refused(why: &'static str) -> Self {
        Self {
            condition: None,
            body: SectionBody::Refused(why),
        }
    }

    /// Whether it shows nothing but a dash, as accountants write a zero.
    pub fn is_dash(&self) -> bool {
        let is_dashes = |text: &str| {
            let dash = |letter: char| matches!(letter, '-' | '\u{2212}' | '\u{2013}' | '\u{2014}');
            text.chars()
                .all(|letter| letter.is_whitespace() || dash(letter))
        };
        match &self.body {
            SectionBody::Words(words) => is_dashes(words),
            SectionBody::Digits(digits) if !digits.shows_zero() => {
                let mut texts = digits
                    .texts()
                    .filter(|text| !text.trim().is_empty())
                    .peekable();
                texts.peek().is_some() && texts.all(is_dashes)
            }
            _ => false,
        }
    }
}

/// The sections for numbers, and how texts are shown.
pub(super) fn sections(code: &str) -> (Vec<Section>, TextBody) {
    let code = if code.trim().is_empty() {
        "General"
    } else {
        code
    };
    let mut parsed: Vec<Parsed> = Vec::new();
    let mut letters = code.chars();
    loop {
        let (section, has_more) = Parsed::read_section(&mut letters);
        parsed.push(section);
        if !has_more {
            break;
        }
    }
    let is_text = |section: &Parsed| section.tokens.contains(&Token::At);
    let text = match parsed.len() {
        4.. => Some(parsed.remove(3)),
        _ if parsed.last().is_some_and(is_text) => parsed.pop(),
        _ => None,
    };
    let text = text.map_or(TextBody::Plain, |section| section.text_body());
    parsed.truncate(3);
    let conditions = parsed
        .iter()
        .filter(|section| section.condition.is_some())
        .count();
    // The middle one of three, without a condition, is read in more ways than one.
    let is_unclear = conditions == 1 && parsed.len() == 3;
    let mut sections: Vec<Section> = parsed.into_iter().map(Parsed::section).collect();
    if is_unclear {
        sections = vec![Section::refused("is shown in an unknown format")];
    }
    if sections.is_empty() {
        let body = SectionBody::General {
            before: String::new(),
            after: String::new(),
        };
        sections.push(Section {
            condition: None,
            body,
        });
    }
    (sections, text)
}

#[derive(Debug, PartialEq)]
enum Token {
    AmPm,
    At,
    Comma,
    /// A letter of a date, and how often it stands there.
    Date(char),
    Digit(char),
    Elapsed,
    Exponent,
    General,
    OtherDigits,
    Percent,
    Point,
    Slash,
    Text(String),
    Unknown,
}

/// A section's working parts.
#[derive(Default)]
struct Parsed {
    condition: Option<Condition>,
    tokens: Vec<Token>,
}

impl Parsed {
    /// Reads to the end of a section; says if another follows.
    fn read_section(letters: &mut Chars<'_>) -> (Self, bool) {
        let mut parsed = Self::default();
        while let Some(letter) = letters.next() {
            let token = match letter {
                ';' => return (parsed, true),
                '"' => {
                    let text: String = letters.by_ref().take_while(|l| *l != '"').collect();
                    parsed.text(text);
                    continue;
                }
                '[' => {
                    let inside: String = letters.by_ref().take_while(|l| *l != ']').collect();
                    parsed.bracket(&inside);
                    continue;
                }
                '\\' => {
                    if let Some(letter) = letters.next() {
                        parsed.letter(letter);
                    }
                    continue;
                }
                '_' | '*' => {
                    letters.next();
                    continue;
                }
                '0' | '#' | '?' => Token::Digit(letter),
                '.' => Token::Point,
                ',' => Token::Comma,
                '%' => Token::Percent,
                '/' => Token::Slash,
                '@' => Token::At,
                _ if letter.is_ascii_alphabetic() => word(letter, letters),
                _ => {
                    parsed.letter(letter);
                    continue;
                }
            };
            parsed.tokens.push(token);
        }
        (parsed, false)
    }

    /// A quoted text; one that is a currency is not shown.
    fn text(&mut self, text: String) {
        if !text.is_empty() {
            self.tokens.push(Token::Text(text));
        }
    }

    /// A single character; letters one after another are a word.
    fn letter(&mut self, letter: char) {
        if let Some(Token::Text(word)) = self.tokens.last_mut()
            && letter.is_alphabetic()
            && word.chars().all(char::is_alphabetic)
        {
            word.push(letter);
        } else {
            self.tokens.push(Token::Text(letter.to_string()));
        }
    }

    fn bracket(&mut self, inside: &str) {
        let lower = inside.to_ascii_lowercase();
        let mut letters = lower.chars();
        let first = letters.next().unwrap_or_default();
        if matches!(first, '<' | '>' | '=') {
            match Condition::parse(inside) {
                Some(condition) => self.condition = Some(condition),
                None => self.tokens.push(Token::Unknown),
            }
        } else if matches!(first, 'h' | 'm' | 's') && letters.all(|letter| letter == first) {
            self.tokens.push(Token::Elapsed);
        } else if lower.starts_with("dbnum") || lower.starts_with("natnum") && lower != "natnum0" {
            self.tokens.push(Token::OtherDigits);
        }
        // A currency, a language or a colour shows no digit.
    }

    fn text_body(&self) -> TextBody {
        let at = self.tokens.iter().position(|token| *token == Token::At);
        let Some(at) = at else {
            let is_empty = self.tokens.is_empty();
            return if is_empty {
                TextBody::Hidden
            } else {
                TextBody::Plain
            };
        };
        let words = |tokens: &[Token]| -> String {
            let text = |token: &Token| match token {
                Token::Text(text) => Some(text.clone()),
                _ => None,
            };
            tokens.iter().filter_map(text).collect()
        };
        let (before, after) = (words(&self.tokens[..at]), words(&self.tokens[at + 1..]));
        if before.trim().is_empty() && after.trim().is_empty() {
            return TextBody::Plain;
        }
        TextBody::Around { before, after }
    }

    fn section(self) -> Section {
        Section {
            condition: self.condition,
            body: body(self.tokens),
        }
    }
}

/// What an unquoted letter begins.
fn word(first: char, letters: &mut Chars<'_>) -> Token {
    let rest = letters.as_str();
    let begins = |word: &str| {
        let found = rest.get(..word.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    let mut pass = |count: usize| {
        letters.by_ref().take(count).for_each(drop);
    };
    match first.to_ascii_lowercase() {
        'g' if begins("eneral") => {
            pass(6);
            Token::General
        }
        'a' if begins("m/pm") => {
            pass(4);
            Token::AmPm
        }
        'a' if begins("/p") => {
            pass(2);
            Token::AmPm
        }
        'e' if rest.starts_with(['+', '-']) => {
            pass(1);
            Token::Exponent
        }
        letter @ ('a' | 'b' | 'd' | 'e' | 'g' | 'h' | 'm' | 's' | 'y') => Token::Date(letter),
        _ => Token::Unknown,
    }
}

fn body(tokens: Vec<Token>) -> SectionBody {
    let has = |wanted: &Token| tokens.contains(wanted);
    let is_date = |token: &Token| matches!(token, Token::Date(_) | Token::AmPm | Token::Elapsed);
    if has(&Token::Unknown) {
        SectionBody::Refused("is shown in an unknown format")
    } else if has(&Token::OtherDigits) {
        SectionBody::Refused("is shown in digits other than 0 to 9")
    } else if tokens.is_empty() {
        SectionBody::Empty
    } else if tokens.iter().any(is_date) {
        SectionBody::Date(date_parts(&tokens))
    } else if has(&Token::Exponent) {
        SectionBody::Refused("is shown as a power of ten, which does not show all digits")
    } else if has(&Token::Slash) {
        SectionBody::Refused("is shown as a fraction")
    } else if is_scaled(&tokens) {
        SectionBody::Refused("is shown in thousands")
    } else if let Some(at) = tokens
        .iter()
        .position(|t| matches!(t, Token::General | Token::At))
    {
        let (before, after) = (words(&tokens[..at]), words(&tokens[at + 1..]));
        SectionBody::General {
            before: before.trim_start().to_owned(),
            after: after.trim_end().to_owned(),
        }
    } else if tokens.iter().any(|token| matches!(token, Token::Digit(_))) {
        SectionBody::Digits(Digits::read(pieces(tokens)))
    } else {
        SectionBody::Words(tokens.iter().filter_map(literal).collect())
    }
}

fn literal(token: &Token) -> Option<&str> {
    match token {
        Token::Text(text) => Some(text),
        Token::Percent => Some("%"),
        _ => None,
    }
}

/// The texts among them, but for currencies.
fn words(tokens: &[Token]) -> String {
    let words = tokens.iter().filter_map(literal);
    words.filter(|word| !is_currency(word)).collect()
}

/// Whether a comma stands after the last digit, before or after the point: every one divides
/// by a thousand.
fn is_scaled(tokens: &[Token]) -> bool {
    let is_digit = |token: &Token| matches!(token, Token::Digit(_));
    let is_last = |part: &[Token]| {
        let last = part.iter().rposition(is_digit);
        last.is_some_and(|last| part.get(last + 1) == Some(&Token::Comma))
    };
    let point = tokens.iter().position(|token| *token == Token::Point);
    let (whole, decimals) = tokens.split_at(point.unwrap_or(tokens.len()));
    is_last(whole) || is_last(decimals)
}

/// The parts of a number, without separators and currencies.
fn pieces(tokens: Vec<Token>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for token in tokens {
        let piece = match token {
            Token::Digit(kind) => Piece::Digit(kind),
            Token::Point if pieces.contains(&Piece::Point) => Piece::Text(".".to_owned()),
            Token::Point => Piece::Point,
            Token::Percent => {
                // `19 %` is `19%`.
                let is_blank =
                    |piece: &Piece| matches!(piece, Piece::Text(text) if text.trim().is_empty());
                pieces.pop_if(|piece| is_blank(piece));
                Piece::Percent
            }
            Token::Text(text) if !is_currency(&text) => Piece::Text(text),
            _ => continue,
        };
        pieces.push(piece);
    }
    pieces
}

fn date_parts(tokens: &[Token]) -> DateParts {
    let mut parts = DateParts::default();
    let letters = tokens.iter().filter_map(|token| match token {
        Token::Date(letter) => Some(*letter),
        Token::Elapsed => Some('['),
        Token::AmPm => Some('p'),
        _ => None,
    });
    let mut letters: Vec<char> = letters.collect();
    letters.dedup();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        // `m` is a minute after an hour and before a second, and else a month.
        let is_minute = || matches!(before, Some('h' | '[')) || letters.get(at + 1) == Some(&'s');
        match letter {
            '[' => parts.is_elapsed = true,
            'h' | 's' | 'p' => parts.has_time = true,
            'm' if is_minute() => parts.has_time = true,
            _ => parts.has_day = true,
        }
    }
    parts
}

/// The formats that have a number and no code in a file: ECMA-376, part 1, 18.8.30.
pub(super) fn built_in(id: u32) -> Option<&'static str> {
    Some(match id {
        0 => "General",
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5..=8 => ["$#,##0_);($#,##0)", "$#,##0.00_);($#,##0.00)"][(id as usize - 5) / 2],
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        // Dates in the user's language, also of East Asia.
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
        18..=21 | 32..=35 | 55 | 56 => "hh:mm:ss",
        22 => "yyyy-mm-dd hh:mm",
        37 | 38 => "#,##0_);(#,##0)",
        39 | 40 => "#,##0.00_);(#,##0.00)",
        41 | 42 => "_(* #,##0_);_(* (#,##0);_(* \"-\"_);_(@_)",
        43 | 44 => "_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)",
        45 | 47 => "mm:ss",
        46 => "[h]:mm:ss",
        48 => "##0.0E+0",
        49 => "@",
        _ => return None,
    })
}
