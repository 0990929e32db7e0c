//! Merge fields: the `{$name}` in a mail, and what stands in its place.
//!
//! What a mail is about (a service, a domain, an invoice, a ticket) has fields, so has the
//! client it goes to, and so has the company. A name that nothing knows is left out, as
//! WHMCS's templates leave it out; anything else in braces stays as it is written. What is
//! put in is not looked through again.

use super::db::Db;
use super::reply::Fields;
use super::tree::{Array, Tree};

/// Puts values in the place of names; the value of a name nothing knows is empty.
pub fn filled<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{$") {
        filled.push_str(before);
        let named = after.split_once('}').filter(|(name, _)| is_name(name));
        rest = if let Some((name, after)) = named {
            filled.push_str(value(name).unwrap_or_default());
            after
        } else {
            filled.push_str("{$");
            after
        };
    }
    filled.push_str(rest);
    filled
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    !text.is_empty() && text.chars().all(is_part)
}

/// The texts of an array by their names; those of an array in it as `name.key`.
pub fn named_texts(array: &Array) -> Vec<(String, &str)> {
    let mut texts = Vec::new();
    for (name, value) in array.iter() {
        match value {
            Tree::Text(text) => texts.push((name.to_owned(), text.as_str())),
            Tree::Array(inner) => texts.extend(
                named_texts(inner)
                    .into_iter()
                    .map(|(key, text)| (format!("{name}.{key}"), text)),
            ),
        }
    }
    texts
}

/// What every mail may say of the company.
pub fn of_the_company(db: &Db) -> rusqlite::Result<Fields> {
    let settings = [
        ("company_name", "CompanyName"),
        ("company_domain", "Domain"),
        ("company_logo_url", "LogoURL"),
        ("whmcs_url", "SystemURL"),
        ("signature", "Signature"),
        ("charset", "Charset"),
    ];
    let columns: Vec<String> = settings
        .iter()
        .map(|(field, setting)| {
            format!("(SELECT value FROM settings WHERE name = '{setting}') AS {field}")
        })
        .collect();
    let fields = db.record(&format!("SELECT {}", columns.join(", ")), ())?;
    Ok(fields.unwrap_or_default())
}

/// What a mail may say of the client it goes to.
pub fn of_client(db: &Db, client: i64) -> rusqlite::Result<Fields> {
    let fields = db.record(
        &format!(
            "SELECT c.id AS \"client_id:text\", c.fullname AS client_name, c.firstname AS client_first_name, \
             c.lastname AS client_last_name, c.companyname AS client_company_name, c.email AS client_email, \
             c.address1 AS client_address1, c.address2 AS client_address2, c.city AS client_city, \
             c.state AS client_state, c.postcode AS client_postcode, c.country AS client_country, \
             c.phonenumber AS client_phonenumber, c.tax_id AS client_tax_id, c.language AS client_language, \
             c.status AS client_status, substr(c.datecreated, 1, 10) AS client_signup_date, \
             {} AS client_credit FROM clients c JOIN currencies m ON m.id = c.currency WHERE c.id = ?1",
            amount_sql("c.credit")
        ),
        [client],
    )?;
    Ok(fields.unwrap_or_default())
}

/// What a mail of a kind may say of the record it is about, and `client_id`, whose it is.
pub fn of_record(db: &Db, kind: &str, id: i64) -> rusqlite::Result<Option<Fields>> {
    match kind {
        "general" => db.record("SELECT id AS client_id FROM clients WHERE id = ?1", [id]),
        "product" => of_service(db, id),
        "domain" => of_domain(db, id),
        "invoice" => of_invoice(db, id),
        "support" => of_ticket(db, id),
        "affiliate" => db.record("SELECT client_id FROM affiliates WHERE id = ?1", [id]),
        _ => Ok(None),
    }
}

fn of_service(db: &Db, id: i64) -> rusqlite::Result<Option<Fields>> {
    db.record(
        &format!(
            "SELECT s.client_id, s.id AS \"service_id:text\", s.order_id AS \"service_order_id:text\", \
             s.regdate AS service_reg_date, COALESCE(p.name, '') AS service_product_name, \
             s.domain AS service_domain, s.username AS service_username, s.status AS service_status, \
             s.billingcycle AS service_billing_cycle, s.nextduedate AS service_next_due_date, \
             {} AS service_first_payment_amount, {} AS service_recurring_amount, \
             s.paymentmethod AS service_payment_method, s.dedicatedip AS service_dedicated_ip, \
             s.suspensionreason AS service_suspension_reason, COALESCE(v.name, '') AS service_server_name, \
             COALESCE(v.hostname, '') AS service_server_hostname, COALESCE(v.ipaddress, '') AS service_server_ip \
             FROM services s JOIN clients c ON c.id = s.client_id JOIN currencies m ON m.id = c.currency \
             LEFT JOIN products p ON p.id = s.product_id LEFT JOIN servers v ON v.id = s.server_id \
             WHERE s.id = ?1",
            amount_sql("s.firstpaymentamount"),
            amount_sql("s.recurringamount")
        ),
        [id],
    )
}

