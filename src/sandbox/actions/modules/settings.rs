//! The settings of a module: which there are, and what they are set to.

use rusqlite::params;

use super::named::{is_active, named};
use crate::sandbox::call::Call;
use crate::sandbox::modules::Module;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};
use crate::sandbox::tree::Array;

/// The settings a module has.
pub fn get_module_configuration_parameters(call: &Call) -> Result<Answer, Refusal> {
    let module = named(
        call,
        "Get module configuration parameters not supported by module type.",
    )?;
    let parameters: Vec<Fields> = module
        .settings
        .iter()
        .map(|(name, title, field)| {
            Fields::default()
                .with("name", *name)
                .with("displayName", *title)
                .with("fieldType", *field)
        })
        .collect();
    Ok(Answer::success().with("parameters", parameters))
}

/// Changes the settings that were sent.
pub fn update_module_configuration(call: &Call) -> Result<Answer, Refusal> {
    let module = named(call, "Module activation not supported by module type.")?;
    if !is_active(call, module)? {
        return refuse("Module Configuration Update Failed: Module is not active");
    }
    save(call, module)?;
    call.log(0, &format!("Module Settings Changed: {}", module.title))?;
    Ok(Answer::success())
}

/// Keeps the settings that were sent and that the module has; a gateway's name shows at once.
pub fn save(call: &Call, module: &Module) -> rusqlite::Result<()> {
    let sent = call.array("parameters").into_iter().flat_map(Array::iter);
    for (name, value) in sent {
        let known = module
            .settings
            .iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let (Some((name, ..)), Some(value)) = (known, value.text()) else {
            continue;
        };
        call.db.run(
            "INSERT OR REPLACE INTO module_settings (type, module, name, value) VALUES (?1, ?2, ?3, ?4)",
            params![module.kind, module.name, name, value],
        )?;
        if *name == "FriendlyName" && !value.is_empty() {
            call.db.run(
                "UPDATE payment_methods SET displayname = ?2 WHERE module = ?1",
                [module.name, value],
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, column, json, refuses, store};

    #[test]
    fn a_modules_settings_are_named_with_their_kind_of_field() {
        let query = "moduleType=gateway&moduleName=banktransfer";
        assert_eq!(
            json(&store(), "GetModuleConfigurationParameters", query),
            r#"{"result":"success","parameters":[{"name":"FriendlyName","displayName":"FriendlyName","fieldType":"text"},{"name":"instructions","displayName":"Bank Transfer Instructions","fieldType":"textarea"}]}"#
        );
    }

    #[test]
    fn a_gateway_is_called_what_its_settings_say() {
        let store = store();
        let update =
            "moduleType=gateway&moduleName=paypal&parameters[FriendlyName]=Pay+Pal&parameters[x]=1";
        assert_eq!(
            json(&store, "UpdateModuleConfiguration", update),
            r#"{"result":"success"}"#
        );
        let methods = answer(&store, "GetPaymentMethods", "");
        assert_eq!(
            column(&methods, "paymentmethods.paymentmethod", "displayname"),
            ["Bank Transfer", "Pay Pal"]
        );
    }

    #[test]
    fn only_an_active_module_of_a_type_with_settings_has_some_to_change() {
        let store = store();
        let cases = [
            ("moduleType=gateway", "Invalid module name provided."),
            (
                "moduleType=server&moduleName=cpanel",
                "Module activation not supported by module type.",
            ),
        ];
        refuses(&store, "UpdateModuleConfiguration", &cases);
        let reply = answer(
            &store,
            "UpdateModuleConfiguration",
            "moduleType=gateway&moduleName=stripe",
        );
        assert_eq!(
            reply.text("message"),
            "Module Configuration Update Failed: Module is not active"
        );
        let cases = [(
            "moduleType=widget&moduleName=overview",
            "Get module configuration parameters not supported by module type.",
        )];
        refuses(&store, "GetModuleConfigurationParameters", &cases);
    }
}
