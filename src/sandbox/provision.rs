//! The server module of the sandbox: it keeps a service's state and always succeeds.
//!
//! There is no server behind it. What a module would do elsewhere is told by the
//! service's status, server, login name and password.

use rusqlite::params;

use super::call::Call;
use super::db::Db;
use super::merge_fields;
use super::modules;
use super::registrar;

/// What the module asked for a password takes it from; nothing that is easily misread.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// What keeps a service from being set up: a module that needs a server, and no server.
pub fn obstacle(db: &Db, service: i64) -> rusqlite::Result<Option<&'static str>> {
    let row = db.row(
        "SELECT p.module, s.server_id FROM services s JOIN products p ON p.id = s.product_id WHERE s.id = ?1",
        [service],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let (module, server) = row.unwrap_or_default();
    let is_homeless =
        modules::needs_server(&module) && server == 0 && emptiest_server(db, &module)? == 0;
    Ok(is_homeless.then_some("No server for this module is active"))
}

/// Sets a service up: a server, a login name and a password where it has none, then `Active`.
pub fn create(db: &Db, service: i64) -> rusqlite::Result<()> {
    let row = db.row(
        "SELECT p.module, s.server_id, s.username, s.password, s.domain FROM services s \
         JOIN products p ON p.id = s.product_id WHERE s.id = ?1",
        [service],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
            ))
        },
    )?;
    let Some((module, server, username, password, domain)) = row else {
        return Ok(());
    };
    let server = match server {
        0 => emptiest_server(db, &module)?,
        server => server,
    };
    let username = match username.as_str() {
        "" => login_name(&domain, service),
        name => name.to_owned(),
    };
    let password = match password.as_str() {
        "" => new_password(db),
        word => word.to_owned(),
    };
    db.update(
        "services",
        service,
        &[
            ("server_id", &server),
            ("username", &username),
            ("password", &password),
            ("status", &"Active"),
        ],
    )?;
    Ok(())
}

/// Suspends a service.
pub fn suspend(db: &Db, service: i64, reason: &str) -> rusqlite::Result<()> {
    db.run(
        "UPDATE services SET status = 'Suspended', suspensionreason = ?2 WHERE id = ?1",
        params![service, reason],
    )?;
    Ok(())
}

/// Brings a service back.
pub fn unsuspend(db: &Db, service: i64) -> rusqlite::Result<()> {
    db.run(
        "UPDATE services SET status = 'Active', suspensionreason = '' WHERE id = ?1",
        [service],
    )?;
    Ok(())
}

/// Ends a service today.
pub fn terminate(call: &Call, service: i64) -> rusqlite::Result<()> {
    call.db.run(
        "UPDATE services SET status = 'Terminated', terminationdate = ?2 WHERE id = ?1",
        params![service, call.today()],
    )?;
    Ok(())
}

/// Registers or transfers a domain, whichever was ordered.
pub fn register_domain(call: &Call, domain: i64) -> rusqlite::Result<()> {
    let kind: Option<String> = call
        .db
        .value("SELECT type FROM domains WHERE id = ?1", [domain])?;
    match kind {
        Some(kind) if kind.eq_ignore_ascii_case("transfer") => {
            registrar::transfer(call.db, domain, None)
        }
        _ => registrar::register(call, domain),
    }
}

/// Sends the welcome mail of a service's product, when it has one.
pub fn welcome(call: &Call, service: i64) -> rusqlite::Result<()> {
    let row = call.db.row(
        "SELECT s.client_id, t.name FROM services s JOIN products p ON p.id = s.product_id \
         JOIN email_templates t ON t.id = p.welcomeemail WHERE s.id = ?1",
        [service],
        |row| Ok((row.get(0)?, row.get::<_, String>(1)?)),
    )?;
    if let Some((client, template)) = row {
        let fields = merge_fields::of_record(call.db, "product", service)?.unwrap_or_default();
        let merge: Vec<(&str, &str)> = fields.texts().collect();
        call.mail(client, &template, &merge)?;
    }
    Ok(())
}

/// The active server of a module with the fewest services, or 0.
fn emptiest_server(db: &Db, module: &str) -> rusqlite::Result<i64> {
    let server = db.value(
        "SELECT id FROM servers v WHERE module = ?1 AND active = 1 AND disabled = 0 \
         ORDER BY (SELECT COUNT(*) FROM services WHERE server_id = v.id), id LIMIT 1",
        [module],
    )?;
    Ok(server.unwrap_or(0))
}

/// A login name made of a domain's first letters, or of the service's id.
fn login_name(domain: &str, service: i64) -> String {
    let name: String = domain
        .chars()
        .map(|letter| letter.to_ascii_lowercase())
        .take_while(|letter| *letter != '.')
        .filter(char::is_ascii_alphanumeric)
        .skip_while(char::is_ascii_digit)
        .take(8)
        .collect();
    if name.is_empty() {
        format!("user{service}")
    } else {
        name
    }
}

fn new_password(db: &Db) -> String {
    (0..12)
        .map(|_| {
            let last = i64::try_from(LETTERS.len() - 1).unwrap_or(0);
            let at = usize::try_from(db.roll(0, last)).unwrap_or(0);
            char::from(LETTERS[at])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::login_name;

    #[test]
    fn a_login_name_is_short_and_starts_with_a_letter() {
        for (domain, name) in [
            ("Example-Shop.com", "examples"),
            ("3com.net", "com"),
            ("123.net", "user9"),
            ("", "user9"),
        ] {
            assert_eq!(login_name(domain, 9), name, "{domain}");
        }
    }
}
