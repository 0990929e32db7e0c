//! A text cut into tokens, as far as it goes: for colours, completion, and lines that go on.
//!
//! Unlike Rhai's own reader it never fails, since what is being typed is seldom whole.

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenKind {
    /// A character such as `'a'`.
    Character,
    /// A comment of either form.
    Comment,
    /// A word of the language, such as `let`.
    Keyword,
    /// A number.
    Number,
    /// A bracket or an operator; `#{`, `${` and `?.` are one.
    Symbol,
    /// A string, or a piece of one between `${…}`; quotes included.
    Text,
    /// A name.
    Word,
}

/// A token and where it stands, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What the end of a text is still inside of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Open {
    /// A bracket, by its place among the tokens.
    Bracket(usize),
    /// A `/* … */` comment.
    Comment,
    /// A string in double quotes, by where it begins.
    Text(usize),
    /// A string in backticks, by where it begins.
    Template(usize),
    /// A string such as `#"…"#`, by the number of its hashes.
    Raw(usize),
}

/// The tokens of a text.
#[derive(Debug)]
pub struct Tokens<'t> {
    /// The text.
    pub text: &'t str,
    /// Its tokens, in order.
    pub all: Vec<Token>,
    /// What it ends inside of, outermost first.
    pub open: Vec<Open>,
}

const KEYWORDS: &[&str] = &[
    "as", "break", "catch", "const", "continue", "do", "else", "export", "false", "fn", "for",
    "global", "if", "import", "in", "let", "loop", "private", "return", "switch", "this", "throw",
    "true", "try", "until", "while",
];

/// Symbols of more than one character.
const LONG: &[&str] = &[
    "#{", "${", "?.", "::", "=>", "==", "!=", "<=", ">=", "..", "||", "&&", "+=", "-=", "*=", "/=",
];

/// Cuts a text into tokens.
pub fn scan(text: &str) -> Tokens<'_> {
    let mut scanner = Scanner {
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

/// Whether the text ends inside a bracket, a string or a comment, so that more
/// must follow before it can be read.
pub fn is_incomplete(text: &str) -> bool {
    !scan(text).open.is_empty()
}

impl<'t> Tokens<'t> {
    /// What stands at a token.
    pub fn text_of(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }

    /// Whether the token of that place is that symbol or keyword.
    pub fn is(&self, place: usize, what: &str) -> bool {
        self.all.get(place).is_some_and(|token| {
            matches!(token.kind, TokenKind::Symbol | TokenKind::Keyword)
                && self.text_of(*token) == what
        })
    }

    /// The name at that place.
    pub fn word(&self, place: usize) -> Option<&'t str> {
        let token = self.all.get(place)?;
        (token.kind == TokenKind::Word).then(|| self.text_of(*token))
    }

    /// Whether the token opens (1) or closes (-1) a bracket.
    pub fn depth(&self, place: usize) -> i32 {
        let Some(token) = self.all.get(place) else {
            return 0;
        };
        match (token.kind, self.text_of(*token)) {
            (TokenKind::Symbol, "(" | "[" | "{" | "#{" | "${") => 1,
            (TokenKind::Symbol, ")" | "]" | "}") => -1,
            _ => 0,
        }
    }

    /// The place of the bracket that the one at `place` closes, or is closed by.
    pub fn partner(&self, place: usize) -> Option<usize> {
        let step = self.depth(place);
        let mut depth = 0;
        let mut at = place;
        loop {
            depth += self.depth(at);
            if depth == 0 {
                return (at != place).then_some(at);
            }
            at = if step > 0 { at + 1 } else { at.checked_sub(1)? };
            if at >= self.all.len() {
                return None;
            }
        }
    }
}

struct Scanner<'t> {
    at: usize,
    tokens: Tokens<'t>,
}

impl<'t> Scanner<'t> {
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
            Some(Open::Comment) => self.comment(0),
            Some(Open::Text(_)) => self.string(0),
            Some(Open::Template(_)) => self.template(0),
            Some(Open::Raw(hashes)) => self.raw(0, hashes),
            None | Some(Open::Bracket(_)) => self.code(),
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
                self.tokens.open.push(Open::Comment);
                self.comment(2);
            }
            '"' => {
                self.tokens.open.push(Open::Text(self.at));
                self.string(1);
            }
            '`' => {
                self.tokens.open.push(Open::Template(self.at));
                self.template(1);
            }
            '#' if rest[hashes..].starts_with('"') => {
                self.tokens.open.push(Open::Raw(hashes));
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
                self.tokens.open.push(Open::Bracket(place));
            }
            ")" | "]" | "}" => self.close(symbol),
            _ => {}
        }
        self.take(TokenKind::Symbol, symbol.len());
    }

    /// A bracket that closes what is open; one too many is left to Rhai.
    fn close(&mut self, symbol: &str) {
        if let Some(Open::Bracket(place)) = self.tokens.open.last() {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        let tokens = scan(text);
        let all = tokens.all.iter();
        all.map(|token| (token.kind, tokens.text_of(*token)))
            .collect()
    }

    #[test]
    fn open_brackets_strings_and_comments_go_on() {
        for text in [
            "if x {",
            "add_client(#{",
            "let a = [1,",
            "let s = \"abc",
            "let s = `abc\ndef",
            "`a ${b",
            "/* comment",
            "/* a /* b */",
            "foo(\"}\"",
            "foo(')'",
            "#\"a\"b",
        ] {
            assert!(is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn closed_ones_are_complete() {
        for text in [
            "",
            "1 + 1",
            "if x { y }",
            "\"{\"",
            "'('",
            "'\\''",
            "// {",
            "/* { */",
            "`${`${a}`}`",
            "`{`",
            "\"a\\\"{\"",
            "#\"a\\\"#",
            "let a = 1; // (\nfoo()",
        ] {
            assert!(!is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn a_bracket_too_many_is_left_to_the_parser() {
        assert!(!is_incomplete("foo())"));
    }

    #[test]
    fn every_token_says_what_it_is() {
        use TokenKind::{Character, Comment, Keyword, Number, Symbol, Text, Word};
        assert_eq!(
            kinds("let é = [1..2.5, 'x', \"a\\\"b\"]; // end"),
            [
                (Keyword, "let"),
                (Word, "é"),
                (Symbol, "="),
                (Symbol, "["),
                (Number, "1"),
                (Symbol, ".."),
                (Number, "2.5"),
                (Symbol, ","),
                (Character, "'x'"),
                (Symbol, ","),
                (Text, "\"a\\\"b\""),
                (Symbol, "]"),
                (Symbol, ";"),
                (Comment, "// end"),
            ]
        );
        assert_eq!(
            kinds("`a ${b}c`"),
            [
                (Text, "`a "),
                (Symbol, "${"),
                (Word, "b"),
                (Symbol, "}"),
                (Text, "c`"),
            ]
        );
    }

    #[test]
    fn brackets_find_their_partners() {
        let tokens = scan("f(#{ a: [1] })");
        assert_eq!(tokens.partner(1), Some(tokens.all.len() - 1));
        assert_eq!(tokens.partner(tokens.all.len() - 1), Some(1));
        assert_eq!(scan("f((1)").partner(1), None);
    }
}
