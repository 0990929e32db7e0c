//! Configurable options by name: `disk` for the option that WHMCS knows as 4.
//!
//! WHMCS takes options by number alone and passes over anything else in silence, so a name
//! that the profile does not have is refused.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{CustomFields, Names, is_number, refused, twice};
use crate::catalog::{Action, ParamKind, is_list_of_places, similar};
use crate::client::{CallError, Params};
use crate::run::plan::Planned;

/// The parameter that holds them.
const OPTIONS: &str = "configoptions";

impl CustomFields {
    /// The same names, with those of configurable options.
    #[must_use]
    pub fn with_options(self, options: Names) -> Self {
        Self { options, ..self }
    }

    /// The names of configurable options.
    pub fn options(&self) -> &Names {
        &self.options
    }

    /// The parameters of a call with numbers in place of the names of options.
    pub(super) fn with_numbered_options<'p>(
        &self,
        action: &'static Action,
        params: Cow<'p, Params>,
    ) -> Result<Cow<'p, Params>, CallError> {
        let Some(param) = action.param(OPTIONS) else {
            return Ok(params);
        };
        let is_each = param.kind == ParamKind::Maps;
        let mut numbered = None;
        for (name, value) in params.iter() {
            let is_one = is_each
                && name
                    .strip_prefix(OPTIONS)
                    .is_some_and(|rest| rest.starts_with('['));
            if name == OPTIONS || is_one {
                let value = self.options_of(action, value, is_each)?;
                let numbered = numbered.get_or_insert_with(|| params.clone().into_owned());
                numbered.insert(name.clone(), value);
            }
        }
        Ok(numbered.map_or(params, Cow::Owned))
    }

    fn options_of(
        &self,
        action: &'static Action,
        value: &Value,
        is_each: bool,
    ) -> Result<Value, CallError> {
        match value {
            Value::Object(_) if Planned::read_mark(value).is_some() => Ok(value.clone()),
            Value::Array(items) => items
                .iter()
                .map(|item| self.options_of(action, item, false))
                .collect(),
            Value::Object(map) if is_each && is_list_of_places(map) => {
                let entry = |(key, value): (&String, &Value)| {
                    Ok((key.clone(), self.options_of(action, value, false)?))
                };
                Ok(Value::Object(
                    map.iter().map(entry).collect::<Result<_, CallError>>()?,
                ))
            }
            Value::Object(map) => {
                let mut numbered = Map::new();
                for (option, value) in map {
                    let number = self.option(action, option)?;
                    if numbered.insert(number, value.clone()).is_some() {
                        return Err(twice(action, option));
                    }
                }
                Ok(Value::Object(numbered))
            }
            other => Ok(other.clone()),
        }
    }

    fn option(&self, action: &'static Action, option: &str) -> Result<String, CallError> {
        if is_number(option) {
            return Ok(option.to_owned());
        }
        if let Some(number) = self.options.get(option) {
            return Ok(number.to_string());
        }
        let what = format!(
            "`{}`: no configurable option is called `{option}`; nothing was sent",
            action.name
        );
        let near = similar(option, self.options.keys().map(String::as_str));
        let hint = near.first().map_or_else(
            || {
                "write its number, or name it in the profile: `[profiles.NAME.configoptions]`"
                    .to_owned()
            },
            |near| format!("did you mean `{near}`?"),
        );
        Err(refused(action, what).hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    fn numbered(name: &str, params: &Value) -> Result<Value, String> {
        let fields = CustomFields::default().with_options(toml::from_str("disk = 4").unwrap());
        let action = catalog::action(name).unwrap();
        let params = Cow::Borrowed(params.as_object().unwrap());
        let numbered = fields.with_numbered_options(action, params);
        numbered
            .map(|params| Value::Object(params.into_owned()))
            .map_err(|error| format!("{} {}", error.message, error.hint.unwrap_or_default()))
    }

    #[test]
    fn names_become_numbers_and_numbers_stay() {
        for (action, given, sent) in [
            (
                "UpdateClientProduct",
                json!({"disk": 20, "7": {"optionid": 9, "qty": 2}}),
                json!({"4": 20, "7": {"optionid": 9, "qty": 2}}),
            ),
            (
                "AddOrder",
                json!([{"disk": 20}, "YTowOnt9"]),
                json!([{"4": 20}, "YTowOnt9"]),
            ),
            (
                "AddOrder",
                json!({"1": {"disk": 20}}),
                json!({"1": {"4": 20}}),
            ),
            ("UpgradeProduct", json!({"disk": 5}), json!({"4": 5})),
        ] {
            let params = json!({"configoptions": given});
            assert_eq!(
                numbered(action, &params),
                Ok(json!({"configoptions": sent})),
                "{action}"
            );
        }
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let refusal = |name: &str| {
            numbered("UpdateClientProduct", &json!({"configoptions": {name: 1}})).unwrap_err()
        };
        assert_eq!(
            refusal("dsik"),
            "`UpdateClientProduct`: no configurable option is called `dsik`; nothing was sent did you mean `disk`?"
        );
        assert!(refusal("Memory (GB)").contains("[profiles.NAME.configoptions]"));
        assert!(
            numbered(
                "UpdateClientProduct",
                &json!({"configoptions": {"disk": 1, "4": 2}})
            )
            .is_err()
        );
    }
}
