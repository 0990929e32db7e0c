//! `AddCredit`, `ApplyCredit` and `GetCredits`.

use jiff::civil::Date;

use crate::sandbox::call::Call;
use crate::sandbox::credit::{self, Movement};
use crate::sandbox::invoice;
use crate::sandbox::list::Listing;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, wrapped};

/// Adds credit to a client's balance, or takes it off.
pub fn add_credit(call: &Call) -> Result<Answer, Refusal> {
    let is_added = match call.given("type") {
        None | Some("add") => true,
        Some("remove") => false,
        Some(_) => return refuse("Type can only be add or remove"),
    };
    let client = call.existing("clientid", "clients", "Client ID Not Found")?;
    let admin = match call.given("adminid") {
        Some(_) => call.existing("adminid", "admins", "Admin ID Not Found")?,
        None => call.caller.admin_id,
    };
    let amount = match call.required("amount", "No Amount Provided")? {
        // PHP takes a bare zero for nothing.
        "0" => return refuse("No Amount Provided"),
        text => amount(text)?,
    };
    let date = match call.given("date") {
        None => call.today(),
        Some(text) => match text.parse::<Date>() {
            Ok(date) => date.to_string(),
            Err(_) => return refuse("Date Format is not Valid"),
        },
    };
    let movement = Movement {
        client,
        amount: if is_added { amount } else { -amount },
        description: call.text("description"),
        date: &date,
        invoice: 0,
        admin,
    };
    let balance = credit::enter(call.db, &movement)?;
    let word = if is_added { "Added" } else { "Removed" };
    call.log(
        client,
        &format!("{word} Credit - User ID: {client} - Amount: {amount}"),
    )?;
    Ok(Answer::success().with("newbalance", balance))
}

/// An amount as `###` or `###.##`, which leaves no room for a sign.
fn amount(text: &str) -> Result<Money, Refusal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let amount = text.parse::<Money>();
    match amount {
        Ok(amount) if are_digits(whole, 12) && are_digits(fraction, 2) => Ok(amount),
        _ => refuse("Amount must be in decimal format: ### or ###.##"),
    }
}

/// Pays an invoice from the client's credit, `full` as far as either goes.
pub fn apply_credit(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("invoiceid", "invoices", "Invoice ID Not Found")?;
    if invoice::status(call.db, id)? != "Unpaid" {
        return refuse("Invoice Not in Unpaid Status");
    }
    let credit = credit::balance(call.db, invoice::client(call.db, id)?)?;
    let balance = invoice::balance(call.db, id)?;
    let amount = match call.given("amount") {
        None => credit.min(balance),
        Some(text) if text.eq_ignore_ascii_case("full") => credit.min(balance),
        Some(text) => text.parse().unwrap_or_default(),
    };
    if amount > credit {
        return refuse("Amount exceeds customer credit balance");
    }
    if amount > balance {
        return refuse("Amount Exceeds Invoice Balance");
    }
    if amount <= Money::ZERO {
        return refuse("Credit Amount to apply must be greater than zero");
    }
    let is_paid = invoice::apply_credit(call, id, amount)?;
    if is_paid && !call.flag("noemail") {
        invoice::mail(call, id, "Invoice Payment Confirmation")?;
    }
    Ok(Answer::success()
        .with("invoiceid", id.to_string())
        .with("amount", amount)
        .with("invoicepaid", if is_paid { "true" } else { "false" }))
}

