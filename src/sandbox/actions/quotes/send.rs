//! `SendQuote`.

use super::there::existing;
use crate::sandbox::call::Call;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// Mails a quote to its client or its own address, and calls it delivered.
pub fn send_quote(call: &Call) -> Result<Answer, Refusal> {
    let quote = existing(call)?;
    let client = mail(call, quote, "Quote Delivery with PDF", "")?;
    let today = call.today();
    call.db.update(
        "quotes",
        quote,
        &[
            ("stage", &"Delivered"),
            ("datesent", &today),
            ("lastmodified", &today),
        ],
    )?;
    call.log(client, &format!("Quote Delivered - Quote ID: {quote}"))?;
    Ok(Answer::success())
}

/// Records a mail on a quote, when somebody can read it; whose quote it is.
pub fn mail(call: &Call, quote: i64, template: &str, invoice: &str) -> rusqlite::Result<i64> {
    let record = call.db.record(
        "SELECT q.client_id, q.subject, q.validuntil, q.email, trim(q.firstname || ' ' || q.lastname) AS name, \
         q.total AS \"total:money\", m.prefix, m.suffix FROM quotes q JOIN currencies m ON m.id = q.currency \
         WHERE q.id = ?1",
        [quote],
    )?;
    let record = record.unwrap_or_default();
    let client = record.int("client_id");
    let number = quote.to_string();
    let total: Money = record.text("total").parse().unwrap_or_default();
    let total = format!("{}{total}{}", record.text("prefix"), record.text("suffix"));
    let mut merge = vec![
        ("quote_number", number.as_str()),
        ("quote_subject", record.text("subject")),
        ("quote_total", &total),
        ("quote_valid_until", record.text("validuntil")),
        ("invoice_num", invoice),
    ];
    if client != 0 {
        call.mail(client, template, &merge)?;
    } else if !record.text("email").is_empty() {
        merge.push(("client_name", record.text("name")));
        call.mail_to(0, record.text("email"), template, &merge)?;
    }
    Ok(client)
}
