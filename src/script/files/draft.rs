//! A file that appears whole or not at all.
//!
//! What is written goes to a hidden file in the same folder, which takes the
//! name asked for when it is complete. Until then, and after a failure, a file
//! that had the name before is still there as it was. In a plan, nothing is
//! written: that it would be is noted when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::run::plan::Plan;
use crate::script::files::confinement::reason;
use crate::script::host::Host;
use crate::script::raise::Raised;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file being written.
pub(crate) struct Draft {
    shown: String,
    place: Place,
}

/// Where what is written goes.
enum Place {
    /// Into a file that is not there yet under its name.
    Hidden(Hidden),
    /// Nowhere.
    Planned(Arc<Plan>),
}

struct Hidden {
    target: PathBuf,
    hidden: PathBuf,
    file: BufWriter<File>,
    is_published: bool,
}

impl Draft {
    /// Begins a file where a script may write one.
    pub fn create(host: &Host, path: &str) -> Result<Self, Raised> {
        let target = host.files.writable(path)?;
        let place = match host.run.plan() {
            Some(plan) => Place::Planned(Arc::clone(plan)),
            None => Place::Hidden(Hidden::begin(target).map_err(|error| unwritable(path, &error))?),
        };
        Ok(Self {
            shown: path.to_owned(),
            place,
        })
    }

    /// Gives the complete file its name.
    pub fn publish(self) -> Result<(), Raised> {
        match self.place {
            Place::Planned(plan) => {
                plan.would_write(&self.shown);
                Ok(())
            }
            Place::Hidden(mut hidden) => hidden
                .publish()
                .map_err(|error| unwritable(&self.shown, &error)),
        }
    }
}

impl Hidden {
    fn begin(target: PathBuf) -> io::Result<Self> {
        let (hidden, file) = hidden_file(&target)?;
        Ok(Self {
            target,
            hidden,
            file: BufWriter::new(file),
            is_published: false,
        })
    }

    fn publish(&mut self) -> io::Result<()> {
        self.file.flush()?;
        // A file that was kept from other users stays so.
        if let Ok(before) = fs::metadata(&self.target) {
            fs::set_permissions(&self.hidden, before.permissions())?;
        }
        self.file.get_ref().sync_all()?;
        fs::rename(&self.hidden, &self.target)?;
        self.is_published = true;
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.place {
            Place::Hidden(hidden) => hidden.file.write(bytes),
            Place::Planned(_) => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Hidden(hidden) => hidden.file.flush(),
            Place::Planned(_) => Ok(()),
        }
    }
}

impl Drop for Hidden {
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
