//! How much memory a script may take: the process's resident size, looked at while it runs.
//!
//! Never by Rhai's own limits, which measure a whole value again at every change. What is
//! read row by row does not count, since it does not stay. Where the system does not tell
//! the size, nothing is bounded.

use std::fs;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(target_os = "linux"))]
use std::time::Instant;

use rhai::{Array, Blob, Dynamic, EvalAltResult, INT, Module, Position};

use crate::script::engine::function::{Fallible, operator};
use crate::unix::read_at;

/// What a script may take where nobody says otherwise: 2 GiB.
pub const MAX_MEMORY: u64 = 2 << 30;

/// The process has one memory, whatever runs in it.
static LIMIT: AtomicU64 = AtomicU64::new(MAX_MEMORY);

/// When the size was looked at last, in milliseconds.
static LOOKED: AtomicU64 = AtomicU64::new(0);

/// Milliseconds between two looks, and operations between two looks at the clock.
const PAUSE: u64 = 20;
const OPERATIONS: u64 = 8;
/// Values smaller than this are made without a look.
const SMALL: u64 = 1 << 20;
/// The size of a value in an array.
pub(crate) const VALUE: u64 = size_of::<Dynamic>() as u64;

/// Lets scripts take that many bytes.
pub fn limit_memory(bytes: u64) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Marks a script that was ended because it took more.
#[derive(Clone, Debug)]
pub(crate) struct OverMemory;

/// The mark of a script that takes too much, now and then, while it runs.
pub(crate) fn over(operations: u64) -> Option<Dynamic> {
    if !operations.is_multiple_of(OPERATIONS) {
        return None;
    }
    let now = milliseconds();
    if now.saturating_sub(LOOKED.load(Ordering::Relaxed)) < PAUSE {
        return None;
    }
    LOOKED.store(now, Ordering::Relaxed);
    is_over(0).then(|| Dynamic::from(OverMemory))
}

/// By a clock that need not be exact, and costs little where the system has one.
#[cfg(target_os = "linux")]
fn milliseconds() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    let whole = u64::try_from(now.tv_sec).unwrap_or_default() * 1000;
    whole + u64::try_from(now.tv_nsec).unwrap_or_default() / 1_000_000
}

#[cfg(not(target_os = "linux"))]
fn milliseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Refuses to make a value of that many bytes if it does not fit.
pub(crate) fn need(bytes: u64) -> Fallible<()> {
    if bytes < SMALL || !is_over(bytes) {
        return Ok(());
    }
    Err(EvalAltResult::ErrorTerminated(Dynamic::from(OverMemory), Position::NONE).into())
}

/// The same of a value that grows to that many bytes from so many: it is given more room
/// only when it has doubled, and only then is there anything to look at.
pub(crate) fn need_to_grow(from: u64, to: u64) -> Fallible<()> {
    if to.next_power_of_two() == from.next_power_of_two() {
        return Ok(());
    }
    need(to.next_power_of_two())
}

/// Refuses to make an array of that many values if it does not fit.
fn need_values(values: usize) -> Fallible<()> {
    need((values as u64).saturating_mul(VALUE))
}

fn is_over(more: u64) -> bool {
    let limit = LIMIT.load(Ordering::Relaxed);
    more > limit || resident().is_some_and(|resident| resident.saturating_add(more) > limit)
}

