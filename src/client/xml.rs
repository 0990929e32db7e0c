//! WHMCS's replies in XML, which it sends when it does not see `responsetype`.
//!
//! Reads what WHMCS writes and nothing more: elements and text within `<whmcsapi>`. One
//! that stops before its end, or is anybody else's, has no fields.

use serde_json::{Map, Value};

/// Deeper than any reply of WHMCS.
const DEEPEST: usize = 32;

/// The fields of a whole reply: elements as text, those within others as maps, those of
/// one name as an array.
pub(super) fn fields(text: &str) -> Option<Map<String, Value>> {
    let text = match text.strip_prefix("<?") {
        Some(declared) => declared.split_once("?>")?.1,
        None => text,
    };
    let mut rest = text.trim_start();
    let (name, value) = element(&mut rest, 0)?;
    match value {
        Value::Object(fields) if name.eq_ignore_ascii_case("whmcsapi") => Some(fields),
        _ => None,
    }
}

/// The element that the text begins with, and takes it off.
fn element(rest: &mut &str, depth: usize) -> Option<(String, Value)> {
    let (tag, after) = rest.strip_prefix('<')?.split_once('>')?;
    *rest = after;
    let name = tag.split([' ', '/', '\n']).next().unwrap_or_default();
    if name.is_empty() || name.starts_with(['!', '?']) || depth > DEEPEST {
        return None;
    }
    if tag.ends_with('/') {
        return Some((name.to_owned(), "".into()));
    }
    let (mut words, mut inner) = (String::new(), Map::new());
    loop {
        let (before, tagged) = rest.split_at(rest.find('<')?);
        words.push_str(&plain(before));
        *rest = tagged;
        if let Some(kept) = rest.strip_prefix("<![CDATA[") {
            let (kept, after) = kept.split_once("]]>")?;
            words.push_str(kept);
            *rest = after;
        } else if let Some(closed) = rest.strip_prefix("</") {
            let (closed, after) = closed.split_once('>')?;
            *rest = after;
            if closed.trim() != name {
                return None;
            }
            break;
        } else {
            let (name, value) = element(rest, depth + 1)?;
            add(&mut inner, name, value);
        }
    }
    let value = if inner.is_empty() {
        words.trim().into()
    } else {
        Value::Object(inner)
    };
    Some((name.to_owned(), value))
}

fn add(fields: &mut Map<String, Value>, name: String, value: Value) {
    match fields.get_mut(&name) {
        None => _ = fields.insert(name, value),
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// Text without the five entities of XML and the one PHP makes of an apostrophe.
fn plain(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#039;", "'"),
        // The last, or what it makes would be taken for another.
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text.to_owned(), |text, (entity, letter)| {
            text.replace(entity, letter)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::fields;

    #[test]
    fn a_whole_reply_of_whmcs_has_its_fields() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n\
            <action>addclient</action><result>success</result><clientid>7</clientid>\
            <note><![CDATA[a < b]]></note><name>O&#039;Brien &amp; Co</name><empty/>\
            <ids><id>1</id><id>2</id></ids></whmcsapi>";
        assert_eq!(
            fields(text).map(Value::Object),
            Some(json!({
                "action": "addclient", "result": "success", "clientid": "7", "note": "a < b",
                "name": "O'Brien & Co", "empty": "", "ids": {"id": ["1", "2"]},
            }))
        );
    }

    #[test]
    fn what_is_cut_short_or_anybody_elses_has_none() {
        let whole = "<whmcsapi><result>success</result></whmcsapi>";
        assert!(fields(whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(fields(&whole[..end]), None, "{}", &whole[..end]);
        }
        for text in [
            "<error><result>success</result></error>",
            "<whmcsapi><result>success</whmcsapi></result>",
            "<?xml version=\"1.0\"?>",
            "<whmcsapi>success</whmcsapi>",
        ] {
            assert_eq!(fields(text), None, "{text}");
        }
        assert_eq!(fields(&"<a>".repeat(10_000)), None);
    }
}
