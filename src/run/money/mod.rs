//! The money that writes move: how much, in which currency, and whether the run may.
//!
//! What a call does not say itself is read: the balance of the invoice, the client and the
//! currency of that client. Where there is one currency alone, nobody is asked for it.

pub mod amount;
mod asked;
mod currencies;
mod currency;
mod lines;
mod moved;
pub mod purse;
mod told;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::Run;
use crate::catalog::{self, Action, MoneyFlow, Payer, PayerRead, Tell};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};
use amount::Money;
use asked::StatedMoney;
pub(super) use currencies::Currencies;
pub use moved::Moved;
use purse::MAX_MONEY;
use told::{amount_of, first_at, known_id};

/// What to do about a call whose sum nobody knows.
const KNOWN_SUMS: &str = "leave it out of the script, or run it without `--max-money`";

impl Run {
    /// The money that a write would move; reads what the call does not say. What cannot be
    /// read is not known, unless it stops the run.
    pub(in crate::run) fn moved(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<Moved, CallError> {
        let StatedMoney {
            mut sums,
            mut is_open,
            is_silent,
            told,
        } = StatedMoney::read(action, params);
        let mut currency = None;
        if let ActionRef::Known(Action {
            payer: Some(payer), ..
        }) = action
        {
            let mut reply = None;
            if let Some(read) = payer.read.as_ref().filter(|_| is_silent)
                && let Some((path, flow)) = read.amount
            {
                reply = Some(self.payer_reply(read, params)?);
                let told = reply.as_ref().and_then(|reply| first_at(reply, path));
                if let Some(amount) = told.and_then(amount_of) {
                    sums.insert(flow, amount);
                    is_open = false;
                }
            }
            if let Some(read) = payer.read.as_ref().filter(|_| !told.is_empty()) {
                let record = match reply.take() {
                    Some(reply) => reply,
                    None => self.payer_reply(read, params)?,
                };
                for tell in told {
                    is_open |= !add_told(tell, params, &record, &mut sums);
                }
                reply = Some(record);
            }
            if sums.values().any(|amount| !amount.is_zero()) {
                currency = self.currency_of(payer, params, reply)?;
            }
        } else if !sums.is_empty() {
            currency = self.only_currency()?;
        }
        Ok(Moved {
            sums,
            currency,
            is_open,
        })
    }

    /// The code of the currency in which a call moves money.
    fn currency_of(
        &self,
        payer: &Payer,
        params: &Params,
        reply: Option<Value>,
    ) -> Result<Option<String>, CallError> {
        if let Some(only) = self.only_currency()? {
            return Ok(Some(only));
        }
        let given = |name: Option<&str>| name.and_then(|name| known_id(params.get(name)?));
        if let Some(client) = given(payer.param) {
            return self.currency_of_client(&client);
        }
        if let Some(read) = &payer.read {
            let reply = match reply {
                Some(reply) => reply,
                None => self.payer_reply(read, params)?,
            };
            if let Some(client) = first_at(&reply, read.client).and_then(known_id) {
                return self.currency_of_client(&client);
            }
        }
        match given(payer.currency) {
            Some(id) => self.currency_with_id(&id),
            None => Ok(None),
        }
    }

    /// The reply of the read that tells whose money it is; null where there is none.
    fn payer_reply(&self, read: &PayerRead, params: &Params) -> Result<Value, CallError> {
        let mut query = Params::new();
        for (theirs, ours) in read.send {
            let Some(id) = params.get(*ours).and_then(known_id) else {
                return Ok(Value::Null);
            };
            query.insert((*theirs).to_owned(), id.into());
        }
        let reply = self.read_unasked(read.action, &query)?;
        Ok(reply.map_or(Value::Null, Value::Object))
    }

    /// Why the run may not move that money before it is counted: nobody knows how much it is.
    pub(in crate::run) fn unaffordable(
        &self,
        action: &ActionRef,
        moved: &Moved,
    ) -> Option<CallError> {
        if !self.allowance.limits_money() {
            return None;
        }
        let name = action.name();
        let refused = |what: String, hint: String| {
            let what = format!("{what}; nothing was sent");
            Some(CallError::new(CallErrorKind::Limit, name, what, Delivery::NotSent).hint(hint))
        };
        if moved.is_open {
            return refused(
                format!(
                    "the amount of money that `{name}` moves is not known beforehand, and the run \
                     has `{MAX_MONEY}`"
                ),
                KNOWN_SUMS.to_owned(),
            );
        }
        if moved.total().is_zero() {
            return None;
        }
        match &moved.currency {
            None => refused(
                format!(
                    "the currency in which `{name}` moves money cannot be read, and the run has \
                     `{MAX_MONEY}`"
                ),
                KNOWN_SUMS.to_owned(),
            ),
            Some(currency) if !self.allowance.limits_currency(currency) => refused(
                format!("`{name}` moves money in {currency}, which no `{MAX_MONEY}` allows"),
                format!("to allow it, add `{MAX_MONEY} \"N {currency}\"`"),
            ),
            Some(_) => None,
        }
    }

    /// What a write takes out of what the run may move, where that is limited; nothing for
    /// one that moves no money.
    pub(in crate::run) fn spend(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<Option<Money>, CallError> {
        if !self.allowance.limits_money() {
            return Ok(None);
        }
        let moved = self.moved(action, params)?;
        if let Some(error) = self.unaffordable(action, &moved) {
            return Err(self.allowance.stop_at(error));
        }
        let currency = moved.currency.as_deref().unwrap_or_default();
        Ok(Some(Money::new(moved.total(), currency)))
    }
}

/// Adds what the record tells of the money that a parameter moves, none where it is so
/// already; whether it tells it.
fn add_told(
    tell: &Tell,
    params: &Params,
    record: &Value,
    sums: &mut BTreeMap<MoneyFlow, Decimal>,
) -> bool {
    let wanted = params.get(tell.when.0);
    let present = tell.was.and_then(|path| word(first_at(record, path)?));
    let is_present = |other: &str| {
        let same = |present: &String| catalog::Meaning::Word.is_same(other, present);
        present.as_ref().is_some_and(same)
    };
    let is_so = wanted
        .and_then(word)
        .is_some_and(|wanted| is_present(&wanted));
    let settled = tell.settled;
    let settled = settled.filter(|(_, values)| values.iter().any(|value| is_present(value)));
    let path = settled.map_or(tell.amount, |(path, _)| path);
    let amount = match tell.lines {
        Some(lines) => lines::taken_off(wanted, record, lines, tell.amount),
        None => first_at(record, path).and_then(amount_of),
    };
    let amount = match amount {
        Some(before) if tell.less => {
            let after = wanted.and_then(amount_of);
            after.map(|after| (before - after).max(Decimal::ZERO))
        }
        amount => amount,
    };
    match amount {
        _ if is_so => true,
        None => false,
        Some(amount) => {
            *sums.entry(tell.money).or_default() += amount;
            true
        }
    }
}

/// The word that stands there; numbers are words too.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
