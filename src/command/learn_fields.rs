//! `whmcsh profile learn-fields`: which custom fields there are, and names for them.
//!
//! The API tells a client's fields by number and value alone, so their names are guesses
//! to be changed; a product's fields have names, which are made fit for scripts.

use std::num::NonZeroU32;

use serde_json::Value;

use super::Terminal;
use crate::cancel::Cancel;
use crate::catalog;
use crate::client::{ActionRef, CallError, Client, Params};
use crate::config::{Choice, ConfigFile, FieldName};
use crate::error::Failure;
use crate::run::{CustomFields, FieldOwner};
use crate::secrets::is_secret;

/// The longest value shown, in characters.
const LONGEST: usize = 40;
/// Services looked at.
const SERVICES: u32 = 250;

/// A field as the server told it.
struct Found {
    owner: FieldOwner,
    number: NonZeroU32,
    label: Option<String>,
    value: String,
}

/// Shows the fields of a client and of its services with a name for each, as the
/// configuration would have them; with `write`, puts the new ones there.
pub fn learn(
    client: NonZeroU32,
    write: bool,
    choice: &Choice,
    terminal: Terminal,
) -> Result<(), Failure> {
    let resolved = choice.resolve()?;
    let profile = resolved.server.name.clone();
    let server = Client::new(resolved.server, Cancel::default());
    let mut found = of_client(&server, client).map_err(|error| Failure::of_call(&error))?;
    match of_services(&server, client) {
        Ok(fields) => found.extend(fields),
        Err(error) => terminal.alert(&format!(
            "the fields of its services are not known: {}",
            error.message
        )),
    }
    let names = proposed(&found, &resolved.custom_fields);
    if names.is_empty() {
        terminal.note(&format!("client {client} has no custom fields"));
        return Ok(());
    }
    terminal.data(FieldName::lines(&profile, &names).trim_end());
    if !write {
        terminal.note(
            "put these into the configuration under names of your own, or add `--write` to put \
             them there",
        );
        return Ok(());
    }
    let path = choice.path()?;
    let added = ConfigFile::name_fields(&path, &profile, &names)?;
    let (noun, shown) = (if added == 1 { "name" } else { "names" }, path.display());
    terminal.note(&format!("{added} {noun} added to {shown}"));
    if added > 0 {
        terminal.note("change the names there to those that your scripts use");
    }
    Ok(())
}

fn of_client(server: &Client, client: NonZeroU32) -> Result<Vec<Found>, CallError> {
    let reply = call(server, "GetClientsDetails", client, &[])?;
    let fields = reply["client"]["customfields"].as_array();
    let found = |field: &Value| found(FieldOwner::Client, field);
    Ok(fields.into_iter().flatten().filter_map(found).collect())
}

/// The fields of the client's services, each once.
fn of_services(server: &Client, client: NonZeroU32) -> Result<Vec<Found>, CallError> {
    let reply = call(
        server,
        "GetClientsProducts",
        client,
        &[("limitnum", SERVICES)],
    )?;
    let services = reply["products"]["product"].as_array();
    let mut all: Vec<Found> = Vec::new();
    for service in services.into_iter().flatten() {
        let fields = service["customfields"]["customfield"].as_array();
        let fields = fields.into_iter().flatten();
        for field in fields.filter_map(|field| found(FieldOwner::Product, field)) {
            if !all.iter().any(|known| known.number == field.number) {
                all.push(field);
            }
        }
    }
    all.sort_by_key(|field| field.number);
    Ok(all)
}

fn call(
    server: &Client,
    name: &str,
    client: NonZeroU32,
    more: &[(&str, u32)],
) -> Result<Value, CallError> {
    let Some(action) = catalog::action(name) else {
        unreachable!("the catalog has every documented action");
    };
    let mut params = Params::from_iter([("clientid".to_owned(), client.get().into())]);
    let more = more
        .iter()
        .map(|&(name, value)| (name.to_owned(), value.into()));
    params.extend(more);
    let mut reply = server.call(&ActionRef::Known(action), &params)?;
    let entities = server.server().entities;
    entities.plain_reply(Some(action), &mut reply.body);
    Ok(Value::Object(reply.body))
}

