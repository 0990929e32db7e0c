//! Reads and checks `find`: how a write is looked for whose reply was lost.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::{Effect, Entry};

/// A `find` as it is written in the catalog.
pub(super) struct FindEntry {
    action: String,
    send: Vec<(String, String)>,
    same: Vec<(String, String)>,
    reply: Vec<(String, String)>,
}

pub(super) fn read(mut fields: Reader) -> Result<FindEntry, String> {
    let action = fields.text("action")?;
    let (send, same, reply) = (
        fields.pairs("send")?,
        fields.pairs("same")?,
        fields.pairs("reply")?,
    );
    if same.is_empty() {
        return Err(fields.complain("`find` needs `same`: without it any record would do"));
    }
    fields.finish()?;
    Ok(FindEntry {
        action,
        send,
        same,
        reply,
    })
}

/// Whether the action it names exists, is a read, and knows the fields.
pub(super) fn check(entry: &Entry, entries: &BTreeMap<String, Entry>) -> Result<(), String> {
    let Some(find) = &entry.find else {
        return Ok(());
    };
    let complain = |what: String| Err(format!("{}: `{}`: `find` {what}", entry.place, entry.name));
    let Some(other) = entries.get(&find.action.to_ascii_lowercase()) else {
        return complain(format!("names `{}`, which is no action", find.action));
    };
    if other.effect != Effect::Read {
        return complain(format!("names `{}`, which is not a read", find.action));
    }
    for (theirs, ours) in &find.send {
        if other.param(theirs).is_none() || entry.param(ours).is_none() {
            return complain(format!(
                "sends `{theirs}` from `{ours}`, and one of them is no parameter"
            ));
        }
    }
    for (theirs, ours) in &find.same {
        let known = other
            .returns
            .iter()
            .any(|(path, _)| path == theirs || path.ends_with(&format!(".{theirs}")));
        if !known || entry.param(ours).is_none() {
            return complain(format!(
                "compares `{theirs}` with `{ours}`, and one of them does not exist"
            ));
        }
    }
    Ok(())
}

pub(super) fn render(find: &FindEntry) -> String {
    let FindEntry {
        action,
        send,
        same,
        reply,
    } = find;
    format!(
        "Some(Find {{ action: {action:?}, send: &{send:?}, same: &{same:?}, reply: &{reply:?} }})"
    )
}
