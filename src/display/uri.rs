//! Paths as references of a URI (RFC 3986), as editors and reports of checks name files.

use std::fmt::Write as _;

/// A path as a reference: absolute with its scheme; what has a meaning in a URI is written in hexadecimal.
pub fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') {
        "file://".to_owned()
    } else {
        String::new()
    };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to text cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_uri_is_written_in_hexadecimal() {
        assert_eq!(uri("/a/é"), "file:///a/%C3%A9");
        assert_eq!(uri("my scripts/a#1.rhai"), "my%20scripts/a%231.rhai");
    }
}
