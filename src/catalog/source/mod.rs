//! Reads the catalog's TOML and writes it out as Rust tables.
//!
//! Used by the build script, and by the tests that prove it refuses a bad
//! entry. Every refusal names the file and the line.

mod entry;
mod find;
mod money;
mod old_values;
mod others;
mod reader;
mod record;
mod returns;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use toml::de::{DeTable, DeValue};

use super::host_values::HostValues;
use super::kinds::{Effect, Encoding, FieldKind, MailSwitch, ParamKind, Risk};
use super::names::{function_name, walk_name};
use entry::{Entry, ParamEntry};
pub use reader::Source;
use reader::{Reader, place};

/// Compiles all files into the text of a Rust module with one `ACTIONS` table.
///
/// # Errors
/// The first entry that is malformed, unclassified, duplicated or refers to
/// something that is not there, as `file:line: what`.
pub fn compile(sources: &[Source]) -> Result<String, String> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    for source in sources {
        for entry in read_file(source)? {
            let place = entry.place.clone();
            if let Some(other) = entries.insert(entry.name.to_ascii_lowercase(), entry) {
                return Err(format!(
                    "{place}: `{}` is already at {}",
                    other.name, other.place
                ));
            }
        }
    }
    let mut code = String::from("static ACTIONS: &[Action] = &[\n");
    for entry in entries.values() {
        others::check_find(entry, &entries)?;
        others::check_listed(entry, &entries)?;
        others::check_payer(entry, &entries)?;
        let record = old_values::render(entry, &entries)?;
        let returns = render_returns(entry, &entries)?;
        let _ = writeln!(
            code,
            "{}, record: {record}, returns: {returns} }},",
            entry.code
        );
    }
    code.push_str("];\n");
    Ok(code)
}

fn render_returns(entry: &Entry, entries: &BTreeMap<String, Entry>) -> Result<String, String> {
    let place = format!("{}: `{}`", entry.place, entry.name);
    returns::render(&place, &entry.returns, &entry.words, |like| {
        let (action, name) = like.split_once('.')?;
        let param = entries.get(&action.to_ascii_lowercase())?.param(name)?;
        Some((&param.values[..], param.listed))
    })
}

fn read_file(source: &Source) -> Result<Vec<Entry>, String> {
    let table = DeTable::parse(source.text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("{}: {}", place(source, at), error.message())
    })?;
    let mut file = Reader::new(source, "the file", 0, table.into_inner());
    let group = file.text("group")?;
    let mut entries = Vec::new();
    for (name, value) in std::mem::take(&mut file.fields) {
        let at = value.span().start;
        let DeValue::Table(table) = value.into_inner() else {
            return Err(format!(
                "{}: `{name}` is not an action's table",
                place(source, at)
            ));
        };
        entries.push(read_action(Reader::new(source, &name, at, table), &group)?);
    }
    Ok(entries)
}

