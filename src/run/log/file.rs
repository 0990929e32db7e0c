//! Calls as lines of JSON at the end of a file, which is set aside when it is full.
//!
//! Several processes may write to one file, such as the shards of a run: each locks it
//! for the time of a line, and whoever then finds it renamed opens the new one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::{CallLog, Made};
use crate::files::append;
use crate::unix::{file_id, mode};

/// A file of this many bytes is full.
const FULL: u64 = 10 * 1024 * 1024;
/// So many full files are kept beside the one that is written.
const KEPT: u32 = 3;

/// A log in a file.
pub struct CallLogFile {
    path: PathBuf,
    full: u64,
    open: Mutex<State>,
    /// Is told when a line cannot be written, once.
    on_failure: Box<dyn Fn(&io::Error) + Send + Sync>,
}

struct State {
    file: File,
    has_failed: bool,
}

impl CallLogFile {
    /// Opens the file, or makes it for the user alone (mode 0600); one that others may
    /// read is refused.
    pub fn open(
        path: &Path,
        on_failure: impl Fn(&io::Error) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::filled_by(path, FULL, on_failure)
    }

    fn filled_by(
        path: &Path,
        full: u64,
        on_failure: impl Fn(&io::Error) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let file = append(path)?;
        let found = file.metadata()?;
        if found.is_file() && mode(&found) & 0o077 != 0 {
            let what = format!("others may read it (mode {:04o})", mode(&found));
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        Ok(Self {
            // What a link leads to is set aside, and not the link.
            path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            full,
            open: Mutex::new(State {
                file,
                has_failed: false,
            }),
            on_failure: Box::new(on_failure),
        })
    }

    fn write(&self, line: &[u8], file: &mut File) -> io::Result<()> {
        self.hold(file)?;
        let written = self.put(line, file);
        // Another process may have it; that it cannot be locked where it is matters little.
        let _ = file.unlock();
        written
    }

    /// Locks the file that has the name now.
    fn hold(&self, file: &mut File) -> io::Result<()> {
        loop {
            if file.metadata()?.is_file() {
                let _ = file.lock();
            }
            if self.is_current(file) {
                return Ok(());
            }
            *file = append(&self.path)?;
        }
    }

    fn put(&self, line: &[u8], file: &mut File) -> io::Result<()> {
        let before = file.metadata()?;
        if let Err(error) = file.write_all(line) {
            // Half a line would spoil the next one.
            let _ = before.is_file() && file.set_len(before.len()).is_ok();
            return Err(error);
        }
        if before.is_file() && file.metadata()?.len() >= self.full {
            self.set_aside(file)?;
        }
        Ok(())
    }

    /// Whether that file still has the name; what is no file, such as a terminal, has.
    fn is_current(&self, file: &File) -> bool {
        let Ok(ours) = file.metadata() else {
            return false;
        };
        let named = fs::metadata(&self.path);
        !ours.is_file() || named.is_ok_and(|named| file_id(&named) == file_id(&ours))
    }

    /// Renames the full file, which is locked, and opens a new one.
    fn set_aside(&self, file: &mut File) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            // An older one may not be there yet.
            let _ = fs::rename(self.numbered(number), self.numbered(number + 1));
        }
        fs::rename(&self.path, self.numbered(1))?;
        *file = append(&self.path)?;
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl CallLog for CallLogFile {
    fn made(&self, call: &Made) {
        let line = format!("{}\n", line(call));
        // A line is written whole or not at all, whatever another thread did.
        let mut state = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.write(line.as_bytes(), &mut state.file)
            && !std::mem::replace(&mut state.has_failed, true)
        {
            (self.on_failure)(&error);
        }
    }
}

fn line(call: &Made) -> Value {
    let ids: Map<String, Value> = call
        .ids
        .iter()
        .map(|(name, id)| ((*name).to_owned(), Value::from(*id)))
        .collect();
    let mut line = json!({
        "time": call.time.to_string(), "run": call.run, "name": call.called, "row": call.row, "server": call.server,
        "action": call.action, "ids": ids, "outcome": call.outcome,
        "warning": call.is_warned.then_some(true),
        "kind": call.kind.map(crate::client::CallErrorKind::word), "http": call.http,
        "ms": u64::try_from(call.elapsed.as_millis()).unwrap_or(u64::MAX),
    });
    if let Some(line) = line.as_object_mut() {
        line.retain(|_, value| !value.is_null());
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::CallErrorKind;

    fn made(action: &str) -> Made<'_> {
        Made {
            time: "2026-11-23T13:05:00.25Z".parse().unwrap(),
            run: None,
            called: None,
            row: Some(4),
            server: "main",
            action,
            ids: vec![("clientid", 7)],
            outcome: "failed",
            is_warned: false,
            kind: Some(CallErrorKind::Timeout),
            http: None,
            elapsed: Duration::from_millis(12),
        }
    }

    fn never(error: &io::Error) {
        panic!("{error}");
    }

    #[test]
    fn a_call_is_one_line_of_json_in_a_file_of_the_users_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.log");
        CallLogFile::open(&path, never)
            .unwrap()
            .made(&made("GetClients"));
        CallLogFile::open(&path, never)
            .unwrap()
            .made(&made("GetOrders"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.lines().next().unwrap(),
            "{\"time\":\"2026-11-23T13:05:00.25Z\",\"row\":4,\"server\":\"main\",\"action\":\"GetClients\",\
             \"ids\":{\"clientid\":7},\"outcome\":\"failed\",\"kind\":\"timeout\",\"ms\":12}"
        );
        assert_eq!(text.lines().count(), 2);
        assert_eq!(mode(&path.metadata().unwrap()), 0o600);
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        let refused = CallLogFile::open(&path, never).err().unwrap();
        assert_eq!(refused.to_string(), "others may read it (mode 0644)");
    }

    #[test]
    fn a_full_file_is_set_aside_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.log");
        let log = CallLogFile::filled_by(&path, 400, never).unwrap();
        let another = CallLogFile::filled_by(&path, 400, never).unwrap();
        let actions: Vec<String> = (0..30).map(|number| format!("Action{number}")).collect();
        for pair in actions.chunks(2) {
            log.made(&made(&pair[0]));
            another.made(&made(&pair[1]));
        }
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            ["calls.log", "calls.log.1", "calls.log.2", "calls.log.3"]
        );
        let files = ["calls.log.3", "calls.log.2", "calls.log.1", "calls.log"];
        let text: String = files
            .map(|name| fs::read_to_string(folder.path().join(name)).unwrap())
            .concat();
        let found: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let last: Vec<&str> = found
            .iter()
            .map(|call| call["action"].as_str().unwrap())
            .collect();
        assert_eq!(
            last,
            actions[actions.len() - last.len()..],
            "none is lost but the oldest"
        );
    }

    /// Where the writer below finds its file.
    const FILE: &str = "WHMCSH_TEST_LOG_FILE";
    /// What it is called in its lines.
    const WRITER: &str = "WHMCSH_TEST_LOG_WRITER";
    const LINES: u64 = 500;

    #[test]
    #[ignore = "a writer of the test below, run as a process of its own"]
    fn writes_its_lines() {
        let path = PathBuf::from(std::env::var_os(FILE).unwrap());
        let writer = std::env::var(WRITER).unwrap();
        let log = CallLogFile::filled_by(&path, LINES * 256, never).unwrap();
        for number in 0..LINES {
            let mut call = made(&writer);
            call.ids = vec![("number", number)];
            log.made(&call);
        }
    }

    #[test]
    fn of_several_processes_no_line_is_lost_or_torn_and_no_file_outgrows_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.log");
        let writers = ["a", "b", "c", "d"];
        let processes = writers.map(|writer| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "--ignored",
                    "run::log::file::tests::writes_its_lines",
                ])
                .env(FILE, &path)
                .env(WRITER, writer)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        });
        for mut process in processes {
            assert!(process.wait().unwrap().success());
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let file = entry.unwrap().path();
            let text = fs::read_to_string(&file).unwrap();
            assert!(
                text.len() < usize::try_from(LINES).unwrap() * 256 + 200,
                "{file:?}"
            );
            let calls = text
                .lines()
                .map(|line| -> Value { serde_json::from_str(line).unwrap() });
            found.extend(calls.map(|call| {
                let writer = call["action"].as_str().unwrap().to_owned();
                (writer, call["ids"]["number"].as_u64().unwrap())
            }));
        }
        found.sort();
        let all = writers
            .iter()
            .flat_map(|writer| (0..LINES).map(|number| ((*writer).to_owned(), number)));
        assert!(found.into_iter().eq(all), "each once");
        assert!(folder.path().join("calls.log.1").exists());
    }

    #[test]
    fn of_a_link_the_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["calls.log", "link.log"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("calls.log", &link).unwrap();
        let log = CallLogFile::filled_by(&link, 1, never).unwrap();
        log.made(&made("GetClients"));
        log.made(&made("AddClient"));
        assert!(link.is_symlink());
        let first = fs::read_to_string(folder.path().join("calls.log.2")).unwrap();
        assert!(first.contains("GetClients"), "{first}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_log_that_cannot_be_written_says_so_once() {
        let told = std::sync::Arc::new(Mutex::new(0));
        let counter = std::sync::Arc::clone(&told);
        let log = CallLogFile::open(Path::new("/dev/full"), move |_| {
            *counter.lock().unwrap() += 1;
        });
        let log = log.unwrap();
        log.made(&made("GetClients"));
        log.made(&made("GetClients"));
        assert_eq!(*told.lock().unwrap(), 1);
    }
}
