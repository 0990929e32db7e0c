//! What a client's group takes off the invoices made for the client.
//!
//! It is a line of the invoice: orders, services and upgrades keep their own prices, as
//! at WHMCS's checkout. Invoices that somebody writes, or that come of a quote, have none.

use super::db::Db;
use super::invoice::Item;
use super::money::{Money, thousandths};

/// Adds the line that takes the group's share off the others; a second one where only some of them are taxed.
pub fn add(db: &Db, client: i64, items: &mut Vec<Item>) -> rusqlite::Result<()> {
    let percent: Option<String> = db.value(
        "SELECT g.discountpercent FROM clients c JOIN client_groups g ON g.id = c.groupid WHERE c.id = ?1",
        [client],
    )?;
    let share = percent.as_deref().and_then(thousandths).unwrap_or(0);
    for taxed in [true, false] {
        let alike = items.iter().filter(|item| item.taxed == taxed);
        let sum: Money = alike.map(|item| item.amount).sum();
        let off = sum.percent(share);
        if off != Money::ZERO {
            items.push(Item {
                kind: "GroupDiscount",
                relid: 0,
                description: "Client Group Discount".into(),
                amount: -off,
                taxed,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, column, store};

    /// Of a group that has a tenth off.
    const CLIENT: &str = "clientid=6";
    const ORDER: &str = "pid[]=1&billingcycle[]=monthly&paymentmethod=paypal";

    /// An invoice's lines and, last, its total.
    fn lines(store: &Store, invoice: &str) -> Vec<String> {
        let reply = answer(store, "GetInvoice", &format!("invoiceid={invoice}"));
        let [kinds, amounts] = ["type", "amount"].map(|name| column(&reply, "items.item", name));
        let lines = kinds.iter().zip(amounts);
        let lines = lines.map(|(kind, amount)| format!("{kind} {amount}"));
        lines.chain([reply.text("total").to_owned()]).collect()
    }

    #[test]
    fn a_groups_share_is_off_the_invoice_and_not_off_the_order() {
        let store = store();
        let order = answer(&store, "AddOrder", &format!("{CLIENT}&{ORDER}"));
        assert_eq!(
            lines(&store, order.text("invoiceid")),
            ["Hosting 5.95", "GroupDiscount -0.60", "5.35"]
        );
        let query = format!("id={}", order.text("orderid"));
        let orders = answer(&store, "GetOrders", &query);
        assert_eq!(column(&orders, "orders.order", "amount"), ["5.95"]);
    }

    #[test]
    fn renewals_and_upgrades_are_lowered_too() {
        let store = store();
        let unbilled = format!("{CLIENT}&{ORDER}&noinvoice=1");
        let service = answer(&store, "AddOrder", &unbilled);
        let service = service.text("serviceids");
        answer(&store, "GenInvoices", CLIENT);
        assert_eq!(
            lines(&store, "5"),
            ["Hosting 5.95", "GroupDiscount -0.60", "5.35"]
        );
        change(
            &store,
            &format!(
                "UPDATE services SET nextduedate = date(@now, '+1 month') WHERE id = {service}"
            ),
        );
        let upgrade = format!(
            "serviceid={service}&type=product&newproductid=2&newproductbillingcycle=monthly&paymentmethod=paypal"
        );
        answer(&store, "UpgradeProduct", &upgrade);
        assert_eq!(
            lines(&store, "6"),
            ["Upgrade 7.00", "GroupDiscount -0.70", "6.30"]
        );
    }

    #[test]
    fn who_writes_an_invoice_says_what_it_comes_to() {
        let store = store();
        answer(
            &store,
            "CreateInvoice",
            "userid=6&itemdescription1=Work&itemamount1=10",
        );
        assert_eq!(lines(&store, "5"), [" 10.00", "10.00"]);
        answer(&store, "AddOrder", &format!("clientid=3&{ORDER}"));
        assert_eq!(lines(&store, "6"), ["Hosting 5.95", "5.95"]);
    }
}
