//! The registrar of the sandbox: it keeps a domain's state and reaches no registry.
//!
//! It knows a domain by its record. Nameservers, lock, transfer code and contacts are
//! kept whether or not the domain was registered here, as with one registered elsewhere.

use jiff::Span;
use rusqlite::params;

use super::call::Call;
use super::cycle::{later, moved};
use super::db::Db;
use super::reply::Fields;

/// The columns of a domain's nameservers.
pub const NAMESERVERS: [&str; 5] = ["ns1", "ns2", "ns3", "ns4", "ns5"];
/// Whose contact details a registrar keeps.
pub const ROLES: [&str; 3] = ["Registrant", "Admin", "Tech"];
/// A name whose domain is in one of these belongs to somebody.
const TAKEN: &str = "('Active', 'Pending Transfer', 'Grace', 'Redemption', 'Expired')";
/// Names that a WHOIS server finds although no client has them. Tests like to register the
/// first three, so the registrar gives them to who asks.
const ELSEWHERE: &[&str] = &[
    "example.com",
    "example.net",
    "example.org",
    "google.com",
    "whmcs.com",
];
/// A transfer code has no letter that is easily misread.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Registers a domain from today for its period.
pub fn register(call: &Call, domain: i64) -> rusqlite::Result<()> {
    let expiry = later(call.now.date(), period(call.db, domain)?);
    call.db.run(
        "UPDATE domains SET status = 'Active', registrationdate = ?2, expirydate = ?3 WHERE id = ?1",
        params![domain, call.today(), expiry.to_string()],
    )?;
    Ok(())
}

/// Starts a transfer, with that code if one is given.
pub fn transfer(db: &Db, domain: i64, code: Option<&str>) -> rusqlite::Result<()> {
    db.run(
        "UPDATE domains SET status = 'Pending Transfer', eppcode = COALESCE(?2, eppcode) WHERE id = ?1",
        params![domain, code],
    )?;
    Ok(())
}

/// Renews a domain for that many years or its own period: expiry and due dates move on.
pub fn renew(call: &Call, domain: i64, years: Option<i64>) -> rusqlite::Result<()> {
    let span = match years {
        Some(years) => whole_years(years),
        None => period(call.db, domain)?,
    };
    let dates = call.db.row(
        "SELECT expirydate, nextduedate, nextinvoicedate FROM domains WHERE id = ?1",
        [domain],
        |row| {
            let date = |at| Ok::<_, rusqlite::Error>(moved(&row.get::<_, String>(at)?, span));
            Ok((date(0)?, date(1)?, date(2)?))
        },
    )?;
    let Some((expiry, due, invoiced)) = dates else {
        return Ok(());
    };
    // A domain that was never registered here counts from today.
    let expiry = match expiry.as_str() {
        "0000-00-00" => later(call.now.date(), span).to_string(),
        _ => expiry,
    };
    call.db.run(
        "UPDATE domains SET expirydate = ?2, nextduedate = ?3, nextinvoicedate = ?4, \
         status = CASE status WHEN 'Pending' THEN status ELSE 'Active' END WHERE id = ?1",
        params![domain, expiry, due, invoiced],
    )?;
    Ok(())
}

/// Hands a domain over to another registrar's tag.
pub fn release(db: &Db, domain: i64, tag: &str) -> rusqlite::Result<()> {
    db.run(
        "UPDATE domains SET status = 'Transferred Away', releasedto = ?2 WHERE id = ?1",
        params![domain, tag],
    )?;
    Ok(())
}

/// The transfer code of a domain, made when it has none.
pub fn epp_code(db: &Db, domain: i64) -> rusqlite::Result<String> {
    let code: Option<String> = db.value("SELECT eppcode FROM domains WHERE id = ?1", [domain])?;
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        return Ok(code);
    }
    let last = i64::try_from(LETTERS.len() - 1).unwrap_or(0);
    let code: String = (0..12)
        .map(|_| usize::try_from(db.roll(0, last)).unwrap_or(0))
        .map(|at| char::from(LETTERS[at]))
        .collect();
    db.update("domains", domain, &[("eppcode", &code)])?;
    Ok(code)
}

/// The five nameservers of a domain, the last ones empty; one without any has the server's own.
pub fn nameservers(db: &Db, domain: i64) -> rusqlite::Result<Fields> {
    let own = db.record(
        "SELECT ns1, ns2, ns3, ns4, ns5 FROM domains WHERE id = ?1",
        [domain],
    )?;
    let mut servers = own.unwrap_or_default();
    if NAMESERVERS.iter().all(|name| servers.text(name).is_empty()) {
        for (column, setting) in [("ns1", "DefaultNameserver1"), ("ns2", "DefaultNameserver2")] {
            let value: Option<String> =
                db.value("SELECT value FROM settings WHERE name = ?1", [setting])?;
            servers.set(column, value.unwrap_or_default());
        }
    }
    Ok(servers)
}

