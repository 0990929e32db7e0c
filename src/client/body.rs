//! What the bytes of a reply are: JSON, WHMCS's old text form, a web page, ….
//!
//! Recognises and nothing more: whether the call succeeded is for `reply` to
//! say. Any bytes give an answer; none makes it panic.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use serde_json::{Map, Value};

use super::xml;

/// How WHMCS begins a reply in JSON.
const REPLY: &str = "{\"result\"";

/// A reply's body, recognised.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// A JSON object, with what PHP wrote around it.
    Json {
        fields: Map<String, Value>,
        noise: Option<String>,
    },
    /// `result=error;message=…`, as WHMCS answers before it knows the format wanted.
    Pairs(Map<String, Value>),
    /// A web page, with its title.
    Page(Option<String>),
    /// XML, which WHMCS sends when it does not see `responsetype`; its fields where it
    /// is WHMCS's and whole.
    Xml(Option<Map<String, Value>>),
    /// PHP's own words that it ran out of memory or time.
    Stopped(&'static str),
    /// JSON that stops before its end.
    CutOff,
    /// Nothing.
    Empty,
    /// Anything else, with its beginning on one line.
    Other(String),
}

/// What PHP says where it stops by itself, and what it ran out of.
const STOPPED: [(&str, &str); 2] = [
    ("Allowed memory size of ", "memory"),
    ("Maximum execution time of ", "time"),
];

/// What PHP ran out of, where a text ends in its fatal error.
fn stopped(text: &str) -> Option<&'static str> {
    let (_, error) = text.rsplit_once("Fatal error")?;
    let mut known = STOPPED.iter();
    known.find_map(|(words, what)| error.contains(words).then_some(*what))
}

/// Recognises a reply's body.
pub(super) fn recognise(text: &str) -> Body {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Body::Empty;
    }
    if text.starts_with('{') {
        return match (json("", text), stopped(text)) {
            (Body::CutOff | Body::Other(_), Some(what)) => Body::Stopped(what),
            (body, _) => body,
        };
    }
    if let Some(what) = stopped(text).filter(|_| !text.ends_with('}')) {
        return Body::Stopped(what);
    }
    if starts_with(text, "<?xml") || starts_with(text, "<whmcsapi") {
        return Body::Xml(xml::fields(text));
    }
    // A page may hold JSON in its scripts, which must not pass for the reply.
    if starts_with(text, "<!") || starts_with(text, "<html") || starts_with(text, "<head") {
        return Body::Page(title(text));
    }
    if starts_with(text, "result=") {
        return Body::Pairs(pairs(text));
    }
    let start = text.find("{\"");
    if let Some(at) = start.filter(|at| find_tag(&text[..*at], "<script").is_none()) {
        let (noise, rest) = text.split_at(at);
        match json(noise, rest) {
            body @ Body::Json { .. } if has_flag(&body) => return body,
            Body::CutOff => return Body::CutOff,
            _ => {}
        }
    }
    if let Some(at) = text.find("result=error;") {
        return Body::Pairs(pairs(&text[at..]));
    }
    if text.starts_with('<') {
        return Body::Page(title(text));
    }
    Body::Other(one_line(text, 80))
}

/// Bytes as text: UTF-8, and what is not as Windows-1252; says whether any was not.
pub(super) fn text(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.into(), false);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let (letters, _) = WINDOWS_1252.decode_without_bom_handling(chunk.invalid());
        text.push_str(&letters);
    }
    (text.into(), true)
}

/// The text on one line without control characters, cut at that many letters.
pub(super) fn one_line(text: &str, longest: usize) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn json(before: &str, text: &str) -> Body {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    match values.next() {
        // Of two replies nobody can say which one counts.
        Some(Ok(_)) if text[values.byte_offset()..].contains(REPLY) => {
            Body::Other(one_line(text, 80))
        }
        Some(Ok(fields)) => {
            let after = &text[values.byte_offset()..];
            let is_bare = before.is_empty() && after.is_empty();
            let noise = (!is_bare).then(|| without_tags(&format!("{before} {after}")));
            Body::Json {
                fields,
                noise: noise.filter(|noise| !noise.is_empty()),
            }
        }
        Some(Err(error)) if error.is_eof() => Body::CutOff,
        _ => Body::Other(one_line(text, 80)),
    }
}

