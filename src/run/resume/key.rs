//! What a row goes by in the journal, as text.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use sha2::{Digest as _, Sha256};

use crate::run::journal::{CONTENT, DIGITS, Rules, loop_of};

/// What a key is compared by.
pub fn compared(rules: Rules, spelled: &str) -> Cow<'_, str> {
    match rules {
        Rules::Spelled => Cow::Borrowed(spelled),
        Rules::Compared => of_key(spelled),
    }
}

/// A key as people compare it: without blanks around it, in one form of Unicode, and
/// in small letters where it has one `@`, as an address has.
pub fn of_key(spelled: &str) -> Cow<'_, str> {
    let key = spelled.trim_matches(is_blank);
    let key = if key.is_ascii() {
        Cow::Borrowed(key)
    } else {
        composed(key)
    };
    if key.matches('@').count() != 1 {
        return key;
    }
    let small = key.to_lowercase();
    if small == key {
        return key;
    }
    // Small letters may be composed in another way.
    Cow::Owned(composed(&small).into_owned())
}

fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Whether nobody sees it.
fn is_blank(letter: char) -> bool {
    let is_invisible = matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    letter.is_whitespace() || is_invisible
}

/// What a row without a key goes by: a hash of its cells, whatever the order of the
/// columns, that nobody can make without the run's seed.
pub fn of_content<'c, C: AsRef<str> + Ord>(
    seed: &[u8; 32],
    cells: impl Iterator<Item = (&'c str, C)>,
) -> String {
    let mut cells: Vec<_> = cells.collect();
    cells.sort_unstable();
    let mut hash = Sha256::new_with_prefix(seed);
    for text in cells.iter().flat_map(|(name, cell)| [*name, cell.as_ref()]) {
        // The length in front keeps neighbours apart.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut key = String::with_capacity(1 + DIGITS);
    key.push(CONTENT);
    for byte in &hash.finalize()[..DIGITS / 2] {
        key.extend(
            [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
        );
    }
    key
}

/// What the record with that id in the list of that action goes by, where other things
/// than records of one list may stand beside it.
pub fn of_record(action: &str, id: &str) -> String {
    format!("{action}:{id}")
}

/// The key in the loop of that number, so that no two loops of a script share one.
pub fn scoped(bulk: u64, key: &str) -> String {
    match bulk {
        1 if loop_of(key).is_none() => key.to_owned(),
        bulk => format!("{bulk}:{key}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::run::journal::is_content;

    use super::*;

    #[test]
    fn addresses_compare_without_regard_to_case_and_codes_with_it() {
        assert_eq!(of_key("Jo@Example.COM"), "jo@example.com");
        assert_eq!(of_key("Zoë@Example.com"), "zoë@example.com");
        assert_eq!(of_key("AB-12"), "AB-12");
        assert_ne!(of_key("ab-12"), of_key("AB-12"));
        // No address: two of them, or none.
        assert_eq!(of_key("A@B@C"), "A@B@C");
    }

    #[test]
    fn blanks_around_a_key_do_not_count_and_those_in_it_do() {
        for blank in [
            " ", "\t", "\u{a0}", "\u{200b}", "\u{feff}", "\u{2060}", "\u{3000}", "\r\n",
        ] {
            assert_eq!(
                of_key(&format!("{blank}A 1{blank}{blank}")),
                "A 1",
                "{blank:?}"
            );
        }
        assert_ne!(of_key("A 1"), of_key("A1"));
        assert_eq!(of_key(" \u{200b} "), "");
    }

    #[test]
    fn one_form_of_unicode_is_as_good_as_another() {
        assert_eq!(of_key("Mu\u{308}ller"), of_key("M\u{fc}ller"));
        assert_eq!(of_key("Zoe\u{308}@X.example"), of_key("zo\u{eb}@x.example"));
        // Other letters stay other letters.
        assert_ne!(of_key("Ⅻ"), of_key("XII"));
        assert_ne!(of_key("Muller"), of_key("Müller"));
    }

    #[test]
    fn older_runs_compare_keys_as_they_are_spelled() {
        assert_eq!(compared(Rules::Spelled, "Jo@X.example "), "Jo@X.example ");
        assert_eq!(compared(Rules::Compared, "Jo@X.example "), "jo@x.example");
        for rules in [Rules::Spelled, Rules::Compared] {
            assert_eq!(Rules::numbered(rules.number()), Some(rules));
        }
        assert_eq!((Rules::numbered(0), Rules::numbered(3)), (None, None));
    }

    #[test]
    fn loops_never_share_a_key() {
        let keys = [
            scoped(1, "a"),
            scoped(2, "a"),
            scoped(1, "2:a"),
            scoped(2, "2:a"),
            scoped(1, "12:30"),
        ];
        assert_eq!(keys, ["a", "2:a", "1:2:a", "2:2:a", "1:12:30"]);
    }

    #[test]
    fn content_is_known_whatever_the_order_of_the_columns() {
        let key =
            |cells: &[(&'static str, &'static str)]| of_content(&[7; 32], cells.iter().copied());
        let one = key(&[("a", "1"), ("b", "2")]);
        assert_eq!(one, key(&[("b", "2"), ("a", "1")]));
        for other in [
            key(&[("a", "2"), ("b", "1")]),
            key(&[("a", "12"), ("b", "")]),
            key(&[("a", "1")]),
        ] {
            assert_ne!(one, other);
        }
        assert_ne!(
            one,
            of_content(&[8; 32], [("a", "1"), ("b", "2")].into_iter())
        );
        assert!(is_content(&one) && is_content(&format!("2:{one}.2")));
        for other in ["~", "a", "~1234", "2:a", &one[1..], &format!("{one}x")] {
            assert!(!is_content(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_was_compared_once_compares_alike_for_ever(key in any::<String>()) {
            let once = of_key(&key).into_owned();
            prop_assert_eq!(of_key(&once), once.as_str());
            let padded = format!("\u{a0}{key}\u{200b}");
            prop_assert_eq!(of_key(&padded), once.as_str());
        }
    }
}
