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
    pub tells: Vec<TellEntry>,
}

/// One of the `tells` of a `payer`.
pub(super) struct TellEntry {
    pub when: (String, Vec<String>),
    pub unless: Vec<String>,
    pub was: Option<String>,
    pub settled: Option<(String, Vec<String>)>,
    pub lines: Option<String>,
    pub less: bool,
    pub amount: String,
    pub money: MoneyFlow,
}

impl TellEntry {
    /// Where in the reply it looks.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        let settled = self.settled.iter().map(|(path, _)| path);
        std::iter::once(&self.amount)
            .chain(&self.was)
            .chain(settled)
            .chain(&self.lines)
    }
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
            let tells = fields.tables("tells")?;
            let tells = tells.into_iter().map(read_tell);
            Some(ReadEntry {
                action,
                send,
                client,
                amount,
                tells: tells.collect::<Result<_, _>>()?,
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

fn read_tell(mut fields: Reader) -> Result<TellEntry, String> {
    let complaint = fields.complain("has a `tells` without a parameter in `when`");
    let tell = TellEntry {
        when: name_and_values(&mut fields, "when")?.ok_or(complaint)?,
        unless: fields.texts("unless")?,
        was: fields.maybe_text("was")?,
        settled: name_and_values(&mut fields, "settled")?,
        lines: fields.maybe_text("lines")?,
        less: fields.flag("less")?,
        amount: fields.text("amount")?,
        money: fields.word("money", MoneyFlow::from_word)?,
    };
    fields.finish()?;
    Ok(tell)
}

/// The one name in a table, and the texts it has.
fn name_and_values(
    fields: &mut Reader,
    key: &str,
) -> Result<Option<(String, Vec<String>)>, String> {
    let Some(mut table) = fields.table(key)? else {
        return Ok(None);
    };
    let Some((name, _)) = table.fields.first() else {
        return Ok(None);
    };
    let name = name.clone();
    let values = table.texts(&name)?;
    table.finish()?;
    Ok(Some((name, values)))
}

fn render_tell(tell: &TellEntry) -> String {
    let TellEntry {
        when: (name, values),
        unless,
        was,
        settled,
        lines,
        less,
        amount,
        money,
    } = tell;
    let settled = settled
        .as_ref()
        .map_or("None".to_owned(), |(path, values)| {
            format!("Some(({path:?}, &{values:?}))")
        });
    format!(
        "Tell {{ when: ({name:?}, &{values:?}), unless: &{unless:?}, was: {was:?}, settled: {settled}, lines: {lines:?}, less: {less}, amount: {amount:?}, money: MoneyFlow::{money:?} }}, "
    )
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
            "Some(PayerRead {{ action: {:?}, send: &{:?}, client: {:?}, amount: {amount}, tells: &[{}] }})",
            read.action,
            read.send,
            read.client,
            read.tells.iter().map(render_tell).collect::<String>()
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
    let (times, list_price, quotes) = (
        fields.maybe_text("times")?,
        fields.flag("list_price")?,
        fields.flag("quotes")?,
    );
    let is_amount = matches!(kind, ParamKind::Decimal | ParamKind::Decimals)
        || each == Some(ParamKind::Decimal);
    if flow.is_some() && !is_amount {
        return Err(fields.complain("has `money` but is no amount"));
    }
    if flow.is_none() && reversed.is_some() {
        return Err(fields.complain("has `reversed` but no `money`"));
    }
    if flow.is_none() && times.is_some() {
        return Err(fields.complain("has `times` but no `money`"));
    }
    if flow.is_some() && list_price {
        return Err(fields.complain("has `money` and `list_price`: it is one of them"));
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
        "money: {flow}, reversed: {reversed:?}, priced: {priced:?}, unpriced: {unpriced}, \
         times: {times:?}, list_price: {list_price}, quotes: {quotes}"
    ))
}
