//! The Module group: modules switched on and off, their settings, and what they failed at.

mod named;
mod queue;
mod settings;
mod switch;

use super::Handler;

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
