//! A moment by the clock that runs from the machine's start, also while it sleeps.
//!
//! The time of day may be set while a run goes on or between two passes of it; how old a
//! write is must not go by that. Moments of different starts of the machine say nothing
//! of each other.

use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// Which start of the machine, and the milliseconds since.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// Of the start's id, as a number of its own.
    pub(in crate::run) boot: i64,
    /// Since the machine started.
    pub(in crate::run) millis: i64,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self {
            boot: boot(),
            millis: since_boot(),
        }
    }

    /// The moment so long before it.
    pub fn before(self, time: Duration) -> Self {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Self {
            millis: self.millis.saturating_sub(time),
            ..self
        }
    }

    /// How much later it is than another of the same start of the machine.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let millis = u64::try_from(self.millis - earlier.millis).ok()?;
        (self.boot == earlier.boot).then(|| Duration::from_millis(millis))
    }
}

/// The start of the machine, told from every other; where the system does not say, the
/// start of this process.
fn boot() -> i64 {
    static BOOT: OnceLock<i64> = OnceLock::new();
    *BOOT.get_or_init(|| {
        let id = fs::read("/proc/sys/kernel/random/boot_id");
        id.map_or_else(
            |_| rand::random(),
            |id| {
                let digest: [u8; 32] = Sha256::digest(id).into();
                let first = digest.iter().take(8);
                first.fold(0, |number, byte| number << 8 | i64::from(*byte))
            },
        )
    })
}

#[cfg(target_os = "linux")]
fn since_boot() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> i64 {
    static BEGAN: OnceLock<std::time::Instant> = OnceLock::new();
    let began = BEGAN.get_or_init(std::time::Instant::now);
    i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_one_start_of_the_machine_are_some_time_apart_and_others_are_not() {
        let earlier = Moment { boot: 1, millis: 5 };
        let later = Moment {
            boot: 1,
            millis: 1005,
        };
        assert_eq!(later.since(earlier), Some(Duration::from_secs(1)));
        assert_eq!(earlier.since(later), None);
        assert_eq!(Moment { boot: 2, ..later }.since(earlier), None);
        assert!(
            Moment::now()
                .since(Moment::now())
                .is_none_or(|gone| gone < Duration::from_secs(1))
        );
        assert_eq!(Moment::now().boot, Moment::now().boot);
    }
}
