//! The columns of a file that a script names, without running the script.
//!
//! No more of a file is read than the beginning in which its first line stands.

use std::path::{Component, Path};

use crate::cancel::Cancel;
use crate::script::csv::opened::Opened;
use crate::script::csv::options::CsvOptions;
use crate::script::csv::rows::RowSource;
use crate::script::host::Confinement;
use crate::script::sheet::{Sheet, SheetOptions};

/// A larger spreadsheet is not looked into: what its first row says may stand at its end.
const LARGEST_SHEET: u64 = 64 * 1024;

/// The names of the columns of a file below a folder, as `csv` or `sheet` gives them; none
/// where it cannot be read at once, or is none.
pub fn columns(folder: &Path, function: &str, path: &str) -> Vec<String> {
    read(folder, function, path).unwrap_or_default()
}

fn read(folder: &Path, function: &str, path: &str) -> Option<Vec<String>> {
    let mut parts = Path::new(path).components();
    let is_beside = parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    // Of a pipe nothing would be left.
    let found = std::fs::metadata(folder.join(path)).ok()?;
    if !is_beside || !found.is_file() {
        return None;
    }
    let files = Confinement {
        working: folder.to_owned(),
        read: vec![folder.to_owned()],
        ..Confinement::default()
    };
    let names = |source: &dyn RowSource| {
        let names = source.columns().iter();
        names.map(ToString::to_string).collect()
    };
    match function {
        "csv" => {
            let opened = Opened::at(&files, path, CsvOptions::default()).ok()?;
            Some(names(&opened.rows().ok()?))
        }
        "sheet" if found.len() <= LARGEST_SHEET => {
            let unwatched = (None, Cancel::default());
            let sheet = Sheet::open(&files, path, SheetOptions::default(), unwatched).ok()?;
            Some(names(&sheet))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_file_beside_the_script_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x@example.com;1\n".repeat(100_000);
        std::fs::write(
            folder.path().join("a.csv"),
            format!("email;first name\n{long}"),
        )
        .unwrap();
        let found = |function: &str, path: &str| columns(folder.path(), function, path);
        assert_eq!(found("csv", "a.csv"), ["email", "first name"]);
        for path in ["none.csv", "", ".", "../a.csv", "/etc/passwd"] {
            assert_eq!(found("csv", path), Vec::<String>::new(), "{path}");
        }
        assert_eq!(found("sheet", "a.csv"), Vec::<String>::new());
    }
}
