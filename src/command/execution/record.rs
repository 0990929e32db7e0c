//! Where runs are kept, and how one is begun or taken up again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use rustix::process::getuid;
use rustix::system::uname;
use sha2::{Digest as _, Sha256};

use super::copies;
use super::kept;
use super::names::{failed, folder, keep_script};
use super::plan_use;
use super::takeover;
use crate::catalog::{self, Risk};
use crate::command::Terminal;
use crate::command::interrupt::{self, LastWords};
use crate::config::{ENVIRONMENT, runs_folder};
use crate::error::{Exit, Failure};
use crate::files::{self, Mode, reason};
use crate::run::invocation::{Invocation, Task, are_same};
use crate::run::journal::{
    self, Head, Input, Journal, JournalError, KEY, Rules, State, Taking, lock_names, mark_unbegun,
    new_folder,
};
use crate::run::money::purse::MAX_MONEY;
use crate::run::{FLEET, LazyJournal, NO_MAIL, SHARD, Snapshots, outputs, shell_word};
use crate::script::{Clock, Script, Streams};

/// A run that keeps a record: its clock, its dice and its journal.
pub struct Recorded {
    /// The journal, begun by the first write.
    pub lazy_journal: Arc<LazyJournal>,
    /// Before which writes snapshots are taken.
    pub snapshots: Snapshots,
    /// The moment the run first started.
    started: Timestamp,
    /// The zone it started in, for a run taken up again.
    zone: Option<TimeZone>,
    /// The run's key.
    pub seed: [u8; 32],
    /// When it came to its end before this pass.
    done: Option<String>,
    /// The run's name, once it has one.
    id: Arc<OnceLock<String>>,
    /// What it can read only once, kept until it is done.
    streams: Streams,
}

/// What a run is of, as its journal will say.
pub struct Subject<'a> {
    /// What was asked.
    pub invocation: &'a Invocation,
    /// The script's text.
    pub text: &'a str,
    /// The modules it imports.
    pub modules: &'a [Script],
    /// The profile's name.
    pub profile: String,
    /// The server's host.
    pub host: String,
    /// The path of WHMCS on that host.
    pub path: String,
    /// The statuses its profile calls not processed.
    pub not_processed: Vec<u16>,
    /// The name its user gave it.
    pub name: Option<String>,
    /// What it can read only once.
    pub streams: Streams,
    /// Whether a plan is done although a run did it before.
    pub binds_again: bool,
    /// Whether rows that an earlier run had begun may be done from the beginning.
    pub does_again: bool,
}

/// Makes what a run's folder has from its beginning, the journal last.
fn make(
    folder: &Path,
    head: &Head,
    seed: &[u8; 32],
    streams: &Streams,
) -> Result<Journal, JournalError> {
    mark_unbegun(folder).map_err(|error| io_error(folder, &error))?;
    keep_key(folder, seed)?;
    keep(folder, head).map_err(|error| io_error(folder, &error))?;
    let attached = streams.attach(folder);
    attached.map_err(|error| io_error(folder, &error))?;
    Journal::create(folder, head)
}

/// Keeps beside the journal what must be known of a run that loses it. A rehearsal carries
/// out no plan.
fn keep(folder: &Path, head: &Head) -> io::Result<()> {
    let plan = head.invocation.bind.as_ref();
    let plan = plan.filter(|_| !head.is_rehearsal());
    kept::keep(
        folder,
        head.name.as_deref(),
        plan.map(|plan| plan.digest.as_str()),
    )
}

impl Recorded {
    /// A new run; its folder is made when something is to be written down.
    ///
    /// `tell` is called before that. Where there is no folder for runs, that is said then:
    /// what only reads needs none.
    pub fn begin(
        subject: &Subject,
        runs: Result<PathBuf, Failure>,
        tell: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::begin_at(Timestamp::now(), rand::random(), subject, runs, tell)
    }