/// What moved a client's credit.
pub fn get_credits(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("clientid", "clients", "Client ID Not Found")?;
    let mut listing = Listing::new(
        "id AS \"id:text\", date, description, amount AS \"amount:money\", relid AS \"relid:text\"",
        "credits",
    );
    listing.only("client_id = ?", client);
    listing.order("id");
    let credits = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", credits.len().to_string())
        .with("clientid", client.to_string())
        .with("credits", wrapped("credit", credits)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::encode::ReplyMode;
    use crate::sandbox::reply::Answer;
    use crate::sandbox::store::Store;

    fn run(store: &Store, query: &str) -> Answer {
        answer_fields(store, &format!("action={query}"))
    }

    #[test]
    fn credit_is_added_and_removed_and_logged() {
        let store = Store::open(None, 1, None).expect("opens");
        let added = run(
            &store,
            "AddCredit&clientid=1&description=Gift&amount=10.5&date=2026-01-01&type=add",
        );
        assert_eq!(added, Answer::success().with("newbalance", "35.50"));
        let removed = run(
            &store,
            "AddCredit&clientid=1&description=Oops&amount=5&type=remove",
        );
        assert_eq!(removed.text("newbalance"), "30.50");
        let log = run(&store, "GetCredits&clientid=1");
        let json = ReplyMode::Json.encode("GetCredits", &log);
        assert!(json.starts_with(r#"{"result":"success","totalresults":"3","clientid":"1","credits":{"credit":[{"id":"1","#), "{json}");
        assert!(json.contains(r#"{"id":"2","date":"2026-01-01","description":"Gift","amount":"10.50","relid":"0"}"#), "{json}");
        assert!(
            json.contains(r#""description":"Oops","amount":"-5.00""#),
            "{json}"
        );
    }

    #[test]
    fn adding_credit_is_checked_in_the_order_of_the_reference() {
        let store = Store::open(None, 1, None).expect("opens");
        for (query, message) in [
            ("type=both&clientid=99", "Type can only be add or remove"),
            ("clientid=99&adminid=9", "Client ID Not Found"),
            ("clientid=1&adminid=9", "Admin ID Not Found"),
            ("clientid=1&date=x", "No Amount Provided"),
            ("clientid=1&amount=0", "No Amount Provided"),
            (
                "clientid=1&amount=-5&date=x",
                "Amount must be in decimal format: ### or ###.##",
            ),
            (
                "clientid=1&amount=1.234",
                "Amount must be in decimal format: ### or ###.##",
            ),
            (
                "clientid=1&amount=1&date=01/02/2026",
                "Date Format is not Valid",
            ),
        ] {
            assert_eq!(
                run(&store, &format!("AddCredit&description=x&{query}")).text("message"),
                message,
                "{query}"
            );
        }
        assert_eq!(
            run(&store, "GetCredits&clientid=99").text("message"),
            "Client ID Not Found"
        );
    }

    #[test]
    fn applying_credit_is_checked_and_pays() {
        let store = Store::open(None, 1, None).expect("opens");
        run(&store, "AddCredit&clientid=2&description=x&amount=10");
        for (query, message) in [
            ("invoiceid=99&amount=1", "Invoice ID Not Found"),
            ("invoiceid=1&amount=1", "Invoice Not in Unpaid Status"),
            (
                "invoiceid=3&amount=10.01",
                "Amount exceeds customer credit balance",
            ),
            (
                "invoiceid=3&amount=0",
                "Credit Amount to apply must be greater than zero",
            ),
        ] {
            assert_eq!(
                run(&store, &format!("ApplyCredit&{query}")).text("message"),
                message,
                "{query}"
            );
        }
        let part = run(&store, "ApplyCredit&invoiceid=3&amount=10&noemail=1");
        let expected = Answer::success()
            .with("invoiceid", "3")
            .with("amount", "10.00")
            .with("invoicepaid", "false");
        assert_eq!(part, expected);
        run(&store, "AddCredit&clientid=2&description=x&amount=5");
        assert_eq!(
            run(&store, "ApplyCredit&invoiceid=3&amount=3").text("message"),
            "Amount Exceeds Invoice Balance"
        );
        let rest = run(&store, "ApplyCredit&invoiceid=3&amount=full");
        assert_eq!(
            (rest.text("amount"), rest.text("invoicepaid")),
            ("1.95", "true")
        );
        assert_eq!(run(&store, "GetInvoice&invoiceid=3").text("status"), "Paid");
        assert_eq!(
            run(&store, "GetClientsDetails&clientid=2").text("credit"),
            "3.05"
        );
    }
}
