//! Runs by the names their users give them: begun, taken up, or done already.
//!
//! A scheduler knows nothing but a command line. Under a name the same line is the same
//! run, however often it is given: each row is done once.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::pruned::{self, other_name};
use super::takeover::Waiting;
use super::{damaged, kept, names, taken};
use crate::command::Terminal;
use crate::config::runs_folder;
use crate::error::{Exit, Failure};
use crate::run::invocation::{EachRow, Invocation, Task, is_same_argument, is_same_file};
use crate::run::journal::{self, Head, JournalError, Reading, State, Watch};
use crate::run::{NO_MAIL, Part, SHARD};
use crate::secrets::without_secret_words;

/// How long a run is waited for that another process is at.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(250);
/// So long nothing is said of others that begin runs by name: shards start together.
const SILENCE: Duration = Duration::from_secs(2);

/// A run that has the name.
pub struct Named {
    /// Its id.
    pub run: String,
    /// When it came to its end, if it has.
    pub done: Option<String>,
}

/// Keeps other processes from beginning runs by name, or taking one up; one that does is
/// waited for.
pub fn lock(name: &str, waiting: &Waiting) -> Result<File, Failure> {
    let (runs, began) = (runs_folder()?, Instant::now());
    loop {
        let held = journal::lock_names(&runs).map_err(|error| not_sent(names::failed(&error)))?;
        if let Some(held) = held {
            return Ok(held);
        }
        let left = PATIENCE.saturating_sub(began.elapsed());
        if left.is_zero() {
            let what = format!(
                "another process keeps the names of runs locked, so `{name}` cannot start; \
                 nothing was sent"
            );
            return Err(Failure::new(Exit::Server, what).hint("try again when it has ended"));
        }
        let watch = Watch {
            process: None,
            is_alive: true,
            left,
        };
        let is_waited = if began.elapsed() < SILENCE {
            waiting.pause(PAUSE)
        } else {
            waiting.wait(PAUSE, &watch)
        };
        if !is_waited {
            return Err(names::failed(&JournalError::Interrupted(runs)));
        }
    }
}

fn not_sent(failure: Failure) -> Failure {
    Failure {
        what: format!("{}; nothing was sent", failure.what),
        ..failure
    }
}

/// The run of that name, if there is one: of the same arguments, or it is refused.
///
/// A process that is at it is waited for.
pub fn find(name: &str, asked: &Invocation, waiting: &Waiting) -> Result<Option<Named>, Failure> {
    let began = Instant::now();
    loop {
        let Some(reading) = reading(name, asked)? else {
            return Ok(None);
        };
        if !names::is_same(&reading.head().invocation, asked) {
            return Err(another(name, &reading, asked));
        }
        let run = reading.name();
        match reading.state() {
            State::Running if began.elapsed() < PATIENCE => {
                let watch = Watch {
                    process: reading.holder().map(Box::new),
                    is_alive: true,
                    left: PATIENCE.saturating_sub(began.elapsed()),
                };
                if !waiting.wait(PAUSE, &watch) {
                    let error = JournalError::Interrupted(reading.folder().to_owned());
                    return Err(names::failed(&error));
                }
            }
            State::Running => {
                let what = format!(
                    "run `{run}`, named `{name}`, is in progress in another process; nothing was \
                     sent"
                );
                return Err(Failure::new(Exit::Server, what).hint("try again when it has ended"));
            }
            State::Done => {
                let done = Some(reading.ended().unwrap_or_default().to_owned());
                return Ok(Some(Named { run, done }));
            }
            _ => return Ok(Some(Named { run, done: None })),
        }
    }
}

/// The run of that name and part. One that nobody can read is refused: begun anew, its
/// rows would be done twice. So is one of another number of shards, which has other rows, and
/// one of a single server where this is of several.
pub fn reading(name: &str, asked: &Invocation) -> Result<Option<Reading>, Failure> {
    let own = asked.part();
    let mut its = None;
    let is_its = |folder: &PathBuf| kept::name_kept(folder).as_deref() == Some(name);
    if let Some(folder) = names::lost()?.into_iter().find(is_its) {
        return Err(lost(name, &folder));
    }
    for folder in names::folders()? {
        match journal::read_head(&folder) {
            Ok(head) if head.name.as_deref() == Some(name) => {
                let reading = journal::read(&folder);
                let reading = reading.map_err(|error| unreadable(name, &folder, &error))?;
                let part = head.invocation.part();
                if !part.goes_with(&own) {
                    return Err(other_parts(name, &reading, &own));
                }
                let goes_on = journal::goes_on(&folder);
                let is_second = goes_on.map_err(|error| unreadable(name, &folder, &error))?;
                if part == own && is_second.is_none() {
                    its = Some(reading);
                }
            }
            Err(error) if kept::may_have_name(&folder, name) => {
                return Err(unreadable(name, &folder, &error));
            }
            _ => {}
        }
    }
    if its.is_none() {
        pruned::refuse(name, &own)?;
        taken::refuse(name, &own)?;
    }
    Ok(its)
}

