//! Looks on the server for the effect of a write whose reply was lost.
//!
//! Only where the catalog says how, and only by parameters that were sent: a
//! record that merely could be ours is never taken for it. A record that may be older than
//! the write settles nothing, and each is the effect of one write only.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::covered;
use super::way::{number, query, sent, text, way, whole};
use super::written::{of_doubt, why};
use crate::catalog::{self, Action, Closer, Find, Meaning, plain_number};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Entities, Params};
use crate::run::Run;
use crate::run::journal::{self, Dated, Journal, Order, Outcome, ReadAt, WriteId};
use crate::run::list::page_search::SearchResult;

/// What the server knows of a write.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// It was applied: what is left of its reply.
    Applied(Map<String, Value>),
    /// It is not there.
    NotThere,
    /// It cannot be told: the ids of the records that may be its effect.
    Unknown(Vec<String>),
}

/// The write that is looked for.
pub(super) struct Lost<'l> {
    /// The journal that knows the run's other writes, and its number there.
    pub journal: Option<(&'l Journal, WriteId)>,
    /// Its action.
    pub action: &'l ActionRef,
    /// Its parameters.
    pub params: &'l Params,
    /// The highest id that was seen before it in the list it is looked for in.
    pub seen: Option<i64>,
    /// When that was read, where it was.
    pub read_at: Option<ReadAt>,
}

/// A record that may be a write's.
struct Match {
    record: Value,
    id: String,
    /// Whether it is the same in everything that was sent.
    fits: bool,
    /// Whether it came after the write.
    is_newer: bool,
}

/// What is known of writes that would have the same effect, or one in the same list.
#[derive(Debug, Default)]
struct Alike {
    /// The ids that those known done say they made.
    claimed: HashSet<String>,
    /// How many more are known done, and do not say what they made.
    done: Done,
    /// How many are known done of others in the same list.
    done_beside: Done,
    /// Whether others of this run may have been applied.
    has_open: bool,
    /// Whether one is known done that may or may not have had the same effect.
    is_unclear: bool,
}

/// How many writes are known done, by whether their effect can be newer than what was seen
/// before the one that is looked for.
#[derive(Debug, Default)]
struct Done {
    newer: usize,
    /// Those that may be either.
    either: usize,
    older: usize,
}

impl Done {
    fn add(&mut self, order: Order) {
        match order {
            Order::After => self.newer += 1,
            Order::Unknown => self.either += 1,
            Order::Before => self.older += 1,
        }
    }

    const fn all(&self) -> usize {
        self.newer + self.either + self.older
    }
}

/// What is kept of a record that was in another state before the write.
const WAS_OTHER: i64 = 0;
/// The same of one that was in that state already.
const WAS_SO: i64 = 1;

impl Run {
    /// Whether the server has the effect of that write now.
    pub(super) fn find(&self, lost: &Lost) -> Result<Found, CallError> {
        let params = whole(lost.action, lost.params);
        let lost = &Lost {
            params: &params,
            ..*lost
        };
        let way = way(lost.action, lost.params);
        let Some((find, looking)) = way.filter(|(_, looking)| self.seen.can_look_by(looking.name))
        else {
            return Ok(Found::Unknown(Vec::new()));
        };
        let matches = match self.matches(lost, find, looking) {
            // The role lacks the list: asked again and again, the address gets banned.
            Err(error) if error.kind == CallErrorKind::Permission => {
                self.seen.cannot_look_by(looking.name);
                return Ok(Found::Unknown(Vec::new()));
            }
            matches => matches.map_err(|error| unseen(lost.action, error))?,
        };
        let found = match matches {
            None => Found::Unknown(Vec::new()),
            Some(matches) if matches.is_empty() => Found::NotThere,
            Some(matches) if !find.is.is_empty() => self.brought_about(find, &matches, lost),
            Some(matches) if !find.grows.is_empty() => self.grown(find, &matches, lost),
            Some(matches) => self.ours(find, matches, lost),
        };
        Ok(match found {
            Found::NotThere if !find.absence => Found::Unknown(Vec::new()),
            found => found,
        })
    }

