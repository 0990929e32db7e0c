//! A server that keeps texts with the five letters of HTML encoded, as some do.
//!
//! They are encoded on the way in, before anything is searched, compared or stored; so
//! whatever is read of them later is encoded too. Secrets and what is HTML by nature stay
//! as they came.

use crate::catalog::{self, Action, Encoding, Param};

use super::db::Db;
use super::php;
use super::tree::{Array, Tree};

/// Tables with names and addresses that people typed, and their columns.
const PEOPLE: [(&str, &[&str]); 3] = [
    (
        "clients",
        &["firstname", "lastname", "companyname", "address1", "city"],
    ),
    ("users", &["firstname", "lastname"]),
    (
        "contacts",
        &["firstname", "lastname", "companyname", "address1", "city"],
    ),
];

/// What `htmlspecialchars` makes of the letters.
const LETTERS: [(char, &str); 5] = [
    ('&', "&amp;"),
    ('<', "&lt;"),
    ('>', "&gt;"),
    ('"', "&quot;"),
    ('\'', "&#039;"),
];

/// PHP's `htmlspecialchars` with both kinds of quotes.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for letter in text.chars() {
        match entity(letter) {
            Some(entity) => encoded.push_str(entity),
            None => encoded.push(letter),
        }
    }
    encoded
}

/// The same without encoding twice what is encoded already.
pub fn encoded_once(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let is_done = || {
            LETTERS
                .iter()
                .any(|(_, entity)| text[at..].starts_with(entity))
        };
        match entity(letter) {
            Some(_) if letter == '&' && is_done() => encoded.push('&'),
            Some(entity) => encoded.push_str(entity),
            None => encoded.push(letter),
        }
    }
    encoded
}

fn entity(letter: char) -> Option<&'static str> {
    let mut letters = LETTERS.iter();
    letters.find_map(|(own, entity)| (*own == letter).then_some(*entity))
}

/// The variables of a request as such a server takes them.
pub fn request(action: &Action, request: &Array) -> Array {
    let mut kept = Array::default();
    for (name, value) in request.iter() {
        let param = param(action, name);
        let value = match param {
            Some(param) if param.secret || param.html => value.clone(),
            Some(param) if is_serialized(param) => reserialized(value),
            _ => text_encoded(value),
        };
        kept.put(name, value);
    }
    kept
}

fn param(action: &Action, name: &str) -> Option<&'static Param> {
    catalog::parameter(action, name).or_else(|| {
        let mut params = catalog::action(action.name)?.params.iter();
        params.find(|param| param.name.eq_ignore_ascii_case(name))
    })
}

fn is_serialized(param: &Param) -> bool {
    matches!(
        param.encoding,
        Encoding::Serialized | Encoding::SerializedEach
    )
}

fn text_encoded(value: &Tree) -> Tree {
    each_text(value, &|text| encoded(text))
}

/// The texts within serialized values; what is none stays as it is.
fn reserialized(value: &Tree) -> Tree {
    each_text(value, &|text| match php::decode(text) {
        Some(inner @ Tree::Array(_)) => {
            let mut bytes = Vec::new();
            php::serialize(&text_encoded(&inner), &mut bytes);
            php::base64_encode(&bytes)
        }
        _ => encoded(text),
    })
}

fn each_text(value: &Tree, change: &dyn Fn(&str) -> String) -> Tree {
    match value {
        Tree::Text(text) => Tree::Text(change(text)),
        Tree::Array(items) => {
            let mut changed = Array::default();
            for (key, item) in items.iter() {
                changed.put(key, each_text(item, change));
            }
            Tree::Array(changed)
        }
    }
}

/// Encodes the names and addresses that are there already, as if they had come by a request.
pub fn keep(db: &Db<'_>) -> rusqlite::Result<()> {
    for (table, columns) in PEOPLE {
        for column in columns {
            let some = format!("SELECT DISTINCT {column} FROM {table}");
            for text in db.values::<String>(&some, ())? {
                let encoded = encoded_once(&text);
                if encoded != text {
                    let change = format!("UPDATE {table} SET {column} = ?1 WHERE {column} = ?2");
                    db.run(&change, [encoded, text])?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::form;

    fn taken(action: &str, body: &str) -> Array {
        let action = catalog::action(action).expect("an action of the catalog");
        request(action, &form::decode(body.as_bytes()))
    }

    #[test]
    fn the_five_letters_are_encoded_and_nothing_else() {
        assert_eq!(
            encoded("&<>\"' &amp; \u{fc}\u{1f600}"),
            "&amp;&lt;&gt;&quot;&#039; &amp;amp; \u{fc}\u{1f600}"
        );
        assert_eq!(encoded_once("O&#039;B & <"), "O&#039;B &amp; &lt;");
    }

    #[test]
    fn texts_are_encoded_and_secrets_and_html_are_not() {
        let client = taken(
            "AddClient",
            "LastName=O%27Brien&password2=a%26b&email=a%26b@x",
        );
        let text = |array: &Array, name| array.get(name).and_then(Tree::text).map(str::to_owned);
        assert_eq!(text(&client, "LastName").as_deref(), Some("O&#039;Brien"));
        assert_eq!(text(&client, "email").as_deref(), Some("a&amp;b@x"));
        assert_eq!(text(&client, "password2").as_deref(), Some("a&b"));
        let mail = taken("SendEmail", "customsubject=%3Cb%3E&custommessage=%3Cb%3E");
        assert_eq!(text(&mail, "customsubject").as_deref(), Some("&lt;b&gt;"));
        assert_eq!(text(&mail, "custommessage").as_deref(), Some("<b>"));
        let lines = taken("CreateInvoice", "itemdescription1=a%26b&x[y][]=%3C");
        assert_eq!(text(&lines, "itemdescription1").as_deref(), Some("a&amp;b"));
    }

    #[test]
    fn texts_within_serialized_values_are_encoded() {
        // a:1:{i:3;s:3:"a&b";}
        let fields = php::base64_encode(b"a:1:{i:3;s:3:\"a&b\";}");
        let client = taken(
            "AddClient",
            &format!("customfields={fields}").replace('+', "%2B"),
        );
        let sent = client
            .get("customfields")
            .and_then(Tree::text)
            .unwrap_or_default();
        assert_eq!(
            String::from_utf8(php::base64_decode(sent)).as_deref(),
            Ok("a:1:{s:1:\"3\";s:7:\"a&amp;b\";}")
        );
        assert_eq!(
            php::decode(sent),
            php::unserialize(b"a:1:{i:3;s:7:\"a&amp;b\";}")
        );
    }
}
