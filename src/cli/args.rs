//! What can be typed: commands, arguments, options and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::call::Call;
use super::check::Check;
use super::diagnose::ProfileTest;
use super::each::Each;
use super::fleet::Fleet;
use super::fmt::Fmt;
use super::format::Format;
use super::freeze::Freeze;
use super::help::{Definitions, Help};
use super::learn_fields::LearnFields;
use super::limits::Limits;
use super::man::Man;
use super::record::Record;
use super::report::Report;
use super::sandbox::Sandbox;
use super::server::Server;
use super::test_run::Test;
use super::undo::Undo;
use crate::command::fleet::FleetMember;
use crate::command::run::RunOptions;
use crate::command::{self, Target};
use crate::error::Failure;

/// The WHMCS shell: Rhai scripts and a REPL over every WHMCS API action.
#[derive(Debug, Parser)]
#[command(
    name = "whmcsh",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    max_term_width = 80
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Read this configuration file instead of the usual one
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// What the process of one of several servers is told
    #[arg(long, hide = true, value_name = "JSON", value_parser = super::fleet::member)]
    pub(super) member: Option<FleetMember>,
    /// Print data and errors only
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a script
    Run(Run),
    /// Preview a script: send reads, show writes
    Plan(Plan),
    Check(Check),
    Fmt(Fmt),
    Test(Box<Test>),
    /// Serve an editor: diagnostics, completion, hover, formatting
    #[command(
        long_about = "Serve an editor on standard input and output by the Language Server Protocol: \
                      diagnostics, completion, hover and formatting of scripts. No profile is opened, \
                      nothing is sent and no file is written. Editors start it themselves; \
                      `whmcsh help editors` shows how to set them up."
    )]
    Lsp,
    /// Start the whmcsh shell
    Repl {
        #[command(flatten)]
        server: Server,
    },
    Call(Call),
    Each(Box<Each>),
    Freeze(Freeze),
    /// List API actions, or explain one
    Actions {
        /// An action's name, or a part of a name, group, parameter or summary
        #[arg(value_name = "PATTERN")]
        pattern: Option<String>,
        /// Print the catalog's entries as a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Serve a mock WHMCS server
    Sandbox(Sandbox),
    /// List, show, settle, undo and prune runs
    Runs {
        #[command(subcommand)]
        runs: Option<Runs>,
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Add, list, test or remove servers
    #[command(subcommand)]
    Profile(Profile),
    /// Create a folder with a first script, its test and a CSV file, or write a recipe
    Init {
        /// The folder to create; with --recipe, where to write it [default: this folder]
        #[arg(value_name = "DIR", required_unless_present = "recipe")]
        folder: Option<PathBuf>,
        /// Write this recipe with the data it needs, such as `onboard_clients`
        #[arg(long, value_name = "NAME")]
        recipe: Option<String>,
    },
    /// Write `.d.rhai` definitions for editors
    Definitions(Definitions),
    /// Print the completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the man page, or write one per command
    Man(Man),
    /// Explain a command, a topic, or a function of scripts
    Help(Help),
}

/// A script and what it is given: the same for a run and its plan.
#[derive(Args, Debug)]
pub(super) struct Subject {
    /// The script
    // Not a mere path: what is done with a plan that is there needs none.
    #[arg(value_name = "SCRIPT", required = true)]
    script: Option<PathBuf>,
    /// Arguments for the script, in `args`
    #[arg(value_name = "ARGS")]
    pub(super) args: Vec<String>,
    /// Those that the script declares, by their names.
    #[arg(skip)]
    pub(super) named: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) server: Server,
    /// Let the script read this environment variable; repeatable
    #[arg(long, value_name = "NAME")]
    pub(super) allow_env: Vec<String>,
    // The last: its heading would stand over what follows.
    #[command(flatten)]
    pub(super) limits: Limits,
}

impl Subject {
    /// The script, which clap demands wherever it is needed.
    pub(super) fn script(&self) -> PathBuf {
        self.script.clone().unwrap_or_default()
    }
}

