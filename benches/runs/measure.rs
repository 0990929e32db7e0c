//! A process seen from outside: how long it took, on the clock and on the
//! processors, and how large it grew.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Ticks of the processor clock in a second, as Linux shows them to programs.
const TICKS: u32 = 100;

/// What a process cost.
pub struct Cost {
    /// From its start to its end.
    pub wall: Duration,
    /// What it spent on all processors, to a hundredth of a second.
    pub cpu: Duration,
    /// The largest resident size, in kB.
    pub peak: u64,
}

/// Runs a command to its end, which must be a success.
pub fn measure(mut command: Command) -> Cost {
    let before = children();
    let began = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("the child can be waited for") {
            break ended;
        }
        peak = peak.max(resident(&status));
        thread::sleep(Duration::from_millis(2));
    };
    let wall = began.elapsed();
    if !ended.success() {
        let mut said = String::new();
        if let Some(mut errors) = child.stderr.take() {
            // What it said is only for the panic below.
            let _ = std::io::Read::read_to_string(&mut errors, &mut said);
        }
        panic!("a run of the bench failed: {said}");
    }
    Cost {
        wall,
        cpu: children().saturating_sub(before),
        peak,
    }
}

fn resident(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The processor time of all children that were waited for.
fn children() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold spaces; what follows it does not.
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u32 = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .sum();
    Duration::from_secs(1) * ticks / TICKS
}
