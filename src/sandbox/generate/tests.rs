use crate::sandbox::store::Store;
use crate::sandbox::testing::count;

fn emails(seed: u64, count: usize) -> Vec<String> {
    let store = Store::open(None, seed, Some(count)).expect("opens");
    store
        .transact(|db| Ok(db.values("SELECT email FROM clients ORDER BY id", ())?))
        .expect("reads")
}

#[test]
fn the_same_seed_makes_the_same_clients_and_another_seed_others() {
    let first = emails(5, 40);
    assert_eq!(first.len(), 40);
    assert_eq!(first, emails(5, 40));
    assert_ne!(first, emails(6, 40));
    assert!(first.iter().all(|email| email.is_ascii()));
}

#[test]
fn the_same_seed_makes_the_same_host() {
    // What is not generated has the moment it was made in it.
    let dump = |seed| {
        let store = Store::open(None, seed, Some(60)).expect("opens");
        let mut lines: Vec<String> = Vec::new();
        for sql in [
            "SELECT client_id || status || subtotal || duedate || datepaid FROM invoices WHERE client_id > 6 ORDER BY id",
            "SELECT client_id || status || domain || nextduedate FROM services WHERE client_id > 6 ORDER BY id",
            "SELECT client_id || status || domain || expirydate FROM domains WHERE client_id > 6 ORDER BY id",
            "SELECT client_id || status || ordernum || date FROM orders WHERE client_id > 6 ORDER BY id",
            "SELECT transid || date || amountin FROM transactions WHERE client_id > 6 ORDER BY id",
            "SELECT tid || c || client_id || status || subject || lastreply FROM tickets ORDER BY id",
            "SELECT ticket_id || date || message || admin FROM ticket_replies ORDER BY id",
        ] {
            lines.extend(
                store
                    .transact(|db| Ok(db.values::<String>(sql, ())?))
                    .expect(sql),
            );
        }
        lines
    };
    assert_eq!(dump(3), dump(3));
    assert_ne!(dump(3), dump(4));
}

