//! A list read record by record, its pages fetched ahead.
//!
//! Records come in the order of the list and each one once. At most a few pages
//! are in flight or waiting, except when a write is about to leave: then the
//! rest is read first. Dropping the walk stops the fetching.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::plan::{Arrival, Plan, Stretch};
use super::{Run, interrupted};
use crate::catalog::{Action, List};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};

/// Records asked for at a time unless the script says otherwise.
const PAGE: u64 = 100;
/// Pages in flight at once.
const FLYING: usize = 4;
/// Pages in flight or waiting to be taken.
const AHEAD: usize = 8;

/// A list being read; the records not taken yet.
pub struct Walk(Arc<Reader>);

struct Reader {
    run: Arc<Run>,
    action: &'static Action,
    list: &'static List,
    params: Params,
    state: Mutex<State>,
    arrived: Condvar,
}

struct State {
    plan: Plan,
    flying: usize,
    /// Pages by offset, not taken yet.
    pages: BTreeMap<u64, Vec<Value>>,
    /// Records of the page being taken.
    taking: VecDeque<Value>,
    seen: HashSet<Identity>,
    failed: Option<CallError>,
    /// The error was handed out: the walk is over.
    has_told: bool,
    pace: Pace,
}

/// How far ahead of the reader pages are fetched.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Pace {
    /// Not at all: nobody has asked for a record yet.
    Closed,
    /// Some pages ahead.
    Ahead,
    /// Without regard to how much is waiting.
    ToTheEnd,
    /// Not any more: nobody will take another record.
    Dropped,
}

/// What tells a record from the others.
#[derive(Eq, Hash, PartialEq)]
enum Identity {
    Number(u64),
    Text(Box<str>),
}

impl Walk {
    pub(super) fn new(
        run: Arc<Run>,
        action: &'static Action,
        list: &'static List,
        mut params: Params,
    ) -> Self {
        let plan = if list.paged {
            let number = |value: Option<Value>| value.as_ref().and_then(whole_number);
            Plan::paged(
                number(params.remove("limitstart")).unwrap_or(0),
                number(params.remove("limitnum")).unwrap_or(PAGE),
            )
        } else {
            Plan::whole()
        };
        Self(Arc::new(Reader {
            run,
            action,
            list,
            params,
            state: Mutex::new(State {
                plan,
                flying: 0,
                pages: BTreeMap::new(),
                taking: VecDeque::new(),
                seen: HashSet::new(),
                failed: None,
                has_told: false,
                pace: Pace::Closed,
            }),
            arrived: Condvar::new(),
        }))
    }

    /// The action whose list is walked.
    pub fn action(&self) -> &'static Action {
        self.0.action
    }

    /// Waits for the next record; `None` after the last one, and after an error.
    pub fn take(&self) -> Option<Result<Value, CallError>> {
        let reader = &self.0;
        let mut state = reader.state();
        if state.pace == Pace::Closed {
            state.pace = Pace::Ahead;
            reader.run.walks.add(Arc::downgrade(reader));
        }
        loop {
            if let Some(record) = state.taking.pop_front() {
                return Some(Ok(record));
            }
            Reader::fetch_ahead(reader, &mut state);
            if let Some(page) = state.next_page() {
                state.taking = page.into();
            } else if state.flying == 0 {
                return state.tell();
            } else {
                match reader.wait(state) {
                    Ok(woken) => state = woken,
                    Err(error) => return Some(Err(error)),
                }
            }
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.0.state().pace = Pace::Dropped;
    }
}

impl State {
    /// The page that follows the one taken last, if it is here.
    fn next_page(&mut self) -> Option<Vec<Value>> {
        if self.has_next_page() {
            self.pages.pop_first().map(|(_, page)| page)
        } else {
            None
        }
    }

    fn has_next_page(&self) -> bool {
        let first = self.pages.keys().next();
        first.is_some_and(|offset| self.plan.has_all_before(*offset))
    }

    fn may_fetch(&self) -> bool {
        let has_room = self.flying + self.pages.len() < AHEAD;
        // What fills the room may be waiting for a page that was sent short.
        let is_stuck = self.flying == 0 && !self.has_next_page();
        let is_wanted = match self.pace {
            Pace::Closed | Pace::Dropped => false,
            Pace::Ahead => has_room || is_stuck,
            Pace::ToTheEnd => true,
        };
        is_wanted && self.failed.is_none() && self.flying < FLYING
    }

    /// The error that ended the walk, once.
    fn tell(&mut self) -> Option<Result<Value, CallError>> {
        let error = self.failed.clone().filter(|_| !self.has_told)?;
        self.has_told = true;
        Some(Err(error))
    }
}

