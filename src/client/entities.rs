//! Texts in replies as people typed them, where a server keeps them as HTML writes them.
//!
//! Some servers send `&amp;` and `&#039;` for what was typed as `&` and `'`, others send
//! what was typed, and nothing in a reply says which of the two it is. So it goes by the
//! text alone: one that holds an entity and none of the letters bare was encoded, and is
//! decoded once.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::shape::fields;
use crate::catalog::{Action, FieldKind};
use crate::secrets::is_secret_in_reply;

/// What PHP's `htmlspecialchars` makes of the five letters, and other spellings of them.
const ENTITIES: [(&str, char); 8] = [
    ("&amp;", '&'),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&quot;", '"'),
    ("&#039;", '\''),
    ("&#39;", '\''),
    ("&#x27;", '\''),
    ("&apos;", '\''),
];

/// What becomes of HTML entities in the texts of a server's replies.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Entities {
    /// A text that was encoded is decoded once.
    #[default]
    Decode,
    /// Every text stays as it was sent.
    Keep,
}

/// Where in a reply a value stands; items of a list stand where the list does.
struct Place<'p> {
    above: Option<&'p Self>,
    name: &'p str,
}

impl Entities {
    /// A text as it was typed.
    pub fn plain(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Decode => decoded(text).map_or(Cow::Borrowed(text), Cow::Owned),
            Self::Keep => Cow::Borrowed(text),
        }
    }

    /// A value with the texts in it as they were typed.
    #[must_use]
    pub fn plain_value(self, mut value: Value) -> Value {
        if self == Self::Decode {
            decode(&mut value, None, &|_| false);
        }
        value
    }

    /// Gives the reply's texts as they were typed, but for secrets and for what is HTML by
    /// nature; `None` is an action the catalog does not have.
    pub fn plain_reply(self, action: Option<&'static Action>, body: &mut Map<String, Value>) {
        if self == Self::Keep {
            return;
        }
        for (name, value) in body.iter_mut() {
            let place = Place { above: None, name };
            decode(value, Some(&place), &|place| place.stays(action));
        }
    }
}

impl<'p> Place<'p> {
    /// Whether what stands here is to be read as it was sent.
    fn stays(&self, action: Option<&'static Action>) -> bool {
        let is_html = |action| {
            let mut html = fields(action).filter(|(_, kind)| *kind == FieldKind::Html);
            html.any(|(path, _)| self.is_at(path))
        };
        self.names().any(|name| is_secret_in_reply(action, name)) || action.is_some_and(is_html)
    }

    fn is_at(&self, path: &str) -> bool {
        let mut names = self.names();
        let mut steps = path.rsplit('.');
        steps.all(|step| names.next().is_some_and(|name| step == "*" || step == name))
            && names.next().is_none()
    }

    /// Its name, then that of what it is in, and so on.
    fn names(&self) -> impl Iterator<Item = &'p str> {
        std::iter::successors(Some((self.above, self.name)), |(above, _)| {
            above.map(|above| (above.above, above.name))
        })
        .map(|(_, name)| name)
    }
}

