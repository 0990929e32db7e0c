//! The first call of many processes: one goes, the others hear how it went.
//!
//! A scheduler starts shards together, and each would try a wrong secret once; so many
//! refusals get the address banned. The shards that share a folder take turns at a file in
//! it until the server let one of them in. What is said there of an earlier burst is told
//! from news by its number, not by a clock: hosts differ. But a scheduler tries again at once:
//! for a minute, a refusal counts for processes that begin later and come with the same secret.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cancel::Cancel;
use crate::client::{CallError, CallErrorKind, Credentials, Delivery, Reply, Server};
use crate::files;
use crate::unix::make_private_folders;

/// How often a process that waits looks whether it is its turn.
const GLANCE: Duration = Duration::from_millis(20);

/// The folder of these files in that of all that is kept.
const FOLDER: &str = "log-ins";

/// How long a refusal counts for those that begin later.
const COUNTS: Duration = Duration::from_secs(60);

/// What the shards that share a folder know of one server.
#[derive(Debug)]
pub struct LogIn {
    path: PathBuf,
    /// The number of the last answer when this process began.
    known: u64,
    /// A few bits of the secret: enough to see that it is another one, too few to tell what
    /// it is.
    secret: u16,
    /// Whether the server let this process in, or another one.
    is_open: AtomicBool,
}

/// How the server took a shard's first call.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Answer {
    /// Which answer it is, counted over all processes.
    number: u64,
    /// Why the server refused us, if it did.
    refused: Option<Refused>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Refused {
    kind: String,
    message: String,
    /// When, by the clock of that host, in milliseconds since 1970.
    #[serde(default)]
    at: i64,
    /// What of the secret is known.
    #[serde(default)]
    secret: u16,
}

impl Refused {
    /// Whether it still counts for a process that began after it, with that secret.
    fn counts(&self, secret: u16, now: i64) -> bool {
        let age = u64::try_from(now - self.at).map(Duration::from_millis);
        self.secret == secret && age.is_ok_and(|age| age < COUNTS)
    }
}

/// A process's turn.
pub(crate) enum Admission<'l> {
    /// It goes alone; the others wait until it says how it went.
    Alone(Alone<'l>),
    /// Another one was let in, or nobody can say: it goes.
    Open,
    /// Another one was refused.
    Refused(CallErrorKind, String),
}

/// The turn of a process that goes alone.
pub(crate) struct Alone<'l> {
    log_in: &'l LogIn,
    file: File,
    number: u64,
}

impl LogIn {
    /// What is known in that folder of the server and who we are there; the secret has no
    /// part in it. Nothing where the folder cannot be used: then each goes as if alone.
    pub fn at(folder: &Path, server: &Server) -> Option<Self> {
        let folder = folder.join(FOLDER);
        make_private_folders(&folder).ok()?;
        let path = folder.join(file_name(server));
        let known = fs::read(&path).map_or(0, |bytes| read(&bytes).number);
        Some(Self {
            path,
            known,
            secret: bits(server),
            is_open: AtomicBool::new(false),
        })
    }

    /// Waits for this process's turn; `None` if the user interrupted meanwhile.
    pub(crate) fn enter(&self, cancel: &Cancel) -> Option<Admission<'_>> {
        if self.is_open.load(Ordering::Acquire) {
            return Some(Admission::Open);
        }
        let Ok(mut file) = files::shared(&self.path) else {
            return Some(Admission::Open);
        };
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(fs::TryLockError::WouldBlock) if cancel.is_raised() => return None,
                Err(fs::TryLockError::WouldBlock) => thread::sleep(GLANCE),
                // A file system without locks.
                Err(fs::TryLockError::Error(_)) => return Some(Admission::Open),
            }
        }
        let mut bytes = Vec::new();
        if file.read_to_end(&mut bytes).is_err() {
            return Some(Admission::Open);
        }
        let answer = read(&bytes);
        let now = Timestamp::now().as_millisecond();
        let is_news = answer.number > self.known;
        Some(match answer.refused {
            Some(refused) if is_news || refused.counts(self.secret, now) => {
                Admission::Refused(kind(&refused.kind), refused.message)
            }
            _ if !is_news => Admission::Alone(Alone {
                log_in: self,
                file,
                number: answer.number.max(self.known) + 1,
            }),
            _ => {
                self.is_open.store(true, Ordering::Release);
                Admission::Open
            }
        })
    }
}

impl Alone<'_> {
    /// Tells the others how the server took the call, if it said anything of us.
    pub fn ended(mut self, result: &Result<Reply, CallError>) {
        let refused = match result {
            Ok(_) => None,
            Err(error) => match error.kind {
                CallErrorKind::Auth | CallErrorKind::Ip => Some(Refused {
                    kind: error.kind.word().to_owned(),
                    message: error.message.clone(),
                    at: Timestamp::now().as_millisecond(),
                    secret: self.log_in.secret,
                }),
                // The role need not have what was asked.
                CallErrorKind::Api | CallErrorKind::Permission => None,
                _ => return,
            },
        };
        let is_open = refused.is_none();
        self.log_in.is_open.store(is_open, Ordering::Release);
        let answer = Answer {
            number: self.number,
            refused,
        };
        // Who reads half of it goes as if there were none.
        let _ = self.write(&answer);
    }

    fn write(&mut self, answer: &Answer) -> io::Result<()> {
        let text = serde_json::to_vec(answer)?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&text)
    }
}