fn other_parts(name: &str, reading: &Reading, own: &Part) -> Failure {
    let said = |part: &Part| match part {
        Part::Whole => format!("no `{SHARD}` and one server"),
        Part::Shard(shard) => format!("`{SHARD} {shard}`"),
        Part::Server(_) => "several servers".to_owned(),
    };
    let began = reading.head().invocation.part();
    let said = match (&began, own) {
        (Part::Whole | Part::Shard(_), Part::Whole | Part::Shard(_)) => {
            [&began, own].map(|part| said(part).replace(" and one server", ""))
        }
        _ => [&began, own].map(said),
    };
    let what = format!(
        "the name `{name}` belongs to run `{}`, begun with {}; with {} it would do rows of that \
         run again; nothing was sent",
        reading.head().id,
        said[0],
        said[1]
    );
    let same = match (began, own) {
        (Part::Shard(shard), _) => format!("use `{SHARD} I/{}` as before", shard.count()),
        (Part::Server(_), _) => "name the profiles with `--profiles` as before".to_owned(),
        (Part::Whole, Part::Server(_)) => "name one `--profile` as before".to_owned(),
        (Part::Whole, _) => format!("leave out `{SHARD}` as before"),
    };
    Failure::usage(what).hint(format!("{same}, or {}", other_name(name)))
}

fn unreadable(name: &str, folder: &Path, error: &JournalError) -> Failure {
    let failure = names::failed(error);
    let id = folder.file_name().unwrap_or_default().to_string_lossy();
    let named = match kept::name_kept(folder) {
        Some(_) => "has",
        None => "may have",
    };
    let failure = Failure {
        what: format!(
            "run `{id}` {named} the name `{name}`, but cannot be read: {}; nothing was sent",
            failure.what
        ),
        ..failure
    };
    match error {
        JournalError::Io { .. } => failure.hint(
            "give this user the right to read it, or set `WHMCSH_STATE` to a folder of its own",
        ),
        _ => failure,
    }
}

fn lost(name: &str, folder: &Path) -> Failure {
    let (id, shown) = (folder.file_name().unwrap_or_default(), folder.display());
    let what = format!(
        "run `{}` has the name `{name}`, but its journal is gone from `{shown}`: a new run would \
         do its rows twice; nothing was sent",
        id.to_string_lossy()
    );
    Failure::usage(what).hint(format!(
        "put the journal back; or check the server, then remove the folder; to start other work, \
         {}",
        other_name(name)
    ))
}

/// The newest unfinished run of what is asked.
pub fn last(asked: &Invocation) -> Result<String, Failure> {
    damaged::refuse(asked)?;
    let found = unfinished(asked).map(|reading| reading.name());
    found.ok_or_else(|| {
        Failure::usage("there is no unfinished run with the same arguments; nothing was sent")
            .hint("`whmcsh runs` lists all runs; name one, or start without `--resume`")
    })
}

/// Says so if a run of what is asked is not finished: another one may be a mistake.
pub fn tell_unfinished(asked: &Invocation, terminal: Terminal) {
    if let Some(reading) = unfinished(asked) {
        let head = reading.head();
        if reading.state() == State::Running {
            terminal.alert(&format!(
                "warning: run `{}` with the same arguments is in progress in another process",
                head.id
            ));
            return;
        }
        terminal.alert(&format!(
            "warning: run `{}` with the same arguments is unfinished; to resume it, run: {}",
            head.id,
            names::resume_of(reading.folder(), head)
        ));
    }
}

/// The name of runs on several servers that have the same script and arguments and are not
/// finished.
pub fn unfinished_fleet(asked: &Invocation) -> Option<String> {
    let is_like = |head: &Head| {
        let is_server = matches!(head.invocation.part(), Part::Server(_));
        is_server
            && head
                .invocation
                .task
                .is_same(&asked.clone().without_secrets().task)
    };
    let open = names::unfinished(is_like).into_iter();
    open.map(|reading| reading.head().name.clone())
        .next()
        .flatten()
}

fn unfinished(asked: &Invocation) -> Option<Reading> {
    let open = names::unfinished(|head| names::is_same(&head.invocation, asked));
    // Of the folders of one run, only one may be gone on with.
    let is_second = |reading: &Reading| matches!(journal::goes_on(reading.folder()), Ok(Some(_)));
    open.into_iter().find(|reading| !is_second(reading))
}

