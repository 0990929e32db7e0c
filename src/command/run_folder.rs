//! Where runs are kept, and how one is begun or taken up again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use sha2::{Digest as _, Sha256};

use super::{Terminal, runs};
use crate::catalog::similar;
use crate::error::{Exit, Failure};
use crate::files::{self, Mode, reason};
use crate::run::journal::{Head, Input, Journal, JournalError, KEY, State, new_folder};
use crate::run::{Ledger, NO_MAIL, SHARD, Snapshots, outputs};
use crate::script::{Clock, Script};
use crate::secrets::without_secret_words;

/// A run that keeps a record: its clock, its dice and its journal.
pub struct Recorded {
    /// The journal, begun by the first write.
    pub ledger: Arc<Ledger>,
    /// Before which writes snapshots are taken.
    pub snapshots: Snapshots,
    /// The moment the run first started.
    started: Timestamp,
    /// The zone it started in, for a run taken up again.
    zone: Option<TimeZone>,
    /// The run's key.
    pub seed: [u8; 32],
    /// The run's name, once it has one.
    id: Arc<OnceLock<String>>,
}

/// What a run is of, as its journal will say.
pub struct Subject<'a> {
    /// The script's path as it was given.
    pub script: &'a Path,
    /// The script's text.
    pub text: &'a str,
    /// The modules it imports.
    pub modules: &'a [Script],
    /// The words after its name.
    pub args: &'a [String],
    /// The options a resumed run needs as well.
    pub options: &'a [String],
    /// The profile's name.
    pub profile: String,
    /// The server's host.
    pub host: String,
    /// The path of WHMCS on that host.
    pub path: String,
    /// Before which writes snapshots are taken, where that was said.
    pub snapshots: Option<Snapshots>,
    /// Whether the server is a sandbox that ends with the run.
    pub rehearsal: bool,
}

impl Recorded {
    /// A new run; its folder is made when something is to be written down.
    pub fn begin(subject: &Subject, runs: PathBuf) -> Self {
        let started = Timestamp::now();
        let snapshots = subject.snapshots.unwrap_or_default();
        let seed: [u8; 32] = rand::random();
        let id = Arc::new(OnceLock::new());
        let head = head(subject);
        let (script, named) = (subject.script.to_owned(), Arc::clone(&id));
        let ledger = Ledger::new(move || {
            let zoned = started.to_zoned_datetime(TimeZone::system());
            let day = zoned.date().to_string();
            let (name, folder) = new_folder(&runs, &day, &script)?;
            keep_key(&folder, &seed)?;
            let head = Head {
                id: name.clone(),
                inputs: inputs(&head.args),
                started: zoned.to_string(),
                ..head.clone()
            };
            let journal = Journal::create(&folder, &head)?;
            named.get_or_init(|| name);
            Ok(journal)
        });
        Self {
            ledger: Arc::new(ledger.taking(snapshots)),
            snapshots,
            started,
            zone: None,
            seed,
            id,
        }
    }

    /// An earlier run taken up again; says what has changed since.
    pub fn resume(
        name: &str,
        subject: &Subject,
        runs: &Path,
        terminal: Terminal,
    ) -> Result<Self, Failure> {
        let folder = folder(runs, name)?;
        let (journal, head) = Journal::open(&folder).map_err(|error| failed(&error))?;
        if head.rehearsal {
            return Err(ended_with_its_server());
        }
        same_server(&head, &subject.host, &subject.path)
            .map_err(|failure| failure.hint(resume_with(&head)))?;
        same_script(&head, subject)?;
        same_writes(&head, subject)?;
        for change in changes(&head, subject) {
            terminal.alert(&format!("warning: {change} since run `{}` began", head.id));
        }
        let started: ZonedDateTime = head.started.parse().map_err(|error| {
            Failure::usage(format!(
                "run `{}` does not say when it began: {error}",
                head.id
            ))
        })?;
        let snapshots = subject.snapshots.unwrap_or(head.snapshots);
        outputs::clear(&folder).map_err(|error| Failure::usage(error.to_string()))?;
        let id = OnceLock::from(head.id.clone());
        Ok(Self {
            seed: read_key(&folder)?,
            ledger: Arc::new(
                Ledger::resumed(journal)
                    .taking(snapshots)
                    .under(&subject.profile, &head.profile)
                    .begun_by(&head.version),
            ),
            snapshots,
            started: started.timestamp(),
            zone: Some(started.time_zone().clone()),
            id: Arc::new(id),
        })
    }

