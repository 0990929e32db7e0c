//! `GetConfigurationValue` and `SetConfigurationValue`.

use rusqlite::params;

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// One setting.
pub fn get_configuration_value(call: &Call) -> Result<Answer, Refusal> {
    let (name, value) = setting(call)?;
    Ok(Answer::success().with("setting", name).with("value", value))
}

/// Changes one setting, and says in words whether that changed it.
pub fn set_configuration_value(call: &Call) -> Result<Answer, Refusal> {
    let (name, old) = setting(call)?;
    let Some(new) = call.sent("value") else {
        return refuse("Parameter value is required");
    };
    call.db.run(
        "UPDATE settings SET value = ?2 WHERE name = ?1",
        params![name, new],
    )?;
    if old != new {
        // Not the value: a setting may be a secret.
        call.log(0, &format!("System Setting Changed: {name}"))?;
    }
    Ok(Answer::success().with("value_changed", (old != new).to_string()))
}

/// Name and value of the setting a call asks for.
fn setting(call: &Call) -> Result<(String, String), Refusal> {
    let name = call.required("setting", "Parameter setting is required")?;
    let found = call.db.row(
        "SELECT name, value FROM settings WHERE name = ?1 COLLATE NOCASE",
        [name],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    found.map_or_else(|| refuse("Invalid name for parameter setting"), Ok)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{json, refuses, store};

    #[test]
    fn a_setting_is_read_changed_and_unset() {
        let store = store();
        let get = || json(&store, "GetConfigurationValue", "setting=companyname");
        let set = |value: &str| {
            json(
                &store,
                "SetConfigurationValue",
                &format!("setting=CompanyName&value={value}"),
            )
        };
        let is = |value: &str| {
            format!(r#"{{"result":"success","setting":"CompanyName","value":"{value}"}}"#)
        };
        assert_eq!(get(), is("Example Hosting"));
        assert_eq!(
            set("Acme"),
            r#"{"result":"success","value_changed":"true"}"#
        );
        assert_eq!(
            set("Acme"),
            r#"{"result":"success","value_changed":"false"}"#
        );
        assert_eq!(get(), is("Acme"));
        set("");
        assert_eq!(get(), is(""));
    }

    #[test]
    fn a_setting_must_be_named_and_known_and_a_value_sent() {
        let store = store();
        let cases = [
            ("", "Parameter setting is required"),
            ("setting=Frobnicate", "Invalid name for parameter setting"),
        ];
        refuses(&store, "GetConfigurationValue", &cases);
        refuses(&store, "SetConfigurationValue", &cases);
        let cases = [("setting=Charset", "Parameter value is required")];
        refuses(&store, "SetConfigurationValue", &cases);
    }

    #[test]
    fn settings_that_nothing_looks_at_can_be_read_and_set_too() {
        let store = store();
        for (name, value) in [("TaxType", "Exclusive"), ("DateFormat", "DD\\/MM\\/YYYY")] {
            assert_eq!(
                json(&store, "GetConfigurationValue", &format!("setting={name}")),
                format!(r#"{{"result":"success","setting":"{name}","value":"{value}"}}"#)
            );
        }
        let set = "setting=InvoiceIncrement&value=2";
        let changed = r#"{"result":"success","value_changed":"true"}"#;
        assert_eq!(json(&store, "SetConfigurationValue", set), changed);
    }
}
