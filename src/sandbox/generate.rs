//! Demo clients in any number, from a seed: the same seed, the same clients.
//!
//! Names, addresses and phone numbers belong to one country; accents and companies
//! are common; e-mail addresses are unique and under the example domains. Two in
//! three have a service with its order and invoice. Prepared statements only:
//! a hundred thousand clients are a matter of seconds.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rusqlite::{CachedStatement, Connection, params};

use super::clock;
use super::db::uuid;
use super::lands::LANDS;

/// A product a generated service may have: id, monthly price in either currency.
const PRODUCTS: &[(i64, [i64; 2])] = &[(1, [595, 550]), (2, [1295, 1195]), (3, [2499, 2299])];
const NEVER: &str = "0000-00-00 00:00:00";
const DOMAINS: &[&str] = &["example.com", "example.net", "example.org"];

struct Statements<'c> {
    client: CachedStatement<'c>,
    user: CachedStatement<'c>,
    link: CachedStatement<'c>,
    order: CachedStatement<'c>,
    service: CachedStatement<'c>,
    invoice: CachedStatement<'c>,
    item: CachedStatement<'c>,
    payment: CachedStatement<'c>,
}

/// Adds that many clients.
pub fn clients(
    connection: &Connection,
    dice: &mut ChaCha8Rng,
    count: usize,
) -> rusqlite::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let mut statements = prepare(connection)?;
    let today = clock::now().date();
    for number in 0..count {
        client(connection, &mut statements, dice, today, number)?;
    }
    Ok(())
}

fn prepare(connection: &Connection) -> rusqlite::Result<Statements<'_>> {
    Ok(Statements {
        client: connection.prepare_cached(
            "INSERT INTO clients (uuid, firstname, lastname, companyname, email, address1, address2, city, state, \
             postcode, country, phonenumber, currency, groupid, status, language, datecreated) \
             VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?,
        user: connection.prepare_cached(
            "INSERT INTO users (firstname, lastname, email, password, language, email_verified, datecreated) \
             VALUES (?, ?, ?, '$2y$10$0000000000000000000000no.password.was.ever.set.....', ?, 1, ?)",
        )?,
        link: connection.prepare_cached(
            "INSERT INTO user_clients (user_id, client_id, owner, created_at) VALUES (?, ?, 1, ?)",
        )?,
        order: connection.prepare_cached(
            "INSERT INTO orders (ordernum, client_id, requestor_id, date, amount, paymentmethod, invoice_id, status) \
             VALUES (?, ?, ?, ?, ?, ?, ?, 'Active')",
        )?,
        service: connection.prepare_cached(
            "INSERT INTO services (client_id, order_id, product_id, server_id, regdate, domain, paymentmethod, \
             firstpaymentamount, recurringamount, billingcycle, nextduedate, nextinvoicedate, status, username, \
             password) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 'Monthly', ?9, ?9, ?10, ?11, 'xxxxxxxx')",
        )?,
        invoice: connection.prepare_cached(
            "INSERT INTO invoices (client_id, date, duedate, datepaid, subtotal, total, status, paymentmethod, \
             created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?8)",
        )?,
        item: connection.prepare_cached(
            "INSERT INTO invoice_items (invoice_id, client_id, type, relid, description, amount) \
             VALUES (?, ?, 'Hosting', ?, ?, ?)",
        )?,
        payment: connection.prepare_cached(
            "INSERT INTO transactions (client_id, gateway, date, description, amountin, transid, invoice_id) \
             VALUES (?, ?, ?, 'Invoice Payment', ?, ?, ?)",
        )?,
    })
}

fn client(
    connection: &Connection,
    statements: &mut Statements<'_>,
    dice: &mut ChaCha8Rng,
    today: Date,
    number: usize,
) -> rusqlite::Result<()> {
    let land = pick(dice, LANDS);
    let (first, last) = (pick(dice, land.first), pick(dice, land.last));
    let (city, state, postcode) = pick(dice, land.cities);
    let company = if dice.random_ratio(1, 3) {
        format!("{last} {}", land.company)
    } else {
        String::new()
    };
    let email = format!(
        "{}.{}.{}@{}",
        ascii(first),
        ascii(last),
        number + 1,
        pick(dice, DOMAINS)
    );
    let created = today - dice.random_range(1..2000_i32).days();
    let status = match dice.random_range(0..10) {
        0 => "Closed",
        1 | 2 => "Inactive",
        _ => "Active",
    };
    statements.client.execute(params![
        uuid(dice),
        first,
        last,
        company,
        email,
        format!("{} {}", pick(dice, land.streets), dice.random_range(1..200)),
        city,
        state,
        postcode,
        land.code,
        format!("0{}", dice.random_range(200_000_000..999_999_999)),
        land.currency,
        i64::from(dice.random_ratio(1, 20)),
        status,
        land.language,
        created.to_string(),
    ])?;
    let client_id = connection.last_insert_rowid();
    let signed_up = format!("{created} 09:00:00");
    let user = params![first, last, email, land.language, signed_up];
    statements.user.execute(user)?;
    let user_id = connection.last_insert_rowid();
    let link = params![user_id, client_id, signed_up];
    statements.link.execute(link)?;
    if dice.random_ratio(2, 3) {
        let owner = Owner {
            client_id,
            user_id,
            currency: land.currency,
            since: created,
            is_active: status == "Active",
        };
        service(connection, statements, dice, today, &owner)?;
    }
    Ok(())
}

