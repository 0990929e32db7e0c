//! The command line: what can be typed, and which command it means.
//!
//! `clap` is named only here. Every command has its own plain options; this
//! file turns what was typed into them and a result into an exit code.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::command::{self, Target, Terminal};
use crate::config::{Choice, IpVersion};
use crate::error::Failure;
use crate::sandbox::{Access, FAULT_HELP, Faults, Settings};

/// The WHMCS shell: Rhai scripts and a REPL over every WHMCS API action.
#[derive(Debug, Parser)]
#[command(
    name = "whmcsh",
    version,
    propagate_version = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Read this configuration file instead of the usual one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print data and errors only
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// Which server a command speaks to.
#[derive(Args, Debug)]
struct Server {
    /// Use this profile of the configuration
    #[arg(short, long, value_name = "NAME", conflicts_with = "sandbox")]
    profile: Option<String>,
    /// Use a sandbox with demo data, started for this command and gone after it
    #[arg(long)]
    sandbox: bool,
    /// Confirm a production server by its host name, for unattended use
    #[arg(long, value_name = "HOST")]
    yes: Option<String>,
    #[command(flatten)]
    ip: Ip,
    /// Send parameters the catalog does not know
    #[arg(long)]
    allow_unknown: bool,
}

/// Which IP version it is reached by.
#[derive(Args, Debug)]
struct Ip {
    /// Go by IPv4 only
    #[arg(long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Go by IPv6 only
    #[arg(long)]
    ipv6: bool,
}

impl Ip {
    fn version(&self) -> Option<IpVersion> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(IpVersion::V4),
            (_, true) => Some(IpVersion::V6),
            _ => None,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a script
    Run(Run),
    /// Look for mistakes in scripts without running them; nothing is sent
    Check {
        /// The scripts to check
        #[arg(required = true, value_name = "SCRIPT")]
        scripts: Vec<PathBuf>,
        /// Accept parameters the catalog does not know
        #[arg(long)]
        allow_unknown: bool,
    },
    /// Type script lines and see what they do
    Repl {
        #[command(flatten)]
        server: Server,
    },
    /// Make one call
    Call(Call),
    /// Show the API reference: all actions, those that match, or one in full
    Actions {
        /// An action's name, or a part of a name or group
        #[arg(value_name = "PATTERN")]
        pattern: Option<String>,
        /// Print the catalog's entries as a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Serve a WHMCS look-alike for rehearsals, tests and other clients
    Sandbox(Sandbox),
    /// Show what runs did, and what is still open
    Runs {
        #[command(subcommand)]
        runs: Option<Runs>,
    },
    /// Add, list, test or remove servers
    #[command(subcommand)]
    Profile(Profile),
    /// Make a folder with a script, a CSV file and a README to start from
    Init {
        /// The folder to make
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print the completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Args, Debug)]
struct Run {
    /// The script to run
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    /// What the script finds in `args`
    #[arg(value_name = "ARGS")]
    args: Vec<String>,
    #[command(flatten)]
    server: Server,
    /// Let the script read this environment variable; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_env: Vec<String>,
    /// Take up an earlier run: what it did is not done again
    #[arg(long, value_name = "RUN")]
    resume: Option<String>,
}

#[derive(Args, Debug)]
struct Call {
    /// The action, by WHMCS's name or as a script function
    #[arg(value_name = "ACTION")]
    action: String,
    /// Parameters; nested ones in brackets, such as pid[0]=1
    #[arg(value_name = "NAME=VALUE")]
    params: Vec<String>,
    #[command(flatten)]
    server: Server,
    /// Fetch every page of a list action
    #[arg(long)]
    all: bool,
    /// How to print the reply; a table on a terminal, JSON elsewhere
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

/// How a reply is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
    Ndjson,
    Csv,
}

impl From<Format> for command::call::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Json => Self::Json,
            Format::Ndjson => Self::Ndjson,
            Format::Csv => Self::Csv,
        }
    }
}

#[derive(Args, Debug)]
struct Sandbox {
    /// Where to listen; port 0 takes any free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
    /// Keep the data in this file instead of in memory
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Make this many demo clients
    #[arg(long, value_name = "N")]
    clients: Option<usize>,
    /// What the demo data and the faults are drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Answer every call this much later, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// Misbehave; `--fault help` explains how
    #[arg(long, value_name = "SPEC")]
    fault: Vec<String>,
    /// The API credential's identifier
    #[arg(long, value_name = "TEXT", default_value = "sandbox")]
    identifier: String,
    /// The API credential's secret
    #[arg(long, value_name = "TEXT", default_value = "sandbox")]
    secret: String,
    /// An access key that passes the address list
    #[arg(long, value_name = "TEXT")]
    access_key: Option<String>,
    /// Accept calls from this address only; may be repeated
    #[arg(long, value_name = "IP")]
    allow_ip: Vec<IpAddr>,
}

