//! Puts a reply on the wire in one of WHMCS's three forms: JSON, XML, NVP.
//!
//! JSON is what PHP's `json_encode` writes by default: slashes escaped, nothing
//! but ASCII, and an empty array as `[]` whether it was a list or a map. XML is
//! rooted in `whmcsapi` and names the action in lower case. NVP is the old
//! `name=value;` text with nested names in brackets and values encoded as for HTML,
//! each ended by a semicolon.

use std::fmt::Write as _;

use super::entities::{encoded, encoded_once};
use super::reply::{Fields, Value};

/// The form of a reply, from the parameter `responsetype`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyMode {
    /// `responsetype=json`.
    Json,
    /// `responsetype=xml`.
    Xml,
    /// `responsetype=nvp`, and what WHMCS falls back to without one.
    Nvp,
    /// The same of a server that keeps texts encoded: they are not encoded again.
    NvpAsKept,
}

impl ReplyMode {
    /// The form a `responsetype` asks for.
    pub fn from_parameter(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "xml" => Self::Xml,
            _ => Self::Nvp,
        }
    }

    /// The same form of a server that keeps texts encoded.
    pub const fn as_kept(self) -> Self {
        match self {
            Self::Nvp => Self::NvpAsKept,
            other => other,
        }
    }

    /// The content type a reply of this form is sent with.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml; charset=utf-8",
            Self::Nvp | Self::NvpAsKept => "text/plain; charset=utf-8",
        }
    }

    /// The body for a reply to `action`.
    pub fn encode(self, action: &str, reply: &Fields) -> String {
        let mut out = String::with_capacity(512);
        match self {
            Self::Json => json_map(&mut out, reply),
            Self::Xml => xml_document(&mut out, action, reply),
            Self::Nvp => nvp_map(&mut out, reply, encoded),
            Self::NvpAsKept => nvp_map(&mut out, reply, encoded_once),
        }
        out
    }
}

fn json(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(number) => append(out, format_args!("{number}")),
        Value::Text(text) => json_text(out, text),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                json(out, item);
            }
            out.push(']');
        }
        // PHP cannot tell an empty map from an empty list.
        Value::Map(fields) if fields.is_empty() => out.push_str("[]"),
        Value::Map(fields) => json_map(out, fields),
    }
}

fn json_map(out: &mut String, fields: &Fields) {
    out.push('{');
    for (at, (name, value)) in fields.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        json_text(out, name);
        out.push(':');
        json(out, value);
    }
    out.push('}');
}

fn json_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='\u{7f}' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    append(out, format_args!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

fn xml_document(out: &mut String, action: &str, reply: &Fields) {
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"");
    out.push_str(super::version::VERSION);
    out.push_str("\">\n");
    xml(out, "action", &Value::from(action.to_ascii_lowercase()));
    for (name, value) in reply.iter() {
        xml(out, name, value);
    }
    out.push_str("</whmcsapi>\n");
}

fn xml(out: &mut String, name: &str, value: &Value) {
    let tag = tag(name);
    match value {
        // A list is its element said once for each item.
        Value::List(items) => {
            for item in items {
                xml(out, name, item);
            }
        }
        Value::Map(fields) => {
            append(out, format_args!("<{tag}>\n"));
            for (inner, value) in fields.iter() {
                xml(out, inner, value);
            }
            append(out, format_args!("</{tag}>\n"));
        }
        scalar => {
            append(out, format_args!("<{tag}>"));
            xml_text(out, &plain(scalar));
            append(out, format_args!("</{tag}>\n"));
        }
    }
}

/// Text as it is, or in CDATA when it holds markup; what XML forbids is left out.
fn xml_text(out: &mut String, text: &str) {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    if text.contains(['<', '>', '&', '"', '\'']) {
        let text = text.replace("]]>", "]]]]><![CDATA[>");
        append(out, format_args!("<![CDATA[{text}]]>"));
    } else {
        out.push_str(&text);
    }
}

