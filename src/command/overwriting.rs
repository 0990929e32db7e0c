//! Files that are named to be written although the same command reads them: refused before
//! anything is read, written or sent.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Failure;
use crate::run::invocation::{Invocation, Task};
use crate::unix::{FileId, file_id};

/// Refuses a file to be written that is one of those, under whatever name.
pub(super) fn refuse<P: AsRef<Path>>(
    option: &str,
    written: Option<&Path>,
    read: impl IntoIterator<Item = P>,
) -> Result<(), Failure> {
    let Some(written) = written else {
        return Ok(());
    };
    let place = place_of(written);
    let is_it = |path: &P| {
        let path = path.as_ref();
        path == written || (place.is_some() && place_of(path) == place)
    };
    // A script imports others, which nobody names.
    let is_script = || place.is_some() && written.extension().is_some_and(|end| end == "rhai");
    if read.into_iter().any(|path| is_it(&path)) || is_script() {
        let written = written.display();
        return Err(Failure::usage(format!(
            "`{option}` would overwrite `{written}`, which this command reads; nothing was sent"
        ))
        .hint("name another file"));
    }
    Ok(())
}

/// The files that a run reads: its script, and whatever its arguments name.
pub(super) fn inputs(asked: &Invocation) -> Vec<PathBuf> {
    let (own, words) = match &asked.task {
        Task::Script(call) => (Some(call.path.clone()), &call.args),
        Task::Each(each) => (Some(PathBuf::from(&each.file)), &each.params),
        Task::Undo(_) => return Vec::new(),
    };
    let named = words.iter().flat_map(|word| {
        let value = word.split_once('=').map(|(_, value)| value);
        [Some(word.as_str()), value]
    });
    let named = named
        .flatten()
        .map(|name| name.strip_prefix('@').unwrap_or(name));
    own.into_iter().chain(named.map(PathBuf::from)).collect()
}

/// Which file it is, whatever it is called; `None` of what is none, such as a pipe.
fn place_of(path: &Path) -> Option<FileId> {
    let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(file_id(&found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::invocation::ScriptCall;

    #[test]
    fn a_file_that_is_read_is_not_written_under_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let [rows, link, hard, other] =
            ["rows.csv", "link", "hard", "other"].map(|name| folder.path().join(name));
        for path in [&rows, &other] {
            fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(&rows, &link).unwrap();
        fs::hard_link(&rows, &hard).unwrap();
        let word = format!("file={}", rows.display());
        let asked = Invocation {
            task: Task::Script(ScriptCall {
                path: "script.rhai".into(),
                args: vec![word],
            }),
            ..Invocation::default()
        };
        let refused = |path: &Path| refuse("--out", Some(path), inputs(&asked)).is_err();
        assert!(refused(&rows) && refused(&link) && refused(&hard));
        assert!(refused(Path::new("script.rhai")));
        assert!(!refused(&other) && !refused(&folder.path().join("new")));
        assert!(!refused(Path::new("/dev/null")));
        assert!(refuse("--out", None, inputs(&asked)).is_ok());
        let module = folder.path().join("lib.rhai");
        fs::write(&module, "").unwrap();
        assert!(refused(&module));
    }
}
