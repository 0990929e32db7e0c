//! The numbers that paid invoices get one after the other, where the settings ask for them.

use super::call::Call;

/// Gives an invoice that has become paid the next number, unless it has one or none are wanted.
pub fn assign(call: &Call, invoice: i64) -> rusqlite::Result<()> {
    if setting(call, "SequentialInvoiceNumbering")?.is_empty() {
        return Ok(());
    }
    let format = match setting(call, "SequentialInvoiceNumberFormat")? {
        format if format.is_empty() => "{NUMBER}".to_owned(),
        format => format,
    };
    let number: i64 = setting(call, "SequentialInvoiceNumberValue")?
        .parse()
        .unwrap_or(1);
    let today = call.now.date();
    let text = format
        .replace("{YEAR}", &format!("{:04}", today.year()))
        .replace("{MONTH}", &format!("{:02}", today.month()))
        .replace("{DAY}", &format!("{:02}", today.day()))
        .replace("{NUMBER}", &number.to_string());
    let numbered = call.db.run(
        "UPDATE invoices SET invoicenum = ?2 WHERE id = ?1 AND invoicenum = ''",
        rusqlite::params![invoice, text],
    )?;
    if numbered > 0 {
        call.db.run(
            "UPDATE settings SET value = ?1 WHERE name = 'SequentialInvoiceNumberValue'",
            [number.saturating_add(1).to_string()],
        )?;
    }
    Ok(())
}

fn setting(call: &Call, name: &str) -> rusqlite::Result<String> {
    let value: Option<String> = call
        .db
        .value("SELECT value FROM settings WHERE name = ?1", [name])?;
    Ok(value.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, store};

    #[test]
    fn paid_invoices_are_numbered_one_after_the_other() {
        let store = store();
        for (name, value) in [
            ("SequentialInvoiceNumbering", "on"),
            ("SequentialInvoiceNumberFormat", "R-{NUMBER}"),
            ("SequentialInvoiceNumberValue", "41"),
        ] {
            let sql = format!(
                "INSERT OR REPLACE INTO settings (name, value) VALUES ('{name}', '{value}')"
            );
            change(&store, &sql);
        }
        let number = |id: i64| {
            let reply = answer(&store, "GetInvoice", &format!("invoiceid={id}"));
            reply.text("invoicenum").to_owned()
        };
        assert_eq!(number(3), "");
        answer(&store, "AddInvoicePayment", "invoiceid=3&transid=a");
        answer(&store, "UpdateInvoice", "invoiceid=2&status=Paid");
        assert_eq!((number(3), number(2)), ("R-41".into(), "R-42".into()));
        answer(&store, "UpdateInvoice", "invoiceid=2&status=Unpaid");
        answer(&store, "UpdateInvoice", "invoiceid=2&status=Paid");
        assert_eq!(number(2), "R-42");
    }
}