    /// The records that may be the write's; `None` if the server gives no list.
    fn matches(
        &self,
        lost: &Lost,
        find: &Find,
        looking: &'static Action,
    ) -> Result<Option<Vec<Match>>, CallError> {
        let mut matches = Vec::new();
        // Every record is shown and none is taken: there may be several of the same.
        let gather = |record: &Value| {
            if is_same(lost.action, find.same, record, lost.params, true)
                && is_brought(find, record)
            {
                let place = record.get(find.id).and_then(number);
                matches.push(Match {
                    id: record.get(find.id).map(text).unwrap_or_default(),
                    fits: is_same(lost.action, find.also, record, lost.params, false),
                    is_newer: matches!((place, lost.seen), (Some(place), Some(seen)) if place > seen),
                    record: record.clone(),
                });
            }
            false
        };
        let looked = self.look_unasked(looking, query(find, lost.params), find.at, gather)?;
        Ok(matches!(looked, SearchResult::Nothing).then_some(matches))
    }

    /// Which of the records is the write's, if that can be told.
    fn ours(&self, find: &Find, mut matches: Vec<Match>, lost: &Lost) -> Found {
        let ids = |matches: &[Match]| matches.iter().map(|one| one.id.clone()).collect();
        let Ok(alike) = self.alike(find, lost) else {
            return Found::Unknown(ids(&matches));
        };
        matches.retain(|one| !alike.claimed.contains(&one.id));
        if let Some(closer) = &find.closer {
            for one in matches.iter_mut().filter(|one| one.fits && one.is_newer) {
                match self.is_same_closer(closer, &one.record, lost) {
                    Ok(is_same) => one.fits = is_same,
                    // Nobody saw what tells it from another's.
                    Err(_) => return Found::Unknown(ids(&matches)),
                }
            }
        }
        let count = |is_it: fn(&Match) -> bool| matches.iter().filter(|one| is_it(one)).count();
        let (newer, older) = (
            count(|one| one.fits && one.is_newer),
            count(|one| one.fits && !one.is_newer),
        );
        if (alike.has_open || alike.is_unclear) && newer + older > 0 {
            return Found::Unknown(ids(&matches));
        }
        if newer > alike.done.newer + alike.done.either
            && let Some(one) = matches.iter().rfind(|one| one.fits && one.is_newer)
        {
            return Found::Applied(given_back(find, &one.record));
        }
        // What was done before the list was read made none of the newer.
        let (is_explained, unlike, beside) = if lost.seen.is_some() {
            let unlike = count(|one| !one.fits && one.is_newer);
            (newer <= alike.done.newer, unlike, alike.done_beside.newer)
        } else {
            let unlike = count(|one| !one.fits);
            let is_explained = newer + older <= alike.done.all();
            (is_explained, unlike, alike.done_beside.all())
        };
        // One that is not the same may be ours as WHMCS spells it, unless another made it.
        if is_explained && unlike <= beside {
            Found::NotThere
        } else {
            Found::Unknown(ids(&matches))
        }
    }

    /// Whether a record is the same in what the list does not show of it.
    fn is_same_closer(
        &self,
        closer: &Closer,
        record: &Value,
        lost: &Lost,
    ) -> Result<bool, CallError> {
        let Some(looking) = catalog::action(closer.action) else {
            return Ok(false);
        };
        let sent = closer.send.iter();
        let query =
            sent.map(|(theirs, field)| ((*theirs).to_owned(), text(&record[*field]).into()));
        let mut shown = Vec::new();
        let gather = |found: &Value| {
            let mut of = closer.of.iter();
            if of.all(|(theirs, field)| text(&found[*theirs]) == text(&record[*field])) {
                shown.push(found.clone());
            }
            false
        };
        let looked = self.look_unasked(looking, query.collect(), closer.at, gather)?;
        Ok(matches!(looked, SearchResult::Nothing)
            && has_each(lost.action, closer, lost.params, &shown))
    }

