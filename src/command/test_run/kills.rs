//! A script that is killed and resumed: it must end as an unbroken run does.
//!
//! Both are run in processes of their own, against the test's server as it was before. A kill
//! strikes when the server has received the n-th request of a pass, before or after it carried the
//! request out: so the points depend on the seed alone, not on how fast the machine is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::bench::{Fallen, TestBench};
use super::options::Kills;
use super::servers::failed;
use crate::catalog;
use crate::error::{Exit, Failure};
use crate::files::{TemporaryFolder, reason};
use crate::sandbox::{Access, Faults, Image, Sandbox};
use crate::script::OWN_SERVER;

/// How often it is looked whether a request came.
const LOOK: Duration = Duration::from_millis(1);
/// So many differences are shown.
const MOST: usize = 12;
/// So many lines of what a run said.
const SAID: usize = 6;
/// The name of the run, by which it is resumed.
const RUN: &str = "killed";

/// The server and the files of a test before a script of it is run.
pub(super) struct Before {
    server: Image,
    folder: TemporaryFolder,
}

/// A script as it is called.
pub(super) struct Called<'c> {
    /// Its path from the working folder.
    pub(super) path: &'c Path,
    pub(super) args: &'c [String],
    /// What `run_script` was told besides.
    pub(super) options: &'c Value,
}

/// Where a pass is killed.
#[derive(Clone, Copy)]
struct Point {
    request: u64,
    is_after: bool,
}

impl Before {
    /// Notes both.
    pub(super) fn take(bench: &TestBench) -> Result<Self, Failure> {
        let folder = TemporaryFolder::new().map_err(|error| unusable(&error))?;
        copy(&bench.working, &folder.path().join("before")).map_err(|error| unusable(&error))?;
        let server = bench.servers.named(OWN_SERVER)?;
        let server = server.sandbox().image().map_err(failed)?;
        Ok(Self { server, folder })
    }

    /// Runs the script unbroken and killed; what is different is a failure. The server is what it
    /// was when this was called.
    pub(super) fn check(
        &self,
        bench: &TestBench,
        called: &Called,
        kills: Kills,
    ) -> Result<(), Failure> {
        let server = bench.servers.named(OWN_SERVER)?;
        let after = server.sandbox().image().map_err(failed)?;
        let checked = self.compare(bench, server.sandbox(), called, kills);
        server.sandbox().restore(&after).map_err(failed)?;
        checked
    }

    fn compare(
        &self,
        bench: &TestBench,
        server: &Sandbox,
        called: &Called,
        kills: Kills,
    ) -> Result<(), Failure> {
        let pass = Pass {
            bench,
            server,
            called,
        };
        let begun = self.begin(server, "unbroken")?;
        let from = server.calls();
        pass.run(&begun, None)?;
        let requests = server.calls() - from;
        let unbroken = pass.outcome(&begun, from)?;
        if requests == 0 {
            return Ok(());
        }
        let begun = self.begin(server, "killed")?;
        let mut dice = ChaCha8Rng::seed_from_u64(kills.seed);
        let mut struck = Vec::new();
        let mut is_over = false;
        for _ in 0..kills.count {
            if is_over {
                break;
            }
            let point = Point {
                request: dice.random_range(1..=requests),
                is_after: dice.random(),
            };
            is_over = !pass.run(&begun, Some(point))?;
            if !is_over {
                struck.push(point);
            }
        }
        if !is_over {
            pass.run(&begun, None)?;
        }
        let killed = pass.outcome(&begun, from)?;
        let tell = |what: &str| {
            let (path, points) = (called.path.display(), points(&struck));
            let mut remarks = bench.remarks.lock().unwrap_or_else(PoisonError::into_inner);
            remarks.push(format!("`{path}`, killed {points}: {what}"));
        };
        if killed.is_in_doubt() && killed.adds_nothing_to(&unbroken) {
            tell("a write stays in doubt, as no look-up finds it; the run waits for `runs settle`");
            return Ok(());
        }
        if killed.output != unbroken.output && killed.does_the_same_as(&unbroken) {
            tell("prints something else than an unbroken run, and does the same");
            return Ok(());
        }
        let Some(difference) = difference(&killed.as_value(), &unbroken.as_value()) else {
            return Ok(());
        };
        let what = format!(
            "`{}` does not end as an unbroken run does (- unbroken, + killed {})",
            called.path.display(),
            points(&struck)
        );
        let said = killed
            .said
            .iter()
            .map(|line| format!("\n  it said: {line}"));
        bench.note(Fallen {
            what: what.clone(),
            difference: Some(difference + &said.collect::<String>()),
        });
        Err(Failure::new(Exit::Script, what).hint(format!(
            "to repeat, run the test with `--kill {} --kill-seed {}`",
            kills.count, kills.seed
        )))
    }

