//! What is wanted of a client, sorted by what can be done with it.
//!
//! The catalog says which names `AddClient` and `UpdateClient` take and which of them
//! `GetClientsDetails` gives back; only what it gives back can be compared. A name
//! that would be passed over without a word is refused before anything is sent.

use rhai::{Dynamic, Identifier, Map};
use serde_json::Value;

use crate::catalog::{self, Action, Param};
use crate::client::{ActionRef, Params};
use crate::run::Run;
use crate::script::api::{params_of, values};
use crate::script::changed::changed;
use crate::script::csv::records::{cell, names_of};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::host::Host;
use crate::script::raise::Raised;

/// The function's name.
pub(crate) const NAME: &str = "upsert_client";
/// What makes a client that is not there.
pub(super) const CREATE: &str = "AddClient";
/// What changes one that is.
pub(super) const UPDATE: &str = "UpdateClient";
/// The one key by which a client is found.
const KEY: &str = "email";
/// Goes with every call and is nothing of the client's.
const SWITCH: &str = "skipvalidation";
/// What holds the custom fields.
const FIELDS: &str = "customfields";
/// What only the user of a new client has.
const OF_THE_USER: [&str; 3] = ["password2", "securityqid", "securityqans"];
/// Parameters that `GetClientsDetails` gives back under another name.
const ALIASES: [(&str, &str); 2] = [
    ("paymentmethod", "defaultgateway"),
    ("marketingoptin", "marketing_emails_opt_in"),
];

/// What is wanted of a client.
pub(super) struct Wanted {
    /// Its address.
    pub email: String,
    /// What `AddClient` is given.
    pub creation: Params,
    /// What can be compared with what the server has.
    compared: Map,
    /// What `AddClient` does not take.
    beyond: Map,
    switch: Option<Value>,
}

/// What a name is for.
enum Use {
    Compared,
    Creation,
}

impl Wanted {
    /// Reads a row or a map; a name that means nothing is refused.
    pub fn read(host: &Host, run: &Run, wanted: &Dynamic, key: &str) -> Result<Self, Raised> {
        let wanted = numbered(run, record(wanted)?)?;
        if key != KEY {
            let what = format!("`{NAME}` finds clients by `{KEY}`, not by `{key}`");
            return Err(Raised::new("value", what).hint(format!("write `{NAME}(row, \"{KEY}\")`")));
        }
        let Some(email) = wanted.get(KEY) else {
            let known = wanted.keys().map(Identifier::as_str);
            let what = format!("`{NAME}` needs the client's `{KEY}`; nothing was sent");
            return Err(Raised::new("parameter", what).hint(suggestion(KEY, known)));
        };
        let email = email.to_string().trim().to_owned();
        let (mut creation, mut compared, mut beyond) = (Map::new(), Map::new(), Map::new());
        for (name, value) in &wanted {
            let is_key = name == KEY;
            if let Use::Compared = used(host.allow_unknown, name)?
                && !is_key
            {
                compared.insert(name.clone(), value.clone());
            }
            if is_known(CREATE, name) || !is_known(UPDATE, name) {
                creation.insert(name.clone(), value.clone());
            } else if !is_empty(value) {
                beyond.insert(name.clone(), value.clone());
            }
        }
        // To an update others may come, and nothing is created of what is there.
        let given = |name, params: Map| {
            let params = params_of(known(name), params)?;
            let action = ActionRef::Known(known(name));
            run.check_given(&action, &params).map_err(Raised::of_call)?;
            Ok::<_, Raised>(params)
        };
        let creation = given(CREATE, creation)?;
        given(UPDATE, compared.clone())?;
        let switch = creation.get(SWITCH).cloned();
        Ok(Self {
            email,
            creation,
            compared,
            beyond,
            switch,
        })
    }

    /// What `AddClient` is given for a user who is there already.
    pub fn creation_owned_by(&self, user: i64) -> Params {
        let mut creation = self.creation.clone();
        creation.retain(|name, _| !OF_THE_USER.contains(&name.as_str()));
        creation.insert("owner_user_id".into(), user.into());
        creation
    }

    /// What a new client still lacks after `AddClient`.
    pub fn beyond_creation(&self) -> Result<Params, Raised> {
        if self.beyond.is_empty() {
            return Ok(Params::new());
        }
        self.sendable(self.beyond.clone())
    }

    /// What of it the server's client does not have yet.
    pub fn changes(&self, current: &Map) -> Result<Map, Raised> {
        let field = |name: &Identifier| {
            let value = current.get(alias(name))?.clone();
            Some((name.clone(), value))
        };
        let current: Map = self.compared.keys().filter_map(field).collect();
        changed(
            &current.into(),
            &self.compared.clone().into(),
            Some(known(UPDATE)),
        )
    }

    /// The same as parameters of `UpdateClient`.
    pub fn sendable(&self, change: Map) -> Result<Params, Raised> {
        let mut params = values::params(change)?;
        params.extend(self.switch.clone().map(|value| (SWITCH.to_owned(), value)));
        Ok(params)
    }