    /// Whether the state that a record is in is the effect of the write: it is, if it was in
    /// another one before.
    fn brought_about(&self, find: &Find, matches: &[Match], lost: &Lost) -> Found {
        let alike = self.alike(find, lost);
        let is_alone = alike.is_ok_and(|alike| !alike.has_open);
        match matches {
            [one] if one.fits && lost.seen == Some(WAS_OTHER) && is_alone => {
                Found::Applied(given_back(find, &one.record))
            }
            _ => Found::Unknown(matches.iter().map(|one| one.id.clone()).collect()),
        }
    }

    /// Whether a sum has grown by what the write adds to it since the run saw it before. Others
    /// that add the same could have done that.
    fn grown(&self, find: &Find, matches: &[Match], lost: &Lost) -> Found {
        let ids = || matches.iter().map(|one| one.id.clone()).collect();
        let alike = self.alike(find, lost);
        let is_alone = alike.is_ok_and(|alike| !alike.has_open && alike.done.all() == 0);
        let ([one], Some(before)) = (matches, lost.seen) else {
            return Found::Unknown(ids());
        };
        let (mut has_grown, mut is_same) = (true, true);
        for (theirs, ours) in find.grows {
            let Some(now) = one.record.get(*theirs).and_then(cents) else {
                return Found::Unknown(ids());
            };
            is_same &= now == before;
            let added = lost.params.get(*ours).and_then(cents);
            has_grown &= added.is_some_and(|added| added != 0 && now == before + added);
        }
        match (is_same, has_grown) {
            (true, _) => Found::NotThere,
            (_, true) if is_alone => Found::Applied(given_back(find, &one.record)),
            _ => Found::Unknown(ids()),
        }
    }

    /// The sum that a write adds to, before it.
    pub(super) fn sum_before(
        &self,
        action: &ActionRef,
        params: &Params,
        find: &Find,
        looking: &'static Action,
    ) -> Result<Option<i64>, CallError> {
        let mut sum = None;
        self.look_unasked(looking, query(find, params), find.at, |record| {
            if is_same(action, find.same, record, params, true) {
                let fields = find.grows.iter();
                sum = fields
                    .filter_map(|(theirs, _)| record.get(*theirs))
                    .find_map(cents);
            }
            false
        })?;
        Ok(sum)
    }

    /// Whether the record that a write brings into a state is in it already: [`WAS_OTHER`] if
    /// it is not.
    pub(super) fn state_before(
        &self,
        action: &ActionRef,
        params: &Params,
        find: &Find,
        looking: &'static Action,
    ) -> Result<Option<i64>, CallError> {
        let mut is_brought_already = false;
        let mut count = 0;
        let looked = self.look_unasked(looking, query(find, params), find.at, |record| {
            if is_same(action, find.same, record, params, true)
                && is_same(action, find.also, record, params, false)
            {
                count += 1;
                is_brought_already |= is_brought(find, record);
            }
            false
        })?;
        let is_told = matches!(looked, SearchResult::Nothing) && count == 1;
        Ok(is_told.then_some(if is_brought_already {
            WAS_SO
        } else {
            WAS_OTHER
        }))
    }

