//! Where a bulk loop stands in its script: by its text, so that it may move.

use std::fmt::Write as _;
use std::path::Path;

use rhai::{Array, Dynamic, FnPtr, Identifier, NativeCallContext};
use sha2::{Digest as _, Sha256};

use crate::run::journal::LoopPlace;
use crate::run::resume::told_apart;
use crate::script::api::origin;
use crate::script::api::pages::Records;
use crate::script::csv::Rows;
use crate::script::engine::Factory;
use crate::script::frozen::Frozen;
use crate::script::tokens::{self, TokenKind, Tokens};
use crate::script::value::record::map_of_own;

/// The name of the function.
const NAME: &str = "bulk";
/// What stands for the text of a loop that is called by another name.
const ELSEWHERE: &str = "?";

/// A loop as it is written.
#[derive(Debug, PartialEq)]
struct Written {
    /// Where its name begins, in bytes.
    at: usize,
    /// A hash of it.
    text: String,
    /// Whether it may be begun many times: it stands in a loop, a function or a closure.
    is_many: bool,
}

/// Where the loop stands that is called there, with what it is given.
pub(super) fn locate(
    factory: &Factory,
    context: &NativeCallContext,
    rows: &Dynamic,
    work: &FnPtr,
) -> LoopPlace {
    let sources = factory.sources();
    let name = context.call_source().unwrap_or_default();
    let text = sources.text(name).unwrap_or_default();
    let loops = written(&text);
    let texts: Vec<String> = loops.iter().map(|found| found.text.clone()).collect();
    let mut all = told_apart(&texts);
    all.push(ELSEWHERE.to_owned());
    let position = context.call_position();
    let at = position.line().zip(position.position());
    let at = at.and_then(|(line, column)| offset(&text, line, column));
    let found = at.and_then(|at| loops.iter().position(|found| found.at == at));
    let is_many = found.is_none_or(|found| loops[found].is_many);
    let seed = factory.host().run.row_seed(factory.host().seed);
    LoopPlace {
        script: if sources.is_main(name) {
            String::new()
        } else {
            let file = Path::new(name).file_name().unwrap_or_default();
            file.to_string_lossy().into_owned()
        },
        text: found.map_or_else(|| ELSEWHERE.to_owned(), |found| all[found].clone()),
        all,
        given: is_many.then(|| given(&seed, rows, work)),
    }
}

/// The byte at which a column of a line stands, both from 1.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(line - 1).map(str::len).sum();
    let (at, _) = lines.next()?.char_indices().nth(column - 1)?;
    Some(before + at)
}

/// The loops of a script, in their order.
fn written(text: &str) -> Vec<Written> {
    let tokens = tokens::scan(text);
    let mut found = Vec::new();
    // Whether what stands in each open bracket may be done many times.
    let mut open: Vec<bool> = Vec::new();
    let mut is_next_many = false;
    for place in 0..tokens.all.len() {
        let text = tokens.text_of(tokens.all[place]);
        match tokens.all[place].kind {
            TokenKind::Keyword if matches!(text, "fn" | "for" | "while" | "loop" | "do") => {
                is_next_many = true;
            }
            TokenKind::Word if text == NAME && tokens.is(place + 1, "(") => found.push(Written {
                at: tokens.all[place].start,
                text: hash(&tokens, place),
                is_many: open.iter().any(|is_many| *is_many),
            }),
            _ => {}
        }
        match tokens.depth(place) {
            1 => {
                let is_body = text == "{";
                let is_closure =
                    place > 0 && ["|", "||"].iter().any(|bar| tokens.is(place - 1, bar));
                open.push(is_body && (std::mem::take(&mut is_next_many) || is_closure));
            }
            -1 => _ = open.pop(),
            _ => {}
        }
    }
    found
}

/// A hash of a call from its name to its last bracket, without blanks and comments.
fn hash(tokens: &Tokens<'_>, place: usize) -> String {
    let end = tokens.partner(place + 1).unwrap_or(tokens.all.len() - 1);
    let mut hash = Sha256::new();
    for token in &tokens.all[place..=end] {
        if token.kind != TokenKind::Comment {
            hash.update(tokens.text_of(*token));
            hash.update([0]);
        }
    }
    hex(&hash.finalize())
}