    /// The same with that clock and those dice.
    pub fn begin_at(
        started: Timestamp,
        seed: [u8; 32],
        subject: &Subject,
        runs: Result<PathBuf, Failure>,
        tell: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let snapshots = subject.invocation.snapshots.unwrap_or_default();
        let id = Arc::new(OnceLock::new());
        let head = head(subject);
        let called = head.called();
        let (script, named) = (PathBuf::from(head.script()), Arc::clone(&id));
        let runs = runs.map_err(|failure| failure.what);
        let streams = subject.streams.clone();
        let only_once = !subject.binds_again && !subject.invocation.target.sandbox;
        let binding = subject.invocation.bind.clone().filter(|_| only_once);
        let lazy_journal = LazyJournal::new(move || {
            let runs = runs.as_ref();
            let runs = runs.map_err(|what| JournalError::Nowhere(what.clone()))?;
            // Of two runs that begin a plan at once, one begins it.
            let _lock = match (&binding, &head.name) {
                (Some(_), None) => Some(lock_names(runs)?),
                _ => None,
            };
            if let Some(binding) = &binding {
                plan_use::still_not_done(binding, runs)?;
            }
            tell();
            let zoned = started.to_zoned_datetime(TimeZone::system());
            let day = zoned.date().to_string();
            let (name, folder) = new_folder(runs, &day, &script)?;
            let head = Head {
                id: name.clone(),
                inputs: inputs(head.args()),
                started: zoned.to_string(),
                ..head.clone()
            };
            let begun = make(&folder, &head, &seed, &streams);
            if begun.is_err() {
                // Nothing was sent: a folder without a journal would be no run.
                let _ = fs::remove_dir_all(&folder);
            }
            let journal = begun?;
            named.get_or_init(|| name);
            Ok(journal)
        });
        Self {
            lazy_journal: Arc::new(
                lazy_journal
                    .called(called)
                    .taking(snapshots)
                    .doing_again(subject.does_again)
                    .of_scripts(texts(subject)),
            ),
            snapshots,
            started,
            zone: None,
            seed,
            id,
            done: None,
            streams: subject.streams.clone(),
        }
    }

    /// An earlier run taken up again; says what has changed since.
    pub fn resume(
        name: &str,
        subject: &Subject,
        runs: &Path,
        (taking, terminal): (&Taking, Terminal),
    ) -> Result<Self, Failure> {
        let folder = folder(runs, name)?;
        copies::refuse_second(&folder)?;
        let (mut journal, head) = takeover::open(&folder, taking, terminal)?;
        if head.is_rehearsal() {
            return Err(ended_with_its_server());
        }
        same_server(&head, &subject.host, &subject.path)
            .map_err(|failure| failure.hint(resume_with(&head)))?;
        let rules = Rules::numbered(head.rules).ok_or_else(|| newer(&head))?;
        same_task(&head, subject)?;
        same_rows(&head, subject.invocation)?;
        same_writes(&head, subject.invocation)?;
        let plans = (
            head.invocation.bind.as_ref(),
            subject.invocation.bind.as_ref(),
        );
        plan_use::same_plan(plans.0, plans.1, &head.id)?;
        if !subject.invocation.limits.max_money.is_empty() {
            money_is_counted(&journal, &head.id, terminal)?;
        }
        for change in changes(&head, subject) {
            terminal.alert(&format!("warning: {change} since run `{}` began", head.id));
        }
        let started: ZonedDateTime = head.started.parse().map_err(|error| {
            Failure::usage(format!(
                "run `{}` does not say when it began: {error}",
                head.id
            ))
        })?;
        let snapshots = subject.invocation.snapshots.unwrap_or(head.snapshots());
        outputs::clear(&folder).map_err(|error| Failure::usage(error.to_string()))?;
        // The journal says it too.
        let _ = keep(&folder, &head);
        // Only for the command that is printed.
        let _ = keep_script(&folder, &head.invocation, subject.invocation);
        let kept = subject.streams.attach(&folder);
        kept.map_err(|error| failed(&io_error(&folder, &error)))?;
        let id = OnceLock::from(name.to_owned());
        let seed = match read_key(&folder) {
            // A copy of the journal alone has none.
            Err(_) if taking.adopts && !folder.join(KEY).exists() => {
                terminal.alert(&format!(
                    "warning: run `{name}`: its key is missing, so `random_password` returns other passwords than before"
                ));
                let seed = rand::random();
                let begun = journal
                    .forget_cells()
                    .and_then(|()| keep_key(&folder, &seed));
                begun.map_err(|error| failed(&error))?;
                seed
            }
            seed => seed?,
        };
        Ok(Self {
            seed,
            lazy_journal: Arc::new(
                LazyJournal::resumed(journal)
                    .called(head.called())
                    .taking(snapshots)
                    .doing_again(subject.does_again)
                    .under(&subject.profile, &head.profile)
                    .begun_by(&head.version)
                    .by(rules)
                    .of_scripts(texts(subject)),
            ),
            snapshots,
            started: started.timestamp(),
            zone: Some(started.time_zone().clone()),
            id: Arc::new(id),
            done: None,
            streams: subject.streams.clone(),
        })
    }