fn read_action(mut fields: Reader, group: &str) -> Result<Entry, String> {
    let name = fields.what.clone();
    let place = place(fields.source, fields.at);
    let summary = fields.text("summary")?;
    let effect: Effect = fields.word("effect", Effect::from_word)?;
    let risk = fields
        .texts("risk")?
        .iter()
        .map(|word| {
            Risk::from_word(word)
                .ok_or_else(|| format!("{place}: `{name}` has an unknown risk `{word}`"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let repeatable = read_repeatable(&mut fields, effect, &risk)?;
    let (returns, words) = returns::read(&mut fields)?;
    let params = fields
        .tables("params")?
        .into_iter()
        .map(read_param)
        .collect::<Result<Vec<_>, _>>()?;
    check_destructive(&fields, effect, &risk, &params)?;
    let mut seen = BTreeSet::new();
    for param in &params {
        if !seen.insert(param.name.to_ascii_lowercase()) {
            return Err(format!(
                "{place}: `{name}` names the parameter `{}` twice",
                param.name
            ));
        }
    }
    let usual = read_usual(&mut fields, &seen)?;
    let list = read_list(&mut fields, effect, &returns, &seen)?;
    let find = fields.table("find")?.map(find::read).transpose()?;
    let about = read_about(&mut fields, effect, &params)?;
    let record = fields.table("record")?.map(record::read).transpose()?;
    let payer = fields.table("payer")?.map(money::read_payer).transpose()?;
    let many_mails = fields.flag("many_mails")?;
    let errors = fields.texts("errors")?;
    let rules = rules::read(&mut fields, effect, &params, &errors)?;
    let (since, until) = (fields.maybe_text("since")?, fields.maybe_text("until")?);
    let deprecated = fields.flag("deprecated")?;
    fields.finish()?;

    let walk = list.is_some().then(|| walk_name(&name));
    let mut code = String::new();
    let _ = write!(
        code,
        "Action {{ name: {name:?}, function: {:?}, walk: {walk:?}, group: {group:?}, summary: {summary:?}, \
         effect: Effect::{effect:?}, risk: &[{}], repeatable: {repeatable}, find: {}, about: &{about:?}, payer: {}, many_mails: {many_mails}, list: {}, since: {since:?}, \
         until: {until:?}, deprecated: {deprecated}, errors: &{errors:?}, usual: &{usual:?}, {rules}, params: &[{}]",
        function_name(&name),
        risk.iter()
            .fold(String::new(), |all, one| all + &format!("Risk::{one:?}, ")),
        find.as_ref().map_or("None".into(), find::render),
        payer.as_ref().map_or("None".into(), money::render_payer),
        list.as_ref().map_or("None", |(_, code)| code),
        params
            .iter()
            .fold(String::new(), |all, one| all + &one.code + ", "),
    );
    Ok(Entry {
        name,
        place,
        effect,
        params,
        returns,
        words,
        list: list.map(|(path, _)| path),
        find,
        record,
        payer,
        code,
    })
}

/// Whom or what a write is about, by its parameters.
fn read_about(
    fields: &mut Reader,
    effect: Effect,
    params: &[ParamEntry],
) -> Result<Vec<String>, String> {
    let about = fields.texts("about")?;
    if effect == Effect::Read && !about.is_empty() {
        return Err(fields.complain("is a read, and `about` is for writes"));
    }
    let is_plain = |name: &String| {
        params
            .iter()
            .any(|param| param.name == *name && !param.secret)
    };
    match about.iter().find(|name| !is_plain(name)) {
        Some(name) => Err(fields.complain(&format!(
            "is about `{name}`, which is no parameter, or secret"
        ))),
        None => Ok(about),
    }
}

/// Reads are always repeatable; a write has to say, and a destructive one has to say why.
fn read_repeatable(fields: &mut Reader, effect: Effect, risk: &[Risk]) -> Result<bool, String> {
    let because = fields.maybe_text("because")?;
    if effect == Effect::Read {
        return Ok(true);
    }
    let repeatable = fields.required_flag("repeatable")?;
    if repeatable && risk.contains(&Risk::Destructive) && because.is_none() {
        return Err(fields.complain("is destructive and repeatable: say why in `because`"));
    }
    Ok(repeatable)
}

/// A parameter can only be what its action is not already.
fn check_destructive(
    fields: &Reader,
    effect: Effect,
    risk: &[Risk],
    params: &[ParamEntry],
) -> Result<(), String> {
    let is_idle = effect == Effect::Read || risk.contains(&Risk::Destructive);
    match params.iter().find(|param| param.destructive) {
        Some(param) if is_idle => Err(fields.complain(&format!(
            "marks `{}` destructive, but only reads or is destructive itself",
            param.name
        ))),
        _ => Ok(()),
    }
}

fn read_usual(fields: &mut Reader, params: &BTreeSet<String>) -> Result<Vec<String>, String> {
    let usual = fields.texts("usual")?;
    match usual
        .iter()
        .find(|name| !params.contains(&name.to_ascii_lowercase()))
    {
        Some(name) => {
            Err(fields.complain(&format!("has `{name}` in `usual`, which is no parameter")))
        }
        None => Ok(usual),
    }
}

fn read_list(
    fields: &mut Reader,
    effect: Effect,
    returns: &[(String, FieldKind)],
    params: &BTreeSet<String>,
) -> Result<Option<(String, String)>, String> {
    let key = fields.maybe_text("key")?;
    let Some(path) = fields.maybe_text("list")? else {
        return Ok(None);
    };
    if effect != Effect::Read {
        return Err(fields.complain("has a `list` but is not a read"));
    }
    if !returns
        .iter()
        .any(|(field, kind)| *field == path && *kind == FieldKind::List)
    {
        return Err(fields.complain(&format!(
            "`list` names `{path}`, which is no list in `returns`"
        )));
    }
    if let Some(key) = &key
        && !returns
            .iter()
            .any(|(field, _)| *field == format!("{path}.{key}"))
    {
        return Err(fields.complain(&format!(
            "`key` names `{key}`, which no record in `returns` has"
        )));
    }
    let paged = params.contains("limitstart") && params.contains("limitnum");
    let code = format!("Some(List {{ path: {path:?}, key: {key:?}, paged: {paged} }})");
    Ok(Some((path, code)))
}

fn read_param(mut fields: Reader) -> Result<ParamEntry, String> {
    let name = fields.text("name")?;
    fields.what = format!("{}.{name}", fields.what);
    let kind: ParamKind = fields.word("type", ParamKind::from_word)?;
    let encoding = match fields.maybe_text("encoding")? {
        None => Encoding::Plain,
        Some(word) => Encoding::from_word(&word)
            .ok_or_else(|| fields.complain(&format!("has an unknown encoding `{word}`")))?,
    };
    let each = match fields.maybe_text("each")? {
        None => None,
        Some(word) if kind == ParamKind::Map => {
            Some(ParamKind::from_word(&word).ok_or_else(|| {
                fields.complain(&format!("has an unknown type in `each`: `{word}`"))
            })?)
        }
        Some(_) => return Err(fields.complain("has `each` but is not a map")),
    };
    let mail = match fields.maybe_text("mail")? {
        None => None,
        Some(word) => Some(
            MailSwitch::from_word(&word)
                .ok_or_else(|| fields.complain(&format!("has an unknown mail switch `{word}`")))?,
        ),
    };
    let money = money::read(&mut fields, kind, each)?;
    let about = fields.text("about")?;
    let (demands, demanded) = rules::read_demands(&mut fields)?;
    let (required, empty, secret, html, destructive, deprecated) = (
        fields.flag("required")?,
        fields.flag("empty")?,
        fields.flag("secret")?,
        fields.flag("html")?,
        fields.flag("destructive")?,
        fields.flag("deprecated")?,
    );
    let (mut keys, values) = (fields.texts("keys")?, fields.texts("values")?);
    let items = read_items(&mut fields, kind)?;
    keys.extend(items.iter().map(|(name, _)| name.clone()));
    let (since, until) = (fields.maybe_text("since")?, fields.maybe_text("until")?);
    let default = fields.maybe_text("default")?;
    let listed = read_listed(&mut fields)?;
    let beside = fields.texts("beside")?;
    if destructive && required {
        return Err(fields.complain("is destructive and required: then its action is destructive"));
    }
    fields.finish()?;
    let item = |(name, kind): &(String, ParamKind)| format!("({name:?}, ParamKind::{kind:?}), ");
    let items: String = items.iter().map(item).collect();
    let each = each.map_or("None".to_owned(), |kind| {
        format!("Some(ParamKind::{kind:?})")
    });
    let is_mail_switch = mail.is_some();
    let mail = mail.map_or("None".to_owned(), |switch| {
        format!("Some(MailSwitch::{switch:?})")
    });
    let listed_code = listed.as_ref().map_or("None".to_owned(), |kind| {
        format!("Some(Listed {{ kind: HostValues::{kind:?}, beside: &{beside:?} }})")
    });
    let code = format!(
        "Param {{ name: {name:?}, kind: ParamKind::{kind:?}, required: {required}, empty: {empty}, encoding: Encoding::{encoding:?}, \
         keys: &{keys:?}, items: &[{items}], each: {each}, values: &{values:?}, listed: {listed_code}, {demanded}, secret: {secret}, html: {html}, destructive: {destructive}, mail: {mail}, {money}, since: {since:?}, until: {until:?}, \
         deprecated: {deprecated}, default: {default:?}, about: {about:?} }}"
    );
    Ok(ParamEntry {
        name,
        kind,
        secret,
        destructive,
        is_mail_switch,
        demands,
        values,
        listed,
        code,
    })
}

/// What the records of a list hold, in the order of the catalog.
fn read_items(fields: &mut Reader, kind: ParamKind) -> Result<Vec<(String, ParamKind)>, String> {
    let Some(mut table) = fields.table("items")? else {
        return Ok(Vec::new());
    };
    if kind != ParamKind::Maps {
        return Err(fields.complain("has `items` but is no list of maps"));
    }
    let names: Vec<String> = table.fields.iter().map(|(name, _)| name.clone()).collect();
    let read = |name: String| Ok((name.clone(), table.word(&name, ParamKind::from_word)?));
    names.into_iter().map(read).collect()
}

/// The kind of values that hosts and modules add to.
fn read_listed(fields: &mut Reader) -> Result<Option<HostValues>, String> {
    let listed = fields.maybe_text("listed")?.map(|word| {
        HostValues::from_word(&word).ok_or_else(|| {
            fields.complain(&format!(
                "has `{word}` in `listed`, which is no kind of values"
            ))
        })
    });
    listed.transpose()
}
