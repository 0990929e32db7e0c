//! A file that a script writes: it appears whole or not at all.
//!
//! Where a script may write is decided here, how by [`AtomicFile`]: the path was judged
//! with its links, so a link put there since is replaced and never followed. In a plan
//! another file stands in for it, and that it would be written is noted when it is complete;
//! where several shards do the rows of a script, each has a file of its own in its place.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
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
    instead: Option<Instead>,
}

/// What is to be done when a file is complete that stands in for another.
struct Instead {
    /// The plan that is told of it.
    plan: Option<Arc<Plan>>,
    stand_ins: StandIns,
    meant: PathBuf,
    stand_in: PathBuf,
}

impl Draft {
    /// Begins a file where a script may write one.
    pub fn create(host: &Host, path: &str) -> Result<Self, Raised> {
        let meant = host.files.writable(path)?;
        let shown = match host.files.of_shard(Path::new(path)) {
            Some(own) => own.display().to_string(),
            None => path.to_owned(),
        };
        let begun = match (host.run.plan(), host.files.of_shard(&meant)) {
            (Some(plan), _) => Self::stand_in(host, plan, meant),
            (None, Some(own)) => Self::of_shard(host, (path, &shown), meant, own),
            (None, None) => AtomicFile::at(&meant, Mode::Kept).map(|file| (file, None)),
        };
        let (file, instead) = begun.map_err(|error| unwritable(path, &error))?;
        Ok(Self {
            shown,
            file,
            instead,
        })
    }

    /// The file of one shard in place of one that every shard would write. That is said the
    /// first time.
    fn of_shard(
        host: &Host,
        (path, shown): (&str, &str),
        meant: PathBuf,
        own: PathBuf,
    ) -> io::Result<(AtomicFile, Option<Instead>)> {
        let file = AtomicFile::at(&own, Mode::Kept)?;
        let stand_ins = host.files.stand_ins.clone();
        if stand_ins.is_first() {
            host.note(&format!(
                "`{path}` is written as `{shown}`: each shard has files of its own"
            ));
        }
        let instead = Instead {
            plan: None,
            stand_ins,
            meant,
            stand_in: own,
        };
        Ok((file, Some(instead)))
    }

    fn stand_in(
        host: &Host,
        plan: &Arc<Plan>,
        meant: PathBuf,
    ) -> io::Result<(AtomicFile, Option<Instead>)> {
        let stand_ins = host.files.stand_ins.clone();
        let stand_in = stand_ins.begin()?;
        let file = AtomicFile::at(&stand_in, Mode::Private)?;
        let instead = Instead {
            plan: Some(Arc::clone(plan)),
            stand_ins,
            meant,
            stand_in,
        };
        Ok((file, Some(instead)))
    }

    /// Gives the complete file its name.
    pub fn publish(self) -> Result<(), Raised> {
        let published = self.file.publish();
        published.map_err(|error| unwritable(&self.shown, &error))?;
        if let Some(instead) = self.instead {
            if let Some(plan) = instead.plan {
                plan.would_write(&self.shown);
            }
            instead.stand_ins.put(instead.meant, instead.stand_in);
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
