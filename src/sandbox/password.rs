//! Passwords at rest: text in the shape of PHP's `password_hash`, and the check.
//!
//! Not bcrypt: a sandbox is fast and guards nothing. What it keeps has bcrypt's
//! look because `GetClientPassword` shows it, and says nothing of the password.

use super::auth::md5_hex;

const PREFIX: &str = "$2y$10$";
const SALT: usize = 22;

/// What is kept of a password: `$2y$10$` and 53 characters; `salt` is any text.
pub fn seal(password: &str, salt: &str) -> String {
    sealed_with(password, &md5_hex(salt)[..SALT])
}

/// Whether a password is the one that was sealed.
pub fn matches(sealed: &str, password: &str) -> bool {
    sealed
        .get(PREFIX.len()..PREFIX.len() + SALT)
        .is_some_and(|salt| sealed_with(password, salt) == sealed)
}

fn sealed_with(password: &str, salt: &str) -> String {
    let proof = md5_hex(&format!("{salt}{password}"));
    format!("{PREFIX}{salt}{}", &proof[..31])
}

#[cfg(test)]
mod tests {
    use super::{matches, seal};

    #[test]
    fn a_sealed_password_looks_like_bcrypt_and_is_recognised() {
        let sealed = seal("s3cret", "any salt");
        assert_eq!(sealed.len(), 60);
        assert!(matches(&sealed, "s3cret"));
        assert!(!matches(&sealed, "S3cret"));
        assert!(!matches("", ""));
    }
}
