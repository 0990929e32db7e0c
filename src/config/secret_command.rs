//! A command that prints a secret: run, listened to, and never quoted.
//!
//! What it prints is the secret, and so may be its own text where somebody wrote the secret
//! in its place: no error repeats either. What it says on standard error is needed to put
//! right what is wrong, and is shown with both covered in the spellings that are known. A
//! question that it asks before it has printed anything is shown as it is but for its text.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use crate::error::Failure;
use crate::secrets::{Cover, covered};

/// A command that says nothing for so long may be waiting for an answer.
const QUIET: Duration = Duration::from_millis(200);

/// What shows what a command says on the side: a process has one screen.
static RELAY: OnceLock<fn(&str)> = OnceLock::new();

/// Has what commands say on the side shown by that, without their secrets.
pub fn relay_by(show: fn(&str)) {
    let _ = RELAY.set(show);
}

/// The first line a command prints; it may ask the user on the terminal.
pub fn from_command(what: &str, command: &str) -> Result<SecretString, Failure> {
    let failed = |why: &str| Failure::usage(format!("the command for the {what} failed: {why}"));
    let mut shell = Command::new("sh");
    // It needs the user's agents and folders, and none of what is ours: our secrets.
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| is_ours(name)) {
        shell.env_remove(name);
    }
    shell.args(["-c", command]).stdin(Stdio::inherit());
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    let listened = shell.spawn().and_then(|child| listen(child, command));
    let (status, printed) = listened.map_err(|error| failed(&error.to_string()))?;
    if !status.success() {
        return Err(failed(&format!("it ended with {status}"))
            .hint("run it by hand to see why; it is in the profile, or in the variable whose name ends in `_COMMAND`"));
    }
    let Ok(text) = std::str::from_utf8(&printed) else {
        return Err(failed("its output is not UTF-8"));
    };
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(line.to_owned().into()),
        Some(_) if !text.trim().is_empty() => Err(failed("the first line it printed is empty")
            .hint("the first line it prints is the secret")),
        _ => Err(failed("it printed nothing").hint("the first line it prints is the secret")),
    }
}

/// How a command ended, and what it printed; what it said on the side is shown.
fn listen(
    mut child: Child,
    command: &str,
) -> std::io::Result<(std::process::ExitStatus, Zeroizing<Vec<u8>>)> {
    let has_printed = Arc::new(AtomicBool::new(false));
    let out = child.stdout.take().map(|out| {
        let has_printed = Arc::clone(&has_printed);
        thread::spawn(move || whole(out, &has_printed))
    });
    let said = child.stderr.take().map(pieces);
    let mut held = Vec::new();
    while let Some(said) = &said {
        match said.recv_timeout(QUIET) {
            Ok(piece) => held.extend(piece),
            Err(RecvTimeoutError::Disconnected) => break,
            // What it started may go on with its standard error.
            Err(RecvTimeoutError::Timeout) if child.try_wait()?.is_some() => break,
            Err(RecvTimeoutError::Timeout) if !has_printed.load(Ordering::Acquire) => {
                // A question, as long as there is no secret that it could repeat.
                show(&std::mem::take(&mut held), &[command]);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    let printed = out.map(thread::JoinHandle::join);
    let printed = printed.and_then(Result::ok).unwrap_or_default();
    let text = Zeroizing::new(String::from_utf8_lossy(&printed).into_owned());
    let secrets: Vec<&str> = text.lines().chain([command]).collect();
    show(&held, &secrets);
    Ok((child.wait()?, printed))
}

/// All of what is printed.
fn whole(mut from: impl Read, has_begun: &AtomicBool) -> Zeroizing<Vec<u8>> {
    let mut all = Zeroizing::new(Vec::new());
    let mut piece = Zeroizing::new([0; 4096]);
    while let Ok(length @ 1..) = from.read(&mut *piece) {
        has_begun.store(true, Ordering::Release);
        all.extend_from_slice(&piece[..length]);
    }
    all
}

/// What is said, as it comes.
fn pieces(mut from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            if sender.send(piece[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Shows what a command said, without the secrets.
fn show(said: &[u8], secrets: &[&str]) {
    let cover = Cover::new(secrets.iter().map(|secret| secret.trim()));
    let text = String::from_utf8_lossy(said);
    let mut shown = String::new();
    for line in text.split_inclusive('\n') {
        let words = line.trim_end_matches('\n');
        shown.push_str(&covered(&[&cover], words));
        shown.push_str(&line[words.len()..]);
    }
    if let Some(relay) = RELAY.get().filter(|_| !shown.is_empty()) {
        relay(&shown);
    }
}

/// Whether a variable of the environment is one that this program goes by.
fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"WHMCSH_")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn what_is_ours_is_told_by_its_name() {
        for name in ["WHMCSH_SECRET", "WHMCSH_URL", "WHMCSH_"] {
            assert!(is_ours(OsStr::new(name)), "{name}");
        }
        for name in [
            "HOME",
            "GNUPGHOME",
            "PATH",
            "SSH_AUTH_SOCK",
            "whmcsh_x",
            "WHMCS_URL",
        ] {
            assert!(!is_ours(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_first_line_is_the_secret_and_what_goes_on_behind_the_command_is_not_waited_for() {
        let secret = |command| from_command("secret", command).unwrap();
        assert_eq!(secret("echo ' one '; echo two").expose_secret(), "one");
        let slow = "exec 3>&1; (exec 3>&- >/dev/null; sleep 5) & echo one";
        assert_eq!(secret(slow).expose_secret(), "one");
    }
}
