//! What can be read only once: standard input, pipes. It is kept in a file and read from there.
//!
//! A loop looks at its rows before it begins them, and a run that is resumed reads them
//! once more. So a stream is read to its end when it is first named, into a file of the
//! user's alone: in the folder of the run, once there is one. A later pass reads that, as
//! long as a stream or nothing is under the path; a file under it is read instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::cancel::Cancel;
use crate::files::{self, AtomicFile, Mode, Staged, sweep_staged};
use crate::unix::copy_of;

/// How the names of kept streams begin.
const PREFIX: &str = "input-";
/// The words for standard input.
const STANDARD_INPUT: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
/// So much is read at once.
const PIECE: usize = 64 * 1024;
/// How often somebody looks whether the reading is to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// The streams that were read, each in a file; clones share them.
#[derive(Clone, Default)]
pub struct Streams {
    state: Arc<Mutex<State>>,
    /// Where files wait for the run's folder; the folder for temporary files if none is said.
    beside: Option<PathBuf>,
    /// Whether standard input is something else's.
    is_input_taken: bool,
    /// Whether what an earlier pass kept has to be what the stream gives now.
    is_compared: bool,
    cancel: Cancel,
    /// Told of a stream that an earlier pass kept.
    tell: Option<Arc<Tell>>,
}

type Tell = dyn Fn(&str) + Send + Sync;

#[derive(Default)]
struct State {
    /// The folder of the run, once it has one.
    run: Option<PathBuf>,
    /// The folder of an earlier pass, where the run is not known yet.
    earlier: Option<PathBuf>,
    /// Where files wait until the run has a folder.
    staged: Option<Staged>,
    /// By their names, where they are.
    files: BTreeMap<String, PathBuf>,
    /// Those that give something else than an earlier pass kept: they are read, and stay
    /// refused.
    others: BTreeSet<String>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Streams").field(&self.held().files).finish()
    }
}

impl Streams {
    /// Streams that are read until that stops them.
    pub fn until(cancel: Cancel) -> Self {
        Self {
            cancel,
            ..Self::default()
        }
    }

    /// The same, kept in that folder until the run has one of its own; what killed processes
    /// left there is removed.
    #[must_use]
    pub fn staged_in(self, runs: PathBuf) -> Self {
        sweep_staged(&runs);
        Self {
            beside: Some(runs),
            ..self
        }
    }

    /// The same where standard input is read by somebody else, as the shell reads its lines.
    #[must_use]
    pub fn without_input(self) -> Self {
        Self {
            is_input_taken: true,
            ..self
        }
    }

    /// The same where a stream gives what an earlier pass kept of it, or nothing: whoever
    /// gives others wants those done.
    #[must_use]
    pub fn compared(self, is_compared: bool) -> Self {
        Self {
            is_compared,
            ..self
        }
    }

