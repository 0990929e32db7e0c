//! The files of a log in a run's folder.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::bodies::Bodies;
use super::commit::{JournalLog, LogOwner};
use super::error::LogError;
use super::format::{LogHead, u64_at};
use super::holder::Holder;
use super::lease::{HolderFiles, LockState};
use super::scan::{LogEntry, Purpose, Reached, Scanned, scan, scan_on};
use super::storage::Storage;
use super::surroundings::boot;

use crate::unix::{self, PRIVATE, file_id};

/// The log.
pub const LOG: &str = "journal.log";
/// The last group that was on the disk.
pub const SEEN: &str = "journal.seen";
/// By how many bytes the file is lengthened at a time.
pub const STEP: u32 = 1 << 20;
const HOLDER: &str = "journal.holder.";
const LOCK: &str = "journal.lock";
/// The name of a log until it has a head.
const UNBEGUN: &str = "journal.log.new";
/// The name of what was seen of it until then.
const UNSEEN: &str = "journal.seen.new";

/// The file of a log; one that need not be durable outlasts the process, but no power cut.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    is_durable: bool,
}

impl Storage for LogFile {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        Storage::read_at(&self.file, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        Storage::write_at(&self.file, bytes, offset)
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.file.resize(size)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.is_durable {
            Storage::sync_data(&self.file)
        } else {
            Ok(())
        }
    }

    fn sync_all(&self) -> io::Result<()> {
        if self.is_durable {
            Storage::sync_all(&self.file)
        } else {
            Ok(())
        }
    }
}

/// Begins a log in that folder with a first record; when this returns, both are there
/// after a power cut too, if the log is to be durable.
pub fn create_log(
    folder: &Path,
    head: &LogHead,
    owner: LogOwner,
    (kind, body): (u8, &[u8]),
    is_durable: bool,
) -> Result<JournalLog<LogFile>, LogError> {
    let begin = LogError::io("begin");
    if folder.join(LOG).exists() {
        return Err(LogError::Exists);
    }
    let unbegun = folder.join(UNBEGUN);
    let file = ours().truncate(true).open(&unbegun).map_err(&begin)?;
    let owner = owner.writing_in(name_of(&file));
    let opened = |file| LogFile { file, is_durable };
    let seen = seen(folder)?;
    let log = JournalLog::create(opened(file), Some(opened(seen)), head, owner)?;
    log.promise(kind, body)?;
    fs::rename(unbegun, folder.join(LOG)).map_err(&begin)?;
    if is_durable {
        sync_folder(folder).map_err(&begin)?;
    }
    Ok(log)
}

/// Marks that folder as one whose log is yet to be begun.
pub fn mark_unbegun(folder: &Path) -> io::Result<()> {
    ours().truncate(true).open(folder.join(UNBEGUN)).map(drop)
}

/// Keeps a short text where the lock is, whose file is otherwise empty.
pub fn keep_note(folder: &Path, note: &str) -> io::Result<()> {
    let lock = ours().truncate(false).open(folder.join(LOCK))?;
    unix::write_all_at(&lock, note.as_bytes(), 0)?;
    lock.set_len(note.len() as u64)
}

/// The text that was kept there.
pub fn note_of(folder: &Path) -> Option<String> {
    let note = fs::read_to_string(folder.join(LOCK)).ok()?;
    (!note.is_empty()).then_some(note)
}

/// Whether the log of that folder was never begun. One that is written anew has what was
/// seen of it beside it.
pub fn is_log_unbegun(folder: &Path) -> bool {
    let is_there = |name| folder.join(name).exists();
    is_there(UNBEGUN) && !is_there(UNSEEN) && !is_there(LOG)
}

