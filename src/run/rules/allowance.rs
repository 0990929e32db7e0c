//! What is left of what the user allows a run, over every server it speaks to.
//!
//! A write is counted before it is sent, so that workers never pass a limit
//! together, and the count is taken back when the write certainly was not sent.
//! Once a limit stood in the way of one write, every later one is refused: a
//! script that catches the error gets no further.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rust_decimal::Decimal;

use super::limits::{Limits, MAX_DOUBTS, SHARD};
use crate::catalog::Effect;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::bulk::Shard;
use crate::run::money::amount::Money;
use crate::run::money::purse::{MAX_MONEY, NotLeft, Purses};
use crate::run::pacing::pace::Pace;
use crate::run::scope::{self, Scope};

/// What a run may still do; its servers share it.
#[derive(Debug)]
pub struct Allowance {
    pace: Pace,
    no_mail: bool,
    /// Which shard's part of the limits they are.
    shard: Option<Shard>,
    writes: Quota,
    deletes: Quota,
    money: Purses,
    passed: OnceLock<CallError>,
    doubts: Doubts,
}

/// How many writes of this process are in doubt now.
#[derive(Debug)]
struct Doubts {
    most: u64,
    open: AtomicU64,
    /// Why no write is sent any more, once there were too many.
    stopped: OnceLock<CallError>,
}

/// A write that is in doubt for as long as this is held.
pub(in crate::run) struct Doubt<'a>(&'a Doubts);

