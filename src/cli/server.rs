//! The options that say which server a command speaks to.

use clap::Args;

use super::log::LogTo;
use crate::command::{Allowed, allowed};
use crate::config::IpVersion;
use crate::error::Failure;

/// Which server a command speaks to.
#[derive(Args, Debug)]
pub(super) struct Server {
    /// Use the profile NAME of the configuration
    #[arg(short, long, value_name = "NAME", conflicts_with = "sandbox")]
    pub(super) profile: Option<String>,
    /// Use a mock WHMCS server with demo data, only for this command
    #[arg(long)]
    pub(super) sandbox: bool,
    /// Confirm a production server by its hostname, for unattended use
    #[arg(long, value_name = "HOST")]
    pub(super) yes: Option<String>,
    #[command(flatten)]
    pub(super) ip: Ip,
    #[command(flatten)]
    pub(super) allow: Allowing,
    #[command(flatten)]
    pub(super) log: LogTo,
}

/// Which IP version it is reached by.
#[derive(Args, Debug)]
pub(super) struct Ip {
    /// Use IPv4 only
    #[arg(long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6 only
    #[arg(long)]
    ipv6: bool,
}

impl Ip {
    pub(super) fn version(&self) -> Option<IpVersion> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(IpVersion::V4),
            (_, true) => Some(IpVersion::V6),
            _ => None,
        }
    }
}

/// What is let pass although the catalog says otherwise.
#[derive(Args, Debug)]
pub(super) struct Allowing {
    /// Send parameters that whmcsh does not know
    #[arg(long)]
    allow_unknown: bool,
    /// Send a parameter although the reference says otherwise, such as `AddOrder.billingcycle`
    #[arg(long, value_name = "ACTION.PARAM")]
    allow: Vec<String>,
}

impl Allowing {
    pub(super) fn allowed(&self) -> Result<Allowed, Failure> {
        allowed(self.allow_unknown, &self.allow)
    }
}
