//! `ActivateModule` and `DeactivateModule`.
//!
//! An active gateway is a payment method, an active registrar takes domains. What
//! used a gateway that is switched off moves to another, which the call names.

use super::named::{is_active, named};
use super::settings;
use crate::sandbox::addon_modules;
use crate::sandbox::call::Call;
use crate::sandbox::modules::Module;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The columns that name a gateway.
const USERS: &[(&str, &str)] = &[
    ("clients", "defaultgateway"),
    ("orders", "paymentmethod"),
    ("services", "paymentmethod"),
    ("service_addons", "paymentmethod"),
    ("domains", "paymentmethod"),
    ("invoices", "paymentmethod"),
];

/// Switches a module on.
pub fn activate_module(call: &Call) -> Result<Answer, Refusal> {
    let module = named(call, "Module activation not supported by module type.")?;
    if is_active(call, module)? {
        return refuse("Failed to activate: Module is already active");
    }
    switch_on(call, module)?;
    settings::save(call, module)?;
    call.log(0, &format!("Module Activated: {}", module.title))?;
    Ok(Answer::success())
}

/// Switches a module off; its settings are lost.
pub fn deactivate_module(call: &Call) -> Result<Answer, Refusal> {
    let module = named(call, "Module deactivation not supported by module type.")?;
    if !is_active(call, module)? {
        return refuse("Failed to deactivate: Module is not active");
    }
    if module.kind == "gateway" {
        hand_over(call, module)?;
    }
    switch_off(call, module)?;
    call.db.run(
        "DELETE FROM module_settings WHERE type = ?1 AND module = ?2",
        [module.kind, module.name],
    )?;
    call.log(0, &format!("Module Deactivated: {}", module.title))?;
    Ok(Answer::success())
}

fn switch_on(call: &Call, module: &Module) -> rusqlite::Result<()> {
    if module.kind == "addon" {
        return addon_modules::switch(call.db, module.name, true);
    }
    let (sql, values) = match module.kind {
        "gateway" => (
            "INSERT INTO payment_methods (module, displayname, position) \
             SELECT ?1, ?2, COALESCE(MAX(position), 0) + 1 FROM payment_methods",
            [module.name, module.title],
        ),
        "registrar" => (
            "INSERT INTO registrars (module, display_name) VALUES (?1, ?2)",
            [module.name, module.title],
        ),
        kind => (
            "INSERT INTO active_modules (type, module) VALUES (?2, ?1)",
            [module.name, kind],
        ),
    };
    call.db.run(sql, values)?;
    Ok(())
}

fn switch_off(call: &Call, module: &Module) -> rusqlite::Result<()> {
    match module.kind {
        "addon" => return addon_modules::switch(call.db, module.name, false),
        "gateway" => call.db.run(
            "DELETE FROM payment_methods WHERE module = ?1",
            [module.name],
        )?,
        "registrar" => call
            .db
            .run("DELETE FROM registrars WHERE module = ?1", [module.name])?,
        kind => call.db.run(
            "DELETE FROM active_modules WHERE type = ?1 AND module = ?2",
            [kind, module.name],
        )?,
    };
    Ok(())
}