fn another(name: &str, reading: &Reading, asked: &Invocation) -> Failure {
    let head = reading.head();
    let what = format!(
        "the name `{name}` belongs to run `{}`, which has another script or other arguments; \
         nothing was sent",
        head.id
    );
    let differs = difference(&head.invocation, &asked.clone().without_secrets());
    Failure::usage(what).hint(format!(
        "{differs}: repeat it as before; for other work, {}",
        other_name(name)
    ))
}

/// The first thing that two runs of one name were not asked alike.
fn difference(began: &Invocation, now: &Invocation) -> String {
    let changed = |what: &str, began: &str, now: &str| format!("{what} was `{began}`, not `{now}`");
    let (Task::Script(own), Task::Script(other)) = (&began.task, &now.task) else {
        if began.task.is_same(&now.task) {
            return of_target(began, now);
        }
        if let (Task::Each(own), Task::Each(other)) = (&began.task, &now.task)
            && let Some(told) = of_each(own, other)
        {
            return told;
        }
        return changed("the run", &began.task.name(), &now.task.name());
    };
    if !is_same_file(&own.path, &other.path) {
        return changed("the script", &began.task.name(), &now.task.name());
    }
    let mut pairs = (1..).zip(own.args.iter().zip(&other.args));
    match pairs.find(|(_, (own, other))| !is_same_argument(own, other)) {
        Some((place, (own, other))) => changed(&format!("argument {place}"), own, other),
        None if own.args.len() == other.args.len() => of_target(began, now),
        None => format!(
            "the script had {} arguments, not {}",
            own.args.len(),
            other.args.len()
        ),
    }
}

/// The first thing that two calls for every row were not asked alike.
fn of_each(began: &EachRow, now: &EachRow) -> Option<String> {
    let option = |option: &str, began: Option<&str>, now: Option<&str>| {
        let said = |value: Option<&str>| {
            value.map_or_else(
                || format!("no `{option}`"),
                |value| format!("`{option} {value}`"),
            )
        };
        (began != now).then(|| format!("it was begun with {}, not {}", said(began), said(now)))
    };
    let text = |name: &str, began: &Option<String>, now: &Option<String>| {
        option(name, began.as_deref(), now.as_deref())
    };
    let switch = |name: &str, began: bool, now: bool| {
        let with = if began { "with" } else { "without" };
        (began != now).then(|| format!("it was begun {with} `{name}`"))
    };
    let skip = |each: &EachRow| (each.skip > 0).then(|| each.skip.to_string());
    let joined = |words: &[String]| (!words.is_empty()).then(|| words.join(","));
    if began.action != now.action {
        return None;
    }
    if !is_same_file(began.file.as_ref(), now.file.as_ref()) {
        let (began, now) = (&began.file, &now.file);
        return Some(format!("the file was `{began}`, not `{now}`"));
    }
    text("--where", &began.condition, &now.condition)
        .or_else(|| text("--key", &began.key, &now.key))
        .or_else(|| text("--sheet", &began.sheet, &now.sheet))
        .or_else(|| text("--skip", &skip(began), &skip(now)))
        .or_else(|| switch("--skip-hidden", began.skip_hidden, now.skip_hidden))
        .or_else(|| text("--encoding", &began.encoding, &now.encoding))
        .or_else(|| text("--delimiter", &began.delimiter, &now.delimiter))
        .or_else(|| text("--as-is", &joined(&began.as_is), &joined(&now.as_is)))
        .or_else(|| switch("--skip-empty", began.skip_empty, now.skip_empty))
        .or_else(|| parameter(&began.params, &now.params))
}

/// The first parameter that is another.
fn parameter(began: &[String], now: &[String]) -> Option<String> {
    let place = (0..began.len().max(now.len())).find(|at| began.get(*at) != now.get(*at))?;
    let said = |words: &[String]| {
        let word = without_secret_words(words).into_iter().nth(place);
        word.map_or_else(|| "missing".to_owned(), |word| format!("`{word}`"))
    };
    Some(format!(
        "parameter {} was {}, not {}",
        place + 1,
        said(began),
        said(now)
    ))
}

fn of_target(began: &Invocation, now: &Invocation) -> String {
    let said = |given: bool, option: &str| {
        let with = if given { "with" } else { "without" };
        format!("it was begun {with} `{option}`")
    };
    if began.limits.no_mail != now.limits.no_mail {
        return said(began.limits.no_mail, NO_MAIL);
    }
    if began.target.sandbox != now.target.sandbox {
        return said(began.target.sandbox, "--sandbox");
    }
    match &began.target.profile {
        Some(profile) => said(true, &format!("--profile {profile}")),
        None => said(false, "--profile"),
    }
}