#[derive(Debug, Subcommand)]
enum Runs {
    /// List the runs, the newest first
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show one run with its writes
    Show {
        /// The run's name
        run: String,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say what became of a write that is in doubt
    Settle(Settle),
}

/// What `runs settle` is told.
#[derive(Args, Debug)]
struct Settle {
    /// The run's name
    run: String,
    /// The write's number, as `runs show` gives it
    #[arg(long, value_name = "N")]
    write: i64,
    /// It was applied
    #[arg(long, required_unless_present = "not_done")]
    done: bool,
    /// It was not applied: send it when the run is resumed
    #[arg(long, conflicts_with = "done")]
    not_done: bool,
    /// What the script is to get as its reply, as a JSON object
    #[arg(long, value_name = "JSON", requires = "done")]
    reply: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Profile {
    /// Add a server; its secret is asked for or read from a pipe
    Add {
        /// A name for it
        name: String,
        /// The address of the WHMCS installation
        #[arg(long)]
        url: String,
        /// The API credential's identifier
        #[arg(long)]
        identifier: String,
        /// A command that prints the secret, instead of keeping it in the file
        #[arg(long, value_name = "COMMAND")]
        secret_command: Option<String>,
        /// What scripts may do: `write` leaves out everything destructive
        #[arg(long, value_parser = ["read", "write", "full"])]
        access: Option<String>,
        /// Whether real customers are behind it; yes unless said otherwise
        #[arg(long, value_name = "BOOL")]
        production: Option<bool>,
    },
    /// List the servers, without their secrets
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Ask a server for its version
    Test {
        /// Which one; the default profile otherwise
        name: Option<String>,
    },
    /// Remove a server from the configuration
    Remove {
        /// Which one
        name: String,
    },
}

/// Parses the command line, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal { quiet: cli.quiet };
    match execute(cli, terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.alert(&failure.to_string());
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn execute(cli: Cli, terminal: Terminal) -> Result<(), Failure> {
    let choice = Choice {
        file: cli.config,
        ..Choice::default()
    };
    let target = |server: Server| Target {
        choice: Choice {
            ip_version: server.ip.version(),
            profile: server.profile,
            ..choice.clone()
        },
        sandbox: server.sandbox,
        yes: server.yes,
        allow_unknown: server.allow_unknown,
    };
    match cli.command {
        Command::Run(run) => {
            let options = command::run::Options {
                script: run.script,
                args: run.args,
                target: target(run.server),
                allow_env: run.allow_env.into_iter().collect(),
                resume: run.resume,
            };
            command::run::run(options, terminal)
        }
        Command::Check {
            scripts,
            allow_unknown,
        } => command::check::check(&scripts, allow_unknown, terminal),
        Command::Repl { server } => command::repl::repl(&target(server), terminal),
        Command::Call(call) => {
            let options = command::call::Options {
                action: call.action,
                params: call.params,
                target: target(call.server),
                all: call.all,
                output: call.output.map(Format::into),
            };
            command::call::call(&options, terminal)
        }
        Command::Actions { pattern, json } => {
            command::actions::actions(&command::actions::Options { pattern, json }, terminal)
        }
        Command::Sandbox(sandbox) => serve(sandbox, terminal),
        Command::Runs { runs } => match runs {
            None => command::runs::list(false, terminal),
            Some(Runs::List { json }) => command::runs::list(json, terminal),
            Some(Runs::Show { run, json }) => command::runs::show(&run, json, terminal),
            Some(Runs::Settle(settle)) => {
                let Settle {
                    run,
                    write,
                    done,
                    reply,
                    ..
                } = settle;
                command::runs::settle(
                    &run,
                    &command::runs::Verdict { write, done, reply },
                    terminal,
                )
            }
        },
        Command::Profile(profile) => manage(profile, &choice, terminal),
        Command::Init { folder } => command::init::init(&folder, terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "whmcsh", &mut script);
            terminal.raw(&script);
            Ok(())
        }
    }
}

fn manage(profile: Profile, choice: &Choice, terminal: Terminal) -> Result<(), Failure> {
    match profile {
        Profile::Add {
            name,
            url,
            identifier,
            secret_command,
            access,
            production,
        } => {
            let add = command::profile::Add {
                name,
                url,
                identifier,
                secret_command,
                access,
                production,
            };
            command::profile::add(add, choice, terminal)
        }
        Profile::List { json } => command::profile::list(json, choice, terminal),
        Profile::Test { name } => command::profile::test(name.as_deref(), choice, terminal),
        Profile::Remove { name } => command::profile::remove(&name, choice, terminal),
    }
}

fn serve(sandbox: Sandbox, terminal: Terminal) -> Result<(), Failure> {
    if sandbox.fault.iter().any(|spec| spec == "help") {
        terminal.data(FAULT_HELP);
        return Ok(());
    }
    let mut faults = Faults::default();
    for spec in &sandbox.fault {
        faults.extend(spec.parse().map_err(|error| {
            Failure::usage(format!("bad `--fault`: {error}"))
                .hint("`whmcsh sandbox --fault help` explains it")
        })?);
    }
    let settings = Settings {
        listen: sandbox.listen,
        db: sandbox.db,
        clients: sandbox.clients,
        seed: sandbox.seed,
        latency: Duration::from_millis(sandbox.latency),
        faults,
        access: Access {
            identifier: sandbox.identifier,
            secret: sandbox.secret,
            access_key: sandbox.access_key,
            allow_ip: sandbox.allow_ip,
            ..Access::default()
        },
    };
    command::sandbox::sandbox(settings, terminal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