    /// The run's one clock.
    pub fn clock(&self) -> Clock {
        let clock = Clock::new(self.started);
        match &self.zone {
            Some(zone) => clock.in_zone(zone.clone()),
            None => clock,
        }
    }

    /// The run's name, once something was written down.
    pub fn name(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// Writes down how the run ended, if anything was written down at all.
    pub fn finish(&self, failure: Option<&Failure>) -> Result<(), Failure> {
        let Some(journal) = self.ledger.begun() else {
            return Ok(());
        };
        let state = match failure.map(|failure| failure.exit) {
            None => State::Done,
            Some(Exit::Interrupted) => State::Interrupted,
            Some(Exit::InDoubt) => State::InDoubt,
            Some(Exit::Server | Exit::Limit) => State::Stopped,
            Some(_) => State::Failed,
        };
        journal.finish(state).map_err(|error| failed(&error))
    }
}

/// The folder of a run by its name, which is never a path.
pub fn folder(runs: &Path, name: &str) -> Result<PathBuf, Failure> {
    let is_name = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    let folder = runs.join(name);
    if is_name && folder.is_dir() {
        return Ok(folder);
    }
    let known = runs::names(runs);
    // What changes something goes by a run's own name, not by `last`.
    let newest = (name == runs::LAST)
        .then(|| runs::meant(None).ok())
        .flatten();
    let near = similar(name, known.iter().map(String::as_str));
    let hint = match newest.as_deref().or(near.first().copied()) {
        Some(near) => format!("did you mean `{near}`? `whmcsh runs` lists them all"),
        None => "`whmcsh runs` lists them".to_owned(),
    };
    Err(Failure::usage(format!("there is no run `{name}`")).hint(hint))
}

/// The refusal to take up a run whose server is gone.
pub fn ended_with_its_server() -> Failure {
    Failure::usage("a run on `--sandbox` cannot be resumed: its server ended with it")
        .hint("keep one running with `whmcsh sandbox` to rehearse resuming")
}

/// A journal's error as the user sees it.
pub fn failed(error: &JournalError) -> Failure {
    let exit = match error {
        // It is for another time, as where the server is away.
        JournalError::InUse { .. } => Exit::Server,
        _ => Exit::Usage,
    };
    let failure = Failure::new(exit, error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn head(subject: &Subject) -> Head {
    Head {
        id: String::new(),
        script: subject.script.display().to_string(),
        script_hash: hash(subject.text.as_bytes()),
        modules: modules(subject).collect(),
        args: without_secret_words(subject.args),
        options: subject.options.to_vec(),
        inputs: Vec::new(),
        profile: subject.profile.clone(),
        host: subject.host.clone(),
        path: Some(subject.path.clone()),
        rehearsal: subject.rehearsal,
        started: String::new(),
        snapshots: subject.snapshots.unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The modules the script imports, with what they hold.
fn modules(subject: &Subject) -> impl Iterator<Item = Input> {
    subject.modules.iter().map(|module| Input {
        path: module.name().to_owned(),
        hash: hash(module.text().as_bytes()),
    })
}

/// The arguments that are files, with what they hold.
fn inputs(args: &[String]) -> Vec<Input> {
    let input = |path: &String| {
        let hash = Path::new(path)
            .is_file()
            .then(|| hash_of_file(path))
            .flatten()?;
        Some(Input {
            path: path.clone(),
            hash,
        })
    };
    args.iter().filter_map(input).collect()
}

/// Refuses what is another server than the run's, whatever its profile is called.
pub fn same_server(head: &Head, host: &str, path: &str) -> Result<(), Failure> {
    // An older version did not say which path it was.
    let own = head.path.as_deref().unwrap_or(path);
    if (head.host.as_str(), own) == (host, path) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "run `{}` was on `{}{own}`, and this is `{host}{path}`",
        head.id, head.host
    )))
}

/// Refuses another script, whose rows and writes would be taken for the run's; one that
/// was changed, or only moved or renamed, is the same.
fn same_script(head: &Head, subject: &Subject) -> Result<(), Failure> {
    let name = Path::new(&head.script).file_name();
    if name == subject.script.file_name() || head.script_hash == hash(subject.text.as_bytes()) {
        return Ok(());
    }
    let now = subject.script.display();
    let what = format!(
        "run `{}` is of `{}`, and this is `{now}`",
        head.id, head.script
    );
    Err(Failure::usage(what).hint(format!(
        "`whmcsh runs show {}` says how it goes on",
        head.id
    )))
}

fn resume_with(head: &Head) -> String {
    format!("resume it with `--profile {}`", head.profile)
}

/// Refuses to go on with options under which the run's writes would not be those
/// it did, and so be done again: with mail kept in where it was not, or other rows.
fn same_writes(head: &Head, subject: &Subject) -> Result<(), Failure> {
    for word in [NO_MAIL, SHARD] {
        let [began, now] = [&head.options, subject.options].map(|words| said(words, word));
        if began != now {
            let id = &head.id;
            let how = began.unwrap_or_else(|| format!("no `{word}`"));
            let what = format!(
                "run `{id}` began with {how}, and would do other writes, or the same again"
            );
            return Err(Failure::usage(what).hint("resume it with the options it began with"));
        }
    }
    Ok(())
}

/// What the words say of an option: the option and its value.
fn said(words: &[String], option: &str) -> Option<String> {
    let at = words.iter().position(|word| word == option)?;
    let value = words.get(at + 1).filter(|word| !word.starts_with("--"));
    Some(match value {
        Some(value) => format!("`{option} {value}`"),
        None => format!("`{option}`"),
    })
}

/// What is not as it was when the run began.
fn changes(head: &Head, subject: &Subject) -> Vec<String> {
    let mut changes = Vec::new();
    if head.script_hash != hash(subject.text.as_bytes()) {
        changes.push(format!("`{}` has changed", head.script));
    }
    // By what they hold: the script may be given by another path.
    let now: Vec<Input> = modules(subject).collect();
    for module in &head.modules {
        if !now.iter().any(|now| now.hash == module.hash) {
            changes.push(format!("`{}` has changed", module.path));
        }
    }
    if head.args != without_secret_words(subject.args) {
        changes.push("the arguments have changed".to_owned());
    }
    for input in &head.inputs {
        if hash_of_file(&input.path).is_none_or(|hash| hash != input.hash) {
            changes.push(format!("`{}` has changed", input.path));
        }
    }
    changes
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hash_of_file(path: &str) -> Option<String> {
    let mut hasher = Sha256::new();
    let mut file = fs::File::open(path).ok()?;
    std::io::copy(&mut file, &mut HashWriter(&mut hasher)).ok()?;
    Some(hex(&hasher.finalize()))
}

/// Feeds a hash from a reader.
struct HashWriter<'h>(&'h mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn keep_key(folder: &Path, seed: &[u8; 32]) -> Result<(), JournalError> {
    let kept = files::write_new(&folder.join(KEY), Mode::Private, seed);
    kept.map_err(|error| JournalError::Io {
        folder: folder.to_owned(),
        why: reason(&error),
    })
}

fn read_key(folder: &Path) -> Result<[u8; 32], Failure> {
    let path = folder.join(KEY);
    let bytes = fs::read(&path).map_err(|error| {
        let (shown, why) = (path.display(), reason(&error));
        Failure::usage(format!("cannot read `{shown}`: {why}"))
    })?;
    bytes.try_into().map_err(|_| {
        Failure::usage(format!("`{}` is not a run's key", path.display()))
            .hint("without it the run's passwords cannot be drawn again; start a new run")
    })
}