    /// What this run and the others of the state folder know of writes like that one.
    fn alike(&self, find: &Find, lost: &Lost) -> Result<Alike, journal::JournalError> {
        let mut alike = Alike::default();
        let Some((journal, own)) = lost.journal else {
            return Ok(alike);
        };
        let kept = covered::covered(lost.action, lost.params);
        let is_one = |other: &Params, name: &str| {
            let other = sent(other, name);
            let ours = [lost.params, &kept].map(|all| sent(all, name));
            let meaning = meaning(lost.action, name);
            ours.iter()
                .any(|ours| other.eq_ignore_ascii_case(ours) || meaning.is_same(&other, ours))
        };
        let is_like = |other: &Params, pairs: &[(&str, &str)]| {
            pairs.iter().all(|(_, ours)| is_one(other, ours))
        };
        // What was not sent is not compared with a record either.
        let is_like_sent = |other: &Params, pairs: &[(&str, &str)]| {
            let mut pairs = pairs.iter();
            pairs.all(|(_, ours)| sent(lost.params, ours).is_empty() || is_one(other, ours))
        };
        // A server fills in whose it is from what else was sent.
        let may_be_listed = |other: &Params| {
            let is_left_out = |ours: &str| find.any && sent(other, ours).is_empty();
            let mut pairs = find.send.iter();
            pairs.all(|(_, ours)| {
                sent(lost.params, ours).is_empty() || is_left_out(ours) || is_one(other, ours)
            })
        };
        let likeness = |other: &Params| Likeness {
            is_beside: is_like_sent(other, find.send) && is_like(other, find.same),
            may_be_beside: may_be_listed(other) && is_like(other, find.same),
            is_alike: is_like_sent(other, find.also) && is_like(other, find.grows),
        };
        let order = |dated: Dated| {
            let read = lost.read_at;
            read.map_or(Order::Unknown, |read| dated.order(read))
        };
        let name = lost.action.name();
        let pairs = find.send.iter().chain(find.same);
        let about = pairs
            .map(|(_, ours)| *ours)
            // Of several that may be sent, another write may have sent another.
            .filter(|ours| !find.any && is_whole(lost.action, ours))
            .find_map(|ours| Some((ours, sent(lost.params, ours).parse().ok()?)));
        for (write, dated) in journal.writes_of(name, about)? {
            if write.id != own && write.was_on(self.known_as()) {
                alike.add(
                    find,
                    &write,
                    likeness(&whole(lost.action, &write.params)),
                    (true, order(dated), lost.seen),
                );
            }
        }
        let head = journal::read_head(journal.folder())?;
        let is_wanted = |other: &journal::Head| {
            // A copy of this run has this run's own writes.
            let is_other = other.id != head.id;
            is_other
                && (&other.host, &other.path) == (&head.host, &head.path)
                && !other.is_rehearsal()
        };
        for reading in journal::others(journal.folder(), is_wanted) {
            let writes = reading.and_then(|reading| reading.dated_writes(name));
            // One that cannot be read may have made any of the records.
            alike.is_unclear |= writes.is_err();
            for (write, dated) in writes.unwrap_or_default() {
                alike.add(
                    find,
                    &write,
                    likeness(&whole(lost.action, &write.params)),
                    (false, order(dated), lost.seen),
                );
            }
        }
        Ok(alike)
    }
}

/// How like a write is to the one that is looked for.
#[derive(Clone, Copy)]
struct Likeness {
    /// Whether its effect is looked for among the same records.
    is_beside: bool,
    /// Whether that is so unless the server filled in something else than what was sent.
    may_be_beside: bool,
    /// Whether the rest is the same too.
    is_alike: bool,
}

impl Alike {
    fn add(
        &mut self,
        find: &Find,
        write: &journal::Write,
        like: Likeness,
        (is_own_run, order, seen): (bool, Order, Option<i64>),
    ) {
        let is_alike = like.is_beside && like.is_alike;
        match &write.outcome {
            Some(Outcome::Done(reply)) => {
                let says = find.reply.iter().find(|(_, theirs)| *theirs == find.id);
                let made = says.and_then(|(ours, _)| reply.get(*ours));
                match made.map(text).filter(|made| !made.is_empty()) {
                    // The server was put back since: that id is another record's by now.
                    Some(made) if order == Order::Before && is_above(&made, seen) => {}
                    Some(made) => _ = self.claimed.insert(made),
                    None if is_alike => self.done.add(order),
                    None if like.is_beside => self.done_beside.add(order),
                    None if like.may_be_beside => self.is_unclear |= like.is_alike,
                    None => {}
                }
            }
            None | Some(Outcome::Unsettled(_)) => {
                self.has_open |= like.may_be_beside && like.is_alike && is_own_run;
            }
            Some(Outcome::Refused { .. } | Outcome::NotSent { .. }) => {}
        }
    }
}

/// Whether a record came after what was seen.
fn is_above(id: &str, seen: Option<i64>) -> bool {
    let id = number(&Value::from(id));
    id.zip(seen).is_some_and(|(id, seen)| id > seen)
}