fn of_domain(db: &Db, id: i64) -> rusqlite::Result<Option<Fields>> {
    db.record(
        &format!(
            "SELECT d.client_id, d.id AS \"domain_id:text\", d.order_id AS \"domain_order_id:text\", \
             d.domain AS domain_name, substr(d.domain, 1, instr(d.domain, '.') - 1) AS domain_sld, \
             substr(d.domain, instr(d.domain, '.') + 1) AS domain_tld, d.registrationdate AS domain_reg_date, \
             d.registrationperiod AS \"domain_reg_period:text\", d.registrar AS domain_registrar, \
             d.status AS domain_status, d.expirydate AS domain_expiry_date, \
             d.nextduedate AS domain_next_due_date, {} AS domain_first_payment_amount, \
             {} AS domain_recurring_amount FROM domains d JOIN clients c ON c.id = d.client_id \
             JOIN currencies m ON m.id = c.currency WHERE d.id = ?1",
            amount_sql("d.firstpaymentamount"),
            amount_sql("d.recurringamount")
        ),
        [id],
    )
}

fn of_invoice(db: &Db, id: i64) -> rusqlite::Result<Option<Fields>> {
    let paid =
        "(SELECT COALESCE(SUM(amountin - amountout), 0) FROM transactions WHERE invoice_id = i.id)";
    db.record(
        &format!(
            "SELECT i.client_id, i.id AS \"invoice_id:text\", \
             CASE i.invoicenum WHEN '' THEN CAST(i.id AS TEXT) ELSE i.invoicenum END AS invoice_num, \
             i.date AS invoice_date_created, i.duedate AS invoice_date_due, i.datepaid AS invoice_date_paid, \
             {} AS invoice_subtotal, {} AS invoice_credit, {} AS invoice_tax, i.taxrate AS invoice_tax_rate, \
             {} AS invoice_total, {} AS invoice_amount_paid, {} AS invoice_balance, i.status AS invoice_status, \
             COALESCE(g.displayname, i.paymentmethod) AS invoice_payment_method, i.notes AS invoice_notes \
             FROM invoices i JOIN clients c ON c.id = i.client_id JOIN currencies m ON m.id = c.currency \
             LEFT JOIN payment_methods g ON g.module = i.paymentmethod WHERE i.id = ?1",
            amount_sql("i.subtotal"),
            amount_sql("i.credit"),
            amount_sql("i.tax"),
            amount_sql("i.total"),
            amount_sql(paid),
            amount_sql(&format!("i.total - {paid}"))
        ),
        [id],
    )
}

fn of_ticket(db: &Db, id: i64) -> rusqlite::Result<Option<Fields>> {
    db.record(
        "SELECT t.client_id, t.contactid, t.tid AS ticket_id, t.subject AS ticket_subject, t.message AS ticket_message, \
         t.status AS ticket_status, t.priority AS ticket_priority, t.date AS ticket_date_opened, \
         COALESCE(d.name, '') AS ticket_department FROM tickets t \
         LEFT JOIN departments d ON d.id = t.deptid WHERE t.id = ?1",
        [id],
    )
}

/// SQL for an amount in hundredths as a mail shows it, `$12.95 USD`, of the currency `m`.
fn amount_sql(amount: &str) -> String {
    format!(
        "m.prefix || printf('%s%d.%02d', CASE WHEN {amount} < 0 THEN '-' ELSE '' END, \
         abs({amount}) / 100, abs({amount}) % 100) || m.suffix"
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer, column, store};
    use super::filled;

    #[test]
    fn names_are_replaced_once_and_unknown_ones_left_out() {
        let value = |name: &str| match name {
            "a" => Some("{$b}"),
            "b" => Some("B"),
            "c.d" => Some("CD"),
            _ => None,
        };
        for (text, told) in [
            ("{$a}{$b}", "{$b}B"),
            ("x {$nobody} y", "x  y"),
            ("{$c.d}", "CD"),
            ("{$b", "{$b"),
            ("{$}", "{$}"),
            ("{$a b}{if $b}{$b}{/if}", "{$a b}{if $b}B{/if}"),
            ("{${$b}", "{$B"),
            ("\u{e9}{$b}\u{e9}", "\u{e9}B\u{e9}"),
        ] {
            assert_eq!(filled(text, value), told, "{text}");
        }
    }

    #[test]
    fn a_mail_of_ones_own_may_name_the_company_and_every_field_of_its_record() {
        let store = store();
        let said = |kind: &str, id: i64, client: i64, text: &str| {
            let query =
                format!("customtype={kind}&id={id}&customsubject=s&custommessage=%3E{text}");
            assert_eq!(
                answer(&store, "SendEmail", &query).text("result"),
                "success"
            );
            let emails = answer(&store, "GetEmails", &format!("clientid={client}"));
            column(&emails, "emails.email", "message").pop()
        };
        let text = "{$company_name},{$client_address1},{$client_credit},{$nobody}";
        assert_eq!(
            said("general", 1, 1, text).as_deref(),
            Some(">Example Hosting,K\u{f6}nigstra\u{df}e 12,\u{20ac}25.00 EUR,")
        );
        let text = "{$invoice_num},{$invoice_total},{$invoice_balance},{$invoice_payment_method}";
        assert_eq!(
            said("invoice", 2, 3, text).as_deref(),
            Some(">2,$39.99 USD,$39.99 USD,PayPal")
        );
        let text = "{$domain_sld},{$domain_tld},{$domain_registrar}";
        assert_eq!(
            said("domain", 1, 1, text).as_deref(),
            Some(">mueller,example,enom")
        );
        let text = "{$service_product_name},{$service_billing_cycle},{$service_server_name}";
        assert_eq!(
            said("product", 1, 1, text).as_deref(),
            Some(">Starter,Annually,Saturn")
        );
    }
}
