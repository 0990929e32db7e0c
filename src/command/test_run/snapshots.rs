//! Values that tests keep beside their file: `close_test.snap` for `close_test.rhai`.
//!
//! A snapshot begins with `## NAME`; each of its lines stands two spaces to the right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Failure;
use crate::files::{self, Mode, reason};
use crate::script::SnapshotError;

const TITLE: &str = "## ";
const INDENT: &str = "  ";

/// The snapshots of a file of tests.
#[derive(Debug)]
pub(super) struct Snapshots {
    path: PathBuf,
    /// Whether what tests find is kept in the place of what was.
    is_updated: bool,
    kept: Result<BTreeMap<String, String>, Failure>,
    found: Mutex<BTreeMap<String, String>>,
}

impl Snapshots {
    /// Those beside that file.
    pub(super) fn beside(tests: &Path, is_updated: bool) -> Self {
        let path = tests.with_extension("snap");
        let kept = match fs::read_to_string(&path) {
            Ok(text) => read(&path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(Failure::usage(format!(
                "cannot read `{}`: {}",
                path.display(),
                reason(&error)
            ))),
        };
        Self {
            path,
            is_updated,
            kept,
            found: Mutex::default(),
        }
    }

    /// Compares what a test found with what is kept under that name.
    pub(super) fn compare(&self, name: &str, found: &str) -> Result<(), SnapshotError> {
        let name = name.replace('\n', " ");
        let before = self.found().insert(name.clone(), found.to_owned());
        if before.is_some_and(|before| before != found) {
            return Err(SnapshotError::Unusable(
                Failure::usage(format!("there are two snapshots `{name}` in this test"))
                    .hint("give each a name of its own"),
            ));
        }
        if self.is_updated {
            return Ok(());
        }
        let kept = self.kept.as_ref();
        let kept = kept.map_err(|failure| SnapshotError::Unusable(failure.clone()))?;
        match kept.get(&name) {
            Some(kept) if kept == found => Ok(()),
            Some(kept) => Err(SnapshotError::Other(kept.clone())),
            None => Err(SnapshotError::Unusable(
                Failure::usage(format!(
                    "`{}` has no snapshot `{name}`",
                    self.path.display()
                ))
                .hint("to keep the value, run the test with `--update`"),
            )),
        }
    }

    /// The snapshots of those tests that none of them asked for.
    pub(super) fn unused(&self, tests: &BTreeSet<&str>) -> Vec<String> {
        let found = self.found();
        let kept = self.kept.as_ref().ok();
        let kept = kept.into_iter().flat_map(BTreeMap::keys);
        let is_unused =
            |name: &&String| !found.contains_key(*name) && tests.contains(test_of(name));
        kept.filter(is_unused).cloned().collect()
    }

    /// Snapshots of tests that are not in the file any more.
    pub(super) fn orphans(&self, tests: &BTreeSet<&str>) -> Vec<String> {
        let kept = self.kept.as_ref().ok();
        let kept = kept.into_iter().flat_map(BTreeMap::keys);
        kept.filter(|name| !tests.contains(test_of(name)))
            .cloned()
            .collect()
    }

    /// Writes what was found, without those obsolete ones; whether the file has changed.
    pub(super) fn update(&self, obsolete: &[String]) -> Result<bool, Failure> {
        let before = self.kept.clone().unwrap_or_default();
        let mut all = before.clone();
        all.retain(|name, _| !obsolete.contains(name));
        all.extend(self.found().clone());
        if all == before && self.kept.is_ok() {
            return Ok(false);
        }
        let failed = |error| {
            let path = self.path.display();
            Failure::usage(format!("cannot write `{path}`: {}", reason(&error)))
        };
        if all.is_empty() {
            return fs::remove_file(&self.path).map(|()| true).map_err(failed);
        }
        let text = written(&all);
        files::write(&self.path, Mode::Public, text.as_bytes()).map_err(failed)?;
        Ok(true)
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn found(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The test that a snapshot is of: its name begins with it.
fn test_of(name: &str) -> &str {
    name.split(' ').next().unwrap_or_default()
}

fn written(snapshots: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (name, value) in snapshots {
        // Writing to text cannot fail.
        let _ = writeln!(text, "{TITLE}{name}");
        for line in value.split('\n') {
            let line = format!("{INDENT}{line}");
            let _ = writeln!(text, "{}", if line == INDENT { "" } else { &line });
        }
    }
    text
}

fn read(path: &Path, text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<(String, Vec<&str>)> = None;
    let keep = |all: &mut BTreeMap<_, _>, current: Option<(String, Vec<&str>)>| {
        if let Some((name, lines)) = current {
            all.insert(name, lines.join("\n"));
        }
    };
    for (number, line) in text.lines().enumerate() {
        let bad = |what: &str| {
            Failure::usage(format!("`{}` line {} {what}", path.display(), number + 1))
                .hint("restore the file, or replace it with `whmcsh test --update`")
        };
        if let Some(name) = line.strip_prefix(TITLE) {
            if all.contains_key(name) {
                return Err(bad(&format!("begins a second snapshot `{name}`")));
            }
            keep(&mut all, current.replace((name.to_owned(), Vec::new())));
        } else if let Some((_, lines)) = &mut current {
            let inner = line.strip_prefix(INDENT).or(line.is_empty().then_some(""));
            lines.push(inner.ok_or_else(|| bad("is not part of a snapshot"))?);
        } else {
            return Err(bad("is not part of a snapshot"));
        }
    }
    keep(&mut all, current);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let texts = ["", "a", "a\n", "\n\n  b\n## c\n", "## d", "  e  "];
        let all: BTreeMap<String, String> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| (format!("test_a {number}"), (*text).to_owned()))
            .collect();
        assert_eq!(read(Path::new("a.snap"), &written(&all)).unwrap(), all);
    }

    #[test]
    fn nonsense_is_refused_with_its_line() {
        let refused = |text| read(Path::new("a.snap"), text).unwrap_err().what;
        assert_eq!(
            refused("hello\n"),
            "`a.snap` line 1 is not part of a snapshot"
        );
        assert_eq!(
            refused("## a\n  1\nx\n"),
            "`a.snap` line 3 is not part of a snapshot"
        );
        assert_eq!(
            refused("## a\n  1\n## b\n## a\n"),
            "`a.snap` line 4 begins a second snapshot `a`"
        );
    }
}
