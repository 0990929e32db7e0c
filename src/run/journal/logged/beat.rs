//! The run's heartbeat: a thread that renews the lease while everybody waits, and puts
//! on the disk what was noted when no write follows.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What nobody waits for is put on the disk at the first beat at which it is older: a kill
/// meanwhile leaves in doubt a write whose outcome is among it. Where writes follow one
/// another, the next one takes it along, and a beat finds nothing to do.
const LINGER: Duration = Duration::from_millis(2);
/// How long it is between two beats. Each is a system call, also where rows take less.
const BEAT: Duration = Duration::from_millis(5);
/// How many beats find nothing until nothing is looked for any more.
const QUIET: u32 = 80;
/// How often the lease is renewed at least.
const RENEWAL: Duration = Duration::from_secs(3);

/// The thread, and what wakes it.
pub struct Beat {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<Wanted>,
    changed: Condvar,
}

#[derive(Default)]
struct Wanted {
    /// Whether the thread sleeps until it is called.
    is_asleep: bool,
    is_over: bool,
}

impl Beat {
    /// Does `beat` every few milliseconds while something is noted, and every few
    /// seconds else; it says whether something was there.
    pub fn start(mut beat: impl FnMut(Duration) -> bool + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || {
                let mut quiet = 0;
                while own.wait(quiet >= QUIET) {
                    quiet = if beat(LINGER) { 0 } else { quiet + 1 };
                }
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Says that something was noted.
    pub fn wake(&self) {
        let mut state = self.shared.lock();
        if std::mem::take(&mut state.is_asleep) {
            drop(state);
            self.shared.changed.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Wanted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next beat; whether there is one.
    fn wait(&self, is_quiet: bool) -> bool {
        let mut state = self.lock();
        state.is_asleep = is_quiet;
        let time = if is_quiet { RENEWAL } else { BEAT };
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, time, |state| {
                !state.is_over && (state.is_asleep || !is_quiet)
            })
            .unwrap_or_else(PoisonError::into_inner);
        state.is_asleep = false;
        !state.is_over
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // One that panicked has told everybody already.
            let _ = thread.join();
        }
    }
}