    /// The same with somebody who is told what an earlier pass kept.
    #[must_use]
    pub fn telling(self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            tell: Some(Arc::new(tell)),
            ..self
        }
    }

    /// Whether that path means standard input.
    pub fn is_input(path: &str) -> bool {
        STANDARD_INPUT.contains(&path)
    }

    /// Whether the reading of a stream was stopped.
    pub fn is_stopped(&self) -> bool {
        self.cancel.is_raised()
    }

    /// Reads streams from what the run in that folder kept of them.
    pub fn look_in(&self, folder: PathBuf) {
        self.held().earlier = Some(folder);
    }

    /// Keeps streams in the folder of the run from now on, and those that were read before.
    pub fn attach(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.held();
        let mut moved = BTreeMap::new();
        for (name, path) in &state.files {
            let own = folder.join(name);
            // What an earlier pass kept is what its rows are of.
            if *path != own && !own.is_file() {
                files::move_to(path, &own)?;
            }
            moved.insert(name.clone(), own);
        }
        state.files = moved;
        state.run = Some(folder.to_owned());
        state.staged = None;
        Ok(())
    }

    /// Removes what was kept: nothing reads it any more.
    pub fn forget(&self) {
        let mut state = self.held();
        state.files.clear();
        state.staged = None;
        let kept = state.run.as_ref().and_then(|run| fs::read_dir(run).ok());
        for entry in kept.into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                // What cannot be removed now goes with the run's folder.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Removes what was kept of streams that gave nothing: a run that did
    /// nothing with them reads the next.
    pub fn forget_empty(&self) {
        let mut state = self.held();
        state.files.retain(|_, file| {
            let is_empty = fs::metadata(&*file).is_ok_and(|found| found.len() == 0);
            // What cannot be removed is read again, as if nothing had been said.
            !is_empty || fs::remove_file(&*file).is_err()
        });
    }

    /// Whether a stream was read that gave nothing.
    pub fn has_empty(&self) -> bool {
        let state = self.held();
        let mut files = state.files.values();
        files.any(|file| fs::metadata(file).is_ok_and(|found| found.len() == 0))
    }

    /// Where that stream is kept, if it was read before.
    pub(super) fn kept(&self, name: &str) -> Option<PathBuf> {
        kept(self.tell.as_deref(), &mut self.held(), name)
    }

    /// Where that stream is kept, which is read now if it was not before.
    pub(super) fn keep(&self, name: &str, path: &Path) -> io::Result<PathBuf> {
        let mut state = self.held();
        let is_input = name == input();
        let is_new = !state.files.contains_key(name);
        if let Some(kept) = kept(self.tell.as_deref(), &mut state, name) {
            if state.others.contains(name) {
                return Err(other_rows(&kept));
            }
            if is_new && self.is_compared && !(is_input && io::stdin().is_terminal()) {
                let given = pieces(path.to_owned(), is_input, &self.cancel)?;
                if let Err(error) = compare(&kept, given) {
                    state.others.insert(name.to_owned());
                    return Err(error);
                }
            }
            return Ok(kept);
        }
        if is_input && self.is_input_taken {
            let why = "the whmcsh shell reads its lines from there; save the rows to a file";
            return Err(io::Error::new(ErrorKind::Unsupported, why));
        }
        let folder = match (&state.run, &state.staged) {
            (Some(run), _) => run.clone(),
            (None, Some(staged)) => staged.folder().to_owned(),
            (None, None) => {
                let staged = Staged::make(self.beside.as_deref())?;
                state.staged.insert(staged).folder().to_owned()
            }
        };
        let file = folder.join(name);
        let mut draft = AtomicFile::at(&file, Mode::Private)?;
        for piece in pieces(path.to_owned(), is_input, &self.cancel)? {
            draft.write_all(&piece?)?;
        }
        draft.publish()?;
        state.files.insert(name.to_owned(), file.clone());
        Ok(file)
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What standard input is kept as.
pub(super) fn input() -> String {
    format!("{PREFIX}stdin")
}

/// What a stream is kept as that is named by an argument of that place, from 0: its path may
/// be another in the next pass, as that of `<(command)` is.
pub(super) fn argument(place: usize) -> String {
    format!("{PREFIX}{}", place + 1)
}

/// What a stream at that path is kept as.
pub(super) fn of_path(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let hex = digest.iter().take(8).map(|byte| format!("{byte:02x}"));
    format!("{PREFIX}{}", hex.collect::<String>())
}

fn kept(tell: Option<&Tell>, state: &mut State, name: &str) -> Option<PathBuf> {
    if let Some(file) = state.files.get(name) {
        return Some(file.clone());
    }
    let folders = [&state.run, &state.earlier];
    let file = folders
        .into_iter()
        .flatten()
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())?;
    if let Some(tell) = tell {
        tell(&format!(
            "using the rows in `{}` that an earlier pass read and kept",
            file.display()
        ));
    }
    state.files.insert(name.to_owned(), file.clone());
    Some(file)
}

/// A stream does not give what an earlier pass of that run kept of it.
#[derive(Debug, Error)]
#[error("it has other rows than those that run `{run}` read and kept")]
pub(super) struct OtherRows {
    /// The run.
    pub run: String,
}

/// Refuses a stream that gives something else than that file holds; one that gives nothing is
/// none.
fn compare(kept: &Path, given: impl Iterator<Item = io::Result<Vec<u8>>>) -> io::Result<()> {
    let file = File::open(kept)?;
    let mut is_empty = true;
    for piece in given {
        let piece = piece?;
        is_empty = false;
        let mut own = Vec::with_capacity(piece.len());
        let mut part = (&file).take(piece.len() as u64);
        part.read_to_end(&mut own)?;
        if own != piece {
            return Err(other_rows(kept));
        }
    }
    if !is_empty && (&file).read(&mut [0])? > 0 {
        return Err(other_rows(kept));
    }
    Ok(())
}

fn other_rows(kept: &Path) -> io::Error {
    let run = kept.parent().and_then(Path::file_name).unwrap_or_default();
    let run = run.to_string_lossy().into_owned();
    io::Error::other(OtherRows { run })
}

/// What a stream gives, piece by piece; read on a thread of its own, which a pipe that
/// nobody writes holds up for as long as it likes.
fn pieces(
    path: PathBuf,
    is_input: bool,
    cancel: &Cancel,
) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    let (sender, receiver) = sync_channel(2);
    let open = move || {
        if is_input {
            return copy_of(&io::stdin()).map(File::from);
        }
        File::open(&path)
    };
    let read = move || {
        let mut file = match open() {
            Ok(file) => file,
            Err(error) => return drop(sender.send(Err(error))),
        };
        loop {
            let mut piece = vec![0; PIECE];
            let read = match file.read(&mut piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read,
            };
            let is_last = !matches!(read, Ok(1..));
            let piece = read.map(|count| {
                piece.truncate(count);
                piece
            });
            if sender.send(piece).is_err() || is_last {
                return;
            }
        }
    };
    thread::Builder::new()
        .name("stream".to_owned())
        .spawn(read)?;
    let cancel = cancel.clone();
    Ok(std::iter::from_fn(move || next(&receiver, &cancel)))
}