/// Whether a name belongs to a client, one record left out.
pub fn is_taken(db: &Db, name: &str, but: i64) -> rusqlite::Result<bool> {
    let found: Option<i64> = db.value(
        &format!("SELECT 1 FROM domains WHERE domain = ?1 AND id <> ?2 AND status IN {TAKEN}"),
        params![name, but],
    )?;
    Ok(found.is_some())
}

/// Whether a name is free to the eyes of a WHOIS server.
pub fn is_free(db: &Db, name: &str) -> rusqlite::Result<bool> {
    let is_elsewhere = ELSEWHERE.iter().any(|own| own.eq_ignore_ascii_case(name));
    Ok(!is_elsewhere && !is_taken(db, name, 0)?)
}

/// The contact details of one role: what was saved, and where nothing was those of the contact
/// the domain was ordered for, or the client's own.
pub fn contact(db: &Db, domain: i64, role: &str) -> rusqlite::Result<Fields> {
    let person = |tables: &str| {
        db.record(
            &format!(
                "SELECT p.firstname AS First_Name, p.lastname AS Last_Name, \
                 CASE p.companyname WHEN '' THEN NULL ELSE p.companyname END AS Organisation_Name, \
                 NULL AS Job_Title, p.email AS Email, p.address1 AS Address_1, p.address2 AS Address_2, \
                 p.city AS City, p.state AS State, p.postcode AS Postcode, p.country AS Country, \
                 p.phonenumber AS Phone FROM domains d {tables} WHERE d.id = ?1"
            ),
            [domain],
        )
    };
    let ordered_for = person(
        "JOIN orders o ON o.id = d.order_id JOIN contacts p ON p.id = o.contact_id AND p.client_id = d.client_id",
    )?;
    let own = match ordered_for {
        Some(contact) => Some(contact),
        None => person("JOIN clients p ON p.id = d.client_id")?,
    };
    let mut contact = own.unwrap_or_default();
    let saved = db.rows(
        "SELECT name, value FROM domain_contacts WHERE domain_id = ?1 AND role = ?2 ORDER BY name",
        params![domain, role],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    for (name, value) in saved {
        contact.set(&name, value);
    }
    Ok(contact)
}

/// Saves one detail of a contact, in the spelling the registrar has for its name.
pub fn save_contact(
    db: &Db,
    domain: i64,
    role: &str,
    name: &str,
    value: &str,
) -> rusqlite::Result<()> {
    let known = contact(db, domain, role)?;
    let name = known
        .iter()
        .map(|(known, _)| known)
        .find(|known| known.eq_ignore_ascii_case(name))
        .unwrap_or(name);
    db.run(
        "INSERT OR REPLACE INTO domain_contacts (domain_id, role, name, value) VALUES (?1, ?2, ?3, ?4)",
        params![domain, role, name, value],
    )?;
    Ok(())
}

/// What a WHOIS server says of a name.
pub fn whois(db: &Db, name: &str) -> rusqlite::Result<String> {
    let name = name.to_uppercase();
    if is_free(db, &name)? {
        return Ok(format!("No match for \"{name}\".\n"));
    }
    let found = db.row(
        &format!(
            "SELECT id, registrationdate, expirydate, registrar, idprotection FROM domains \
             WHERE domain = ?1 AND status IN {TAKEN} ORDER BY id LIMIT 1"
        ),
        [&name],
        |row| {
            let lines = vec![
                format!("Creation Date: {}", row.get::<_, String>(1)?),
                format!("Registry Expiry Date: {}", row.get::<_, String>(2)?),
                format!("Registrar: {}", row.get::<_, String>(3)?),
            ];
            Ok((row.get::<_, i64>(0)?, lines, row.get::<_, bool>(4)?))
        },
    )?;
    let Some((id, mut lines, is_private)) = found else {
        return Ok(format!("Domain Name: {name}\nRegistrar: another\n"));
    };
    let holder = if is_private {
        "REDACTED FOR PRIVACY".to_owned()
    } else {
        holder(db, id)?
    };
    lines.insert(0, format!("Domain Name: {name}"));
    lines.push(format!("Registrant Name: {holder}"));
    let servers = nameservers(db, id)?;
    lines.extend(
        NAMESERVERS
            .iter()
            .map(|column| servers.text(column))
            .filter(|server| !server.is_empty())
            .map(|server| format!("Name Server: {}", server.to_uppercase())),
    );
    Ok(lines.join("\n") + "\n")
}

fn holder(db: &Db, domain: i64) -> rusqlite::Result<String> {
    let holder = contact(db, domain, "Registrant")?;
    Ok(format!(
        "{} {}",
        holder.text("First_Name"),
        holder.text("Last_Name")
    ))
}

fn period(db: &Db, domain: i64) -> rusqlite::Result<Span> {
    let years: Option<i64> = db.value(
        "SELECT registrationperiod FROM domains WHERE id = ?1",
        [domain],
    )?;
    Ok(whole_years(years.unwrap_or(1)))
}

fn whole_years(years: i64) -> Span {
    Span::new().years(i32::try_from(years).unwrap_or(1).clamp(1, 10))
}
