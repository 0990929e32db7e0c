//! Who the clients are: names, addresses and numbers of one country, a user each, some with a contact.
//!
//! Accents and companies are common; e-mail addresses are unique, under the example domains.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;
use rusqlite::params;

use super::host::Host;
use crate::sandbox::db::uuid;
use crate::sandbox::lands::{LANDS, Land};

const DOMAINS: &[&str] = &["example.com", "example.net", "example.org"];

/// A client that was made.
pub(super) struct Client {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) currency: i64,
    pub(super) since: Date,
    pub(super) is_active: bool,
    pub(super) method: &'static str,
    /// A name for sites: ASCII letters.
    pub(super) slug: String,
}

/// Where somebody lives.
struct Home {
    company: String,
    address: String,
    city: &'static str,
    state: &'static str,
    postcode: &'static str,
    phone: String,
}

/// A client who signed up so many days ago.
pub(super) fn client(host: &mut Host, number: i64, days_ago: i64) -> rusqlite::Result<Client> {
    let land = host.pick(LANDS);
    let (first, last) = (*host.pick(land.first), *host.pick(land.last));
    let domain = host.pick(DOMAINS);
    let email = format!("{}.{}.{}@{domain}", ascii(first), ascii(last), number + 1);
    let home = home(host, land, last);
    let since = host.today - days_ago.days();
    let status = match host.roll(0..10) {
        0 => "Closed",
        1 | 2 => "Inactive",
        _ => "Active",
    };
    let method = *host.pick(&["banktransfer", "paypal"]);
    let group = i64::from(host.one_in(20));
    let uuid = uuid(host.dice);
    let id = host.insert(
        "INSERT INTO clients (uuid, firstname, lastname, companyname, email, address1, address2, city, state, \
         postcode, country, phonenumber, currency, groupid, status, language, defaultgateway, datecreated) \
         VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            uuid, first, last, home.company, email, home.address, home.city, home.state, home.postcode,
            land.code, home.phone, land.currency, group, status, land.language, method, since.to_string(),
        ],
    )?;
    let signed_up = format!("{since} 09:00:00");
    let user_id = host.insert(
        "INSERT INTO users (firstname, lastname, email, password, language, email_verified, datecreated) \
         VALUES (?, ?, ?, '$2y$10$0000000000000000000000no.password.was.ever.set.....', ?, 1, ?)",
        params![first, last, email, land.language, signed_up],
    )?;
    host.insert(
        "INSERT INTO user_clients (user_id, client_id, owner, created_at) VALUES (?, ?, 1, ?)",
        params![user_id, id, signed_up],
    )?;
    if host.one_in(4) {
        contact(host, id, land, last, &home, &signed_up)?;
    }
    Ok(Client {
        id,
        user_id,
        currency: land.currency,
        since,
        is_active: status == "Active",
        method,
        slug: ascii(last).to_string(),
    })
}

fn home(host: &mut Host, land: &Land, last: &str) -> Home {
    let (city, state, postcode) = *host.pick(land.cities);
    let company = if host.one_in(3) {
        format!("{last} {}", land.company)
    } else {
        String::new()
    };
    Home {
        company,
        address: format!("{} {}", host.pick(land.streets), host.roll(1..200)),
        city,
        state,
        postcode,
        phone: format!("0{}", host.roll(200_000_000..999_999_999)),
    }
}

/// Somebody of the same house who gets the invoices.
fn contact(
    host: &mut Host,
    client: i64,
    land: &Land,
    last: &str,
    home: &Home,
    moment: &str,
) -> rusqlite::Result<i64> {
    let first = *host.pick(land.first);
    let email = format!("{}.billing.{client}@example.com", ascii(first));
    host.insert(
        "INSERT INTO contacts (client_id, firstname, lastname, companyname, email, address1, address2, city, state, \
         postcode, country, phonenumber, email_invoice, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, ?8, ?9, ?10, ?11, 1, ?12, ?12)",
        params![
            client, first, last, home.company, email, home.address, home.city, home.state, home.postcode,
            land.code, home.phone, moment,
        ],
    )
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
