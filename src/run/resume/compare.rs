//! The source of a loop beside what the journal has of it.
//!
//! A row that did something and is gone, while one that is like it has come, is most
//! often the same row mended: done as a new one, it would be done twice. Then the run
//! stops before anything is sent, and the user says which rows are the same.

use std::collections::HashSet;

use super::key::{of_key, scoped};
use super::slip::is_slip;
use crate::run::journal::{Earlier, RowMarks, RowState, bare, is_content};

/// So many pairs of rows are looked at; beyond that whatever is gone counts as mended.
const MOST_LOOKS: usize = 2_000_000;

/// A row of the source that no earlier pass knew.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fresh {
    /// Its key in the journal.
    pub key: String,
    /// Its key as it is spelled; empty for a row without one.
    pub spelled: String,
    /// Its place among the rows.
    pub number: u64,
    /// The line of its file it starts in.
    pub line: Option<u64>,
    /// Its columns and cells.
    pub cells: Vec<(String, String)>,
    /// Whether it is of the run's shard by its own key.
    pub is_own: bool,
}

/// What the comparison came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// The keys of new rows that are rows of the run, and the keys these had.
    pub joined: Vec<(String, String)>,
    /// The keys of rows that did nothing and are gone.
    pub replaced: Vec<String>,
    /// How many rows that did something are gone otherwise.
    pub gone: u64,
    /// Why the run must not go on with this source.
    pub stop: Option<Stop>,
    /// What was said of rows that are not there.
    pub unknown: Vec<String>,
}

/// Why a source is not that of the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// No row of it is one of the run.
    Another,
    /// Rows that did something are gone, and others have come: each with the one that is
    /// like it, where there is one, as `OLD` and `NEW` of the option that joins them.
    Changed(Vec<(String, Option<String>)>),
    /// Rows that other shards may have done are gone, so many, and these are new in this one.
    Elsewhere(u64, Vec<String>),
}

/// What a run knows of its source that does the rows of one shard.
pub struct OfShard<'m> {
    /// The loop, as in keys of the journal.
    pub bulk: u64,
    /// All rows of the source as they were.
    pub before: &'m RowMarks,
    /// All rows as they are now.
    pub now: &'m RowMarks,
}

/// The same as [`compare`] for a shard, which cannot know what the others did: a mended key
/// may have moved a row to this one, where it would be done anew.
pub fn compare_in_shard(
    gone: &[Earlier],
    fresh: &[Fresh],
    same: &[String],
    accepts: bool,
    is_another: bool,
    shard: &OfShard<'_>,
) -> Compared {
    let (mut own, mut elsewhere) = (Vec::new(), Vec::new());
    for said in same {
        match told_elsewhere(said, gone, fresh, shard) {
            Some(joined) => elsewhere.push(joined),
            None => own.push(said.clone()),
        }
    }
    let mut compared = compare(gone, fresh, &own, accepts, is_another);
    let known = gone.iter().filter(|row| shard.before.has(&row.key)).count() + elsewhere.len();
    compared.joined.extend(elsewhere);
    let all_gone = shard
        .before
        .iter()
        .filter(|mark| shard.now.seen(*mark).is_none());
    let others = all_gone.count().saturating_sub(known) as u64;
    let is_joined = |row: &Fresh| compared.joined.iter().any(|(new, _)| *new == row.key);
    let new: Vec<String> = fresh
        .iter()
        .filter(|row| row.is_own && !is_joined(row))
        .map(name_of_fresh)
        .collect();
    if compared.stop.is_none() && !accepts && others > 0 && !new.is_empty() {
        compared.stop = Some(Stop::Elsewhere(others, new));
    }
    compared
}

/// The keys of a new row and of a gone one that is another shard's, which somebody says are
/// one: that shard goes on with it.
fn told_elsewhere(
    said: &str,
    gone: &[Earlier],
    fresh: &[Fresh],
    shard: &OfShard<'_>,
) -> Option<(String, String)> {
    said.match_indices('=').find_map(|(at, _)| {
        let (old, new) = (said[..at].trim(), said[at + 1..].trim());
        let key = scoped(shard.bulk, &of_key(old));
        let is_elsewhere =
            shard.before.has(&key) && !shard.now.has(&key) && gone.iter().all(|row| row.key != key);
        let new = fresh
            .iter()
            .find(|row| is_meant(new, &row.key, row.line, Some(row.number)))?;
        is_elsewhere.then(|| (new.key.clone(), key))
    })
}

/// Compares rows that are gone with rows that have come. `same` is what the user said
/// of them, as `OLD=NEW`; with `accepts` nothing stops the run.
///
/// `is_another` says that the source has no row of the run at all.
pub fn compare(
    gone: &[Earlier],
    fresh: &[Fresh],
    same: &[String],
    accepts: bool,
    is_another: bool,
) -> Compared {
    compare_by(gone, fresh, same, accepts, is_another, pairs)
}

