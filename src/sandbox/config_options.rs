//! Configurable options: which a product has, what a service chose, what that costs.
//!
//! Every service of a product has one choice an option; what a call does not
//! choose is the option's first choice. A quantity stays within its limits.

use rusqlite::params;

use super::call::{intval, truth};
use super::cycle::Cycle;
use super::db::Db;
use super::pricing::{self, Price, Priced};
use super::tree::{Array, Tree};

const YES_NO: i64 = 3;
const QUANTITY: i64 = 4;

/// One option of a product with what was chosen of it.
#[derive(Clone, Debug)]
pub struct Choice {
    option: i64,
    kind: i64,
    least: i64,
    most: i64,
    picked: i64,
    qty: i64,
}

/// What a service of a product gets: the first choices, those it has, those sent by option id.
///
/// Service 0 has none yet.
pub fn chosen(
    db: &Db,
    product: i64,
    service: i64,
    sent: Option<&Array>,
) -> rusqlite::Result<Vec<Choice>> {
    let mut choices = db.rows(
        "SELECT o.id, o.optiontype, o.qtyminimum, o.qtymaximum, COALESCE(s.choice_id, \
           (SELECT id FROM config_option_choices WHERE option_id = o.id ORDER BY position, id LIMIT 1), 0), \
           COALESCE(s.qty, o.qtyminimum) \
         FROM config_options o LEFT JOIN service_config_options s ON s.option_id = o.id AND s.service_id = ?2 \
         WHERE o.product_id = ?1 ORDER BY o.position, o.id",
        params![product, service],
        |row| {
            Ok(Choice {
                option: row.get(0)?,
                kind: row.get(1)?,
                least: row.get(2)?,
                most: row.get(3)?,
                picked: row.get(4)?,
                qty: row.get(5)?,
            })
        },
    )?;
    for choice in &mut choices {
        match sent.and_then(|sent| sent.get(&choice.option.to_string())) {
            Some(Tree::Text(value)) => choice.take(db, value)?,
            Some(Tree::Array(value)) => {
                let part = |name| value.get(name).and_then(Tree::text);
                choice.pick(db, intval(part("optionid").unwrap_or_default()))?;
                choice.count(intval(part("qty").unwrap_or("1")));
            }
            None => {}
        }
    }
    Ok(choices)
}

impl Choice {
    /// The option's id.
    pub const fn option(&self) -> i64 {
        self.option
    }

    /// What was chosen: a choice's id, a quantity, or 1 for a yes.
    pub const fn value(&self) -> i64 {
        match self.kind {
            YES_NO | QUANTITY => self.qty,
            _ => self.picked,
        }
    }

    /// Takes a value that means a choice, a yes or a number, as the option has it.
    fn take(&mut self, db: &Db, value: &str) -> rusqlite::Result<()> {
        match self.kind {
            YES_NO => self.count(i64::from(truth(value))),
            QUANTITY => self.count(intval(value)),
            _ => self.pick(db, intval(value))?,
        }
        Ok(())
    }

    /// Takes a choice, if it is one of this option's.
    fn pick(&mut self, db: &Db, choice: i64) -> rusqlite::Result<()> {
        let known: Option<i64> = db.value(
            "SELECT id FROM config_option_choices WHERE id = ?1 AND option_id = ?2",
            [choice, self.option],
        )?;
        self.picked = known.unwrap_or(self.picked);
        Ok(())
    }

    fn count(&mut self, qty: i64) {
        let most = if self.most > 0 { self.most } else { i64::MAX };
        self.qty = qty.min(most).max(self.least);
    }

    /// How many times the choice's price is paid.
    const fn times(&self) -> i64 {
        match self.kind {
            YES_NO | QUANTITY => self.qty,
            _ => 1,
        }
    }
}

/// What choices cost together; what is not offered in the cycle costs nothing.
pub fn price(db: &Db, choices: &[Choice], currency: i64, cycle: Cycle) -> rusqlite::Result<Price> {
    let mut sum = Price::default();
    for choice in choices {
        let one = pricing::price(db, Priced::Choice(choice.picked), currency, cycle)?;
        sum = sum.plus(one.unwrap_or_default().times(choice.times()));
    }
    Ok(sum)
}

/// Makes choices those of a service.
pub fn write(db: &Db, service: i64, choices: &[Choice]) -> rusqlite::Result<()> {
    db.run(
        "DELETE FROM service_config_options WHERE service_id = ?1",
        [service],
    )?;
    for choice in choices {
        db.run(
            "INSERT INTO service_config_options (service_id, option_id, choice_id, qty) VALUES (?1, ?2, ?3, ?4)",
            [service, choice.option, choice.picked, choice.qty],
        )?;
    }
    Ok(())
}

/// Gives a service another value of one option, as [`Choice::value`] tells it.
pub fn change(
    db: &Db,
    product: i64,
    service: i64,
    option: i64,
    value: i64,
) -> rusqlite::Result<()> {
    let mut sent = Array::default();
    sent.put(&option.to_string(), Tree::Text(value.to_string()));
    let choices = chosen(db, product, service, Some(&sent))?;
    write(db, service, &choices)
}

/// An option's name and what was chosen of it, as people read it.
pub fn name_and_choice(db: &Db, choice: &Choice) -> rusqlite::Result<(String, String)> {
    let names = db.row(
        "SELECT o.optionname, COALESCE(c.optionname, '') FROM config_options o \
         LEFT JOIN config_option_choices c ON c.id = ?2 WHERE o.id = ?1",
        [choice.option, choice.picked],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    let (option, name) = names.unwrap_or_default();
    let value = match (choice.kind, choice.qty) {
        (YES_NO, 0) => "No".to_owned(),
        (YES_NO, _) => "Yes".to_owned(),
        (QUANTITY, qty) => format!("{qty} x {name}"),
        _ => name,
    };
    Ok((option, value))
}

/// The lines that tell of choices on an invoice, such as `Backups: Daily`.
pub fn lines(db: &Db, choices: &[Choice]) -> rusqlite::Result<Vec<String>> {
    let mut lines = Vec::new();
    for choice in choices {
        let (option, value) = name_and_choice(db, choice)?;
        lines.push(format!("{option}: {value}"));
    }
    Ok(lines)
}
