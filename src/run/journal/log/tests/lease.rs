//! Who gets a run: on one host, on two, at once, and while clocks do what they like.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::ChaCha8Rng};

use super::super::clock::BootClock;
use super::super::files::FolderHolders;
use super::super::holder::{Holder, Process};
use super::super::lease::{HolderFiles, Insistence, Lease, LeaseError, LockState, TERM};
use super::super::surroundings::{Surroundings, System, Watch};
use super::trial::HandClock;

type Hook = Box<dyn FnOnce() + Send>;

/// A folder of records in memory, that two processes may use in turns.
#[derive(Clone)]
struct FakeHolders {
    shared: Arc<Mutex<Shared>>,
    who: usize,
    turns: Option<Arc<Turns>>,
}

#[derive(Default)]
struct Shared {
    records: BTreeMap<u64, Vec<u8>>,
    has_locks: bool,
    locked_by: Option<usize>,
    fails: bool,
    before_rewrite: Option<Hook>,
    before_create: Option<Hook>,
}

impl FakeHolders {
    fn new() -> Self {
        Self {
            shared: Arc::default(),
            who: 0,
            turns: None,
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> io::Result<T> {
        let act = || {
            let mut shared = self.shared.lock().unwrap();
            if shared.fails {
                return Err(io::Error::other("the server does not answer"));
            }
            Ok(act(&mut shared))
        };
        match &self.turns {
            Some(turns) => turns.take(self.who, act),
            None => act(),
        }
    }

    fn run(&self, hook: impl FnOnce(&mut Shared) -> Option<Hook>) {
        let hook = hook(&mut self.shared.lock().unwrap());
        if let Some(hook) = hook {
            hook();
        }
    }
}

impl HolderFiles for FakeHolders {
    fn lock(&self) -> io::Result<LockState> {
        self.with(|shared| {
            if !shared.has_locks {
                return LockState::None;
            }
            match shared.locked_by {
                Some(who) if who != self.who => LockState::Others,
                _ => {
                    shared.locked_by = Some(self.who);
                    LockState::Ours
                }
            }
        })
    }

    fn numbers(&self) -> io::Result<Vec<u64>> {
        self.with(|shared| shared.records.keys().copied().collect())
    }

    fn read(&self, number: u64) -> io::Result<Vec<u8>> {
        self.with(|shared| shared.records.get(&number).cloned().unwrap_or_default())
    }

    fn create(&self, number: u64, bytes: &[u8]) -> io::Result<bool> {
        self.run(|shared| shared.before_create.take());
        // As on a disk: first the name, then the content.
        let is_made = self.with(|shared| {
            let is_free = !shared.records.contains_key(&number);
            if is_free {
                shared.records.insert(number, Vec::new());
            }
            is_free
        })?;
        if is_made {
            self.with(|shared| shared.records.insert(number, bytes.to_vec()))?;
        }
        Ok(is_made)
    }

    fn rewrite(&self, number: u64, bytes: &[u8]) -> io::Result<()> {
        self.run(|shared| shared.before_rewrite.take());
        self.with(|shared| {
            let record = shared.records.get_mut(&number);
            *record.expect("a holder's record is there") = bytes.to_vec();
        })
    }

    fn remove(&self, number: u64) -> io::Result<()> {
        self.with(|shared| {
            shared.records.remove(&number);
        })
    }
}

/// Lets two threads act one after the other, in the order of a list.
struct Turns {
    list: Vec<usize>,
    state: Mutex<(usize, [bool; 2])>,
    passed: Condvar,
}

impl Turns {
    fn new(list: Vec<usize>) -> Arc<Self> {
        Arc::new(Self {
            list,
            state: Mutex::default(),
            passed: Condvar::new(),
        })
    }

    fn take<T>(&self, who: usize, act: impl FnOnce() -> T) -> T {
        let state = self.state.lock().unwrap();
        let mut state = self
            .passed
            .wait_while(state, |(at, ended)| {
                while self.list.get(*at).is_some_and(|next| ended[*next]) {
                    *at += 1;
                }
                self.list.get(*at).is_some_and(|next| *next != who)
            })
            .unwrap();
        let result = act();
        state.0 += 1;
        self.passed.notify_all();
        result
    }

    fn end(&self, who: usize) {
        self.state.lock().unwrap().1[who] = true;
        self.passed.notify_all();
    }
}

/// A host with its clock and its processes.
#[derive(Clone)]
struct FakeSystem {
    clock: Arc<HandClock>,
    process: Process,
    gone: Arc<Mutex<BTreeSet<u32>>>,
    /// Told at each pause; says whether to wait on.
    on_pause: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl FakeSystem {
    fn new(host: &str, pid: u32) -> Self {
        Self {
            clock: Arc::default(),
            process: Process {
                host: host.into(),
                boot: Some(format!("boot of {host}")),
                namespace: Some(1),
                pid,
                started: Some(u64::from(pid)),
            },
            gone: Arc::default(),
            on_pause: Arc::new(|| true),
        }
    }

    /// Another process of the same host.
    fn beside(&self, pid: u32) -> Self {
        let mut beside = self.clone();
        beside.process.pid = pid;
        beside
    }
}

impl BootClock for FakeSystem {
    fn now(&self) -> Duration {
        self.clock.now()
    }
}

impl Surroundings for FakeSystem {
    fn process(&self) -> Process {
        self.process.clone()
    }

    fn is_gone(&self, process: &Process) -> bool {
        self.gone.lock().unwrap().contains(&process.pid)
    }

    fn pause(&self, time: Duration, _: &Watch) -> bool {
        self.clock.go_on(time);
        (self.on_pause)()
    }

    fn token(&self) -> [u8; 16] {
        rand::random()
    }
}

const GENTLE: Insistence = Insistence {
    waits: false,
    takes_stale: false,
};
const FIRM: Insistence = Insistence {
    waits: false,
    takes_stale: true,
};
const PATIENT: Insistence = Insistence {
    waits: true,
    takes_stale: false,
};

fn take(
    files: &FakeHolders,
    system: &FakeSystem,
    insistence: Insistence,
) -> Result<Lease<FakeHolders>, LeaseError> {
    Lease::take(files.clone(), Arc::new(system.clone()), insistence)
}

fn held_by(system: &FakeSystem) -> LeaseError {
    LeaseError::Held(Some(Box::new(system.process.clone())))
}

#[test]
fn a_run_given_back_is_taken_at_once_by_anybody() {
    let files = FakeHolders::new();
    // Those who were killed before they removed it left one.
    files.shared.lock().unwrap().records.insert(0, Vec::new());
    for host in ["a", "b", "a", "c"] {
        let system = FakeSystem::new(host, 7);
        let lease = take(&files, &system, GENTLE).unwrap();
        lease.hold().unwrap();
        assert_eq!(system.now(), Duration::ZERO);
        lease.release().unwrap();
    }
    // Old records go away.
    let numbers: Vec<u64> = files
        .shared
        .lock()
        .unwrap()
        .records
        .keys()
        .copied()
        .collect();
    assert_eq!(numbers, [3, 4]);
}

#[test]
fn a_holder_that_is_alive_is_named_and_one_that_died_does_not_count() {
    let files = FakeHolders::new();
    let first = FakeSystem::new("a", 1);
    let second = first.beside(2);
    let lease = take(&files, &first, GENTLE).unwrap();
    assert_eq!(take(&files, &second, FIRM).err(), Some(held_by(&first)));
    // It may be asleep for ever so long.
    first.clock.go_on(TERM * 10);
    assert_eq!(take(&files, &second, FIRM).err(), Some(held_by(&first)));
    assert_eq!(lease.hold(), Err(LeaseError::Expired(String::new())));
    first.gone.lock().unwrap().insert(1);
    let before = second.now();
    take(&files, &second, GENTLE).unwrap();
    assert_eq!(second.now(), before);
}

#[test]
fn an_equal_process_number_elsewhere_proves_nothing() {
    let here = FakeSystem::new("a", 1);
    let mut other_host = here.beside(2);
    other_host.process.host = "b".into();
    let mut other_boot = here.beside(2);
    other_boot.process.boot = Some("another".into());
    let mut container = here.beside(2);
    container.process.namespace = Some(2);
    let mut unknown = here.beside(2);
    unknown.process.boot = None;
    for taker in [other_host, other_boot, container, unknown] {
        let files = FakeHolders::new();
        let _lease = take(&files, &here, GENTLE).unwrap();
        // Its number is nobody's there.
        here.gone.lock().unwrap().insert(1);
        let before = taker.now();
        let stale = take(&files, &taker, GENTLE).err();
        assert_eq!(
            stale,
            Some(LeaseError::Stale(Some(Box::new(here.process.clone()))))
        );
        assert!(taker.now() >= before + TERM);
        take(&files, &taker, FIRM).unwrap();
    }
}

#[test]
fn a_holder_elsewhere_that_renews_is_left_alone() {
    let files = FakeHolders::new();
    let holder = FakeSystem::new("a", 1);
    let lease = Arc::new(take(&files, &holder, GENTLE).unwrap());
    let mut taker = FakeSystem::new("b", 1);
    let (renewing, clock) = (Arc::clone(&lease), Arc::clone(&holder.clock));
    taker.on_pause = Arc::new(move || {
        clock.go_on(Duration::from_secs(1));
        renewing.hold().unwrap();
        true
    });
    assert_eq!(take(&files, &taker, FIRM).err(), Some(held_by(&holder)));
    assert!(taker.now() < TERM / 2);
    lease.hold().unwrap();
}

#[test]
fn a_holder_elsewhere_that_gives_back_while_it_is_watched_frees_the_run() {
    let files = FakeHolders::new();
    let lease = take(&files, &FakeSystem::new("a", 1), GENTLE).unwrap();
    let lease = Mutex::new(Some(lease));
    let mut taker = FakeSystem::new("b", 1);
    taker.on_pause = Arc::new(move || {
        if let Some(lease) = lease.lock().unwrap().take() {
            lease.release().unwrap();
        }
        true
    });
    take(&files, &taker, GENTLE).unwrap();
}

#[test]
fn who_waits_gets_a_run_that_is_given_back_within_a_term() {
    let files = FakeHolders::new();
    let first = FakeSystem::new("a", 1);
    let _lease = take(&files, &first, GENTLE).unwrap();
    let mut second = first.beside(2);
    assert_eq!(take(&files, &second, PATIENT).err(), Some(held_by(&first)));
    assert!(second.now() >= TERM && second.now() < TERM * 2);
    let gone = Arc::clone(&first.gone);
    second.on_pause = Arc::new(move || {
        gone.lock().unwrap().insert(1);
        true
    });
    take(&files, &second, PATIENT).unwrap();
}

#[test]
fn waiting_can_be_interrupted() {
    let files = FakeHolders::new();
    let first = FakeSystem::new("a", 1);
    let _lease = take(&files, &first, GENTLE).unwrap();
    for mut taker in [FakeSystem::new("b", 1), first.beside(2)] {
        taker.on_pause = Arc::new(|| false);
        assert_eq!(
            take(&files, &taker, PATIENT).err(),
            Some(LeaseError::Interrupted)
        );
    }
}

#[test]
fn a_holder_stops_by_itself_when_half_a_term_passed() {
    let files = FakeHolders::new();
    let system = FakeSystem::new("a", 1);
    let lease = take(&files, &system, GENTLE).unwrap();
    for _ in 0..20 {
        system.clock.go_on(TERM / 2);
        lease.hold().unwrap();
    }
    // The server of the folder is away: that is borne for a while.
    files.shared.lock().unwrap().fails = true;
    system.clock.go_on(TERM / 4);
    lease.hold().unwrap();
    system.clock.go_on(TERM / 4 + Duration::from_secs(1));
    let expired = lease.hold();
    assert!(matches!(expired, Err(LeaseError::Expired(_))));
    // It does not come to life again: another may have been there.
    files.shared.lock().unwrap().fails = false;
    assert_eq!(lease.hold(), expired);
}

#[test]
fn a_holder_held_up_in_mid_renewal_finds_that_the_run_was_taken() {
    let files = FakeHolders::new();
    let holder = FakeSystem::new("a", 1);
    let lease = take(&files, &holder, GENTLE).unwrap();
    holder.clock.go_on(TERM / 4);
    let (same, clock) = (files.clone(), Arc::clone(&holder.clock));
    files.shared.lock().unwrap().before_rewrite = Some(Box::new(move || {
        let taken = take(&same, &FakeSystem::new("b", 1), FIRM);
        taken.unwrap().hold().unwrap();
        clock.go_on(TERM);
    }));
    assert_eq!(lease.hold(), Err(LeaseError::Taken));
    assert_eq!(lease.hold(), Err(LeaseError::Taken));
}

#[test]
fn a_renewal_in_the_last_moment_is_seen_by_who_takes() {
    let files = FakeHolders::new();
    let holder = FakeSystem::new("a", 1);
    let lease = take(&files, &holder, GENTLE).unwrap();
    holder.clock.go_on(TERM / 4);
    let lease = Arc::new(lease);
    let renewing = Arc::clone(&lease);
    files.shared.lock().unwrap().before_create = Some(Box::new(move || {
        renewing.hold().unwrap();
    }));
    let taken = take(&files, &FakeSystem::new("b", 1), FIRM);
    assert_eq!(taken.err(), Some(held_by(&holder)));
    lease.hold().unwrap();
    holder.clock.go_on(TERM / 4);
    lease.hold().unwrap();
}

#[test]
fn who_was_slow_does_not_take_a_number_that_was_given_before() {
    let files = FakeHolders::new();
    let same = files.clone();
    files.shared.lock().unwrap().before_create = Some(Box::new(move || {
        for pid in 2..5 {
            let lease = take(&same, &FakeSystem::new("b", pid), GENTLE).unwrap();
            lease.release().unwrap();
        }
        assert!(!same.numbers().unwrap().contains(&1));
    }));
    let system = FakeSystem::new("a", 1);
    assert_eq!(
        take(&files, &system, GENTLE).err(),
        Some(LeaseError::Held(None))
    );
    assert!(!files.numbers().unwrap().contains(&1));
    take(&files, &system, GENTLE).unwrap();
}

#[test]
fn a_record_that_nobody_finished_is_watched() {
    let files = FakeHolders::new();
    files
        .shared
        .lock()
        .unwrap()
        .records
        .insert(4, b"half a rec".to_vec());
    let system = FakeSystem::new("a", 1);
    assert_eq!(
        take(&files, &system, GENTLE).err(),
        Some(LeaseError::Stale(None))
    );
    take(&files, &system, FIRM).unwrap();
}

/// What two takers find when they come.
#[derive(Clone, Copy, Debug)]
enum Found {
    Nothing,
    Released,
    Gone,
    Stale,
}

/// Two processes of one host, or of two, take a run in the order of the list; how many got it.
fn race(found: Found, has_locks: bool, hosts: [&str; 2], list: Vec<usize>) -> usize {
    let mut files = FakeHolders::new();
    files.shared.lock().unwrap().has_locks = has_locks;
    let former = FakeSystem::new(
        if matches!(found, Found::Stale) {
            "c"
        } else {
            "a"
        },
        1,
    );
    let mut record = Holder {
        token: [1; 16],
        process: former.process.clone(),
        renewals: 3,
        is_released: false,
    };
    former.gone.lock().unwrap().insert(1);
    record.is_released = matches!(found, Found::Released);
    if !matches!(found, Found::Nothing) {
        let mut shared = files.shared.lock().unwrap();
        shared.records.insert(5, record.encode());
    }
    let turns = Turns::new(list);
    files.turns = Some(Arc::clone(&turns));
    std::thread::scope(|scope| {
        let takers = [0, 1].map(|who| {
            let files = FakeHolders {
                who,
                ..files.clone()
            };
            let system = FakeSystem {
                gone: Arc::clone(&former.gone),
                ..FakeSystem::new(hosts[who], u32::try_from(who).unwrap() + 10)
            };
            let turns = Arc::clone(&turns);
            scope.spawn(move || {
                // Who comes late would take it from one that does not renew.
                let insistence = match found {
                    Found::Stale => FIRM,
                    _ => GENTLE,
                };
                let taken = take(&files, &system, insistence);
                turns.end(who);
                taken.is_ok_and(|lease| lease.hold().is_ok())
            })
        });
        takers
            .into_iter()
            .map(|taker| usize::from(taker.join().unwrap()))
            .sum()
    })
}

#[test]
fn of_two_takers_at_once_exactly_one_gets_the_run_in_every_order() {
    for found in [Found::Nothing, Found::Released, Found::Gone] {
        for has_locks in [false, true] {
            for order in 0..1_u32 << 10 {
                let list = (0..10).map(|turn| (order >> turn & 1) as usize).collect();
                let hosts = if order % 3 == 0 || matches!(found, Found::Gone) {
                    ["a", "a"]
                } else {
                    ["a", "b"]
                };
                let got = race(found, has_locks, hosts, list);
                assert_eq!(got, 1, "{found:?}, locks {has_locks}, order {order:b}");
            }
        }
    }
}

#[test]
fn of_two_that_watched_a_stale_holder_at_most_one_gets_the_run() {
    let mut dice = ChaCha8Rng::seed_from_u64(10);
    let mut taken = 0;
    for round in 0..300 {
        let list = (0..160).map(|_| dice.random_range(0..2)).collect();
        let got = race(Found::Stale, round % 2 == 0, ["a", "b"], list);
        assert!(got <= 1, "round {round}");
        taken += got;
    }
    assert_eq!(taken, 300);
}

#[test]
fn records_in_a_folder_do_what_a_lease_needs() {
    let folder = tempfile::tempdir().unwrap();
    let open = || FolderHolders::open(folder.path()).unwrap();
    let system = || -> Arc<dyn Surroundings> { Arc::new(System::default()) };
    let first = Lease::take(open(), system(), GENTLE).unwrap();
    first.hold().unwrap();
    assert!(matches!(
        Lease::take(open(), system(), FIRM).err(),
        Some(LeaseError::Held(Some(process))) if process.pid == std::process::id()
    ));
    let token = first.token();
    first.release().unwrap();
    assert_eq!(first.hold(), Err(LeaseError::Released));
    drop(first);
    let second = Lease::take(open(), system(), GENTLE).unwrap();
    assert_ne!(second.token(), token);
    let files = open();
    assert_eq!(files.numbers().unwrap().len(), 2);
    assert!(!files.create(2, b"x").unwrap());
    assert_eq!(files.lock().unwrap(), LockState::Others);
    files.remove(1).unwrap();
    assert_eq!(files.read(1).unwrap(), b"");
}
