//! The lines of a session as a script that runs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use crate::script::{IT, TokenKind, Tokens, scan, secret_variables, without_secrets};

/// A line that succeeded, or what had succeeded of one before it failed.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What was typed.
    pub text: String,
    /// Whether it gave a result, and so set `it`.
    pub gives: bool,
}

/// A script made of lines.
#[derive(Debug, PartialEq)]
pub struct Saved {
    /// Its text.
    pub text: String,
    /// The variables of the environment that take the place of secrets.
    pub variables: Vec<String>,
}

/// Words that begin a statement which needs no semicolon.
const BLOCKS: [&str; 8] = ["do", "fn", "for", "if", "loop", "switch", "try", "while"];

/// Makes a script of the lines: functions defined again only once, `it` a variable
/// where it is used, secrets taken from the environment.
pub fn script(file: &str, lines: &[Kept]) -> Saved {
    let mut variables = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut uses_it = false;
    let by_use: BTreeSet<String> = lines
        .iter()
        .flat_map(|line| secret_variables(&line.text))
        .collect();
    for (place, line) in lines.iter().enumerate() {
        let mut text = without_old_functions(&line.text, &lines[place + 1..]);
        if line.gives && is_it_wanted(&lines[place + 1..]) {
            uses_it = true;
            text = giving_it(&text);
        }
        let (text, secrets) = without_secrets(&text, &by_use);
        variables.extend(secrets);
        let text = ended(text.trim());
        if !text.is_empty() {
            texts.push(text);
        }
    }
    variables.sort();
    variables.dedup();
    let mut text = String::from("//! Saved from the whmcsh shell: the lines that succeeded.\n");
    let _ = write!(text, "//! usage: whmcsh run {file}");
    for name in &variables {
        let _ = write!(text, " --allow-env {name}");
    }
    text.push_str("\n\n");
    if uses_it {
        let _ = writeln!(text, "let {IT} = ();");
    }
    for line in texts {
        text.push_str(&line);
        text.push('\n');
    }
    Saved { text, variables }
}

/// What had succeeded of a text that stopped at that line and column, both from 1: the
/// statements before that one. Functions are defined wherever they stand.
pub fn done(text: &str, (line, column): (usize, usize)) -> String {
    let lines = text.split_inclusive('\n');
    let before: usize = lines
        .clone()
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let letters = text[before..].chars().take(column.saturating_sub(1));
    let at = before + letters.map(char::len_utf8).sum::<usize>();
    let tokens = scan(text);
    let mut left = String::new();
    let mut end = 0;
    for statement in statements(&tokens) {
        let next = tokens.all[statement.end - 1].end;
        if next <= at || function(&tokens, &statement).is_some() {
            left.push_str(&text[end..next]);
        }
        end = next;
    }
    left
}

/// Whether a later line uses the result before another takes its place.
fn is_it_wanted(later: &[Kept]) -> bool {
    for line in later {
        let tokens = scan(&line.text);
        let is_it = |at: usize| {
            let is_field = at > 0 && (tokens.is(at - 1, ".") || tokens.is(at - 1, "?."));
            tokens.word(at) == Some(IT) && !is_field && !tokens.is(at + 1, ":")
        };
        if (0..tokens.all.len()).any(is_it) {
            return true;
        }
        if line.gives {
            return false;
        }
    }
    false
}

/// The text with the result of its last statement kept in `it`.
fn giving_it(text: &str) -> String {
    let tokens = scan(text);
    match statements(&tokens).last() {
        Some(last) => {
            let start = tokens.all[last.start].start;
            format!("{}{IT} = {}", &text[..start], &text[start..])
        }
        None => text.to_owned(),
    }
}

/// The text without the functions that later lines define again: a script may have
/// each but once.
fn without_old_functions(text: &str, later: &[Kept]) -> String {
    let tokens = scan(text);
    let again: Vec<(String, usize)> = later
        .iter()
        .flat_map(|line| {
            let tokens = scan(&line.text);
            let all = statements(&tokens);
            let functions = all.iter().filter_map(|one| function(&tokens, one));
            functions.collect::<Vec<_>>()
        })
        .collect();
    let mut left = String::new();
    let mut end = 0;
    for statement in statements(&tokens) {
        let is_old = function(&tokens, &statement).is_some_and(|this| again.contains(&this));
        if is_old {
            left.push_str(&text[end..tokens.all[statement.start].start]);
            end = tokens.all[statement.end - 1].end;
        }
    }
    left.push_str(&text[end..]);
    left
}

/// The name of the function that a statement defines, and how many parameters it has.
fn function(tokens: &Tokens, statement: &Range<usize>) -> Option<(String, usize)> {
    let at = statement.start + usize::from(tokens.is(statement.start, "private"));
    let name = tokens.word(at + 1).filter(|_| tokens.is(at, "fn"))?;
    let end = tokens.partner(at + 2)?;
    let commas = (at + 2..end).filter(|at| tokens.is(*at, ",")).count();
    let parameters = if end == at + 3 { 0 } else { commas + 1 };
    Some((name.to_owned(), parameters))
}

