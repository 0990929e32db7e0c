//! The replies of several servers to one call: JSON by profile, or records with a column that
//! says whose they are.

use std::io::{IsTerminal as _, stdout};

use serde_json::{Map, Value};

use super::processes::MemberEnd;
use crate::command::Terminal;
use crate::command::call::{CallOptions, list};
use crate::command::fields::Fields;
use crate::command::find_action;
use crate::command::records::{Format, Records};
use crate::error::Failure;

/// The column that says which server a record is of.
const PROFILE: &str = "profile";

/// Prints what each replied; a server that gave no reply is `null`, or has no records.
pub fn print(call: &CallOptions, ends: &[MemberEnd], terminal: Terminal) -> Result<(), Failure> {
    let format = call.output.unwrap_or(if stdout().is_terminal() {
        Format::Table
    } else {
        Format::Json
    });
    let reply = |end: &MemberEnd| serde_json::from_str(&end.output).unwrap_or(Value::Null);
    if format == Format::Json {
        let replies = ends.iter();
        let replies = replies.map(|end| (end.server.profile.clone(), reply(end)));
        let replies: Map<String, Value> = replies.collect();
        terminal.data(&format!("{:#}", Value::Object(replies)));
        return Ok(());
    }
    let allow_unknown = call.target.allowed.unknown;
    let action = find_action(&call.action, allow_unknown)?;
    let fields = Fields::select(&[], &action, true, allow_unknown)?;
    let mut printed = Records::new(format, fields, terminal);
    for end in ends {
        let records = match reply(end) {
            Value::Array(records) => records,
            Value::Null => Vec::new(),
            reply => list(&reply, &action)
                .cloned()
                .unwrap_or_else(|| vec![reply]),
        };
        for record in records {
            printed.put(labelled(&end.server.profile, record));
        }
    }
    printed.finish(None);
    Ok(())
}

fn labelled(profile: &str, record: Value) -> Value {
    let mut labelled = Map::new();
    labelled.insert(PROFILE.to_owned(), profile.into());
    match record {
        Value::Object(record) => {
            // A field of that name is the record's own, and the first is the server's.
            let others = record.into_iter().filter(|(name, _)| name != PROFILE);
            labelled.extend(others);
        }
        value => {
            labelled.insert("value".to_owned(), value);
        }
    }
    labelled.into()
}
