//! `CapturePayment`: charges a stored card through a gateway that only pretends.
//!
//! A card that ends in 0002 is declined, as is one that has expired; all others pay.

use super::payment::{self, Payment};
use crate::sandbox::call::Call;
use crate::sandbox::invoice;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The end of the card numbers that are declined.
pub const DECLINED: &str = "0002";

/// What is charged.
struct Card {
    gateway: String,
    last_four: String,
    expiry: String,
}

/// Pays what is left of an unpaid invoice by the client's card.
pub fn capture_payment(call: &Call) -> Result<Answer, Refusal> {
    const NOT_OPEN: &str = "Invoice Not Found or Not Unpaid";
    let id = call.existing("invoiceid", "invoices", NOT_OPEN)?;
    if invoice::status(call.db, id)? != "Unpaid" {
        return refuse(NOT_OPEN);
    }
    let balance = invoice::balance(call.db, id)?;
    call.db
        .update("invoices", id, &[("last_capture_attempt", &call.moment())])?;
    let client = invoice::client(call.db, id)?;
    let paying = card(call, client, id)?
        .filter(|card| balance > Money::ZERO && is_accepted(card, &call.today()));
    let Some(card) = paying else {
        call.log(
            client,
            &format!("Credit Card Payment Failed - Invoice ID: {id}"),
        )?;
        invoice::mail(call, id, "Credit Card Payment Failed")?;
        // Not a refusal, which would undo that there was an attempt.
        return Ok(Refusal::says("Payment Attempt Failed").into_reply());
    };
    let payment = Payment {
        gateway: &card.gateway,
        date: &call.moment(),
        amount: balance,
        fees: Money::ZERO,
        transid: &format!("ch_{}", call.db.uuid().replace('-', "")),
    };
    payment::book(call, id, &payment)?;
    invoice::mail(call, id, "Invoice Payment Confirmation")?;
    Ok(Answer::success())
}

/// The card chosen for the invoice, or else the client's default one.
fn card(call: &Call, client: i64, invoice: i64) -> rusqlite::Result<Option<Card>> {
    call.db.row(
        "SELECT CASE gateway_name WHEN '' THEN \
           COALESCE((SELECT module FROM card_gateways WHERE is_remote = 0), '') ELSE gateway_name END, \
         card_last_four, expiry_date FROM pay_methods \
         WHERE client_id = ?1 AND type IN ('CreditCard', 'RemoteCreditCard') \
         ORDER BY id = (SELECT paymethodid FROM invoices WHERE id = ?2) DESC, is_default DESC, id LIMIT 1",
        [client, invoice],
        |row| {
            Ok(Card {
                gateway: row.get(0)?,
                last_four: row.get(1)?,
                expiry: row.get(2)?,
            })
        },
    )
}

/// Whether the bank says yes; a card is good to the end of its month.
fn is_accepted(card: &Card, today: &str) -> bool {
    let has_expired = card
        .expiry
        .split_once('/')
        .is_some_and(|(month, year)| format!("20{year}-{month}").as_str() < &today[..7]);
    card.last_four != DECLINED && !has_expired
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, count, refuses, store};

    fn with_card(number: &str, expiry: &str) -> Store {
        let store = store();
        answer(
            &store,
            "AddPayMethod",
            &format!("clientid=1&card_number={number}&card_expiry={expiry}"),
        );
        answer(
            &store,
            "CreateInvoice",
            "userid=1&itemdescription1=A&itemamount1=12.50",
        );
        store
    }

    #[test]
    fn a_card_pays_what_is_left_of_an_invoice_once() {
        let store = with_card("4242424242424242", "1299");
        change(
            &store,
            "UPDATE invoices SET credit = 250, total = total - 250 WHERE id = 5",
        );
        assert_eq!(
            answer(&store, "CapturePayment", "invoiceid=5"),
            Answer::success()
        );
        let invoice = answer(&store, "GetInvoice", "invoiceid=5");
        assert_eq!(
            (invoice.text("status"), invoice.text("balance")),
            ("Paid", "0.00")
        );
        let booked =
            "SELECT amountin FROM transactions WHERE invoice_id = 5 AND gateway = 'authorize'";
        assert_eq!(count(&store, booked), 1000);
        refuses(
            &store,
            "CapturePayment",
            &[
                ("invoiceid=5", "Invoice Not Found or Not Unpaid"),
                ("invoiceid=99", "Invoice Not Found or Not Unpaid"),
            ],
        );
    }

    #[test]
    fn a_declined_card_an_old_one_and_none_leave_the_invoice_unpaid_and_the_attempt_known() {
        for (number, expiry) in [
            ("4000000000000002", "1299"),
            ("4242424242424242", "0120"),
            ("", ""),
        ] {
            let store = with_card(number, expiry);
            refuses(
                &store,
                "CapturePayment",
                &[("invoiceid=5", "Payment Attempt Failed")],
            );
            let left = "SELECT COUNT(*) FROM invoices WHERE id = 5 AND status = 'Unpaid' \
                        AND last_capture_attempt > '2000-01-01'";
            assert_eq!(count(&store, left), 1, "{number}");
        }
    }
}
