//! What one test works on: its servers, its folder, what it has done so far.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::options::Kills;
use super::servers::{OpenedWith, TestServers};
use super::snapshots::Snapshots;
use super::transcript::Transcript;
use crate::cancel::Cancel;
use crate::error::Failure;
use crate::files::{TemporaryFolder, reason};
use crate::run::Limits;
use crate::sandbox::Sandboxes;
use crate::script::{
    Bench, Clock, Confinement, Host, ListsRead, OWN_SERVER, SnapshotError, Unkept,
};

/// The bench of a test; what it comes to is read when the test has ended.
pub(super) struct TestBench {
    /// The test's name.
    test: String,
    /// The folder that the test's file is in.
    pub(super) beside: PathBuf,
    /// The folder it works in.
    pub(super) working: PathBuf,
    /// The folder of the runs of its scripts.
    pub(super) runs: PathBuf,
    /// Both go with it.
    _folder: TemporaryFolder,
    pub(super) servers: Arc<TestServers>,
    pub(super) transcript: Arc<Transcript>,
    pub(super) cancel: Cancel,
    /// What passwords are made of: the same in every run of the test.
    pub(super) seed: [u8; 32],
    /// How often its scripts are killed and resumed, where they are.
    pub(super) kills: Option<Kills>,
    /// Whether it let its server fail: a script is not killed then, for each pass meets other faults.
    pub(super) has_faults: AtomicBool,
    /// What is to be said of scripts that were killed.
    pub(super) remarks: Mutex<Vec<String>>,
    /// The scripts it ran, as they ended.
    pub(super) scripts: Mutex<Vec<ScriptRun>>,
    fallen: Mutex<Vec<Fallen>>,
    snapshots: Arc<Snapshots>,
    /// How many snapshots without a name it has taken.
    taken: Mutex<usize>,
}

/// An assertion that did not hold.
#[derive(Clone, Debug)]
pub(super) struct Fallen {
    /// What was asserted.
    pub(super) what: String,
    /// What is different, line by line.
    pub(super) difference: Option<String>,
}

/// A script that a test ran, for who looks for what went wrong.
#[derive(Clone, Debug)]
pub(super) struct ScriptRun {
    /// Its name and its arguments.
    pub(super) called: String,
    /// Why it failed, if it did.
    pub(super) failure: Option<Failure>,
}

impl TestBench {
    /// The bench of that test, whose file lies in `beside`.
    pub(super) fn new(
        test: &str,
        beside: &Path,
        snapshots: Arc<Snapshots>,
        sandboxes: Arc<Sandboxes>,
        cancel: Cancel,
        kills: Option<Kills>,
    ) -> Result<Self, Failure> {
        let unmade = |error| {
            Failure::usage(format!(
                "cannot create a folder for the test: {}",
                reason(&error)
            ))
        };
        let folder = TemporaryFolder::new().map_err(unmade)?;
        let (working, runs) = (folder.path().join("work"), folder.path().join("runs"));
        fs::create_dir(&working).map_err(unmade)?;
        Ok(Self {
            test: test.to_owned(),
            beside: beside.to_owned(),
            working,
            runs,
            _folder: folder,
            servers: Arc::new(TestServers::new(sandboxes, 1, cancel.clone())),
            transcript: Arc::default(),
            cancel,
            seed: [7; 32],
            kills,
            remarks: Mutex::default(),
            has_faults: AtomicBool::new(false),
            scripts: Mutex::default(),
            fallen: Mutex::default(),
            snapshots,
            taken: Mutex::default(),
        })
    }

    /// The assertions that did not hold.
    pub(super) fn fallen(&self) -> Vec<Fallen> {
        self.fallen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What the test itself works with.
    pub(super) fn host(self: &Arc<Self>) -> Result<Host, Failure> {
        let bench: Arc<dyn Bench> = Arc::clone(self) as _;
        let limits = Limits {
            max_deletes: Some(u64::MAX),
            ..Limits::default()
        };
        let transcript = Arc::clone(&self.transcript);
        let with = OpenedWith {
            lazy_journal: None,
            limits: limits.clone(),
            notice: Arc::new(move |line| crate::script::Output::note(&*transcript, line)),
        };
        let others = Arc::clone(&self.servers);
        Ok(Host {
            run: self.servers.open(OWN_SERVER, &with)?,
            connect: Box::new(move |name| others.own(name)),
            output: self.transcript.clone(),
            files: self.files(None, &[])?,
            args: Vec::new(),
            env: std::collections::BTreeSet::new(),
            allow_unknown: false,
            cancel: self.cancel.clone(),
            clock: self.clock(),
            seed: self.seed,
            rows: Arc::new(Unkept),
            limits,
            bench: Some(bench),
            lists: ListsRead::default(),
        })
    }

    /// What time it is on its server.
    pub(super) fn moment(&self) -> Timestamp {
        let server = self.servers.named(OWN_SERVER);
        server.map_or_else(|_| Timestamp::default(), |server| server.now())
    }

    /// The clock of that moment, in UTC.
    pub(super) fn clock(&self) -> Clock {
        Clock::new(self.moment()).in_zone(jiff::tz::TimeZone::UTC)
    }

    /// The files that the test, or a script it runs, may touch: it writes in a folder of its own,
    /// and reads what lies beside it and what lies in the working folder.
    pub(super) fn files(
        &self,
        script: Option<&Path>,
        args: &[String],
    ) -> Result<Confinement, Failure> {
        let failed = |error| Failure::usage(format!("cannot use the working folder: {error}"));
        let working = std::env::current_dir().map_err(failed)?;
        let own = self.working.clone();
        let beside = vec![working.join(&self.beside), working.clone()];
        let mut read = vec![own.clone()];
        read.extend(beside.iter().cloned());
        read.extend(script.map(|folder| working.join(folder)));
        Ok(Confinement {
            working: own.clone(),
            beside,
            read,
            given: args.iter().map(PathBuf::from).collect(),
            write: vec![own],
            ..Confinement::default()
        })
    }

    /// Compares a text with the one that is kept under that name, or the next number.
    pub(super) fn compare(&self, name: Option<&str>, found: &str) -> Result<(), SnapshotError> {
        let name = name.map_or_else(|| self.next_number(), str::to_owned);
        self.snapshots
            .compare(&format!("{} {name}", self.test), found)
    }

    /// The name of a snapshot that has none of its own.
    fn next_number(&self) -> String {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        taken.to_string()
    }

    /// Notes an assertion that does not hold.
    pub(super) fn note(&self, fallen: Fallen) {
        self.fallen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fallen);
    }
}
