//! A place in a script, drawn with its line and a caret under it.
//!
//! Columns are counted in characters, from one, as Rhai counts them, and drawn as wide as a
//! terminal draws them; a tab is drawn as four spaces, and of a line that is longer than the terminal is wide
//! only the part around the caret is shown. Secrets that are written out in the line are
//! covered before it is cut.

use std::ops::Range;

use rhai::Position;

use crate::display::table::screen_width;
use crate::display::text::{for_terminal, with_invisible};
use crate::display::width::width;
use crate::script::literals::{secret_places, without_places};
use crate::secrets::cover_text;

/// Characters of a line shown at most, where the terminal is not narrower.
const WIDTH: usize = 120;
/// A line of more characters is cut without asking how wide each of them is.
const LONG: usize = 10 * WIDTH;
/// Characters of a line shown in the narrowest terminal.
const NARROWEST: usize = 40;

/// `  --> path:line:column` with the line and the caret under it.
pub(crate) fn snippet(path: &str, text: Option<&str>, position: Position) -> String {
    snippet_without(path, text, position, secret_places)
}

/// The same of a text whose secrets are looked for by `places`, if its line is shown.
pub(super) fn snippet_without(
    path: &str,
    text: Option<&str>,
    position: Position,
    places: impl FnOnce(&str) -> Vec<Range<usize>>,
) -> String {
    let Some(number) = position.line() else {
        return format!(" --> {path}");
    };
    let line = text.and_then(|text| Some((text, text.lines().nth(number - 1)?)));
    let (Some((text, line)), Some(column)) = (line, position.position()) else {
        return format!(" --> {path}:{number}");
    };
    let (line, shown_column) = without_secrets(text, line, column, places(text));
    let gutter = number.to_string().len();
    let beside = gutter + " | ".len();
    let room = screen_width().map_or(WIDTH, |width| width.saturating_sub(beside));
    let (shown, before, marked) = window(&line, shown_column, room.clamp(NARROWEST, WIDTH));
    let blank = " ".repeat(gutter);
    let caret = format!("{}{}", " ".repeat(before), "^".repeat(marked));
    format!("{blank}--> {path}:{number}:{column}\n{blank} |\n{number} | {shown}\n{blank} | {caret}")
}

/// The line of a text without secrets, and where its column is then.
fn without_secrets(
    text: &str,
    line: &str,
    column: usize,
    mut places: Vec<Range<usize>>,
) -> (String, usize) {
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    places.retain(|place| place.start < start + line.len() && place.end > start);
    let (shown, moved) = without_places(line, start, &places, column);
    (cover_text(&shown).into_owned(), moved)
}

/// The part of the line to show, at most so many columns wide, the width before the caret,
/// and the caret's width.
fn window(line: &str, column: usize, most: usize) -> (String, usize, usize) {
    let letters: Vec<char> = line.trim_end().chars().collect();
    let at = (column - 1).min(letters.len());
    let marked = at + token_length(&letters[at..]);
    let wide = |from: usize, to: usize| width(&drawn(&letters[from..to.min(letters.len())]));
    let (mut start, mut end) = (0, letters.len());
    if letters.len() > LONG || wide(start, end) > most {
        // A mark at each end says that it is cut there.
        let room = most - 2;
        if marked > LONG || wide(0, marked) > room {
            start = (0..at)
                .rev()
                .take_while(|from| wide(*from, at) <= room / 2)
                .last()
                .unwrap_or(at);
        }
        // From the caret on: the line may be as long as it likes.
        end = (at..=end)
            .take_while(|to| wide(start, *to) <= room)
            .last()
            .unwrap_or(at);
        while end == letters.len() && start > 0 && wide(start - 1, end) <= room {
            start -= 1;
        }
    }
    let lead = if start > 0 { "…" } else { "" };
    let tail = if end < letters.len() { "…" } else { "" };
    let before = wide(start, at) + width(lead);
    let shown = format!("{lead}{}{tail}", drawn(&letters[start..end]));
    (shown, before, wide(at, marked.min(end)).max(1))
}

/// Letters as they are drawn: what nobody would see among them is shown.
fn drawn(letters: &[char]) -> String {
    let text = letters.iter().collect::<String>().replace('\t', "    ");
    with_invisible(&for_terminal(&text)).into_owned()
}

