//! Which of several loops of one place a loop is: the one whose rows it has.
//!
//! A script may come to the same `bulk` with one list after the other, and a resumed one may
//! pass over the first of them. By their order alone, the rows of the second would be taken
//! for those of the first: for done, or for new.

use rhai::Dynamic;

use crate::run::journal::{JournalError, RowMarks};
use crate::script::bulk::again::Again;
use crate::script::bulk::identity::{Alike, Identity, Knowing};
use crate::script::bulk::options::BulkOptions;
use crate::script::engine::function::Fallible;
use crate::script::host::Host;
use crate::script::raise::Raised;

/// Of the loops it may be, the one in which most of the rows are known, unchanged ones
/// before others; of equal ones the first.
pub(super) fn most_known(
    host: &Host,
    may_be: &[u64],
    rows: &Dynamic,
    options: &BulkOptions,
    knowing: &Knowing,
) -> Fallible<Option<u64>> {
    let first = may_be.first().copied();
    let Some(again) = Some(may_be)
        .filter(|may_be| may_be.len() > 1)
        .and_then(|_| Again::from_rows(rows))
    else {
        return Ok(first);
    };
    let mut best = (first, 0);
    for number in may_be {
        let before = host.rows.source_before(*number);
        let before = before.and_then(|kept| kept.map(|kept| kept.load()).transpose());
        let before =
            before.map_err(|error: JournalError| Raised::new("journal", error.to_string()))?;
        let identity = Identity::new(options, *number, knowing);
        let known = known(host, &again, &identity, before.as_ref())?;
        if known > best.1 {
            best = (Some(*number), known);
        }
    }
    Ok(best.0)
}

/// How many of the rows a loop knows; those it knows with the same cells count twice.
fn known(
    host: &Host,
    again: &Again,
    identity: &Identity,
    before: Option<&RowMarks>,
) -> Fallible<u64> {
    let mut alike = Alike::default();
    let mut known = 0;
    for (value, number) in again.values()?.zip(again.taken + 1..) {
        let value = value?;
        // What is wrong with a row is said when the loop begins.
        let Ok(name) = identity.name_row(&value, number) else {
            continue;
        };
        let key = identity.key(&name, alike.nth(&name));
        known += match before {
            Some(before) => match before.seen(identity.mark(&key, &name, &value)) {
                Some(seen) if seen.is_changed => 1,
                Some(_) => 2,
                None => 0,
            },
            None => u64::from(host.rows.past(&key).is_some() || host.rows.was_begun(&key)),
        };
    }
    Ok(known)
}
