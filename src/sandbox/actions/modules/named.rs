//! The module that a call names, and whether it is switched on.

use crate::sandbox::addon_modules;
use crate::sandbox::call::Call;
use crate::sandbox::modules::{self, Module, TYPES};
use crate::sandbox::refusal::{Refusal, refuse};

/// The module a call names; its type supports what is asked, or the call is refused in those words.
pub(super) fn named(call: &Call, unsupported: &str) -> Result<&'static Module, Refusal> {
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
pub(super) fn is_active(call: &Call, module: &Module) -> rusqlite::Result<bool> {
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
