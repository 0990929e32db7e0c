//! `whmcsh sandbox`: what can be typed about it.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::credential::credential;
use crate::command::Terminal;
use crate::command::sandbox::{self as command, Exported};
use crate::error::Failure;
use crate::sandbox::{Access, Clock, FAULT_HELP, Faults, Fixture, Settings};

/// Where it listens unless told otherwise.
const PORT: u16 = 8765;

/// How the sandbox sends numbers.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Types {
    /// As current servers do
    Native,
    /// All as text
    Text,
}

impl From<Types> for crate::sandbox::Types {
    fn from(types: Types) -> Self {
        match types {
            Types::Native => Self::Native,
            Types::Text => Self::Text,
        }
    }
}

/// What `sandbox` is told.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Sandbox {
    #[command(subcommand)]
    task: Option<Task>,
    /// Where to listen; port 0 takes any free port [default: 127.0.0.1:8765, for COMMAND any free port]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Print a JSON object once the server listens
    #[arg(long, conflicts_with = "command")]
    json: bool,
    /// Keep the data in FILE instead of in memory
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Create N clients; the first six are always the same [default: 6]
    #[arg(long, value_name = "N")]
    clients: Option<usize>,
    /// Begin with the fixture in FILE instead of demo data
    #[arg(long, value_name = "FILE", conflicts_with = "clients")]
    load: Option<PathBuf>,
    /// Seed for demo data and faults
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Stop the clock at DATE (UTC), such as 2026-11-23 or "2026-11-23 14:05:00"
    #[arg(long, value_name = "DATE")]
    now: Option<String>,
    /// Delay every answer by MS milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=86_400_000))]
    latency: u64,
    /// Send numbers as current servers do, or all as text as with older PHP [default: native]
    #[arg(
        long,
        value_name = "HOW",
        default_value = "native",
        hide_default_value = true
    )]
    types: Types,
    /// Keep texts with & < > " ' encoded for HTML, as some servers do
    #[arg(long)]
    entities: bool,
    /// Inject a fault; `--fault help` lists them
    #[arg(long, value_name = "SPEC")]
    fault: Vec<String>,
    /// Append each fault that struck to FILE as JSON lines
    #[arg(long, value_name = "FILE")]
    fault_log: Option<PathBuf>,
    /// The API credential's identifier
    #[arg(long, value_name = "TEXT", default_value = "sandbox", value_parser = credential)]
    identifier: String,
    /// The API credential's secret
    #[arg(long, value_name = "TEXT", default_value = "sandbox", value_parser = credential)]
    secret: String,
    /// An access key that passes the address list
    #[arg(long, value_name = "TEXT", value_parser = credential)]
    access_key: Option<String>,
    /// Accept calls from this address only; repeatable
    #[arg(long, value_name = "IP")]
    allow_ip: Vec<IpAddr>,
    /// Refuse these actions, as if the role lacked them
    #[arg(long, value_name = "ACTION", value_delimiter = ',')]
    role_without: Vec<String>,
    /// The token of the control paths under /_sandbox/ [default: random, printed at the start]
    #[arg(long, value_name = "TOKEN", value_parser = control_token)]
    control: Option<String>,
    /// Open the control paths to other machines too, not only to this one
    #[arg(long)]
    control_from_anywhere: bool,
    /// Run COMMAND with the sandbox in its environment, stop when it ends, and exit as it does
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What else there is to do with a sandbox.
#[derive(Debug, Subcommand)]
enum Task {
    /// Print all that a sandbox holds as a fixture
    ///
    /// Of one that is running: its address and token come from `--url` and `--token`, else from
    /// `WHMCSH_SANDBOX_URL` and `WHMCSH_SANDBOX_TOKEN`, which `whmcsh sandbox -- COMMAND` sets.
    Export(Export),
}

