//! The System group: the server itself, its staff, settings, log and mail.

mod activity;
mod admins;
mod mail;
mod server;
mod settings;
mod stats;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("GetActivityLog", activity::get_activity_log),
    ("GetAdminDetails", admins::get_admin_details),
    ("GetAdminUsers", admins::get_admin_users),
    ("GetConfigurationValue", settings::get_configuration_value),
    ("GetCurrencies", server::get_currencies),
    ("GetPaymentMethods", server::get_payment_methods),
    ("GetStats", stats::get_stats),
    ("LogActivity", activity::log_activity),
    ("SendEmail", mail::send_email),
    ("SetConfigurationValue", settings::set_configuration_value),
    ("WhmcsDetails", server::whmcs_details),
];
