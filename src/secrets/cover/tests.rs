use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn over(secrets: &[&str], text: &str) -> String {
    let cover = Cover::new(secrets.iter().copied());
    covered(&[&cover], text).into_owned()
}

#[test]
fn a_secret_is_covered_however_it_is_spelled() {
    let secrets = ["pä/s \"w&rd'", "s3cret", "s3cret-and-more"];
    for spelled in [
        "pä/s \"w&rd'",
        "p%C3%A4%2Fs+%22w%26rd%27",
        "p%C3%A4%2fs%20%22w%26rd%27",
        "pä/s \\\"w&rd'",
        "p\\u00e4\\/s \\\"w\\u0026rd\\u0027",
        "pä/s &quot;w&amp;rd&#039;",
        "p&auml;&#x2F;s&#32;&#34;w&amp;amp;rd&apos;",
        "p%25C3%25A4%252Fs%2B%2522w%2526rd%2527",
        "p\\\\u00e4\\\\/s \\\\\\\"w&amp;rd'",
        "p%5Cu00e4%5C%2Fs+%5C%22w%5Cu0026rd%27",
        "s3cret",
        "s3cret-and-more",
    ] {
        let text = format!("f({spelled}) in {spelled}, {spelled}.php");
        let without = over(&secrets, &text);
        assert_eq!(
            without, "f((secret)) in (secret), (secret).php",
            "{spelled}"
        );
    }
    assert_eq!(over(&secrets, "nothing & 100% \\o/"), "nothing & 100% \\o/");
}

#[test]
fn what_base64_says_is_covered_and_is_base64_again() {
    let text = "user:Qw7/&x<b>81'Zt!";
    for engine in [&STANDARD as &dyn Fn_, &URL_SAFE_NO_PAD] {
        let sent = format!("Authorization: Basic {}; done", engine.encoded(text));
        let without = over(&["Qw7/&x<b>81'Zt"], &sent);
        let wanted = format!(
            "Authorization: Basic {}; done",
            engine.encoded("user:(secret)!")
        );
        assert_eq!(without, wanted);
    }
    // An escape within, and base64 within base64.
    let inner = STANDARD.encode(r#"{"pw":"Qw7\/\u0026x<b>81'Zt"}"#);
    let twice = STANDARD.encode(format!("a={inner}&b=1"));
    let without = over(&["Qw7/&x<b>81'Zt"], &twice);
    let inner = STANDARD.encode(r#"{"pw":"(secret)"}"#);
    assert_eq!(without, STANDARD.encode(format!("a={inner}&b=1")));
    // In an address, and as bytes that are no text.
    let escaped = STANDARD
        .encode(text)
        .replace('=', "%3D")
        .replace('+', "%2B");
    let without = over(&["Qw7/&x<b>81'Zt"], &format!("auth={escaped}"));
    assert!(!without.contains(&escaped[..12]), "{without}");
    let mut bytes = vec![0, 255, 3, 0, 1, 2];
    bytes.extend(b"hunter22");
    assert_eq!(over(&["hunter22"], &STANDARD.encode(&bytes)), {
        bytes.truncate(6);
        bytes.extend(b"(secret)");
        STANDARD.encode(&bytes)
    });
}

trait Fn_ {
    fn encoded(&self, text: &str) -> String;
}

impl<E: base64::Engine> Fn_ for E {
    fn encoded(&self, text: &str) -> String {
        self.encode(text)
    }
}

#[test]
fn short_ones_are_covered_where_they_stand_alone() {
    let secrets = ["123", "x", "", "4711"];
    assert_eq!(over(&secrets, "123"), "(secret)");
    assert_eq!(over(&secrets, " 123\n"), "(secret)");
    assert_eq!(over(&secrets, "%31&#50;3"), "(secret)");
    assert_eq!(over(&secrets, "cvv 123, client x"), "cvv 123, client x");
    assert_eq!(
        over(&secrets, "pin 4711, client 47110"),
        "pin (secret), client 47110"
    );
    assert_eq!(
        over(&secrets, "ä4711 (4711) =4711%20"),
        "ä4711 ((secret)) =(secret)%20"
    );
    assert_eq!(over(&["hunter"], "ahunter2"), "a(secret)2");
}

#[test]
fn a_secret_of_several_lines_is_found_in_json() {
    let key = "-----BEGIN KEY-----\nabc+/=\n-----END KEY-----\n";
    let json = serde_json::to_string(key).unwrap();
    assert_eq!(over(&[key], &json), "\"(secret)\"");
    assert_eq!(over(&[key], &format!("got {}", key.trim())), "got (secret)");
    // A backslash in front of a letter is no escape where it must not be one.
    assert_eq!(over(&["new-secret"], r"C:\new-secret"), r"C:\(secret)");
}

#[test]
fn a_secret_that_looks_escaped_is_found_escaped_again() {
    for secret in ["100%41-off", "a&amp;b-and-c", r"dir\\name\u0041"] {
        for spelled in [
            secret.to_owned(),
            secret.replace('&', "&amp;"),
            secret.replace('%', "%25"),
            serde_json::to_string(secret).unwrap(),
        ] {
            let without = over(&[secret], &format!("<{spelled}>"));
            let quotes = if spelled.starts_with('"') { "\"" } else { "" };
            assert_eq!(without, format!("<{quotes}(secret){quotes}>"), "{spelled}");
        }
    }
}

#[test]
fn several_covers_are_one() {
    let (one, other) = (
        Cover::new(["hunter22"]),
        Cover::new(["hunter22-long", "22-long-er"]),
    );
    let without = covered(&[&one, &other], "a hunter22-long-er b");
    assert_eq!(without, "a (secret) b");
    assert_eq!(over(&["secret"], "a secret"), "a (secret)");
    assert_eq!(over(&["secret"], "a (secret)"), "a (secret)");
    assert!(Cover::new([""]).is_empty());
    assert!(Cover::default().is_empty());
}

/// A way to spell a text, with everything or only some letters escaped.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    Json,
    PhpJson,
    Percent,
    Form,
    Entities,
    Decimal,
    Hex,
    Base64,
    UrlSafe,
}

impl Spelling {
    fn of(self, text: &str) -> String {
        use std::fmt::Write as _;
        let by_letter = |spell: &dyn Fn(&mut String, char)| {
            let mut spelled = String::new();
            text.chars().for_each(|letter| spell(&mut spelled, letter));
            spelled
        };
        match self {
            Self::Json => {
                let quoted = serde_json::to_string(text).unwrap();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::PhpJson => by_letter(&|spelled, letter| match letter {
                '/' => spelled.push_str("\\/"),
                '\\' => spelled.push_str("\\\\"),
                letter if letter.is_ascii_alphanumeric() => spelled.push(letter),
                letter => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        let _ = write!(spelled, "\\u{unit:04x}");
                    }
                }
            }),
            Self::Percent | Self::Form => by_letter(&|spelled, letter| match letter {
                ' ' if matches!(self, Self::Form) => spelled.push('+'),
                letter if letter.is_ascii_alphanumeric() => spelled.push(letter),
                letter => {
                    for byte in letter.to_string().bytes() {
                        let _ = write!(spelled, "%{byte:02X}");
                    }
                }
            }),
            Self::Entities => text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#039;"),
            Self::Decimal => by_letter(&|spelled, letter| {
                let _ = write!(spelled, "&#{};", u32::from(letter));
            }),
            Self::Hex => by_letter(&|spelled, letter| {
                let _ = write!(spelled, "&#x{:X};", u32::from(letter));
            }),
            Self::Base64 => STANDARD.encode(text),
            Self::UrlSafe => URL_SAFE_NO_PAD.encode(text),
        }
    }
}

