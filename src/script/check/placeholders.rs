//! Texts that name a variable as PHP, Python and mail templates do: `"Dear $name"`,
//! `` `Dear {row.name}` ``. Rhai fills in `${name}` between backticks alone, and the rest would
//! go out as it stands.
//!
//! Only a variable that is in scope there is meant, and only where the script itself puts
//! nothing in the sign's place. WHMCS's own merge fields, such as `{$client_name}`, stay.

use crate::script::check::dead::place;
use crate::script::finding::Finding;
use crate::script::tokens::{TokenKind, Tokens, scan};

/// Functions that are given the sign itself, to look for it or to put something in its place.
const TAKING: [&str; 8] = [
    "contains",
    "ends_with",
    "index_of",
    "remove",
    "replace",
    "split",
    "split_rev",
    "starts_with",
];

/// What a sign is put together of where a script fills in any name: `"{" + key + "}"`.
const PARTS: [&str; 3] = ["{", "{{", "$"];

/// Each such text in a script, or in a line that goes on with those variables.
pub(super) fn findings<'t>(text: &'t str, held: impl Iterator<Item = &'t str>) -> Vec<Finding> {
    if !text.contains(['$', '{']) {
        return Vec::new();
    }
    let mut texts = SignSearch {
        tokens: scan(text),
        frames: vec![Frame::open("", held.collect())],
        next: Frame::default(),
        waiting: Vec::new(),
        is_template: false,
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < texts.tokens.all.len() {
        match texts.tokens.all[at].kind {
            TokenKind::Text => {
                if let Some((sign, name)) = texts.unfilled(at) {
                    let start = texts.tokens.all[at].start;
                    found.push(finding(text, start, sign, name));
                }
            }
            TokenKind::Keyword | TokenKind::Symbol => at += texts.step(at),
            _ => {}
        }
        at += 1;
    }
    found
}

fn finding(text: &str, start: usize, sign: &str, name: &str) -> Finding {
    let filled = sign.trim_matches(['$', '{', '}']);
    Finding {
        code: "not-filled-in",
        position: place(text, start),
        what: format!("`{sign}` is not filled in, although there is a variable `{name}`"),
        hint: Some(format!(
            "to fill it in, write the text between backticks: `${{{filled}}}`; to mean the letters themselves, write `#\"…\"#`"
        )),
    }
}

/// What stands between two brackets, and the variables that are known there.
#[derive(Default)]
struct Frame<'t> {
    opened: &'t str,
    names: Vec<&'t str>,
    /// Whether it is the body of a function, which sees no variable around it.
    is_function: bool,
    /// What is called with it, of a bracket behind a name.
    called: &'t str,
}

impl<'t> Frame<'t> {
    fn open(opened: &'t str, names: Vec<&'t str>) -> Self {
        Self {
            opened,
            names,
            ..Self::default()
        }
    }
}

/// A text that is gone through from token to token.
struct SignSearch<'t> {
    tokens: Tokens<'t>,
    frames: Vec<Frame<'t>>,
    /// The frame of the block to come: the parameters of a function, the variable of a loop.
    next: Frame<'t>,
    /// Variables known from the end of their statement on, with the depth of that.
    waiting: Vec<(usize, &'t str)>,
    /// Whether the next text goes on with one between backticks.
    is_template: bool,
}

