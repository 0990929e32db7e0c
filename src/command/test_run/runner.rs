//! Runs tests side by side, each with a bench of its own, and ends those that take too long.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::bench::{Fallen, ScriptRun, TestBench};
use super::calls::CallMade;
use super::options::Kills;
use super::snapshots::Snapshots;
use crate::cancel::Cancel;
use crate::error::{Exit, Failure};
use crate::sandbox::Sandboxes;
use crate::script::TestFile;

/// How often it is looked for tests that take too long.
const LOOK: Duration = Duration::from_millis(10);
/// A test that does not stop that long after it was asked to is left behind.
const GRACE: Duration = Duration::from_secs(5);

/// A test that is to be run.
pub(super) struct Task {
    /// Its file, as the user called it.
    pub(super) path: PathBuf,
    pub(super) file: Arc<TestFile>,
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) snapshots: Arc<Snapshots>,
}

/// What became of a test.
pub(super) struct TestEnded {
    /// Its place among the tasks.
    pub(super) place: usize,
    pub(super) elapsed: Duration,
    /// Why it failed, if it did.
    pub(super) failed: Option<Fault>,
    /// What is to be said of scripts that were killed.
    pub(super) remarks: Vec<String>,
}

/// Why a test failed, with what there is to know about it.
pub(super) struct Fault {
    pub(super) failure: Failure,
    /// The assertions that did not hold.
    pub(super) fallen: Vec<Fallen>,
    pub(super) calls: Vec<CallMade>,
    pub(super) scripts: Vec<ScriptRun>,
    /// What it printed, and what was said about what went on.
    pub(super) printed: String,
    pub(super) noted: String,
}

impl Fault {
    /// What is known where no bench tells more.
    pub(super) fn alone(failure: Failure) -> Self {
        Self {
            failure,
            fallen: Vec::new(),
            calls: Vec::new(),
            scripts: Vec::new(),
            printed: String::new(),
            noted: String::new(),
        }
    }
}

/// How tests are run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// So many at once.
    pub(super) jobs: usize,
    /// A test may take that long.
    pub(super) most: Duration,
    /// Whether none is begun once one has failed.
    pub(super) fails_fast: bool,
    /// How often each script is killed and resumed, where it is.
    pub(super) kills: Option<Kills>,
}

/// A test that goes on.
struct Going {
    place: usize,
    began: Instant,
    cancel: Cancel,
    /// Whether it was asked to end because it took too long.
    is_late: Arc<AtomicBool>,
    /// Set by whoever says first what became of it.
    is_told: Arc<AtomicBool>,
}

struct Shared {
    tasks: Vec<Task>,
    queue: Mutex<VecDeque<usize>>,
    going: Mutex<Vec<Going>>,
    sandboxes: Arc<Sandboxes>,
    stops: AtomicBool,
    manner: Manner,
}

/// Runs them; `tell` hears of each as it ends. Gives the tasks back, and whether all were begun.
pub(super) fn run(
    tasks: Vec<Task>,
    manner: Manner,
    cancel: &Cancel,
    mut tell: impl FnMut(&[Task], TestEnded),
) -> Result<(), Failure> {
    let sandboxes = Sandboxes::new().map_err(super::servers::failed)?;
    let shared = Arc::new(Shared {
        queue: Mutex::new((0..tasks.len()).collect()),
        tasks,
        going: Mutex::default(),
        sandboxes: Arc::new(sandboxes),
        stops: AtomicBool::new(false),
        manner,
    });
    let (ended, results) = channel();
    for _ in 0..manner.jobs.min(shared.tasks.len()) {
        worker(&shared, &ended)?;
    }
    let mut watch = Watch {
        shared: Arc::clone(&shared),
        cancel: cancel.clone(),
        ended,
    };
    let mut left = shared.tasks.len();
    while left > 0 {
        let Some(result) = next(&results, &mut watch)? else {
            break;
        };
        left -= 1;
        if result.failed.is_some() && manner.fails_fast {
            shared.stops.store(true, Ordering::SeqCst);
        }
        tell(&shared.tasks, result);
    }
    Ok(())
}