impl Reader {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a page arrives or the user interrupts.
    fn wait<'s>(
        &self,
        mut state: MutexGuard<'s, State>,
    ) -> Result<MutexGuard<'s, State>, CallError> {
        if self.run.cancel().is_raised() {
            return Err(interrupted(self.action.name));
        }
        (state, _) = self
            .arrived
            .wait_timeout(state, Duration::from_millis(20))
            .unwrap_or_else(PoisonError::into_inner);
        Ok(state)
    }

    /// Sends for the pages that may be sent for now, each on its own thread.
    fn fetch_ahead(this: &Arc<Self>, state: &mut State) {
        while state.may_fetch() {
            let Some(stretch) = state.plan.next() else {
                return;
            };
            state.flying += 1;
            let reader = Arc::clone(this);
            let thread = thread::Builder::new().name(format!("{} page", this.action.name));
            if let Err(error) = thread.spawn(move || Self::fetch(&reader, stretch)) {
                state.flying -= 1;
                state.failed = Some(this.broken(&format!("no thread for the next page: {error}")));
            }
        }
    }

    fn fetch(this: &Arc<Self>, stretch: Stretch) {
        // A panic must not leave the reader waiting for a page that never comes.
        let page = catch_unwind(AssertUnwindSafe(|| this.page(stretch)))
            .unwrap_or_else(|_| Err(this.broken("the page could not be read")));
        let mut state = this.state();
        state.flying -= 1;
        match page {
            Ok((records, total)) => this.keep(&mut state, stretch, records, total),
            Err(error) => {
                state.failed.get_or_insert(error);
            }
        }
        Self::fetch_ahead(this, &mut state);
        this.arrived.notify_all();
    }

    fn page(&self, stretch: Stretch) -> Result<(Vec<Value>, Option<u64>), CallError> {
        let mut params = self.params.clone();
        if self.list.paged {
            params.insert("limitstart".into(), stretch.offset.into());
            params.insert("limitnum".into(), stretch.length.into());
        }
        let reply = self.run.call(&ActionRef::Known(self.action), &params)?;
        let total = reply.body.get("totalresults").and_then(whole_number);
        Ok((self.records(reply, total)?, total))
    }

    fn records(&self, mut reply: Reply, total: Option<u64>) -> Result<Vec<Value>, CallError> {
        let mut steps = self.list.path.split('.');
        let first = steps.next().and_then(|step| reply.body.get_mut(step));
        let list = steps.fold(first, |value, step| value?.get_mut(step));
        match list.map(Value::take) {
            Some(Value::Array(records)) => Ok(records),
            None | Some(Value::Null) if total.unwrap_or(0) == 0 => Ok(Vec::new()),
            _ => Err(self.broken(&format!("its reply has no list `{}`", self.list.path))),
        }
    }

    fn keep(&self, state: &mut State, stretch: Stretch, mut page: Vec<Value>, total: Option<u64>) {
        let records = page.len() as u64;
        if self.list.paged {
            page.retain(|record| state.seen.insert(self.identity(record)));
        }
        let arrival = Arrival {
            records,
            fresh: page.len() as u64,
            total,
        };
        if !state.plan.arrived(stretch, arrival) {
            state.failed.get_or_insert_with(|| {
                self.broken("the server sends the same page again whatever is asked for")
            });
        }
        if !page.is_empty() {
            state.pages.insert(stretch.offset, page);
        }
    }

    /// A record's key, or all of it where the key is missing.
    fn identity(&self, record: &Value) -> Identity {
        let value = self.list.key.and_then(|key| record.get(key));
        let value = value.unwrap_or(record);
        whole_number(value).map_or_else(
            || Identity::Text(value.to_string().into()),
            Identity::Number,
        )
    }

    fn broken(&self, why: &str) -> CallError {
        CallError {
            kind: CallErrorKind::NotJson,
            action: self.action.name.to_owned(),
            message: format!("`{}` cannot be walked: {why}", self.action.name),
            hint: None,
            http: None,
            delivery: Delivery::Refused,
        }
    }

    /// Reads everything that is left into memory.
    fn read_to_end(this: &Arc<Self>) -> Result<(), CallError> {
        let mut state = this.state();
        if state.pace == Pace::Dropped {
            return Ok(());
        }
        state.pace = Pace::ToTheEnd;
        Self::fetch_ahead(this, &mut state);
        while state.flying > 0 {
            state = this.wait(state)?;
        }
        match &state.failed {
            Some(error) if !state.has_told => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

/// A count however the server spelled it.
fn whole_number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

/// The lists being walked in a run.
#[derive(Default)]
pub(super) struct OpenWalks(Mutex<Vec<Weak<Reader>>>);

impl OpenWalks {
    fn add(&self, reader: Weak<Reader>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|reader| reader.strong_count() > 0);
        open.push(reader);
    }

    /// Reads every open list to its end; the first that fails is the error.
    pub(super) fn read_to_end(&self) -> Result<(), CallError> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let readers: Vec<Arc<Reader>> = open.iter().filter_map(Weak::upgrade).collect();
        drop(open);
        readers.iter().try_for_each(Reader::read_to_end)
    }
}
