//! Changes requests and replies the way a fault wants it, before they are encoded.

use super::call::ListRead;
use super::kind::{FaultKind, Total, Warning};
use super::plan::Mishap;
use crate::sandbox::encode::ReplyMode;
use crate::sandbox::reply::{Answer, Fields, Value};
use crate::sandbox::tree::{Array, Tree};

/// Behind the end of any list.
const PAST_THE_END: i64 = 1_000_000_000_000;

/// Lets a list be read from where its records are by now.
pub fn tamper_request(mishap: &Mishap, list: Option<&ListRead>, request: &mut Array) {
    let Some(list) = list.filter(|list| list.is_paged) else {
        return;
    };
    let start = match mishap.kind {
        Some(FaultKind::EmptyPage) => PAST_THE_END,
        _ if mishap.missing != 0 => list.start.saturating_add(mishap.missing),
        _ => return,
    };
    let sent = request.iter().map(|(name, _)| name);
    let name = sent
        .filter(|name| name.eq_ignore_ascii_case("limitstart"))
        .last()
        .unwrap_or("limitstart")
        .to_owned();
    request.put(&name, Tree::Text(start.to_string()));
}

/// Puts into a reply what is wrong with it; a refusal of WHMCS's stays what it is.
pub fn tamper_reply(mishap: &Mishap, list: Option<&ListRead>, request: &Array, reply: &mut Answer) {
    if reply.text("result") == "error" {
        return;
    }
    if let Some(list) = list.filter(|list| list.is_paged) {
        if mishap.missing != 0 {
            renumber(reply, "totalresults", |total| {
                total.saturating_sub(mishap.missing).max(0)
            });
        }
        if mishap.missing != 0 || mishap.kind == Some(FaultKind::EmptyPage) {
            renumber(reply, "startnumber", |_| list.start);
        }
    }
    match mishap.kind {
        Some(FaultKind::Total(total)) => renumber(reply, "totalresults", |was| match total {
            Total::Off(by) => was.saturating_add(by).max(0),
            Total::Is(number) => number,
            // The plan has made a number of it.
            Total::Moves(_) => was,
        }),
        Some(FaultKind::ModuleTimeout {
            is_done: true,
            words,
        }) => *reply = timed_out(words),
        Some(FaultKind::Warn(warning)) => reply.set("warning", warning_text(warning, request)),
        _ => {}
    }
}

/// WHMCS's error for a module that did not answer in time.
fn timed_out(words: &str) -> Answer {
    Fields::default()
        .with("result", "error")
        .with("message", words)
}

/// Changes a count of a reply, be it a number or text.
fn renumber(reply: &mut Answer, name: &str, change: impl FnOnce(i64) -> i64) {
    let value: Value = match reply.get(name) {
        Some(Value::Int(number)) => change(*number).into(),
        Some(Value::Text(text)) => match text.parse() {
            Ok(number) => change(number).to_string().into(),
            Err(_) => return,
        },
        _ => return,
    };
    reply.set(name, value);
}

fn warning_text(warning: Warning, request: &Array) -> String {
    if warning == Warning::Plain {
        return "The hook notify.php failed; the action was carried out without it".into();
    }
    let request = ReplyMode::Json.encode("", &fields(request));
    let request = match warning {
        Warning::EchoHex => hex_escaped(&request),
        Warning::Plain | Warning::Echo => request,
    };
    format!("The hook notify.php failed on {request}")
}

fn fields(array: &Array) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in array.iter() {
        fields.push(name, value_of(value));
    }
    fields
}

fn value_of(tree: &Tree) -> Value {
    match tree {
        Tree::Text(text) => Value::from(text.as_str()),
        Tree::Array(array) => {
            let is_list = array
                .iter()
                .enumerate()
                .all(|(at, (key, _))| key == at.to_string());
            if is_list {
                Value::List(array.iter().map(|(_, value)| value_of(value)).collect())
            } else {
                Value::Map(fields(array))
            }
        }
    }
}

