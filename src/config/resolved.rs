//! A server that was chosen, with all that its profile says of it.

use std::sync::Arc;
use std::time::Duration;

use crate::client::Server;
use crate::run::{Access, Allow, CustomFields, OwnValues};

/// The profile made of `WHMCSH_URL` and its companions.
pub const ENVIRONMENT: &str = "environment";

/// A server chosen and resolved, with what the profile allows.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The server, secrets included.
    pub server: Server,
    /// The server's host name, which confirms a production run.
    pub host: String,
    /// The path of WHMCS on that host.
    pub path: String,
    /// What may be called on it.
    pub access: Access,
    /// Parameters whose documented rules do not hold for it.
    pub allow: Vec<Allow>,
    /// Values that hosts and modules add, as the profile lists them.
    pub values: OwnValues,
    /// Whether real customers are behind it.
    pub production: bool,
    /// A write that is not found counts as not applied once it is so old.
    pub late_after: Duration,
    /// The names its custom fields go by.
    pub custom_fields: Arc<CustomFields>,
}
