//! What is secret by its name: of a parameter, a reply's field, a column, a custom field,
//! a variable.
//!
//! The catalog is asked first. Of a name it does not know, the words it is made of decide:
//! `access_token`, `accessToken` and `Access Token` are the same name. A name too many that
//! is hidden is told; a secret that is shown cannot be taken back.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::catalog::{self, Action, FieldKind, Param};

/// Secret wherever they stand as a word of a name.
const WORDS: [&str; 22] = [
    "authorisation",
    "authorization",
    "bearer",
    "csc",
    "cvc",
    "cvn",
    "cvv",
    "iban",
    "jwt",
    "otp",
    "pass",
    "passkey",
    "pin",
    "pins",
    "psk",
    "pw",
    "pwd",
    "secret",
    "ssn",
    "token",
    "tokens",
    "totp",
];

/// Secret as the last word of a name: before others they tell what something is about, as
/// in `credentialId`.
const LAST_WORDS: [&str; 3] = ["credential", "credentials", "epp"];

/// Secret wherever they stand in a name without its spaces, signs and digits.
const PARTS: [&str; 44] = [
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "authcode",
    "authinfo",
    "authkey",
    "authtoken",
    "backupcode",
    "bankaccount",
    "bankacct",
    "bearertoken",
    "cardnum",
    "ccnum",
    "contrasen",
    "encryptionkey",
    "eppcode",
    "idtoken",
    "kennwort",
    "masterkey",
    "mfacode",
    "motdepasse",
    "passcode",
    "passhash",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "privatekey",
    "privkey",
    "pwhash",
    "recoverycode",
    "refreshtoken",
    "routingnumber",
    "secret",
    "securityanswer",
    "securitycode",
    "securityqans",
    "sessiontoken",
    "signingkey",
    "sortcode",
    "transfercode",
    "verificationcode",
    "wachtwoord",
];

/// Secret at the end of a name without its spaces, signs and digits: `dbpass`, `csrftoken`.
const ENDS: [&str; 8] = ["cardno", "cvc", "cvv", "otp", "pass", "pw", "pwd", "token"];

/// Words that end like one of those and are none.
const LIKE_PASS: [&str; 7] = [
    "bypass",
    "compass",
    "encompass",
    "overpass",
    "surpass",
    "trespass",
    "underpass",
];

/// Names that end in such a word tell something about a secret: `token_type`.
const ABOUT_LAST: [&str; 16] = [
    "at",
    "count",
    "date",
    "enabled",
    "expiration",
    "expires",
    "expiry",
    "in",
    "length",
    "limit",
    "policy",
    "required",
    "status",
    "strength",
    "type",
    "types",
];

/// Names that begin with such a word ask something about a secret: `hasPassword`.
const ABOUT_FIRST: [&str; 4] = ["has", "is", "needs", "requires"];

/// So many names are remembered before the memory is emptied.
const MOST_REMEMBERED: usize = 2000;

/// The names the catalog has, in small letters and nothing else.
struct Listed {
    /// Those of secret parameters and reply fields.
    secret: HashSet<String>,
    /// Those that are never secret.
    open: HashSet<String>,
}

static LISTED: LazyLock<Listed> = LazyLock::new(|| {
    let mut secret = HashSet::new();
    let mut open = HashSet::new();
    for action in catalog::actions() {
        for param in action.params {
            let names = if param.secret { &mut secret } else { &mut open };
            names.insert(plain(param.name));
        }
        for field in action.returns {
            let name = field.path.rsplit('.').next().unwrap_or_default();
            if name != "*" {
                let is_secret = field.kind == FieldKind::Secret;
                let names = if is_secret { &mut secret } else { &mut open };
                names.insert(plain(name));
            }
        }
    }
    open.retain(|name| !secret.contains(name));
    Listed { secret, open }
});

thread_local! {
    static REMEMBERED: RefCell<HashMap<String, bool>> = RefCell::default();
}

/// Whether something of that name holds a secret, wherever it stands.
pub fn is_secret(name: &str) -> bool {
    if !name.bytes().any(|byte| !byte.is_ascii_digit()) {
        return false;
    }
    REMEMBERED.with_borrow_mut(|names| {
        if let Some(known) = names.get(name) {
            return *known;
        }
        if names.len() >= MOST_REMEMBERED {
            names.clear();
        }
        let judged = judged(name);
        names.insert(name.to_owned(), judged);
        judged
    })
}

/// Whether a parameter is secret: as the catalog says, or by its name where it does not
/// know it.
pub fn is_secret_parameter(action: Option<&'static Action>, name: &str) -> bool {
    is_secret_given(
        action.and_then(|action| catalog::parameter(action, name)),
        name,
    )
}

/// The same of a parameter that was looked up already.
pub(super) fn is_secret_given(known: Option<&Param>, name: &str) -> bool {
    known.map_or_else(|| is_secret_field(name), |param| param.secret)
}