    /// Whether all of those parameters are what is wanted.
    pub fn asks_for(&self, earlier: &Params) -> bool {
        let Ok(wanted) = values::params(self.compared.clone()) else {
            return false;
        };
        earlier.iter().all(|(name, value)| match wanted.get(name) {
            Some(wanted) => is_part(value, wanted),
            None => name == "clientid" || name == SWITCH,
        })
    }

    /// The names of what those parameters change.
    pub fn names(params: &Params) -> Vec<String> {
        let is_change = |name: &&String| *name != "clientid" && *name != SWITCH;
        params.keys().filter(is_change).cloned().collect()
    }
}

/// Of a map, some entries may be sent alone.
fn is_part(sent: &Value, wanted: &Value) -> bool {
    match (sent, wanted) {
        (Value::Object(sent), Value::Object(wanted)) => sent
            .iter()
            .all(|(name, value)| wanted.get(name) == Some(value)),
        _ => sent == wanted,
    }
}

/// The entries that say something: `()` and names that begin with `_` do not.
/// `customfields[3]`, as a column may be called, is the entry of a map.
fn record(wanted: &Dynamic) -> Result<Map, Raised> {
    let mut record = Map::new();
    for name in names_of(wanted)? {
        let value = cell(wanted, &name).unwrap_or_default();
        if name.starts_with('_') || value.is_unit() {
            continue;
        }
        match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((base, entry)) => {
                let map = record
                    .entry(base.into())
                    .or_insert_with(|| Map::new().into());
                if let Some(mut map) = map.write_lock::<Map>() {
                    map.insert(entry.into(), value);
                }
            }
            None => _ = record.insert(name.as_str().into(), value),
        }
    }
    Ok(record)
}

/// The same with numbers for the names of custom fields, as they are compared and
/// written down.
fn numbered(run: &Run, mut wanted: Map) -> Result<Map, Raised> {
    let Some(fields) = wanted.get_mut(FIELDS) else {
        return Ok(wanted);
    };
    if let Some(mut fields) = fields.write_lock::<Map>() {
        let mut numbered = Map::new();
        for (name, value) in std::mem::take(&mut *fields) {
            let number = run.custom_fields().number(known(UPDATE), &name);
            let number = number.map_err(Raised::of_call)?;
            if numbered.insert(number.into(), value).is_some() {
                let what = format!("the custom field `{name}` is given twice; nothing was sent");
                return Err(Raised::new("parameter", what));
            }
        }
        *fields = numbered;
    }
    Ok(wanted)
}

/// What is wrong with a name in what is wanted, if anything is.
pub(crate) fn misnamed(allow_unknown: bool, name: &str) -> Option<Raised> {
    let name = name.split('[').next().unwrap_or_default();
    let is_passed_over = name.starts_with('_');
    let used = (!is_passed_over).then(|| used(allow_unknown, name))?;
    used.err()
}

fn used(allow_unknown: bool, name: &str) -> Result<Use, Raised> {
    if ["clientid", "clientemail"].contains(&name) {
        let what = format!("`{NAME}` finds the client by `{KEY}` and cannot set `{name}`");
        return Err(Raised::new("parameter", what).hint(format!(
            "leave it out, or rename it `_{name}`: such columns are ignored"
        )));
    }
    if catalog::parameter(known(UPDATE), name).is_some_and(is_told) {
        return Ok(Use::Compared);
    }
    if is_known(CREATE, name) {
        return Ok(Use::Creation);
    }
    if is_known(UPDATE, name) {
        let what = format!("`{NAME}` cannot check whether `{name}` differs; nothing was sent");
        return Err(Raised::new("parameter", what).hint(format!(
            "send it with `update_client(#{{ clientid: …, {name}: … }})`"
        )));
    }
    if allow_unknown {
        return Ok(Use::Compared);
    }
    let params = known(CREATE).params.iter().chain(known(UPDATE).params);
    let what = format!("`{NAME}` has no field `{name}`; nothing was sent");
    Err(Raised::new("parameter", what).hint(suggestion(name, params.map(|param| param.name))))
}

/// Whether `GetClientsDetails` gives it back.
fn is_told(param: &'static Param) -> bool {
    let path = format!("client.{}", alias(param.name));
    let mut told = known("GetClientsDetails").returns.iter();
    !param.secret && told.any(|field| field.path == path)
}

fn alias(name: &str) -> &str {
    let alias = ALIASES.iter().find(|(ours, _)| *ours == name);
    alias.map_or(name, |(_, theirs)| theirs)
}

fn is_known(action: &str, name: &str) -> bool {
    catalog::parameter(known(action), name).is_some()
}

fn is_empty(value: &Dynamic) -> bool {
    value
        .as_immutable_string_ref()
        .is_ok_and(|text| text.is_empty())
}

fn known(name: &str) -> &'static Action {
    match action(name) {
        ActionRef::Known(action) => action,
        ActionRef::Other { .. } => unreachable!("the catalog has every documented action"),
    }
}

/// One of those two.
pub(super) fn action(name: &str) -> ActionRef {
    match catalog::action(name) {
        Some(action) => ActionRef::Known(action),
        None => unreachable!("the catalog has every documented action"),
    }
}