    /// The folder of a run that begins with what there was.
    fn begin(&self, server: &Sandbox, name: &str) -> Result<PathBuf, Failure> {
        server.restore(&self.server).map_err(failed)?;
        let folder = self.folder.path().join(name);
        let made = copy(&self.folder.path().join("before"), &folder.join("work"));
        made.and_then(|()| {
            crate::files::write(&folder.join("config"), crate::files::Mode::Private, b"")
        })
        .map_err(|error| unusable(&error))?;
        Ok(folder)
    }
}

/// What each pass of a run works with.
struct Pass<'p> {
    bench: &'p TestBench,
    server: &'p Sandbox,
    called: &'p Called<'p>,
}

impl Pass<'_> {
    /// Begins or resumes the run; whether it was killed.
    fn run(&self, folder: &Path, point: Option<Point>) -> Result<bool, Failure> {
        let first = self.server.calls();
        if let Some(point) = point {
            // The request waits there for longer than any test lasts.
            let kind = if point.is_after {
                "latency-after"
            } else {
                "latency"
            };
            let fault: Result<Faults, _> = format!("{kind}=3600s:#{}", point.request).parse();
            self.server.set_faults(fault.map_err(failed)?);
        }
        let mut child = self.start(folder)?;
        let ended = self.watch(
            &mut child,
            point.map(|point| (first + point.request, point)),
        );
        self.server.set_faults(Faults::default());
        let (exit, is_killed) = ended?;
        if let Some(exit) = exit {
            let text = exit.to_string();
            crate::files::write(
                &folder.join("exit"),
                crate::files::Mode::Private,
                text.as_bytes(),
            )
            .map_err(|error| unusable(&error))?;
        }
        Ok(is_killed)
    }

    fn start(&self, folder: &Path) -> Result<Child, Failure> {
        let failed = |error: std::io::Error| unusable(&error);
        let here = std::env::current_dir().map_err(failed)?;
        let access = Access::default();
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command
            .args(["run", "--quiet", "--workers", "1", "--name", RUN])
            .args(flags(self.called.options))
            .arg(here.join(self.called.path))
            .args(self.called.args)
            .current_dir(folder.join("work"))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("WHMCSH_CONFIG", folder.join("config"))
            .env("WHMCSH_STATE", folder.join("state"))
            .env("WHMCSH_URL", self.server.url())
            .env("WHMCSH_IDENTIFIER", access.identifier)
            .env("WHMCSH_SECRET", access.secret)
            .env("WHMCSH_LATE_AFTER", "1")
            .stdin(Stdio::null())
            .stdout(emptied(&folder.join("output")).map_err(failed)?)
            .stderr(emptied(&folder.join("notes")).map_err(failed)?);
        command.spawn().map_err(failed)
    }

    /// Waits until the process ends or is killed.
    fn watch(
        &self,
        child: &mut Child,
        point: Option<(u64, Point)>,
    ) -> Result<(Option<i32>, bool), Failure> {
        let mut is_stopped = false;
        loop {
            if let Some(status) = child.try_wait().map_err(|error| unusable(&error))? {
                return Ok((status.code(), false));
            }
            let is_there = point.is_some_and(|(number, point)| self.is_reached(number, point));
            is_stopped |= self.bench.cancel.is_raised();
            if is_there || is_stopped {
                let ended = child.kill().and_then(|()| child.wait());
                ended.map_err(|error| unusable(&error))?;
                if is_stopped {
                    return Err(Failure::new(Exit::Script, "the test was stopped"));
                }
                return Ok((None, true));
            }
            thread::sleep(LOOK);
        }
    }

    fn is_reached(&self, number: u64, point: Point) -> bool {
        self.server.calls() >= number
            && self
                .server
                .requests()
                .iter()
                .any(|request| request.number == number && (!point.is_after || request.carried_out))
    }

    /// What there is to compare when a run has ended.
    fn outcome(&self, folder: &Path, from: u64) -> Result<Outcome, Failure> {
        let state = self.server.export().map_err(failed)?;
        let mut state: Value = serde_json::from_str(&state).map_err(failed)?;
        if let Some(lists) = state.as_object_mut() {
            // What may be sent a second time leaves a second line there.
            lists.remove("activity");
        }
        let (mut writes, mut repeated) = (Vec::new(), BTreeSet::new());
        let mut may_doubt = false;
        for request in self.server.requests() {
            let action = catalog::action(&request.action).filter(|action| action.is_write());
            let Some(action) = action.filter(|_| request.number > from) else {
                continue;
            };
            may_doubt = !action.repeatable;
            let write = format!("{} {}", request.action, json!(request.parameters));
            if request.result == "success" && (!action.repeatable || repeated.insert(write.clone()))
            {
                writes.push(write);
            }
        }
        writes.sort();
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let notes = text("notes");
        let said = notes.lines().filter(|line| !line.trim().is_empty());
        Ok(Outcome {
            exit: text("exit"),
            output: text("output"),
            said: said.take(SAID).map(str::to_owned).collect(),
            may_doubt,
            writes,
            state,
        })
    }
}