/// The statements of a text, as ranges of its tokens; comments between them belong to
/// none.
fn statements(tokens: &Tokens) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.all.len() {
        if tokens.all[at].kind == TokenKind::Comment {
            at += 1;
            continue;
        }
        let end = statement_end(tokens, at);
        found.push(at..end);
        at = end;
    }
    found
}

fn statement_end(tokens: &Tokens, start: usize) -> usize {
    let is_block = is_block(tokens, start);
    let mut depth = 0;
    for at in start..tokens.all.len() {
        depth += tokens.depth(at);
        if depth > 0 {
            continue;
        }
        let goes_on = ["else", "catch", "while", "until"]
            .iter()
            .any(|word| tokens.is(at + 1, word));
        let is_over = is_block && tokens.is(at, "}") && !goes_on && !tokens.is(at + 1, ".");
        if tokens.is(at, ";") || is_over {
            return at + 1;
        }
    }
    // A comment behind the last statement is not of it.
    let is_code = |at: &usize| tokens.all[*at].kind != TokenKind::Comment;
    let last = (start..tokens.all.len()).rev().find(is_code);
    last.map_or(tokens.all.len(), |at| at + 1)
}

fn is_block(tokens: &Tokens, start: usize) -> bool {
    let at = start + usize::from(tokens.is(start, "private"));
    BLOCKS.iter().any(|word| tokens.is(at, word)) || tokens.is(at, "{")
}

/// The text with a semicolon after its last statement, where one is needed.
fn ended(text: &str) -> String {
    let tokens = scan(text);
    let all = statements(&tokens);
    let Some(last) = all.last() else {
        return text.to_owned();
    };
    let end = last.end - 1;
    if tokens.is(end, ";") || (is_block(&tokens, last.start) && tokens.is(end, "}")) {
        return text.to_owned();
    }
    let at = tokens.all[end].end;
    format!("{};{}", &text[..at], &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(lines: &[(&str, bool)]) -> Vec<String> {
        let lines: Vec<Kept> = lines
            .iter()
            .map(|(text, gives)| Kept {
                text: (*text).to_owned(),
                gives: *gives,
            })
            .collect();
        let saved = script("a.rhai", &lines);
        let lines = saved.text.lines().skip(3);
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn lines_become_statements() {
        assert_eq!(
            saved(&[
                ("let a = 1", false),
                ("a + 1 // sum", true),
                ("for x in [1] { print(x) }", false),
                ("fn f() { 1 }", false),
                ("let m = #{ a: 1 }", false),
                ("print(1);", false),
                ("// only a comment", false),
            ]),
            [
                "let a = 1;",
                "a + 1; // sum",
                "for x in [1] { print(x) }",
                "fn f() { 1 }",
                "let m = #{ a: 1 };",
                "print(1);",
                "// only a comment",
            ]
        );
    }

    #[test]
    fn the_last_result_is_a_variable_where_it_is_used() {
        assert_eq!(
            saved(&[
                ("1 + 1", true),
                ("let a = 2; a * 3", true),
                ("let b = 1;", false),
                ("print(it + b)", false),
                ("5", true),
                ("x.it", true),
            ]),
            [
                "let it = ();",
                "1 + 1;",
                "let a = 2; it = a * 3;",
                "let b = 1;",
                "print(it + b);",
                "5;",
                "x.it;",
            ]
        );
    }

    #[test]
    fn a_function_defined_again_is_there_once() {
        assert_eq!(
            saved(&[
                ("fn f(a) { 1 } let x = 1;", false),
                ("fn f() { 0 }", false),
                ("fn f(b) {\n  2\n}", false),
            ]),
            ["let x = 1;", "fn f() { 0 }", "fn f(b) {", "  2", "}"]
        );
    }

    #[test]
    fn blocks_that_go_on_are_one_statement() {
        let text = "if a { 1 } else { 2 }";
        assert_eq!(
            saved(&[(text, true), ("it", true)]),
            ["let it = ();", "it = if a { 1 } else { 2 };", "it;"]
        );
    }

    #[test]
    fn of_a_line_that_failed_what_came_before_is_left() {
        let text = "let a = \"ä\"; let b = 2;\nfail(a); let c = 3;\nfn f() { 1 }";
        assert_eq!(done(text, (1, 18)), "let a = \"ä\";\nfn f() { 1 }");
        let both = "let a = \"ä\"; let b = 2;\nfn f() { 1 }";
        assert_eq!(done(text, (2, 1)), both);
        assert_eq!(done("throw 1", (1, 1)), "");
    }

    #[test]
    fn secrets_are_not_saved() {
        let lines = [Kept {
            text: "f(#{ password: \"hunter2\" })".to_owned(),
            gives: false,
        }];
        let saved = script("a.rhai", &lines);
        assert!(!saved.text.contains("hunter2"));
        assert!(
            saved
                .text
                .contains("usage: whmcsh run a.rhai --allow-env PASSWORD")
        );
        assert_eq!(saved.variables, ["PASSWORD"]);
    }
}
