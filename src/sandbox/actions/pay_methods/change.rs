//! `UpdatePayMethod` and `DeletePayMethod`.

use super::card;
use super::own::{make_default, own};
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The details of a card, and those of an account.
const CARD: &[&str] = &[
    "card_number",
    "card_expiry",
    "card_start",
    "card_issue_number",
];
const ACCOUNT: &[&str] = &[
    "bank_name",
    "bank_account_type",
    "bank_code",
    "bank_account",
];

/// Changes what was sent of a pay method's details.
pub fn update_pay_method(call: &Call) -> Result<Answer, Refusal> {
    call.required("paymethodid", "Pay Method ID is Required")?;
    call.required("clientid", "Client ID is Required")?;
    let method = own(call)?;
    let kind: Option<String> = call
        .db
        .value("SELECT type FROM pay_methods WHERE id = ?1", [method])?;
    let kind = kind.unwrap_or_default();
    if kind == "RemoteBankAccount" {
        return refuse("Unsupported Gateway Type for Update");
    }
    let is_card = kind.ends_with("CreditCard");
    let details = if is_card { CARD } else { ACCOUNT };
    let has_details = details.iter().any(|name| call.given(name).is_some());
    // Of an account nothing need be sent: node-whmcs's own tests send nothing.
    if is_card && !has_details && call.sent("set_as_default").is_none() {
        return refuse("No Details Provided for Update");
    }
    if kind == "RemoteCreditCard" && call.given("card_number").is_some() {
        return refuse("Unable to Update Card Number for Assisted Gateway");
    }
    let mut changes = Changes::default();
    if is_card {
        take_card(call, &mut changes)?;
    } else if let Some(bank) = call.given("bank_name") {
        changes.set("bank_name", bank.to_owned());
    }
    changes.set("last_updated", call.moment());
    changes.apply(call, "pay_methods", method)?;
    if call.flag("set_as_default") {
        make_default(call, call.int("clientid"), method)?;
    }
    let client = call.int("clientid");
    call.log(client, &format!("Pay Method Updated - ID: {method}"))?;
    Ok(Answer::success()
        .with("clientid", client.to_string())
        .with("paymethodid", method.to_string()))
}

fn take_card(call: &Call, changes: &mut Changes) -> Result<(), Refusal> {
    if let Some(number) = call.given("card_number") {
        changes.set("card_last_four", card::last_four(number));
        changes.set("card_type", card::brand(number).to_owned());
    }
    for (name, column, message) in [
        ("card_expiry", "expiry_date", "Expiry Date is invalid"),
        ("card_start", "start_date", "Start Date is invalid"),
    ] {
        if call.given(name).is_some() {
            changes.set(column, card::date(call, name, message)?);
        }
    }
    if call.given("card_issue_number").is_some() {
        changes.set("issue_number", card::issue_number(call)?.to_owned());
    }
    Ok(())
}

/// Deletes a pay method; invoices that were to be paid by it are paid by another.
pub fn delete_pay_method(call: &Call) -> Result<Answer, Refusal> {
    call.required("clientid", "Client ID is Required")?;
    call.required("paymethodid", "Pay Method ID is Required")?;
    let method = own(call)?;
    let client = call.int("clientid");
    call.db.run(
        "UPDATE invoices SET paymethodid = NULL WHERE paymethodid = ?1",
        [method],
    )?;
    call.db
        .run("DELETE FROM pay_methods WHERE id = ?1", [method])?;
    // A client with pay methods has a default one.
    call.db.run(
        "UPDATE pay_methods SET is_default = 1 WHERE id = (SELECT MIN(id) FROM pay_methods WHERE client_id = ?1) \
         AND NOT EXISTS (SELECT 1 FROM pay_methods WHERE client_id = ?1 AND is_default = 1)",
        [client],
    )?;
    call.log(client, &format!("Pay Method Deleted - ID: {method}"))?;
    Ok(Answer::success().with("paymethodid", method.to_string()))
}
