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
use crate::run::Part;
use crate::run::plan::Plan;
use crate::script::files::stand_ins::StandIns;
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::not_kept;
use crate::secrets::COVER;

/// A file being written.
pub(crate) struct Draft {
    shown: String,
    file: AtomicFile,
    /// Where it will be.
    path: PathBuf,
    instead: Option<Instead>,
    /// The end of what was written, in which a cover may have begun.
    end: Vec<u8>,
    holds_cover: bool,
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
        let shown = match host.files.of_part(Path::new(path)) {
            Some(own) => own.display().to_string(),
            None => path.to_owned(),
        };
        let begun = match (host.run.plan(), host.files.of_part(&meant)) {
            (Some(plan), _) => Self::stand_in(host, plan, meant.clone()),
            (None, Some(own)) => Self::of_part(host, meant.clone(), own),
            (None, None) => AtomicFile::at(&meant, Mode::Kept).map(|file| (file, None)),
        };
        let (file, instead) = begun.map_err(|error| unwritable(path, &error))?;
        let stands_in = |instead: &Instead| instead.stand_in.clone();
        Ok(Self {
            shown,
            file,
            path: instead.as_ref().map_or(meant, stands_in),
            instead,
            end: Vec::new(),
            holds_cover: false,
        })
    }

    /// The file of one part in place of one that every part would write. That is said once.
    fn of_part(
        host: &Host,
        meant: PathBuf,
        own: PathBuf,
    ) -> io::Result<(AtomicFile, Option<Instead>)> {
        let file = AtomicFile::at(&own, Mode::Kept)?;
        let part = &host.files.part;
        if let Some(mark) = part.mark() {
            let each = match part {
                Part::Server(_) => "server",
                _ => "shard",
            };
            host.note_once(&format!(
                "files that the script writes have `.{mark}` before the extension: each {each} has \
                 its own"
            ));
        }
        let stand_ins = host.files.stand_ins.clone();
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

    /// Looks at a text that goes into the file in a form in which it is not seen.
    pub fn look_at(&mut self, text: &str) {
        self.holds_cover |= text.contains(COVER);
    }

    /// Gives the complete file its name; where it is now.
    pub fn publish(self) -> Result<PathBuf, Raised> {
        if self.holds_cover && not_kept::may_be_covered() {
            return Err(self.not_kept());
        }
        let published = self.file.publish();
        published.map_err(|error| unwritable(&self.shown, &error))?;
        if let Some(instead) = self.instead {
            if let Some(plan) = instead.plan {
                plan.would_write(&self.shown);
            }
            instead.stand_ins.put(instead.meant, instead.stand_in);
        }
        Ok(self.path)
    }
}

impl Draft {
    /// The refusal of a file in which a cover stands for what a resumed run does not know.
    fn not_kept(&self) -> Raised {
        let shown = &self.shown;
        let what = format!(
            "`{shown}` was not written: it would contain `{COVER}` instead of a secret that is no \
             longer known"
        );
        Raised::new("not_kept", what).hint(
            "a run keeps no secrets from replies: write only the other fields, or catch this \
             error to keep the file of the earlier pass",
        )
    }

    fn look(&mut self, bytes: &[u8]) {
        self.end.extend_from_slice(bytes);
        let mut windows = self.end.windows(COVER.len());
        self.holds_cover |= windows.any(|window| window == COVER.as_bytes());
        let past = self.end.len().saturating_sub(COVER.len() - 1);
        self.end.drain(..past);
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        if !self.holds_cover && not_kept::may_be_covered() {
            self.look(&bytes[..written]);
        }
        Ok(written)
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
