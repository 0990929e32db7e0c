//! `GetPayMethods`: each with the fields of its sort.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};

const COMMON: &str = "id, type, description, gateway_name, contact_type, contact_id";
const CARD: &str = "card_last_four, expiry_date, start_date, issue_number, card_type";
const END: &str = "remote_token, strftime('%d/%m/%Y %H:%M', last_updated) AS last_updated";

/// Lists the pay methods of a client, the default one first.
pub fn get_pay_methods(call: &Call) -> Result<Answer, Refusal> {
    call.required("clientid", "Client ID Is Required")?;
    let kind = call.text("type");
    let kinds: &[&str] = match kind.to_ascii_lowercase().as_str() {
        "" => &[
            "CreditCard",
            "RemoteCreditCard",
            "BankAccount",
            "RemoteBankAccount",
        ],
        "creditcard" => &["CreditCard", "RemoteCreditCard"],
        "bankaccount" => &["BankAccount", "RemoteBankAccount"],
        _ => {
            return refuse("Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'");
        }
    };
    let client = call.existing("clientid", "clients", "Client Not Found")?;
    let mut listing = Listing::new("id, type", "pay_methods");
    listing.only("client_id = ?", client);
    if let Some(method) = call.given_int("paymethodid") {
        listing.only("id = ?", method);
    }
    listing.order("is_default DESC, id");
    let mut methods = Vec::new();
    for found in listing.all(call)? {
        if kinds.contains(&found.text("type")) {
            methods.extend(whole(call, found.int("id"), found.text("type"))?);
        }
    }
    Ok(Answer::success()
        .with("clientid", client.to_string())
        .with("paymethods", methods))
}

fn whole(call: &Call, method: i64, kind: &str) -> rusqlite::Result<Option<Fields>> {
    let own = if kind.ends_with("CreditCard") {
        CARD
    } else {
        "bank_name"
    };
    let sql = format!("SELECT {COMMON}, {own}, {END} FROM pay_methods WHERE id = ?1");
    call.db.record(&sql, [method])
}
