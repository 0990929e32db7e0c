//! What a lease asks of the system: the time, who we are, and who else is alive.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rand::Rng as _;
use rustix::process::{Pid, test_kill_process};

use super::clock::{BootClock, SystemClock};
use super::holder::Process;

use crate::unix::file_id;

/// The system, as far as a lease asks it.
pub trait Surroundings: BootClock {
    /// This process.
    fn process(&self) -> Process;
    /// Whether that process, which is near, has certainly ended.
    fn is_gone(&self, process: &Process) -> bool;
    /// Waits; `false` if there is to be no more waiting.
    fn pause(&self, time: Duration, watch: &Watch) -> bool;
    /// Random bytes.
    fn token(&self) -> [u8; 16];
}

/// For whom a run is waited, and for how long.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watch {
    /// The process, where it says who it is.
    pub process: Option<Box<Process>>,
    /// Whether it is known to be alive.
    pub is_alive: bool,
    /// How long it is waited for at most.
    pub left: Duration,
}

/// Waits so long for somebody; `false` if there is to be no more waiting.
pub type Wait = dyn Fn(Duration, &Watch) -> bool + Send + Sync;

/// The system itself.
#[derive(Clone)]
pub struct System {
    wait: Arc<Wait>,
    clock: Arc<dyn BootClock>,
}

impl System {
    /// The system, in which waiting is that.
    pub fn new(wait: Arc<Wait>) -> Self {
        Self {
            wait,
            clock: Arc::new(SystemClock),
        }
    }

    /// The same by that clock.
    #[must_use]
    pub fn by(self, clock: Arc<dyn BootClock>) -> Self {
        Self { clock, ..self }
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new(Arc::new(|time, _| {
            std::thread::sleep(time);
            true
        }))
    }
}

impl BootClock for System {
    fn now(&self) -> Duration {
        self.clock.now()
    }
}

impl Surroundings for System {
    fn process(&self) -> Process {
        let host = rustix::system::uname();
        let pid = std::process::id();
        Process {
            host: host.nodename().to_string_lossy().into_owned(),
            boot: boot(),
            namespace: namespace(),
            pid,
            started: stat(pid).map(|(started, _)| started),
        }
    }

    fn is_gone(&self, process: &Process) -> bool {
        let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else { return false };
        if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
            return true;
        }
        // Another one may have its number by now. One that ended may still be
        // listed, if nobody asks how it ended.
        match (stat(process.pid), process.started) {
            (Some((_, true)), _) => true,
            (Some((now, _)), Some(then)) => now != then,
            _ => false,
        }
    }

    fn pause(&self, time: Duration, watch: &Watch) -> bool {
        (self.wait)(time, watch)
    }

    fn token(&self) -> [u8; 16] {
        let mut token = [0; 16];
        rand::rng().fill_bytes(&mut token);
        token
    }
}

/// What the system was booted as, where it says so.
pub fn boot() -> Option<String> {
    static BOOT: OnceLock<Option<String>> = OnceLock::new();
    let read = || {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(boot.trim().to_owned()).filter(|boot| !boot.is_empty() && boot.len() <= 64)
    };
    // A list of runs asks for each of them.
    BOOT.get_or_init(read).clone()
}

fn namespace() -> Option<u64> {
    Some(file_id(&std::fs::metadata("/proc/self/ns/pid").ok()?).inode)
}

/// When a process started, in ticks, and whether it has ended (proc(5), fields 22 and 3).
fn stat(pid: u32) -> Option<(u64, bool)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Its name, in brackets, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let has_ended = matches!(fields.next()?, "Z" | "X" | "x");
    Some((fields.nth(18)?.parse().ok()?, has_ended))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::Command;

    fn system() -> System {
        System::default()
    }

    #[test]
    fn this_process_is_alive_and_near_itself() {
        let process = system().process();
        assert!(process.is_near(&process));
        assert!(process.started.is_some());
        assert!(!system().is_gone(&process));
    }

    #[test]
    fn a_process_that_ended_is_gone_even_if_nobody_asked_how() {
        let mut child = Command::new("true").spawn().unwrap();
        let process = Process {
            pid: child.id(),
            started: stat(child.id()).map(|(started, _)| started),
            ..system().process()
        };
        while !system().is_gone(&process) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(system().is_gone(&process));
    }

    #[test]
    fn another_process_with_its_number_is_not_it() {
        let mut process = system().process();
        process.started = process.started.map(|started| started - 1);
        assert!(system().is_gone(&process));
    }
}
