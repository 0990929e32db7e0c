//! A file that appears whole or not at all.
//!
//! What is written goes to a hidden file in the same folder, which takes the
//! name asked for when it is complete. Until then, and after a failure, a file
//! that had the name before is still there as it was. In a plan another file
//! stands in for it, and that it would be written is noted when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::run::plan::Plan;
use crate::script::files::confinement::reason;
use crate::script::files::stand_ins::StandIns;
use crate::script::host::Host;
use crate::script::raise::Raised;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file being written.
pub(crate) struct Draft {
    shown: String,
    target: PathBuf,
    hidden: PathBuf,
    file: BufWriter<File>,
    is_published: bool,
    planned: Option<Planned>,
}

/// What is to be done in a plan when a file is complete.
struct Planned {
    plan: Arc<Plan>,
    stand_ins: StandIns,
    instead_of: PathBuf,
}

impl Draft {
    /// Begins a file where a script may write one.
    pub fn create(host: &Host, path: &str) -> Result<Self, Raised> {
        let target = host.files.writable(path)?;
        let begun = match host.run.plan() {
            Some(plan) => Self::stand_in(host, plan, target),
            None => hidden_file(&target).map(|hidden| (target, hidden, None)),
        };
        let (target, (hidden, file), planned) = begun.map_err(|error| unwritable(path, &error))?;
        Ok(Self {
            shown: path.to_owned(),
            target,
            hidden,
            file: BufWriter::new(file),
            is_published: false,
            planned,
        })
    }

    fn stand_in(host: &Host, plan: &Arc<Plan>, instead_of: PathBuf) -> io::Result<Begun> {
        let stand_ins = host.files.stand_ins.clone();
        let target = stand_ins.begin()?;
        let hidden = hidden_file(&target)?;
        let planned = Planned {
            plan: Arc::clone(plan),
            stand_ins,
            instead_of,
        };
        Ok((target, hidden, Some(planned)))
    }

    /// Gives the complete file its name.
    pub fn publish(mut self) -> Result<(), Raised> {
        self.finish()
            .map_err(|error| unwritable(&self.shown, &error))?;
        self.is_published = true;
        if let Some(planned) = self.planned.take() {
            planned.plan.would_write(&self.shown);
            planned
                .stand_ins
                .put(planned.instead_of, self.target.clone());
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.file.flush()?;
        // A file that was kept from other users stays so.
        if let Ok(before) = fs::metadata(&self.target) {
            fs::set_permissions(&self.hidden, before.permissions())?;
        }
        self.file.get_ref().sync_all()?;
        fs::rename(&self.hidden, &self.target)
    }
}

/// Where a file goes, the hidden one it is until then, and what a plan does with it.
type Begun = (PathBuf, (PathBuf, File), Option<Planned>);

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published {
            // Nothing better can be done about a file that will not go.
            let _ = fs::remove_file(&self.hidden);
        }
    }
}

fn hidden_file(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let hidden = target.with_file_name(format!(".{name}.{}-{number}.part", std::process::id()));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&hidden)
        {
            Ok(file) => return Ok((hidden, file)),
            // Left by a process that had our number before us.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// The error of a file that cannot be written.
pub(crate) fn unwritable(path: &str, error: &io::Error) -> Raised {
    Raised::new(
        "file",
        format!("`{path}` cannot be written: {}", reason(error)),
    )
}