/// The error of a write in doubt that could not be looked for.
fn unseen(action: &ActionRef, cause: CallError) -> CallError {
    if cause.kind == CallErrorKind::Interrupted || cause.kind.stops_the_run() {
        return cause;
    }
    CallError {
        action: action.name().to_owned(),
        message: format!(
            "`{}` may or may not have been applied before, and looking for it failed: {}",
            action.name(),
            why(&cause)
        ),
        kind: of_doubt(cause.kind),
        delivery: Delivery::InDoubt,
        ..cause
    }
}

/// Whether a record is in the state that the call brings about.
fn is_brought(find: &Find, record: &Value) -> bool {
    find.is.iter().all(|(theirs, values)| {
        let state = fields(record, theirs);
        let state = state.first().map_or("", String::as_str);
        values
            .split('|')
            .any(|value| value.eq_ignore_ascii_case(state))
    })
}

/// Whether a record is the same in those fields; what was left out is empty on the server
/// too, or is not compared.
fn is_same(
    action: &ActionRef,
    pairs: &[(&str, &str)],
    record: &Value,
    params: &Params,
    is_strict: bool,
) -> bool {
    let was_sent = |(_, ours): &&(&str, &str)| is_strict || !sent(params, ours).is_empty();
    pairs.iter().filter(was_sent).all(|(theirs, ours)| {
        let theirs = fields(record, theirs);
        let meaning = meaning(action, ours);
        match (params.get(*ours), &theirs[..]) {
            // Amounts of lines are compared by their sum.
            (Some(Value::Array(ours)), [total]) if meaning == Meaning::Number && ours.len() > 1 => {
                meaning.is_same(total, &sum(ours))
            }
            // Every one of ours is among theirs, which may be more.
            (Some(Value::Array(ours)), theirs) => {
                let mut ours = ours.iter().map(text).filter(|ours| !ours.is_empty());
                ours.all(|ours| theirs.iter().any(|theirs| is_alike(meaning, theirs, &ours)))
            }
            // An amount that a list does not show at all tells nothing of its record.
            (_, []) if !is_strict && meaning == Meaning::Number => true,
            (_, theirs) => {
                let theirs = theirs.first().map_or("", String::as_str);
                is_alike(meaning, theirs, &sent(params, ours))
            }
        }
    })
}

/// Whether each of our lines, such as the description and the amount of an item, is one line
/// of what was shown; each of theirs is one of ours only.
fn has_each(action: &ActionRef, closer: &Closer, params: &Params, shown: &[Value]) -> bool {
    let was_sent = |(_, ours): &&(&str, &str)| !sent(params, ours).is_empty();
    let mut groups: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    for (theirs, ours) in closer.same.iter().filter(was_sent) {
        let (list, field) = theirs.rsplit_once('.').unwrap_or(("", theirs));
        match groups.iter_mut().find(|(known, _)| *known == list) {
            Some((_, pairs)) => pairs.push((field, ours)),
            None => groups.push((list, vec![(field, ours)])),
        }
    }
    groups.iter().all(|(list, pairs)| {
        let lines = shown.iter().flat_map(|record| match *list {
            "" => vec![record],
            list => at(record, list).into_iter().flat_map(items).collect(),
        });
        let mut theirs: Vec<&Value> = lines.collect();
        let ours: Vec<Vec<String>> = pairs
            .iter()
            .map(|(_, ours)| items(&params[*ours]).into_iter().map(text).collect())
            .collect();
        let count = ours.iter().map(Vec::len).max().unwrap_or_default();
        (0..count).all(|place| {
            let is_it = |line: &&Value| {
                pairs.iter().zip(&ours).all(|((field, name), ours)| {
                    let ours = ours.get(place).map_or("", String::as_str);
                    ours.is_empty() || is_alike(meaning(action, name), &text(&line[*field]), ours)
                })
            };
            let is_empty = ours
                .iter()
                .all(|ours| ours.get(place).is_none_or(String::is_empty));
            let found = theirs.iter().position(is_it);
            is_empty || found.map(|place| theirs.swap_remove(place)).is_some()
        })
    })
}

