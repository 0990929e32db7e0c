//! The chapters of the guide.

/// A chapter of the guide.
#[derive(Debug)]
pub struct Topic {
    /// What is typed to read it.
    pub name: &'static str,
    /// What it is about, on one line.
    pub about: &'static str,
    /// The chapter in Markdown.
    pub(super) text: &'static str,
}

macro_rules! topics {
    ($($name:literal: $about:literal,)+) => {
        &[$(Topic {
            name: $name,
            about: $about,
            text: include_str!(concat!("../../../docs/", $name, ".md")),
        },)+]
    };
}

/// The chapters, in the order in which they are best read.
pub const TOPICS: &[Topic] = topics! {
    "start": "the first ten minutes",
    "shell": "the interactive shell and its commands",
    "calls": "single calls and pipes",
    "scripting": "how scripts call WHMCS, read files and handle errors",
    "bulk": "many rows on several workers",
    "resume": "continue a run that stopped; nothing twice, nothing lost",
    "safety": "plans, limits, email, production, undo",
    "profiles": "servers, their secrets and permissions",
    "migration": "working with two servers at once",
    "sandbox": "the mock WHMCS server for trying scripts and for tests",
    "testing": "tests of scripts, each against a mock server of its own",
    "unattended": "cron, exit codes, logs, several machines",
    "fleet": "one command on several servers",
    "json": "what programs read: objects, errors, schemas",
    "spreadsheets": "spreadsheets, and CSV files as they write them",
    "troubleshooting": "error messages and what to do about each",
    "editors": "diagnostics, completion and formatting in your editor",
    "install": "building, installing, completions, man pages",
    "upgrading": "new versions, what changed, and runs in progress",
};