/// An element's name; a name that is data, such as a number, gets an underscore.
fn tag(name: &str) -> String {
    let mut tag: String = name
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => c,
            _ => '_',
        })
        .collect();
    if !tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        tag.insert(0, '_');
    }
    tag
}

fn nvp_map(out: &mut String, reply: &Fields, for_html: fn(&str) -> String) {
    for (name, value) in reply.iter() {
        nvp(out, name, value, for_html);
    }
}

fn nvp(out: &mut String, name: &str, value: &Value, for_html: fn(&str) -> String) {
    match value {
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                nvp(out, &format!("{name}[{at}]"), item, for_html);
            }
        }
        Value::Map(fields) => {
            for (inner, value) in fields.iter() {
                nvp(out, &format!("{name}[{inner}]"), value, for_html);
            }
        }
        scalar => append(out, format_args!("{name}={};", for_html(&plain(scalar)))),
    }
}

/// A scalar as PHP prints it.
fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "1".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::super::reply::{Fields, Value, wrapped};
    use super::ReplyMode;

    fn sample() -> Fields {
        let client = |id: i64, name: &str| Fields::default().with("id", id).with("name", name);
        Fields::success()
            .with("totalresults", "2")
            .with("none", Value::Null)
            .with("open", true)
            .with("empty", Fields::default())
            .with(
                "clients",
                wrapped(
                    "client",
                    vec![client(1, "Zo\u{eb} <b>"), client(2, "\u{1f600}/\"")],
                ),
            )
    }

    #[test]
    fn json_is_escaped_as_by_php() {
        assert_eq!(
            ReplyMode::Json.encode("GetClients", &sample()),
            r#"{"result":"success","totalresults":"2","none":null,"open":true,"empty":[],"clients":{"client":[{"id":1,"name":"Zo\u00eb <b>"},{"id":2,"name":"\ud83d\ude00\/\""}]}}"#
        );
    }

    #[test]
    fn control_characters_are_escaped_in_json() {
        let reply = Fields::default().with("a", "\n\r\t\u{8}\u{c}\u{1}\\\u{7f}");
        assert_eq!(
            ReplyMode::Json.encode("x", &reply),
            "{\"a\":\"\\n\\r\\t\\b\\f\\u0001\\\\\u{7f}\"}"
        );
    }

    #[test]
    fn xml_repeats_the_element_of_a_list() {
        let text = ReplyMode::Xml.encode("GetClients", &sample());
        let body = text.split_once(">\n<action>").map(|(_, body)| body);
        assert_eq!(
            body,
            Some(
                "getclients</action>\n<result>success</result>\n<totalresults>2</totalresults>\n\
                 <none></none>\n<open>1</open>\n<empty>\n</empty>\n<clients>\n\
                 <client>\n<id>1</id>\n<name><![CDATA[Zo\u{eb} <b>]]></name>\n</client>\n\
                 <client>\n<id>2</id>\n<name><![CDATA[\u{1f600}/\"]]></name>\n</client>\n\
                 </clients>\n</whmcsapi>\n"
            )
        );
    }

    #[test]
    fn xml_text_cannot_break_out() {
        let reply = Fields::default().with("1 a", "x]]><y>\u{0}");
        let text = ReplyMode::Xml.encode("x", &reply);
        assert!(
            text.contains("<_1_a><![CDATA[x]]]]><![CDATA[><y>]]></_1_a>"),
            "{text}"
        );
    }

    #[test]
    fn nvp_spells_nesting_in_brackets() {
        assert_eq!(
            ReplyMode::Nvp.encode("GetClients", &sample()),
            "result=success;totalresults=2;none=;open=1;clients[client][0][id]=1;\
             clients[client][0][name]=Zo\u{eb} &lt;b&gt;;clients[client][1][id]=2;\
             clients[client][1][name]=\u{1f600}/&quot;;"
        );
    }

    #[test]
    fn the_form_defaults_to_nvp() {
        assert_eq!(ReplyMode::from_parameter("JSON"), ReplyMode::Json);
        assert_eq!(ReplyMode::from_parameter(""), ReplyMode::Nvp);
    }
}
