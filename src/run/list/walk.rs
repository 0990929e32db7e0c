//! A list read record by record, its pages fetched ahead.
//!
//! Records come in the order of the list and each one once. At most a few pages
//! are in flight or waiting, except when a write is about to leave: then the
//! rest is read first. Dropping the walk stops the fetching.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::backlog::{Backlog, FetchAhead};
use super::open_walks::Unread;
use super::page_ranges::{PageRange, Rest};
use super::page_size::PageSize;
use super::partial::no_count;
use super::promise::Verdict;
use super::record::{Page, TOTAL, count, whole_number};
use crate::catalog::{Action, List};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::{Run, interrupted};
use crate::secrets;

/// A list being read; the records not taken yet.
pub struct Walk(Arc<Reader>);

struct Reader {
    run: Arc<Run>,
    action: &'static Action,
    list: &'static List,
    params: Params,
    backlog: Mutex<Backlog>,
    arrived: Condvar,
    /// Whether it was told that its total is no count.
    no_total: Once,
}

impl Walk {
    fn new(
        run: Arc<Run>,
        action: &'static Action,
        list: &'static List,
        mut params: Params,
    ) -> Self {
        let mut size = PageSize::following(run.server().timeout);
        let rest = if list.paged {
            let mut number = |name| params.remove(name).as_ref().and_then(whole_number);
            size = number("limitnum").map_or(size, PageSize::given);
            Rest::paged(number("limitstart").unwrap_or(0))
        } else {
            Rest::whole()
        };
        Self(Arc::new(Reader {
            run,
            action,
            list,
            params,
            backlog: Mutex::new(Backlog::new(rest, size)),
            arrived: Condvar::new(),
            no_total: Once::new(),
        }))
    }