fn found(owner: FieldOwner, field: &Value) -> Option<Found> {
    let number = u32::try_from(field["id"].as_i64()?).ok()?;
    Some(Found {
        owner,
        number: NonZeroU32::new(number)?,
        label: field["name"].as_str().map(str::to_owned),
        value: field["value"].as_str().unwrap_or_default().to_owned(),
    })
}

/// A name for every field: the one it has, or one that no other has.
fn proposed(found: &[Found], known: &CustomFields) -> Vec<FieldName> {
    let mut names: Vec<FieldName> = Vec::new();
    for field in found {
        let has = known.name(field.owner, &field.number.to_string());
        let is_taken = |name: &str, names: &[FieldName]| {
            let is_it = |other: &FieldName| other.owner == field.owner && other.name == name;
            known.names(field.owner).contains_key(name) || names.iter().any(is_it)
        };
        let name = has.map_or_else(|| guess(field), str::to_owned);
        let name = if has.is_none() && is_taken(&name, &names) {
            format!("{name}_{}", field.number)
        } else {
            name
        };
        names.push(FieldName {
            owner: field.owner,
            name,
            number: field.number,
            remark: remark(field, has),
        });
    }
    names
}

fn guess(field: &Found) -> String {
    match &field.label {
        Some(label) => field_name(label),
        None if is_vat_number(&field.value) => "vat".to_owned(),
        None => format!("field_{}", field.number),
    }
}

/// Whether it looks like a VAT number of the European Union, such as `DE123456789`.
fn is_vat_number(value: &str) -> bool {
    let value: String = value.chars().filter(|letter| *letter != ' ').collect();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().take(2).filter(u8::is_ascii_uppercase).count();
    letters == 2
        && (8..=14).contains(&value.len())
        && digits >= 7
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn remark(field: &Found, known: Option<&str>) -> String {
    let label = field.label.as_deref().unwrap_or_default();
    let value: String = field.value.chars().take(LONGEST).collect();
    let value = match value.as_str() {
        "" => "empty".to_owned(),
        _ if is_secret(label) || known.is_some_and(is_secret) => "(not shown)".to_owned(),
        value => format!("\"{value}\""),
    };
    let known = known.map_or("", |_| ", has this name");
    let remark = match label {
        "" => format!("{value}{known}"),
        label => format!("{label}: {value}{known}"),
    };
    remark
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// What people call a field, as scripts can write it: `VAT-Nummer` is `vat_nummer`.
pub(super) fn field_name(label: &str) -> String {
    let mut name = String::new();
    for letter in label.to_lowercase().chars() {
        match letter {
            'ä' => name.push_str("ae"),
            'ö' => name.push_str("oe"),
            'ü' => name.push_str("ue"),
            'ß' => name.push_str("ss"),
            letter if letter.is_ascii_alphanumeric() => name.push(letter),
            _ if name.ends_with('_') || name.is_empty() => {}
            _ => name.push('_'),
        }
    }
    let name = name.trim_end_matches('_');
    match name.bytes().next() {
        None => "field".to_owned(),
        Some(_) if !CustomFields::is_name(name) => format!("field_{name}"),
        Some(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_becomes_a_name_that_scripts_can_write() {
        for (label, name) in [
            ("VAT Number", "vat_number"),
            ("Straße (2. Zeile)", "strasse_2_zeile"),
            ("2nd e-mail", "field_2nd_e_mail"),
            ("東京", "field"),
            ("Tag", "field_tag"),
        ] {
            assert_eq!(field_name(label), name);
        }
    }

    #[test]
    fn a_vat_number_is_known_by_its_look() {
        assert!(is_vat_number("DE123456789"));
        assert!(is_vat_number("ATU 12345678"));
        for other in ["", "Siobhán", "12345678", "DE", "Degree12345 x"] {
            assert!(!is_vat_number(other), "{other}");
        }
    }
}
