//! A run's head as it stands in the journal, written by this version or an earlier one.

use super::version::is_later;
use super::{Head, earlier_head};

/// What there is instead of a head.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum NoHead {
    /// A later version wrote it, and it says what this version does not know.
    Later(String),
    /// It is no head at all, for that reason.
    Damaged(String),
}

/// Reads the head of a run, of this version or an earlier one.
pub(super) fn parse(text: &str) -> Result<Head, NoHead> {
    let damaged = |error: serde_json::Error| NoHead::Damaged(error.to_string());
    let fields: serde_json::Value = serde_json::from_str(text).map_err(damaged)?;
    let later = version_of(&fields).filter(|version| is_later(version));
    let head = if fields.get("invocation").is_some() {
        serde_json::from_value(fields).map_err(|error| error.to_string())
    } else {
        earlier_head::read(fields)
    };
    let head: Head = head.map_err(|why| later.map_or(NoHead::Damaged(why), NoHead::Later))?;
    // It may have been written by rules that knew fewer secrets.
    Ok(Head {
        invocation: head.invocation.without_secrets(),
        ..head
    })
}

/// The version of the program that wrote a head, whatever else stands there.
pub(super) fn version_of(fields: &serde_json::Value) -> Option<String> {
    fields.get("version")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::invocation::{Invocation, ScriptCall, Task};

    fn head() -> Head {
        Head {
            id: "2026-11-23-onboard".into(),
            invocation: Invocation {
                task: Task::Script(ScriptCall {
                    path: "onboard.rhai".into(),
                    args: vec!["clients.csv".into()],
                }),
                ..Invocation::default()
            },
            started: "2026-11-23T10:00:00+01:00[Europe/Berlin]".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..Head::default()
        }
    }

    fn changed(change: impl Fn(&mut serde_json::Value)) -> Result<Head, NoHead> {
        let mut fields = serde_json::to_value(head()).unwrap();
        change(&mut fields);
        parse(&fields.to_string())
    }

    #[test]
    fn a_head_comes_back_as_it_was_written() {
        assert_eq!(changed(|_| {}), Ok(head()));
    }

    #[test]
    fn what_a_later_version_added_is_not_passed_over() {
        let added = |fields: &mut serde_json::Value| {
            fields["invocation"]["limits"]["of_tomorrow"] = json!(2);
        };
        assert!(matches!(changed(added), Err(NoHead::Damaged(why)) if why.contains("at_once")));
        let later = changed(|fields| {
            added(fields);
            fields["version"] = json!("999.0.0");
        });
        assert_eq!(later, Err(NoHead::Later("999.0.0".into())));
    }

    #[test]
    fn half_a_head_is_none() {
        let text = serde_json::to_string(&head()).unwrap();
        for length in [0, 1, text.len() / 2, text.len() - 1] {
            let read = parse(&text[..length]);
            assert!(matches!(read, Err(NoHead::Damaged(_))), "{length}");
        }
        for other in ["7", "[]", "{}", "null"] {
            assert!(matches!(parse(other), Err(NoHead::Damaged(_))), "{other}");
        }
    }
}
