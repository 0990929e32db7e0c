//! `AcceptQuote`: the quote becomes an invoice, and whoever it is for a client.

use rusqlite::params;

use super::send;
use super::there::existing;
use crate::sandbox::call::Call;
use crate::sandbox::gateway;
use crate::sandbox::invoice::{self, Item, NewInvoice};
use crate::sandbox::money::Money;
use crate::sandbox::password;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// Makes the invoice of a quote; a second time makes a second one.
pub fn accept_quote(call: &Call) -> Result<Answer, Refusal> {
    let quote = existing(call)?;
    let client = client(call, quote)?;
    let today = call.today();
    let new = NewInvoice {
        client,
        date: &today,
        duedate: &invoice::due_day(call)?,
        status: "Unpaid",
        method: &gateway::of_client(call.db, client)?,
        taxrate: "",
        taxrate2: "",
        notes: "",
    };
    let invoice = invoice::create(call, &new, &items(call, quote)?)?;
    call.db.update(
        "quotes",
        quote,
        &[
            ("stage", &"Accepted"),
            ("client_id", &client),
            ("dateaccepted", &today),
            ("lastmodified", &today),
        ],
    )?;
    call.log(
        client,
        &format!("Quote Accepted - Quote ID: {quote} - Invoice ID: {invoice}"),
    )?;
    send::mail(call, quote, "Quote Accepted", &invoice.to_string())?;
    invoice::mail(call, invoice, "Invoice Created")?;
    Ok(Answer::success().with("invoiceid", invoice))
}

/// The quote's lines as an invoice has them, with quantity and discount in words.
fn items(call: &Call, quote: i64) -> rusqlite::Result<Vec<Item>> {
    call.db.rows(
        "SELECT description, quantity, unitprice, discount, amount, taxable FROM quote_items \
         WHERE quote_id = ?1 ORDER BY id",
        [quote],
        |row| {
            let (mut description, quantity): (String, String) = (row.get(0)?, row.get(1)?);
            let (price, discount): (Money, Money) = (row.get(2)?, row.get(3)?);
            if quantity != "1" {
                description = format!("{quantity} x {description} @ {price}");
            }
            if discount != Money::ZERO {
                description = format!("{description} - {discount}% Discount");
            }
            Ok(Item {
                kind: "",
                relid: 0,
                description,
                amount: row.get(4)?,
                taxed: row.get(5)?,
            })
        },
    )
}

/// Whose quote it is: its client, the one with its address, or a new one made of it.
fn client(call: &Call, quote: i64) -> rusqlite::Result<i64> {
    let known: Option<i64> = call.db.value(
        "SELECT c.id FROM quotes q JOIN clients c \
         ON c.id = q.client_id OR (q.client_id = 0 AND q.email <> '' AND c.email = q.email) \
         WHERE q.id = ?1 ORDER BY c.id",
        [quote],
    )?;
    if let Some(client) = known {
        return Ok(client);
    }
    call.db.run(
        "INSERT INTO clients (uuid, firstname, lastname, companyname, email, address1, address2, city, state, \
         postcode, country, phonenumber, tax_id, currency, datecreated) \
         SELECT ?2, firstname, lastname, companyname, email, address1, address2, city, state, \
         postcode, country, phonenumber, tax_id, currency, ?3 FROM quotes WHERE id = ?1",
        params![quote, call.db.uuid(), call.today()],
    )?;
    let client: Option<i64> = call.db.value("SELECT last_insert_rowid()", ())?;
    let client = client.unwrap_or(0);
    give_user(call, client)?;
    call.log(
        client,
        &format!("Created Client from Quote ID: {quote} - Client ID: {client}"),
    )?;
    Ok(client)
}

/// Gives a new client an owner: whoever has its address, or a new user with a password nobody knows.
fn give_user(call: &Call, client: i64) -> rusqlite::Result<()> {
    let moment = call.moment();
    let sealed = password::seal(&call.db.uuid(), &call.db.uuid());
    call.db.run(
        "INSERT OR IGNORE INTO users (firstname, lastname, email, password, datecreated) \
         SELECT firstname, lastname, email, ?2, ?3 FROM clients WHERE id = ?1 AND email <> ''",
        params![client, sealed, moment],
    )?;
    call.db.run(
        "INSERT INTO user_clients (user_id, client_id, owner, created_at) \
         SELECT u.id, c.id, 1, ?2 FROM clients c JOIN users u ON u.email = c.email WHERE c.id = ?1",
        params![client, moment],
    )?;
    Ok(())
}