    /// The same run, which came to its end at that moment: what was done is gone through
    /// once more, and anything else refused with that way out.
    pub fn finished(self, done: String, way_out: String) -> Self {
        let lazy_journal = Arc::into_inner(self.lazy_journal);
        // Nobody else has it yet.
        let lazy_journal =
            lazy_journal.map(|lazy_journal| Arc::new(lazy_journal.finished(way_out)));
        Self {
            lazy_journal: lazy_journal
                .unwrap_or_else(|| unreachable!("the journal is not shared yet")),
            done: Some(done),
            ..self
        }
    }

    /// When the run came to its end before this pass.
    pub fn done(&self) -> Option<&str> {
        self.done.as_deref()
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

    /// The run's name, for whoever asks once something was written down.
    pub fn name_to_come(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.id)
    }

    /// Says how the run is resumed where the program is told to end at once, and whether it
    /// leaves writes in doubt.
    pub fn resumed_by(&self, resume: impl Fn(&str) -> String + Send + 'static) {
        // It is to be let go of when it has ended.
        let (id, lazy_journal) = (self.name_to_come(), Arc::downgrade(&self.lazy_journal));
        interrupt::last_words(move || {
            let id = id.get()?;
            let lazy_journal = lazy_journal.upgrade();
            let has_doubts = match lazy_journal
                .as_ref()
                .and_then(|lazy_journal| lazy_journal.begun())
            {
                Some(journal) => journal.may_have_doubts(),
                None => left_doubts(id),
            };
            let (exit, left) = if has_doubts {
                let left = format!("run `{id}` has writes in doubt, which may have been applied");
                (Exit::InDoubt, left)
            } else {
                (
                    Exit::Interrupted,
                    format!("no write of run `{id}` is in doubt"),
                )
            };
            let resume = resume(id);
            let said = format!("stopped at once: {left}\nto resume, run: {resume}");
            Some(LastWords { said, exit })
        });
    }

    /// Lets go of the run, if nobody else has it; gives its folder, once it has one.
    pub fn leave(self) -> Option<PathBuf> {
        Some(self.lazy_journal.begun()?.folder().to_owned())
    }

    /// Writes down how the run ended, if anything was written down at all.
    pub fn finish(&self, failure: Option<&Failure>) -> Result<(), Failure> {
        let Some(journal) = self.lazy_journal.begun() else {
            return Ok(());
        };
        let state = state_after(failure.filter(|_| self.done.is_none()));
        journal.finish(state).map_err(|error| failed(&error))?;
        journal.past().forget_settled();
        if state == State::Done {
            self.streams.forget();
        } else if self.streams.has_empty() && did_nothing(journal) {
            self.streams.forget_empty();
        }
        Ok(())
    }
}

/// Whether a run that was let go of has writes in doubt, or nobody can say.
fn left_doubts(run: &str) -> bool {
    let counts = runs_folder().map(|runs| {
        let reading = journal::read(&runs.join(run))?;
        reading.counts()
    });
    !matches!(counts, Ok(Ok(counts)) if counts.writes_in_doubt == 0)
}

/// Whether a run has neither begun a row nor a write.
fn did_nothing(journal: &Journal) -> bool {
    journal::read(journal.folder()).is_ok_and(|reading| reading.is_untouched() == Ok(true))
}

/// The state of a run that came to this end.
pub fn state_after(failure: Option<&Failure>) -> State {
    match failure.map(|failure| failure.exit) {
        None => State::Done,
        Some(Exit::Interrupted) => State::Interrupted,
        Some(Exit::InDoubt) => State::InDoubt,
        Some(Exit::Server | Exit::Limit) => State::Stopped,
        Some(_) => State::Failed,
    }
}

/// The refusal to take up a run whose server is gone.
pub fn ended_with_its_server() -> Failure {
    Failure::usage("a run on `--sandbox` cannot be resumed: its server ended with it")
        .hint("to try resuming, keep a sandbox running with `whmcsh sandbox`")
}

