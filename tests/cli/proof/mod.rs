//! The proof: killed at random instants, on a server that fails, an onboarding of
//! 300 rows and 900 writes does each of them once, or says which are in doubt.
//!
//! `WHMCSH_PROOF_SEEDS=200 cargo test --test cli proof` tries more seeds, and
//! `WHMCSH_PROOF_SEEDS=17..18` repeats one. What a seed decides is in `case`; at
//! what point of its work the instant of a kill finds the run is chance.

mod case;
mod census;
mod killing;

use std::sync::Mutex;
use std::thread;

use case::Case;

/// Seeds tried where nobody asks for more, as `.ci/run` does.
const SEEDS: u64 = 8;

/// Seeds tried at the same time: a run that is killed waits most of its life, for a server that is late.
const AT_ONCE: usize = 4;

/// The seeds asked for: a number, or a range such as `17..18`.
fn seeds() -> std::ops::Range<u64> {
    seeds_asked(SEEDS)
}

/// The seeds asked for, or so many where nobody asks.
pub fn seeds_asked(usual: u64) -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("WHMCSH_PROOF_SEEDS") else {
        return 0..usual;
    };
    let number = |text: &str| {
        text.parse::<u64>()
            .unwrap_or_else(|_| panic!("WHMCSH_PROOF_SEEDS: `{asked}` is neither 200 nor 17..18"))
    };
    match asked.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => 0..number(&asked),
    }
}

/// Proves the seeds that are wanted, several at once.
fn prove(is_wanted: impl Fn(&Case) -> bool + Send) {
    let cases = Mutex::new(seeds().map(Case::of).filter(is_wanted));
    let next = || cases.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    prove_or_tell(&case);
                }
            });
        }
    });
}

fn prove_or_tell(case: &Case) {
    if let Err(panic) = std::panic::catch_unwind(|| case.prove()) {
        eprintln!(
            "repeat it with WHMCSH_PROOF_SEEDS={}..{} cargo test --test cli proof: {case:?}",
            case.seed,
            case.seed + 1
        );
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_killed_bulk_run_does_every_write_once() {
    prove(|case| !case.is_loop && case.faults.is_none());
}

#[test]
fn a_killed_bulk_run_on_a_failing_server_does_every_write_once_or_names_it() {
    prove(|case| !case.is_loop && case.faults.is_some());
}

#[test]
fn a_killed_loop_does_every_write_once() {
    prove(|case| case.is_loop);
}
