//! The options of a command that does the same on several servers.

use clap::Args;

use crate::command::fleet::FleetMember;

/// The servers of a command that does the same on each.
#[derive(Args, Debug)]
pub(super) struct Fleet {
    /// Do this on the server of each profile A, B and so on, or of each line of FILE.
    /// `--profile A,B` does the same
    #[arg(long, value_name = "A,B|@FILE", conflicts_with_all = ["profile", "sandbox"])]
    pub(super) profiles: Option<String>,
    /// With several profiles, start no other server after one that did not end with code 0
    #[arg(long)]
    pub(super) fail_fast: bool,
}

/// What the process of one server is told.
pub(super) fn member(text: &str) -> Result<FleetMember, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
