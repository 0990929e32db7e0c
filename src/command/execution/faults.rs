//! What a script ran into, whatever it made of that.
//!
//! A script may catch an error after which the run does nothing more. Then the run has not
//! done what it was for, and must not end as if it had.

use crate::client::CallError;
use crate::error::{Exit, Failure};
use crate::run::Run;

/// How a run ended, with what the script may have caught: a limit it came to, or a refusal
/// after which nothing more was sent.
pub fn whatever_was_caught(result: Result<(), Failure>, run: &Run) -> Result<(), Failure> {
    let result = match run.allowance().passed() {
        Some(passed) => Err(limited(result, passed)),
        None => result,
    };
    let result = match run.allowance().doubted() {
        Some(doubted) => Err(too_doubtful(result, doubted)),
        None => result,
    };
    match (result, run.refused()) {
        (Ok(()), Some(refused)) => Err(Failure::of_call(refused)),
        // Rows that failed of it are told apart.
        (Err(failure), Some(refused)) if failure.exit == Exit::Rows => {
            let cause = Failure::of_call(refused);
            Err(Failure {
                exit: cause.exit,
                ..failure
            })
        }
        (result, _) => result,
    }
}

/// How a run ended that was left with too many writes in doubt.
fn too_doubtful(result: Result<(), Failure>, doubted: &CallError) -> Failure {
    let place = result.err().and_then(|failure| failure.place);
    let stopped = Failure::of_call(doubted);
    let stopped = Failure {
        exit: Exit::InDoubt,
        ..stopped
    };
    place.into_iter().fold(stopped, Failure::at)
}

/// How a run ended that came to a limit.
fn limited(result: Result<(), Failure>, passed: &CallError) -> Failure {
    let limit = Failure::of_call(passed);
    match result {
        Err(failure) if failure.exit == Exit::Interrupted => failure,
        // Another worker may have been stopped by it first, at another place.
        Err(failure) if failure.exit == Exit::Limit && failure.what != limit.what => limit,
        Err(Failure {
            place: Some(place), ..
        }) => limit.at(place),
        _ => limit,
    }
}
