//! Mail: who would get it, what it would say.
//!
//! No mail ever leaves the sandbox; it is recorded where `GetEmails` finds it. As in
//! WHMCS a client gets the kinds of mail it did not switch off, contacts get copies
//! of the kinds they switched on, and a mail without a reader or a text is not sent.

use serde::Serialize;

use super::call::Call;
use super::db::Db;
use super::merge_fields;

/// The kinds of mail a client or contact can switch, with the column that keeps the switch.
pub const KINDS: &[(&str, &str)] = &[
    ("general", "email_general"),
    ("product", "email_product"),
    ("domain", "email_domain"),
    ("invoice", "email_invoice"),
    ("support", "email_support"),
    ("affiliate", "email_affiliate"),
];

/// A mail before the names in it are filled in: `{$name}` takes its value from `merge`.
///
/// The client's fields and the company's are merged too.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'l> {
    /// One of [`KINDS`], or a kind nobody can switch off.
    pub kind: &'l str,
    /// The subject.
    pub subject: &'l str,
    /// The text.
    pub message: &'l str,
    /// Names and values.
    pub merge: &'l [(&'l str, &'l str)],
    /// Addresses, split by commas, that get a copy whoever else reads it.
    pub copies: &'l str,
}

/// A mail that a server would have sent.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct EmailRecord {
    /// Its number.
    pub id: i64,
    /// The client it is about; 0 where there is none.
    pub clientid: i64,
    /// When it was written, as `MySQL` prints it.
    pub date: String,
    /// Who reads it.
    pub to: String,
    /// Addresses that get a copy, with commas between.
    pub cc: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub message: String,
}

/// Every mail there is, the oldest first.
pub fn recorded(db: &Db) -> rusqlite::Result<Vec<EmailRecord>> {
    let sql = "SELECT id, client_id, date, recipient, cc, subject, message FROM emails ORDER BY id";
    db.rows(sql, (), |row| {
        Ok(EmailRecord {
            id: row.get(0)?,
            clientid: row.get(1)?,
            date: row.get(2)?,
            to: row.get(3)?,
            cc: row.get(4)?,
            subject: row.get(5)?,
            message: row.get(6)?,
        })
    })
}

impl Call<'_> {
    /// Records a mail to a client from a template.
    ///
    /// Whether there was such a template that is not disabled, and somebody to read it.
    pub fn mail(
        &self,
        client_id: i64,
        template: &str,
        merge: &[(&str, &str)],
    ) -> rusqlite::Result<bool> {
        self.with_template(template, merge, |letter| self.send(client_id, letter))
    }

    /// Records a mail from a template to an address that need not be a client's.
    pub fn mail_to(
        &self,
        client_id: i64,
        recipient: &str,
        template: &str,
        merge: &[(&str, &str)],
    ) -> rusqlite::Result<bool> {
        self.with_template(template, merge, |letter| {
            self.post(client_id, recipient, "", letter)
        })
    }

    /// Records a letter to whoever reads that kind of mail for the client; whether somebody does.
    pub fn send(&self, client_id: i64, letter: &Letter<'_>) -> rusqlite::Result<bool> {
        let switch = KINDS.iter().find(|(kind, _)| *kind == letter.kind);
        let column = switch.map_or("1", |(_, column)| column);
        let client: Option<String> = self.db.value(
            &format!(
                "SELECT fullname || CASE companyname WHEN '' THEN '' ELSE ' (' || companyname || ')' END \
                 || ' <' || email || '>' FROM clients WHERE id = ?1 AND {column}"
            ),
            [client_id],
        )?;
        let mut copies: Vec<String> = match switch {
            Some((_, column)) => self.db.values(
                &format!(
                    "SELECT email FROM contacts WHERE client_id = ?1 AND {column} AND email <> '' ORDER BY id"
                ),
                [client_id],
            )?,
            None => Vec::new(),
        };
        let recipient = match client {
            Some(client) => client,
            None if copies.is_empty() => return Ok(false),
            None => copies.remove(0),
        };
        self.post(client_id, &recipient, &copies.join(","), letter)
    }

    /// Records a mail whose text is ready.
    fn record_mail(
        &self,
        client_id: i64,
        recipient: &str,
        subject: &str,
        message: &str,
    ) -> rusqlite::Result<i64> {
        self.db.insert(
            "emails",
            &[
                ("client_id", &client_id),
                ("subject", &subject),
                ("message", &message),
                ("date", &self.moment()),
                ("recipient", &recipient),
            ],
        )
    }

    /// Makes a letter of a template, and sends it; nothing is sent without one that is not disabled.
    pub fn with_template(
        &self,
        name: &str,
        merge: &[(&str, &str)],
        send: impl FnOnce(&Letter<'_>) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<bool> {
        let template = self.db.record(
            "SELECT type, subject, message FROM email_templates \
             WHERE name = ?1 AND language = '' AND disabled = 0",
            [name],
        )?;
        template.map_or(Ok(false), |template| {
            send(&Letter {
                kind: template.text("type"),
                subject: template.text("subject"),
                message: template.text("message"),
                merge,
                copies: "",
            })
        })
    }

    /// Records a letter to one address; whether it has a text.
    pub fn post(
        &self,
        client_id: i64,
        recipient: &str,
        copies: &str,
        letter: &Letter<'_>,
    ) -> rusqlite::Result<bool> {
        let client = merge_fields::of_client(self.db, client_id)?;
        let company = merge_fields::of_the_company(self.db)?;
        let value = |name: &str| {
            let merge = letter.merge.iter().copied();
            let mut known = merge.chain(client.texts()).chain(company.texts());
            known.find_map(|(known, value)| (known == name).then_some(value))
        };
        let message = merge_fields::filled(letter.message, value);
        if message.trim().is_empty() {
            return Ok(false);
        }
        let subject = merge_fields::filled(letter.subject, value);
        let mail = self.record_mail(client_id, recipient, &subject, &message)?;
        let copies = [copies, letter.copies]
            .into_iter()
            .flat_map(|list| list.split(','));
        let copies: Vec<_> = copies
            .map(str::trim)
            .filter(|copy| !copy.is_empty())
            .collect();
        self.db.update("emails", mail, &[("cc", &copies.join(","))])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer, change, column, store};

    #[test]
    fn contacts_get_copies_of_the_kinds_they_asked_for() {
        let store = store();
        let send = "messagename=Invoice+Created&id=1";
        assert_eq!(answer(&store, "SendEmail", send).text("result"), "success");
        let emails = answer(&store, "GetEmails", "clientid=1");
        assert_eq!(
            column(&emails, "emails.email", "to"),
            ["Zo\u{eb} M\u{fc}ller (M\u{fc}ller & S\u{f6}hne GmbH) <zoe.mueller@example.com>"]
        );
        assert_eq!(
            column(&emails, "emails.email", "cc"),
            ["buchhaltung@mueller.example"]
        );
    }

    #[test]
    fn a_client_who_switched_a_kind_off_gets_none_of_it() {
        let store = store();
        change(&store, "UPDATE clients SET email_invoice = 0 WHERE id = 1");
        answer(&store, "SendEmail", "messagename=Invoice+Created&id=1");
        let emails = answer(&store, "GetEmails", "clientid=1");
        assert_eq!(
            column(&emails, "emails.email", "to"),
            ["buchhaltung@mueller.example"]
        );
        change(&store, "DELETE FROM contacts");
        let reply = answer(&store, "SendEmail", "messagename=Invoice+Created&id=1");
        assert_eq!(reply.text("result"), "error");
    }
}
