//! `AddTransaction`, `GetTransactions` and `UpdateTransaction`.

use jiff::civil::Date;

use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::credit;
use crate::sandbox::db::Db;
use crate::sandbox::invoice;
use crate::sandbox::list::Listing;
use crate::sandbox::money::{DEFAULT_RATE, Money};
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields, wrapped};

const COLUMNS: &str = "id AS \"id:text\", client_id AS \"userid:text\", currency AS \"currency:text\", gateway, date, \
    description, amountin AS \"amountin:money\", fees AS \"fees:money\", amountout AS \"amountout:money\", rate, transid, \
    invoice_id AS \"invoiceid:text\", refund_id AS \"refundid:text\"";

/// Whose a transaction is.
struct Party {
    client: i64,
    invoice: i64,
    currency: i64,
}

/// Records money that came in or went out.
pub fn add_transaction(call: &Call) -> Result<Answer, Refusal> {
    let party = party(call)?;
    let method = call.required("paymentmethod", "Payment Method is required")?;
    if !call.flag("allowduplicatetransid") {
        check_unique(call, call.text("transid"), 0)?;
    }
    let amount = call.money("amountin").unwrap_or_default();
    call.db.insert(
        "transactions",
        &[
            ("client_id", &party.client),
            // A client's transaction is in the client's currency, and says 0.
            (
                "currency",
                &if party.client == 0 { party.currency } else { 0 },
            ),
            ("gateway", &method),
            ("date", &moment(call, "date")),
            ("description", &call.text("description")),
            ("amountin", &amount),
            ("fees", &call.money("fees").unwrap_or_default()),
            ("amountout", &call.money("amountout").unwrap_or_default()),
            ("rate", &exchange_rate(call, party.currency)?),
            ("transid", &call.text("transid")),
            ("invoice_id", &party.invoice),
        ],
    )?;
    if party.invoice != 0 {
        invoice::settle_if_covered(call, party.invoice)?;
    } else if call.flag("credit") && party.client != 0 && amount > Money::ZERO {
        let description = format!("{method} Transaction ID {}", call.text("transid"));
        credit::move_for_invoice(call, party.client, amount, &description, 0)?;
    }
    call.log(party.client, "Added Transaction")?;
    Ok(Answer::success())
}

/// The client, invoice and currency of a new transaction, checked in the reference's order.
fn party(call: &Call) -> Result<Party, Refusal> {
    let mut client = match call.given_int("userid").filter(|id| *id != 0) {
        Some(_) => call.existing("userid", "clients", "Client ID Not Found")?,
        None => 0,
    };
    let invoice = match call.given_int("invoiceid").filter(|id| *id != 0) {
        Some(_) => call.existing("invoiceid", "invoices", "Invoice ID Not Found")?,
        None => 0,
    };
    if invoice != 0 {
        let owner = invoice::client(call.db, invoice)?;
        if client != 0 && client != owner {
            return refuse("User ID does not own the given Invoice ID");
        }
        client = owner;
    }
    let wanted = match call.given_int("currencyid").filter(|id| *id != 0) {
        Some(_) => Some(call.existing("currencyid", "currencies", "Currency ID Not Found")?),
        None => None,
    };
    let own: Option<i64> = call
        .db
        .value("SELECT currency FROM clients WHERE id = ?1", [client])?;
    let currency = match (own, wanted) {
        (Some(own), Some(wanted)) if own != wanted => {
            return refuse("Currency ID does not match Client currency");
        }
        (Some(own), _) => own,
        (None, Some(wanted)) => wanted,
        (None, None) => {
            return refuse("A Currency ID is required for non-customer related transactions");
        }
    };
    Ok(Party {
        client,
        invoice,
        currency,
    })
}

/// The rate sent, or the currency's.
fn exchange_rate(call: &Call, currency: i64) -> rusqlite::Result<String> {
    if let Some(rate) = call.given("rate") {
        return Ok(five_digits(rate));
    }
    let rate = call
        .db
        .value("SELECT rate FROM currencies WHERE id = ?1", [currency])?;
    Ok(rate.unwrap_or_else(|| DEFAULT_RATE.to_owned()))
}

/// What a client's currency is worth, for what a client pays.
pub fn rate_of_client(db: &Db, client: i64) -> rusqlite::Result<String> {
    let rate = db.value(
        "SELECT m.rate FROM clients c JOIN currencies m ON m.id = c.currency WHERE c.id = ?1",
        [client],
    )?;
    Ok(rate.unwrap_or_else(|| DEFAULT_RATE.to_owned()))
}

