//! What WHMCS remembers of its own doing: the activity log.

use super::call::Call;

impl Call<'_> {
    /// Adds a line to the activity log; client 0 is nobody's. What none of the staff did, the system did.
    pub fn log(&self, client_id: i64, description: &str) -> rusqlite::Result<()> {
        let username: Option<String> = self.db.value(
            "SELECT username FROM admins WHERE id = ?1",
            [self.caller.admin_id],
        )?;
        self.db.insert(
            "activity",
            &[
                ("client_id", &client_id),
                ("admin_id", &self.caller.admin_id),
                ("date", &self.moment()),
                ("description", &description),
                ("username", &username.unwrap_or_else(|| "System".to_owned())),
                ("ipaddress", &self.caller.ip.to_string()),
            ],
        )?;
        Ok(())
    }
}