/// JSON as PHP writes it with `JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT`.
pub fn hex_escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut letters = json.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('"') => out.push_str("\\u0022"),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            // Outside of text JSON has none of these.
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            '\'' => out.push_str("\\u0027"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::call::ListRead;
    use super::super::kind::{FaultKind, Total, Warning};
    use super::super::plan::Mishap;
    use super::{hex_escaped, tamper_reply, tamper_request};
    use crate::sandbox::form;
    use crate::sandbox::reply::{Fields, Value};
    use crate::sandbox::tree::Tree;

    fn of(kind: FaultKind) -> Mishap {
        Mishap {
            kind: Some(kind),
            ..Mishap::default()
        }
    }

    fn list(start: i64) -> ListRead {
        ListRead {
            query: String::new(),
            start,
            is_paged: true,
        }
    }

    #[test]
    fn what_left_a_list_is_neither_in_its_pages_nor_in_its_total() {
        let mishap = Mishap {
            missing: 2,
            ..Mishap::default()
        };
        let mut request = form::decode(b"LimitStart=25&limitnum=25");
        tamper_request(&mishap, Some(&list(25)), &mut request);
        let start = request.get_any_case("limitstart").and_then(Tree::text);
        assert_eq!(start, Some("27"));
        let mut reply = Fields::success()
            .with("totalresults", "100")
            .with("startnumber", 27_i64);
        tamper_reply(&mishap, Some(&list(25)), &request, &mut reply);
        assert_eq!(reply.text("totalresults"), "98");
        assert_eq!(reply.int("startnumber"), 25);
    }

    #[test]
    fn a_total_keeps_its_type_and_never_goes_below_nothing() {
        for (total, was, is) in [
            (Total::Off(5), Value::Int(7), Value::Int(12)),
            (Total::Off(-9), Value::Int(7), Value::Int(0)),
            (Total::Is(3), Value::from("7"), Value::from("3")),
        ] {
            let mut reply = Fields::success().with("totalresults", was);
            tamper_reply(
                &of(FaultKind::Total(total)),
                Some(&list(0)),
                &form::decode(b""),
                &mut reply,
            );
            assert_eq!(reply.get("totalresults"), Some(&is));
        }
    }

    #[test]
    fn an_echo_repeats_the_request_as_php_writes_json() {
        let request = form::decode("password2=p%22/%26%C3%A9&pid[]=1&pid[]=2".as_bytes());
        let said = |warning| {
            let mut reply = Fields::success();
            tamper_reply(&of(FaultKind::Warn(warning)), None, &request, &mut reply);
            reply.text("warning").to_owned()
        };
        assert_eq!(
            said(Warning::Echo),
            r#"The hook notify.php failed on {"password2":"p\"\/&\u00e9","pid":["1","2"]}"#
        );
        assert_eq!(
            said(Warning::EchoHex),
            r#"The hook notify.php failed on {"password2":"p\u0022\/\u0026\u00e9","pid":["1","2"]}"#
        );
    }

    #[test]
    fn a_refusal_stays_what_it_is() {
        let refused = Fields::default()
            .with("result", "error")
            .with("message", "no");
        for kind in [
            FaultKind::Warn(Warning::Echo),
            FaultKind::ModuleTimeout {
                is_done: true,
                words: "slow",
            },
        ] {
            let mut reply = refused.clone();
            tamper_reply(&of(kind), None, &form::decode(b""), &mut reply);
            assert_eq!(reply, refused);
        }
    }

    #[test]
    fn hex_flags_leave_other_escapes_alone() {
        assert_eq!(
            hex_escaped(r#"{"a":"\\\"<b>&'\/\u00e9"}"#),
            r#"{"a":"\\\u0022\u003Cb\u003E\u0026\u0027\/\u00e9"}"#
        );
    }
}
