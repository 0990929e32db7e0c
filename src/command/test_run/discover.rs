//! Which tests there are.

use std::path::{Path, PathBuf};

use crate::command::check::scripts_under;
use crate::command::execution::host::files;
use crate::error::Failure;
use crate::script::{Script, TestFile, is_test};

/// A file of tests.
pub(super) struct TestsFound {
    /// Its path as it was given, or found.
    pub(super) path: PathBuf,
    /// Its tests, or why they cannot be run.
    pub(super) tests: Result<TestFile, Failure>,
}

/// The files of tests among those paths: folders are looked through.
///
/// # Errors
/// A folder that cannot be read, and a path whose name is not that of a file of tests.
pub(super) fn discover(paths: &[PathBuf]) -> Result<Vec<TestsFound>, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(tests_under(path)?);
        } else if path.exists() && is_test(&path.to_string_lossy()) {
            found.push(path.clone());
        } else {
            return Err(not_tests(path));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(found.into_iter().map(read).collect())
}

fn tests_under(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !has_script(folder) {
        return Ok(Vec::new());
    }
    let scripts = scripts_under(folder)?.into_iter();
    let tests = scripts.filter(|path| is_test(&path.to_string_lossy()));
    // `./a_test.rhai` is called as people call it.
    let short = |path: PathBuf| path.strip_prefix("./").map(Path::to_owned).unwrap_or(path);
    Ok(tests.map(short).collect())
}

/// Whether there is a script at all: having none is not an error here.
fn has_script(folder: &Path) -> bool {
    scripts_under(folder).is_ok() || std::fs::read_dir(folder).is_err()
}

fn not_tests(path: &Path) -> Failure {
    let shown = path.display();
    if !path.exists() {
        return Failure::usage(format!("`{shown}` does not exist"))
            .hint("pass files of tests, whose names end with `_test.rhai`, or folders");
    }
    let named = path.with_extension("");
    Failure::usage(format!(
        "`{shown}` is not a file of tests: its name does not end with `_test.rhai`"
    ))
    .hint(format!(
        "put tests of it in `{}_test.rhai`",
        named.display()
    ))
}

fn read(path: PathBuf) -> TestsFound {
    let tests = Script::load(&path).and_then(|script| {
        let files = files(path.parent(), &[])?;
        TestFile::read(script, files)
    });
    TestsFound { path, tests }
}
