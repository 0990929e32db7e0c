//! Whole numbers that `+` joined as texts: no amount is made of them.
//!
//! Cells are text, and `"5" + "19"` is `519`. Codes and keys are joined so, and stay what they
//! are; where an amount or a quantity is taken, a sum was meant. So it is remembered which texts
//! were joined of two whole numbers, each by where it stands in memory, and what takes an amount
//! refuses them. A text between backticks is another, whatever stands in it.

use std::collections::{HashMap, VecDeque};
use std::sync::{LazyLock, Mutex, PoisonError};

use rhai::{Array, Dynamic, ImmutableString};

use crate::catalog::{self, Action, Format, Param, ParamKind};
use crate::script::raise::Raised;
use crate::script::value::record::map_of;

/// The last texts that were joined; while one is kept here no other stands in its place.
static JOINED: LazyLock<Mutex<Joined>> = LazyLock::new(Mutex::default);

/// Texts by where they stand in memory, and the order in which they came.
#[derive(Default)]
struct Joined {
    texts: HashMap<usize, ImmutableString>,
    places: VecDeque<usize>,
}

fn place(text: &str) -> usize {
    text.as_ptr() as usize
}

/// How many are kept, and how long one may be.
const MOST: usize = 1 << 16;
const LONGEST: usize = 32;

/// What to do about it.
pub(crate) const HINT: &str = "`parse_money(…)` or `parse_int(…)` on both adds them; to join, write between backticks: `${one}${other}`";

/// Whether a text is a whole number, and no code with zeros in front.
pub(crate) fn is_whole(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    let is_code = digits.len() > 1 && digits.starts_with('0');
    !is_code && is_digits(digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an action takes an amount or a quantity under that name.
pub(crate) fn is_counted(action: &Action, name: &str) -> bool {
    catalog::parameter(action, name).is_some_and(is_count)
}

fn is_count(param: &Param) -> bool {
    let is_number = |kind: ParamKind| matches!(kind, ParamKind::Decimal | ParamKind::Decimals);
    let is_amount = is_number(param.kind) || param.each.is_some_and(is_number);
    is_amount || param.format == Some(Format::Money) || param.name.contains("qty")
}

/// Remembers a text that was joined of two.
pub(super) fn keep(joined: &ImmutableString) {
    if joined.len() > LONGEST {
        return;
    }
    let mut kept = JOINED.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.places.len() == MOST
        && let Some(oldest) = kept.places.pop_front()
    {
        kept.texts.remove(&oldest);
    }
    let place = place(joined);
    if kept.texts.insert(place, joined.clone()).is_none() {
        kept.places.push_back(place);
    }
}

/// Whether a text is one that was joined of two whole numbers.
fn is_joined(text: &str) -> bool {
    if text.len() > LONGEST || !is_digits(text.trim().trim_start_matches(['-', '+'])) {
        return false;
    }
    let kept = JOINED.lock().unwrap_or_else(PoisonError::into_inner);
    let joined = kept.texts.get(&place(text));
    joined.is_some_and(|joined| joined.len() == text.len())
}

/// Refuses such a text where an amount is made of it.
pub(crate) fn refuse(text: &str, of: &str) -> Result<(), Raised> {
    if !is_joined(text) {
        return Ok(());
    }
    let what = format!("{of} is `{text}`, two numbers as text joined by `+`, where a sum is meant");
    Err(Raised::new("money", what).hint(HINT))
}

/// Refuses such a text in a parameter that takes an amount or a quantity.
pub(crate) fn refuse_in(action: &Action, name: &str, value: &Dynamic) -> Result<(), Raised> {
    let Some(param) = catalog::parameter(action, name) else {
        return Ok(());
    };
    if is_count(param) {
        return refuse_within(value, &format!("`{name}`"));
    }
    // The amounts of a list's records, beside their words.
    let amounts = param
        .items
        .iter()
        .filter(|(_, kind)| *kind == ParamKind::Decimal);
    for (field, _) in amounts {
        refuse_field(value, (name, field))?;
    }
    Ok(())
}

fn refuse_within(value: &Dynamic, of: &str) -> Result<(), Raised> {
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return refuse(&text, of);
    }
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().try_for_each(|item| refuse_within(item, of));
    }
    match map_of(value) {
        Some(map) => map.values().try_for_each(|item| refuse_within(item, of)),
        None => Ok(()),
    }
}

fn refuse_field(value: &Dynamic, (name, field): (&str, &str)) -> Result<(), Raised> {
    if let Some(items) = value.read_lock::<Array>() {
        let mut items = items.iter();
        return items.try_for_each(|item| refuse_field(item, (name, field)));
    }
    let map = map_of(value);
    match map.as_ref().and_then(|map| map.get(field)) {
        Some(value) => refuse_within(value, &format!("`{field}` of `{name}`")),
        None => Ok(()),
    }
}
