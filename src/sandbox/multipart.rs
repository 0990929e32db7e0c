//! Decodes `multipart/form-data` bodies, which PHP's curl sends for arrays.
//!
//! A file uploaded as `attachments` or `attachments[]` becomes an element with its
//! `name` and its `data` in base64; any other is passed over, for no action takes
//! one. As in PHP a boundary stands at the start of a line, lines may end without a
//! carriage return, and a body that does not follow its own boundary yields what can be read.

use super::form::{self, MAX_VARIABLES};
use super::php;
use super::tree::Array;

/// The longest boundary RFC 2046 allows; looking for a longer one could take hours.
const MAX_BOUNDARY: usize = 70;

/// The one parameter that takes files.
const UPLOADS: &str = "attachments";

/// One part of a body.
struct Part {
    name: String,
    /// The file's own name, when it is a file.
    filename: Option<String>,
    value: Vec<u8>,
}

/// The boundary a content type names, when it is `multipart/form-data`.
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    attribute(rest, "boundary").filter(|boundary| boundary.len() <= MAX_BOUNDARY)
}

/// The variables of a body with that boundary.
pub fn decode(body: &[u8], boundary: &str) -> Array {
    let mut variables = Array::default();
    let delimiter = [b"\n--", boundary.as_bytes()].concat();
    let mut rest = body;
    for number in 0..MAX_VARIABLES {
        let Some(start) = after_line(rest, &delimiter[1..]) else {
            break;
        };
        let end = find(start, &delimiter);
        let (text, after) = start.split_at(end.unwrap_or(start.len()));
        // The line end before a boundary is the boundary's.
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if let Some(part) = part(text) {
            keep(&mut variables, part, number);
        }
        rest = after.get(1..).unwrap_or_default();
    }
    variables
}

/// What follows the first line that reads so.
fn after_line<'b>(mut body: &'b [u8], wanted: &[u8]) -> Option<&'b [u8]> {
    loop {
        let (line, rest) = split_line(body)?;
        if line.trim_ascii_end() == wanted {
            return Some(rest);
        }
        body = rest;
    }
}

/// The first line without its end, and the rest; nothing where there is no whole line.
fn split_line(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = body.iter().position(|byte| *byte == b'\n')?;
    let line = &body[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), &body[end + 1..]))
}

/// Stores a field, or a file that an action may take.
fn keep(variables: &mut Array, part: Part, number: usize) {
    let Some(filename) = part.filename else {
        let value = String::from_utf8_lossy(&part.value);
        form::insert(variables, &part.name, value.into_owned());
        return;
    };
    let base = part.name.split('[').next().unwrap_or_default();
    // A browser sends an empty file for a field that nobody filled in.
    if !base.eq_ignore_ascii_case(UPLOADS) || filename.is_empty() {
        return;
    }
    let place = format!("{UPLOADS}[{number}]");
    form::insert(variables, &format!("{place}[name]"), filename);
    let data = php::base64_encode(&part.value);
    form::insert(variables, &format!("{place}[data]"), data);
}

/// A part's names and value, unless it has no name.
fn part(mut part: &[u8]) -> Option<Part> {
    let mut disposition = None;
    loop {
        let (line, rest) = split_line(part)?;
        part = rest;
        if line.is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(line);
        if let Some((name, text)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-disposition")
        {
            disposition = Some(text.to_owned());
        }
    }
    let disposition = disposition?;
    Some(Part {
        name: attribute(&disposition, "name")?,
        filename: attribute(&disposition, "filename"),
        value: part.to_vec(),
    })
}

/// The value of `key=value` or `key="value"` among attributes split by semicolons.
fn attribute(text: &str, key: &str) -> Option<String> {
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_at(rest.find(['=', ';']).unwrap_or(rest.len()));
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after.trim_start()),
            None => (String::new(), after),
        };
        if name.trim().eq_ignore_ascii_case(key) {
            return Some(value);
        }
        rest = after.split_once(';').map_or("", |(_, rest)| rest);
    }
    None
}

