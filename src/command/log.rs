//! Where calls are told as they are made: on the screen with `-v`, in a file with `--log`.

use std::fmt::{self, Write as _};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::Terminal;
use crate::error::Failure;
use crate::files::reason;
use crate::run::log::{CallLog, CallLogFile, Made};

/// What is told of calls; nothing unless it was asked for.
#[derive(Clone, Default)]
pub struct Log {
    calls: Option<Arc<dyn CallLog>>,
    file: Option<PathBuf>,
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_on = self.calls.is_some();
        write!(f, "Log {{ is_on: {is_on}, file: {:?} }}", self.file)
    }
}

impl Log {
    /// Tells calls on the screen, in a file, in both or nowhere.
    pub fn open(
        on_screen: bool,
        file: Option<PathBuf>,
        terminal: Terminal,
    ) -> Result<Self, Failure> {
        let opened = file
            .as_deref()
            .map(|path| open(path, terminal))
            .transpose()?;
        let calls: Option<Arc<dyn CallLog>> = match (on_screen, opened) {
            (false, None) => None,
            (true, None) => Some(Arc::new(Screen(terminal))),
            (false, Some(file)) => Some(Arc::new(file)),
            (true, Some(file)) => Some(Arc::new(Both(Screen(terminal), file))),
        };
        Ok(Self { calls, file })
    }

    /// Who is to be told of every call.
    pub(super) fn calls(&self) -> Option<Arc<dyn CallLog>> {
        self.calls.clone()
    }

    /// The file in which they are told.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

fn open(path: &Path, terminal: Terminal) -> Result<CallLogFile, Failure> {
    let shown = path.display().to_string();
    if shown == "-" {
        return Err(
            Failure::usage("the log `-` cannot be used: it names no file")
                .hint("`--verbose` shows calls on standard error; a file of that name is `./-`"),
        );
    }
    let name = shown.clone();
    let on_failure = move |error: &std::io::Error| {
        terminal.alert(&format!(
            "warning: the log `{name}` cannot be written: {}",
            reason(error)
        ));
    };
    CallLogFile::open(path, on_failure).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "its folder does not exist".to_owned(),
            _ => reason(&error),
        };
        let failure = Failure::usage(format!("the log `{shown}` cannot be used: {why}"));
        match error.kind() {
            // Ours has no number of the system's.
            ErrorKind::PermissionDenied if error.raw_os_error().is_none() => {
                failure.hint(format!("make it private: `chmod 600 {shown}`"))
            }
            ErrorKind::NotFound if shown.starts_with("~/") => {
                failure.hint("write `--log ~/…` in two words: only your shell expands `~`")
            }
            ErrorKind::NotFound => failure.hint("name a file in a folder that exists"),
            _ => failure,
        }
    })
}

/// Tells calls on standard error.
struct Screen(Terminal);

impl CallLog for Screen {
    fn made(&self, call: &Made) {
        self.0.alert(&write_line(call, &TimeZone::system()));
    }
}

struct Both(Screen, CallLogFile);

impl CallLog for Both {
    fn made(&self, call: &Made) {
        self.0.made(call);
        self.1.made(call);
    }
}

/// `14:05:00.250 UpdateClient clientid=7: done in 12 ms (row jo@example.com)`.
fn write_line(call: &Made, zone: &TimeZone) -> String {
    let time = call.time.to_zoned_datetime(zone.clone());
    let ids = call.ids.iter().fold(String::new(), |mut ids, (name, id)| {
        // Writing to a string cannot fail.
        let _ = write!(ids, " {name}={id}");
        ids
    });
    let kind = call
        .kind
        .filter(|kind| kind.word() != call.outcome.replace(' ', "_"));
    let kind = kind.map_or(String::new(), |kind| format!(" ({})", kind.word()));
    let http = call
        .http
        .map_or(String::new(), |status| format!(" status {status}"));
    let row = call.row.map(|row| format!("row {row}"));
    let place: Vec<String> = call.called.map(plain).into_iter().chain(row).collect();
    let place = match place.as_slice() {
        [] => String::new(),
        place => format!(" ({})", place.join(", ")),
    };
    let warned = if call.is_warned {
        " with a warning"
    } else {
        ""
    };
    format!(
        "{} {}{ids}: {}{warned}{kind}{http} in {} ms{place}",
        time.strftime("%H:%M:%S%.3f"),
        plain(call.action),
        call.outcome,
        call.elapsed.as_millis()
    )
}

/// Harmless to a terminal.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::CallErrorKind;

    #[test]
    fn a_call_is_one_line_on_the_screen() {
        let mut call = Made {
            time: "2026-11-23T13:05:00.25Z".parse().unwrap(),
            run: None,
            called: None,
            row: None,
            server: "main",
            action: "UpdateClient",
            ids: vec![("clientid", 7)],
            outcome: "done",
            is_warned: false,
            kind: None,
            http: None,
            elapsed: Duration::from_millis(12),
        };
        assert_eq!(
            write_line(&call, &TimeZone::UTC),
            "13:05:00.250 UpdateClient clientid=7: done in 12 ms"
        );
        call.is_warned = true;
        assert!(write_line(&call, &TimeZone::UTC).contains(": done with a warning in 12 ms"));
        call.is_warned = false;
        call.outcome = "in doubt";
        call.kind = Some(CallErrorKind::Http);
        call.http = Some(502);
        call.row = Some(4);
        assert_eq!(
            write_line(&call, &TimeZone::UTC),
            "13:05:00.250 UpdateClient clientid=7: in doubt (http) status 502 in 12 ms (row 4)"
        );
        call.called = Some("move 2/8");
        assert!(write_line(&call, &TimeZone::UTC).ends_with(" in 12 ms (move 2/8, row 4)"));
    }
}
