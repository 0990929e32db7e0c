//! Checks what an action says of others: how a write is found, who pays, what lists values.

use std::collections::BTreeMap;

use super::super::host_values::HostValues;
use super::super::kinds::Effect;
use super::entry::Entry;
use super::find::CloserEntry;
use super::money::TellEntry;

/// Whether the action it names exists, is a read, and knows the fields.
pub(super) fn check_find(entry: &Entry, entries: &BTreeMap<String, Entry>) -> Result<(), String> {
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
    for (ours, theirs) in &find.reply {
        if !entry.returns.iter().any(|(path, _)| path == ours) || !is_told(theirs, known) {
            return complain(format!(
                "gives `{ours}` back by `{theirs}`, and one of them does not exist"
            ));
        }
    }
    match &find.closer {
        Some(closer) => check_closer(entry, closer, other, entries).or_else(complain),
        None => Ok(()),
    }
}

/// Whether a record has what gives a field of a reply back: a field, or lines of a kind.
fn is_told(theirs: &str, known: impl Fn(&str) -> bool) -> bool {
    let Some((lines, rest)) = theirs.split_once('[') else {
        return known(theirs);
    };
    let kind = rest.split_once("].");
    let kind = kind.and_then(|(kind, field)| Some((kind.split_once('=')?.0, field)));
    kind.is_some_and(|(kind, field)| {
        [kind, field]
            .iter()
            .all(|field| known(&format!("{lines}.{field}")))
    })
}

fn check_closer(
    entry: &Entry,
    closer: &CloserEntry,
    list: &Entry,
    entries: &BTreeMap<String, Entry>,
) -> Result<(), String> {
    let Some(look) = entries.get(&closer.action.to_ascii_lowercase()) else {
        return Err(format!(
            "looks closer by `{}`, which is no action",
            closer.action
        ));
    };
    if look.effect != Effect::Read {
        return Err(format!(
            "looks closer by `{}`, which is not a read",
            closer.action
        ));
    }
    let has = |entry: &Entry, field: &str| {
        let mut paths = entry.returns.iter().map(|(path, _)| path);
        paths.any(|path| path == field || path.ends_with(&format!(".{field}")))
    };
    let is_sent =
        |(theirs, field): &(String, String)| look.param(theirs).is_some() && has(list, field);
    let is_of = |(theirs, field): &(String, String)| has(look, theirs) && has(list, field);
    let is_same =
        |(theirs, ours): &(String, String)| has(look, theirs) && entry.param(ours).is_some();
    if closer.send.iter().all(is_sent)
        && closer.of.iter().all(is_of)
        && closer.same.iter().all(is_same)
    {
        return Ok(());
    }
    Err("looks closer by something that does not exist".to_owned())
}

/// Whether what `payer` names exists.
pub(super) fn check_payer(entry: &Entry, entries: &BTreeMap<String, Entry>) -> Result<(), String> {
    let Some(payer) = &entry.payer else {
        return Ok(());
    };
    let complain = |what: String| Err(format!("{}: `{}`: `payer` {what}", entry.place, entry.name));
    let mut ours = payer.param.iter().chain(&payer.currency);
    if let Some(name) = ours.find(|name| entry.param(name).is_none()) {
        return complain(format!("names `{name}`, which is no parameter"));
    }
    let Some(read) = &payer.read else {
        return Ok(());
    };
    let other = entries.get(&read.action.to_ascii_lowercase());
    let Some(other) = other.filter(|other| other.effect == Effect::Read) else {
        return complain(format!("names `{}`, which is no read", read.action));
    };
    for (theirs, ours) in &read.send {
        if other.param(theirs).is_none() || entry.param(ours).is_none() {
            return complain(format!(
                "sends `{theirs}` from `{ours}`, and one of them is no parameter"
            ));
        }
    }
    let mut named = read
        .tells
        .iter()
        .flat_map(|tell| std::iter::once(&tell.when.0).chain(&tell.unless));
    if let Some(name) = named.find(|name| entry.param(name).is_none()) {
        return complain(format!("tells of `{name}`, which is no parameter"));
    }
    let told = read.tells.iter().flat_map(TellEntry::paths);
    let mut paths = std::iter::once(&read.client)
        .chain(read.amount.iter().map(|(path, _)| path))
        .chain(told);
    match paths.find(|path| !other.returns.iter().any(|(known, _)| known == *path)) {
        Some(path) => complain(format!("reads `{path}`, which is not in the reply")),
        None => Ok(()),
    }
}

/// Whether the reads that list values are list actions.
pub(super) fn check_listed(entry: &Entry, entries: &BTreeMap<String, Entry>) -> Result<(), String> {
    for param in &entry.params {
        let Some((action, _)) = param.listed.and_then(HostValues::read) else {
            continue;
        };
        let read = entries.get(&action.to_ascii_lowercase());
        if read.is_none_or(|read| read.list.is_none()) {
            return Err(format!(
                "{}: `{}.{}`: its values are listed by `{action}`, which is no list action",
                entry.place, entry.name, param.name
            ));
        }
    }
    Ok(())
}