fn next(receiver: &Receiver<io::Result<Vec<u8>>>, cancel: &Cancel) -> Option<io::Result<Vec<u8>>> {
    loop {
        if cancel.is_raised() {
            return Some(Err(ErrorKind::Interrupted.into()));
        }
        match receiver.recv_timeout(GLANCE) {
            // The last piece is empty.
            Ok(Ok(piece)) => return Some(piece).filter(|piece| !piece.is_empty()).map(Ok),
            Ok(Err(error)) => return Some(Err(error)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Some(Err(io::Error::other("its reader is gone")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A pipe with that in it, as `<(command)` is one.
    fn pipe(text: &str) -> (File, PathBuf) {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        let file = File::from(std::os::fd::OwnedFd::from(reader));
        let number = std::os::fd::AsRawFd::as_raw_fd(&file);
        (file, PathBuf::from(format!("/dev/fd/{number}")))
    }

    #[test]
    fn a_pipe_is_read_once_and_goes_into_the_folder_of_the_run() {
        let runs = tempfile::tempdir().unwrap();
        let streams = Streams::default().staged_in(runs.path().to_owned());
        let (_open, path) = pipe("a\n1\n");
        let name = argument(0);
        let staged = streams.keep(&name, &path).unwrap();
        assert_eq!(fs::read_to_string(&staged).unwrap(), "a\n1\n");
        assert_eq!(streams.keep(&name, &path).unwrap(), staged);
        let run = runs.path().join("run");
        fs::create_dir(&run).unwrap();
        streams.attach(&run).unwrap();
        assert_eq!(names(runs.path()), ["run"]);
        let kept = streams.keep(&name, &path).unwrap();
        assert_eq!(kept, run.join("input-1"));
        assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        streams.forget();
        assert!(names(&run).is_empty());
    }

    #[test]
    fn a_later_pass_reads_what_the_first_kept() {
        let runs = tempfile::tempdir().unwrap();
        let run = runs.path().join("run");
        fs::create_dir(&run).unwrap();
        fs::write(run.join("input-1"), "a\n1\n").unwrap();
        let streams = Streams::default().staged_in(runs.path().to_owned());
        let (_open, path) = pipe("a\n2\n");
        // Before it is known which run it is, the rows are read once more.
        streams.keep(&argument(0), &path).unwrap();
        streams.attach(&run).unwrap();
        let kept = streams.kept(&argument(0)).unwrap();
        assert_eq!(fs::read_to_string(kept).unwrap(), "a\n1\n");
        assert_eq!(names(runs.path()), ["run"]);
        let streams = Streams::default();
        streams.look_in(run.clone());
        assert_eq!(streams.kept(&argument(0)), Some(run.join("input-1")));
        assert_eq!(streams.kept(&argument(1)), None);
    }

    #[test]
    fn a_later_pass_that_gives_other_rows_is_refused() {
        let run = tempfile::tempdir().unwrap();
        fs::write(run.path().join("input-1"), "a\n1\n").unwrap();
        for (given, is_same) in [
            ("a\n1\n", true),
            ("", true),
            ("a\n1\n2\n", false),
            ("a\n", false),
            ("a\n2\n", false),
        ] {
            for is_compared in [false, true] {
                let streams = Streams::default().compared(is_compared);
                streams.look_in(run.path().to_owned());
                let (_open, path) = pipe(given);
                let kept = streams.keep(&argument(0), &path);
                assert_eq!(kept.is_ok(), is_same || !is_compared, "{given:?}");
                // It was read, and gives no more.
                let again = streams.keep(&argument(0), &path);
                assert_eq!(again.is_ok(), kept.is_ok(), "{given:?}");
            }
        }
    }

    #[test]
    fn what_was_read_for_nothing_is_gone() {
        let runs = tempfile::tempdir().unwrap();
        let streams = Streams::default().staged_in(runs.path().to_owned());
        let (_open, path) = pipe("a\n1\n");
        streams.keep(&argument(0), &path).unwrap();
        assert_eq!(names(runs.path()).len(), 1);
        drop(streams);
        assert!(names(runs.path()).is_empty());
    }

    #[test]
    fn a_pipe_that_nobody_writes_does_not_hold_up_whoever_stops() {
        let cancel = Cancel::default();
        let streams = Streams::until(cancel.clone());
        let (reader, _writer) = io::pipe().unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
        cancel.raise();
        let path = PathBuf::from(format!("/dev/fd/{number}"));
        let stopped = streams.keep(&argument(0), &path).unwrap_err();
        assert_eq!(stopped.kind(), ErrorKind::Interrupted);
        assert!(streams.kept(&argument(0)).is_none());
    }
}
