//! Which files a script may touch.
//!
//! A path is resolved first, links and `..` included, and only then compared
//! with the allowed folders; a link that leads out of them is refused like the
//! path it stands for. A path the user gave on the command line is readable as
//! it is, wherever it leads.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::lock_file;
use super::path_suggestion::astray;
use crate::client::CallErrorKind;
use crate::files::reason;
use crate::run::journal::KEY as RUN_KEY;
use crate::script::files::streams::{self, OtherRows, Streams};
use crate::script::host::Confinement;
use crate::script::raise::Raised;

impl Confinement {
    /// Opens a file for reading.
    pub fn open(&self, path: &str) -> Result<File, Raised> {
        let real = self.readable(path)?;
        if let Some(name) = lock_file::of_workbook(path) {
            let what = "is the lock file of an open workbook, not a table; nothing was sent for it";
            return Err(problem(path, what).hint(format!("name the workbook: `{name}`")));
        }
        File::open(&real).map_err(|error| unreadable(path, &error))
    }

    /// Where a file to be read is, or what stands in for it; it exists and is
    /// not a directory.
    ///
    /// Of what can be read only once, such as a pipe, it is where that is kept.
    pub fn readable(&self, path: &str) -> Result<PathBuf, Raised> {
        if Streams::is_input(path) {
            return self.kept(path, &streams::input(), Path::new(path));
        }
        let place = self.given.iter().position(|given| given == Path::new(path));
        let real = if place.is_some() {
            // `<(command)` is a pipe that no real path leads to.
            let real = self.working.join(path);
            if real.exists() {
                real
            } else {
                self.beside(path).unwrap_or(real)
            }
        } else {
            let real = self.found(path)?;
            if !is_under(&real, &self.read) && !is_under(&real, &self.given) {
                return Err(outside(path, "read", &self.read));
            }
            self.is_not_private(path, &real)?;
            real
        };
        let stand_in = self.resolve(path).ok();
        if let Some(stand_in) = stand_in.and_then(|real| self.stand_ins.get(&real)) {
            return Ok(stand_in);
        }
        let real = match self.of_part(&real) {
            // Written by an earlier pass of the same run.
            Some(own) if !real.exists() && own.is_file() => own,
            _ => real,
        };
        match fs::metadata(&real) {
            Ok(found) if found.is_dir() => {
                Err(problem(path, "is a folder, not a file").hint("name a file in it"))
            }
            Ok(found) if found.is_file() => {
                self.noted.note(path);
                Ok(real)
            }
            found => {
                let name = place.map_or_else(|| streams::of_path(&real), streams::argument);
                match found {
                    Ok(_) => self.kept(path, &name, &real),
                    Err(error) => {
                        let kept = self.streams.kept(&name);
                        kept.ok_or_else(|| self.not_there(path, &error))
                    }
                }
            }
        }
    }

