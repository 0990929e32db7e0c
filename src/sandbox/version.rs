//! Which WHMCS this is.

/// The version the sandbox says it is.
pub const VERSION: &str = "8.13.1";
