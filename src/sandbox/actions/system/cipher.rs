//! `EncryptPassword` and `DecryptPassword`: a round trip that hides nothing.
//!
//! Text is mixed with a stream that four random bytes before it name, and closed by
//! four that tell whether it is whole. What this sandbox did not make is empty text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const SALT: usize = 4;
const SEAL: usize = 4;

/// Makes a text unreadable; the same text is another each time.
pub fn encrypt_password(call: &Call) -> Result<Answer, Refusal> {
    let salt: Vec<u8> = (0..SALT)
        .map(|_| u8::try_from(call.db.roll(0, 255)).unwrap_or_default())
        .collect();
    Ok(Answer::success().with("password", sealed(text(call)?, &salt)))
}

/// Makes it readable again.
pub fn decrypt_password(call: &Call) -> Result<Answer, Refusal> {
    let text = opened(text(call)?).unwrap_or_default();
    Ok(Answer::success().with("password", text))
}

fn text<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let sent = call.sent("password2");
    sent.map_or_else(|| refuse("Parameter password2 is required"), Ok)
}

fn sealed(text: &str, salt: &[u8]) -> String {
    let mut bytes = salt.to_vec();
    bytes.extend(mixed(text.as_bytes(), salt));
    bytes.extend(seal(text.as_bytes(), salt));
    STANDARD.encode(bytes)
}

fn opened(text: &str) -> Option<String> {
    // A plus that a client forgot to encode arrives as a space.
    let bytes = STANDARD.decode(text.trim().replace(' ', "+")).ok()?;
    let (salt, rest) = bytes.split_at_checked(SALT)?;
    let (hidden, told) = rest.split_at_checked(rest.len().checked_sub(SEAL)?)?;
    let plain = mixed(hidden, salt);
    if seal(&plain, salt) != told {
        return None;
    }
    String::from_utf8(plain).ok()
}

/// The bytes with the salt's stream laid over them; twice gives them back.
fn mixed(bytes: &[u8], salt: &[u8]) -> Vec<u8> {
    let stream = (0_u32..).flat_map(|block| {
        let mut digest = Md5::new();
        digest.update(salt);
        digest.update(block.to_be_bytes());
        digest.finalize().to_vec()
    });
    bytes.iter().zip(stream).map(|(a, b)| a ^ b).collect()
}

fn seal(plain: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut digest = Md5::new();
    digest.update(plain);
    digest.update(salt);
    digest.finalize()[..SEAL].to_vec()
}

#[cfg(test)]
mod tests {
    use super::{opened, sealed};
    use crate::sandbox::testing::{answer, store};

    #[test]
    fn what_was_encrypted_is_decrypted() {
        for text in [
            "",
            "teststring",
            "Zo\u{eb} & S\u{f6}hne",
            &"long".repeat(50),
        ] {
            let hidden = sealed(text, b"salt");
            assert_eq!(opened(&hidden).as_deref(), Some(text));
            assert!(text.is_empty() || !hidden.contains(text));
        }
        let store = store();
        let hidden = answer(&store, "EncryptPassword", "password2=s3cret");
        let query = format!("password2={}", hidden.text("password").replace('+', "%2B"));
        let plain = answer(&store, "DecryptPassword", &query);
        assert_eq!(plain.text("password"), "s3cret");
        let again = answer(&store, "EncryptPassword", "password2=s3cret");
        assert_ne!(hidden.text("password"), again.text("password"));
    }

    #[test]
    fn what_was_not_encrypted_here_is_empty_text() {
        let store = store();
        for query in ["password2=rubbish", "password2=", "password2=AAAAAAAAAAAA"] {
            let reply = answer(&store, "DecryptPassword", query);
            assert_eq!(
                (reply.text("result"), reply.text("password")),
                ("success", ""),
                "{query}"
            );
        }
        for action in ["EncryptPassword", "DecryptPassword"] {
            let reply = answer(&store, action, "");
            assert_eq!(reply.text("message"), "Parameter password2 is required");
        }
    }
}
