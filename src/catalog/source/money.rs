//! Reads and checks what the catalog says of money: which amounts move it, and whose it is.

use super::super::kinds::{MoneyFlow, ParamKind};
use super::reader::Reader;

/// A `payer` as it is written in the catalog.
pub(super) struct PayerEntry {
    pub param: Option<String>,
    pub currency: Option<String>,
    pub read: Option<ReadEntry>,
}

/// The read of a `payer`.
pub(super) struct ReadEntry {
    pub action: String,
    pub send: Vec<(String, String)>,
    pub client: String,
    pub amount: Option<(String, MoneyFlow)>,
}

pub(super) fn read_payer(mut fields: Reader) -> Result<PayerEntry, String> {
    let (param, currency) = (fields.maybe_text("param")?, fields.maybe_text("currency")?);
    let read = match fields.maybe_text("action")? {
        None => None,
        Some(action) => {
            let (send, client) = (fields.pairs("send")?, fields.text("client")?);
            let amount = match fields.maybe_text("amount")? {
                None => None,
                Some(path) => Some((path, fields.word("money", MoneyFlow::from_word)?)),
            };
            Some(ReadEntry {
                action,
                send,
                client,
                amount,
            })
        }
    };
    if param.is_none() && read.is_none() {
        return Err(fields.complain("`payer` needs `param` or `action`"));
    }
    fields.finish()?;
    Ok(PayerEntry {
        param,
        currency,
        read,
    })
}

/// The Rust of an action's `payer`.
pub(super) fn render_payer(payer: &PayerEntry) -> String {
    let PayerEntry {
        param,
        currency,
        read,
    } = payer;
    let read = read.as_ref().map_or("None".to_owned(), |read| {
        let amount = read.amount.as_ref().map_or("None".to_owned(), |amount| {
            format!("Some(({:?}, MoneyFlow::{:?}))", amount.0, amount.1)
        });
        format!(
            "Some(PayerRead {{ action: {:?}, send: &{:?}, client: {:?}, amount: {amount} }})",
            read.action, read.send, read.client
        )
    });
    format!("Some(Payer {{ param: {param:?}, currency: {currency:?}, read: {read} }})")
}

/// What an amount moves, what turns that round, and what a value costs.
pub(super) fn read(
    fields: &mut Reader,
    kind: ParamKind,
    each: Option<ParamKind>,
) -> Result<String, String> {
    let flow = fields.maybe_text("money")?;
    let reversed = fields.maybe_text("reversed")?;
    let (priced, unpriced) = (fields.maybe_text("priced")?, fields.flag("unpriced")?);
    let is_amount = matches!(kind, ParamKind::Decimal | ParamKind::Decimals)
        || each == Some(ParamKind::Decimal);
    if flow.is_some() && !is_amount {
        return Err(fields.complain("has `money` but is no amount"));
    }
    if flow.is_none() && reversed.is_some() {
        return Err(fields.complain("has `reversed` but no `money`"));
    }
    let flow = match flow {
        None => "None".to_owned(),
        Some(word) => {
            let flow = MoneyFlow::from_word(&word).ok_or_else(|| {
                fields.complain(&format!("has an unknown flow of money `{word}`"))
            })?;
            format!("Some(MoneyFlow::{flow:?})")
        }
    };
    let pair = |pair: String| {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| fields.complain("has `reversed` that is not `parameter=value`"))?;
        Ok::<_, String>((name.to_owned(), value.to_owned()))
    };
    let reversed = reversed.map(pair).transpose()?;
    Ok(format!(
        "money: {flow}, reversed: {reversed:?}, priced: {priced:?}, unpriced: {unpriced}"
    ))
}
