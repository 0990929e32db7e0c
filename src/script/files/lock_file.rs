//! The files that spreadsheet programs keep beside a workbook that they have open.

use std::path::Path;

/// How the names of such files begin and end: those of Excel, and those of
/// `LibreOffice`.
const NAMES: [(&str, &str); 2] = [("~$", ""), (".~lock.", "#")];

/// The name of such a file beside that one.
pub(crate) fn beside(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let mut names = NAMES
        .iter()
        .map(|(begin, end)| format!("{begin}{name}{end}"));
    names.find(|lock| path.with_file_name(lock).is_file())
}

/// The name of the workbook beside which a file of that name is such a file.
pub(crate) fn of_workbook(path: &str) -> Option<&str> {
    let name = Path::new(path).file_name()?.to_str()?;
    let inner = |(begin, end): &(&str, &str)| name.strip_prefix(*begin)?.strip_suffix(*end);
    NAMES.iter().find_map(inner).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_is_known_by_its_name_and_found_beside_the_workbook() {
        let folder = tempfile::tempdir().unwrap();
        for (lock, name) in [("~$a.xlsx", "a.xlsx"), (".~lock.b.ods#", "b.ods")] {
            let path = folder.path().join(name);
            assert_eq!(beside(&path), None);
            std::fs::write(folder.path().join(lock), "").unwrap();
            assert_eq!(beside(&path).as_deref(), Some(lock));
            assert_eq!(of_workbook(&format!("in/{lock}")), Some(name));
        }
        assert_eq!(of_workbook("in/a.xlsx"), None);
    }
}
