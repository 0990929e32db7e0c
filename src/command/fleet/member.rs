//! What the process of one of several servers is told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::command::each::Mode;
use crate::command::interrupt;
use crate::command::plan::Wanted;
use crate::error::Failure;
use crate::run::Part;
use crate::unix::take_standard_input;

/// The option by which the process of one server is told so; no user types it.
const MEMBER: &str = "--member";

/// What the process of one server is told.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FleetMember {
    /// Its profile.
    pub profile: String,
    /// All of them.
    pub fleet: Vec<String>,
    /// The name of the runs, where it was not typed.
    #[serde(default)]
    pub name: Option<String>,
    /// The host that confirms a production server.
    #[serde(default)]
    pub yes: Option<String>,
}

impl FleetMember {
    /// The word by which it is told so.
    pub fn as_word(&self) -> String {
        let told = serde_json::to_string(self).unwrap_or_default();
        format!("{MEMBER}={told}")
    }

    /// Has this process stop when the one that looks after all servers says so, or is gone.
    pub fn obey(&self) -> Result<(), Failure> {
        let input = take_standard_input();
        let input = input
            .map_err(|error| Failure::usage(format!("cannot take the standard input: {error}")))?;
        interrupt::obey(input);
        Ok(())
    }

    /// What `each` does there.
    pub fn mode(&self, mode: Mode) -> Mode {
        match mode {
            Mode::Plan(wanted) => Mode::Plan(self.wanted(wanted)),
            Mode::Run {
                resume,
                name,
                takes_over,
                changes,
                bind,
                snapshots,
                on_end,
            } => Mode::Run {
                name: name.or_else(|| self.name.clone()),
                resume,
                takes_over,
                changes,
                bind,
                snapshots,
                on_end,
            },
        }
    }

    /// The files that hold its plan, each with the profile in its name.
    pub fn wanted(&self, wanted: Wanted) -> Wanted {
        let own = |path: PathBuf| {
            let part = Part::Server(self.profile.clone());
            let name = path.file_name().and_then(|name| part.file_name(name));
            name.map_or_else(|| path.clone(), |name| path.with_file_name(name))
        };
        Wanted {
            out: wanted.out.map(own),
            html: wanted.html.map(own),
            csv: wanted.csv.map(own),
            ..wanted
        }
    }
}
