//! Looks through a list for one record, page by page, and no further than needed.

use std::collections::HashSet;

use serde_json::Value;

use super::record::{Identity, Page};
use crate::catalog::{Action, List};
use crate::client::{ActionRef, CallError, Params, Reply};
use crate::run::Run;

/// Records asked for at a time.
const PAGE: u64 = 250;

/// What a list holds of a record that is looked for.
pub(in crate::run) enum SearchResult {
    /// The record.
    Record(Value),
    /// It is not there.
    Nothing,
    /// The reply has no list, or less of it than it promises.
    Unreadable,
}

impl Run {
    /// The first record of a list action for which `is_it` holds; it sees whole pages.
    pub(in crate::run) fn look(
        &self,
        looking: &'static Action,
        query: Params,
        is_it: impl FnMut(&Value) -> bool,
    ) -> Result<SearchResult, CallError> {
        let Some(list) = &looking.list else {
            return Ok(SearchResult::Unreadable);
        };
        look_by(list, query, is_it, |query| self.read(looking, query))
    }

    /// The same for what nobody asked for, in a list that may stand within the reply: a
    /// role that lacks the read stops nothing.
    pub(in crate::run) fn look_unasked(
        &self,
        looking: &'static Action,
        query: Params,
        at: Option<&'static str>,
        is_it: impl FnMut(&Value) -> bool,
    ) -> Result<SearchResult, CallError> {
        let mut is_it = is_it;
        let read = |query: &Params| {
            let action = ActionRef::Known(looking);
            self.admit(&action, query)?;
            self.send_unasked(&action, query)
        };
        if at == Some(".") {
            let record = Value::Object(read(&query)?.body);
            return Ok(if is_it(&record) {
                SearchResult::Record(record)
            } else {
                SearchResult::Nothing
            });
        }
        let within = at.map(|path| List {
            path,
            key: None,
            paged: false,
        });
        let Some(list) = within.as_ref().or(looking.list.as_ref()) else {
            return Ok(SearchResult::Unreadable);
        };
        look_by(list, query, is_it, read)
    }

    /// Sends a read of the run's own, under the rules of any other call; its texts are as the
    /// server sent them.
    pub(in crate::run) fn read(
        &self,
        action: &'static Action,
        query: &Params,
    ) -> Result<Reply, CallError> {
        let action = ActionRef::Known(action);
        self.admit(&action, query)?;
        self.ask(&action, query).0
    }
}

/// The first record for which `is_it` holds, page by page.
fn look_by(
    list: &List,
    mut query: Params,
    mut is_it: impl FnMut(&Value) -> bool,
    read: impl Fn(&Params) -> Result<Reply, CallError>,
) -> Result<SearchResult, CallError> {
    let mut offset = 0;
    let mut seen = HashSet::new();
    loop {
        if list.paged {
            query.insert("limitstart".into(), offset.into());
            query.insert("limitnum".into(), PAGE.into());
        }
        let reply = read(&query)?;
        let Some(page) = Page::take_from(reply, list) else {
            return Ok(SearchResult::Unreadable);
        };
        let count = page.records.len() as u64;
        let before = seen.len();
        seen.extend(
            page.records
                .iter()
                .map(|record| Identity::identify(record, list)),
        );
        let is_new = seen.len() > before;
        // Every record of the page is shown, also those behind the one.
        let found = page.records.into_iter().filter(|record| is_it(record));
        if let Some(record) = found.reduce(|first, _| first) {
            return Ok(SearchResult::Record(record));
        }
        offset += count;
        // A total that a page reaches beyond, or that full pages just fill, may be too low.
        let is_end = |total: u64| offset < total || (offset == total && count < PAGE);
        let total = page.total.filter(|total| is_end(*total));
        let has_more = total.map(|total| offset < total);
        match has_more {
            _ if !list.paged => return Ok(SearchResult::Nothing),
            Some(false) => return Ok(SearchResult::Nothing),
            // It promises more and gives nothing: what is looked for may be there.
            Some(true) if !is_new => return Ok(SearchResult::Unreadable),
            None if !is_new => return Ok(SearchResult::Nothing),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const CLIENTS: List = List {
        path: "clients.client",
        key: Some("id"),
        paged: true,
    };

    #[test]
    fn a_record_behind_a_total_that_is_too_low_is_found() {
        for (records, total) in [(300, 7), (300, 250), (300, 300), (500, 250), (250, 0)] {
            let read = |query: &Params| {
                let start = query["limitstart"].as_u64().unwrap();
                let page: Vec<Value> = (start..records.min(start + PAGE))
                    .map(|id| json!({"id": id}))
                    .collect();
                let reply = json!({"totalresults": total, "clients": {"client": page}});
                Ok(Reply::remembered(reply.as_object().unwrap().clone()))
            };
            let last = |record: &Value| record["id"].as_u64() == Some(records - 1);
            let found = look_by(&CLIENTS, Params::new(), last, read).unwrap();
            assert!(
                matches!(found, SearchResult::Record(_)),
                "{records} {total}"
            );
            let none = look_by(&CLIENTS, Params::new(), |_| false, read).unwrap();
            assert!(matches!(none, SearchResult::Nothing), "{records} {total}");
        }
    }
}