/// Gives what a gateway was used for to the gateway a call names, or to the first that is left.
///
/// Who names the gateway itself, as node-whmcs's own tests do, has named no other.
fn hand_over(call: &Call, module: &Module) -> Result<(), Refusal> {
    let next: Option<String> = call.db.value(
        "SELECT module FROM payment_methods WHERE ?1 IN ('', ?2, module) AND module <> ?2 ORDER BY position LIMIT 1",
        [&call.text("newGateway").to_lowercase(), module.name],
    )?;
    let Some(next) = next else {
        return refuse("Failed to deactivate: newGateway must be another active gateway");
    };
    for (table, column) in USERS {
        call.db.run(
            &format!("UPDATE {table} SET {column} = ?2 WHERE {column} = ?1"),
            [module.name, next.as_str()],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, column, count, json, refuses, store};

    const SUCCESS: &str = r#"{"result":"success"}"#;

    #[test]
    fn an_activated_gateway_takes_payments_at_once() {
        let store = store();
        let stripe = "moduleType=gateway&moduleName=Stripe&parameters[FriendlyName]=Card&parameters[secretKey]=k";
        assert_eq!(json(&store, "ActivateModule", stripe), SUCCESS);
        let methods = answer(&store, "GetPaymentMethods", "");
        let list = "paymentmethods.paymentmethod";
        assert_eq!(
            column(&methods, list, "module"),
            ["banktransfer", "paypal", "stripe"]
        );
        assert_eq!(column(&methods, list, "displayname")[2], "Card");
        let order = answer(
            &store,
            "AddOrder",
            "clientid=3&pid[0]=1&paymentmethod=stripe",
        );
        assert_eq!(order.text("result"), "success");
        let again = answer(&store, "ActivateModule", stripe);
        assert_eq!(
            again.text("message"),
            "Failed to activate: Module is already active"
        );
    }

    #[test]
    fn a_deactivated_gateways_records_move_to_the_next() {
        let store = store();
        let off = |query: &str| {
            let query = format!("moduleType=gateway&moduleName=paypal{query}");
            answer(&store, "DeactivateModule", &query)
        };
        let words = "Failed to deactivate: newGateway must be another active gateway";
        assert_eq!(off("&newGateway=stripe").text("message"), words);
        answer(
            &store,
            "ActivateModule",
            "moduleType=gateway&moduleName=mailin",
        );
        assert_eq!(off("&newGateway=MailIn").text("result"), "success");
        let moved = "SELECT COUNT(*) FROM services WHERE paymentmethod = 'mailin'";
        assert!(count(&store, moved) > 0);
        let mailin = "moduleType=gateway&moduleName=mailin";
        assert_eq!(json(&store, "DeactivateModule", mailin), SUCCESS);
        let left = "SELECT COUNT(*) FROM services WHERE paymentmethod <> 'banktransfer'";
        assert_eq!(count(&store, left), 0);
        let methods = answer(&store, "GetPaymentMethods", "");
        let list = "paymentmethods.paymentmethod";
        assert_eq!(column(&methods, list, "module"), ["banktransfer"]);
        assert_eq!(
            off("").text("message"),
            "Failed to deactivate: Module is not active"
        );
        let remaining = "moduleType=gateway&moduleName=banktransfer";
        assert_eq!(
            answer(&store, "DeactivateModule", remaining).text("message"),
            words
        );
    }

    #[test]
    fn registrars_and_addons_go_on_and_off() {
        let store = store();
        let names = || column(&answer(&store, "GetRegistrars", ""), "registrars", "module");
        let opensrs = "moduleType=registrar&moduleName=opensrs";
        assert_eq!(json(&store, "ActivateModule", opensrs), SUCCESS);
        assert_eq!(names(), ["enom", "opensrs"]);
        assert_eq!(json(&store, "DeactivateModule", opensrs), SUCCESS);
        assert_eq!(names(), ["enom"]);
        let addon = "moduleType=addon&moduleName=project_management";
        let project = || json(&store, "CreateProject", "title=Move&adminid=1");
        assert_eq!(json(&store, "DeactivateModule", addon), SUCCESS);
        assert!(project().contains("Project Management is not active."));
        let licensing = "moduleType=addon&moduleName=licensing";
        assert_eq!(json(&store, "ActivateModule", licensing), SUCCESS);
        assert_eq!(json(&store, "ActivateModule", addon), SUCCESS);
        assert!(project().contains("Project has been created"));
    }

    #[test]
    fn a_module_must_be_of_a_known_type_and_name_that_can_be_switched() {
        let store = store();
        for action in [
            "ActivateModule",
            "DeactivateModule",
            "UpdateModuleConfiguration",
            "GetModuleConfigurationParameters",
        ] {
            let reply = answer(&store, action, "moduleType=engine&moduleName=paypal");
            let start = "Invalid module type provided. Supported module types include: addon, fraud, gateway";
            assert!(reply.text("message").starts_with(start), "{reply:?}");
            let cases = [(
                "moduleType=registrar&moduleName=paypal",
                "Invalid module name provided.",
            )];
            refuses(&store, action, &cases);
        }
        let server = "moduleType=server&moduleName=cpanel";
        let cases = [(server, "Module activation not supported by module type.")];
        refuses(&store, "ActivateModule", &cases);
        let cases = [(server, "Module deactivation not supported by module type.")];
        refuses(&store, "DeactivateModule", &cases);
    }
}
