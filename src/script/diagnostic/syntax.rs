//! Why a script cannot be read, and what was probably meant.

use rhai::{LexError, ParseErrorType, Position};

use crate::catalog::{self, similar};
use crate::script::diagnostic::foreign;
use crate::script::diagnostic::unfit::suggestion;
use crate::script::diagnostic::words::{Words, own_words};
use crate::script::tokens::scan;

/// What is wrong at that place of the text.
pub(crate) fn words(error: &ParseErrorType, position: Position, text: &str) -> Words {
    use ParseErrorType as P;
    let rest = rest_of_line(position, text);
    let word = first_word(&rest);
    let (what, hint) = match error {
        P::VariableUndefined(name) => (
            format!("unknown variable `{name}`"),
            unknown_variable(name, position, text),
        ),
        P::ModuleUndefined(name) => (
            format!("unknown module `{name}`"),
            Some(format!(
                "to import it, write `import \"{name}\" as {name};`"
            )),
        ),
        P::UnexpectedEOF => ("the script ends too early".into(), None),
        P::BadInput(LexError::UnterminatedString) => (
            "this text has no closing quote".into(),
            Some("write text of several lines between backticks".into()),
        ),
        P::BadInput(LexError::UnexpectedInput(letter)) if foreign::blank(letter).is_some() => (
            "there is an invisible character here".into(),
            foreign::blank(letter),
        ),
        P::BadInput(LexError::UnexpectedInput(letter))
            if letter.chars().all(char::is_alphabetic) =>
        {
            (
                format!("`{letter}` cannot be part of a name"),
                Some(foreign_letter(position, text)),
            )
        }
        P::BadInput(_) if word == "=" => (
            "`=` does not compare".into(),
            Some("to compare, write `==`".into()),
        ),
        P::BadInput(LexError::MalformedChar(_)) => (
            "single quotes are for one character".into(),
            Some("text takes double quotes: `\"…\"`".into()),
        ),
        P::ExprTooDeep => (
            "this expression is nested too deeply".into(),
            Some("split it into several statements".into()),
        ),
        P::FnDuplicatedDefinition(name, _) => (format!("function `{name}` is defined twice"), None),
        P::VariableExpected if is_word(&word) => (
            format!("`{word}` cannot be a name here"),
            Some("Rhai reserves that word; choose another".into()),
        ),
        P::PropertyExpected if is_word(&word) => (
            format!("`{word}` cannot follow a dot"),
            Some(format!("Rhai reserves that word; write `[\"{word}\"]`")),
        ),
        P::MissingToken(token, of) if token == "}" && of.contains("map") && is_word(&word) => (
            format!("`{word}` cannot be a name here"),
            Some(format!("Rhai reserves that word; write `\"{word}\": …`")),
        ),
        P::FnMissingName if !word.is_empty() => (
            format!("a function cannot be called `{word}`"),
            Some("Rhai reserves that word; choose another".into()),
        ),
        P::Reserved(word) if word.chars().all(char::is_alphabetic) => (
            format!("`{word}` cannot be a name here"),
            Some(format!(
                "Rhai reserves that word: choose another name, or call it, such as `{word}(…)`"
            )),
        ),
        P::MissingToken(_, of) if of.contains("switch") => {
            (own_words(&error.to_string()), Some(foreign::SWITCH.into()))
        }
        P::MismatchedType(wanted, _) if wanted.contains("boolean") => {
            (own_words(&error.to_string()), Some(foreign::INSTEAD.into()))
        }
        P::MissingToken(token, of) if token == "{" && of.contains("statement block") => (
            own_words(&error.to_string()),
            Some(
                "the body of `if`, `else`, `while` and `for` needs braces: `if a == b { … }`"
                    .into(),
            ),
        ),
        P::MissingToken(token, _) if token == ";" => (
            own_words(&error.to_string()),
            Some("a `;` or a closing bracket is missing before it".into()),
        ),
        other => (own_words(&other.to_string()), None),
    };
    let line = position
        .line()
        .and_then(|number| text.lines().nth(number - 1));
    let is_said = is_said(error, &word);
    if is_entry(error, &rest) {
        return Words {
            what,
            hint: Some(foreign::ENTRY.into()),
        };
    }
    let of_line = || foreign::of_line(line.filter(|_| !is_said)?);
    Words {
        what,
        hint: foreign::hint(&word).or_else(of_line).or(hint),
    }
}

/// Whether the words for an error say all, so that the line needs no look.
fn is_said(error: &ParseErrorType, word: &str) -> bool {
    use ParseErrorType as P;
    match error {
        P::VariableUndefined(_)
        | P::ModuleUndefined(_)
        | P::ExprTooDeep
        | P::BadInput(LexError::UnterminatedString | LexError::MalformedChar(_)) => true,
        P::BadInput(LexError::UnexpectedInput(letter)) => {
            foreign::blank(letter).is_some()
                || (letter != "fn" && letter.chars().all(char::is_alphabetic))
        }
        P::PropertyExpected => is_word(word),
        _ => false,
    }
}

fn is_word(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
}

