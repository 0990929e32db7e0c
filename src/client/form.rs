//! A request body: `application/x-www-form-urlencoded`, names and values.
//!
//! It carries the credentials, so it cannot be printed and is wiped when it is
//! dropped.

use secrecy::zeroize::Zeroizing;

/// A form being filled.
pub(super) struct Form(Zeroizing<Vec<u8>>);

impl Form {
    /// An empty form with room for an ordinary call.
    pub fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(1024)))
    }

    /// Adds a name and its value.
    pub fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push(b'&');
        }
        self.escape(name);
        self.0.push(b'=');
        self.escape(value);
    }

    /// The bytes to send.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// <https://url.spec.whatwg.org/#urlencoded-serializing>
    fn escape(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        for byte in text.bytes() {
            match byte {
                b' ' => self.0.push(b'+'),
                b'*' | b'-' | b'.' | b'_' => self.0.push(byte),
                _ if byte.is_ascii_alphanumeric() => self.0.push(byte),
                _ => self.0.extend_from_slice(&[
                    b'%',
                    HEX[usize::from(byte >> 4)],
                    HEX[usize::from(byte & 15)],
                ]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn everything_with_a_meaning_in_a_form_is_escaped() {
        let mut form = Form::new();
        form.add("pid[0]", "a b&c=d+e%f");
        form.add("name", "Zoë \"quoted\"\n日");
        assert_eq!(
            std::str::from_utf8(form.bytes()).unwrap(),
            "pid%5B0%5D=a+b%26c%3Dd%2Be%25f&name=Zo%C3%AB+%22quoted%22%0A%E6%97%A5"
        );
    }

    #[test]
    fn every_letter_an_access_key_may_have_survives() {
        let mut form = Form::new();
        form.add("accesskey", "aZ09!@#$%.()*[]-_");
        assert_eq!(
            std::str::from_utf8(form.bytes()).unwrap(),
            "accesskey=aZ09%21%40%23%24%25.%28%29*%5B%5D-_"
        );
    }
}