impl<'t> SignSearch<'t> {
    fn own(&self, at: usize) -> &'t str {
        self.tokens
            .all
            .get(at)
            .map_or("", |token| &self.tokens.text[token.start..token.end])
    }

    fn before(&self, at: usize) -> &'t str {
        at.checked_sub(1).map_or("", |at| self.own(at))
    }

    /// Takes a keyword or a symbol; gives how many tokens behind it belong to it.
    fn step(&mut self, at: usize) -> usize {
        self.is_template = false;
        match self.own(at) {
            "let" | "const" => {
                self.waiting.push((self.frames.len(), self.own(at + 1)));
                1
            }
            "for" => {
                let names = self.words(at + 1, "in");
                self.next.names = names.1;
                names.0
            }
            "fn" => {
                let names = self.words(at + 2, ")");
                self.next = Frame {
                    names: names.1,
                    is_function: true,
                    ..Frame::default()
                };
                names.0 + 1
            }
            "catch" if self.own(at + 1) == "(" => {
                let names = self.words(at + 1, ")");
                self.next.names = names.1;
                names.0
            }
            "|" if self.begins_closure(at) => {
                let (length, names) = self.words(at + 1, "|");
                if let Some(frame) = self.frames.last_mut() {
                    frame.names.extend(names);
                }
                length
            }
            ";" => {
                self.declare();
                0
            }
            opened @ ("(" | "[" | "{" | "#{" | "${") => {
                let mut frame = if opened == "{" {
                    std::mem::take(&mut self.next)
                } else {
                    Frame::default()
                };
                frame.opened = opened;
                frame.called = self.before(at);
                self.frames.push(frame);
                0
            }
            ")" | "]" | "}" => {
                if self.frames.len() > 1 {
                    let closed = self.frames.pop();
                    self.is_template = closed.is_some_and(|frame| frame.opened == "${");
                }
                let depth = self.frames.len();
                self.waiting.retain(|(own, _)| *own <= depth);
                0
            }
            _ => 0,
        }
    }

    /// The names up to that symbol, and how many tokens there are with it.
    fn words(&self, from: usize, end: &str) -> (usize, Vec<&'t str>) {
        let rest = &self.tokens.all[from.min(self.tokens.all.len())..];
        let length = rest
            .iter()
            .position(|token| self.tokens.text_of(*token) == end)
            .unwrap_or(rest.len());
        let names = rest[..length].iter();
        let names = names.filter(|token| token.kind == TokenKind::Word);
        let names = names.map(|token| &self.tokens.text[token.start..token.end]);
        (length + 1, names.collect())
    }

    fn begins_closure(&self, at: usize) -> bool {
        at == 0
            || matches!(
                self.before(at),
                "(" | "," | "=" | "{" | "}" | ";" | "[" | ":" | "=>" | "${" | "return"
            )
    }

    /// The variables of the statement that ends are known from here on.
    fn declare(&mut self) {
        let depth = self.frames.len();
        let ended = self.waiting.iter().filter(|(own, _)| *own == depth);
        let ended: Vec<&str> = ended.map(|(_, name)| *name).collect();
        self.waiting.retain(|(own, _)| *own != depth);
        if let Some(frame) = self.frames.last_mut() {
            frame.names.extend(ended);
        }
    }

    fn is_known(&self, name: &str) -> bool {
        for frame in self.frames.iter().rev() {
            if frame.names.contains(&name) {
                return true;
            }
            if frame.is_function {
                return false;
            }
        }
        false
    }

    /// The first sign in a text that nothing fills in, and the variable it names.
    fn unfilled(&mut self, at: usize) -> Option<(&'t str, &'t str)> {
        let is_template = std::mem::take(&mut self.is_template);
        let own = self.own(at);
        let is_raw = own.starts_with('#') && !is_template;
        if is_raw || self.is_looked_for(at) {
            return None;
        }
        signs(own).find(|(sign, name)| self.is_known(name) && !self.is_filled(sign, name))
    }

    /// Whether the text is compared, or is a key or a case: it goes nowhere.
    fn is_looked_for(&self, at: usize) -> bool {
        let beside = [self.before(at), self.own(at + 1)];
        let is_compared = |beside: &&str| matches!(*beside, "==" | "!=" | "in");
        beside.iter().any(is_compared)
            || matches!(beside[1], "=>" | ":")
            || self
                .frames
                .last()
                .is_some_and(|frame| frame.opened == "(" && TAKING.contains(&frame.called))
    }

    /// Whether the script itself puts something in the place of that sign, or of any.
    fn is_filled(&self, sign: &str, name: &str) -> bool {
        let texts = self.tokens.all.iter().enumerate();
        let mut texts = texts.filter(|(_, token)| token.kind == TokenKind::Text);
        texts.any(|(at, _)| {
            let bare = self.own(at).trim_matches(['#', '"', '`']);
            let is_pair = matches!(self.own(at + 1), "," | ":") && self.own(at + 2) == name;
            let is_taken = || {
                let open = self.opener(at);
                open.is_some_and(|open| TAKING.contains(&self.before(open)))
            };
            if bare == sign {
                return is_pair || self.own(at + 1) == ":" || is_taken();
            }
            // `"{" + key + "}"`, and the same between backticks.
            let is_part = PARTS.contains(&bare) && sign.starts_with(&bare[..1]);
            let is_joined =
                matches!(self.own(at + 1), "+" | "${") && (bare != "$" || self.own(at + 1) == "+");
            is_part && is_joined
        })
    }

    /// The round bracket that a token stands in by itself or beside others.
    fn opener(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (0..at).rev().find(|at| match self.own(*at) {
            ")" | "]" | "}" => {
                depth += 1;
                false
            }
            "(" | "[" | "{" | "#{" | "${" if depth > 0 => {
                depth -= 1;
                false
            }
            "(" | "[" | "{" | "#{" | "${" => true,
            _ => false,
        })
    }
}

