//! What the host sells: the recurring products and the extensions of `seed.sql`, with their prices.

use rusqlite::Connection;

/// A product in one currency.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) product: i64,
    pub(super) name: String,
    /// Whether a server of the host carries it.
    pub(super) on_server: bool,
    pub(super) setup: i64,
    pub(super) monthly: i64,
    pub(super) annually: i64,
    currency: i64,
}

/// An extension in one currency, by the year.
#[derive(Clone, Debug)]
pub(super) struct Extension {
    pub(super) suffix: String,
    pub(super) registrar: String,
    pub(super) register: i64,
    pub(super) renew: i64,
    currency: i64,
}

/// Everything on sale.
pub(super) struct Catalogue {
    plans: Vec<Plan>,
    extensions: Vec<Extension>,
}

impl Catalogue {
    /// Reads it from the tables.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut plans = connection.prepare(
            "SELECT p.id, p.name, p.module <> '', r.msetupfee, r.monthly, r.annually, r.currency \
             FROM products p JOIN pricing r ON r.type = 'product' AND r.relid = p.id \
             WHERE p.paytype = 'recurring' AND r.monthly > 0 AND r.annually > 0 ORDER BY p.id, r.currency",
        )?;
        let plans = plans.query_map((), |row| {
            Ok(Plan {
                product: row.get(0)?,
                name: row.get(1)?,
                on_server: row.get(2)?,
                setup: row.get(3)?,
                monthly: row.get(4)?,
                annually: row.get(5)?,
                currency: row.get(6)?,
            })
        })?;
        let mut extensions = connection.prepare(
            "SELECT t.extension, t.registrar, a.price, b.price, a.currency FROM tlds t \
             JOIN tld_prices a ON a.tld_id = t.id AND a.kind = 'register' AND a.years = 1 \
             JOIN tld_prices b ON b.tld_id = t.id AND b.kind = 'renew' AND b.years = 1 AND b.currency = a.currency \
             ORDER BY t.id, a.currency",
        )?;
        let extensions = extensions.query_map((), |row| {
            Ok(Extension {
                suffix: row.get(0)?,
                registrar: row.get(1)?,
                register: row.get(2)?,
                renew: row.get(3)?,
                currency: row.get(4)?,
            })
        })?;
        Ok(Self {
            plans: plans.collect::<Result<_, _>>()?,
            extensions: extensions.collect::<Result<_, _>>()?,
        })
    }

    /// The products in a currency.
    pub(super) fn plans(&self, currency: i64) -> Vec<Plan> {
        let priced = self.plans.iter().filter(|plan| plan.currency == currency);
        priced.cloned().collect()
    }

    /// The extensions in a currency.
    pub(super) fn extensions(&self, currency: i64) -> Vec<Extension> {
        let priced = self.extensions.iter();
        priced
            .filter(|extension| extension.currency == currency)
            .cloned()
            .collect()
    }
}
