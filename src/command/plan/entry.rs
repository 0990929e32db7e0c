//! What the script of a plan, or one of its rows, would do.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::catalog::MoneyFlow;
use crate::client::Params;
use crate::run::journal::row_name;
use crate::run::plan::bound::open_places;
use crate::run::plan::{Impact, PlannedWrite, Sum, kept, unmarked};

/// What the script or one of its rows would do.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its number, unless it was broken off, and its key; none if the script
    /// itself would do it.
    pub row: Option<(Option<u64>, Arc<str>)>,
    /// How it ended, as `ok`, `failed`, ….
    pub outcome: &'static str,
    /// Why, where it says so.
    pub reason: Option<String>,
    pub writes: Vec<PlannedWrite>,
}

impl Entry {
    /// As an object of the plan's JSON.
    pub fn as_json(&self) -> Value {
        let (row, key) = self.row.as_ref().map_or((None, None), |(number, key)| {
            (*number, Some(row_name(key, *number)))
        });
        let row_id = self.row.as_ref().map(|(_, id)| id.as_ref());
        let row_id = row_id.filter(|id| key.as_deref() != Some(*id));
        let mut entry = json!({
            "row": row,
            "key": key.as_deref().map(unmarked),
            "outcome": self.outcome,
            "reason": self.reason.as_deref().map(unmarked),
            "writes": self.writes.iter().map(write_as_json).collect::<Vec<_>>(),
        });
        if let Some(id) = row_id {
            entry["row_id"] = unmarked(id).into();
        }
        entry
    }
}

fn write_as_json(write: &PlannedWrite) -> Value {
    let changes = write.changes.iter().map(|change| {
        json!({
            "field": change.field, "known": change.old.is_some(),
            "old": change.old.as_ref().map(kept), "new": kept(&change.new),
            "unchanged": change.is_idle,
        })
    });
    let mut told = json!({
        "server": write.server,
        "action": write.action,
        "destructive": write.is_delete,
        "params": kept_params(&write.params),
        "changes": changes.collect::<Vec<_>>(),
        "unchanged": write.is_idle(),
        "remark": write.remark.as_deref().map(unmarked),
        "mails": (write.impact.unknown_mails == 0).then_some(write.impact.mails),
        "money": money(&write.impact),
    });
    if let Some((currency, _)) = write.impact.money.keys().next() {
        told["currency"] = currency.as_deref().into();
    }
    if !write.custom_fields.is_empty() {
        told["custom_fields"] = write.custom_fields.clone().into();
    }
    let open = open_places(&write.params);
    if !open.is_empty() {
        told["open"] = open.into();
    }
    told
}

/// The parameters as a plan that is kept has them.
fn kept_params(params: &Params) -> Value {
    let entry = |(name, value): (&String, &Value)| (unmarked(name).into_owned(), kept(value));
    Value::Object(params.iter().map(entry).collect())
}

/// Sums by where the money flows; null where they are of several currencies, which are
/// never one sum.
pub(super) fn money(impact: &Impact) -> Value {
    let mut currencies = impact.money.keys().map(|(currency, _)| currency);
    let first = currencies.next();
    if currencies.any(|currency| Some(currency) != first) {
        return Value::Null;
    }
    let entry =
        |((_, flow), sum): (&(_, MoneyFlow), &Sum)| (flow.word().to_owned(), amount(sum.new));
    Value::Object(impact.money.iter().map(entry).collect())
}

/// Every sum with its currency, null where that is not known, and what it is now.
pub(super) fn sums(impact: &Impact) -> Value {
    let sum = |((currency, flow), sum): (&(Option<String>, MoneyFlow), &Sum)| {
        json!({
            "currency": currency, "kind": flow.word(), "new": amount(sum.new),
            "old": sum.old.map(amount), "percent": sum.percent().map(amount),
        })
    };
    impact.money.iter().map(sum).collect()
}

fn amount(amount: Decimal) -> Value {
    amount.to_string().into()
}
