//! What an e-mail address and a telephone number must look like.

/// Whether a text looks like an address: one `@`, a name, a domain with a dot, no spaces.
pub fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_clean = |c: char| !c.is_whitespace() && !c.is_control() && !"@,;:<>()[]\"\\".contains(c);
    let name_stands = name.len() <= 64 && name.split('.').all(|part| !part.is_empty());
    text.len() <= 254
        && name_stands
        && name.chars().all(is_clean)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// Whether a text can stand between two dots of a domain.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// Whether a text is made of what a telephone number is made of.
pub fn is_phone(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || " +-.()".contains(c))
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_phone};

    #[test]
    fn addresses_and_numbers_are_told_from_nonsense() {
        for email in ["a@b.co", "o'brien+x@mail.example.com", "jürgen@example.de"] {
            assert!(is_email(email), "{email}");
        }
        for email in [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@b..co",
            "a b@c.de",
            "a@b@c.de",
            "a@b.co,c@d.ef",
            "a@.de",
            "a@-b.co",
            "a@b-.co",
            "a@b_c.co",
            ".a@b.co",
            "a..b@c.de",
            &format!("{}@b.co", "x".repeat(65)),
        ] {
            assert!(!is_email(email), "{email}");
        }
        assert!(is_phone("+44 (0)20-7946.0958") && !is_phone("+") && !is_phone("12x"));
    }
}