/// A rate with five digits after the point, as WHMCS prints it.
fn five_digits(text: &str) -> String {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return DEFAULT_RATE.to_owned();
    }
    let fraction: String = fraction.chars().chain("00000".chars()).take(5).collect();
    format!("{whole}.{fraction}")
}

/// Refuses a transaction id that another transaction has.
fn check_unique(call: &Call, transid: &str, except: i64) -> Result<(), Refusal> {
    let taken: Option<i64> = call.db.value(
        "SELECT 1 FROM transactions WHERE transid = ?1 AND ?1 <> '' AND id <> ?2",
        rusqlite::params![transid, except],
    )?;
    match taken {
        Some(_) => refuse("Transaction ID must be Unique"),
        None => Ok(()),
    }
}

/// The moment in a parameter: `2026-11-23`, with or without a time, or day first with slashes or dots.
///
/// Now, when there is none.
pub fn moment(call: &Call, name: &str) -> String {
    let Some(text) = call.given(name) else {
        return call.moment();
    };
    let day = text.get(..10).unwrap_or(text);
    let time = text
        .get(10..)
        .map(str::trim)
        .filter(|time| time.parse::<jiff::civil::Time>().is_ok())
        .unwrap_or("00:00:00");
    let parts: Vec<&str> = day.split(['/', '.']).collect();
    let day: Option<Date> = match parts[..] {
        [day, month, year] => format!("{year}-{month:0>2}-{day:0>2}").parse().ok(),
        _ => day.parse().ok(),
    };
    day.map_or_else(|| call.moment(), |day| format!("{day} {time}"))
}

/// Every transaction that matches.
pub fn get_transactions(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(COLUMNS, "transactions");
    for (name, condition) in [
        ("invoiceid", "invoice_id = ?"),
        ("clientid", "client_id = ?"),
    ] {
        if let Some(id) = call.given_int(name) {
            listing.only(condition, id);
        }
    }
    if let Some(transid) = call.given("transid") {
        listing.only("transid = ?", transid.to_owned());
    }
    listing.order("id");
    let transactions = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", transactions.len())
        .with("startnumber", 0_i64)
        .with("numreturned", transactions.len())
        .with("transactions", wrapped("transaction", transactions)))
}

/// The transactions of an invoice, as `GetTransactions` has them.
pub fn of_invoice(call: &Call, invoice: i64) -> rusqlite::Result<Vec<Fields>> {
    let mut listing = Listing::new(COLUMNS, "transactions");
    listing.only("invoice_id = ?", invoice);
    listing.order("id");
    listing.all(call)
}