struct Owner {
    client_id: i64,
    user_id: i64,
    currency: i64,
    since: Date,
    is_active: bool,
}

/// A service with the order it came from and its last invoice.
fn service(
    connection: &Connection,
    statements: &mut Statements<'_>,
    dice: &mut ChaCha8Rng,
    today: Date,
    owner: &Owner,
) -> rusqlite::Result<()> {
    let (product, prices) = pick(dice, PRODUCTS);
    let price = if owner.currency == 1 {
        prices[0]
    } else {
        prices[1]
    };
    let method = if dice.random() {
        "banktransfer"
    } else {
        "paypal"
    };
    let Owner {
        client_id,
        user_id,
        since,
        ..
    } = *owner;
    let due = today + dice.random_range(-20..30_i32).days();
    let paid = !owner.is_active || dice.random_ratio(4, 5);
    let billed = due - 14.days();
    let paid_at = if paid { at_ten(billed) } else { NEVER.into() };
    statements.invoice.execute(params![
        client_id,
        billed.to_string(),
        due.to_string(),
        paid_at,
        price,
        if paid { "Paid" } else { "Unpaid" },
        method,
        at_ten(billed),
    ])?;
    let invoice_id = connection.last_insert_rowid();
    statements.order.execute(params![
        dice.random_range(1_000_000_000..9_999_999_999_i64),
        client_id,
        user_id,
        at_ten(since),
        price,
        method,
        invoice_id,
    ])?;
    let order_id = connection.last_insert_rowid();
    let domain = format!("site{client_id}.{}", pick(dice, DOMAINS));
    statements.service.execute(params![
        client_id,
        order_id,
        product,
        dice.random_range(1..=2),
        since.to_string(),
        domain,
        method,
        price,
        due.to_string(),
        if owner.is_active {
            "Active"
        } else {
            "Terminated"
        },
        format!("site{client_id}"),
    ])?;
    let service_id = connection.last_insert_rowid();
    let line = format!("Monthly fee - {domain}");
    let item = params![invoice_id, client_id, service_id, line, price];
    statements.item.execute(item)?;
    if paid {
        statements.payment.execute(params![
            client_id,
            method,
            at_ten(billed),
            price,
            format!("T{invoice_id:08}"),
            invoice_id,
        ])?;
    }
    Ok(())
}

fn at_ten(day: Date) -> String {
    format!("{day} 10:00:00")
}

fn pick<'t, T>(dice: &mut ChaCha8Rng, table: &'t [T]) -> &'t T {
    &table[dice.random_range(0..table.len())]
}

/// A name as it stands in an e-mail address: ASCII letters in lower case.
fn ascii(name: &str) -> impl fmt::Display {
    name.chars()
        .filter_map(|letter| match letter.to_lowercase().next()? {
            'á' | 'ã' | 'ä' | 'ą' | 'â' => Some('a'),
            'ç' | 'ć' => Some('c'),
            'é' | 'è' | 'ę' | 'ë' => Some('e'),
            'í' | 'ï' => Some('i'),
            'ł' => Some('l'),
            'ó' | 'ö' | 'ô' => Some('o'),
            'ś' | 'ß' => Some('s'),
            'ü' | 'ú' => Some('u'),
            'ż' => Some('z'),
            plain if plain.is_ascii_lowercase() => Some(plain),
            _ => None,
        })
        .collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::super::store::Store;

    fn emails(seed: u64, count: usize) -> Vec<String> {
        let store = Store::open(None, seed, count).expect("opens");
        store
            .transact(|db| Ok(db.values("SELECT email FROM clients ORDER BY id", ())?))
            .expect("reads")
    }

    #[test]
    fn the_same_seed_makes_the_same_clients_and_another_seed_others() {
        let first = emails(5, 40);
        assert_eq!(first.len(), 46);
        assert_eq!(first, emails(5, 40));
        assert_ne!(first, emails(6, 40));
        assert!(first.iter().all(|email| email.is_ascii()));
    }

    #[test]
    fn what_is_generated_hangs_together() {
        let store = Store::open(None, 2, 200).expect("opens");
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
                "an invoice that is not the sum of its items",
                "SELECT COUNT(*) FROM invoices i WHERE subtotal <> (SELECT SUM(amount) FROM invoice_items WHERE invoice_id = i.id)",
            ),
            (
                "a paid invoice without its payment",
                "SELECT COUNT(*) FROM invoices i WHERE status = 'Paid' AND total <> (SELECT COALESCE(SUM(amountin), 0) FROM transactions WHERE invoice_id = i.id)",
            ),
            (
                "a service of a product nobody sells",
                "SELECT COUNT(*) FROM services WHERE product_id NOT IN (SELECT id FROM products)",
            ),
            (
                "a service of the wrong price",
                "SELECT COUNT(*) FROM services s JOIN clients c ON c.id = s.client_id JOIN pricing p ON p.type = 'product' AND p.relid = s.product_id AND p.currency = c.currency WHERE s.billingcycle = 'Monthly' AND s.recurringamount <> p.monthly",
            ),
        ] {
            let count: Option<i64> = store.transact(|db| Ok(db.value(sql, ())?)).expect(sql);
            assert_eq!(count, Some(0), "{what}");
        }
    }
}