/// The value a text starts with, bare or quoted, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let (value, after) = text.split_at(text.find(';').unwrap_or(text.len()));
        return (value.trim().to_owned(), after);
    };
    let mut value = String::new();
    let mut rest = text[1..].chars();
    while let Some(c) = rest.next() {
        let next = rest.clone().next();
        match c {
            '\\' if next == Some('\\') || next == Some(quote) => value.extend(rest.next()),
            c if c == quote => break,
            c => value.push(c),
        }
    }
    (value, rest.as_str())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Array, Tree};
    use super::{boundary, decode};
    use proptest::prelude::*;

    #[test]
    fn fields_are_read_and_files_passed_over() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nGetClients\r\n\
                    --XX\r\ncontent-disposition: form-data; name=\"pid[]\"\r\n\r\n1\r\n2\r\n\
                    --XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nno\r\n--XX--\r\n";
        let tree = decode(body.as_bytes(), "XX");
        assert_eq!(tree.get("action").and_then(Tree::text), Some("GetClients"));
        let pid = tree.get("pid").and_then(Tree::array).map(Array::texts);
        assert_eq!(
            pid.map(Iterator::collect::<Vec<_>>),
            Some(vec!["1\r\n2"]),
            "line ends inside a value stay"
        );
        assert_eq!(tree.len(), 2);
    }

    #[test]
    fn attached_files_are_taken_with_their_names_and_bytes() {
        let file = "Content-Disposition: form-data; name=\"attachments[]\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n";
        let empty =
            "Content-Disposition: form-data; name=\"attachments[]\"; filename=\"\"\r\n\r\n\r\n";
        let body = format!("--XX\r\n{file}--XX\r\n{empty}--XX\r\n{file}--XX--\r\n");
        let tree = decode(body.as_bytes(), "XX");
        let files = tree
            .get("attachments")
            .and_then(Tree::array)
            .expect("files");
        assert_eq!(files.len(), 2);
        for (_, file) in files.iter() {
            let file: Vec<_> = file.array().expect("a file").texts().collect();
            assert_eq!(file, ["a.txt", "aGk="]);
        }
    }

    #[test]
    fn the_boundary_may_be_quoted() {
        assert_eq!(
            boundary("Multipart/Form-Data; charset=x; boundary=\"ab\""),
            Some("ab".into())
        );
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
        let long = format!("multipart/form-data; boundary={}", "-".repeat(71));
        assert_eq!(boundary(&long), None, "no boundary is that long");
    }

    #[test]
    fn a_body_is_read_as_php_reads_it() {
        let read = |head: &str, value: &str| {
            let body = format!("before\r\n--X \r\n{head}\r\n\r\n{value}\r\n--X--\r\n--X");
            let tree = decode(body.as_bytes(), "X");
            tree.get("n").and_then(Tree::text).map(str::to_owned)
        };
        let plain = "Content-Disposition: form-data; name=\"n\"";
        for value in ["a --X b", "a\r\n --X", "a\r\n", "\r\n", "", "a\n-X\n"] {
            assert_eq!(read(plain, value).as_deref(), Some(value), "{value:?}");
        }
        for head in [
            "Content-Disposition: form-data; name='n'",
            "Content-Disposition: form-data; name=n",
            "Content-Disposition: form-data; x=\"; name=m\"; name=\"n\"",
            "Content-Disposition: form-data; x=\"\\\"; name=m\"; name = \"n\"",
            "Content-Type: text/plain\r\nContent-Disposition:form-data;name=\"n\"",
        ] {
            assert_eq!(read(head, "v").as_deref(), Some("v"), "{head}");
        }
        let unix = format!("--X\n{plain}\n\na\nb\n--X--\n");
        let tree = decode(unix.as_bytes(), "X");
        assert_eq!(tree.get("n").and_then(Tree::text), Some("a\nb"));
        let open = decode(format!("--X\r\n{plain}\r\n\nopen").as_bytes(), "X");
        assert_eq!(open.get("n").and_then(Tree::text), Some("open"));
    }

    #[test]
    fn too_many_fields_are_dropped() {
        let part = "--X\r\nContent-Disposition: form-data; name=\"a[]\"\r\n\r\n1\r\n";
        let tree = decode(part.repeat(10_050).as_bytes(), "X");
        let kept = tree.get("a").and_then(Tree::array).map(Array::len);
        assert_eq!(kept, Some(10_000));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body: Vec<u8>, boundary in ".{0,3}") {
            decode(&body, &boundary);
        }
    }
}
