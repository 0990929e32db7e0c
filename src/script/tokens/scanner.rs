//! Cuts a text into tokens, remembering what it is inside of.

use super::token::{OpenEnd, Token, TokenKind, Tokens};

const KEYWORDS: &[&str] = &[
    "as", "break", "catch", "const", "continue", "do", "else", "export", "false", "fn", "for",
    "global", "if", "import", "in", "let", "loop", "private", "return", "switch", "this", "throw",
    "true", "try", "until", "while",
];

/// Symbols of more than one character, those that mean nothing in Rhai among them; of those
/// that begin alike, the longest first.
const LONG: &[&str] = &[
    "!==", "**=", "...", "..=", "::<", "<<=", "===", ">>=", "!.", "++", "--", "->", ":;", ":=",
    "<-", "<|", "|>", "#{", "${", "?.", "?[", "??", "::", "=>", "==", "!=", "<=", ">=", "..", "||",
    "&&", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "**", "<<", ">>",
];

/// Goes through a text from token to token.
pub(super) struct Scanner<'t> {
    at: usize,
    tokens: Tokens<'t>,
}

impl<'t> Scanner<'t> {
    /// All tokens of a text.
    pub fn read(text: &'t str) -> Tokens<'t> {
        let mut scanner = Self {
            at: 0,
            tokens: Tokens {
                text,
                all: Vec::new(),
                open: Vec::new(),
            },
        };
        while scanner.at < text.len() {
            scanner.step();
        }
        scanner.tokens
    }

    fn rest(&self) -> &'t str {
        &self.tokens.text[self.at..]
    }

    /// Takes a token of so many bytes.
    fn take(&mut self, kind: TokenKind, length: usize) {
        let (start, end) = (self.at, self.at + length);
        self.tokens.all.push(Token { kind, start, end });
        self.at = end;
    }

    fn step(&mut self) {
        match self.tokens.open.last().copied() {
            Some(OpenEnd::Comment) => self.comment(0),
            Some(OpenEnd::Text(_)) => self.string(0),
            Some(OpenEnd::Template(_)) => self.template(0),
            Some(OpenEnd::Raw(hashes)) => self.raw(0, hashes),
            None | Some(OpenEnd::Bracket(_)) => self.code(),
        }
    }

    fn code(&mut self) {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or(' ');
        let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
        match first {
            // Other blanks are none to Rhai.
            _ if first.is_ascii_whitespace() => self.at += 1,
            _ if rest.starts_with("//") => {
                self.take(
                    TokenKind::Comment,
                    rest.find(['\r', '\n']).unwrap_or(rest.len()),
                );
            }
            _ if rest.starts_with("/*") => {
                self.tokens.open.push(OpenEnd::Comment);
                // Rhai takes the star of `/**` for no part of an end: `/**/` goes on.
                let is_doc = rest.starts_with("/**") && !rest.starts_with("/***");
                self.comment(if is_doc { 3 } else { 2 });
            }
            '"' => {
                self.tokens.open.push(OpenEnd::Text(self.at));
                self.string(1);
            }
            '`' => {
                self.tokens.open.push(OpenEnd::Template(self.at));
                self.template(1);
            }
            '#' if rest[hashes..].starts_with('"') => {
                self.tokens.open.push(OpenEnd::Raw(hashes));
                self.raw(hashes + 1, hashes);
            }
            '#' if hashes > 1 => {
                // No string; of `##{` the last opens a map.
                let is_map = rest[hashes..].starts_with('{');
                self.take(TokenKind::Symbol, hashes - usize::from(is_map));
            }
            '\'' => self.character(),
            _ if first.is_ascii_digit() => self.take(TokenKind::Number, number(rest)),
            _ if first.is_alphabetic() || first == '_' => self.name(),
            _ => self.symbol(first),
        }
    }

