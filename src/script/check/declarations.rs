//! Declared arguments: declarations that cannot be read, and uses of `args` that they do not
//! allow.

use rhai::Position;

use crate::script::arguments::declared::{Declared, declared};
use crate::script::check::dead::place;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::ARGS;
use crate::script::finding::Finding;
use crate::script::symbols::Symbols;
use crate::script::tokens::TokenKind;

/// What is wrong with the declarations of a script, or with how it uses its arguments.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    let declared = match declared(text) {
        Ok(declared) if declared.is_empty() => return Vec::new(),
        Ok(declared) => declared,
        Err(wrong) => {
            let line = u16::try_from(wrong.line).unwrap_or(u16::MAX);
            return vec![Finding {
                code: "declaration",
                position: Position::new(line, 1),
                what: wrong.what,
                hint: Some(wrong.hint),
            }];
        }
    };
    let symbols = Symbols::resolve(text);
    let tokens = &symbols.tokens;
    let is_args = |at: usize| {
        let is_field = at > 0 && (tokens.is(at - 1, ".") || tokens.is(at - 1, "?."));
        tokens.word(at) == Some(ARGS) && !is_field && symbols.target(at).is_none()
    };
    let places = (0..tokens.all.len()).filter(|at| is_args(*at));
    let found = places.filter_map(|at| {
        let name = tokens.all.get(at + 2)?;
        let written = tokens.text_of(*name);
        let wrong = if tokens.is(at + 1, ".") {
            let is_called = tokens.is(at + 3, "(");
            field(&declared, written, is_called)?
        } else if tokens.is(at + 1, "[") && name.kind == TokenKind::Number {
            numbered(&declared, written)
        } else {
            return None;
        };
        Some(Finding {
            code: "undeclared-argument",
            position: place(text, name.start),
            what: wrong.0,
            hint: Some(wrong.1),
        })
    });
    found.collect()
}

/// What is said of a field that no argument is.
fn field(declared: &[Declared], name: &str, is_called: bool) -> Option<(String, String)> {
    let names = || declared.iter().map(|argument| argument.name.as_str());
    if names().any(|known| known == name) {
        return None;
    }
    if is_called {
        // By them a script asks how many words there are.
        let is_of_words = ["len", "is_empty"].contains(&name);
        return is_of_words.then(|| {
            let what = format!("`args.{name}()` in a script that declares its arguments");
            let hint = "compare one with `()`: `args.NAME == ()` where it was not passed";
            (what, hint.to_owned())
        });
    }
    let what = format!("the script declares no argument `{name}`");
    Some((what, suggestion(name, names())))
}

fn numbered(declared: &[Declared], place: &str) -> (String, String) {
    let argument = place.parse::<usize>().ok().and_then(|at| declared.get(at));
    let hint = match argument {
        Some(argument) => format!("write `args.{}`", argument.name),
        None => format!("it declares {}", declared.len()),
    };
    let what = format!("`args[{place}]` in a script that declares its arguments");
    (what, hint)
}

#[cfg(test)]
mod tests {
    use super::findings;

    fn told(text: &str) -> Vec<String> {
        let header = "//! arg months: number = 24\n//! arg file: file\n";
        let found = findings(&format!("{header}{text}"));
        found.into_iter().map(|found| found.what).collect()
    }

    #[test]
    fn uses_of_declared_arguments_are_compared_with_the_header() {
        assert_eq!(
            told("print(args.months); print(args.keys()); let x = #{}; x.args.b = 1;"),
            Vec::<String>::new()
        );
        assert_eq!(
            told("print(args.month);"),
            ["the script declares no argument `month`"]
        );
        assert_eq!(told("print(`${args.month}`);").len(), 1);
        assert_eq!(
            told("print(args[0]);"),
            ["`args[0]` in a script that declares its arguments"]
        );
        assert_eq!(told("if args.is_empty() {}").len(), 1);
        assert!(told("fn f(args) { args.month + args[0] }").is_empty());
    }

    #[test]
    fn other_scripts_are_left_alone() {
        assert!(findings("print(args[0]); print(args.month);").is_empty());
    }

    #[test]
    fn a_declaration_that_cannot_be_read_has_its_line() {
        let found = findings("//! Does it.\n//! arg a: numbr\n");
        assert_eq!(found[0].position.line(), Some(2));
    }
}
