//! The modules the sandbox pretends to ship: their types, names and settings.

/// A module: a payment gateway, a registrar, an add-on …
#[derive(Debug)]
pub struct Module {
    /// Its type, one of [`TYPES`].
    pub kind: &'static str,
    /// The system name.
    pub name: &'static str,
    /// The name people read.
    pub title: &'static str,
    /// Its settings: name, name people read, kind of field.
    pub settings: &'static [(&'static str, &'static str, &'static str)],
}

/// A type of module.
#[derive(Debug)]
pub struct Type {
    /// The name.
    pub name: &'static str,
    /// Whether its modules can be switched on and off, and have settings of their own.
    pub is_switchable: bool,
}

const fn kind(name: &'static str, is_switchable: bool) -> Type {
    Type {
        name,
        is_switchable,
    }
}

/// Every type. A server module is in use where a product names it, so there is nothing to switch.
pub const TYPES: &[Type] = &[
    kind("addon", true),
    kind("fraud", true),
    kind("gateway", true),
    kind("notification", true),
    kind("registrar", true),
    kind("report", false),
    kind("security", true),
    kind("server", false),
    kind("widget", false),
];

const fn module(
    kind: &'static str,
    name: &'static str,
    title: &'static str,
    settings: &'static [(&'static str, &'static str, &'static str)],
) -> Module {
    Module {
        kind,
        name,
        title,
        settings,
    }
}

const MODULES: &[Module] = &[
    module(
        "addon",
        "project_management",
        "Project Management",
        &[("clientenable", "Client Area", "yesno")],
    ),
    module("addon", "licensing", "Software Licensing", &[]),
    module(
        "fraud",
        "maxmind",
        "MaxMind",
        &[
            ("Enable", "Enable MaxMind", "yesno"),
            ("userId", "Account ID", "text"),
            ("licenseKey", "License Key", "password"),
            ("riskScore", "Highest Risk Score", "text"),
        ],
    ),
    module(
        "fraud",
        "fraudlabs",
        "FraudLabs Pro",
        &[
            ("Enable", "Enable FraudLabs Pro", "yesno"),
            ("licenseKey", "API Key", "password"),
        ],
    ),
    module(
        "gateway",
        "authorize",
        "Authorize.net",
        &[
            ("FriendlyName", "FriendlyName", "text"),
            ("loginid", "Login ID", "text"),
            ("transkey", "Transaction Key", "password"),
            ("testmode", "Test Mode", "yesno"),
        ],
    ),
    module(
        "gateway",
        "banktransfer",
        "Bank Transfer",
        &[
            ("FriendlyName", "FriendlyName", "text"),
            ("instructions", "Bank Transfer Instructions", "textarea"),
        ],
    ),
    module(
        "gateway",
        "mailin",
        "Mail In Payment",
        &[
            ("FriendlyName", "FriendlyName", "text"),
            ("instructions", "Mail In Instructions", "textarea"),
        ],
    ),
    module(
        "gateway",
        "paypal",
        "PayPal",
        &[
            ("FriendlyName", "FriendlyName", "text"),
            ("email", "PayPal Email", "text"),
            ("forceonetime", "Force One Time Payments", "yesno"),
            ("forcesubscriptions", "Force Subscriptions", "yesno"),
            ("requireshipping", "Require Shipping Address", "yesno"),
            ("overrideaddress", "Client Address Matching", "yesno"),
            ("apiusername", "API Username", "text"),
            ("apipassword", "API Password", "text"),
            ("apisignature", "API Signature", "text"),
            ("sandbox", "Sandbox Mode", "yesno"),
        ],
    ),
    module(
        "gateway",
        "stripe",
        "Stripe",
        &[
            ("FriendlyName", "FriendlyName", "text"),
            ("publishableKey", "Publishable API Key", "text"),
            ("secretKey", "Secret API Key", "password"),
        ],
    ),
    module(
        "notification",
        "email",
        "Email",
        &[("sender", "Sender", "text")],
    ),
    module(
        "notification",
        "slack",
        "Slack",
        &[("oauth_token", "OAuth Access Token", "text")],
    ),
    module(
        "registrar",
        "enom",
        "Enom",
        &[
            ("Username", "Username", "text"),
            ("Password", "API Token", "password"),
            ("TestMode", "Test Mode", "yesno"),
        ],
    ),
    module(
        "registrar",
        "opensrs",
        "OpenSRS",
        &[
            ("Username", "Username", "text"),
            ("PrivateKey", "Private Key", "password"),
            ("TestMode", "Test Mode", "yesno"),
        ],
    ),
    module(
        "registrar",
        "resellerclub",
        "ResellerClub",
        &[
            ("ResellerID", "Reseller ID", "text"),
            ("APIKey", "API Key", "password"),
            ("TestMode", "Test Mode", "yesno"),
        ],
    ),
    module("report", "annual_income_report", "Annual Income", &[]),
    module(
        "security",
        "totp",
        "Time Based Tokens",
        &[("clientenabled", "Enable for Clients", "yesno")],
    ),
    module("server", "autorelease", "Auto Release", &[]),
    module("server", "cpanel", "cPanel", &[]),
    module("server", "directadmin", "DirectAdmin", &[]),
    module("server", "plesk", "Plesk", &[]),
    module("widget", "Overview", "System Overview", &[]),
];

/// The type of that name, in any case.
pub fn find_type(name: &str) -> Option<&'static Type> {
    TYPES
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The module of that type and name, in any case.
pub fn find(kind: &Type, name: &str) -> Option<&'static Module> {
    MODULES
        .iter()
        .find(|module| module.kind == kind.name && module.name.eq_ignore_ascii_case(name))
}

/// Whether services of a server module live on one of the `servers`.
pub fn needs_server(module: &str) -> bool {
    ["cpanel", "directadmin", "plesk"].contains(&module)
}
