//! Reads and checks `find`: how a write is looked for whose reply was lost.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::{Effect, Entry};

/// A `find` as it is written in the catalog.
pub(super) struct FindEntry {
    action: String,
    send: Vec<(String, String)>,
    same: Vec<(String, String)>,
    also: Vec<(String, String)>,
    is: Vec<(String, String)>,
    grows: Vec<(String, String)>,
    any: bool,
    with: Vec<(String, String)>,
    at: Option<String>,
    id: String,
    absence: bool,
    reply: Vec<(String, String)>,
}

pub(super) fn read(mut fields: Reader) -> Result<FindEntry, String> {
    let action = fields.text("action")?;
    let (send, same, also, reply) = (
        fields.pairs("send")?,
        fields.pairs("same")?,
        fields.pairs("also")?,
        fields.pairs("reply")?,
    );
    let (is, any) = (
        fields.pairs("is")?,
        fields.maybe_flag("any")?.unwrap_or(false),
    );
    let grows = fields.pairs("grows")?;
    let (with, at) = (fields.pairs("with")?, fields.maybe_text("at")?);
    let absence = fields.maybe_flag("absence")?.unwrap_or(true);
    let id = fields.maybe_text("id")?.unwrap_or_else(|| "id".to_owned());
    if same.is_empty() && also.is_empty() {
        return Err(
            fields.complain("`find` needs `same` or `also`: without them any record would do")
        );
    }
    fields.finish()?;
    Ok(FindEntry {
        action,
        send,
        same,
        also,
        is,
        grows,
        any,
        with,
        at,
        id,
        absence,
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
    let known = |theirs: &str| {
        let mut paths = other.returns.iter().map(|(path, _)| path);
        paths.any(|path| path == theirs || path.ends_with(&format!(".{theirs}")))
    };
    if let Some((name, _)) = find
        .with
        .iter()
        .find(|(name, _)| other.param(name).is_none())
    {
        return complain(format!("says `{name}`, which is no parameter"));
    }
    if find.at.as_deref().is_some_and(|at| at != "." && !known(at)) {
        return complain("has an `at` that is not in the reply".to_owned());
    }
    if !known(&find.id) {
        return complain(format!("names the id `{}`, which does not exist", find.id));
    }
    if let Some((theirs, _)) = find.is.iter().find(|(theirs, _)| !known(theirs)) {
        return complain(format!("looks at `{theirs}`, which does not exist"));
    }
    for (theirs, ours) in find.same.iter().chain(&find.also).chain(&find.grows) {
        if !known(theirs) || entry.param(ours).is_none() {
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
        also,
        is,
        grows,
        any,
        with,
        at,
        id,
        absence,
        reply,
    } = find;
    format!(
        "Some(Find {{ action: {action:?}, send: &{send:?}, same: &{same:?}, also: &{also:?}, is: &{is:?}, grows: &{grows:?}, any: {any}, with: &{with:?}, \
         at: {at:?}, id: {id:?}, absence: {absence}, reply: &{reply:?} }})"
    )
}
