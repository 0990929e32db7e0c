//! Which actions the sandbox imitates: one table a group, one function an action.
//!
//! An action reads its parameters from a [`Call`](super::call::Call), works in the call's
//! transaction, and answers fields in WHMCS's order or a refusal in WHMCS's
//! words. Names are the catalog's, and every one of them is here.

mod addons;
mod affiliates;
mod announcements;
mod authentication;
mod billing;
mod client;
mod domains;
mod handler;
mod modules;
mod orders;
mod pay_methods;
mod products;
mod projects;
mod quotes;
mod servers;
mod service;
mod support;
mod system;
mod tickets;
mod users;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use handler::Handler;

/// The actions of a file or folder.
type Group = &'static [(&'static str, Handler)];

/// Every group, in alphabetical order.
const GROUPS: &[Group] = &[
    addons::ACTIONS,
    affiliates::ACTIONS,
    announcements::ACTIONS,
    authentication::ACTIONS,
    billing::ACTIONS,
    client::ACTIONS,
    domains::ACTIONS,
    modules::ACTIONS,
    orders::ACTIONS,
    pay_methods::ACTIONS,
    products::ACTIONS,
    projects::ACTIONS,
    quotes::ACTIONS,
    servers::ACTIONS,
    service::ACTIONS,
    support::ACTIONS,
    system::ACTIONS,
    tickets::ACTIONS,
    users::ACTIONS,
];

static HANDLERS: LazyLock<HashMap<&'static str, Handler>> =
    LazyLock::new(|| GROUPS.iter().copied().flatten().copied().collect());

/// What carries out the action of that name in the catalog.
pub fn handler(name: &str) -> Option<Handler> {
    HANDLERS.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, HANDLERS};
    use crate::catalog;

    #[test]
    fn every_imitated_action_is_in_the_catalog_and_stands_once() {
        let names: Vec<_> = GROUPS
            .iter()
            .copied()
            .flatten()
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(names.len(), HANDLERS.len(), "a name stands twice");
        for name in names {
            let known = catalog::action(name).map(|action| action.name);
            assert_eq!(known, Some(name));
        }
    }
}
