//! The Module group: modules switched on and off, their settings, and what they failed at.

mod queue;
mod settings;
mod switch;

use super::Handler;
use crate::sandbox::addon_modules;
use crate::sandbox::call::Call;
use crate::sandbox::modules::{self, Module, TYPES};
use crate::sandbox::refusal::{Refusal, refuse};

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("ActivateModule", switch::activate_module),
    ("DeactivateModule", switch::deactivate_module),
    (
        "GetModuleConfigurationParameters",
        settings::get_module_configuration_parameters,
    ),
    ("GetModuleQueue", queue::get_module_queue),
    (
        "UpdateModuleConfiguration",
        settings::update_module_configuration,
    ),
];

/// The module a call names; its type supports what is asked, or the call is refused in those words.
fn named(call: &Call, unsupported: &str) -> Result<&'static Module, Refusal> {
    let Some(kind) = modules::find_type(call.text("moduleType")) else {
        let known: Vec<&str> = TYPES.iter().map(|known| known.name).collect();
        return refuse(format!(
            "Invalid module type provided. Supported module types include: {}",
            known.join(", ")
        ));
    };
    match modules::find(kind, call.text("moduleName")) {
        None => refuse("Invalid module name provided."),
        Some(_) if !kind.is_switchable => refuse(unsupported),
        Some(module) => Ok(module),
    }
}

/// Whether a module is switched on.
fn is_active(call: &Call, module: &Module) -> rusqlite::Result<bool> {
    let found: Option<i64> = match module.kind {
        "gateway" => call.db.value(
            "SELECT 1 FROM payment_methods WHERE module = ?1",
            [module.name],
        )?,
        "registrar" => call
            .db
            .value("SELECT 1 FROM registrars WHERE module = ?1", [module.name])?,
        "addon" => return addon_modules::is_active(call.db, module.name),
        kind => call.db.value(
            "SELECT 1 FROM active_modules WHERE type = ?1 AND module = ?2",
            [kind, module.name],
        )?,
    };
    Ok(found.is_some())
}