    /// The action whose list is walked.
    pub fn action(&self) -> &'static Action {
        self.0.action
    }

    /// What the list is asked for.
    pub fn params(&self) -> &Params {
        &self.0.params
    }

    /// What the server warned about since this was last asked, each warning once.
    pub fn warnings(&self) -> Vec<String> {
        self.0.backlog().warnings()
    }

    /// Waits for the next record; `None` after the last one, and after an error.
    pub fn take(&self) -> Option<Result<Value, CallError>> {
        let reader = &self.0;
        let mut backlog = reader.backlog();
        if backlog.pace == FetchAhead::Closed {
            backlog.pace = FetchAhead::Ahead;
            let unread: Weak<Reader> = Arc::downgrade(reader);
            reader.run.walks.add(unread);
        }
        loop {
            if let Some(record) = backlog.record() {
                // Its page may have come to another thread.
                reader.hold_secrets(&record);
                return Some(Ok(record));
            }
            Reader::fetch_ahead(reader, &mut backlog);
            if !backlog.is_waiting() {
                return backlog.tell().map(Err);
            }
            match reader.wait(backlog) {
                Ok(woken) => backlog = woken,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Run {
    /// Walks every record of a list action; `None` if the action returns no list.
    pub fn walk(self: &Arc<Self>, action: &'static Action, params: Params) -> Option<Walk> {
        let list = action.list.as_ref()?;
        Some(Walk::new(Arc::clone(self), action, list, params))
    }

    /// How many records a list has at this moment, by its own count; nothing of one that has
    /// no pages or counts those of the page alone.
    ///
    /// # Errors
    /// Those of the read.
    pub fn count_now(
        &self,
        action: &'static Action,
        params: &Params,
    ) -> Result<Option<u64>, CallError> {
        if action.list.as_ref().is_none_or(|list| !list.paged) {
            return Ok(None);
        }
        let mut params = params.clone();
        params.insert("limitnum".to_owned(), 1.into());
        let reply = self.call(&ActionRef::Known(action), &params)?;
        let total = reply.body.get(TOTAL).and_then(count);
        Ok(total.filter(|total| *total > 1))
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.0.backlog().pace = FetchAhead::Dropped;
    }
}

impl Reader {
    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a page arrives or the user interrupts.
    fn wait<'b>(
        &self,
        mut backlog: MutexGuard<'b, Backlog>,
    ) -> Result<MutexGuard<'b, Backlog>, CallError> {
        if self.run.cancel().is_raised() {
            return Err(interrupted(self.action.name));
        }
        (backlog, _) = self
            .arrived
            .wait_timeout(backlog, Duration::from_millis(20))
            .unwrap_or_else(PoisonError::into_inner);
        Ok(backlog)
    }

    /// Sends for the pages that may be sent for now, each on its own thread.
    fn fetch_ahead(this: &Arc<Self>, backlog: &mut Backlog) {
        while let Some(stretch) = backlog.send_for() {
            let reader = Arc::clone(this);
            let thread = thread::Builder::new().name(format!("{} page", this.action.name));
            if let Err(error) = thread.spawn(move || Self::fetch(&reader, stretch)) {
                backlog.lose(this.broken(&format!("no thread for the next page: {error}")));
            }
        }
        if let Some(verdict) = backlog.conclude() {
            this.act_on(&verdict, backlog);
            if verdict == Verdict::ReadAgain {
                Self::fetch_ahead(this, backlog);
            }
        }
    }

    /// Tells what the list did not keep of what it promised.
    fn act_on(&self, verdict: &Verdict, backlog: &mut Backlog) {
        let (function, came) = (self.action.function, backlog.came());
        match verdict {
            Verdict::Kept | Verdict::ReadAgain => {}
            Verdict::Fell { from, to } => backlog.warn(vec![format!(
                "the list shrank from {from} to {to} records while it was read; it was read again \
                 and has {came} records"
            )]),
            Verdict::Exceeded { counted } => backlog.warn(vec![format!(
                "the server counts {counted} records but returned {came}: its count was ignored, \
                 and the list was read to its end"
            )]),
            Verdict::Broken { promised } => {
                let why = format!(
                    "the server counts {promised} records but returned {came}, although the list \
                     was read twice"
                );
                let cure = format!(
                    "if the server counts records that it does not return, `{function}(#{{ \
                     limitnum: {promised} }})` takes those that it returns"
                );
                backlog.fail(self.broken(&why).hint(cure));
            }
        }
    }

    fn fetch(this: &Arc<Self>, stretch: PageRange) {
        let patience = &this.run.patience;
        let began = patience.now();
        // A panic must not leave the reader waiting for a page that never comes.
        let reply = catch_unwind(AssertUnwindSafe(|| this.reply(stretch)));
        let took = patience.now().since(began).unwrap_or_default();
        let mut backlog = this.backlog();
        match reply {
            Ok(Ok(reply)) => match this.page(reply) {
                Ok(page) => {
                    if !backlog.keep(stretch, this.list, page, took) {
                        let why = "the server sends the same page whichever page is requested";
                        backlog.fail(this.broken(why));
                    }
                }
                Err(error) => backlog.lose(error),
            },
            Ok(Err(error)) => {
                if !(this.list.paged && backlog.ask_again(stretch, &error)) {
                    backlog.lose(error);
                }
            }
            Err(_) => backlog.lose(this.broken("the page could not be read")),
        }
        Self::fetch_ahead(this, &mut backlog);
        this.arrived.notify_all();
    }

    fn reply(&self, stretch: PageRange) -> Result<Reply, CallError> {
        let mut params = self.params.clone();
        if self.list.paged {
            params.insert("limitstart".into(), stretch.offset.into());
            params.insert("limitnum".into(), stretch.length.into());
        }
        self.run.call(&ActionRef::Known(self.action), &params)
    }

    fn page(&self, reply: Reply) -> Result<Page, CallError> {
        let page = Page::take_from(reply, self.list)
            .ok_or_else(|| self.broken(&format!("its reply has no list `{}`", self.list.path)))?;
        if let Some(total) = page.no_total.as_ref().filter(|_| self.list.paged) {
            // Once of a list, however many pages it has.
            self.no_total.call_once(|| {
                self.run.patience.tell(&no_count(self.action, total));
            });
        }
        Ok(page)
    }

    fn hold_secrets(&self, record: &Value) {
        for secret in secrets::texts_of_record(self.action, self.list.path, record) {
            secrets::learn(&secret);
        }
    }

    fn broken(&self, why: &str) -> CallError {
        CallError {
            kind: CallErrorKind::NotJson,
            action: self.action.name.to_owned(),
            message: format!("cannot read the list of `{}`: {why}", self.action.name),
            hint: None,
            http: None,
            delivery: Delivery::Refused,
        }
    }
}

impl Unread for Reader {
    fn read_to_end(self: Arc<Self>) -> Result<(), CallError> {
        let mut backlog = self.backlog();
        if backlog.pace == FetchAhead::Dropped {
            return Ok(());
        }
        backlog.pace = FetchAhead::ToTheEnd;
        Self::fetch_ahead(&self, &mut backlog);
        while backlog.is_waiting() {
            backlog = self.wait(backlog)?;
        }
        backlog.untold().map_or(Ok(()), Err)
    }
}