/// Whether a parameter or a reply's field of that name is secret. WHMCS calls the key of a
/// ticket `c`, and a column may be called that for any reason.
pub(super) fn is_secret_field(name: &str) -> bool {
    name == "c" || is_secret(name)
}

/// Whether version 0.1.0 took a custom field or a column of that name for a secret.
pub fn was_secret_in_0_1_0(name: &str) -> bool {
    let name = plain(name);
    name.contains("password") || (name.len() > 1 && LISTED.secret.contains(&name))
}

fn judged(name: &str) -> bool {
    // `servers[0][answer]` is as secret as `answer`.
    let mut segments = name.split(['[', ']']).filter(|segment| !segment.is_empty());
    is_secret_whole(name) || (name.contains('[') && segments.any(is_secret_whole))
}

fn is_secret_whole(name: &str) -> bool {
    let whole = plain(name);
    if LISTED.secret.contains(&whole) {
        return whole.len() > 1;
    }
    if LISTED.open.contains(&whole) {
        return false;
    }
    let words = words(name);
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let letters = words.concat();
    if ABOUT_LAST.contains(&last.as_str())
        || ABOUT_FIRST.contains(&first.as_str())
        || letters.ends_with("keyid")
    {
        return false;
    }
    // Whoever keeps the office is no secret.
    let letters = letters.replace("secretar", "");
    WORDS.iter().any(|word| words.iter().any(|own| own == word))
        || LAST_WORDS.contains(&last.as_str())
        || PARTS.iter().any(|part| letters.contains(part))
        || (ENDS.iter().any(|end| letters.ends_with(end)) && !LIKE_PASS.contains(&last.as_str()))
}

/// A name in small letters and digits alone: `Card Number` is `card_number`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The words of a name in small letters: `db_pass2`, `dbPass` and `DB pass` have the same.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        // `dbPass` and `APIKey` alike.
        let begins = letter.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || (before.is_some_and(char::is_uppercase)
                    && after.is_some_and(|after| after.is_lowercase())));
        if (begins || !letter.is_alphabetic()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphabetic() {
            word.extend(letter.to_lowercase());
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_however_they_are_written() {
        for name in [
            "access_token",
            "accesstoken",
            "Access-Token",
            "X-Api-Key",
            "refresh_token",
            "clientsecret",
            "client_secret",
            "newClientSecret",
            "passwordhash",
            "password2",
            "New Password",
            "panel_password",
            "api_key",
            "apikey",
            "APIKey",
            "pw",
            "rootpw",
            "db_pass2",
            "dbPass",
            "mysqlpass",
            "passwd",
            "private_key",
            "cvv",
            "cvv2",
            "cardnum",
            "Card Number",
            "ccnumber",
            "bankacct",
            "bank_code",
            "iban",
            "eppcode",
            "EPP-Code",
            "EPP",
            "authcode",
            "auth_code",
            "otp",
            "smsotp",
            "pin",
            "credentials",
            "Authorization",
            "securityqans",
            "servers[0][api_key]",
            "customfields[answer]",
            "WHMCSH_SECRET",
            "Kennwort",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_like_it_stay_open() {
        for name in [
            "",
            "12",
            "c",
            "card",
            "cardtype",
            "card_last_four",
            "keyword",
            "keywords",
            "key",
            "publickeyid",
            "public_key",
            "access_key_id",
            "tokenized",
            "token_type",
            "token_expires_in",
            "passed",
            "passenger",
            "passport",
            "bypass",
            "compass",
            "author",
            "authority",
            "secretary",
            "opinion",
            "shipping",
            "pinned",
            "email",
            "notes",
            "postcode",
            "promocode",
            "countrycode",
            "credentialId",
            "resetSecret",
            "epp_required",
            "hasPassword",
            "is_pin_required",
            "password_policy",
            "bank_account_type",
            "bank_name",
            "monkey",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn the_catalog_knows_better_than_the_name() {
        for action in catalog::actions() {
            for param in action.params {
                let judged = is_secret_parameter(Some(action), param.name);
                assert_eq!(judged, param.secret, "{}.{}", action.name, param.name);
            }
        }
        assert!(is_secret_parameter(None, "c"));
        assert!(is_secret_parameter(
            catalog::action("GetClients"),
            "access_token"
        ));
        assert!(!is_secret_parameter(
            catalog::action("GetClients"),
            "search"
        ));
    }

    #[test]
    fn whatever_the_catalog_calls_secret_is_secret_elsewhere_too() {
        for name in &LISTED.secret {
            assert!(name == "c" || is_secret(name), "{name}");
        }
        for name in &LISTED.open {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_judged_alike_when_it_is_remembered() {
        for at in 0..MOST_REMEMBERED * 2 {
            assert!(!is_secret(&format!("column {at}")));
        }
        assert!(is_secret("api_key") && is_secret("api_key"));
    }
}