impl Doubt<'_> {
    /// It stays so: the count keeps it.
    pub fn stays(self) {
        std::mem::forget(self);
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A number of calls, and how many of them were made.
#[derive(Debug)]
struct Quota {
    most: u64,
    used: AtomicU64,
}

/// A write that is counted; unless it is said to be sent, it is not any more when this is dropped.
pub(in crate::run) struct Reserved<'a> {
    quotas: [Option<&'a Quota>; 2],
    money: Option<(&'a Purses, Money)>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self::from_limits(&Limits::default())
    }
}

impl Allowance {
    /// All that those limits allow.
    pub fn from_limits(limits: &Limits) -> Self {
        Self {
            pace: limits
                .rate
                .map_or(Pace::unlimited(), crate::run::Rate::pace),
            no_mail: limits.no_mail,
            shard: limits.shard,
            writes: Quota::up_to(limits.max_writes),
            deletes: Quota::up_to(limits.max_deletes),
            money: Purses::for_limits(&limits.max_money),
            passed: OnceLock::new(),
            doubts: Doubts {
                most: limits.max_doubts.unwrap_or(MAX_DOUBTS).max(1),
                open: AtomicU64::new(0),
                stopped: OnceLock::new(),
            },
        }
    }

    /// Counts a write that was sent and is in doubt; of too many the last stops all others.
    pub(in crate::run) fn doubt(&self, error: &CallError) -> Doubt<'_> {
        let doubts = &self.doubts;
        let open = doubts.open.fetch_add(1, Ordering::SeqCst) + 1;
        if open >= doubts.most {
            doubts.stopped.get_or_init(|| too_doubtful(open, error));
        }
        Doubt(doubts)
    }

    /// Why no write is sent any more: too many were in doubt at once.
    pub fn doubted(&self) -> Option<&CallError> {
        self.doubts.stopped.get()
    }

    /// The pace of all calls together.
    pub(in crate::run) const fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether all mail is kept in.
    pub(in crate::run) const fn no_mail(&self) -> bool {
        self.no_mail
    }

    /// How the first write was refused that would have passed a limit.
    pub fn passed(&self) -> Option<&CallError> {
        self.passed.get()
    }

    /// Refuses every write after one that would have passed a limit, and those that
    /// every shard of the rows would do.
    pub(in crate::run) fn admit(&self, action: &ActionRef) -> Result<(), CallError> {
        if self.shard.is_some() && action.is_write() && scope::current() == Scope::Main {
            return Err(everybodys(action));
        }
        if let Some(stopped) = self.doubted().filter(|_| action.is_write()) {
            let name = action.name();
            return Err(CallError {
                action: name.to_owned(),
                message: format!("`{name}` was not sent: {}", stopped.message),
                ..stopped.clone()
            });
        }
        match self.passed.get() {
            Some(passed) if action.is_write() => Err(CallError {
                action: action.name().to_owned(),
                message: format!(
                    "`{}` was not sent either: `{}` reached a limit of the run",
                    action.name(),
                    passed.action
                ),
                ..passed.clone()
            }),
            _ => Ok(()),
        }
    }

    /// Whether the run may move a limited sum of money.
    pub(in crate::run) fn limits_money(&self) -> bool {
        self.money.are_limited()
    }

    /// Whether that sum is said for this currency.
    pub(in crate::run) fn limits_currency(&self, currency: &str) -> bool {
        self.money.limit(currency)
    }

    /// Counts the money that earlier passes of the run moved.
    pub fn moved_before(&self, moved: &BTreeMap<String, Decimal>) {
        for (currency, amount) in moved {
            self.money.count(&Money::new(*amount, currency));
        }
    }

    /// Refuses every write from now on, as that one is.
    pub(in crate::run) fn stop_at(&self, error: CallError) -> CallError {
        self.passed.get_or_init(|| error).clone()
    }

    /// Counts a write that is about to be sent, and the money it moves, unless that was
    /// counted before.
    pub(in crate::run) fn reserve(
        &self,
        action: &ActionRef,
        params: &Params,
        money: Option<&Money>,
    ) -> Result<Reserved<'_>, CallError> {
        self.admit(action)?;
        let refuse = |is_delete| {
            let refused = || self.refusal(action, params, is_delete);
            self.passed.get_or_init(refused).clone()
        };
        let mut reserved = Reserved {
            quotas: [None, None],
            money: None,
        };
        if let Some(money) = money.filter(|money| !money.amount.is_zero()) {
            let taken = self.money.take(money);
            taken.map_err(|left| self.stop_at(self.too_much(action, money, &left)))?;
            reserved.money = Some((&self.money, money.clone()));
        }
        if is_delete(action, params) {
            reserved.quotas[0] = Some(self.deletes.take().ok_or_else(|| refuse(true))?);
        }
        if let Some(writes) = self.writes.take() {
            reserved.quotas[1] = Some(writes);
            return Ok(reserved);
        }
        // The delete that is not to be goes back first: the words count it else.
        drop(reserved);
        Err(refuse(false))
    }

    fn refusal(&self, action: &ActionRef, params: &Params, is_delete: bool) -> CallError {
        let name = action.name();
        let (call, quota, noun, option) = if is_delete {
            let call = action.described(params);
            (call, &self.deletes, "delete", "--max-deletes")
        } else {
            (format!("`{name}`"), &self.writes, "write", "--max-writes")
        };
        let message = format!(
            "{call} was not sent: `{option}` allows {}{}; sent so far: {}",
            count(quota.most, noun),
            self.share(),
            self.sent(),
        );
        let all = self.for_all();
        CallError::new(CallErrorKind::Limit, name, message, Delivery::NotSent)
            .hint(format!("to allow more, resume with `{option} N`{all}"))
    }

    fn too_much(&self, action: &ActionRef, money: &Money, left: &NotLeft) -> CallError {
        let name = action.name();
        let currency = &money.currency;
        let (message, more) = match left {
            NotLeft::NoPurse => (
                format!("`{name}` of {money} was not sent: no `{MAX_MONEY}` allows {currency}"),
                "it",
            ),
            NotLeft::Empty(most, moved) => (
                format!(
                    "`{name}` of {money} was not sent: `{MAX_MONEY}` allows {most}{}; moved so far: {moved}",
                    self.share()
                ),
                "more",
            ),
        };
        let all = self.for_all();
        CallError::new(CallErrorKind::Limit, name, message, Delivery::NotSent).hint(format!(
            "to allow {more}, resume with `{MAX_MONEY} \"N {currency}\"`{all}"
        ))
    }

    /// What is said of a limit that is a shard's part of the one that was given.
    fn share(&self) -> String {
        let shard = self.shard.map(|shard| format!(" to shard {shard}"));
        shard.unwrap_or_default()
    }

    /// What is said of an option where shards share it out.
    const fn for_all(&self) -> &'static str {
        match self.shard {
            Some(_) => ", which all shards share",
            None => "",
        }
    }

    /// `12 writes, 10 of them deletes`.
    fn sent(&self) -> String {
        let writes = count(self.writes.used(), "write");
        match self.deletes.used() {
            0 => writes,
            1 => format!("{writes}, 1 of them a delete"),
            deletes => format!("{writes}, {deletes} of them deletes"),
        }
    }
}