/// How many characters the token at the start of `rest` has; at least one.
fn token_length(rest: &[char]) -> usize {
    let is_word = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    match rest.first() {
        Some(quote @ ('"' | '\'')) => {
            let close = (1..rest.len()).find(|at| rest[*at] == *quote && rest[at - 1] != '\\');
            close.map_or(1, |at| at + 1)
        }
        Some(first) if is_word(first) => rest.iter().take_while(|letter| is_word(letter)).count(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, line: u16, column: u16) -> String {
        snippet("a.rhai", Some(text), Position::new(line, column))
    }

    #[test]
    fn the_caret_is_under_the_whole_word() {
        let text = "let a = 1;\nlet c = get_client(#{ clientid: 7 });";
        assert_eq!(
            at(text, 2, 9),
            " --> a.rhai:2:9\n  |\n2 | let c = get_client(#{ clientid: 7 });\n  |         ^^^^^^^^^^"
        );
    }

    #[test]
    fn wherever_a_word_of_any_length_stands_its_start_is_marked_within_the_width() {
        for (lead, word) in [0, 1, 5, 39, 41, 200]
            .into_iter()
            .flat_map(|lead| [1, 3, 40, 79, 300].map(|word| (lead, word)))
        {
            let line = format!("{}{} + 1", " ".repeat(lead), "w".repeat(word));
            let (shown, before, marked) = window(&line, lead + 1, 40);
            let marks: String = shown.chars().skip(before).take(marked).collect();
            assert!(
                marked > 0 && marks == "w".repeat(marked),
                "{lead}, {word}: {shown}"
            );
            assert!(shown.chars().count() <= 40, "{lead}, {word}: {shown}");
        }
    }

    #[test]
    fn the_gutter_is_as_wide_as_the_line_number() {
        let text = format!("{}oops", "\n".repeat(11));
        assert_eq!(
            at(&text, 12, 1),
            "  --> a.rhai:12:1\n   |\n12 | oops\n   | ^^^^"
        );
    }

    #[test]
    fn tabs_and_letters_beyond_ascii_keep_the_caret_in_place() {
        assert!(at("\tfoo()", 1, 2).ends_with("1 |     foo()\n  |     ^^^"));
        assert!(at("let é = \"naïve\" + foo", 1, 19).ends_with("^^^"));
        let drawn = at("let é = \"naïve\" + foo", 1, 9);
        assert!(drawn.ends_with("  |         ^^^^^^^"), "{drawn}");
    }

    #[test]
    fn wide_letters_keep_the_caret_in_place_and_invisible_ones_are_shown() {
        assert!(at("let a = \"東京\" + foo;", 1, 16).ends_with("  |                  ^^^"));
        let drawn = at("let a\u{200b} = foo;", 1, 10);
        assert!(
            drawn.ends_with("let a<U+200B> = foo;\n  |                 ^^^"),
            "{drawn}"
        );
    }

    #[test]
    fn a_place_behind_the_end_is_drawn_at_the_end() {
        assert!(at("let a", 1, 40).ends_with("1 | let a\n  |      ^"));
        assert_eq!(at("let a", 9, 1), " --> a.rhai:9");
    }

    #[test]
    fn of_a_long_line_only_the_surroundings_are_shown() {
        let text = format!("{}bad{}", "x ".repeat(500), " y".repeat(500));
        let drawn = at(&text, 1, 1001);
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(
            lines.iter().all(|line| line.chars().count() < 140),
            "{drawn}"
        );
        let caret = lines[3].find('^').unwrap();
        let shown: String = lines[2].chars().skip(caret).take(3).collect();
        assert_eq!(shown, "bad");
    }

    #[test]
    fn a_line_is_cut_where_the_terminal_ends() {
        let line = "let done = bulk(csv(args[0]), #{ key: \"e-mail\" }, |row| {";
        let (shown, before, marked) = window(line, 17, 40);
        assert_eq!(shown, "let done = bulk(csv(args[0]), #{ key: …");
        assert_eq!((before, marked), (16, 3));
        let (shown, before, marked) = window(line, 52, 40);
        assert_eq!(shown, "…(args[0]), #{ key: \"e-mail\" }, |row| {");
        assert_eq!((before, marked), (33, 3));
        assert_eq!(window("short", 1, 40).0, "short");
    }

    #[test]
    fn without_a_text_the_place_alone_is_named() {
        assert_eq!(
            snippet("a.rhai", None, Position::new(3, 4)),
            " --> a.rhai:3"
        );
        assert_eq!(snippet("a.rhai", None, Position::NONE), " --> a.rhai");
    }
}