/// The refusal of a call that another shard made in vain.
pub(crate) fn refused(action: &str, kind: CallErrorKind, message: &str) -> CallError {
    let what = format!("`{action}` was not sent: the server refused another shard: {message}");
    CallError::new(kind, action, what, Delivery::NotSent).hint(format!(
        "correct the credentials or the list of allowed addresses; the same secret is tried again \
         after {} s",
        COUNTS.as_secs()
    ))
}

fn read(bytes: &[u8]) -> Answer {
    serde_json::from_slice(bytes).unwrap_or_default()
}

fn kind(word: &str) -> CallErrorKind {
    if word == CallErrorKind::Ip.word() {
        CallErrorKind::Ip
    } else {
        CallErrorKind::Auth
    }
}

/// One file for each server and each of us there.
fn file_name(server: &Server) -> String {
    let who = match &server.credentials {
        Credentials::Api { identifier, .. } => identifier,
        Credentials::Admin { username, .. } => username,
    };
    let digest = Sha256::digest(format!("{}\n{who}", server.url));
    let [first, ..] = digest.as_chunks::<8>().0 else {
        unreachable!("a digest has 32 bytes")
    };
    format!("{:016x}", u64::from_be_bytes(*first))
}

/// What is known of the secret.
fn bits(server: &Server) -> u16 {
    let secret = match &server.credentials {
        Credentials::Api { secret, .. } => secret,
        Credentials::Admin { password, .. } => password,
    };
    let salted = format!("{}\n{}", file_name(server), secret.expose_secret());
    let digest = Sha256::digest(salted);
    let [first, ..] = digest.as_chunks::<2>().0 else {
        unreachable!("a digest has 32 bytes")
    };
    u16::from_be_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        with_secret("y")
    }

    fn with_secret(secret: &str) -> Server {
        let credentials = Credentials::Api {
            identifier: "x".into(),
            secret: secret.to_owned().into(),
        };
        Server::new("main", "http://127.0.0.1", credentials)
    }

    fn alone(log_in: &LogIn) -> Option<Alone<'_>> {
        match log_in.enter(&Cancel::default()) {
            Some(Admission::Alone(alone)) => Some(alone),
            _ => None,
        }
    }

    fn failed(kind: CallErrorKind) -> Result<Reply, CallError> {
        Err(CallError::new(
            kind,
            "X",
            "Authentication Failed",
            Delivery::Refused,
        ))
    }

    #[test]
    fn those_that_began_before_a_refusal_hear_of_it_and_those_with_another_secret_try() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(), ()].map(|()| LogIn::at(folder.path(), &server()).unwrap());
        alone(&first).unwrap().ended(&failed(CallErrorKind::Auth));
        let heard = second.enter(&Cancel::default()).unwrap();
        assert!(matches!(heard, Admission::Refused(CallErrorKind::Auth, _)));
        let mended = LogIn::at(folder.path(), &with_secret("z")).unwrap();
        alone(&mended).unwrap().ended(&Ok(Reply::default()));
        let heard = second.enter(&Cancel::default()).unwrap();
        assert!(matches!(heard, Admission::Open));
    }

    #[test]
    fn who_begins_soon_after_a_refusal_with_the_same_secret_does_not_try_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = LogIn::at(folder.path(), &server()).unwrap();
        alone(&first).unwrap().ended(&failed(CallErrorKind::Ip));
        let retried = LogIn::at(folder.path(), &server()).unwrap();
        let heard = retried.enter(&Cancel::default()).unwrap();
        assert!(matches!(heard, Admission::Refused(CallErrorKind::Ip, _)));
        let refused = read(&fs::read(&first.path).unwrap()).refused.unwrap();
        let after = |seconds: i64| refused.counts(first.secret, refused.at + seconds * 1000);
        assert!(after(59) && !after(60));
        // A host whose clock goes after.
        assert!(!after(-3600));
        assert!(!fs::read_to_string(&first.path).unwrap().contains("\"y\""));
    }

    #[test]
    fn what_says_nothing_of_us_leaves_the_next_to_try() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(), ()].map(|()| LogIn::at(folder.path(), &server()).unwrap());
        for kind in [CallErrorKind::Timeout, CallErrorKind::Http] {
            alone(&first).unwrap().ended(&failed(kind));
            assert!(alone(&second).is_some(), "{kind:?}");
        }
    }

    #[test]
    fn nobody_waits_once_the_server_let_one_in() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(), ()].map(|()| LogIn::at(folder.path(), &server()).unwrap());
        alone(&first)
            .unwrap()
            .ended(&failed(CallErrorKind::Permission));
        let _held = File::open(&first.path).map(|file| file.lock().map(|()| file));
        let cancel = Cancel::default();
        cancel.raise();
        assert!(matches!(first.enter(&cancel), Some(Admission::Open)));
        assert!(second.enter(&cancel).is_none());
    }

    #[test]
    fn who_waits_for_another_stops_when_the_user_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = [(), ()].map(|()| LogIn::at(folder.path(), &server()).unwrap());
        let _ahead = alone(&first).unwrap();
        let cancel = Cancel::default();
        cancel.raise();
        assert!(second.enter(&cancel).is_none());
    }
}