fn decode(value: &mut Value, place: Option<&Place>, stays: &dyn Fn(&Place) -> bool) {
    match value {
        Value::String(text) => {
            if let Some(plain) = decoded(text)
                && !place.is_some_and(stays)
            {
                *text = plain;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| decode(item, place, stays)),
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                let place = Place { above: place, name };
                decode(value, Some(&place), stays);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text an encoded one was made of; `None` if it was not encoded.
fn decoded(text: &str) -> Option<String> {
    // Most texts have none, and this finds out fast.
    let first = text.find('&')?;
    if text[..first].contains(is_bare) {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    plain.push_str(&text[..first]);
    let mut rest = &text[first..];
    while !rest.is_empty() {
        let (entity, letter) = ENTITIES
            .iter()
            .find(|(entity, _)| rest.starts_with(entity))?;
        plain.push(*letter);
        rest = &rest[entity.len()..];
        let next = rest.find(|letter| letter == '&' || is_bare(letter));
        let (before, behind) = rest.split_at(next.unwrap_or(rest.len()));
        plain.push_str(before);
        rest = behind;
    }
    Some(plain)
}

fn is_bare(letter: char) -> bool {
    matches!(letter, '<' | '>' | '"' | '\'')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::action;

    #[test]
    fn an_encoded_text_is_decoded_once() {
        for (sent, typed) in [
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("&lt;b&gt; &quot;x&quot;", "<b> \"x\""),
            ("O&#039;Brien", "O'Brien"),
            ("O&#39;Brien", "O'Brien"),
            ("O&#x27;Brien", "O'Brien"),
            ("O&apos;Brien", "O'Brien"),
            ("O&#039;Brien &amp; Co &lt;x&gt;", "O'Brien & Co <x>"),
            ("AT&amp;amp;T", "AT&amp;T"),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
            ("&amp;nbsp;", "&nbsp;"),
            ("\u{1f600} &amp; caf\u{e9}", "\u{1f600} & caf\u{e9}"),
            ("&amp;", "&"),
            ("&amp;&amp;", "&&"),
            ("&amp;#039;", "&#039;"),
        ] {
            assert_eq!(Entities::Decode.plain(sent), typed, "{sent}");
            assert_eq!(Entities::Keep.plain(sent), sent);
        }
    }

    #[test]
    fn a_text_that_nobody_encoded_stays() {
        for text in [
            "",
            "plain",
            "AT&T",
            "Tom & Jerry",
            "O'Brien",
            "&nbsp;",
            "a &amp; b&nbsp;c",
            "Tom &amp; \"Jerry\"",
            "\"Tom\" &amp; Jerry",
            "O'Brien &amp; Co",
            "Tom &amp; O'Brien",
            "<b>Tom &amp; Jerry</b>",
            "Tom &amp; Jerry & Co",
            "&amp",
            "&AMP;",
            "&#38;",
            "&#x3C;",
            "&eacute;",
            "\u{1f600}&\u{1f600}",
        ] {
            assert_eq!(Entities::Decode.plain(text), text, "{text}");
        }
    }

    #[track_caller]
    fn check(name: Option<&str>, sent: Value, wanted: &Value) {
        let Value::Object(mut body) = sent else {
            panic!("a reply is a map")
        };
        let action = name.map(|name| action(name).expect("an action of the catalog"));
        Entities::Decode.plain_reply(action, &mut body);
        assert_eq!(&Value::Object(body), wanted);
    }

    #[test]
    fn texts_are_decoded_wherever_they_stand() {
        let reply = |text: &str| {
            json!({"companyname": text, "client": {"companyname": text, "id": 1,
                "customfields": [{"id": 1, "value": text}], "odd": [[text], null, true]}})
        };
        for name in [Some("GetClientsDetails"), None] {
            check(name, reply("A &amp; B"), &reply("A & B"));
        }
    }

    #[test]
    fn html_by_nature_stays_as_sent() {
        let mails = |subject: &str| json!({"emails": {"email": [{"subject": subject, "message": "Tom &amp; Jerry"}]}});
        check(Some("GetEmails"), mails("A &amp; B"), &mails("A & B"));
        let news = |title: &str| json!({"announcements": {"announcement": [{"title": title, "announcement": "a &lt; b"}]}});
        check(Some("GetAnnouncements"), news("&lt;3"), &news("<3"));
        let products = |name: &str| json!({"products": {"product": [{"name": name, "description": "R&amp;D"}]}});
        check(Some("GetProducts"), products("R&amp;D"), &products("R&D"));
        let last = |city: &str| json!({"lastlogin": "a &amp; b", "client": {"lastlogin": "a &amp; b", "city": city}});
        check(Some("GetClientsDetails"), last("&lt;"), &last("<"));
    }

    #[test]
    fn secrets_stay_as_sent() {
        let products = |note: &str| json!({"products": {"product": [{"username": "u", "password": "p&amp;w", "notes": note}]}});
        check(Some("GetClientsProducts"), products("&lt;"), &products("<"));
        let custom = json!({"api_key": "k&amp;k", "access": {"secret": {"of": "s&lt;"}}});
        check(None, custom.clone(), &custom);
    }
}
