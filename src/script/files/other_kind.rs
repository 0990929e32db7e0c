//! What a file is that is not what its reader reads, by its beginning, and how it is read.

use serde::de::IgnoredAny;

/// What the first bytes say of files that are often mistaken for others.
const SIGNATURES: [(&[u8], &str); 10] = [
    (b"PK\x03\x04", "a spreadsheet or a zip archive"),
    (OLD_WORKBOOK.0, OLD_WORKBOOK.1),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a document of a word processor"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"\x28\xb5\x2f\xfd", "a compressed file (zstd)"),
    (b"\xfd7zXZ", "a compressed file (xz)"),
    (b"BZh91AY", "a compressed file (bzip2)"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file (7z)"),
    (b"SQLite format 3", "an SQLite database"),
];

const OLD_WORKBOOK: (&[u8], &str) = (b"\xd0\xcf\x11\xe0", "an old Excel workbook");

/// JSON that is one value.
const JSON: &str = "JSON";
/// JSON with an object on each line.
pub(crate) const LINES: &str = "JSON with one object per line";
/// What is read as text with a row per line.
pub(crate) const TEXT: &str = "a text file such as CSV";

/// What a file that begins like that is instead of a CSV file.
pub(crate) fn other_kind(sample: &[u8]) -> Option<&'static str> {
    let is_one = |(signature, _): &&(&[u8], _)| sample.starts_with(signature);
    if let Some((_, what)) = SIGNATURES.iter().find(is_one) {
        return Some(what);
    }
    let start = start_of(sample);
    let begins = |word: &str| {
        let start = start.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    match start {
        [b'{', ..] if begins_as_json(start) => Some(LINES),
        [b'{', ..] | [b'[', b'{' | b'[', ..] => Some(JSON),
        [b'[', rest @ ..] if rest.trim_ascii_start().starts_with(b"{") => Some(JSON),
        _ if begins("<!doctype") || begins("<html") || begins("<table") => Some("a web page"),
        _ if begins("<?xml") => Some("XML"),
        _ => None,
    }
}

/// Whether the first line is JSON by itself, as far as it is seen; nothing at all is too.
pub(crate) fn begins_as_json(sample: &[u8]) -> bool {
    let start = start_of(sample);
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or(start);
    match serde_json::from_slice::<IgnoredAny>(line) {
        Ok(_) => true,
        Err(error) => error.is_eof() && line.len() == start.len(),
    }
}

/// What is seen, from its first character on.
fn start_of(sample: &[u8]) -> &[u8] {
    let start = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample);
    start.trim_ascii_start()
}

/// How such a file is read: in a script, and by `each`.
pub(crate) fn way(what: &str) -> &'static str {
    match what {
        LINES => "in a script, read it with `rows(path)`; for `each`, rename it to end in .jsonl",
        JSON => {
            "in a script, read it with `read_json(path)`; for `each`, write one object per line \
             to a file that ends in .jsonl, as `jq -c '.[]'` does"
        }
        TEXT => "in a script, read it with `csv(path)`; for `each`, rename it to end in .csv",
        _ if what == OLD_WORKBOOK.1 => {
            "in a script, read it with `sheet(path)`; for `each`, rename it to end in .xls"
        }
        _ if what.contains("spreadsheet") => {
            "if it is a spreadsheet, read it with `sheet(path)` in a script; for `each`, rename \
             it to end in .xlsx"
        }
        _ if what.contains("compressed") => {
            "unpack it first, or pipe it in: `gunzip -c FILE | whmcsh … -`"
        }
        _ if what.contains("web page") || what.contains("XML") => {
            "open it in a spreadsheet program, and save it as .xlsx or as CSV"
        }
        _ => "save it as CSV; if it is text, name its `encoding`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_csv_is_called_what_it_is() {
        for (sample, what) in [
            (&b"PK\x03\x04\x14\0"[..], "a spreadsheet or a zip archive"),
            (b"\x1f\x8b\x08", "a compressed file (gzip)"),
            (b"\n<!DOCTYPE html>", "a web page"),
            (b"[{\"id\":1}]", JSON),
            (b"[\n  {\"id\":1}]", JSON),
            (b"{\n  \"id\": 1\n}\n", JSON),
            (b"{\"id\":1}\n{\"id\":2}\n", LINES),
            (b"\xef\xbb\xbf{\"id\":1}", LINES),
            (b"{\"id\":1,\"name\":\"not seen to the en", LINES),
        ] {
            assert_eq!(other_kind(sample), Some(what));
        }
        assert_eq!(other_kind(b"[id],name\n"), None);
    }
}
