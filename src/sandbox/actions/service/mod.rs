//! The Service group: what a client's service is, and what its module does.

mod change;
mod module;
mod update;
mod upgrade;
mod upgrade_options;
mod upgrade_product;
#[cfg(test)]
mod upgrade_tests;

use super::Handler;
pub use update::STATUSES;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("ModuleChangePackage", module::module_change_package),
    ("ModuleChangePw", module::module_change_pw),
    ("ModuleCreate", module::module_create),
    ("ModuleCustom", module::module_custom),
    ("ModuleSuspend", module::module_suspend),
    ("ModuleTerminate", module::module_terminate),
    ("ModuleUnsuspend", module::module_unsuspend),
    ("UpdateClientProduct", update::update_client_product),
    ("UpgradeProduct", upgrade::upgrade_product),
];
