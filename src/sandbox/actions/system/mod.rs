//! The System group: the server itself, its staff, settings, logs and mail.

mod activity;
mod admin_mail;
mod admins;
mod automation;
mod bans;
mod cipher;
mod mail;
mod server;
mod settings;
mod staff;
mod stats;
mod templates;
mod todo;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddBannedIp", bans::add_banned_ip),
    ("DecryptPassword", cipher::decrypt_password),
    ("EncryptPassword", cipher::encrypt_password),
    ("GetActivityLog", activity::get_activity_log),
    ("GetAdminDetails", admins::get_admin_details),
    ("GetAdminUsers", admins::get_admin_users),
    ("GetAutomationLog", automation::get_automation_log),
    ("GetConfigurationValue", settings::get_configuration_value),
    ("GetCurrencies", server::get_currencies),
    ("GetEmailTemplates", templates::get_email_templates),
    ("GetPaymentMethods", server::get_payment_methods),
    ("GetStaffOnline", staff::get_staff_online),
    ("GetStats", stats::get_stats),
    ("GetToDoItems", todo::get_to_do_items),
    ("GetToDoItemStatuses", todo::get_to_do_item_statuses),
    ("LogActivity", activity::log_activity),
    ("SendAdminEmail", admin_mail::send_admin_email),
    ("SendEmail", mail::send_email),
    ("SetConfigurationValue", settings::set_configuration_value),
    (
        "TriggerNotificationEvent",
        admin_mail::trigger_notification_event,
    ),
    ("UpdateAdminNotes", staff::update_admin_notes),
    ("UpdateToDoItem", todo::update_to_do_item),
    ("WhmcsDetails", server::whmcs_details),
];
