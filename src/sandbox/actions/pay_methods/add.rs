//! `AddPayMethod`.

use super::card;
use super::own::make_default;
use crate::sandbox::actions::billing::DECLINED;
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The sorts of pay method that can be added.
const TYPES: &[&str] = &["BankAccount", "CreditCard", "RemoteCreditCard"];

/// Keeps a card or a bank account for a client.
pub fn add_pay_method(call: &Call) -> Result<Answer, Refusal> {
    call.required("clientid", "Client ID Is Required")?;
    let client = call.existing("clientid", "clients", "Invalid Client ID")?;
    let wanted = call.given("type").unwrap_or("CreditCard");
    let Some(kind) = TYPES.iter().find(|kind| kind.eq_ignore_ascii_case(wanted)) else {
        return refuse(
            "Invalid Pay Method Type. Type should be one of 'BankAccount', 'CreditCard', or 'RemoteCreditCard'",
        );
    };
    let method = if *kind == "BankAccount" {
        add_account(call, client)?
    } else {
        add_card(call, client, kind)?
    };
    let others: Option<i64> = call.db.value(
        "SELECT 1 FROM pay_methods WHERE client_id = ?1 AND is_default = 1",
        [client],
    )?;
    if call.flag("set_as_default") || others.is_none() {
        make_default(call, client, method)?;
    }
    call.log(client, &format!("Pay Method Created - ID: {method}"))?;
    Ok(Answer::success()
        .with("clientid", client.to_string())
        .with("paymethodid", method.to_string()))
}

fn add_card(call: &Call, client: i64, kind: &str) -> Result<i64, Refusal> {
    let is_remote = kind == "RemoteCreditCard";
    if is_remote {
        call.required(
            "gateway_module_name",
            "Gateway is Required for RemoteCreditCard type",
        )?;
    } else if !has_local_gateway(call)? {
        return refuse("No Local Credit Card Payment Gateways Enabled");
    }
    let number = call.required(
        "card_number",
        "Card Number is required for 'CreditCard' or 'RemoteCreditCard' type",
    )?;
    call.required(
        "card_expiry",
        "Expiry Date is required for 'CreditCard' or 'RemoteCreditCard' type",
    )?;
    let expiry = card::date(call, "card_expiry", "Expiry Date is invalid")?;
    let start = card::date(call, "card_start", "Start Date is invalid")?;
    let issue = card::issue_number(call)?;
    let gateway = gateway(call, is_remote)?;
    let last_four = card::last_four(number);
    if is_remote && last_four == DECLINED {
        return refuse("Error Creating Remote Token: Your card was declined.");
    }
    let token = if is_remote {
        let id = || call.db.uuid().replace('-', "");
        format!(r#"{{"customer":"cus_{}","method":"pm_{}"}}"#, id(), id())
    } else {
        String::new()
    };
    Ok(call.db.insert(
        "pay_methods",
        &[
            ("client_id", &client),
            ("type", &kind),
            ("description", &call.text("description")),
            ("gateway_name", &gateway),
            ("contact_id", &client),
            ("card_last_four", &last_four),
            ("card_type", &card::brand(number)),
            ("expiry_date", &expiry),
            ("start_date", &start),
            ("issue_number", &issue),
            ("remote_token", &token),
            ("last_updated", &call.moment()),
        ],
    )?)
}

fn add_account(call: &Call, client: i64) -> Result<i64, Refusal> {
    let gateway = gateway(call, false)?;
    call.required("bank_code", "Routing number is required")?;
    call.required("bank_account", "Account number is required")?;
    if gateway.is_empty() && !has_local_gateway(call)? {
        return refuse("Gateway is Required for Bank Account Storage");
    }
    Ok(call.db.insert(
        "pay_methods",
        &[
            ("client_id", &client),
            ("type", &"BankAccount"),
            ("description", &call.text("description")),
            ("gateway_name", &gateway),
            ("contact_id", &client),
            ("bank_name", &call.text("bank_name")),
            ("last_updated", &call.moment()),
        ],
    )?)
}

fn has_local_gateway(call: &Call) -> rusqlite::Result<bool> {
    let found: Option<i64> = call
        .db
        .value("SELECT 1 FROM card_gateways WHERE is_remote = 0", ())?;
    Ok(found.is_some())
}

/// The gateway named, which must be there and keep what is added; none when none is named.
fn gateway(call: &Call, remote: bool) -> Result<String, Refusal> {
    let Some(name) = call.given("gateway_module_name") else {
        return Ok(String::new());
    };
    let kept: Option<(String, bool)> = call.db.row(
        "SELECT module, is_remote FROM card_gateways WHERE module = lower(?1)",
        [name],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    match kept {
        Some((module, is_remote)) if is_remote == remote => return Ok(module),
        Some(_) => return refuse("Unsupported Gateway Type for Storage"),
        None => {}
    }
    let all: Vec<String> = call.db.values(
        "SELECT module FROM payment_methods UNION SELECT module FROM card_gateways ORDER BY 1",
        (),
    )?;
    if all.iter().any(|module| module.eq_ignore_ascii_case(name)) {
        return refuse("Unsupported Gateway Type for Storage");
    }
    refuse(format!(
        "Invalid Gateway Module Name. Must be one of: {}",
        all.join(", ")
    ))
}
