//! The Client group: clients, their details, contacts and groups, and what they have.

mod add;
mod addons;
mod cancelled;
mod cards;
mod close;
mod contacts;
mod delete;
mod details;
mod domains;
mod emails;
mod list;
mod password;
mod preferences;
mod profile;
mod services;
mod stats;
mod update;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddClient", add::add_client),
    ("AddContact", contacts::add_contact),
    ("CloseClient", close::close_client),
    ("DeleteClient", delete::delete_client),
    ("DeleteContact", contacts::delete_contact),
    ("GetCancelledPackages", cancelled::get_cancelled_packages),
    ("GetClientGroups", list::get_client_groups),
    ("GetClientPassword", password::get_client_password),
    ("GetClients", list::get_clients),
    ("GetClientsAddons", addons::get_clients_addons),
    ("GetClientsDetails", details::get_clients_details),
    ("GetClientsDomains", domains::get_clients_domains),
    ("GetClientsProducts", services::get_clients_products),
    ("GetContacts", contacts::get_contacts),
    ("GetEmails", emails::get_emails),
    ("UpdateClient", update::update_client),
    ("UpdateContact", contacts::update_contact),
];
