//! Characters that nobody sees, those that command a terminal, and numbers in words.
//!
//! What is shown in place of a character is its number, such as `<U+200B>`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text as a terminal may get it: control characters but line ends and tabs are shown, and
/// so is what turns the direction of the text around it.
///
/// A row or a reply could otherwise write over the screen, or show another order of letters
/// than there is. The marks that Hebrew, Arabic and Persian names need stay.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'))
    {
        return Cow::Borrowed(text);
    }
    with_numbers(text, |letter, next| {
        let is_line_end = letter == '\r' && next == Some('\n');
        let is_control = letter.is_control() && !matches!(letter, '\n' | '\t');
        (is_control && !is_line_end) || turns_text(letter) || ends_line(letter)
    })
}

/// The same on one line: line ends and tabs are shown as well.
pub fn on_a_line(text: &str) -> Cow<'_, str> {
    with_numbers(text, |letter, _| {
        letter.is_control() || turns_text(letter) || ends_line(letter)
    })
}

/// The text with the characters shown that nobody sees, as an error quotes it.
pub fn with_invisible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !has_control(text) {
        return Cow::Borrowed(text);
    }
    with_numbers(text, |letter, _| {
        let is_control = letter.is_control() && !matches!(letter, '\t' | '\n' | '\r');
        letter == NO_BREAK_SPACE || is_unseen(letter) || is_told(letter) || is_control
    })
}

/// The text without the blanks and the invisible characters around it.
///
/// Marks that a script needs stay, unless the rest is plain ASCII: an address or a number has
/// no use for them.
pub fn without_invisible_ends(text: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii);
    let bytes = text.as_bytes();
    if is_plain(bytes.first()) && is_plain(bytes.last()) {
        return text;
    }
    let blank = |letter: char| letter.is_whitespace() || is_unseen(letter);
    let with_marks = |letter: char| blank(letter) || is_mark(letter);
    let bare = text.trim_matches(with_marks);
    if bare.is_ascii() {
        bare
    } else {
        text.trim_matches(blank)
    }
}

/// Whether an invisible character stands in the text, which no script needs; in an email
/// address, a space that does not break is one too.
pub fn has_unseen(text: &str) -> bool {
    let is_one = |letter| is_unseen(letter) || is_told(letter);
    !text.is_ascii()
        && (text.chars().any(is_one) || text.contains('@') && text.contains(is_odd_space))
}

/// Whether a control character other than line ends and tabs stands in the text, of those that
/// people can send by accident.
pub fn has_control(text: &str) -> bool {
    let is_one = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7f;
    text.bytes().any(is_one)
}

const NO_BREAK_SPACE: char = '\u{a0}';

/// Spaces other than the usual one.
const fn is_odd_space(letter: char) -> bool {
    matches!(
        letter,
        NO_BREAK_SPACE | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}'
    )
}

/// Zero-width space, word joiner, byte order mark, soft hyphen, operators of mathematics that
/// are not shown, fillers of Korean.
const fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'
            ..='\u{2064}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
    )
}

/// What nobody sees either and stays at the ends of a text: controls of the second set, what
/// turns text, ends of lines, and tags, of which some flags are made.
const fn is_told(letter: char) -> bool {
    matches!(letter, '\u{80}'..='\u{9f}' | '\u{e0000}'..='\u{e007f}')
        || turns_text(letter)
        || ends_line(letter)
}

/// Ends of lines and paragraphs that only some programs take for such.
const fn ends_line(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Marks that say how letters join, and in which direction they run.
const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200c}'..='\u{200f}') || turns_text(letter)
}

/// A moment as journals have it, to the second and in its own zone: `2026-11-23 10:00:00`.
pub fn to_the_second(moment: &str) -> String {
    let moment: String = moment.chars().take("2026-11-23T10:00:00".len()).collect();
    moment.replace('T', " ")
}

/// So many of something, in words: `1 row`, `2 rows`.
pub fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Embeddings, overrides and isolates, which turn what comes after them.
const fn turns_text(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn with_numbers(text: &str, is_shown: impl Fn(char, Option<char>) -> bool) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut done = 0;
    for (place, letter) in text.char_indices() {
        let after = place + letter.len_utf8();
        if is_shown(letter, text[after..].chars().next()) {
            shown.push_str(&text[done..place]);
            // Writing to a string cannot fail.
            let _ = write!(shown, "<U+{:04X}>", u32::from(letter));
            done = after;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[done..]);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_one_line_every_control_character_is_shown() {
        assert_eq!(
            on_a_line("two\nlines\t\u{1b}[1m\u{85}\u{202e}x"),
            "two<U+000A>lines<U+0009><U+001B>[1m<U+0085><U+202E>x"
        );
        assert_eq!(on_a_line("Köln \u{200f}"), "Köln \u{200f}");
        assert_eq!(on_a_line("a\u{2028}b"), "a<U+2028>b");
    }

    #[test]
    fn what_commands_a_terminal_is_shown() {
        let shown = |text: &str| for_terminal(text).into_owned();
        assert_eq!(shown("\u{1b}[2J\u{7}"), "<U+001B>[2J<U+0007>");
        assert_eq!(shown("\u{9b}2J\u{7f}"), "<U+009B>2J<U+007F>");
        assert_eq!(shown("AB\rCD x\u{8}"), "AB<U+000D>CD x<U+0008>");
        assert_eq!(shown("safe\u{202e}txt\u{2066}"), "safe<U+202E>txt<U+2066>");
        assert_eq!(
            shown("a\tb\r\nc\nZoë 東京 👩\u{200d}🚒"),
            "a\tb\r\nc\nZoë 東京 👩\u{200d}🚒"
        );
        assert_eq!(shown("a\u{2028}b\u{2029}"), "a<U+2028>b<U+2029>");
        let marked = "\u{61c}\u{200f}שלום\u{200e} می\u{200c}خواهم";
        assert_eq!(shown(marked), marked);
    }

    #[test]
    fn invisible_characters_around_a_text_are_cut_off_and_those_inside_shown() {
        assert_eq!(
            without_invisible_ends("\u{feff}email\u{200b}\u{a0}"),
            "email"
        );
        assert_eq!(
            without_invisible_ends("\u{202a}jo@example.com\u{202c}"),
            "jo@example.com"
        );
        assert_eq!(without_invisible_ends("Zoë\u{ad}"), "Zoë");
        assert_eq!(without_invisible_ends("שלום\u{200f}"), "שלום\u{200f}");
        assert_eq!(without_invisible_ends("\u{200b}"), "");
        assert_eq!(
            with_invisible("e\u{200b}mail\u{a0}x"),
            "e<U+200B>mail<U+00A0>x"
        );
        assert_eq!(with_invisible("a\u{1a}b\tc"), "a<U+001A>b\tc");
        assert!(has_control("a\u{1b}$B") && !has_control("a\r\nb\tZoë"));
        for odd in [
            "a\u{e0041}b",
            "a\u{3164}b",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{85}b",
            "jo\u{a0}@x.org",
        ] {
            assert!(has_unseen(odd), "{odd:?}");
        }
        assert!(!has_unseen("12\u{a0}kg"));
        assert_eq!(without_invisible_ends("\u{3164}x"), "x");
        assert!(has_unseen("a\u{2060}b") && !has_unseen("می\u{200c}خ"));
    }
}