/// A hash of the source and of what the closure captured: of records their ids, for what is
/// in them the run may change.
fn given(seed: &[u8; 32], rows: &Dynamic, work: &FnPtr) -> String {
    let mut hash = Sha256::new_with_prefix(seed);
    if let Some(file) = rows.read_lock::<Rows>() {
        // The file may lie elsewhere by now.
        let name = Path::new(file.path()).file_name().unwrap_or_default();
        hash.update(name.as_encoded_bytes());
        hash.update(file.part().unwrap_or_default());
    } else if let Some(frozen) = rows.read_lock::<Frozen>() {
        let name = Path::new(frozen.path()).file_name().unwrap_or_default();
        hash.update(name.as_encoded_bytes());
    } else if let Some(records) = rows.read_lock::<Records>() {
        hash.update(records.asked());
    }
    for captured in work.curry() {
        hash.update([0]);
        hash.update(write_captured(captured));
    }
    hex(&hash.finalize())
}

/// A value that a closure captured, as text.
fn write_captured(value: &Dynamic) -> String {
    if let Some((action, id)) = origin::id(value) {
        return format!("{}:{id}", action.name);
    }
    if let Some(items) = value.read_lock::<Array>() {
        return items
            .iter()
            .map(|item| write_captured(item) + ",")
            .collect();
    }
    if let Some(map) = map_of_own(value) {
        let field = |(name, value): (&Identifier, &Dynamic)| {
            [name.as_str(), ":", &write_captured(value), ","].concat()
        };
        return map.iter().map(field).collect();
    }
    if value.read_lock::<FnPtr>().is_some() {
        // Its name tells where it stands.
        return String::new();
    }
    value.to_string()
}

fn hex(digest: &[u8]) -> String {
    let bytes = digest.iter().take(8);
    bytes.fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let found = written(text).into_iter();
        found.map(|found| found.text).collect()
    }

    #[test]
    fn a_loop_is_known_by_its_text_wherever_it_stands_and_however_it_is_laid_out() {
        let one = texts("bulk(csv(args[0]), #{key: \"id\"}, |r| { f(r); });");
        let moved = "// first\nlet a = 1;\n  bulk( csv(args[0]),\n #{ key : \"id\" }, // by id\n |r| { f(r); } );";
        assert_eq!(texts(moved), one);
        let other = texts("bulk(csv(args[0]), #{key: \"id\"}, |r| { g(r); });");
        assert!(other.len() == 1 && other != one);
        // Blanks in a text are the text's.
        assert_ne!(texts("bulk([\"a b\"], f)"), texts("bulk([\"ab\"], f)"));
    }

    #[test]
    fn a_loop_may_be_begun_many_times_in_a_loop_a_function_or_a_closure() {
        let are_many = |text: &str| -> Vec<bool> {
            let found = written(text).into_iter();
            found.map(|found| found.is_many).collect()
        };
        for text in [
            "fn f(a) { bulk(a, g); }",
            "for a in b { if c { bulk(a, g); } }",
            "let f = |a| { bulk(a, g) };",
            "while x { a.bulk(g); }",
        ] {
            assert_eq!(are_many(text), [true], "{text}");
        }
        for text in [
            "bulk(a, |r| { for x in r { f(x); } });",
            "for a in b { f(a); }\nif c { bulk(a, g); } else { bulk(b, g); }",
            "try { bulk(a, g); } catch { }",
        ] {
            assert!(!are_many(text).contains(&true), "{text}");
        }
    }

    #[test]
    fn a_column_counts_letters_and_not_bytes() {
        let text = "let a = 1;\nlet ä = \"ö\"; bulk(a, f);";
        assert_eq!(offset(text, 2, 14), text.find("bulk"));
        assert_eq!(offset(text, 3, 1), None);
    }
}
