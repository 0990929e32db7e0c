//! Names of custom fields on their way into the configuration file.

use std::num::NonZeroU32;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value, value};

use super::ConfigFile;
use super::file::{edit, save};
use crate::error::Failure;
use crate::run::FieldOwner;

/// A custom field and what it is to be called.
#[derive(Clone, Debug)]
pub struct FieldName {
    /// Whose field it is.
    pub owner: FieldOwner,
    /// What scripts call it.
    pub name: String,
    /// What WHMCS knows it by.
    pub number: NonZeroU32,
    /// What is said beside it where it is shown; never written to the file.
    pub remark: String,
}

impl FieldName {
    /// The lines a profile's part of the configuration would have.
    pub fn lines(profile: &str, names: &[Self]) -> String {
        let mut document = DocumentMut::new();
        for name in names {
            let table = document
                .as_table_mut()
                .entry("profiles")
                .or_insert_with(implicit);
            let table = step(table.as_table_like_mut(), profile, implicit);
            let table = step(table, "customfields", implicit);
            let Some(table) = step(table, name.owner.word(), explicit) else {
                continue;
            };
            let mut number = Value::from(i64::from(name.number.get()));
            if !name.remark.is_empty() {
                number
                    .decor_mut()
                    .set_suffix(format!("  # {}", name.remark));
            }
            table.insert(&name.name, Item::Value(number));
        }
        document.to_string()
    }
}

impl ConfigFile {
    /// Adds names to a profile, leaving everything else in the file as it was: a name or
    /// a field that is there already is passed over. Says how many were added.
    pub fn name_fields(path: &Path, profile: &str, names: &[FieldName]) -> Result<usize, Failure> {
        let mut document = edit(path)?;
        let profiles = document
            .get_mut("profiles")
            .and_then(Item::as_table_like_mut);
        let Some(own) = profiles.and_then(|profiles| profiles.get_mut(profile)) else {
            let what = format!("there is no profile `{profile}` in `{}`", path.display());
            return Err(Failure::usage(what).hint("add it with `whmcsh profile add`"));
        };
        let mut added = 0;
        for name in names {
            let table = step(own.as_table_like_mut(), "customfields", implicit);
            let Some(table) = step(table, name.owner.word(), explicit) else {
                let what = format!("`customfields` of profile `{profile}` is not a table");
                return Err(Failure::usage(what));
            };
            let number = i64::from(name.number.get());
            let is_named = table
                .iter()
                .any(|(_, item)| item.as_integer() == Some(number));
            if !is_named && !table.contains_key(&name.name) {
                table.insert(&name.name, value(number));
                added += 1;
            }
        }
        if added > 0 {
            save(path, &document.to_string())?;
        }
        Ok(added)
    }
}

fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn explicit() -> Item {
    Item::Table(Table::new())
}

/// The table of that name in another, made if it is not there.
fn step<'t>(
    table: Option<&'t mut dyn TableLike>,
    name: &str,
    make: fn() -> Item,
) -> Option<&'t mut dyn TableLike> {
    let entry = table?.entry(name).or_insert_with(make);
    entry.as_table_like_mut()
}
