//! Messages on a stream: a header that says how long the body is, and JSON in it.

use std::io::{self, BufRead, Read as _, Write};

use serde_json::Value;

/// A longer body is not read into memory.
const LONGEST: u64 = 64 * 1024 * 1024;
/// A longer line is no header.
const LONGEST_LINE: u64 = 64 * 1024;
/// The header that counts.
const LENGTH: &str = "content-length:";

/// What came in.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// JSON, whatever it says.
    Message(Value),
    /// Something else, and why it is not a message.
    Malformed(String),
}

/// The next message; nothing at the end of the stream.
///
/// What stands between messages is passed over, so that one with a wrong length does not
/// hide those after it.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let Some(length) = header(input)? else {
        return Ok(None);
    };
    if length > LONGEST {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        return Ok(Some(Incoming::Malformed(format!(
            "a message of {length} bytes is too long"
        ))));
    }
    let mut body = Vec::new();
    input.by_ref().take(length).read_to_end(&mut body)?;
    Ok(Some(match serde_json::from_slice(&body) {
        Ok(value) => Incoming::Message(value),
        Err(error) => Incoming::Malformed(format!("the message is not JSON: {error}")),
    }))
}

/// The length that the next header names.
fn header(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line).to_ascii_lowercase();
        match (text.rfind(LENGTH), length) {
            (Some(at), _) => length = text[at + LENGTH.len()..].trim().parse().ok(),
            (None, Some(length)) if text.trim().is_empty() => return Ok(Some(length)),
            (None, _) => {}
        }
    }
}

/// Writes a message.
pub(super) fn write(output: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn all(mut input: &[u8]) -> Vec<Incoming> {
        let mut found = Vec::new();
        while let Some(incoming) = read(&mut input).unwrap() {
            found.push(incoming);
        }
        found
    }

    #[test]
    fn what_is_written_is_read() {
        let mut stream = Vec::new();
        let messages = [json!({ "a": "é\n" }), json!([1])];
        for message in &messages {
            write(&mut stream, message).unwrap();
        }
        assert_eq!(all(&stream), messages.map(Incoming::Message));
    }

    #[test]
    fn a_message_that_is_none_does_not_hide_the_next() {
        let good = "Content-Type: x\r\ncontent-length: 1\r\n\r\n7";
        for bad in [
            "Content-Length: 3\r\n\r\n{\"a",
            "Content-Length: 2\r\n\r\n{\"a\":1}",
            "Content-Length: many\r\n\r\n",
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 2\r\n\r\n\u{e9}",
            "no header\r\n\r\n",
            "\r\n",
        ] {
            let found = all(format!("{bad}{good}").as_bytes());
            assert_eq!(found.last(), Some(&Incoming::Message(json!(7))), "{bad:?}");
        }
    }

    #[test]
    fn a_message_that_is_too_long_is_passed_over() {
        let long = format!("Content-Length: {}\r\n\r\n", LONGEST + 1);
        let mut stream = long.into_bytes();
        stream.resize(stream.len() + usize::try_from(LONGEST).unwrap() + 1, b' ');
        write(&mut stream, &json!(1)).unwrap();
        let found = all(&stream);
        assert!(matches!(found[0], Incoming::Malformed(_)));
        assert_eq!(found[1], Incoming::Message(json!(1)));
    }
}
