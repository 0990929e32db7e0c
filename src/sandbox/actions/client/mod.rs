//! The Client group: clients, their details and groups.

mod add;
mod details;
mod list;
mod stats;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddClient", add::add_client),
    ("GetClientGroups", list::get_client_groups),
    ("GetClients", list::get_clients),
    ("GetClientsDetails", details::get_clients_details),
];
