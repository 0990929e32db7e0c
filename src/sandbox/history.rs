//! What WHMCS remembers of its own doing: the activity log and the mail it sent.
//!
//! No mail ever leaves the sandbox; it is recorded where `GetEmails` finds it.

use super::call::Call;
use super::reply::Fields;

impl Call<'_> {
    /// Adds a line to the activity log; client 0 is nobody's.
    pub fn log(&self, client_id: i64, description: &str) -> rusqlite::Result<()> {
        self.db.insert(
            "activity",
            &[
                ("client_id", &client_id),
                ("admin_id", &self.caller.admin_id),
                ("date", &self.moment()),
                ("description", &description),
                ("username", &"Admin"),
                ("ipaddress", &self.caller.ip.to_string()),
            ],
        )?;
        Ok(())
    }

    /// Records a mail to a client from a template; `{$name}` takes its value from `merge`.
    ///
    /// The client's own fields (`client_name`, `client_email` …) are merged too. Whether
    /// there was such a template that is not disabled, and such a client.
    pub fn mail(
        &self,
        client_id: i64,
        template: &str,
        merge: &[(&str, &str)],
    ) -> rusqlite::Result<bool> {
        let template = self.db.record(
            "SELECT subject, message FROM email_templates WHERE name = ?1 AND language = '' AND disabled = 0",
            [template],
        )?;
        let client = self.db.record(
            "SELECT id AS \"client_id:text\", fullname AS client_name, firstname AS client_first_name, \
             lastname AS client_last_name, companyname AS client_company_name, email AS client_email \
             FROM clients WHERE id = ?1",
            [client_id],
        )?;
        let (Some(template), Some(client)) = (template, client) else {
            return Ok(false);
        };
        let fill = |text: &str| merged(text, &client, merge);
        self.record_mail(
            client_id,
            client.text("client_email"),
            &fill(template.text("subject")),
            &fill(template.text("message")),
        )?;
        Ok(true)
    }

    /// Records a mail that needs no template.
    pub fn record_mail(
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
}

fn merged(text: &str, client: &Fields, merge: &[(&str, &str)]) -> String {
    let own = client.iter().map(|(name, _)| (name, client.text(name)));
    merge
        .iter()
        .copied()
        .chain(own)
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{${name}}}"), value)
        })
}
