//! The same script without a journal: what is left is the script, the encoding
//! and the wire.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use whmcsh::cancel::Cancel;
use whmcsh::client::{Credentials, Server};
use whmcsh::error::Failure;
use whmcsh::run::{Limits, Run};
use whmcsh::script::{Clock, Confinement, Host, ListsRead, Output, Script, Unkept};

use crate::canned::{IDENTIFIER, SECRET};

/// The word on the command line that makes this program the runner.
pub const DIRECT: &str = "--direct";

struct Silence;

impl Output for Silence {
    fn print(&self, _: &str) {}
    fn note(&self, _: &str) {}
}

/// The command that runs a script of the working folder without a journal.
pub fn command(url: &str, script: &str, args: &[&str]) -> Command {
    let own = std::env::current_exe().expect("the bench knows its own path");
    let mut command = Command::new(own);
    command.args([DIRECT, url, script]).args(args);
    command
}

/// Runs a script against that server.
pub fn run(url: &str, script: &str, args: Vec<String>) -> Result<(), Failure> {
    let cancel = Cancel::default();
    let credentials = Credentials::Api {
        identifier: IDENTIFIER.to_owned(),
        secret: SECRET.to_owned().into(),
    };
    let server = Server::new("bench", url, credentials);
    let folder = std::env::current_dir().map_err(|error| Failure::usage(error.to_string()))?;
    let host = Host {
        run: Arc::new(Run::new(server, cancel.clone())),
        connect: Box::new(|_| Err(Failure::usage("there is one server"))),
        output: Arc::new(Silence),
        files: Confinement {
            read: vec![folder.clone()],
            write: vec![folder.clone()],
            working: folder,
            given: args.iter().map(PathBuf::from).collect(),
            ..Confinement::default()
        },
        args,
        env: BTreeSet::new(),
        allow_unknown: false,
        cancel,
        clock: Clock::default(),
        seed: [7; 32],
        rows: Arc::new(Unkept),
        limits: Limits::default(),
        bench: None,
        lists: ListsRead::default(),
    };
    Script::load(script.as_ref())?.run(Arc::new(host))
}