/// The same where nothing tells which rows the source had when the run began: one that did
/// something and is gone may be any of those that did nothing yet, so that it stops the run.
pub fn compare_unkept(
    gone: &[Earlier],
    fresh: &[Fresh],
    same: &[String],
    accepts: bool,
) -> Compared {
    compare_by(gone, fresh, same, accepts, false, every_pair)
}

fn compare_by(
    gone: &[Earlier],
    fresh: &[Fresh],
    same: &[String],
    accepts: bool,
    is_another: bool,
    pairs: impl Fn(&[&Earlier], &[&Fresh]) -> Vec<(String, Option<String>)>,
) -> Compared {
    let mut compared = Compared::default();
    let (mut taken, mut given) = (HashSet::new(), HashSet::new());
    for said in same {
        match places_named(said, gone, fresh) {
            // One row cannot go on as two, nor two as one.
            Some((old, new)) if !taken.contains(&old) && given.insert(new) => {
                taken.insert(old);
                compared
                    .joined
                    .push((fresh[new].key.clone(), gone[old].key.clone()));
            }
            _ => compared.unknown.push(said.clone()),
        }
    }
    let joined: HashSet<&str> = compared
        .joined
        .iter()
        .map(|(new, _)| new.as_str())
        .collect();
    let fresh: Vec<&Fresh> = fresh
        .iter()
        .filter(|row| !joined.contains(row.key.as_str()))
        .collect();
    let places = 0..gone.len();
    let gone: Vec<&Earlier> = places
        .filter(|place| !taken.contains(place))
        .map(|place| &gone[place])
        .collect();
    let (idle, active): (Vec<&Earlier>, Vec<&Earlier>) =
        gone.into_iter().partition(|row| did_nothing(row));
    compared.replaced = idle.into_iter().map(|row| row.key.clone()).collect();
    compared.gone = active.len() as u64;
    if accepts {
        return compared;
    }
    if is_another {
        compared.stop = Some(Stop::Another);
        return compared;
    }
    let pairs = pairs(&active, &fresh);
    compared.stop = (!pairs.is_empty()).then_some(Stop::Changed(pairs));
    compared
}

/// Whether a row left nothing on the server that doing it anew would double, and is not
/// to be counted once it is gone.
fn did_nothing(row: &Earlier) -> bool {
    !row.has_effect && !row.state.is_some_and(RowState::is_settled)
}

fn pairs(gone: &[&Earlier], fresh: &[&Fresh]) -> Vec<(String, Option<String>)> {
    if fresh.is_empty() {
        return Vec::new();
    }
    let is_too_much = gone.len().saturating_mul(fresh.len()) > MOST_LOOKS;
    let mut used = HashSet::new();
    let mut pairs = Vec::new();
    for row in gone.iter().filter(|row| row.has_effect) {
        let place = if is_too_much {
            None
        } else {
            likest(row, fresh, &used)
        };
        used.extend(place);
        // What was on its way when the run was killed, or nobody knows the fate of, may be any
        // of them.
        let is_open = matches!(row.state, None | Some(RowState::InDoubt));
        if place.is_some() || is_open || is_too_much {
            let like = place.or(Some(0).filter(|_| is_open && fresh.len() == 1));
            pairs.push((
                name_of_gone(row),
                like.map(|place| name_of_fresh(fresh[place])),
            ));
        }
    }
    pairs
}

/// Every row that did something and is gone, with the row in its place where that is a new
/// one, or else the one that is most like it.
fn every_pair(gone: &[&Earlier], fresh: &[&Fresh]) -> Vec<(String, Option<String>)> {
    if fresh.is_empty() {
        return Vec::new();
    }
    let is_too_much = gone.len().saturating_mul(fresh.len()) > MOST_LOOKS;
    let mut used = HashSet::new();
    let active = gone.iter().filter(|row| row.has_effect);
    let pair = |row: &&Earlier| {
        let in_its_place = fresh
            .iter()
            .position(|other| Some(other.number) == row.number && !is_too_much);
        let likest = || (!is_too_much).then(|| likest(row, fresh, &used)).flatten();
        let place = in_its_place.or_else(likest);
        used.extend(place);
        let like = place.map(|place| name_of_fresh(fresh[place]));
        (name_of_gone(row), like)
    };
    active.map(pair).collect()
}