/// Changes what was sent of a transaction.
pub fn update_transaction(call: &Call) -> Result<Answer, Refusal> {
    // The reference documents no error of this action.
    let id = call.existing("transactionid", "transactions", "Transaction ID Not Found")?;
    let mut changes = Changes::default();
    for (name, column) in [
        ("refundid", "refund_id"),
        ("userid", "client_id"),
        ("invoiceid", "invoice_id"),
        ("currency", "currency"),
    ] {
        if let Some(number) = call.given_int(name) {
            changes.set(column, number);
        }
    }
    for name in ["transid", "gateway", "description"] {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    if call.given("date").is_some() {
        changes.set("date", moment(call, "date"));
    }
    if let Some(rate) = call.given("rate") {
        changes.set("rate", five_digits(rate));
    }
    changes.amounts(call, &["amountin", "fees", "amountout"]);
    changes.apply(call, "transactions", id)?;
    if call.flag("credit") && call.int("invoiceid") == 0 {
        turn_into_credit(call, id)?;
    }
    let client: Option<i64> = call
        .db
        .value("SELECT client_id FROM transactions WHERE id = ?1", [id])?;
    call.log(
        client.unwrap_or(0),
        &format!("Modified Transaction - Transaction ID: {id}"),
    )?;
    // As text, as `GetTransactions` has it.
    Ok(Answer::success().with("transactionid", id.to_string()))
}

fn turn_into_credit(call: &Call, id: i64) -> rusqlite::Result<()> {
    let row = call.db.row(
        "SELECT client_id, amountin, gateway, transid FROM transactions WHERE id = ?1 AND client_id <> 0 AND invoice_id = 0",
        [id],
        |row| Ok((row.get(0)?, row.get::<_, Money>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?)),
    )?;
    if let Some((client, amount, gateway, transid)) = row {
        let description = format!("{gateway} Transaction ID {transid}");
        credit::move_for_invoice(call, client, amount, &description, 0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::five_digits;
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::reply::Answer;
    use crate::sandbox::store::Store;

    fn run(store: &Store, query: &str) -> Answer {
        answer_fields(store, &format!("action={query}"))
    }

    #[test]
    fn a_transaction_is_checked_in_the_order_of_the_reference() {
        let store = Store::open(None, 1, None).expect("opens");
        for (query, message) in [
            ("userid=99&invoiceid=99", "Client ID Not Found"),
            ("userid=1&invoiceid=99", "Invoice ID Not Found"),
            (
                "userid=1&invoiceid=2",
                "User ID does not own the given Invoice ID",
            ),
            ("userid=1&currencyid=9", "Currency ID Not Found"),
            (
                "userid=1&currencyid=1",
                "Currency ID does not match Client currency",
            ),
            (
                "",
                "A Currency ID is required for non-customer related transactions",
            ),
            ("userid=1", "Payment Method is required"),
            (
                "userid=1&paymentmethod=paypal&transid=SEPA-2024-0001",
                "Transaction ID must be Unique",
            ),
        ] {
            assert_eq!(
                run(&store, &format!("AddTransaction&{query}")).text("message"),
                message,
                "{query}"
            );
        }
        let twice = "AddTransaction&userid=1&paymentmethod=paypal&transid=SEPA-2024-0001&allowduplicatetransid=1";
        assert_eq!(run(&store, twice), Answer::success());
    }

    #[test]
    fn a_transaction_is_listed_with_every_number_in_quotes() {
        let store = Store::open(None, 1, None).expect("opens");
        run(
            &store,
            "AddTransaction&paymentmethod=banktransfer&currencyid=2&date=24/12/2026&description=Rent&amountout=80&fees=1&transid=R1",
        );
        let json = ReplyMode::Json.encode(
            "GetTransactions",
            &run(&store, "GetTransactions&transid=R1"),
        );
        assert_eq!(
            json,
            r#"{"result":"success","totalresults":1,"startnumber":0,"numreturned":1,"transactions":{"transaction":[{"id":"2","userid":"0","currency":"2","gateway":"banktransfer","date":"2026-12-24 00:00:00","description":"Rent","amountin":"0.00","fees":"1.00","amountout":"80.00","rate":"0.92000","transid":"R1","invoiceid":"0","refundid":"0"}]}}"#
        );
        assert_eq!(
            run(&store, "GetTransactions&clientid=1").int("totalresults"),
            1
        );
        assert_eq!(
            run(&store, "GetTransactions&invoiceid=2").int("totalresults"),
            0
        );
    }

    #[test]
    fn a_transaction_pays_its_invoice_or_becomes_credit() {
        let store = Store::open(None, 1, None).expect("opens");
        run(
            &store,
            "AddTransaction&paymentmethod=paypal&invoiceid=2&amountin=39.99&transid=A",
        );
        assert_eq!(run(&store, "GetInvoice&invoiceid=2").text("status"), "Paid");
        run(
            &store,
            "AddTransaction&paymentmethod=paypal&userid=3&amountin=5&credit=1&transid=B",
        );
        assert_eq!(
            run(&store, "GetClientsDetails&clientid=3").text("credit"),
            "5.00"
        );
    }

    #[test]
    fn a_transaction_changes_only_where_told() {
        let store = Store::open(None, 1, None).expect("opens");
        let reply = run(
            &store,
            "UpdateTransaction&transactionid=1&fees=0.35&date=2026-01-02&description=",
        );
        assert_eq!(reply, Answer::success().with("transactionid", "1"));
        let json = ReplyMode::Json.encode(
            "GetTransactions",
            &run(&store, "GetTransactions&invoiceid=1"),
        );
        assert!(json.contains(r#""date":"2026-01-02 00:00:00","description":"Invoice Payment","amountin":"55.00","fees":"0.35""#), "{json}");
        assert_eq!(
            run(&store, "UpdateTransaction&transactionid=9").text("message"),
            "Transaction ID Not Found"
        );
    }

    #[test]
    fn rates_have_five_digits() {
        for (text, rate) in [
            ("1", "1.00000"),
            ("0.923456", "0.92345"),
            ("x", "1.00000"),
            ("2.5", "2.50000"),
        ] {
            assert_eq!(five_digits(text), rate);
        }
    }
}
