//! What a text is made of, and what it ends inside of.

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
pub enum OpenEnd {
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
    pub open: Vec<OpenEnd>,
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
            (TokenKind::Symbol, "(" | "[" | "?[" | "{" | "#{" | "${") => 1,
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