/// The refusal of a run whose rows only a newer version knows again.
fn newer(head: &Head) -> Failure {
    let (id, version) = (&head.id, &head.version);
    Failure::usage(format!(
        "whmcsh {version} began run `{id}`, and this version cannot resume it since its rules for \
         rows differ; nothing was sent"
    ))
    .hint(format!("resume it with whmcsh {version}"))
}

fn head(subject: &Subject) -> Head {
    Head {
        id: String::new(),
        invocation: subject.invocation.clone().without_secrets(),
        script_hash: hash(subject.text.as_bytes()),
        modules: modules(subject.modules).collect(),
        inputs: Vec::new(),
        profile: subject.profile.clone(),
        host: subject.host.clone(),
        path: Some(subject.path.clone()),
        name: subject.name.clone(),
        started: String::new(),
        not_processed: subject.not_processed.clone(),
        rules: Rules::default().number(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: Some(uname().nodename().to_string_lossy().into_owned()),
        user: Some(user()),
    }
}

/// Who runs this: the name, or the number where there is none, as in many containers.
fn user() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let name = name.ok().filter(|name| !name.is_empty());
    name.unwrap_or_else(|| getuid().as_raw().to_string())
}

/// The modules the script imports, with what they hold.
pub fn modules(modules: &[Script]) -> impl Iterator<Item = Input> + '_ {
    modules.iter().map(|module| Input {
        path: module.name().to_owned(),
        hash: hash(module.text().as_bytes()),
    })
}

