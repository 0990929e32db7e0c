//! What `check` is told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::server::Allowing;
use crate::command::{self, Terminal};
use crate::config::Choice;
use crate::error::Failure;

/// Check scripts for mistakes without running them
#[derive(Args, Debug)]
pub(super) struct Check {
    /// The scripts to check; of a folder, every script in it
    #[arg(required_unless_present = "upgrade", value_name = "SCRIPT")]
    scripts: Vec<PathBuf>,
    /// List every place in the scripts of this folder that this version rejects
    #[arg(long, value_name = "DIR")]
    upgrade: Option<PathBuf>,
    #[command(flatten)]
    allow: Allowing,
    /// Print what was found as a JSON object
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Print what was found in this format [default: text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A JSON object
    Json,
    /// Annotations for GitHub workflows
    Github,
    /// A SARIF 2.1.0 log
    Sarif,
}

impl Check {
    /// Checks the scripts.
    pub(super) fn run(self, terminal: Terminal) -> Result<(), Failure> {
        use command::check::{Form, check, scripts_under};
        let mut scripts = self.scripts;
        if let Some(folder) = self.upgrade {
            scripts.extend(scripts_under(&folder)?);
        }
        let form = match self.format {
            _ if self.json => Form::Json,
            None | Some(Format::Text) => Form::Text,
            Some(Format::Json) => Form::Json,
            Some(Format::Github) => Form::Github,
            Some(Format::Sarif) => Form::Sarif,
        };
        let allowed = self
            .allow
            .allowed()?
            .with_values(Choice::default().values());
        check(&scripts, &allowed, form, terminal)
    }
}