/// Whether an entry of a map is written with an arrow or an equals sign.
fn is_entry(error: &ParseErrorType, rest: &str) -> bool {
    match error {
        ParseErrorType::MissingToken(token, of) if token == ":" => {
            of.contains("map") && rest.starts_with('=')
        }
        ParseErrorType::MissingToken(token, of) if token == "," => {
            of.contains("array") && rest.starts_with("=>")
        }
        _ => false,
    }
}

/// How to write a name that has letters beyond a to z: only text can have them.
fn foreign_letter(position: Position, text: &str) -> String {
    let column = position.position().map_or(0, |column| column - 1);
    let line = position
        .line()
        .and_then(|number| text.lines().nth(number - 1));
    let letters: Vec<char> = line.unwrap_or_default().chars().collect();
    let is_word = |letter: &&char| letter.is_alphanumeric() || **letter == '_';
    let column = column.min(letters.len());
    let before = letters[..column].iter().rev().take_while(is_word).count();
    let behind = letters[column..].iter().take_while(is_word).count();
    let name: String = letters[column - before..column + behind].iter().collect();
    let owner = &letters[..column - before];
    let Some(('.', owner)) = owner.split_last().map(|(dot, owner)| (*dot, owner)) else {
        return format!(
            "names may have only letters a to z; text and keys may have any: \
             `\"{name}\"`"
        );
    };
    let start = owner.iter().rev().take_while(is_word).count();
    let owner: String = owner[owner.len() - start..].iter().collect();
    format!("write `{owner}[\"{name}\"]`")
}

/// What was probably meant by a variable that is not there.
pub(crate) fn unknown_variable(name: &str, position: Position, text: &str) -> Option<String> {
    let rest = rest_of_line(position, text);
    let behind = rest.strip_prefix(name).unwrap_or_default().trim_start();
    if behind.starts_with(':') && !behind.starts_with("::") {
        return Some(format!("a map begins with `#{{`: `#{{ {name}: … }}`"));
    }
    if rest
        .strip_prefix(name)
        .is_some_and(|behind| behind.starts_with('"'))
    {
        return Some("write text with values between backticks: `${a} and ${b}`".into());
    }
    if behind.starts_with("=>") {
        return Some(format!("a closure is written `|{name}| …`"));
    }
    if catalog::by_function(name)
        .or_else(|| catalog::by_walk(name))
        .is_some()
    {
        return Some(format!("to pass a function, write `Fn(\"{name}\")`"));
    }
    let line = position.line().unwrap_or(usize::MAX);
    let defined = definitions(text, line);
    if let Some((keyword, _)) = defined.iter().find(|(_, known)| *known == name) {
        return Some(match *keyword {
            _ if !is_in_function(position, text) => {
                "definitions end with their block, and with a line that failed".into()
            }
            "const" => format!("inside a function, write `global::{name}`"),
            _ => "a function does not see the variables outside it: pass it as a parameter".into(),
        });
    }
    let names = defined.iter().map(|(_, name)| *name).chain(["args"]);
    // A name of a letter or two resembles every other.
    let near = if name.len() < 3 {
        Vec::new()
    } else {
        similar(name, names)
    };
    let line = text.lines().nth(line.wrapping_sub(1)).unwrap_or_default();
    foreign::hint(name)
        .or_else(|| suggestion(&near))
        .or_else(|| foreign::of_line(line))
}

/// Whether a place is in the body of a function.
fn is_in_function(position: Position, text: &str) -> bool {
    let line = position.line().map_or(0, |line| line - 1);
    let column = position.position().map_or(0, |column| column - 1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let within = text[start..].char_indices().nth(column);
    let end = within.map_or(text.len(), |(at, _)| start + at);
    let tokens = scan(&text[..end]);
    let mut blocks = Vec::new();
    let mut is_head = false;
    for at in 0..tokens.all.len() {
        is_head |= tokens.is(at, "fn");
        match tokens.depth(at) {
            1 => {
                let is_block = tokens.is(at, "{");
                blocks.push(is_head && is_block);
                is_head &= !is_block;
            }
            -1 => drop(blocks.pop()),
            _ => {}
        }
    }
    blocks.contains(&true)
}

/// What `let`, `const` and `for` define before that line, roughly: keyword and name.
fn definitions(text: &str, before: usize) -> Vec<(&str, &str)> {
    let lines = text.lines().take(before);
    let words = lines.flat_map(|line| {
        line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .filter(|word| !word.is_empty())
    });
    let words: Vec<&str> = words.collect();
    let pairs = words.windows(2).map(|pair| (pair[0], pair[1]));
    pairs
        .filter(|(keyword, _)| matches!(*keyword, "let" | "const" | "for"))
        .collect()
}

/// The line from that place on.
fn rest_of_line(position: Position, text: &str) -> String {
    let line = position
        .line()
        .and_then(|number| text.lines().nth(number - 1));
    let before = position.position().map_or(0, |column| column - 1);
    line.map_or_else(String::new, |line| line.chars().skip(before).collect())
}

/// The word a text begins with, or its first character.
fn first_word(text: &str) -> String {
    let is_word = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    let word: String = text.chars().take_while(is_word).collect();
    if word.is_empty() {
        return text.chars().take(1).collect();
    }
    word
}
