//! The Domains group: what a client's domain is, what extensions cost, and what registrars do.

mod prices;
mod registrar;
mod tld;
mod update;
mod whois;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("CreateOrUpdateTLD", tld::create_or_update_tld),
    ("DomainGetLockingStatus", registrar::locking_status),
    ("DomainGetNameservers", registrar::nameservers),
    ("DomainGetWhoisInfo", whois::contacts),
    ("DomainRegister", registrar::register),
    ("DomainRelease", registrar::release),
    ("DomainRenew", registrar::renew),
    ("DomainRequestEPP", registrar::request_epp),
    ("DomainToggleIdProtect", registrar::toggle_id_protect),
    ("DomainTransfer", registrar::transfer),
    (
        "DomainUpdateLockingStatus",
        registrar::update_locking_status,
    ),
    ("DomainUpdateNameservers", registrar::update_nameservers),
    ("DomainUpdateWhoisInfo", whois::update_contacts),
    ("DomainWhois", whois::lookup),
    ("GetRegistrars", prices::get_registrars),
    ("GetTLDPricing", prices::get_tld_pricing),
    ("UpdateClientDomain", update::update_client_domain),
];
