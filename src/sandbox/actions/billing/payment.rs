//! `AddInvoicePayment`.

use super::transactions;
use crate::sandbox::call::Call;
use crate::sandbox::credit;
use crate::sandbox::invoice;
use crate::sandbox::money::Money;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Books a payment, under a number that was used before too; what is more than the balance becomes the client's credit.
pub fn add_invoice_payment(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("invoiceid", "invoices", "Invoice ID Not Found")?;
    if invoice::status(call.db, id)? == "Cancelled" {
        return refuse("It is not possible to add a payment to an invoice that is Cancelled");
    }
    let balance = invoice::balance(call.db, id)?;
    let amount = call
        .money("amount")
        .filter(|amount| *amount != Money::ZERO)
        .unwrap_or(balance.max(Money::ZERO));
    let own: Option<String> = call
        .db
        .value("SELECT paymentmethod FROM invoices WHERE id = ?1", [id])?;
    let payment = Payment {
        gateway: call
            .given("gateway")
            .unwrap_or(own.as_deref().unwrap_or_default()),
        date: &transactions::moment(call, "date"),
        amount,
        fees: call.money("fees").unwrap_or_default(),
        transid: call.text("transid"),
    };
    book(call, id, &payment)?;
    if !call.flag("noemail") {
        invoice::mail(call, id, "Invoice Payment Confirmation")?;
    }
    Ok(Answer::success())
}

/// Money that came in for an invoice.
#[derive(Debug)]
pub struct Payment<'p> {
    /// The system name of what it came through.
    pub gateway: &'p str,
    /// The moment it came.
    pub date: &'p str,
    /// How much came.
    pub amount: Money,
    /// What the gateway keeps of it.
    pub fees: Money,
    /// The gateway's own number for it.
    pub transid: &'p str,
}