    fn name(&mut self) {
        let rest = self.rest();
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let word = &rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())];
        let kind = if KEYWORDS.contains(&word) {
            TokenKind::Keyword
        } else {
            TokenKind::Word
        };
        self.take(kind, word.len());
    }

    fn symbol(&mut self, first: char) {
        let rest = self.rest();
        let long = LONG.iter().find(|long| rest.starts_with(**long));
        let long = long.or_else(|| is_not_in(rest).then_some(&"!in"));
        let symbol = long.map_or(&rest[..first.len_utf8()], |long| *long);
        match symbol {
            "(" | "[" | "?[" | "{" | "#{" | "${" => {
                let place = self.tokens.all.len();
                self.tokens.open.push(OpenEnd::Bracket(place));
            }
            ")" | "]" | "}" => self.close(symbol),
            _ => {}
        }
        self.take(TokenKind::Symbol, symbol.len());
    }

    /// A bracket that closes what is open; one too many is left to Rhai.
    ///
    /// A brace closes what was left open within it, so that one bracket too few
    /// does not turn the rest of the text inside out.
    fn close(&mut self, symbol: &str) {
        let opened = |open: &OpenEnd| match open {
            OpenEnd::Bracket(place) => Some(self.tokens.text_of(self.tokens.all[*place])),
            _ => None,
        };
        let closes = |opened: &str| {
            matches!(
                (opened, symbol),
                ("(", ")") | ("[" | "?[", "]") | ("{" | "#{" | "${", "}")
            )
        };
        let open = &self.tokens.open;
        let kept = open
            .iter()
            .rposition(|open| opened(open).is_none_or(|opened| closes(opened) || symbol != "}"));
        if let Some(kept) = kept
            && opened(&open[kept]).is_some_and(closes)
        {
            self.tokens.open.truncate(kept);
        }
    }

    /// A character such as `'('` or `'\''`; a quote alone if it is none.
    fn character(&mut self) {
        let rest = self.rest();
        let body = if rest[1..].starts_with('\\') { 3 } else { 2 };
        let end = rest
            .char_indices()
            .enumerate()
            .skip(body)
            .take(12 - body)
            .find(|(_, (_, letter))| *letter == '\'');
        match end {
            Some((_, (at, _))) => self.take(TokenKind::Character, at + 1),
            None => self.take(TokenKind::Symbol, 1),
        }
    }

    /// A string in double quotes, which ends with its line; two quotes within it are one.
    fn string(&mut self, skip: usize) {
        let rest = self.rest();
        let mut letters = rest.char_indices().skip(skip).peekable();
        let mut is_escaped = false;
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\r' if is_escaped => is_escaped = rest[at + 1..].starts_with('\n'),
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' if letters.next_if(|(_, next)| *next == '"').is_some() => {}
                '"' => {
                    self.tokens.open.pop();
                    return self.take(TokenKind::Text, at + 1);
                }
                '\n' => {
                    self.tokens.open.pop();
                    return self.take(TokenKind::Text, rest[..at].trim_end_matches('\r').len());
                }
                _ => {}
            }
        }
        self.take(TokenKind::Text, rest.len());
    }

    /// A string in backticks to its end or to what is filled in; two backticks within it are one.
    fn template(&mut self, skip: usize) {
        let rest = self.rest();
        let mut at = skip;
        while let Some(found) = rest[at..].find(['`', '$', '\\']) {
            at += found;
            let here = &rest[at..];
            if here.starts_with("``") {
                at += 2;
            } else if here.starts_with("\\${") {
                at += 3;
            } else if here.starts_with('`') {
                self.tokens.open.pop();
                return self.take(TokenKind::Text, at + 1);
            } else if here.starts_with("${") {
                if at > 0 {
                    self.take(TokenKind::Text, at);
                }
                return self.symbol('$');
            } else {
                at += 1;
            }
        }
        self.take(TokenKind::Text, rest.len());
    }

    fn raw(&mut self, skip: usize, hashes: usize) {
        let rest = self.rest();
        let end = format!("\"{}", "#".repeat(hashes));
        match rest[skip..].find(&end) {
            Some(at) => {
                self.tokens.open.pop();
                self.take(TokenKind::Text, skip + at + end.len());
            }
            None => self.take(TokenKind::Text, rest.len()),
        }
    }

    /// A comment within which others may stand.
    fn comment(&mut self, skip: usize) {
        let rest = self.rest();
        let mut depth = 1;
        let mut at = skip;
        while at < rest.len() {
            let here = &rest[at..];
            if here.starts_with("*/") {
                depth -= 1;
                at += 2;
            } else if here.starts_with("/*") {
                depth += 1;
                at += 2;
            } else {
                at += here.chars().next().map_or(1, char::len_utf8);
            }
            if depth == 0 {
                self.tokens.open.pop();
                break;
            }
        }
        self.take(TokenKind::Comment, at);
    }
}

/// Whether a text begins with the operator `!in`.
fn is_not_in(rest: &str) -> bool {
    let after = rest.strip_prefix("!in");
    after
        .is_some_and(|after| !after.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}

/// The length of a number such as `1_000`, `2.5`, `1e-3` or `0xFF`; `1..3` begins with one of
/// one digit, as does `1.max(2)`.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let next = |at: usize| bytes.get(at).copied().unwrap_or_default();
    match (next(0), next(1).to_ascii_lowercase()) {
        (b'0', b'x') => return digits(rest, 2, |byte| byte.is_ascii_hexdigit()),
        (b'0', b'o' | b'b') => return digits(rest, 2, |byte| byte.is_ascii_digit()),
        _ => {}
    }
    let mut end = digits(rest, 0, |byte| byte.is_ascii_digit());
    if next(end) == b'.' && is_fraction(&rest[end + 1..]) {
        end = digits(rest, end + 1, |byte| byte.is_ascii_digit());
    }
    if matches!(next(end), b'e' | b'E') {
        let sign = usize::from(matches!(next(end + 1), b'+' | b'-'));
        if next(end + 1 + sign).is_ascii_digit() {
            return digits(rest, end + 1 + sign, |byte| byte.is_ascii_digit());
        }
    }
    end
}

/// Where the digits that begin there end; `_` may stand between them.
fn digits(rest: &str, start: usize, is_digit: impl Fn(u8) -> bool) -> usize {
    let more = rest.as_bytes()[start..].iter();
    start
        + more
            .take_while(|byte| is_digit(**byte) || **byte == b'_')
            .count()
}

/// Whether a dot behind digits is of the number, by what follows it.
fn is_fraction(after: &str) -> bool {
    let begins_name = |next: char| next.is_alphabetic() || next == '_' || next == '.';
    !after.starts_with(begins_name)
}
