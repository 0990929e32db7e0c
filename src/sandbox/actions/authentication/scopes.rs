//! The scopes of OAuth credentials, which are also the destinations of single sign-on.

/// Where a client can be sent after a login, by the names the documentation lists.
const DESTINATIONS: &[&str] = &[
    "clientarea:announcements",
    "clientarea:billing_info",
    "clientarea:domain_details",
    "clientarea:domains",
    "clientarea:downloads",
    "clientarea:emails",
    "clientarea:invoices",
    "clientarea:knowledgebase",
    "clientarea:network_status",
    "clientarea:product_details",
    "clientarea:profile",
    "clientarea:services",
    "clientarea:shopping_cart",
    "clientarea:shopping_cart_addons",
    "clientarea:shopping_cart_domain_register",
    "clientarea:shopping_cart_domain_transfer",
    "clientarea:submit_ticket",
    "clientarea:tickets",
    "sso:custom_redirect",
];

/// Scopes that are no destination.
const OTHERS: &[&str] = &["clientarea:sso", "email", "openid", "profile"];

/// Whether a client can be sent there.
pub fn is_destination(name: &str) -> bool {
    DESTINATIONS.contains(&name)
}

/// The first name of a list with spaces that is no scope.
pub fn unknown(list: &str) -> Option<&str> {
    list.split_whitespace()
        .find(|name| !is_destination(name) && !OTHERS.contains(name))
}

/// A list as it is kept: one space between two.
pub fn tidied(list: &str) -> String {
    list.split_whitespace().collect::<Vec<_>>().join(" ")
}