/// Verifies a log that nobody writes as closely as if it were to be gone on with.
pub fn verify_log(path: &Path, visit: impl FnMut(LogEntry<'_>)) -> Result<Scanned, LogError> {
    let file = File::open(path).map_err(LogError::io("open"))?;
    let seen = File::open(path.with_file_name(SEEN)).ok();
    let scanned = scan(
        &file,
        seen.as_ref(),
        &Purpose::Resume { boot: boot() },
        visit,
    )?;
    if scanned.is_copied(name_of(&file)) {
        return Err(LogError::Copied);
    }
    Ok(scanned)
}

/// Writes the log in that folder anew, whole or not at all: every record as it is, or as it
/// is given back. Nobody else may be at it; it is ended then.
pub fn rewrite_log(
    folder: &Path,
    owner: LogOwner,
    mut change: impl FnMut(LogEntry<'_>) -> Option<Vec<u8>>,
) -> Result<(), LogError> {
    let rewrite = LogError::io("rewrite");
    let [anew, seen_anew] = [UNBEGUN, UNSEEN].map(|name| folder.join(name));
    let open = |path: &Path| {
        let file = ours().truncate(true).open(path).map_err(&rewrite)?;
        Ok::<_, LogError>(LogFile {
            file,
            is_durable: true,
        })
    };
    let (file, seen) = (open(&anew)?, open(&seen_anew)?);
    let owner = owner.writing_in(name_of(&file.file));
    let log = folder.join(LOG);
    let head = LogHead {
        salt: rand::random(),
        ..show_log(&log, |_| ())?.head
    };
    let written = JournalLog::create(file, Some(seen), &head, owner)?;
    let mut failed = None;
    show_log(&log, |entry| {
        if failed.is_none() {
            let changed = change(entry);
            let noted = written.note(entry.kind, changed.as_deref().unwrap_or(entry.body));
            failed = noted.err();
        }
    })?;
    failed.map_or(Ok(()), Err)?;
    written.finish()?;
    fs::rename(anew, log).map_err(&rewrite)?;
    // Until then it is that of another log, which says nothing.
    fs::rename(seen_anew, folder.join(SEEN)).map_err(&rewrite)?;
    sync_folder(folder).map_err(&rewrite)
}

/// Goes on with the log in that folder; with a copy only if it is to be adopted.
pub fn resume_log(
    folder: &Path,
    owner: LogOwner,
    is_adopted: bool,
    visit: impl FnMut(LogEntry<'_>),
) -> Result<(JournalLog<LogFile>, Scanned), LogError> {
    let open = LogError::io("open");
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).open(folder.join(LOG));
    let file = file.map_err(open)?;
    let owner = owner.writing_in(name_of(&file));
    let [file, seen] = [file, seen(folder)?].map(|file| LogFile {
        file,
        is_durable: true,
    });
    JournalLog::resume(file, Some(seen), owner, is_adopted, visit)
}

/// Whether the log in that folder is a copy, made while it was written.
pub fn is_copied(folder: &Path) -> Result<bool, LogError> {
    let path = folder.join(LOG);
    let file = File::open(&path).map_err(LogError::io("open"))?;
    Ok(show_log(&path, |_| ())?.is_copied(name_of(&file)))
}

/// What the file system calls a file, and calls no copy of it; 0 where it does not say.
fn name_of(file: &File) -> u64 {
    let Ok(found) = file.metadata() else { return 0 };
    let born = found.created().ok();
    let born = born.and_then(|born| born.duration_since(SystemTime::UNIX_EPOCH).ok());
    let born = born.map_or(0, |born| born.as_nanos());
    // A number is given again once its file is gone, or by another file system.
    let digest: [u8; 32] = Sha256::digest(format!("{} {born}", file_id(&found).inode)).into();
    u64_at(&digest, 0)
}

/// Looks at a log, wherever it is; what was seen of it stands beside it, if anywhere.
pub fn show_log(path: &Path, visit: impl FnMut(LogEntry<'_>)) -> Result<Scanned, LogError> {
    ShownLog::open(path)?.scan(visit)
}

/// A log that is looked at: the same file, however often, whatever comes to its name.
#[derive(Debug)]
pub struct ShownLog {
    file: File,
    seen: Option<File>,
}

impl ShownLog {
    /// Opens a log, wherever it is.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        Ok(Self {
            file: File::open(path).map_err(LogError::io("open"))?,
            seen: File::open(path.with_file_name(SEEN)).ok(),
        })
    }

    /// Hands out what is whole of it, in order.
    pub fn scan(&self, visit: impl FnMut(LogEntry<'_>)) -> Result<Scanned, LogError> {
        scan(&self.file, self.seen.as_ref(), &Purpose::Show, visit)
    }

    /// Hands out what is whole of it and came since it was read that far, in order.
    pub fn scan_on(
        &self,
        from: Option<&Reached>,
        visit: impl FnMut(LogEntry<'_>),
    ) -> Result<Reached, LogError> {
        scan_on(&self.file, self.seen.as_ref(), from, visit)
    }

    /// Whether it is the file at that path by now.
    pub fn is_at(&self, path: &Path) -> bool {
        unix::is_at(&self.file, path).unwrap_or(false)
    }

    /// The bodies that were handed out, by where they stand; those of one loop stand nearly
    /// in the order of its rows.
    pub fn bodies(&self) -> Result<Bodies<'_, File>, LogError> {
        Bodies::new(&self.file)
    }
}

fn seen(folder: &Path) -> Result<File, LogError> {
    let file = ours().truncate(false).open(folder.join(SEEN));
    file.map_err(LogError::io("open"))
}

/// A file that is made if it is not there, and that nobody else may read.
fn ours() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    unix::with_mode(&mut options, PRIVATE);
    options
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The records of those who held the run in that folder.
#[derive(Debug)]
pub struct FolderHolders {
    folder: PathBuf,
    lock: File,
}

impl FolderHolders {
    /// The records in that folder, which is there.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            lock: ours().truncate(false).open(folder.join(LOCK))?,
        })
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{HOLDER}{number}"))
    }
}