/// The process's resident size in bytes, where the system tells it.
fn resident() -> Option<u64> {
    // Opened once: each read of it from its start tells anew.
    static STATUS: LazyLock<Option<fs::File>> =
        LazyLock::new(|| fs::File::open("/proc/self/status").ok());
    let mut status = [0; 4096];
    // One read, where a buffer that grows with the file would take eight.
    let read = read_at(STATUS.as_ref()?, &mut status, 0);
    let line = str::from_utf8(&status[..read.ok()?])
        .ok()?
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// What happened, and what to do about it.
pub(crate) fn words() -> (String, String) {
    let limit = format_bytes(LIMIT.load(Ordering::Relaxed));
    (
        format!("the script uses more than {limit} of memory"),
        "read files and lists row by row, such as `for row in csv(…)`; or allow more with \
         `--max-memory 8G`"
            .into(),
    )
}

fn format_bytes(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let whole = units
        .into_iter()
        .find(|(_, power)| bytes >= 1 << power && bytes.trailing_zeros() >= *power);
    whole.map_or_else(
        || format!("{bytes} bytes"),
        |(unit, power)| format!("{} {unit}", bytes >> power),
    )
}

/// Adds what makes arrays and blobs longer, which Rhai does without asking anybody.
pub(crate) fn register(module: &mut Module) {
    register_blobs(module);
    operator("+").set_into_module(module, |mut one: Array, other: Array| -> Fallible<Array> {
        need_values(one.len() + other.len())?;
        one.extend(other);
        Ok(one)
    });
    for name in ["+=", "append"] {
        operator(name).set_into_module(module, |own: &mut Array, other: Array| -> Fallible<()> {
            need_to_grow(
                own.len() as u64 * VALUE,
                (own.len() + other.len()) as u64 * VALUE,
            )?;
            own.extend(other);
            Ok(())
        });
    }
}

fn register_blobs(module: &mut Module) {
    let blob = |length: INT, value: INT| -> Fallible<Blob> {
        let length = usize::try_from(length).unwrap_or_default();
        need(length as u64)?;
        let [byte, ..] = value.to_le_bytes();
        Ok(vec![byte; length])
    };
    operator("blob").set_into_module(module, move |length: INT| blob(length, 0));
    operator("blob").set_into_module(module, blob);
    operator("+").set_into_module(module, |mut one: Blob, other: Blob| -> Fallible<Blob> {
        need((one.len() + other.len()) as u64)?;
        one.extend(other);
        Ok(one)
    });
    for name in ["+=", "append"] {
        operator(name).set_into_module(module, |own: &mut Blob, other: Blob| -> Fallible<()> {
            need_to_grow(own.len() as u64, (own.len() + other.len()) as u64)?;
            own.extend(other);
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_MEMORY, format_bytes, resident};
    use crate::script::test_host::TestHost;

    #[test]
    fn the_resident_size_is_told_where_the_system_tells_it() {
        if cfg!(target_os = "linux") {
            let size = resident().unwrap();
            assert!((1 << 20..1 << 40).contains(&size), "{size}");
        }
    }

    #[test]
    fn sizes_are_told_in_whole_units() {
        assert_eq!(format_bytes(MAX_MEMORY), "2 GiB");
        assert_eq!(format_bytes(512 << 20), "512 MiB");
        assert_eq!(format_bytes(1_000), "1000 bytes");
    }

    #[test]
    fn what_cannot_fit_is_not_made() {
        for script in [
            "let t = \"x\"; t.pad(99_000_000_000, 'y');",
            "let a = []; a.pad(99_000_000_000, 0);",
            "let b = blob(99_000_000_000);",
            "let b = blob(99_000_000_000, 7);",
            "let b = blob(1); b.pad(99_000_000_000, 0);",
        ] {
            let failure = TestHost::new().failure(script);
            assert!(
                failure.contains("uses more than 2 GiB of memory"),
                "{failure}"
            );
            assert!(failure.contains("--max-memory"), "{failure}");
        }
    }

    #[test]
    fn arrays_are_joined_as_ever() {
        let rig = TestHost::new();
        assert_eq!(
            rig.value("{ let b = blob(2, 7); b += blob(1, 8); b.append(blob(1)); [(b + blob(1, 300)).len(), b[0], b[3], blob(1, 300)[0]] }"),
            "[5, 7, 0, 44]"
        );
        assert_eq!(
            rig.value("{ let a = [1]; a += [2]; a.append([3]); a += 4; a + [5] }"),
            "[1, 2, 3, 4, 5]"
        );
    }
}
