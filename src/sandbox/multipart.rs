//! Decodes `multipart/form-data` bodies, which PHP's curl sends for arrays.
//!
//! Only named fields count; uploaded files are passed over, for no action takes
//! one. A body that does not follow its own boundary yields what can be read.

use super::form::{self, MAX_VARIABLES};
use super::tree::Array;

/// The longest boundary RFC 2046 allows; looking for a longer one could take hours.
const MAX_BOUNDARY: usize = 70;

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
    for _ in 0..MAX_VARIABLES {
        let Some(start) = find(rest, &delimiter) else {
            break;
        };
        rest = &rest[start + delimiter.len()..];
        let end = find(rest, &delimiter).unwrap_or(rest.len());
        if let Some((name, value)) = field(&rest[..end]) {
            form::insert(&mut variables, &name, value);
        }
    }
    variables
}

/// One part's name and value, unless it is a file or has no name.
fn field(part: &[u8]) -> Option<(String, String)> {
    let head_end = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&part[..head_end]);
    let value = &part[head_end + 4..];
    let value = value.strip_suffix(b"\r\n").unwrap_or(value);
    let disposition = head.lines().find_map(|line| {
        let (name, text) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition")
            .then_some(text)
    })?;
    if attribute(disposition, "filename").is_some() {
        return None;
    }
    let name = attribute(disposition, "name")?.to_owned();
    Some((name, String::from_utf8_lossy(value).into_owned()))
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