impl Quota {
    fn up_to(most: Option<u64>) -> Self {
        Self {
            most: most.unwrap_or(u64::MAX),
            used: AtomicU64::new(0),
        }
    }

    fn used(&self) -> u64 {
        self.used.load(Ordering::SeqCst)
    }

    /// Counts one more, if there is one left.
    fn take(&self) -> Option<&Self> {
        let one_more = |used: u64| (used < self.most).then(|| used + 1);
        let taken = self
            .used
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more);
        taken.ok().map(|_| self)
    }
}

impl Reserved<'_> {
    /// Keeps the count unless the write certainly was not sent, and the money unless it
    /// certainly was not moved.
    pub fn settle(mut self, result: &Result<Reply, CallError>) {
        let delivery = result.as_ref().err().map(|error| error.delivery);
        if delivery != Some(Delivery::NotSent) {
            self.quotas = [None, None];
        }
        if matches!(delivery, None | Some(Delivery::InDoubt)) {
            self.money = None;
        }
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        for quota in self.quotas.iter().flatten() {
            quota.used.fetch_sub(1, Ordering::SeqCst);
        }
        if let Some((purses, money)) = &self.money {
            purses.give_back(money);
        }
    }
}

/// Why no write is sent any more after so many that are in doubt.
fn too_doubtful(open: u64, last: &CallError) -> CallError {
    let message = format!(
        "{} in doubt, the most that `--max-doubts` allows; the last was: {}",
        if open == 1 {
            "1 write is".to_owned()
        } else {
            format!("{open} writes are")
        },
        last.message
    );
    CallError::new(
        CallErrorKind::Limit,
        &last.action,
        message,
        Delivery::NotSent,
    )
    .hint("find out what answers instead of WHMCS, then resume the run")
}

/// The refusal of a write that moves more than is left.
/// A write outside the rows, where several runs share these.
fn everybodys(action: &ActionRef) -> CallError {
    let name = action.name();
    let message = format!(
        "`{name}` was not sent: with `{SHARD}`, only the rows of `bulk` may write, since every \
         shard runs all other lines"
    );
    CallError::new(CallErrorKind::Policy, name, message, Delivery::NotSent)
        .hint("move the write into `bulk(rows, #{ key: … }, |row| …)`")
}

/// Whether the call ends or removes something.
pub(in crate::run) fn is_delete(action: &ActionRef, params: &Params) -> bool {
    let removes = matches!(action, ActionRef::Known(action) if action.effect == Effect::Delete);
    removes || action.is_destructive(params)
}

fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn known(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    fn allowance(max_writes: Option<u64>, max_deletes: Option<u64>) -> Allowance {
        Allowance::from_limits(&Limits {
            max_writes,
            max_deletes,
            ..Limits::default()
        })
    }

    fn send(allowance: &Allowance, action: &str) -> Result<(), CallError> {
        send_with(allowance, action, &Params::new())
    }

    fn send_with(allowance: &Allowance, action: &str, params: &Params) -> Result<(), CallError> {
        let reserved = allowance.reserve(&known(action), params, None)?;
        reserved.settle(&Ok(Reply::default()));
        Ok(())
    }

    #[test]
    fn the_write_that_would_pass_the_limit_is_refused_and_so_is_every_later_one() {
        let allowance = allowance(None, Some(2));
        send(&allowance, "UpdateClient").unwrap();
        for action in ["CloseClient", "DeleteClient"] {
            send(&allowance, action).unwrap();
        }
        assert!(allowance.passed().is_none());
        let error = send(&allowance, "CloseClient").unwrap_err();
        assert_eq!(
            (error.kind, error.delivery),
            (CallErrorKind::Limit, Delivery::NotSent)
        );
        assert_eq!(
            error.message,
            "`CloseClient` was not sent: `--max-deletes` allows 2 deletes; sent so far: 3 writes, 2 of them deletes"
        );
        let later = send(&allowance, "UpdateClient").unwrap_err();
        assert_eq!(later.kind, CallErrorKind::Limit);
        assert_eq!(later.action, "UpdateClient");
        assert!(allowance.admit(&known("GetClients")).is_ok());
        assert_eq!(allowance.writes.used(), 3);
    }

    #[test]
    fn a_delete_is_a_write_too_and_is_not_counted_when_it_may_not_be_one() {
        let allowance = allowance(Some(1), Some(5));
        send(&allowance, "AddClient").unwrap();
        let error = send(&allowance, "CloseClient").unwrap_err();
        assert_eq!(
            error.message,
            "`CloseClient` was not sent: `--max-writes` allows 1 write; sent so far: 1 write"
        );
        assert_eq!(allowance.deletes.used(), 0);
    }

    #[test]
    fn a_limit_that_is_a_shards_part_of_one_says_so() {
        let limits = Limits {
            max_writes: Some(3),
            shard: Some("2/3".parse().unwrap()),
            ..Limits::default()
        };
        let allowance = Allowance::from_limits(&limits.of_shard());
        let send = || scope::within(Scope::row("a"), || send(&allowance, "AddClient"));
        send().unwrap();
        let error = send().unwrap_err();
        assert_eq!(
            error.message,
            "`AddClient` was not sent: `--max-writes` allows 1 write to shard 2/3; sent so far: 1 write"
        );
        assert_eq!(
            error.hint.unwrap(),
            "to allow more, resume with `--max-writes N`, which all shards share"
        );
    }

    #[test]
    fn a_parameter_that_removes_something_makes_a_write_a_delete() {
        let allowance = allowance(None, Some(1));
        let params = json!({"invoiceid": 7, "deletelineids": [1]});
        let update = || send_with(&allowance, "UpdateInvoice", params.as_object().unwrap());
        send(&allowance, "UpdateInvoice").unwrap();
        update().unwrap();
        assert_eq!(
            update().unwrap_err().message,
            "`UpdateInvoice` with `deletelineids` was not sent: `--max-deletes` allows 1 delete; sent so far: 2 writes, 1 of them a delete"
        );
    }

    #[test]
    fn what_certainly_was_not_sent_does_not_count() {
        let none = Params::new();
        let allowance = allowance(Some(1), None);
        let lost = |delivery| CallError::new(CallErrorKind::Connection, "AddClient", "", delivery);
        let reserve = || allowance.reserve(&known("AddClient"), &none, None).unwrap();
        drop(reserve());
        reserve().settle(&Err(lost(Delivery::NotSent)));
        reserve().settle(&Err(lost(Delivery::InDoubt)));
        assert!(allowance.reserve(&known("AddClient"), &none, None).is_err());
    }

    #[test]
    fn money_is_counted_until_it_certainly_was_not_moved() {
        let allowance = Allowance::from_limits(&Limits {
            max_money: vec!["10 EUR".parse().unwrap()],
            ..Limits::default()
        });
        let credit = known("AddCredit");
        let none = Params::new();
        let reserve = |text: &str| allowance.reserve(&credit, &none, text.parse().ok().as_ref());
        let lost = |delivery| CallError::new(CallErrorKind::Timeout, "AddCredit", "", delivery);
        reserve("6 EUR")
            .unwrap()
            .settle(&Err(lost(Delivery::Refused)));
        reserve("6 EUR")
            .unwrap()
            .settle(&Err(lost(Delivery::NotSent)));
        reserve("6 EUR")
            .unwrap()
            .settle(&Err(lost(Delivery::InDoubt)));
        reserve("4 EUR").unwrap().settle(&Ok(Reply::default()));
        assert_eq!(
            reserve("0.01 EUR").map(|_| ()).unwrap_err().message,
            "`AddCredit` of 0.01 EUR was not sent: `--max-money` allows 10 EUR; moved so far: 10 EUR"
        );
        assert!(reserve("0 EUR").is_err());
    }

    #[test]
    fn many_workers_together_never_pass_the_limit() {
        let allowance = allowance(None, Some(100));
        let sent = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while send(&allowance, "CloseClient").is_ok() {
                        sent.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(sent.into_inner(), 100);
    }
}