/// What looks like a place for a variable in a text, and the variable it names.
fn signs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.match_indices(['$', '{'])
        .filter_map(move |(at, sign)| {
            let (before, rest) = (&text[..at], &text[at + 1..]);
            let name = &rest[..rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())];
            if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
                return None;
            }
            if sign == "$" {
                // `{$name}` and `{if $name}` are WHMCS's own.
                let is_merged = before
                    .rfind('{')
                    .is_some_and(|open| !before[open..].contains('}'));
                return (!is_merged).then_some((&text[at..=at + name.len()], name));
            }
            let path = &rest[..rest.find('}')?];
            let is_path = path
                .split('.')
                .all(|part| !part.is_empty() && part.chars().all(is_word));
            (is_path && !before.ends_with('$')).then_some((&text[at..at + path.len() + 2], name))
        })
}

#[cfg(test)]
mod tests {
    use super::findings;

    fn found(text: &str) -> Vec<String> {
        let found = findings(text, std::iter::empty()).into_iter();
        found.map(|finding| finding.what).collect()
    }

    #[test]
    fn a_sign_for_a_variable_in_scope_is_refused_in_either_kind_of_text() {
        for text in [
            "let name = 1; f(#{ notes: \"Dear $name\" });",
            "let name = 1; f(#{ notes: \"Dear {name}\", to: 1 });",
            "let name = 1; f(#{ notes: `Dear {name}` });",
            "let name = 1; f(#{ notes: `${name}: $name` });",
            "let name = 1; f(#{ notes: `${name}\"$name\"` });",
            "for name in names { print(\"$name\"); }",
            "for (name, i) in names { print(\"{name}\", i); }",
            "fn f(name) { print(\"{name.first}\"); }",
            "rows.map(|name| `{name}`);",
            "rows.map(|row| { let name = row.x; if name != 1 { print(\"$name\"); } });",
            "try { } catch (name) { print(\"$name\"); }",
            "let name = 1; let both = [\"$name\", \"b\"];",
            "let name = 1; print(\"$name\" + \"{other}\".replace(\"{other}\", name));",
        ] {
            let found = found(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains("is not filled in, although there is a variable `name`"));
        }
    }

    #[test]
    fn what_is_no_variable_or_is_filled_in_or_is_whmcs_own_stays() {
        for text in [
            "f(\"Dear $name\"); let name = 1;",
            "let name = \"$name\"; f(name);",
            "fn f() { print(\"$name\"); } let name = 1;",
            "let name = 1; fn f() { print(\"$name\"); }",
            "if true { let name = 1; } print(\"$name\");",
            "rows.map(|name| name); print(\"$name\");",
            "for name in names { } print(\"$name\");",
            "let name = 1; f(\"Dear {$name}, {if $name}x{/if} {$name.first}\");",
            "let name = 1; f(#\"Dear $name {name}\"#);",
            "let name = 1; f(`${name} costs $5 {} {5} {a b}`);",
            "let name = 1; f(\"Dear {name}\".replace(\"{name}\", name));",
            "let name = 1; let t = \"Dear {name}\"; t.replace(#\"{name}\"#, name);",
            "let name = 1; let t = \"Dear {name}\"; t = fill(t, \"{name}\", name);",
            "let name = 1; let t = \"{name}\"; for pair in [[\"{name}\", name]] { }",
            "let name = 1; let t = fill(\"Hi {name}\", #{ \"{name}\": name });",
            "let name = 1; let t = \"Hi {name}\"; for k in m.keys() { t.replace(\"{\" + k + \"}\", m[k]); }",
            "let name = 1; let t = \"Hi {name}\"; for k in m.keys() { t.replace(`{${k}}`, m[k]); }",
            "let name = 1; if t == \"$name\" || t.contains(\"{name}\") { }",
            "let name = 1; switch t { \"$name\" => 1 }",
            "let name = 1; f(\"${name}\");",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn the_hint_names_both_ways() {
        let found = findings("let name = 1; f(\"$name\");", std::iter::empty());
        assert_eq!(
            found[0].hint.as_deref().unwrap(),
            "to fill it in, write the text between backticks: `${name}`; to mean the letters themselves, write `#\"…\"#`"
        );
        let line = findings("f(\"$name\");", ["name"].into_iter());
        assert_eq!(line.len(), 1);
    }
}
