//! What a client ordered: mostly one order that became a service, now and then a second one that
//! waits, was called off, or was a fraud.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rusqlite::params;

use super::bills::{self, Fate};
use super::catalogue::{Extension, Plan};
use super::person::Client;
use super::services;
use super::{Host, at_ten};

/// How an order stands.
#[derive(Clone, Copy)]
pub(super) enum State {
    /// Accepted; how it went on is told by the client.
    Active,
    Pending,
    Cancelled,
    Fraud,
}

/// What is ordered.
pub(super) struct Basket {
    pub(super) day: Date,
    pub(super) plan: Plan,
    pub(super) is_annual: bool,
    pub(super) domain: String,
    pub(super) extension: Option<Extension>,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Pending => "Pending",
            Self::Cancelled => "Cancelled",
            Self::Fraud => "Fraud",
        }
    }
}

impl Basket {
    /// What the service costs each time.
    pub(super) fn price(&self) -> i64 {
        if self.is_annual {
            self.plan.annually
        } else {
            self.plan.monthly
        }
    }

    fn total(&self) -> i64 {
        let domain = self.extension.as_ref().map_or(0, |sold| sold.register);
        self.plan.setup + self.price() + domain
    }
}

/// Everything a client ever ordered; the first service, if it ordered anything.
pub(super) fn history(host: &mut Host, client: &Client) -> rusqlite::Result<Option<i64>> {
    if host.one_in(8) {
        return Ok(None);
    }
    let service = order(host, client, client.since, State::Active)?;
    if client.is_active {
        later(host, client)?;
    }
    Ok(Some(service))
}

/// What became of an active client since.
fn later(host: &mut Host, client: &Client) -> rusqlite::Result<()> {
    if host.one_in(25) {
        bills::goodwill(host, client)?;
    }
    // Nobody orders before the day of signing up.
    let lately = |host: &mut Host, days: i64| {
        let day = host.today - host.roll(0..days).days();
        day.max(client.since)
    };
    if host.one_in(12) {
        let day = lately(host, 6);
        order(host, client, day, State::Pending)?;
    }
    if host.one_in(30) {
        let day = lately(host, 400);
        order(host, client, day, State::Cancelled)?;
    }
    if host.one_in(50) {
        let day = lately(host, 400);
        order(host, client, day, State::Fraud)?;
    }
    Ok(())
}

/// One order with all that belongs to it; its service.
fn order(host: &mut Host, client: &Client, day: Date, state: State) -> rusqlite::Result<i64> {
    let basket = basket(host, client, day);
    let total = basket.total();
    let fate = match state {
        State::Active => Fate::Paid(day),
        State::Pending => Fate::Unpaid,
        State::Cancelled | State::Fraud => Fate::Cancelled,
    };
    let invoice = bills::invoice(host, client, day, day, total, fate)?;
    let number = host.roll(1_000_000_000..9_999_999_999_i64);
    let address = format!("198.51.100.{}", host.roll(1..255));
    let order = host.insert(
        "INSERT INTO orders (ordernum, client_id, requestor_id, date, amount, paymentmethod, invoice_id, status, \
         ipaddress) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            number, client.id, client.user_id, at_ten(day), total, client.method, invoice, state.word(), address,
        ],
    )?;
    let service = services::service(host, client, &basket, state, order, invoice)?;
    if let Some(sold) = &basket.extension {
        services::domain(host, client, &basket, sold, state, order, invoice)?;
    }
    Ok(service)
}

fn basket(host: &mut Host, client: &Client, day: Date) -> Basket {
    let plans = host.catalogue.plans(client.currency);
    let plan = host.pick(&plans).clone();
    let is_annual = host.one_in(4);
    let extensions = host.catalogue.extensions(client.currency);
    let extension = host.one_in(2).then(|| host.pick(&extensions).clone());
    let slug = &client.slug;
    let domain = match &extension {
        // A name nobody is likely to have: generated domains are sold, so they cannot end in `.example`.
        Some(sold) => format!("example-{slug}-{}{}", client.id, sold.suffix),
        None => format!("{slug}{}.example.net", client.id),
    };
    Basket {
        day,
        plan,
        is_annual,
        domain,
        extension,
    }
}
