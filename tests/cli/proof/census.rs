//! What the server has, read from its tables and not through its API, which fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use serde_json::Value;

use super::case::ROWS;
use super::killing::in_doubt;
use crate::support::Desk;

/// The sandbox's tables.
pub struct Census {
    database: PathBuf,
}

/// Rows with writes that may have been applied, and which.
pub type Doubts = BTreeMap<String, Vec<String>>;

impl Census {
    pub fn of(database: &Path) -> Self {
        Self {
            database: database.to_owned(),
        }
    }

    /// The order of that client, if it has one.
    pub fn order_of(&self, client: i64) -> Option<i64> {
        let sql = "SELECT id FROM orders WHERE client_id = ?";
        self.open()
            .query_row(sql, [client], |row| row.get(0))
            .optional()
            .unwrap()
    }

    pub fn email_of(&self, client: i64) -> String {
        let sql = "SELECT email FROM clients WHERE id = ?";
        self.open()
            .query_row(sql, [client], |row| row.get(0))
            .unwrap()
    }

    /// The rows the run says it is in doubt about.
    pub fn doubts(&self, desk: &Desk, run: &str) -> Doubts {
        let mut doubts = Doubts::new();
        for write in in_doubt(desk, run) {
            let action = write["action"].as_str().unwrap().to_owned();
            doubts.entry(self.row_of(&write)).or_default().push(action);
        }
        doubts
    }

    fn row_of(&self, write: &Value) -> String {
        let params = &write["params"];
        match params["email"].as_str() {
            Some(email) => email.trim_start_matches("of-").to_owned(),
            None => self.email_of(params["clientid"].as_i64().unwrap()),
        }
    }

    /// Every row is there once in every table, but for what is in doubt.
    pub fn check(&self, doubts: &Doubts) {
        let users = self.counts("SELECT email, count(*) FROM users GROUP BY email");
        let clients = self.counts("SELECT email, count(*) FROM clients GROUP BY email");
        let contacts = self.counts(
            "SELECT clients.email, count(*) FROM contacts JOIN clients ON clients.id = client_id
             WHERE contacts.email = 'of-' || clients.email GROUP BY 1",
        );
        let orders = self.counts(
            "SELECT clients.email, count(*) FROM orders JOIN clients ON clients.id = client_id
             GROUP BY 1",
        );
        let owned = self.counts(
            "SELECT users.email, count(*) FROM user_clients
             JOIN users ON users.id = user_id JOIN clients ON clients.id = client_id
             WHERE users.email = clients.email GROUP BY 1",
        );
        let all = self.counts(
            "SELECT substr(email, 4), count(*) FROM contacts WHERE email LIKE 'of-%' GROUP BY 1",
        );
        assert_eq!(all, contacts, "a contact of another client");
        assert_eq!(users, clients, "a client without its user");
        assert_eq!(owned, clients, "a client of another user");
        assert!(clients.len() <= ROWS, "more clients than rows");
        for number in 0..ROWS {
            let row = format!("row{number:03}@proof.example");
            let doubt = doubts.get(&row).map(Vec::as_slice).unwrap_or_default();
            let mut is_reached = true;
            for (action, table) in [
                ("AddClient", &clients),
                ("AddContact", &contacts),
                ("AddOrder", &orders),
            ] {
                let found = table.get(&row).copied().unwrap_or(0);
                if !is_reached {
                    assert_eq!(found, 0, "{action} of {row} behind a write in doubt");
                } else if doubt.iter().any(|name| name == action) {
                    assert!(found <= 1, "{action} of {row}: {found} times");
                    is_reached = false;
                } else {
                    assert_eq!(found, 1, "{action} of {row}: {found} times");
                }
            }
        }
    }

    /// The rows of this proof among what a query counts.
    fn counts(&self, sql: &str) -> BTreeMap<String, i64> {
        let connection = self.open();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
            .unwrap();
        rows.map(Result::unwrap)
            .filter(|(email, _)| email.ends_with("@proof.example"))
            .collect()
    }

    fn open(&self) -> Connection {
        let connection =
            Connection::open_with_flags(&self.database, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        connection
            .busy_timeout(std::time::Duration::from_secs(10))
            .unwrap();
        connection
    }
}