/// What a run came to.
struct Outcome {
    exit: String,
    output: String,
    /// The first lines of what the last pass said on standard error.
    said: Vec<String>,
    /// Whether the last write is one that must not be repeated: of others no doubt stays.
    may_doubt: bool,
    /// What the server carried out; a write that may be repeated once.
    writes: Vec<String>,
    /// What the server has then.
    state: Value,
}

impl Outcome {
    fn is_in_doubt(&self) -> bool {
        self.may_doubt && self.exit == (Exit::InDoubt as i32).to_string()
    }

    /// Whether each of its writes is one of another run, none more often.
    fn adds_nothing_to(&self, other: &Self) -> bool {
        let mut left = other.writes.clone();
        self.writes.iter().all(|write| {
            let place = left.iter().position(|other| other == write);
            place.map(|place| left.swap_remove(place)).is_some()
        })
    }

    fn does_the_same_as(&self, other: &Self) -> bool {
        (&self.exit, &self.writes, &self.state) == (&other.exit, &other.writes, &other.state)
    }

    fn as_value(&self) -> Value {
        json!({
            "exit": self.exit,
            "output": self.output,
            "writes": self.writes,
            "server": self.state,
        })
    }
}

/// The options of `run_script` as those of `whmcsh run`.
fn flags(options: &Value) -> Vec<String> {
    let mut flags = Vec::new();
    for (name, value) in options.as_object().into_iter().flatten() {
        let flag = format!("--{}", name.replace('_', "-"));
        match value {
            Value::Bool(true) => flags.push(flag),
            Value::Number(number) if name != "workers" => flags.push(format!("{flag}={number}")),
            _ => {}
        }
    }
    flags
}

fn points(struck: &[Point]) -> String {
    let points = struck.iter().map(|point| {
        let when = if point.is_after { "after" } else { "before" };
        format!("{when} request {}", point.request)
    });
    points.collect::<Vec<_>>().join(", then ")
}

/// The lines that only one of both has.
fn difference(killed: &Value, unbroken: &Value) -> Option<String> {
    if killed == unbroken {
        return None;
    }
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    flatten("", killed, &mut found);
    flatten("", unbroken, &mut expected);
    let lost = expected.iter().filter(|line| !found.contains(line));
    let lost = lost.map(|line| format!("- {line}"));
    let new = found.iter().filter(|line| !expected.contains(line));
    let new = new.map(|line| format!("+ {line}"));
    let lines: Vec<String> = lost.take(MOST / 2).chain(new.take(MOST / 2)).collect();
    Some(lines.join("\n"))
}

/// A line for each value within a value.
fn flatten(path: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                flatten(
                    format!("{path}.{key}").trim_start_matches('.'),
                    value,
                    lines,
                );
            }
        }
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                flatten(&format!("{path}[{place}]"), value, lines);
            }
        }
        value => lines.push(format!("{path}: {value}")),
    }
}

/// A file for what one pass says: the last pass is the one that counts.
fn emptied(path: &Path) -> std::io::Result<fs::File> {
    crate::files::write(path, crate::files::Mode::Private, b"")?;
    crate::files::append(path)
}

/// Copies a folder with all it holds.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            crate::files::write(
                &target,
                crate::files::Mode::Public,
                &fs::read(entry.path())?,
            )?;
        }
    }
    Ok(())
}

fn unusable(error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot run a script to kill it: {}", reason(error)))
}