/// The place of the new row that is most like one that is gone.
fn likest(row: &Earlier, fresh: &[&Fresh], used: &HashSet<usize>) -> Option<usize> {
    let likeness = |place: &usize| likeness(row, fresh[*place]);
    let places = 0..fresh.len();
    let alike = places.filter(|place| !used.contains(place) && likeness(place) > 0);
    alike.max_by_key(|place| (likeness(place), usize::MAX - place))
}

/// How much a new row is like one that is gone; not at all is 0.
fn likeness(row: &Earlier, fresh: &Fresh) -> usize {
    let is_close = if is_content(&row.key) {
        is_slip(&content(&row.cells), &content(&fresh.cells))
    } else {
        is_slip(bare(&row.key), bare(&fresh.key))
    };
    let same = same_cells(&row.cells, &fresh.cells);
    same + if is_close { 1 + fresh.cells.len() } else { 0 }
}

/// How many cells are equal, if that is half of those both rows have.
fn same_cells(old: &[(String, String)], new: &[(String, String)]) -> usize {
    let (mut both, mut same) = (0, 0);
    for (name, cell) in old {
        // Rows of one source have their columns in one order.
        let other = new.iter().find(|(other, _)| other == name);
        let Some((_, other)) = other.filter(|(_, other)| !other.is_empty() && !cell.is_empty())
        else {
            continue;
        };
        both += 1;
        same += usize::from(of_key(cell) == of_key(other));
    }
    if 2 * same >= both { same } else { 0 }
}

fn content(cells: &[(String, String)]) -> String {
    let cells: Vec<&str> = cells.iter().map(|(_, cell)| cell.as_str()).collect();
    cells.join(" ")
}

/// The places of the rows that somebody meant by `OLD=NEW`.
fn places_named(said: &str, gone: &[Earlier], fresh: &[Fresh]) -> Option<(usize, usize)> {
    // A key may have that sign in it.
    said.match_indices('=').find_map(|(at, _)| {
        let (old, new) = (said[..at].trim(), said[at + 1..].trim());
        let old = gone
            .iter()
            .position(|row| is_meant(old, &row.key, row.line, row.number))?;
        let new = fresh
            .iter()
            .position(|row| is_meant(new, &row.key, row.line, Some(row.number)))?;
        Some((old, new))
    })
}

/// Whether a row is meant by its key, or as `#12` by its line or its number.
fn is_meant(said: &str, key: &str, line: Option<u64>, number: Option<u64>) -> bool {
    if !is_content(key) && (bare(key) == said || bare(key) == of_key(said)) {
        return true;
    }
    let place = said.strip_prefix('#').and_then(|place| place.parse().ok());
    place.is_some_and(|place: u64| line.or(number) == Some(place))
}

fn name_of_gone(row: &Earlier) -> String {
    match row.line.or(row.number) {
        Some(place) if is_content(&row.key) => format!("#{place}"),
        _ => bare(&row.key).to_owned(),
    }
}

fn name_of_fresh(row: &Fresh) -> String {
    if is_content(&row.key) {
        return format!("#{}", row.line.unwrap_or(row.number));
    }
    row.spelled.clone()
}

/// Whether a source has no row that an earlier pass was given.
pub fn shares_nothing(now: &RowMarks, before: &RowMarks) -> bool {
    !before.is_empty() && !now.iter().any(|mark| before.seen(mark).is_some())
}

