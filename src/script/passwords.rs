//! `random_password`: passwords nobody can guess and a resumed run gives again.
//!
//! A run has one dice. Each password is derived from the run's key, the scope
//! it is asked in and the ordinal of the call, so the same call of the same
//! run returns the password that was sent the first time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};
use rhai::Module;

use crate::run::scope::is_reading;
use crate::script::bulk::state::next_password;
use crate::script::engine::function::{Fallible, function};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::secrets;

/// Sixty-four characters, so that six bits choose one without bias. Left out:
/// letters and digits that look alike, and symbols that HTML or a shell's
/// double quotes would change.
const ALPHABET: &[u8; 64] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789#*-.?@_=";

const DEFAULT_LENGTH: usize = 16;
const SHORTEST: usize = 8;
const LONGEST: usize = 128;

/// The scope of calls outside any row.
const MAIN_SCRIPT: u64 = 0;

/// The password of that length for the n-th call in a scope of a run.
fn password(seed: [u8; 32], scope: u64, ordinal: u64, length: usize) -> String {
    let mut dice = dice(seed, scope, ordinal);
    loop {
        let mut bytes = vec![0; length];
        dice.fill_bytes(&mut bytes);
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte & 63)]);
        let password: String = bytes.iter().map(letter).collect();
        if is_good(&password) {
            return password;
        }
    }
}

/// A source of chance of its own for every scope and ordinal.
fn dice(seed: [u8; 32], scope: u64, ordinal: u64) -> ChaCha20Rng {
    let mut of_run = ChaCha20Rng::from_seed(seed);
    of_run.set_stream(scope);
    let mut key = [0; 32];
    of_run.fill_bytes(&mut key);
    let mut of_scope = ChaCha20Rng::from_seed(key);
    of_scope.set_stream(ordinal);
    of_scope
}

/// Every class occurs; a letter stands first, where spreadsheets take a symbol
/// for a formula.
fn is_good(password: &str) -> bool {
    password.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && password.contains(|letter: char| letter.is_ascii_lowercase())
        && password.contains(|letter: char| letter.is_ascii_uppercase())
        && password.contains(|letter: char| letter.is_ascii_digit())
        && password.contains(|letter: char| !letter.is_ascii_alphanumeric())
}

/// Adds `random_password`.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let about = "A password of 16 or the given number of characters: letters, digits and symbols, \
        without ones that look alike; a resumed run returns the same passwords.\n```rhai\nlet \
        password = random_password(20);\nprint(password.len())\n```";
    let seed = host.seed;
    let calls = Arc::new(AtomicU64::new(0));
    let next = move |length| -> Fallible<String> {
        if is_reading() {
            let what = "`random_password` cannot be called in `gather`: its rows run in no fixed \
                order";
            return Err(Raised::new("script", what)
                .hint("call it in the loop over what `gather` returns")
                .into());
        }
        let (scope, ordinal) =
            next_password().unwrap_or_else(|| (MAIN_SCRIPT, calls.fetch_add(1, Ordering::Relaxed)));
        let password = password(seed, scope, ordinal, length);
        // The script may tell it to whom it is for, and nobody writes it down.
        secrets::learn(&password);
        Ok(password)
    };
    let default = next.clone();
    function("random_password", &["String"], about)
        .set_into_module(module, move || default(DEFAULT_LENGTH));
    function("random_password", &["length: int", "String"], about).set_into_module(
        module,
        move |length: i64| -> Fallible<String> {
            let allowed = |length: &usize| (SHORTEST..=LONGEST).contains(length);
            let length = usize::try_from(length)
                .ok()
                .filter(allowed)
                .ok_or_else(|| {
                    Raised::new(
                        "value",
                        format!("a password cannot have {length} characters"),
                    )
                    .hint(format!("use {SHORTEST} to {LONGEST}"))
                })?;
            next(length)
        },
    );
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::script::test_engine::TestEngine;

    #[test]
    fn the_alphabet_has_no_look_alikes_and_no_character_twice() {
        let distinct: HashSet<_> = ALPHABET.iter().collect();
        assert_eq!(distinct.len(), 64);
        assert!(
            !ALPHABET
                .iter()
                .any(|letter| b"loIO01&<>\"'$`\\! ".contains(letter))
        );
    }

    #[test]
    fn a_password_stays_what_it_was() {
        // Pinned: a resumed run of a newer program must give the same one.
        assert_eq!(password([7; 32], 0, 0, 16), "FnxzD#f=fjFv89TF");
    }

    #[test]
    fn the_same_run_gives_the_same_passwords_again() {
        let script = "[random_password(20), random_password(20), random_password()]";
        let first = TestEngine::new().text(script);
        assert_eq!(TestEngine::new().text(script), first);
    }

    #[test]
    fn every_call_scope_and_run_has_a_password_of_its_own() {
        let passwords: HashSet<_> = [
            ([7; 32], 0, 0),
            ([7; 32], 0, 1),
            ([7; 32], 1, 0),
            ([8; 32], 0, 0),
        ]
        .map(|(seed, scope, ordinal)| password(seed, scope, ordinal, 16))
        .into();
        assert_eq!(passwords.len(), 4);
    }

    #[test]
    fn the_length_is_sixteen_or_as_asked() {
        let bench = TestEngine::new();
        assert_eq!(bench.text("random_password().len()"), "16");
        assert_eq!(bench.text("random_password(8).len()"), "8");
        assert_eq!(bench.text("random_password(128).len()"), "128");
        for length in ["7", "129", "-1"] {
            assert_eq!(
                bench.refusal(&format!("random_password({length})")),
                format!("a password cannot have {length} characters\nhint: use 8 to 128")
            );
        }
    }

    proptest! {
        #[test]
        fn every_password_has_every_class(seed: [u8; 32], ordinal: u64, length in 8_usize..40) {
            let password = password(seed, 0, ordinal, length);
            prop_assert_eq!(password.len(), length);
            prop_assert!(is_good(&password));
        }
    }
}