/// Whether it says how the call went; JSON found amid other text must.
fn has_flag(body: &Body) -> bool {
    matches!(body, Body::Json { fields, .. } if fields.contains_key("result") || fields.contains_key("status"))
}

/// PHP's warnings come with their HTML: `<b>Warning</b>:  …<br />`.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(1024));
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        plain.push_str(&rest[..open]);
        plain.push(' ');
        rest = rest[open..]
            .find('>')
            .map_or("", |close| &rest[open + close + 1..]);
    }
    plain.push_str(rest);
    one_line(&plain, 200).replace(" :", ":")
}

/// Pairs with semicolons between them; a part without `=` belongs to the value before.
fn pairs(text: &str) -> Map<String, Value> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in text.split(';') {
        match (part.split_once('='), pairs.last_mut()) {
            (Some((name, value)), _) => pairs.push((name.trim().into(), value.trim().into())),
            (None, Some((_, value))) if !part.trim().is_empty() => {
                value.push(';');
                value.push_str(part);
            }
            _ => {}
        }
    }
    let mut fields = Map::new();
    for (name, value) in pairs {
        // Of a name that comes twice the first counts: what follows may be a value's.
        fields.entry(name).or_insert(value.into());
    }
    fields
}

fn title(page: &str) -> Option<String> {
    let open = find_tag(page, "<title")?;
    let start = open + page[open..].find('>')? + 1;
    let end = start + page[start..].find('<')?;
    let title = one_line(&page[start..end], 80);
    (!title.is_empty()).then_some(title)
}

fn starts_with(text: &str, start: &str) -> bool {
    text.as_bytes()
        .get(..start.len())
        .is_some_and(|bytes| bytes.eq_ignore_ascii_case(start.as_bytes()))
}