    /// The same for what is there to stay, such as a module: a pipe or a device is refused, so
    /// that nothing waits for it.
    pub fn regular(&self, path: &str) -> Result<PathBuf, Raised> {
        let real = self.found(path)?;
        let found = fs::metadata(&real);
        if Streams::is_input(path) || found.is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return Err(problem(path, "is a pipe or a device, not a file"));
        }
        self.readable(path)
    }

    /// Where that stream is kept, which is read now if it was not before.
    fn kept(&self, path: &str, name: &str, real: &Path) -> Result<PathBuf, Raised> {
        let kept = self.streams.keep(name, real);
        kept.map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                let what = format!("reading `{path}` was stopped");
                return Raised::new(CallErrorKind::Interrupted.word(), what);
            }
            match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(OtherRows { run }) => gives_others(path, run),
                None => unreadable(path, &error),
            }
        })
    }

    /// Where a file to be written goes; its folder exists.
    pub fn writable(&self, path: &str) -> Result<PathBuf, Raised> {
        let real = self.resolve(path)?;
        if !is_under(&real, &self.write) {
            return Err(outside(path, "write", &self.write));
        }
        self.is_not_private(path, &real)?;
        if is_under(&real, &self.sealed) {
            return Err(problem(
                path,
                "is in the folder of a run, where scripts may not write",
            )
            .hint("write it in the folder of the script, or in another folder"));
        }
        if real.is_dir() {
            return Err(
                problem(path, "is a folder, not a file").hint("name a file in it to write to")
            );
        }
        match real.parent() {
            Some(folder) if folder.is_dir() => Ok(real),
            _ => Err(
                problem(path, "cannot be written: its folder does not exist")
                    .hint("create the folder first"),
            ),
        }
    }

    /// Whether the script itself has written the file of that path.
    pub(crate) fn is_own(&self, path: &str) -> bool {
        self.resolve(path)
            .is_ok_and(|real| self.stand_ins.has(&real))
    }

    /// What this part of several writes in place of that file, which every part would write;
    /// nothing where there are no others.
    pub fn of_part(&self, path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?;
        Some(path.with_file_name(self.part.file_name(name)?))
    }

    /// Refuses files with secrets of ours: the configuration, and the key of a run.
    fn is_not_private(&self, path: &str, real: &Path) -> Result<(), Raised> {
        let is_key = real.file_name().is_some_and(|name| name == RUN_KEY);
        let mut private = self.private.iter();
        let is_ours = private.any(|file| {
            let file = self.resolve(&file.to_string_lossy());
            file.is_ok_and(|file| file == real)
        });
        if is_ours || is_key && is_under(real, &self.sealed) {
            let what = "holds your secrets, which scripts may not read";
            return Err(problem(path, what));
        }
        Ok(())
    }

    /// Where a file to be read is, in the working folder or else beside it.
    fn found(&self, path: &str) -> Result<PathBuf, Raised> {
        let real = self.resolve(path)?;
        match self.beside(path) {
            Some(beside) if !real.exists() => Self::resolve_in(&beside, path),
            _ => Ok(real),
        }
    }

    /// The file of a relative path that lies where those are looked for that the working
    /// folder does not have.
    fn beside(&self, path: &str) -> Option<PathBuf> {
        let folders = self.beside.iter().filter(|_| Path::new(path).is_relative());
        let mut files = folders.map(|folder| folder.join(path));
        files.find(|file| file.exists())
    }

    /// Follows every link and `..`; what does not exist yet stays as named.
    fn resolve(&self, path: &str) -> Result<PathBuf, Raised> {
        if path.is_empty() {
            return Err(Raised::new("file", "the path is empty").hint("name a file"));
        }
        Self::resolve_in(&self.working.join(path), path)
    }

    fn resolve_in(place: &Path, path: &str) -> Result<PathBuf, Raised> {
        let whole = std::path::absolute(place)
            .map_err(|error| problem(path, &format!("cannot be used: {}", reason(&error))))?;
        let mut real = PathBuf::new();
        for component in whole.components() {
            if component == Component::ParentDir {
                real.pop();
                continue;
            }
            real.push(component);
            match fs::canonicalize(&real) {
                Ok(followed) => real = followed,
                Err(_) if real.is_symlink() => {
                    return Err(problem(path, "contains a link that cannot be followed"));
                }
                Err(_) => {}
            }
        }
        Ok(real)
    }

    fn not_there(&self, path: &str, error: &io::Error) -> Raised {
        if error.kind() != io::ErrorKind::NotFound {
            return unreadable(path, error);
        }
        let raised = problem(path, "does not exist");
        if let Some(hint) = astray(path, &self.working.join(path)) {
            return raised.hint(hint);
        }
        if Path::new(path).is_absolute() {
            return raised;
        }
        raised.hint(format!(
            "paths are relative to `{}`",
            folder_shown(&self.working)
        ))
    }
}

fn outside(path: &str, verb: &str, allowed: &[PathBuf]) -> Raised {
    let folders: Vec<String> = allowed
        .iter()
        .map(|folder| format!("`{}`", folder_shown(folder)))
        .collect();
    let also = match verb {
        "read" => "; to read another file, pass its path as an argument of the script",
        _ => "",
    };
    problem(
        path,
        &format!("is outside the folders this script may {verb} in"),
    )
    .hint(format!("allowed: {}{also}", folders.join(", ")))
}

/// Whether a resolved path is one of the roots or under one.
fn is_under(real: &Path, roots: &[PathBuf]) -> bool {
    roots
        .iter()
        .filter_map(|root| fs::canonicalize(root).ok())
        .any(|root| real.starts_with(root))
}

fn folder_shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() {
        return ".".to_owned();
    }
    folder.display().to_string()
}

fn problem(path: &str, what: &str) -> Raised {
    Raised::new("file", format!("`{path}` {what}"))
}

fn gives_others(path: &str, run: &str) -> Raised {
    let what = format!("has other rows than run `{run}` read and kept; none of these was done");
    problem(path, &what).hint(format!(
        "to finish that run with the rows it kept, use `--resume {run}` instead of `--name`; for \
         other rows, use another name"
    ))
}