/// Whether two values mean the same, however the blanks and capitals of a text are.
fn is_alike(meaning: Meaning, theirs: &str, ours: &str) -> bool {
    let words = |text: &str| {
        let lower = text.to_lowercase();
        lower.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // A server keeps what it was sent either as it came or as HTML writes it, whatever a
    // profile says.
    let decoded = Entities::Decode.plain(theirs);
    let mut both = [theirs, &decoded].into_iter();
    both.any(|theirs| meaning.is_same(theirs, ours) || words(theirs) == words(ours))
}

/// The values at a dotted path, those of every item where there is a list on the way.
fn fields(record: &Value, path: &str) -> Vec<String> {
    at(record, path).into_iter().map(text).collect()
}

fn at<'r>(record: &'r Value, path: &str) -> Vec<&'r Value> {
    let mut found = vec![record];
    for step in path.split('.') {
        let items = found.into_iter().flat_map(items);
        found = items.filter_map(|item| item.get(step)).collect();
    }
    found
}

fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// What a record tells of a field of the lost reply: nothing, where it shows too little.
fn field_of_reply(record: &Value, theirs: &str) -> Option<Value> {
    let Some((list, kind)) = theirs.split_once('[') else {
        return record.get(theirs).cloned();
    };
    let (kind, field) = kind.split_once("].")?;
    let (name, kind) = kind.split_once('=')?;
    let lines: Vec<&Value> = at(record, list).into_iter().flat_map(items).collect();
    let kinds: Option<Vec<&str>> = lines.iter().map(|line| line.get(name)?.as_str()).collect();
    let kinds = kinds.filter(|kinds| !kinds.is_empty())?;
    let of_kind = lines.iter().zip(kinds);
    let of_kind = of_kind.filter(|(_, other)| other.eq_ignore_ascii_case(kind));
    let ids: Option<Vec<i64>> = of_kind
        .map(|(line, _)| number(line.get(field)?).filter(|id| *id > 0))
        .collect();
    // They are made in the order in which they were asked for.
    let mut ids = ids?;
    ids.sort_unstable();
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    Some(ids.join(",").into())
}

fn sum(amounts: &[Value]) -> String {
    let amounts = amounts
        .iter()
        .filter_map(|amount| plain_number(&text(amount)));
    amounts.sum::<rust_decimal::Decimal>().to_string()
}

/// An amount in hundredths.
fn cents(value: &Value) -> Option<i64> {
    use rust_decimal::prelude::ToPrimitive as _;
    let amount = plain_number(&text(value))?;
    (amount * rust_decimal::Decimal::ONE_HUNDRED).to_i64()
}

/// Whether a parameter is a whole number, as ids are.
fn is_whole(action: &ActionRef, name: &str) -> bool {
    let ActionRef::Known(action) = action else {
        return false;
    };
    catalog::parameter(action, name).is_some_and(|param| param.kind == catalog::ParamKind::Int)
}

/// As what values of a parameter are compared.
fn meaning(action: &ActionRef, name: &str) -> Meaning {
    let ActionRef::Known(action) = action else {
        return Meaning::Text;
    };
    catalog::parameter(action, name).map_or(Meaning::Text, |param| Meaning::for_param(param, false))
}

