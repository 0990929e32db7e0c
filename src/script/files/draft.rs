//! A file that a script writes: it appears whole or not at all.
//!
//! Where a script may write is decided here, how by [`AtomicFile`]: the path was judged
//! with its links, so a link put there since is replaced and never followed. In a plan
//! another file stands in for it, and that it would be written is noted when it is complete.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use crate::files::{AtomicFile, Mode, reason};
use crate::run::plan::Plan;
use crate::script::files::stand_ins::StandIns;
use crate::script::host::Host;
use crate::script::raise::Raised;

/// A file being written.
pub(crate) struct Draft {
    shown: String,
    file: AtomicFile,
    planned: Option<Planned>,
}

/// What is to be done in a plan when a file is complete.
struct Planned {
    plan: Arc<Plan>,
    stand_ins: StandIns,
    instead_of: PathBuf,
    stand_in: PathBuf,
}

impl Draft {
    /// Begins a file where a script may write one.
    pub fn create(host: &Host, path: &str) -> Result<Self, Raised> {
        let target = host.files.writable(path)?;
        let begun = match host.run.plan() {
            Some(plan) => Self::stand_in(host, plan, target),
            None => AtomicFile::at(&target, Mode::Kept).map(|file| (file, None)),
        };
        let (file, planned) = begun.map_err(|error| unwritable(path, &error))?;
        Ok(Self {
            shown: path.to_owned(),
            file,
            planned,
        })
    }

    fn stand_in(
        host: &Host,
        plan: &Arc<Plan>,
        instead_of: PathBuf,
    ) -> io::Result<(AtomicFile, Option<Planned>)> {
        let stand_ins = host.files.stand_ins.clone();
        let stand_in = stand_ins.begin()?;
        let file = AtomicFile::at(&stand_in, Mode::Private)?;
        let planned = Planned {
            plan: Arc::clone(plan),
            stand_ins,
            instead_of,
            stand_in,
        };
        Ok((file, Some(planned)))
    }

    /// Gives the complete file its name.
    pub fn publish(self) -> Result<(), Raised> {
        let published = self.file.publish();
        published.map_err(|error| unwritable(&self.shown, &error))?;
        if let Some(planned) = self.planned {
            planned.plan.would_write(&self.shown);
            planned.stand_ins.put(planned.instead_of, planned.stand_in);
        }
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The error of a file that cannot be written.
pub(crate) fn unwritable(path: &str, error: &io::Error) -> Raised {
    Raised::new(
        "file",
        format!("`{path}` cannot be written: {}", reason(error)),
    )
}
