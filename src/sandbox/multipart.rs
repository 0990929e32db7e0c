//! Decodes `multipart/form-data` bodies, which PHP's curl sends for arrays.
//!
//! A file uploaded as `attachments` or `attachments[]` becomes an element with its
//! `name` and its `data` in base64; any other is passed over, for no action takes
//! one. A body that does not follow its own boundary yields what can be read.

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
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    attribute(rest, "boundary").filter(|boundary| boundary.len() <= MAX_BOUNDARY)
}

/// The variables of a body with that boundary.
pub fn decode(body: &[u8], boundary: &str) -> Array {
    let mut variables = Array::default();
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut rest = body;
    for number in 0..MAX_VARIABLES {
        let Some(start) = find(rest, &delimiter) else {
            break;
        };
        rest = &rest[start + delimiter.len()..];
        let end = find(rest, &delimiter).unwrap_or(rest.len());
        if let Some(part) = part(&rest[..end]) {
            keep(&mut variables, part, number);
        }
    }
    variables
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
fn part(part: &[u8]) -> Option<Part> {
    let head_end = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&part[..head_end]);
    let value = &part[head_end + 4..];
    let value = value.strip_suffix(b"\r\n").unwrap_or(value);
    let disposition = head.lines().find_map(|line| {
        let (name, text) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition")
            .then_some(text)
    })?;
    Some(Part {
        name: attribute(disposition, "name")?.to_owned(),
        filename: attribute(disposition, "filename").map(str::to_owned),
        value: value.to_vec(),
    })
}

/// The value of `key=value` or `key="value"` among attributes split by semicolons.
fn attribute<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.split(';').find_map(|attribute| {
        let (name, value) = attribute.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case(key)
            .then(|| value.trim().trim_matches('"'))
    })
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
            Some("ab")
        );
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
        let long = format!("multipart/form-data; boundary={}", "-".repeat(71));
        assert_eq!(boundary(&long), None, "no boundary is that long");
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
