//! `GetQuotes`: each with its client and its lines.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

const COLUMNS: &str = "id, subject, stage, validuntil, client_id AS userid, NULL AS client, firstname, lastname, \
    companyname, email, address1, address2, city, state, postcode, country, phonenumber, tax_id, currency, \
    subtotal AS \"subtotal:money\", tax1 AS \"tax1:money\", tax2 AS \"tax2:money\", total AS \"total:money\", proposal, \
    customernotes, adminnotes, datecreated, lastmodified, datesent, dateaccepted";

/// A page of quotes, the newest first.
pub fn get_quotes(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(COLUMNS, "quotes");
    for (name, condition) in [("quoteid", "id = ?"), ("userid", "client_id = ?")] {
        if let Some(id) = call.given_int(name) {
            listing.only(condition, id);
        }
    }
    for (name, condition) in [
        ("subject", "subject = ? COLLATE NOCASE"),
        ("stage", "stage = ?"),
        ("datecreated", "datecreated = ?"),
        ("lastmodified", "lastmodified = ?"),
        ("validuntil", "validuntil = ?"),
    ] {
        if let Some(text) = call.given(name) {
            listing.only(condition, text.to_owned());
        }
    }
    listing.order("id DESC");
    let mut page = listing.page(call)?;
    for quote in &mut page.records {
        let client = call.db.record(
            "SELECT id, firstname, lastname, companyname, email, datecreated, groupid, status FROM clients WHERE id = ?1",
            [quote.int("userid")],
        )?;
        quote.set("client", client);
        let items = call.db.records(
            "SELECT id, description, quantity, unitprice AS \"unitprice:money\", discount AS \"discount:money\", \
             taxable FROM quote_items WHERE quote_id = ?1 ORDER BY id",
            [quote.int("id")],
        )?;
        quote.push("items", wrapped("item", items));
    }
    Ok(page
        .counted()
        .with("quotes", wrapped("quote", page.records)))
}