/// Books a payment and settles the invoice; what is more than the balance becomes the client's credit.
pub fn book(call: &Call, id: i64, payment: &Payment) -> rusqlite::Result<()> {
    let client = invoice::client(call.db, id)?;
    let balance = invoice::balance(call.db, id)?;
    let rate = transactions::rate_of_client(call.db, client)?;
    call.db.insert(
        "transactions",
        &[
            ("client_id", &client),
            ("gateway", &payment.gateway),
            ("date", &payment.date),
            ("description", &"Invoice Payment"),
            ("amountin", &payment.amount),
            ("fees", &payment.fees),
            ("rate", &rate),
            ("transid", &payment.transid),
            ("invoice_id", &id),
        ],
    )?;
    call.log(client, &format!("Added Invoice Payment - Invoice ID: {id}"))?;
    let over = payment.amount - balance.max(Money::ZERO);
    if over > Money::ZERO {
        let description = format!("Invoice #{id} Overpayment");
        credit::move_for_invoice(call, client, over, &description, id)?;
    }
    if invoice::settle_if_covered(call, id)? {
        call.db
            .update("invoices", id, &[("datepaid", &payment.date)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields};
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::column;

    fn store() -> Store {
        Store::open(None, 1, None).expect("opens")
    }

    fn pay(store: &Store, rest: &str) -> Answer {
        answer_fields(
            store,
            &format!("action=AddInvoicePayment&gateway=paypal&date=2026-03-04&{rest}"),
        )
    }

    fn invoice(store: &Store, id: i64) -> Fields {
        answer_fields(store, &format!("action=GetInvoice&invoiceid={id}"))
    }

    fn text(store: &Store, sql: &str) -> String {
        let read = |db: &Db<'_>| Ok(db.value::<String>(sql, ())?);
        store.transact(read).expect("reads").unwrap_or_default()
    }

    #[test]
    fn a_payment_keeps_the_rate_of_the_clients_currency() {
        let store = store();
        for (client, rate) in [(1, "0.92000"), (3, "1.00000")] {
            let invoice =
                format!("action=CreateInvoice&userid={client}&itemdescription1=x&itemamount1=5");
            let invoice = answer_fields(&store, &invoice).int("invoiceid");
            pay(&store, &format!("invoiceid={invoice}&transid=R{client}"));
            let paid = answer_fields(
                &store,
                &format!("action=GetTransactions&invoiceid={invoice}"),
            );
            assert_eq!(column(&paid, "transactions.transaction", "rate"), [rate]);
        }
    }

    #[test]
    fn what_is_overpaid_is_not_paid_back_by_the_next_payment() {
        let store = store();
        pay(&store, "invoiceid=2&transid=T1&amount=100");
        assert_eq!(invoice(&store, 2).text("balance"), "-60.01");
        pay(&store, "invoiceid=2&transid=T2");
        let booked = "SELECT amountin || '' FROM transactions WHERE transid = 'T2'";
        assert_eq!(text(&store, booked), "0");
    }

    #[test]
    fn an_amount_beyond_all_reason_is_cut_to_what_whmcs_can_keep() {
        let store = store();
        let reply = pay(&store, "invoiceid=2&transid=T1&amount=92233720368547758.07");
        assert_eq!(reply, Answer::success());
        let booked = "SELECT amountin || '' FROM transactions WHERE transid = 'T1'";
        assert_eq!(text(&store, booked), "9999999999999999");
    }

    #[test]
    fn a_part_leaves_the_rest_and_the_rest_pays_the_invoice() {
        let store = store();
        assert_eq!(
            pay(
                &store,
                "invoiceid=2&transid=T1&amount=9.99&fees=0.50&noemail=1"
            ),
            Answer::success()
        );
        assert_eq!(invoice(&store, 2).text("balance"), "30.00");
        assert_eq!(invoice(&store, 2).text("status"), "Unpaid");
        pay(&store, "invoiceid=2&transid=T2");
        assert_eq!(invoice(&store, 2).text("balance"), "0.00");
        assert_eq!(invoice(&store, 2).text("status"), "Paid");
        assert_eq!(invoice(&store, 2).text("datepaid"), "2026-03-04 00:00:00");
        let mails =
            "SELECT COUNT(*) || '' FROM emails WHERE subject = 'Invoice Payment Confirmation'";
        assert_eq!(text(&store, mails), "1");
        assert_eq!(
            text(&store, "SELECT date FROM transactions WHERE transid = 'T1'"),
            "2026-03-04 00:00:00"
        );
    }

    #[test]
    fn what_is_paid_too_much_becomes_credit() {
        let store = store();
        pay(&store, "invoiceid=2&transid=T1&amount=50");
        assert_eq!(invoice(&store, 2).text("status"), "Paid");
        let client = || {
            answer_fields(&store, "action=GetClientsDetails&clientid=3")
                .text("credit")
                .to_owned()
        };
        assert_eq!(client(), "10.01");
        pay(&store, "invoiceid=2&transid=T2&amount=1");
        assert_eq!(client(), "11.01");
        assert_eq!(
            text(
                &store,
                "SELECT description FROM credits WHERE client_id = 3 LIMIT 1"
            ),
            "Invoice #2 Overpayment"
        );
    }

    #[test]
    fn a_number_that_was_used_before_pays_again_and_the_excess_becomes_credit() {
        let store = store();
        let client = || {
            answer_fields(&store, "action=GetClientsDetails&clientid=3")
                .text("credit")
                .to_owned()
        };
        pay(&store, "invoiceid=2&transid=SEPA-2024-0001");
        assert_eq!(invoice(&store, 2).text("status"), "Paid");
        assert_eq!(client(), "0.00");
        let again = pay(&store, "invoiceid=2&transid=SEPA-2024-0001&amount=39.99");
        assert_eq!(again, Answer::success());
        assert_eq!(client(), "39.99");
    }

    #[test]
    fn an_invoice_that_is_not_there_or_cancelled_takes_no_payment() {
        let store = store();
        for (query, message) in [
            ("invoiceid=99&transid=T1", "Invoice ID Not Found"),
            (
                "invoiceid=4&transid=T1",
                "It is not possible to add a payment to an invoice that is Cancelled",
            ),
        ] {
            assert_eq!(pay(&store, query).text("message"), message);
        }
        assert_eq!(invoice(&store, 2).text("status"), "Unpaid");
    }

    #[test]
    fn paying_moves_the_due_date_on_and_sets_up_what_waits_for_payment() {
        let store = store();
        let due = text(
            &store,
            "SELECT date(nextduedate, '+1 month') FROM services WHERE id = 2",
        );
        pay(&store, "invoiceid=2&transid=T1");
        assert_eq!(
            text(&store, "SELECT nextduedate FROM services WHERE id = 2"),
            due
        );
        pay(&store, "invoiceid=3&transid=T2");
        assert_eq!(
            text(
                &store,
                "SELECT status || ' ' || username FROM services WHERE id = 3"
            ),
            "Active obrien"
        );
        assert_eq!(
            text(
                &store,
                "SELECT subject FROM emails WHERE subject = 'New Account Information'"
            ),
            "New Account Information"
        );
    }

    #[test]
    fn paying_registers_a_new_domain_where_its_extension_says_so() {
        let store = store();
        let order = |name: &str| {
            let query = format!(
                "action=AddOrder&clientid=1&paymentmethod=paypal&domain[]={name}&domaintype[]=register&regperiod[]=2"
            );
            let made = answer_fields(&store, &query);
            pay(
                &store,
                &format!("invoiceid={}&transid={name}", made.text("invoiceid")),
            );
            let state = "SELECT status || ' ' || (expirydate = date(registrationdate, '+2 years')) FROM domains WHERE id = ";
            text(&store, &format!("{state}{}", made.text("domainids")))
        };
        assert_eq!(order("new.com"), "Active 1");
        assert_eq!(order("new.com"), "Pending 0", "taken");
        answer_fields(
            &store,
            "action=CreateOrUpdateTLD&extension=.net&auto_registrar=",
        );
        assert_eq!(order("new.net"), "Pending 0", "by hand");
    }
}
