//! A file that appears whole or not at all.
//!
//! What is written goes to a hidden file in the same folder, which takes the
//! name asked for when it is complete. Until then, and after a failure, a file
//! that had the name before is still there as it was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::script::files::confinement::reason;
use crate::script::host::Confinement;
use crate::script::raise::Raised;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file being written.
pub(crate) struct Draft {
    shown: String,
    target: PathBuf,
    hidden: PathBuf,
    file: BufWriter<File>,
    is_published: bool,
}

impl Draft {
    /// Begins a file where a script may write one.
    pub fn create(files: &Confinement, path: &str) -> Result<Self, Raised> {
        let target = files.writable(path)?;
        let (hidden, file) = hidden_file(&target).map_err(|error| unwritable(path, &error))?;
        Ok(Self {
            shown: path.to_owned(),
            target,
            hidden,
            file: BufWriter::new(file),
            is_published: false,
        })
    }

    /// Gives the complete file its name.
    pub fn publish(mut self) -> Result<(), Raised> {
        self.finish()
            .map_err(|error| unwritable(&self.shown, &error))?;
        self.is_published = true;
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