/// Who took the run in that folder last, and how long ago that was confirmed, as far as
/// the clock of the file system tells; looks only.
pub fn last_holder(folder: &Path) -> Option<(Holder, Duration)> {
    let names = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let number = |name: OsString| name.to_str()?.strip_prefix(HOLDER)?.parse::<u64>().ok();
    let newest = names.filter_map(|entry| number(entry.file_name())).max()?;
    let path = folder.join(format!("{HOLDER}{newest}"));
    let age = fs::metadata(&path).ok()?.modified().ok()?.elapsed();
    let holder = Holder::decode(&fs::read(&path).ok()?)?;
    Some((holder, age.unwrap_or_default()))
}

/// Whether some process has the lock of the run in that folder; looks only.
pub fn is_locked(folder: &Path) -> bool {
    File::open(folder.join(LOCK))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl HolderFiles for FolderHolders {
    fn lock(&self) -> io::Result<LockState> {
        Ok(match self.lock.try_lock() {
            Ok(()) => LockState::Ours,
            Err(TryLockError::WouldBlock) => LockState::Others,
            Err(TryLockError::Error(_)) => LockState::None,
        })
    }

    fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(HOLDER));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        Ok(numbers)
    }

    fn read(&self, number: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match File::open(self.path(number)) {
            Ok(mut file) => file.read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(bytes)
    }

    fn create(&self, number: u64, bytes: &[u8]) -> io::Result<bool> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = match unix::with_mode(&mut options, PRIVATE).open(self.path(number)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(error),
        };
        let written = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_folder(&self.folder));
        if written.is_err() {
            // Half a record would be watched for a whole term.
            let _ = self.remove(number);
        }
        written.map(|()| true)
    }

    fn rewrite(&self, number: u64, bytes: &[u8]) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.path(number))?;
        unix::write_all_at(&file, bytes, 0)?;
        // Whoever watches from another host sees what is on the server.
        file.sync_data()
    }

    fn remove(&self, number: u64) -> io::Result<()> {
        fs::remove_file(self.path(number))
    }
}
