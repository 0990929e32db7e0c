//! What it comes to when a service gets other configurable options.

use super::change::{Change, Upgraded};
use crate::sandbox::call::Call;
use crate::sandbox::config_options::{self, Choice};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, wrapped};

/// The options that change, and the reply that tells of them.
///
/// The reference has an example for products only; of an option it is told what the order's line says.
pub fn changes(call: &Call, old: &Upgraded) -> Result<(Vec<Change>, Answer), Refusal> {
    let decoded = call.serialized("configoptions");
    let sent = call.array("configoptions").or(decoded.as_ref());
    let before = config_options::chosen(call.db, old.product, old.service, None)?;
    let after = config_options::chosen(call.db, old.product, old.service, sent)?;
    let mut changes = Vec::new();
    let mut told = Vec::new();
    for (before, after) in before.iter().zip(&after) {
        if before.value() == after.value() {
            continue;
        }
        let change = change(call, old, before, after)?;
        let (option, original) = config_options::name_and_choice(call.db, before)?;
        let (_, new) = config_options::name_and_choice(call.db, after)?;
        told.push(
            Fields::default()
                .with("id", change.option)
                .with("option", option)
                .with("originalvalue", original)
                .with("newvalue", new)
                .with("price", old.with_signs(change.amount)),
        );
        changes.push(change);
    }
    let total = changes.iter().map(|change| change.amount).sum();
    let answer = Answer::success()
        .with("daysuntilrenewal", old.days)
        .with("totaldays", old.total_days)
        .with("configoptions", wrapped("configoption", told))
        .with("price", old.with_signs(total));
    Ok((changes, answer))
}

fn change(
    call: &Call,
    old: &Upgraded,
    before: &Choice,
    after: &Choice,
) -> rusqlite::Result<Change> {
    let price = |choice: &Choice| {
        config_options::price(
            call.db,
            std::slice::from_ref(choice),
            old.currency,
            old.cycle,
        )
    };
    let more = (price(after)?.recurring - price(before)?.recurring).times(old.qty);
    let (option, original) = config_options::name_and_choice(call.db, before)?;
    let (_, new) = config_options::name_and_choice(call.db, after)?;
    Ok(Change {
        kind: "configoptions",
        option: before.option(),
        original: before.value(),
        new_value: after.value(),
        cycle: old.cycle,
        amount: more.share(old.days.into(), old.total_days.into()),
        recurring: more,
        line: format!("{} - {option}: {original} => {new}", old.name),
    })
}