/// What `sandbox export` is told.
#[derive(Args, Debug)]
struct Export {
    /// Read a database file that no sandbox uses now
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "token"])]
    db: Option<PathBuf>,
    /// The control address that the running sandbox printed
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The token that it printed
    #[arg(long, value_name = "TOKEN", value_parser = control_token)]
    token: Option<String>,
}

/// A token that a request can carry in a header.
fn control_token(text: &str) -> Result<String, String> {
    let is_token = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_graphic());
    is_token
        .then(|| text.to_owned())
        .ok_or_else(|| "use ASCII letters, digits and punctuation, without spaces".into())
}

impl Sandbox {
    /// Does what was asked; gives the code to end with.
    pub(super) fn run(self, terminal: Terminal) -> Result<u8, Failure> {
        if let Some(Task::Export(export)) = self.task {
            return command::export(&export.resolve()?, terminal).map(|()| 0);
        }
        if self.fault.iter().any(|spec| spec == "help") {
            terminal.data(FAULT_HELP);
            return Ok(0);
        }
        let terminal = terminal.for_object(self.json);
        let (settings, command) = self.settings()?;
        if command.is_empty() {
            command::sandbox(settings, terminal).map(|()| 0)
        } else {
            command::run_with(settings, &command, terminal)
        }
    }

    fn settings(self) -> Result<(Settings, Vec<OsString>), Failure> {
        let mut faults = Faults::default();
        for spec in &self.fault {
            faults.extend(spec.parse().map_err(|error| {
                Failure::usage(format!("bad `--fault`: {error}"))
                    .hint("`whmcsh sandbox --fault help` explains it")
            })?);
        }
        let clock = self.now.as_deref().map_or(Ok(Clock::System), str::parse);
        let port = if self.command.is_empty() { PORT } else { 0 };
        let settings = Settings {
            listen: self
                .listen
                .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            db: self.db,
            clients: self.clients,
            fixture: self.load.as_deref().map(fixture).transpose()?,
            seed: self.seed,
            clock: clock.map_err(|error| Failure::usage(format!("bad `--now`: {error}")))?,
            latency: Duration::from_millis(self.latency),
            faults,
            fault_log: self.fault_log,
            control: self.control,
            control_from_anywhere: self.control_from_anywhere,
            access: Access {
                identifier: self.identifier,
                secret: self.secret,
                access_key: self.access_key,
                allow_ip: self.allow_ip,
                role_without: self.role_without,
                ..Access::default()
            },
            types: self.types.into(),
            entities: self.entities,
            ..Settings::default()
        };
        Ok((settings, self.command))
    }
}

/// Reads a fixture, no more of it than one may have.
fn fixture(file: &Path) -> Result<Fixture, Failure> {
    let name = file.display().to_string();
    let failed =
        |why: String| Failure::usage(format!("the sandbox cannot begin with `{name}`: {why}"));
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| {
            let most = u64::try_from(Fixture::MOST_BYTES).unwrap_or(u64::MAX);
            opened.take(most + 1).read_to_end(&mut bytes)
        })
        .map_err(|error| failed(error.to_string()))?;
    let read = Fixture::read(&bytes).map_err(|error| {
        failed(error.to_string()).hint("`whmcsh help sandbox` shows what a fixture holds")
    })?;
    Ok(read.from_file(name))
}

impl Export {
    /// The sandbox that is meant.
    fn resolve(self) -> Result<Exported, Failure> {
        if let Some(file) = self.db {
            return Ok(Exported::File(file));
        }
        let known = |given: Option<String>, name| given.or_else(|| std::env::var(name).ok());
        let url = known(self.url, command::URL_VARIABLE);
        let token = known(self.token, command::TOKEN_VARIABLE);
        match (url, token) {
            (Some(url), Some(token)) => Ok(Exported::Running { url, token }),
            _ => Err(Failure::usage("no sandbox is named")
                .hint("use `--db FILE`, or `--url` and `--token` as the running one printed them")),
        }
    }
}