#[derive(Args, Debug)]
pub(super) struct Run {
    /// Print one JSON object when the run has ended; lines of the script go to standard error
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) record: Record,
    #[command(flatten)]
    pub(super) fleet: Fleet,
    #[command(flatten)]
    pub(super) of: Subject,
}

impl Run {
    /// What is meant; `target` makes the server of what was typed of it.
    pub(super) fn options(
        self,
        target: impl FnOnce(Server) -> Result<Target, Failure>,
    ) -> Result<RunOptions, Failure> {
        self.of.limits.bound_memory();
        self.of.limits.know_the_shard(self.record.is_known())?;
        Ok(RunOptions {
            script: self.of.script(),
            args: self.of.args,
            named: self.of.named,
            target: Target {
                limits: self.of.limits.into(),
                ..target(self.of.server)?
            },
            allow_env: self.of.allow_env.into_iter().collect(),
            changes: self.record.changes(),
            bind: self.record.bind(),
            snapshots: self.record.snapshots(),
            name: self.record.name,
            resume: self.record.resume,
            takes_over: self.record.take_over,
            on_end: self.record.on_end,
        })
    }
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Plan {
    #[command(subcommand)]
    pub(super) with: Option<WithPlan>,
    /// Write the whole plan to FILE as JSON, for `run --bind FILE`
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Print the whole plan as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Write the whole plan to FILE as an HTML page
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Write the whole plan to FILE as CSV, one line per parameter
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
    /// Exit with 0 if nothing would change, 2 if something would, and 1 on any error
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    #[command(flatten)]
    pub(super) fleet: Fleet,
    #[command(flatten)]
    pub(super) of: Subject,
}

impl Plan {
    /// What is meant; `target` makes the server of what was typed of it.
    pub(super) fn options(
        self,
        target: impl FnOnce(Server) -> Result<Target, Failure>,
    ) -> Result<command::plan::PlanOptions, Failure> {
        let script = self.of.script();
        self.of.limits.bound_memory();
        Ok(command::plan::PlanOptions {
            script,
            args: self.of.args,
            named: self.of.named,
            target: Target {
                limits: self.of.limits.into(),
                ..target(self.of.server)?
            },
            allow_env: self.of.allow_env.into_iter().collect(),
            wanted: command::plan::Wanted {
                out: self.out,
                json: self.json,
                html: self.html,
                csv: self.csv,
            },
        })
    }
}

/// What can be done with a plan that is there.
#[derive(Debug, Subcommand)]
pub(super) enum WithPlan {
    /// Approve a plan for `run --bind PLAN --approved`
    ///
    /// This adds a name, the time and the plan's checksum to the file. It is a note, not a
    /// proof: anyone who can write the file can add any name.
    Approve {
        /// The plan, written by `plan --out`
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
        /// Who approves it
        #[arg(long = "as", value_name = "NAME")]
        by: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Runs {
    /// List runs, newest first
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show the outcome of a run and what is still open
    Show {
        /// The run's name [default: the newest run]
        run: Option<String>,
        /// Show all runs of NAME together, with the shards that are missing
        #[arg(long, value_name = "NAME", conflicts_with_all = ["run", "writes"])]
        name: Option<String>,
        /// Also show every write
        #[arg(long)]
        writes: bool,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show the failed rows of a run and their file
    Failed {
        /// The run's name [default: the newest run]
        run: Option<String>,
        /// Print a JSON array
        #[arg(long, conflicts_with = "output")]
        json: bool,
        /// How to print them
        #[arg(short, long, value_enum, value_name = "FORMAT")]
        output: Option<Format>,
    },
    /// Write a page of HTML about a run: what it did, what failed, every row
    Report(Report),
    /// Record whether an in-doubt write was applied
    Settle(Settle),
    /// Undo a run's updates
    ///
    /// Restores the old value of each field that still has the value the run wrote. The run
    /// must have kept the old values: `whmcsh run --snapshot`.
    Undo(Undo),
    /// Remove sandbox runs and finished runs older than 30 days
    Prune(Prune),
}

/// What `runs prune` is told.
#[derive(Args, Debug)]
pub(super) struct Prune {
    /// Remove finished runs older than AGE, such as `12h`, `30d` or `8w`
    #[arg(long, value_name = "AGE")]
    pub(super) older_than: Option<command::runs::Age>,
    /// Keep the newest N finished runs
    #[arg(long, value_name = "N")]
    pub(super) keep: Option<usize>,
    /// Also remove unfinished runs; they can no longer be resumed
    #[arg(long)]
    pub(super) all: bool,
    /// Show what would be removed without removing it
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Let the name of removed runs be used again, and remove nothing
    #[arg(long, value_name = "NAME", conflicts_with_all = ["older_than", "keep", "all", "dry_run", "json"])]
    pub(super) forget: Option<String>,
    /// Print a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What `runs settle` is told.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(super) struct Settle {
    /// The run's name
    pub(super) run: String,
    /// The write's number in `runs show`
    #[arg(long, value_name = "N", required_unless_present_any = ["row", "all"])]
    pub(super) write: Option<i64>,
    /// The row of the write, by its key or number
    #[arg(
        long,
        value_name = "ROW",
        conflicts_with = "write",
        allow_hyphen_values = true
    )]
    pub(super) row: Option<String>,
    /// Settle all in-doubt writes: look on the server first, show those not found as a table,
    /// and record your answer once `--yes` confirms their number
    #[arg(long, conflicts_with_all = ["write", "row", "reply"])]
    pub(super) all: bool,
    /// Settle only writes in doubt for CAUSE, as `runs show --writes` prints it: a status such
    /// as 503, `timeout`, `reset`, `unreadable` or `killed`
    #[arg(long, value_name = "CAUSE", requires = "all")]
    pub(super) because: Option<String>,
    /// Confirm the number of writes that the table shows
    #[arg(long, value_name = "N", requires = "all")]
    pub(super) yes: Option<usize>,
    /// The profile for looking on the server [default: the profile of the run]
    #[arg(long, value_name = "NAME", requires = "all")]
    pub(super) profile: Option<String>,
    /// The write was applied
    #[arg(long, required_unless_present_any = ["not_done", "keep", "again"])]
    pub(super) done: bool,
    /// The write was not applied: send it when the run is resumed
    #[arg(long, conflicts_with = "done")]
    pub(super) not_done: bool,
    /// Keep the applied write; do not send the changed one that the script makes now
    #[arg(long, conflicts_with_all = ["done", "not_done", "again", "row", "all"])]
    pub(super) keep: bool,
    /// Send the changed write too, as a second one
    #[arg(long, conflicts_with_all = ["done", "not_done", "row", "all"])]
    pub(super) again: bool,
    /// The reply that the script gets, as a JSON object
    #[arg(long, value_name = "JSON", requires = "done")]
    pub(super) reply: Option<String>,
    /// Print a JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Profile {
    /// Add a server; the secret is prompted for or read from a pipe
    Add {
        /// A name for the server
        name: String,
        /// The address of the WHMCS installation
        #[arg(long)]
        url: String,
        /// The API credential's identifier
        #[arg(long)]
        identifier: String,
        /// Get the secret from this command instead of storing it
        #[arg(long, value_name = "COMMAND")]
        secret_command: Option<String>,
        /// Limit what scripts may do; `write` blocks deletes
        #[arg(long, value_parser = ["read", "write", "full"])]
        access: Option<String>,
        /// Whether the server has real customers [default: true]
        #[arg(long, value_name = "BOOL")]
        production: Option<bool>,
    },
    /// Propose names for the custom fields of a server, by those of one client
    LearnFields(LearnFields),
    /// List servers without their secrets
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    Test(ProfileTest),
    /// Remove a server from the configuration
    Remove {
        /// The profile to remove
        name: String,
    },
}