/// Whether a source is empty because every row that it had came to something: a list of
/// records that goes by what the run itself changed in them.
pub fn is_used_up(gone: &[Earlier], now: &RowMarks, before: &RowMarks) -> bool {
    now.is_empty() && gone.len() == before.len() && !gone.iter().any(did_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[(&str, &str)]) -> Vec<(String, String)> {
        let cell = |(name, cell): &(&str, &str)| ((*name).to_owned(), (*cell).to_owned());
        cells.iter().map(cell).collect()
    }

    fn earlier(
        key: &str,
        state: Option<RowState>,
        has_effect: bool,
        of: &[(&str, &str)],
    ) -> Earlier {
        Earlier {
            key: key.into(),
            number: Some(2),
            line: Some(3),
            state,
            cells: cells(of),
            has_effect,
        }
    }

    fn fresh(key: &str, of: &[(&str, &str)]) -> Fresh {
        Fresh {
            key: key.into(),
            spelled: key.into(),
            number: 7,
            line: Some(8),
            cells: cells(of),
            is_own: true,
        }
    }

    fn stop(gone: &[Earlier], come: &[Fresh]) -> Option<Stop> {
        compare(gone, come, &[], false, false).stop
    }

    #[test]
    fn a_row_that_did_something_and_is_like_a_new_one_stops_the_run() {
        let bob = earlier(
            "bob@x.exmaple",
            Some(RowState::Failed),
            true,
            &[("email", "bob@x.exmaple"), ("pid", "9")],
        );
        let mended = fresh("bob@x.example", &[("email", "bob@x.example"), ("pid", "2")]);
        let pair = ("bob@x.exmaple".to_owned(), Some("bob@x.example".to_owned()));
        assert_eq!(
            stop(std::slice::from_ref(&bob), std::slice::from_ref(&mended)),
            Some(Stop::Changed(vec![pair]))
        );
        let other = fresh("eve@y.example", &[("email", "eve@y.example"), ("pid", "2")]);
        assert_eq!(
            stop(std::slice::from_ref(&bob), std::slice::from_ref(&other)),
            None
        );
        // Half of the cells are the same.
        let moved = fresh("r@y.example", &[("email", "r@y.example"), ("pid", "9")]);
        assert!(stop(std::slice::from_ref(&bob), &[other, moved]).is_some());
        assert_eq!(stop(&[bob], &[]), None);
    }

    #[test]
    fn a_row_that_was_on_its_way_stops_the_run_if_any_row_has_come() {
        let killed = earlier("k1", None, true, &[]);
        assert!(stop(std::slice::from_ref(&killed), &[fresh("zz", &[])]).is_some());
        assert_eq!(stop(&[killed], &[]), None);
        // What never left is no matter.
        let compared = compare(
            &[earlier("k1", None, false, &[])],
            &[fresh("zz", &[])],
            &[],
            false,
            false,
        );
        assert_eq!(
            (compared.stop, compared.replaced),
            (None, vec!["k1".to_owned()])
        );
    }

    #[test]
    fn a_row_that_did_nothing_is_replaced_and_one_that_was_finished_is_counted() {
        let gone = [
            earlier("a", Some(RowState::Failed), false, &[]),
            earlier("b", Some(RowState::Done), false, &[]),
            earlier("c", Some(RowState::Done), true, &[]),
            earlier("d", Some(RowState::Skipped), false, &[]),
        ];
        let compared = compare(&gone, &[fresh("zzzz", &[])], &[], false, false);
        assert_eq!(
            (compared.replaced, compared.gone, compared.stop),
            (vec!["a".to_owned()], 3, None)
        );
    }

    #[test]
    fn rows_are_joined_by_their_keys_or_their_lines() {
        let content = |digit: &str| format!("~{}", digit.repeat(32));
        let bob = earlier("bob@x.exmaple", Some(RowState::Failed), true, &[]);
        let keyless = earlier(&content("a"), Some(RowState::Failed), true, &[]);
        let come = [fresh("bob@x.example", &[]), fresh(&content("b"), &[])];
        let same = [
            "Bob@x.exmaple = bob@x.example".to_owned(),
            "#3=#8".to_owned(),
            "a=b".to_owned(),
        ];
        let compared = compare(
            &[keyless.clone(), bob],
            &come[..1],
            &same[..1],
            false,
            false,
        );
        assert_eq!(
            compared.joined,
            [("bob@x.example".to_owned(), "bob@x.exmaple".to_owned())]
        );
        let compared = compare(&[keyless], &come[1..], &same[1..], false, false);
        assert_eq!(compared.joined, [(content("b"), content("a"))]);
        assert_eq!(
            (compared.stop, compared.unknown),
            (None, vec!["a=b".to_owned()])
        );
    }

    #[test]
    fn one_row_does_not_go_on_as_two_nor_two_as_one() {
        let gone = ["x", "y"].map(|key| earlier(key, Some(RowState::Done), true, &[]));
        let come = ["xx", "new"].map(|key| fresh(key, &[]));
        for (same, refused) in [(["x=xx", "x=new"], "x=new"), (["x=xx", "y=xx"], "y=xx")] {
            let same = same.map(str::to_owned);
            let compared = compare(&gone, &come, &same, false, false);
            assert_eq!(compared.joined, [("xx".to_owned(), "x".to_owned())]);
            assert_eq!(compared.unknown, [refused]);
        }
    }

    #[test]
    fn a_source_without_a_row_of_the_run_is_another_unless_it_is_accepted() {
        let gone = [earlier("a", Some(RowState::Done), true, &[])];
        assert_eq!(
            compare(&gone, &[], &[], false, true).stop,
            Some(Stop::Another)
        );
        assert_eq!(compare(&gone, &[], &[], true, true).stop, None);
    }

    #[test]
    fn too_many_changes_to_look_at_stop_the_run() {
        let gone: Vec<_> = (0..2000)
            .map(|n| earlier(&format!("old{n}"), Some(RowState::Done), true, &[]))
            .collect();
        let come: Vec<_> = (0..2000).map(|n| fresh(&format!("neu{n}"), &[])).collect();
        assert!(matches!(stop(&gone, &come), Some(Stop::Changed(pairs)) if pairs.len() == 2000));
    }
}
