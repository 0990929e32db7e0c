//! The options of `profile test`.

use std::path::PathBuf;

use clap::Args;

use super::server::Ip;
use crate::command::diagnosis;
use crate::config::Choice;

/// Test the way to a server, its credentials and what they may do, step by step
///
/// The first step that fails is named with what to do about it: the name, the
/// connection, its encryption, the web server, the credentials, the version, and
/// with --script the permissions. Reads are sent; writes are named, and never sent.
#[derive(Args, Debug)]
pub(super) struct ProfileTest {
    /// Which one; the default profile otherwise
    name: Option<String>,
    /// Test the actions this script calls too; may be repeated
    #[arg(long, value_name = "SCRIPT")]
    script: Vec<PathBuf>,
    #[command(flatten)]
    ip: Ip,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl ProfileTest {
    /// What is meant, with that configuration file.
    pub(super) fn options(self, choice: &Choice) -> diagnosis::Options {
        diagnosis::Options {
            choice: Choice {
                ip_version: self.ip.version(),
                profile: self.name.or(choice.profile.clone()),
                ..choice.clone()
            },
            scripts: self.script,
            json: self.json,
        }
    }
}
