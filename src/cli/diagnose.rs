//! The options of `profile test`.

use std::path::PathBuf;

use clap::Args;

use super::server::Ip;
use crate::command::diagnosis;
use crate::config::Choice;

/// Test a server, its credentials and permissions
///
/// Tests step by step: hostname, connection, encryption, web server, credentials, version
/// and, with --script, permissions. The first step that fails is named with a fix.
/// Only reads are sent.
#[derive(Args, Debug)]
pub(super) struct ProfileTest {
    /// The profile to test [default: the default profile]
    name: Option<String>,
    /// Also test the actions that this script calls; repeatable
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
    pub(super) fn options(self, choice: &Choice) -> diagnosis::DiagnosisOptions {
        diagnosis::DiagnosisOptions {
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