/// The next test that ended; none when no other will.
fn next(results: &Receiver<TestEnded>, watch: &mut Watch) -> Result<Option<TestEnded>, Failure> {
    loop {
        match results.recv_timeout(LOOK) {
            Ok(ended) => return Ok(Some(ended)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
        watch.look()?;
        let is_over = watch.shared.stops() && lock(&watch.shared.going).is_empty();
        if is_over {
            return Ok(results.try_recv().ok());
        }
    }
}

/// Looks after the tests that go on.
struct Watch {
    shared: Arc<Shared>,
    cancel: Cancel,
    ended: Sender<TestEnded>,
}

impl Watch {
    fn look(&mut self) -> Result<(), Failure> {
        if self.cancel.is_raised() {
            self.shared.stops.store(true, Ordering::SeqCst);
        }
        let most = self.shared.manner.most;
        let mut left_behind = Vec::new();
        {
            let mut going = lock(&self.shared.going);
            for test in going.iter() {
                let elapsed = test.began.elapsed();
                if elapsed > most {
                    test.is_late.store(true, Ordering::SeqCst);
                }
                if elapsed > most || self.cancel.is_raised() {
                    test.cancel.raise();
                }
            }
            let is_stuck = |test: &Going| test.began.elapsed() > most + GRACE;
            left_behind.extend(going.extract_if(.., |test| is_stuck(test)));
        }
        for test in left_behind {
            if test.is_told.swap(true, Ordering::SeqCst) {
                continue;
            }
            // Whoever runs it may never come back.
            worker(&self.shared, &self.ended)?;
            let _ = self.ended.send(TestEnded {
                place: test.place,
                elapsed: test.began.elapsed(),
                failed: Some(Fault::alone(too_long(most))),
                remarks: Vec::new(),
            });
        }
        Ok(())
    }
}

impl Shared {
    fn stops(&self) -> bool {
        self.stops.load(Ordering::SeqCst)
    }

    /// The next test, noted as going on.
    fn begin(&self) -> Option<(usize, Cancel, Arc<AtomicBool>, Arc<AtomicBool>)> {
        // In this order: a test is either in the queue or going on.
        let mut going = lock(&self.going);
        if self.stops() {
            return None;
        }
        let place = lock(&self.queue).pop_front()?;
        let (cancel, is_late, is_told) = (Cancel::default(), Arc::default(), Arc::default());
        going.push(Going {
            place,
            began: Instant::now(),
            cancel: cancel.clone(),
            is_late: Arc::clone(&is_late),
            is_told: Arc::clone(&is_told),
        });
        Some((place, cancel, is_late, is_told))
    }
}

/// Starts a thread that runs tests as long as there are any.
fn worker(shared: &Arc<Shared>, ended: &Sender<TestEnded>) -> Result<(), Failure> {
    let (shared, ended) = (Arc::clone(shared), ended.clone());
    let work = move || {
        while let Some((place, cancel, is_late, is_told)) = shared.begin() {
            let began = Instant::now();
            let (failed, remarks) = run_one(&shared, place, &cancel);
            let failed = failed.map(|fault| {
                if !is_late.load(Ordering::SeqCst) {
                    return fault;
                }
                let place = fault.failure.place.unwrap_or_default();
                let failure = too_long(shared.manner.most).at(place);
                Fault { failure, ..fault }
            });
            if is_told.swap(true, Ordering::SeqCst) {
                return;
            }
            let _ = ended.send(TestEnded {
                place,
                elapsed: began.elapsed(),
                failed,
                remarks,
            });
            lock(&shared.going).retain(|test| test.place != place);
        }
    };
    let started = thread::Builder::new().name("tests".into()).spawn(work);
    started
        .map(drop)
        .map_err(|error| Failure::usage(format!("no thread for the tests: {error}")))
}

fn too_long(most: Duration) -> Failure {
    Failure::new(
        Exit::Script,
        format!("the test took longer than {} s", most.as_secs_f64()),
    )
    .hint("`--timeout SECONDS` allows more")
}

fn run_one(shared: &Shared, place: usize, cancel: &Cancel) -> (Option<Fault>, Vec<String>) {
    let task = &shared.tasks[place];
    let beside = task.path.parent().unwrap_or(Path::new(""));
    let bench = TestBench::new(
        &task.name,
        beside,
        Arc::clone(&task.snapshots),
        Arc::clone(&shared.sandboxes),
        cancel.clone(),
        shared.manner.kills,
    );
    let bench = match bench {
        Ok(bench) => Arc::new(bench),
        Err(failure) => return (Some(Fault::alone(failure)), Vec::new()),
    };
    let host = bench.host();
    let result = host.and_then(|host| task.file.run(&task.name, Arc::new(host)));
    let fallen = bench.fallen();
    let remarks = lock(&bench.remarks).clone();
    let failure = match (result, fallen.first()) {
        (Ok(()), None) => return (None, remarks),
        (Ok(()), Some(first)) => caught(task, &first.what),
        (Err(failure), _) => failure,
    };
    let fault = Fault {
        failure,
        fallen,
        calls: bench.servers.calls.all(),
        scripts: lock(&bench.scripts).clone(),
        printed: bench.transcript.printed(),
        noted: bench.transcript.noted(),
    };
    (Some(fault), remarks)
}

/// The failure of a test that caught that of an assertion.
fn caught(task: &Task, what: &str) -> Failure {
    Failure::new(
        Exit::Script,
        format!("an assertion failed, and the test caught its error: {what}"),
    )
    .at(format!(" --> {}:{}", task.path.display(), task.line))
    .hint("to assert that something fails, write `assert_error(|| …)`")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