fn unreadable(path: &str, error: &io::Error) -> Raised {
    problem(path, &format!("cannot be read: {}", reason(error)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// A folder with `inside/in.csv` and `out.csv` beside it; only `inside` is allowed.
    fn folders() -> (TempDir, Confinement) {
        let top = TempDir::new().unwrap();
        let inside = top.path().join("inside");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("in.csv"), "a\n1\n").unwrap();
        fs::write(top.path().join("out.csv"), "a\n1\n").unwrap();
        let files = Confinement {
            working: inside.clone(),
            read: vec![inside.clone()],
            given: Vec::new(),
            write: vec![inside],
            ..Confinement::default()
        };
        (top, files)
    }

    fn refusal<T: std::fmt::Debug>(result: Result<T, Raised>) -> String {
        let error: Box<rhai::EvalAltResult> = result.unwrap_err().into();
        error.to_string()
    }

    #[test]
    fn a_relative_path_is_taken_from_the_working_folder() {
        let (top, files) = folders();
        let expected = fs::canonicalize(top.path().join("inside/in.csv")).unwrap();
        assert_eq!(files.readable("in.csv").unwrap(), expected);
        assert_eq!(files.readable("./x/../in.csv").unwrap(), expected);
    }

    #[test]
    fn dots_do_not_lead_out_of_the_folder() {
        let (_top, files) = folders();
        assert!(refusal(files.readable("../out.csv")).contains("outside the folders"));
        assert!(refusal(files.writable("../new.csv")).contains("outside the folders"));
        assert!(refusal(files.writable("x/../../new.csv")).contains("outside the folders"));
    }

    #[test]
    fn an_absolute_path_outside_is_refused_whether_it_exists_or_not() {
        let (_top, files) = folders();
        assert!(refusal(files.readable("/etc/passwd")).contains("outside the folders"));
        assert!(refusal(files.readable("/etc/no-such-file")).contains("outside the folders"));
    }

    #[test]
    fn a_link_is_judged_by_where_it_leads() {
        let (top, files) = folders();
        let inside = top.path().join("inside");
        symlink(top.path().join("out.csv"), inside.join("link.csv")).unwrap();
        symlink(top.path(), inside.join("up")).unwrap();
        symlink(top.path().join("nothing"), inside.join("dangling.csv")).unwrap();
        assert!(refusal(files.readable("link.csv")).contains("outside the folders"));
        assert!(refusal(files.readable("up/out.csv")).contains("outside the folders"));
        assert!(refusal(files.writable("link.csv")).contains("outside the folders"));
        assert!(refusal(files.writable("up/new.csv")).contains("outside the folders"));
        assert!(refusal(files.writable("dangling.csv")).contains("cannot be followed"));
    }

    #[test]
    fn a_path_given_as_an_argument_is_readable_but_not_writable() {
        let (top, mut files) = folders();
        let given = top.path().join("out.csv");
        files.given.push(given.clone());
        let path = given.to_str().unwrap();
        assert!(files.open(path).is_ok());
        assert!(files.open("../out.csv").is_ok());
        assert!(refusal(files.writable(path)).contains("outside the folders"));
    }

    #[test]
    fn everything_under_a_folder_given_as_an_argument_is_readable() {
        let (top, mut files) = folders();
        files.given.push(top.path().to_owned());
        assert!(files.open("../out.csv").is_ok());
    }

    #[test]
    fn nothing_is_written_into_the_folder_of_a_run() {
        let (top, mut files) = folders();
        let runs = top.path().join("inside/runs");
        fs::create_dir(&runs).unwrap();
        files.sealed.push(runs);
        assert!(
            refusal(files.writable("runs/journal.sqlite")).contains("is in the folder of a run")
        );
        assert!(files.writable("beside.csv").is_ok());
    }

    #[test]
    fn the_configuration_and_the_keys_of_runs_are_neither_read_nor_written() {
        let (top, mut files) = folders();
        let inside = top.path().join("inside");
        let config = inside.join("config.toml");
        files.private = vec![config.clone(), inside.join("not-there/config.toml")];
        files.sealed.push(inside.join("runs"));
        fs::create_dir_all(inside.join("runs/a")).unwrap();
        fs::create_dir(inside.join("not-there")).unwrap();
        for name in ["config.toml", "runs/a/key", "runs/a/results.csv", "key"] {
            fs::write(inside.join(name), "x").unwrap();
        }
        symlink(&config, inside.join("link.toml")).unwrap();
        for path in ["config.toml", "x/../config.toml", "link.toml", "runs/a/key"] {
            assert!(
                refusal(files.readable(path)).contains("your secrets"),
                "{path}"
            );
            assert!(
                refusal(files.writable(path)).contains("your secrets"),
                "{path}"
            );
        }
        assert!(refusal(files.writable("not-there/config.toml")).contains("your secrets"));
        assert!(files.readable("runs/a/results.csv").is_ok());
        assert!(files.readable("key").is_ok());
        files.given.push("config.toml".into());
        assert!(files.readable("config.toml").is_ok());
    }

    #[test]
    fn a_missing_file_and_a_directory_are_named() {
        let (top, files) = folders();
        fs::create_dir(top.path().join("inside/sub")).unwrap();
        assert!(refusal(files.readable("none.csv")).contains("`none.csv` does not exist"));
        assert!(refusal(files.readable("sub")).contains("`sub` is a folder"));
        assert!(refusal(files.writable("sub")).contains("`sub` is a folder"));
        assert!(refusal(files.writable("new/x.csv")).contains("its folder does not exist"));
        assert!(refusal(files.readable("")).contains("the path is empty"));
    }
}