fn given_back(find: &Find, record: &Value) -> Map<String, Value> {
    // No `result`, which only a reply of the server's own has: what it lacks is not known.
    let known =
        |(ours, theirs): &(&str, &str)| Some(((*ours).to_owned(), field_of_reply(record, theirs)?));
    find.reply.iter().filter_map(known).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::way::is_certain;
    use super::*;

    fn known(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    fn find(action: &str) -> &'static Find {
        catalog::action(action).unwrap().find.as_ref().unwrap()
    }

    fn params(value: &Value) -> Params {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn only_what_was_sent_can_be_looked_for() {
        let payment = find("AddTransaction");
        assert!(is_certain(payment, &params(&json!({"transid": "T1"}))));
        assert!(!is_certain(payment, &params(&json!({"transid": ""}))));
        assert!(!is_certain(payment, &params(&json!({"amountin": "5"}))));
        let twin = json!({"transid": "T1", "allowduplicatetransid": true});
        assert!(!is_certain(payment, &params(&twin)));
    }

    #[test]
    fn a_record_must_be_the_same_in_every_field_compared() {
        let sent = params(&json!({"clientid": 7, "email": "Jo@example.com", "firstname": "Jo"}));
        let ours = json!({"id": 3, "userid": "7", "email": "jo@example.com", "firstname": "Jo", "lastname": ""});
        let contact = find("AddContact");
        assert!(is_same(
            &known("AddContact"),
            contact.same,
            &ours,
            &sent,
            true
        ));
        assert_eq!(given_back(contact, &ours)["contactid"], 3);
        let brien = params(
            &json!({"clientid": 7, "email": "jo@example.com", "firstname": "Jo", "lastname": "O'Brien & Co"}),
        );
        let mut theirs = ours.clone();
        theirs["lastname"] = "O&#039;Brien &amp; Co".into();
        assert!(is_same(
            &known("AddContact"),
            contact.same,
            &theirs,
            &brien,
            true
        ));
        for (field, other) in [
            ("userid", "8"),
            ("email", "jo@example.org"),
            ("lastname", "Lee"),
        ] {
            let mut theirs = ours.clone();
            theirs[field] = other.into();
            assert!(
                !is_same(&known("AddContact"), contact.same, &theirs, &sent, true),
                "{field}"
            );
        }
    }

    #[test]
    fn the_ids_of_an_order_s_lines_are_told_where_it_shows_its_lines() {
        let told = |lines: Value| {
            let record = json!({"id": 7, "invoiceid": 9, "lineitems": {"lineitem": lines}});
            Value::Object(given_back(find("AddOrder"), &record))
        };
        let lines = json!([
            {"type": "product", "relid": 12}, {"type": "domain", "relid": "3"},
            {"type": "product", "relid": "9"}, {"type": "renewal", "relid": 1},
        ]);
        let all = json!({"orderid": 7, "invoiceid": 9, "productids": "9,12", "serviceids": "9,12",
            "addonids": "", "domainids": "3"});
        assert_eq!(told(lines), all);
        let little = json!({"orderid": 7, "invoiceid": 9});
        for lines in [
            json!([]),
            json!([{"relid": 12}]),
            json!([{"type": "product", "relid": 12}, {"relid": 13}]),
        ] {
            assert_eq!(told(lines.clone()), little, "{lines}");
        }
        // Of one kind alone it does not say which.
        let vague =
            told(json!([{"type": "product", "relid": null}, {"type": "addon", "relid": 2}]));
        assert_eq!(vague.get("serviceids"), None);
        assert_eq!(vague["addonids"], "2");
    }

    #[test]
    fn a_text_is_decoded_once_and_not_twice() {
        let is_found = |typed: &str, kept: &str| {
            let sent = json!({"clientid": 7, "email": "jo@example.com", "lastname": typed});
            let record = json!({"id": 3, "userid": "7", "email": "jo@example.com",
                "firstname": "", "lastname": kept});
            let same = find("AddContact").same;
            is_same(&known("AddContact"), same, &record, &params(&sent), true)
        };
        // As it came, and as HTML writes it.
        for kept in ["O'Hara & Co", "O&#039;Hara &amp; Co"] {
            assert!(is_found("O'Hara & Co", kept), "{kept}");
        }
        for kept in ["R&amp;D", "R&amp;amp;D"] {
            assert!(is_found("R&amp;D", kept), "{kept}");
        }
        assert!(!is_found("R&D", "R&amp;amp;D"));
        assert!(!is_found("O'Hara & Co", "O&amp;#039;Hara &amp;amp; Co"));
        // A letter that stands bare says that nothing was encoded.
        assert!(!is_found("<R&D>", "<R&amp;D>"));
    }
}
