//! Custom fields: which there are, what a record holds, what a call sets.
//!
//! A field belongs to every client, or to one product, addon or support department; its
//! values belong to a client, a service, a service's addon or a ticket.

use std::num::NonZeroU32;

use rusqlite::params;

use super::call::Call;
use super::db::Db;
use super::refusal::{Refusal, refuse};
use super::reply::Fields;
use super::tree::{Array, Tree};

/// Whose fields: those of clients, of one product, or of one support department.
#[derive(Clone, Copy, Debug)]
pub enum FieldOwner {
    /// Every client's.
    Client,
    /// One product's.
    Product(i64),
    /// One support department's.
    Department(i64),
}

impl FieldOwner {
    const fn key(self) -> (&'static str, i64) {
        match self {
            Self::Client => ("client", 0),
            Self::Product(id) => ("product", id),
            Self::Department(id) => ("support", id),
        }
    }
}

/// A custom field there is.
#[derive(Clone, Debug)]
pub struct CustomField {
    /// Whose it is: `client`, `product` or `ticket`.
    pub owner: &'static str,
    /// What people see it called.
    pub label: String,
    /// What calls know it by.
    pub number: NonZeroU32,
}

/// All fields, by number.
pub fn all(db: &Db) -> rusqlite::Result<Vec<CustomField>> {
    db.rows(
        "SELECT type, fieldname, id FROM custom_fields ORDER BY id",
        [],
        |row| {
            Ok(CustomField {
                owner: match row.get::<_, String>(0)?.as_str() {
                    "product" => "product",
                    "support" => "ticket",
                    _ => "client",
                },
                label: row.get(1)?,
                number: row.get::<_, u32>(2)?.try_into().unwrap_or(NonZeroU32::MIN),
            })
        },
    )
}

/// Adds a field that every client has.
pub fn add_to_clients(db: &Db, label: &str) -> rusqlite::Result<NonZeroU32> {
    let known = "SELECT id FROM custom_fields WHERE type = 'client' AND fieldname = ?1";
    if db.value::<u32>(known, [label])?.is_none() {
        db.run(
            "INSERT INTO custom_fields (type, relid, fieldname, fieldtype, description, adminonly, position) \
             VALUES ('client', 0, ?1, 'text', '', 0, 99)",
            [label],
        )?;
    }
    let number = db.value::<u32>(known, [label])?.unwrap_or_default();
    Ok(number.try_into().unwrap_or(NonZeroU32::MIN))
}

/// Refuses, in WHMCS's words, when a required field has no value among those sent.
pub fn check_required(db: &Db, owner: FieldOwner, sent: Option<&Array>) -> Result<(), Refusal> {
    let (kind, relid) = owner.key();
    let required = db.rows(
        "SELECT id, fieldname FROM custom_fields \
         WHERE type = ?1 AND relid = ?2 AND required = 1 ORDER BY position, id",
        params![kind, relid],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
    )?;
    for (id, name) in required {
        let value = sent
            .and_then(|sent| sent.get(&id.to_string()))
            .and_then(Tree::text);
        if value.unwrap_or_default().trim().is_empty() {
            return refuse(format!(
                "You did not provide required custom field value for {name}"
            ));
        }
    }
    Ok(())
}

/// Writes the values sent by field id to a record; unknown fields are ignored, as in WHMCS.
pub fn write(call: &Call, owner: FieldOwner, record: i64, sent: &Array) -> rusqlite::Result<()> {
    let (kind, relid) = owner.key();
    let known: Vec<i64> = call.db.values(
        "SELECT id FROM custom_fields WHERE type = ?1 AND relid = ?2",
        params![kind, relid],
    )?;
    for field in known {
        if let Some(value) = sent.get(&field.to_string()).and_then(Tree::text) {
            call.db.run(
                "INSERT OR REPLACE INTO custom_field_values (field_id, relid, value) VALUES (?1, ?2, ?3)",
                params![field, record, value],
            )?;
        }
    }
    Ok(())
}

/// Every field of an owner with the record's value: `id`, `name`, `value`, in order.
pub fn read(db: &Db, owner: FieldOwner, record: i64) -> rusqlite::Result<Vec<Fields>> {
    let (kind, relid) = owner.key();
    db.records(
        "SELECT f.id, f.fieldname AS name, COALESCE(v.value, '') AS value FROM custom_fields f \
         LEFT JOIN custom_field_values v ON v.field_id = f.id AND v.relid = ?3 \
         WHERE f.type = ?1 AND f.relid = ?2 ORDER BY f.position, f.id",
        params![kind, relid, record],
    )
}

/// Forgets the values of a record that goes away.
pub fn forget(db: &Db, owner: FieldOwner, record: i64) -> rusqlite::Result<()> {
    let (kind, relid) = owner.key();
    db.run(
        "DELETE FROM custom_field_values WHERE relid = ?3 AND field_id IN \
         (SELECT id FROM custom_fields WHERE type = ?1 AND relid = ?2)",
        params![kind, relid, record],
    )?;
    Ok(())
}
