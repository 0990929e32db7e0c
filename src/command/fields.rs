//! Which fields of a record are printed: `id,email,stats.invoices`.

use serde_json::{Map, Value};

use crate::catalog::similar;
use crate::client::ActionRef;
use crate::error::Failure;

/// The fields that are wanted, in that order.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Paths as they were typed; empty for all fields.
    wanted: Vec<String>,
    /// Of each, whether a record had it.
    found: Vec<bool>,
    /// What the first record had, to suggest from.
    seen: Vec<String>,
}

impl Fields {
    /// The fields of those names; one that is near to a documented one, and none
    /// itself, is refused unless unknown names are allowed.
    pub fn select(
        wanted: &[String],
        action: &ActionRef,
        is_list: bool,
        allow_unknown: bool,
    ) -> Result<Self, Failure> {
        let wanted: Vec<String> = wanted.iter().map(|name| name.trim().to_owned()).collect();
        for (place, name) in wanted.iter().enumerate() {
            if name.is_empty() {
                return Err(Failure::usage("`--fields` has a field without a name"));
            }
            if wanted[..place].contains(name) {
                return Err(Failure::usage(format!("`--fields` names `{name}` twice")));
            }
        }
        let known = documented(action, is_list);
        for name in wanted.iter().filter(|_| !allow_unknown) {
            if known.contains(&name.as_str()) {
                continue;
            }
            if let Some(near) = similar(name, known.iter().copied()).first() {
                return Err(Failure::usage(format!(
                    "`{}` has no field `{name}`; nothing was sent",
                    action.name()
                ))
                .hint(format!(
                    "did you mean `{near}`? `--allow-unknown` uses it anyway"
                )));
            }
        }
        Ok(Self {
            found: vec![false; wanted.len()],
            wanted,
            seen: Vec::new(),
        })
    }

    /// Whether the names are of a list action's reply and not of its records, such as
    /// `totalresults`.
    pub fn are_of_reply(wanted: &[String], action: &ActionRef) -> bool {
        let is_in = |known: &[&str], name: &String| known.contains(&name.trim());
        let (reply, records) = (documented(action, false), documented(action, true));
        let is_of_reply = |name| is_in(&reply, name) && !is_in(&records, name);
        !wanted.is_empty() && wanted.iter().all(is_of_reply)
    }

    /// Their names; nothing if all fields are wanted.
    pub fn names(&self) -> Option<&[String]> {
        (!self.wanted.is_empty()).then_some(&self.wanted[..])
    }

    /// The record with these fields alone; one it does not have is `null`.
    pub fn pick(&mut self, record: Value) -> Value {
        if self.wanted.is_empty() {
            return record;
        }
        if self.seen.is_empty() {
            self.seen = record
                .as_object()
                .into_iter()
                .flat_map(Map::keys)
                .cloned()
                .collect();
        }
        let mut picked = Map::new();
        for (name, found) in self.wanted.iter().zip(&mut self.found) {
            let value = at(&record, name);
            *found |= value.is_some();
            picked.insert(name.clone(), value.cloned().unwrap_or_default());
        }
        Value::Object(picked)
    }

    /// What is to be said of fields that no record had.
    pub fn missing(&self) -> Vec<String> {
        if self.seen.is_empty() {
            return Vec::new();
        }
        let missing = self
            .wanted
            .iter()
            .zip(&self.found)
            .filter(|(_, found)| !**found);
        missing
            .map(|(name, _)| {
                let near = similar(name, self.seen.iter().map(String::as_str));
                let near = near
                    .first()
                    .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                format!("no record has a field `{name}`{near}")
            })
            .collect()
    }
}

/// The field of that name, or at that dotted path.
fn at<'r>(record: &'r Value, name: &str) -> Option<&'r Value> {
    record.get(name).or_else(|| {
        name.split('.')
            .try_fold(record, |value, key| value.get(key))
    })
}

/// The documented fields of an action's records, or of its reply.
fn documented(action: &ActionRef, is_list: bool) -> Vec<&'static str> {
    let ActionRef::Known(action) = action else {
        return Vec::new();
    };
    let list = action.list.as_ref().filter(|_| is_list);
    let fields = action.returns.iter().map(|field| field.path);
    match list {
        None => fields.collect(),
        Some(list) => fields
            .filter_map(|path| path.strip_prefix(list.path)?.strip_prefix('.'))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::action;

    fn fields(wanted: &[&str], allow_unknown: bool) -> Result<Fields, Failure> {
        let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
        let action = ActionRef::Known(action("GetClients").unwrap());
        Fields::select(&wanted, &action, true, allow_unknown)
    }

    #[test]
    fn fields_come_in_the_order_asked_for_and_reach_into_maps() {
        let mut fields = fields(&["email", "stats.open", "a.b"], false).unwrap();
        let picked = fields.pick(json!({"id": 1, "email": "x", "stats": {"open": 3}, "a.b": 4}));
        assert_eq!(
            picked.to_string(),
            r#"{"email":"x","stats.open":3,"a.b":4}"#
        );
        assert!(fields.missing().is_empty());
    }

    #[test]
    fn a_slip_of_the_finger_is_refused_and_what_no_record_has_is_told() {
        let refused = fields(&["emial"], false).unwrap_err();
        assert_eq!(
            refused.what,
            "`GetClients` has no field `emial`; nothing was sent"
        );
        assert!(refused.hint.unwrap().starts_with("did you mean `email`?"));
        let mut fields = fields(&["emial", "zzz"], true).unwrap();
        assert!(fields.missing().is_empty());
        fields.pick(json!({"email": "x"}));
        assert_eq!(
            fields.missing(),
            [
                "no record has a field `emial`; did you mean `email`?",
                "no record has a field `zzz`"
            ]
        );
    }

    #[test]
    fn a_field_has_a_name_and_is_named_once() {
        assert!(
            fields(&["id", ""], false)
                .unwrap_err()
                .what
                .contains("without a name")
        );
        assert!(
            fields(&["id", " id"], false)
                .unwrap_err()
                .what
                .contains("`id` twice")
        );
    }
}