#[test]
fn what_is_generated_hangs_together() {
    let store = Store::open(None, 2, Some(600)).expect("opens");
    for (what, sql) in [
        (
            "a client without an owner",
            "SELECT COUNT(*) FROM clients WHERE id NOT IN (SELECT client_id FROM user_clients WHERE owner = 1)",
        ),
        (
            "a service without an order of its client",
            "SELECT COUNT(*) FROM services s WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = s.order_id AND o.client_id = s.client_id)",
        ),
        (
            "a domain without an order of its client",
            "SELECT COUNT(*) FROM domains s WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = s.order_id AND o.client_id = s.client_id)",
        ),
        (
            "an order of another amount than its invoice",
            "SELECT COUNT(*) FROM orders o JOIN invoices i ON i.id = o.invoice_id WHERE o.amount <> i.total OR o.client_id <> i.client_id",
        ),
        (
            "an invoice that is not the sum of its items",
            "SELECT COUNT(*) FROM invoices i WHERE subtotal <> (SELECT SUM(amount) FROM invoice_items WHERE invoice_id = i.id)",
        ),
        (
            "a paid invoice without its payment",
            "SELECT COUNT(*) FROM invoices i WHERE status = 'Paid' AND total <> (SELECT COALESCE(SUM(amountin), 0) FROM transactions WHERE invoice_id = i.id)",
        ),
        (
            "a payment of what is not paid",
            "SELECT COUNT(*) FROM transactions t JOIN invoices i ON i.id = t.invoice_id WHERE i.status <> 'Paid'",
        ),
        (
            "a line that bills nothing there is",
            "SELECT COUNT(*) FROM invoice_items i WHERE (type = 'Hosting' AND relid NOT IN (SELECT id FROM services)) OR (type = 'Domain' AND relid NOT IN (SELECT id FROM domains))",
        ),
        (
            "a service of a product nobody sells",
            "SELECT COUNT(*) FROM services WHERE product_id NOT IN (SELECT id FROM products)",
        ),
        (
            "a service of the wrong price",
            "SELECT COUNT(*) FROM services s JOIN clients c ON c.id = s.client_id JOIN pricing p ON p.type = 'product' AND p.relid = s.product_id AND p.currency = c.currency WHERE (s.billingcycle = 'Monthly' AND s.recurringamount <> p.monthly) OR (s.billingcycle = 'Annually' AND s.recurringamount <> p.annually)",
        ),
        (
            "an active service of a client who left",
            "SELECT COUNT(*) FROM services s JOIN clients c ON c.id = s.client_id WHERE c.status <> 'Active' AND s.status IN ('Active', 'Suspended', 'Pending')",
        ),
        (
            "an order before its client",
            "SELECT COUNT(*) FROM orders o JOIN clients c ON c.id = o.client_id WHERE o.date < c.datecreated",
        ),
        (
            "a payment in the future",
            "SELECT COUNT(*) FROM transactions WHERE date > datetime(@now, '+1 day')",
        ),
        (
            "a ticket before its client, or in the future",
            "SELECT COUNT(*) FROM tickets t JOIN clients c ON c.id = t.client_id WHERE t.date < c.datecreated OR t.lastreply > datetime(@now)",
        ),
        (
            "a ticket that is not as old as its last message",
            "SELECT COUNT(*) FROM tickets t WHERE lastreply <> COALESCE((SELECT MAX(date) FROM ticket_replies WHERE ticket_id = t.id), date)",
        ),
        (
            "a reply by somebody else, or before the question",
            "SELECT COUNT(*) FROM ticket_replies r JOIN tickets t ON t.id = r.ticket_id WHERE r.userid NOT IN (0, t.client_id) OR (r.userid = 0) <> (r.admin <> '') OR r.date <= t.date",
        ),
        (
            "a ticket about another client's service",
            "SELECT COUNT(*) FROM tickets t WHERE service <> '' AND client_id <> (SELECT client_id FROM services s WHERE 'S' || s.id = t.service)",
        ),
        (
            "a ticket that waits for whom it does not",
            "SELECT COUNT(*) FROM tickets t WHERE (status = 'Answered') > COALESCE((SELECT admin <> '' FROM ticket_replies WHERE ticket_id = t.id ORDER BY date DESC LIMIT 1), 0) OR (status = 'Customer-Reply' AND COALESCE((SELECT admin <> '' FROM ticket_replies WHERE ticket_id = t.id ORDER BY date DESC LIMIT 1), 1))",
        ),
        (
            "an open ticket of a client who left",
            "SELECT COUNT(*) FROM tickets t JOIN clients c ON c.id = t.client_id WHERE c.status <> 'Active' AND t.status <> 'Closed'",
        ),
        (
            "a ticket in no department",
            "SELECT COUNT(*) FROM tickets WHERE deptid NOT IN (SELECT id FROM departments)",
        ),
        (
            "a credit that was never given",
            "SELECT COUNT(*) FROM clients c WHERE credit <> (SELECT COALESCE(SUM(amount), 0) FROM credits WHERE client_id = c.id)",
        ),
    ] {
        assert_eq!(count(&store, sql), 0, "{what}");
    }
}

#[test]
fn a_host_has_something_in_every_state() {
    let store = Store::open(None, 4, Some(600)).expect("opens");
    for (table, states) in [
        ("clients", &["Active", "Inactive", "Closed"][..]),
        ("orders", &["Active", "Pending", "Cancelled", "Fraud"]),
        (
            "services",
            &[
                "Active",
                "Suspended",
                "Pending",
                "Cancelled",
                "Terminated",
                "Fraud",
            ],
        ),
        ("domains", &["Active", "Expired", "Pending", "Cancelled"]),
        ("invoices", &["Paid", "Unpaid", "Cancelled"]),
        (
            "tickets",
            &[
                "Open",
                "Answered",
                "Customer-Reply",
                "In Progress",
                "On Hold",
                "Closed",
            ],
        ),
    ] {
        for state in states {
            // More than the few of every sandbox.
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE id > 6 AND status = '{state}'");
            assert!(count(&store, &sql) > 0, "no {state} in {table}");
        }
    }
    let overdue = "SELECT COUNT(*) FROM invoices WHERE status = 'Unpaid' AND duedate < date(@now) AND client_id > 6";
    assert!(count(&store, overdue) > 10);
    assert!(count(&store, "SELECT COUNT(*) FROM contacts WHERE client_id > 6") > 100);
    assert!(count(&store, "SELECT COUNT(*) FROM domains WHERE client_id > 6") > 200);
    let kinds = "SELECT COUNT(*) FROM (SELECT DISTINCT deptid, priority FROM tickets)";
    assert_eq!(count(&store, kinds), 5);
    assert!(count(&store, "SELECT COUNT(*) FROM ticket_replies") > 300);
}
