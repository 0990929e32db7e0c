//! A user's desk: a folder of its own, a clean environment, the built binary,
//! and a sandbox in another process where one is wanted.

pub mod log;

use std::cell::Cell;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The built binary.
pub const BINARY: &str = env!("CARGO_BIN_EXE_whmcsh");

/// Options every sandbox of the tests is started with, besides its own; none where it is not set.
pub const OPTIONS: &str = "WHMCSH_TEST_SANDBOX";

/// A text as the sandboxes of the tests keep it by [`OPTIONS`]: as it came, or as HTML writes it.
pub fn kept(text: &str) -> String {
    match std::env::var(OPTIONS) {
        Ok(options) if options.contains("--entities") => encoded(text),
        _ => text.to_owned(),
    }
}

/// A text as HTML writes it.
pub fn encoded(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#039;".to_owned(),
        letter => letter.to_string(),
    });
    letters.collect()
}

/// The top of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// So many cases are tested at once.
const AT_ONCE: usize = 8;

/// Tests cases side by side on a few threads: those that wait more than they work. One that
/// fails fails the test in its own words, and so does having none.
pub fn at_once<T: Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    let cases: Vec<T> = cases.into_iter().collect();
    assert!(!cases.is_empty(), "there is nothing to test");
    let threads = cases.len().min(AT_ONCE);
    let cases = Mutex::new(cases.into_iter());
    let next = || cases.lock().unwrap().next();
    std::thread::scope(|scope| {
        let work = || {
            while let Some(case) = next() {
                test(case);
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// The integer of a raw reply, a number or text.
pub fn int(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A folder and an environment to run the binary in.
pub struct Desk {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run of the binary left behind.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    /// An empty folder and no server.
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
        }
    }

    /// A desk whose environment points at the sandbox.
    pub fn at(sandbox: &Sandbox) -> Self {
        Self::new()
            .variable("WHMCSH_URL", &sandbox.url)
            .variable("WHMCSH_IDENTIFIER", "sandbox")
            .variable("WHMCSH_SECRET", "sandbox")
    }

    /// The same desk with an environment variable set.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder commands run in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The environment variables set besides the usual ones.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = self.environment.iter();
        variables.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The folder of the only run there is.
    #[track_caller]
    pub fn only_run(&self) -> PathBuf {
        let folders = self.runs();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.into_iter().next().unwrap()
    }

    /// The folders of the runs, by their names.
    pub fn runs(&self) -> Vec<PathBuf> {
        let runs = self.folder().join(".local/state/whmcsh/runs");
        let entries = std::fs::read_dir(runs).into_iter().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders
    }

    /// Writes a file into the folder and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a configuration in which the sandbox is the profile of that name.
    pub fn configure(&self, profile: &str, sandbox: &Sandbox) -> PathBuf {
        let text = format!(
            "[profiles.{profile}]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
            sandbox.url
        );
        let path = self.file(".config/whmcsh/config.toml", text);
        let secret = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, secret).unwrap();
        path
    }

    /// The binary, ready to be given arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command
            .current_dir(self.folder())
            .env_clear()
            .envs(self.variables())
            .stdin(Stdio::null());
        command
    }

    /// The environment commands run in.
    pub fn variables(&self) -> Vec<(&str, OsString)> {
        let own = self.environment.iter();
        let own = own.map(|(name, value)| (name.as_str(), value.into()));
        let mut variables = vec![
            ("HOME", self.folder().into()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            // No test waits for a server that is late, but the one that says so.
            ("WHMCSH_LATE_AFTER", "1".into()),
        ];
        variables.extend(own);
        variables
    }

    /// Runs the binary to its end.
    pub fn whmcsh<A: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Outcome {
        Outcome::of(self.command().args(arguments).output().unwrap())
    }

    /// Runs the binary with that text on its standard input.
    pub fn whmcsh_fed(&self, arguments: &[&str], input: &str) -> Outcome {
        self.whmcsh_fed_in(self.folder(), arguments, input)
    }

    /// The same in another folder than the desk's own.
    pub fn whmcsh_fed_in(&self, folder: &Path, arguments: &[&str], input: &str) -> Outcome {
        let mut child = self
            .command()
            .current_dir(folder)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that asks for nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Outcome::of(child.wait_with_output().unwrap())
    }

    /// Presses Ctrl-C once the command printed that; its exit code.
    pub fn interrupted(&self, words: &[&str], printed: &str) -> Option<i32> {
        let mut command = self.command();
        let command = command.args(words).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut begun = vec![0; printed.len()];
        let stdout = child.stdout.as_mut().unwrap();
        stdout.read_exact(&mut begun).unwrap();
        assert_eq!(begun, printed.as_bytes());
        let id = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "{words:?} went on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs a script given as text.
    pub fn script(&self, text: &str) -> Outcome {
        self.file("script.rhai", text);
        self.whmcsh(["run", "script.rhai"])
    }
}

impl Outcome {
    pub fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The standard output of a run that must have succeeded.
    #[track_caller]
    pub fn succeeded(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        &self.stdout
    }

    /// The standard error of a run that must have succeeded.
    #[track_caller]
    pub fn succeeded_in_words(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        &self.stderr
    }

    /// The standard error of a run that must have ended with that code.
    #[track_caller]
    pub fn failed(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        &self.stderr
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(self.succeeded()).unwrap()
    }
}

/// A sandbox in a process of its own; dropping it without having asked or used
/// it fails the test.
pub struct Sandbox {
    pub url: String,
    process: Child,
    used: Cell<bool>,
    _desk: Desk,
}

impl Sandbox {
    /// A sandbox with its usual data.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// A sandbox started with further options, and with those of the variable [`OPTIONS`].
    pub fn with(options: &[&str]) -> Self {
        let desk = Desk::new();
        let mut process = desk
            .command()
            .args(["sandbox", "--listen", "127.0.0.1:0", "--quiet"])
            .args(
                std::env::var(OPTIONS)
                    .unwrap_or_default()
                    .split_whitespace(),
            )
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let url = url
            .unwrap_or_else(|| panic!("no address in {line:?}"))
            .to_owned();
        Self {
            url,
            process,
            used: Cell::new(false),
            _desk: desk,
        }
    }

    /// Its address without the protocol, by which runs know it.
    pub fn host(&self) -> &str {
        let address = self.url.strip_prefix("http://").unwrap();
        address.trim_end_matches('/')
    }

    /// Makes a call as plain HTTP, without any code of the client.
    pub fn ask(&self, action: &str, params: &[(&str, &str)]) -> Value {
        self.used.set(true);
        let mut body =
            format!("action={action}&identifier=sandbox&secret=sandbox&responsetype=json");
        for (name, value) in params {
            let _ = write!(body, "&{name}={}", percent(value));
        }
        let reply = self.post(&body);
        let (_, body) = reply.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {reply}"))
    }

    /// Sends a form to the API; the whole answer, or as much as came before the connection broke.
    pub fn post(&self, form: &str) -> String {
        self.used.set(true);
        let address = self.host();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST /includes/api.php HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        // Faults break connections on purpose.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    /// Sends a signal, such as `-INT`, and waits for the end; its exit code.
    #[cfg(unix)]
    pub fn signalled(&mut self, signal: &str) -> Option<i32> {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        self.process.wait().unwrap().code()
    }

    /// Says that the test uses the sandbox by other means than [`Self::ask`].
    pub fn desk(&self) -> Desk {
        self.used.set(true);
        Desk::at(self)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if !std::thread::panicking() {
            assert!(self.used.get(), "the sandbox was started and never used");
        }
    }
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
