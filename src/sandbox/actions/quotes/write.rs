//! `CreateQuote`, `UpdateQuote` and `DeleteQuote`.

use super::lines;
use super::there::existing;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::localised;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// What a stage may be, as WHMCS spells it.
const STAGES: &[&str] = &["Draft", "Delivered", "On Hold", "Accepted", "Lost", "Dead"];

/// The texts both actions take; a column is named as its parameter.
const TEXTS: &[&str] = &[
    "firstname",
    "lastname",
    "companyname",
    "email",
    "address1",
    "address2",
    "city",
    "state",
    "country",
    "phonenumber",
    "tax_id",
    "proposal",
    "customernotes",
    "adminnotes",
];

/// Makes a quote of the lines sent.
pub fn create_quote(call: &Call) -> Result<Answer, Refusal> {
    let subject = call.required("subject", "Subject is required")?;
    let stage = stage(call.text("stage"))?;
    let until = call.required("validuntil", "Valid Until is required")?;
    let quote = call.db.insert(
        "quotes",
        &[
            ("subject", &subject),
            ("stage", &stage),
            ("validuntil", &day(call, until)?),
            ("country", &default_country(call)?),
            ("currency", &default_currency(call)?),
            ("datecreated", &call.today()),
            ("lastmodified", &call.today()),
        ],
    )?;
    let mut changes = Changes::default();
    changes.texts(call, &["postcode"]);
    gather(call, &mut changes)?;
    changes.apply(call, "quotes", quote)?;
    lines::write(call, quote)?;
    call.log(
        owner(call, quote)?,
        &format!("Created Quote - Quote ID: {quote}"),
    )?;
    Ok(Answer::success().with("quoteid", quote.to_string()))
}

/// Changes what was sent of a quote.
pub fn update_quote(call: &Call) -> Result<Answer, Refusal> {
    let quote = existing(call)?;
    let mut changes = Changes::default();
    changes.texts(call, &["subject"]);
    if let Some(text) = call.given("stage") {
        changes.set("stage", stage(text)?.to_owned());
    }
    if let Some(text) = call.given("validuntil") {
        changes.set("validuntil", day(call, text)?);
    }
    gather(call, &mut changes)?;
    changes.set("lastmodified", call.today());
    changes.apply(call, "quotes", quote)?;
    lines::write(call, quote)?;
    call.log(
        owner(call, quote)?,
        &format!("Modified Quote - Quote ID: {quote}"),
    )?;
    Ok(Answer::success())
}

/// Deletes a quote with its lines.
pub fn delete_quote(call: &Call) -> Result<Answer, Refusal> {
    let quote = existing(call)?;
    let client = owner(call, quote)?;
    call.db
        .run("DELETE FROM quote_items WHERE quote_id = ?1", [quote])?;
    call.db.run("DELETE FROM quotes WHERE id = ?1", [quote])?;
    call.log(client, &format!("Deleted Quote - Quote ID: {quote}"))?;
    Ok(Answer::success())
}

/// What both actions take alike: the recipient, the texts, the day of making.
fn gather(call: &Call, changes: &mut Changes) -> rusqlite::Result<()> {
    changes.texts(call, TEXTS);
    if let Some(text) = call.given("datecreated") {
        changes.set("datecreated", day(call, text)?);
    }
    if let Some(wanted) = call.given_int("currency")
        && call.db.exists("currencies", wanted)?
    {
        changes.set("currency", wanted);
    }
    if let Some(client) = call.given_int("userid") {
        let currency: Option<i64> = call
            .db
            .value("SELECT currency FROM clients WHERE id = ?1", [client])?;
        // A client there is not makes it a quote for nobody's account.
        changes.set("client_id", currency.map_or(0, |_| client));
        if let Some(currency) = currency {
            changes.set("currency", currency);
        }
    }
    Ok(())
}

fn stage(text: &str) -> Result<&'static str, Refusal> {
    let known = STAGES.iter().find(|known| known.eq_ignore_ascii_case(text));
    known.map_or_else(|| refuse("Invalid Stage"), |known| Ok(*known))
}

/// A day as it is kept; what is none is `MySQL`'s day of zeros.
fn day(call: &Call, text: &str) -> rusqlite::Result<String> {
    let day = localised::day(call, text)?;
    Ok(day.map_or_else(|| "0000-00-00".into(), |day| day.to_string()))
}

fn owner(call: &Call, quote: i64) -> rusqlite::Result<i64> {
    let client = call
        .db
        .value("SELECT client_id FROM quotes WHERE id = ?1", [quote])?;
    Ok(client.unwrap_or(0))
}

fn default_country(call: &Call) -> rusqlite::Result<String> {
    let country = call.db.value(
        "SELECT value FROM settings WHERE name = 'DefaultCountry'",
        (),
    )?;
    Ok(country.unwrap_or_default())
}

fn default_currency(call: &Call) -> rusqlite::Result<i64> {
    let currency = call
        .db
        .value("SELECT id FROM currencies ORDER BY is_default DESC, id", ())?;
    Ok(currency.unwrap_or(1))
}