/// The script and its modules by the names errors give them, with what they hold in short.
fn texts(subject: &Subject) -> HashMap<String, String> {
    let own = (subject.invocation.task.name(), subject.text);
    let modules = subject.modules.iter();
    let modules = modules.map(|module| (module.name().to_owned(), module.text()));
    let short = |text: &str| hash(text.as_bytes()).chars().take(16).collect();
    std::iter::once(own)
        .chain(modules)
        .map(|(name, text)| (name, short(text)))
        .collect()
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

/// Refuses another task, whose rows and writes would be taken for the run's; a script
/// that was changed, or only moved or renamed, is the same.
fn same_task(head: &Head, subject: &Subject) -> Result<(), Failure> {
    let (began, now) = (&head.invocation.task, &subject.invocation.task);
    let is_renamed = matches!((began, now), (Task::Script(_), Task::Script(_)))
        && head.script_hash == hash(subject.text.as_bytes());
    if began.is_like(now) || began.is_same(now) || is_renamed {
        return Ok(());
    }
    let what = format!(
        "run `{}` belongs to `{}`, and this is `{}`",
        head.id,
        began.name(),
        now.name()
    );
    Err(Failure::usage(what).hint(format!(
        "`whmcsh runs show {}` shows how to resume it",
        head.id
    )))
}

/// Refuses rows that went by another key before: they would be taken for new ones, and
/// done twice. Those of a script say their keys where they begin.
fn same_rows(head: &Head, now: &Invocation) -> Result<(), Failure> {
    let (Task::Each(began), Task::Each(now)) = (&head.invocation.task, &now.task) else {
        return Ok(());
    };
    if began.key == now.key {
        return Ok(());
    }
    let known = match &began.key {
        Some(key) => format!("`{key}`"),
        None if Rules::numbered(head.rules) == Some(Rules::Spelled) => "their numbers".to_owned(),
        None => "their content".to_owned(),
    };
    let failure = Failure::usage(format!(
        "the rows of run `{}` are identified by {known}; with anything else they would be done \
         again",
        head.id
    ));
    Err(failure.hint(match &began.key {
        Some(key) => format!("resume it with `--key {}`", shell_word(key)),
        None => "resume it without `--key`".to_owned(),
    }))
}

/// Says of which writes the money is not counted that earlier passes made; refuses a
/// journal that has no place for it.
fn money_is_counted(journal: &Journal, run: &str, terminal: Terminal) -> Result<(), Failure> {
    let Some(moved) = journal.moved() else {
        return Err(Failure::usage(format!(
            "`{MAX_MONEY}` cannot limit run `{run}`: whmcsh 0.1.0 began it, and its journal keeps no sums"
        ))
        .hint(format!("resume it without `{MAX_MONEY}`")));
    };
    let uncounted = moved.uncounted.iter().filter(|name| {
        catalog::action(name).is_none_or(|action| {
            action.has_risk(Risk::Money) && !action.has_risk(Risk::Destructive)
        })
    });
    let names: Vec<&str> = uncounted.map(String::as_str).collect();
    if !names.is_empty() {
        terminal.alert(&format!(
            "warning: earlier writes of run `{run}` were made without `{MAX_MONEY}`, so their \
             sums are not counted: {}",
            names.join(", ")
        ));
    }
    Ok(())
}

fn resume_with(head: &Head) -> String {
    if head.profile == ENVIRONMENT {
        return format!("resume it with the `WHMCSH_URL` of `{}`", head.host);
    }
    format!("resume it with `--profile {}`", head.profile)
}

/// Refuses to go on with options under which the run's writes would not be those
/// it did, and so be done again: with mail kept in where it was not, or other rows.
fn same_writes(head: &Head, asked: &Invocation) -> Result<(), Failure> {
    let (began, now) = (&head.invocation.limits, &asked.limits);
    let how = if began.no_mail != now.no_mail {
        said(NO_MAIL, began.no_mail.then(|| NO_MAIL.to_owned()))
    } else if began.shard != now.shard {
        said(SHARD, began.shard.map(|shard| format!("{SHARD} {shard}")))
    } else if is_of_fleet(&head.invocation) != is_of_fleet(asked) {
        let profile = head.invocation.target.profile.as_deref();
        let profile = profile.filter(|_| is_of_fleet(&head.invocation));
        said(FLEET, profile.map(|profile| format!("{FLEET} {profile}")))
    } else {
        return Ok(());
    };
    let what = format!(
        "run `{}` began with {how}; with other options it would do other writes, or repeat some",
        head.id
    );
    Err(Failure::usage(what).hint("resume it with the options it began with"))
}

/// Whether a run is one of several servers', whose files have the names of their profiles.
const fn is_of_fleet(asked: &Invocation) -> bool {
    !asked.target.fleet.is_empty()
}

/// An option as a run began with it, or without it.
fn said(option: &str, given: Option<String>) -> String {
    match given {
        Some(given) => format!("`{given}`"),
        None => format!("no `{option}`"),
    }
}

/// What is not as it was when the run began.
fn changes(head: &Head, subject: &Subject) -> Vec<String> {
    let mut changes = Vec::new();
    if head.script_hash != hash(subject.text.as_bytes()) {
        changes.push(format!("`{}` has changed", head.script()));
    }
    // By what they hold: the script may be given by another path.
    let now: Vec<Input> = modules(subject.modules).collect();
    for module in &head.modules {
        if !now.iter().any(|now| now.hash == module.hash) {
            changes.push(format!("`{}` has changed", module.path));
        }
    }
    let now = subject.invocation.clone().without_secrets();
    if !are_same(head.args(), now.task.args()) {
        changes.push("the arguments have changed".to_owned());
    }
    if head.not_processed != subject.not_processed {
        changes.push("`not_processed` of the profile has changed".to_owned());
    }
    for input in &head.inputs {
        if hash_of_file(&input.path).is_none_or(|hash| hash != input.hash) {
            changes.push(format!("`{}` has changed", input.path));
        }
    }
    changes
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of what a file holds, where it can be read.
pub fn hash_of_file(path: &str) -> Option<String> {
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
    kept.map_err(|error| io_error(folder, &error))
}

fn io_error(folder: &Path, error: &io::Error) -> JournalError {
    JournalError::Io {
        folder: folder.to_owned(),
        why: reason(error),
    }
}

fn read_key(folder: &Path) -> Result<[u8; 32], Failure> {
    let path = folder.join(KEY);
    let bytes = fs::read(&path).map_err(|error| {
        let (shown, why) = (path.display(), reason(&error));
        let failure = Failure::usage(format!("cannot read `{shown}`: {why}; nothing was sent"));
        if error.kind() == io::ErrorKind::NotFound {
            failure.hint("put it back; `--take-over` continues without it, with other passwords")
        } else {
            failure
        }
    })?;
    bytes.try_into().map_err(|_| {
        Failure::usage(format!("`{}` is not the key of a run", path.display()))
            .hint("the run's passwords cannot be made again without it; start a new run")
    })
}