/// Where the ASCII tag begins, in any case.
fn find_tag(text: &str, tag: &str) -> Option<usize> {
    text.as_bytes()
        .windows(tag.len())
        .position(|bytes| bytes.eq_ignore_ascii_case(tag.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Body, one_line, recognise, text};

    fn pairs(fields: &[(&str, &str)]) -> Body {
        let fields = fields.iter();
        Body::Pairs(
            fields
                .map(|(name, value)| ((*name).to_owned(), (*value).into()))
                .collect(),
        )
    }

    fn noisy(body: &str) -> (serde_json::Value, Option<String>) {
        match recognise(body) {
            Body::Json { fields, noise } => (fields.into(), noise),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_json_has_no_noise() {
        assert_eq!(
            noisy(
                "\u{feff}\r\n {\"result\":\"success\",\"url\":\"a\\/b\",\"name\":\"\\ud83d\\ude00\"}\n"
            ),
            (
                json!({"result": "success", "url": "a/b", "name": "😀"}),
                None
            )
        );
    }

    #[test]
    fn php_warnings_around_the_json_are_kept_as_plain_text() {
        let warning = "<br />\n<b>Warning</b>:  Undefined array key in <b>/www/{closure}.php</b> on line <b>3</b><br />\n";
        let (fields, noise) = noisy(&format!("{warning}{{\"result\":\"success\"}}"));
        assert_eq!(fields, json!({"result": "success"}));
        assert_eq!(
            noise.as_deref(),
            Some("Warning: Undefined array key in /www/{closure}.php on line 3")
        );
        let (fields, noise) = noisy("{\"result\":\"success\"}\nDeprecated: thing");
        assert_eq!(fields, json!({"result": "success"}));
        assert_eq!(noise.as_deref(), Some("Deprecated: thing"));
    }

    #[test]
    fn json_that_stops_early_is_not_replaced_by_a_part_of_it() {
        let whole =
            r#"{"result":"success","clients":{"client":[{"id":1,"status":"success"},{"id":2}]}}"#;
        for end in 1..whole.len() {
            assert_eq!(recognise(&whole[..end]), Body::CutOff, "{}", &whole[..end]);
            let noisy = format!("Warning: x {}", &whole[..end]);
            assert!(!matches!(recognise(&noisy), Body::Json { .. }), "{noisy}");
        }
    }

    #[test]
    fn json_in_the_scripts_of_a_page_is_not_the_reply() {
        for page in [
            r#"<!DOCTYPE html><html><title>Log in</title><script>x = {"result":"success"}</script>"#,
            r#"<!-- hi --><html><title>Log in</title><script>x = {"result":"success"}</script>"#,
        ] {
            assert_eq!(recognise(page), Body::Page(Some("Log in".into())));
        }
        for script in [r#"{"id":1}"#, r#"{"status":"success"}"#] {
            assert_eq!(
                recognise(&format!("<p>Down</p><script>x = {script}</script>")),
                Body::Page(None)
            );
        }
    }

    #[test]
    fn of_two_replies_in_one_body_neither_counts() {
        for body in [
            r#"{"result":"success"}{"result":"error"}"#,
            r#"hook said {"status":"success"} {"result":"error"}"#,
        ] {
            assert!(matches!(recognise(body), Body::Other(_)), "{body}");
        }
        // A warning that only names the word is noise like any other.
        let (_, noise) = noisy(r#"{"result":"success"} Undefined array key "result""#);
        assert!(noise.is_some());
    }

    #[test]
    fn a_refusal_in_the_old_text_form_is_read_behind_php_warnings() {
        assert_eq!(
            recognise("<br />\n<b>Warning</b>: x<br />\nresult=error;message=Invalid IP ::1"),
            pairs(&[("result", "error"), ("message", "Invalid IP ::1")])
        );
    }

    #[test]
    fn a_page_is_known_by_its_title() {
        assert_eq!(
            recognise("  <HTML><HEAD><TITLE lang=en>\n Just a\n moment...\u{1b}[31m </TITLE>"),
            Body::Page(Some("Just a moment... [31m".into()))
        );
        assert_eq!(recognise("<html><title>"), Body::Page(None));
        assert_eq!(recognise("<center>Maintenance</center>"), Body::Page(None));
    }

    #[test]
    fn the_old_text_form_is_read_with_semicolons_in_its_values() {
        assert_eq!(
            recognise("result=error;message=Invalid IP 203.0.113.9"),
            pairs(&[("result", "error"), ("message", "Invalid IP 203.0.113.9")])
        );
        assert_eq!(
            recognise("result=error;message=no; really;code=1;"),
            pairs(&[
                ("result", "error"),
                ("message", "no; really"),
                ("code", "1")
            ])
        );
    }

    #[test]
    fn what_php_ran_out_of_is_read_from_its_last_words() {
        let memory = "<br />\n<b>Fatal error</b>:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in <b>/x.php</b> on line <b>7</b><br />";
        let time = "PHP Fatal error:  Maximum execution time of 30 seconds exceeded in /x.php";
        assert_eq!(recognise(memory), Body::Stopped("memory"));
        assert_eq!(recognise(time), Body::Stopped("time"));
        let cut = format!("{{\"result\":\"success\",\"clients\":[{{\"id\":1{memory}");
        assert_eq!(recognise(&cut), Body::Stopped("memory"));
        // Whole JSON behind such words is the reply all the same.
        let whole = format!("{memory}{{\"result\":\"success\"}}");
        assert!(matches!(recognise(&whole), Body::Json { .. }));
        assert!(matches!(
            recognise("<br />Fatal error: Uncaught Error"),
            Body::Page(_)
        ));
    }

    #[test]
    fn the_rest_is_named_for_what_it_is() {
        assert_eq!(recognise(" \r\n"), Body::Empty);
        assert_eq!(
            recognise("<?xml version=\"1.0\"?><whmcsapi>"),
            Body::Xml(None)
        );
        assert_eq!(recognise("[]"), Body::Other("[]".into()));
        assert_eq!(recognise("{oops}"), Body::Other("{oops}".into()));
        assert_eq!(
            recognise("Down for\nmaintenance"),
            Body::Other("Down for maintenance".into())
        );
    }

    #[test]
    fn what_is_not_utf8_is_read_as_windows_1252() {
        assert_eq!(text("Zoë".as_bytes()), ("Zoë".into(), false));
        // A page of UTF-8 with one old field: only the old field is converted.
        assert_eq!(
            text(b"Zo\xc3\xab, Zo\xeb \x80"),
            ("Zoë, Zoë €".into(), true)
        );
    }

    #[test]
    fn a_line_is_cut_between_letters() {
        assert_eq!(one_line("é é é", 3), "é é…");
        assert_eq!(one_line("é é", 3), "é é");
    }
}