fn spellings() -> impl Strategy<Value = Vec<Spelling>> {
    use Spelling::{Base64, Decimal, Entities, Form, Hex, Json, Percent, PhpJson, UrlSafe};
    let one = prop::sample::select(vec![
        Json, PhpJson, Percent, Form, Entities, Decimal, Hex, Base64, UrlSafe,
    ]);
    prop::collection::vec(one, 0..3)
}

/// Everything a text says, layer by layer, base64 included.
fn all_that_it_says(text: &[u8], depth: usize) -> Vec<Vec<u8>> {
    let mut said = vec![text.to_vec()];
    for escapes in [Escapes::NoWhitespace, Escapes::All] {
        let mut level = Decoded::decode(text, escapes);
        while let Some(decoded) = level {
            said.push(decoded.bytes.clone());
            level = decoded.further(escapes);
        }
    }
    if depth > 0 {
        for layer in said.clone() {
            base64_runs::each(&layer, 0, |run| {
                said.extend(all_that_it_says(&run.bytes, depth - 1));
            });
        }
    }
    said
}

proptest! {
    #[test]
    fn nothing_of_a_secret_is_left_in_any_spelling(
        secret in "[a-zA-Z0-9/&<>'\"%+ äé😀=_!-]{6,20}",
        before in "[a-z ,.]{0,8}[ ,.:]",
        after in "[ ,.;][a-z ,.]{0,8}",
        ways in spellings(),
    ) {
        prop_assume!(!"(secret)".contains(secret.trim()) && !before.contains(secret.trim()));
        let text = format!("{before}{secret}{after}");
        let spelled = ways.iter().fold(text, |text, way| way.of(&text));
        let without = over(&[&secret], &spelled);
        prop_assert_ne!(&without, &spelled);
        for said in all_that_it_says(without.as_bytes(), 2) {
            let said = String::from_utf8_lossy(&said).into_owned();
            prop_assert!(!said.contains(&secret), "{} says {}", without, said);
        }
        // And what stood around it is still there once it is read.
        let said = all_that_it_says(without.as_bytes(), 2);
        let plain = said.iter().map(|said| String::from_utf8_lossy(said).into_owned());
        let kept = |text: &str| text.contains(before.trim_matches([' ', ',', '.', ':']));
        prop_assert!(plain.into_iter().any(|text| kept(&text.replace('+', " "))));
    }

    #[test]
    fn a_text_without_a_secret_comes_back_byte_for_byte(text in any::<String>()) {
        let cover = Cover::new(["Qw7/&x<b>81'Zt", "\u{1F600}never-there"]);
        let without = covered(&[&cover], &text);
        prop_assert!(matches!(without, Cow::Borrowed(_)));
        prop_assert_eq!(&*without, &text);
    }

    #[test]
    fn any_text_and_any_secret_are_taken(text in any::<String>(), secret in any::<String>()) {
        let _ = over(&[&secret], &text);
    }
}
