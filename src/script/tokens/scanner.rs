//! Cuts a text into tokens, remembering what it is inside of.

use super::token::{OpenEnd, Token, TokenKind, Tokens};

const KEYWORDS: &[&str] = &[
    "as", "break", "catch", "const", "continue", "do", "else", "export", "false", "fn", "for",
    "global", "if", "import", "in", "let", "loop", "private", "return", "switch", "this", "throw",
    "true", "try", "until", "while",
];

/// Symbols of more than one character.
const LONG: &[&str] = &[
    "#{", "${", "?.", "::", "=>", "==", "!=", "<=", ">=", "..", "||", "&&", "+=", "-=", "*=", "/=",
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
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        match first {
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            _ if rest.starts_with("//") => {
                self.take(TokenKind::Comment, rest.find('\n').unwrap_or(rest.len()));
            }
            _ if rest.starts_with("/*") => {
                self.tokens.open.push(OpenEnd::Comment);
                self.comment(2);
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
        let symbol = long.map_or(&rest[..first.len_utf8()], |long| *long);
        match symbol {
            "(" | "[" | "{" | "#{" | "${" => {
                let place = self.tokens.all.len();
                self.tokens.open.push(OpenEnd::Bracket(place));
            }
            ")" | "]" | "}" => self.close(symbol),
            _ => {}
        }
        self.take(TokenKind::Symbol, symbol.len());
    }

    /// A bracket that closes what is open; one too many is left to Rhai.
    fn close(&mut self, symbol: &str) {
        if let Some(OpenEnd::Bracket(place)) = self.tokens.open.last() {
            let opened = self.tokens.text_of(self.tokens.all[*place]);
            let closes = matches!(
                (opened, symbol),
                ("(", ")") | ("[", "]") | ("{" | "#{" | "${", "}")
            );
            if closes {
                self.tokens.open.pop();
            }
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

    fn string(&mut self, skip: usize) {
        let rest = self.rest();
        let mut is_escaped = false;
        for (at, letter) in rest.char_indices().skip(skip) {
            match letter {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => {
                    self.tokens.open.pop();
                    return self.take(TokenKind::Text, at + 1);
                }
                _ => {}
            }
        }
        self.take(TokenKind::Text, rest.len());
    }

    fn template(&mut self, skip: usize) {
        let rest = self.rest();
        let end = rest[skip..].find('`').map(|at| at + skip);
        let hole = rest[skip..].find("${").map(|at| at + skip);
        match (end, hole) {
            (end, Some(hole)) if end.is_none_or(|end| hole < end) => {
                if hole > 0 {
                    self.take(TokenKind::Text, hole);
                }
                self.symbol('$');
            }
            (Some(end), _) => {
                self.tokens.open.pop();
                self.take(TokenKind::Text, end + 1);
            }
            (None, _) => self.take(TokenKind::Text, rest.len()),
        }
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

/// The length of a number such as `1_000` or `2.5`; `1..3` begins with one of one digit.
fn number(rest: &str) -> usize {
    let letters: Vec<(usize, char)> = rest.char_indices().collect();
    let is_part = |place: usize| {
        let (_, letter) = letters[place];
        let next = letters.get(place + 1).map(|(_, next)| *next);
        letter.is_ascii_alphanumeric()
            || letter == '_'
            || (letter == '.' && next.is_some_and(|next| next.is_ascii_digit()))
    };
    let end = (0..letters.len()).find(|place| !is_part(*place));
    end.map_or(rest.len(), |place| letters[place].0)
}
