//! A path under which there is nothing, and what was probably meant by it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::catalog::similar;

/// What to do about a path under which there is no file; `whole` is the same path from
/// a folder that is known. Names of other files beside it are told, so it must be one
/// that may be read.
pub fn astray(path: &str, whole: &Path) -> Option<String> {
    if path.starts_with("~/") {
        return Some("only your shell expands `~`: write the home folder in full".to_owned());
    }
    let wanted = whole.file_stem()?.to_str()?;
    let folder = match whole.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let entries = fs::read_dir(folder).ok()?.flatten();
    let files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let of_its_kind = |file: &&PathBuf| file.extension() == whole.extension();
    let stems = files.iter().filter(of_its_kind);
    let near = similar(wanted, stems.filter_map(|file| file.file_stem()?.to_str()));
    let mut name = OsString::from(near.first()?);
    if let Some(kind) = whole.extension() {
        name.push(".");
        name.push(kind);
    }
    let near = Path::new(path).with_file_name(name);
    Some(format!("did you mean `{}`?", near.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_file_is_told_with_the_nearest_of_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["clients.csv", "clients.rhai", "März.csv"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let hint = |path: &str| astray(path, &folder.path().join(path));
        assert_eq!(
            hint("cleints.csv").as_deref(),
            Some("did you mean `clients.csv`?")
        );
        assert_eq!(
            hint("./Marz.csv").as_deref(),
            Some("did you mean `./März.csv`?")
        );
        assert_eq!(hint("orders.csv"), None);
        assert_eq!(hint("entries.rhai"), None);
        assert_eq!(hint("none/clients.csv"), None);
    }

    #[test]
    fn a_home_folder_is_written_in_full() {
        let hint = astray("~/clients.csv", Path::new("/tmp/~/clients.csv"));
        assert!(hint.unwrap().starts_with("only your shell expands `~`"));
    }
}
