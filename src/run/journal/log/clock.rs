//! The clock that leases and lazy groups go by.

use std::time::Duration;

/// A clock that never goes back and goes on while the machine sleeps; what it shows means nothing elsewhere.
pub trait BootClock: Send + Sync {
    /// The time since some moment.
    fn now(&self) -> Duration;
}

/// The system's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl BootClock for SystemClock {
    fn now(&self) -> Duration {
        // Elsewhere the monotonic clock is the one that counts sleep too.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
        let time = rustix::time::clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
        Duration::new(seconds, nanoseconds)
    }
}
