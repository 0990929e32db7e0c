//! What a call's map may hold: its parameters, and their values.

use std::collections::BTreeSet;

use super::cursor::Cursor;
use super::item::{Item, Kind};
use crate::catalog::{Action, Param, ParamKind, is_reserved};
use crate::script::call_map::{CallMap, key};
use crate::script::context::MapOf;
use crate::script::options_of;

/// The parameter of fields that hosts name themselves.
const CUSTOM_FIELDS: &str = "customfields";

/// The keys that a map can still take, the required parameters first.
pub(super) fn keys(cursor: &Cursor<'_, '_>) -> Vec<Item> {
    let Some(map) = &cursor.context.map else {
        return Vec::new();
    };
    let is_left = |name: &&str| {
        let mut given = map.given.iter();
        name.starts_with(cursor.typed) && !given.any(|one| one.eq_ignore_ascii_case(name))
    };
    let plain = |names: Vec<&str>| {
        let left = names.into_iter().filter(is_left);
        left.map(|name| Item::new(name, Kind::Field).text(format!("{}: ", key(name))))
            .collect()
    };
    match (cursor.view.action_of(&map.call), &map.path[..]) {
        (Some(action), []) => of_action(cursor, map, action),
        (Some(_), [CUSTOM_FIELDS]) => {
            let names = custom_fields(cursor);
            plain(names.iter().map(String::as_str).collect())
        }
        (Some(action), [name]) => {
            let param = action.param(name);
            let items = param.map_or(&[][..], |param| param.items);
            let items = items.iter().map(|(name, _)| *name);
            let keys = param.map_or(&[][..], |param| param.keys);
            plain(keys.iter().copied().chain(items).collect())
        }
        (None, []) => plain(options_of(map.call.name).to_vec()),
        _ => Vec::new(),
    }
}

fn of_action(cursor: &Cursor<'_, '_>, map: &MapOf<'_>, action: &'static Action) -> Vec<Item> {
    let is_given = |name: &str| map.given.iter().any(|one| one.eq_ignore_ascii_case(name));
    let is_left = |param: &&Param| {
        !is_reserved(param.name) && param.name.starts_with(cursor.typed) && !is_given(param.name)
    };
    let mut left: Vec<&Param> = action.params.iter().filter(is_left).collect();
    left.sort_by_key(|param| !param.required);
    let items = left.into_iter().map(|param| {
        let need = if param.required {
            "required"
        } else {
            "optional"
        };
        Item::new(param.name, Kind::Field)
            .detail(format!("{} ({need})", param.kind))
            .about(param.remarks())
            .text(format!("{}: ", key(param.name)))
    });
    let all = everything(cursor, map);
    // Behind what was asked for by name.
    items.chain(all).collect()
}

/// All parameters that the call lacks, at once.
fn everything(cursor: &Cursor<'_, '_>, map: &MapOf<'_>) -> Option<Item> {
    let takes = cursor.view.workspace.client.takes_snippets && cursor.typed.is_empty();
    let place = cursor.view.name_of(&map.call).filter(|_| takes)?;
    let call = CallMap::at(&cursor.view.symbols, place)?;
    let mut missing = call.missing().into_iter().next()?;
    missing.retain(|name| !map.given.contains(name));
    if missing.len() < 2 {
        return None;
    }
    let label = format!("{}, …", missing.first()?);
    Some(
        Item::new(label, Kind::Snippet)
            .detail(format!("all {} that are missing", missing.len()))
            .snippet(places(&missing)),
    )
}

/// Parameters with a place to be filled in for each.
pub(super) fn places(names: &[&str]) -> String {
    let one = |(number, name): (usize, &&str)| format!("{}: ${{{}}}", key(name), number + 1);
    let all: Vec<String> = names.iter().enumerate().map(one).collect();
    all.join(", ")
}

/// The names of custom fields that the script uses elsewhere: only the server knows others.
fn custom_fields(cursor: &Cursor<'_, '_>) -> BTreeSet<String> {
    let symbols = &cursor.view.symbols;
    let mut names = BTreeSet::new();
    for place in 0..symbols.tokens.all.len() {
        let is_map = symbols.text(place).trim_matches('"') == CUSTOM_FIELDS
            && symbols.tokens.is(place + 1, ":")
            && symbols.tokens.is(place + 2, "#{");
        if is_map {
            let entries = symbols.arguments(place + 2);
            let keys = entries
                .iter()
                .filter(|entry| symbols.tokens.is(entry.start + 1, ":"));
            let keys = keys.map(|entry| symbols.text(entry.start).trim_matches('"').to_owned());
            names.extend(keys);
        }
        let is_field = symbols.text(place) == CUSTOM_FIELDS && symbols.tokens.is(place + 1, ".");
        if is_field && let Some(name) = symbols.tokens.word(place + 2) {
            names.insert(name.to_owned());
        }
    }
    names.remove("customfield");
    names
}

/// The parameter whose value is being typed.
pub(super) fn parameter(cursor: &Cursor<'_, '_>) -> Option<&'static Param> {
    let map = cursor.context.map.as_ref()?;
    let action = cursor.view.action_of(&map.call)?;
    action.param(map.key.filter(|_| map.path.is_empty())?)
}

/// The values of a parameter that has but a few, outside of a text.
pub(super) fn values(cursor: &Cursor<'_, '_>) -> Option<Vec<Item>> {
    let is_first = cursor.is_before(":") || cursor.is_before("[");
    let param = parameter(cursor).filter(|_| is_first)?;
    let values: Vec<String> = match param.kind {
        ParamKind::Bool | ParamKind::Bools => vec!["true".to_owned(), "false".to_owned()],
        _ => param
            .values
            .iter()
            .map(|value| format!("{value:?}"))
            .collect(),
    };
    if values.is_empty() || !cursor.typed.is_empty() && param.kind != ParamKind::Bool {
        return None;
    }
    let fits = values
        .into_iter()
        .filter(|value| value.starts_with(cursor.typed));
    let items = fits.map(|value| Item::new(value, Kind::Value).detail(param.name));
    let items: Vec<Item> = items.collect();
    // A variable may be meant, whose name is not `true`.
    (!items.is_empty()).then_some(items)
}
