//! What lies beside a script, for completion and for jumps: files, the columns of those it
//! names, modules. The script is not run.
//!
//! Of a file with columns no more is read than the beginning in which its first line stands.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::script::csv::opened::Opened;
use crate::script::csv::options::CsvOptions;
use crate::script::csv::rows::RowSource;
use crate::script::engine::known_names;
use crate::script::engine::modules::Modules;
use crate::script::engine::sources::Sources;
use crate::script::host::Confinement;
use crate::script::load::text_of;
use crate::script::sheet::{Sheet, SheetOptions};

/// A larger spreadsheet is not looked into: what its first row says may stand at its end.
const LARGEST_SHEET: u64 = 64 * 1024;

/// No more files of a folder are looked at.
const MOST_FILES: usize = 1000;

/// The files and folders whose paths begin so, by name from the last slash on, and whether
/// each is a folder; with it where that slash is in what was typed.
pub fn files(folder: &Path, typed: &str) -> (usize, Vec<(String, bool)>) {
    let start = typed.rfind('/').map_or(0, |slash| slash + 1);
    let (above, begun) = typed.split_at(start);
    let above = folder.join(above);
    let above = if above.as_os_str().is_empty() {
        Path::new(".")
    } else {
        &above
    };
    let entries = std::fs::read_dir(above).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let is_hidden = name.starts_with('.') && !begun.starts_with('.');
        if is_hidden || !name.starts_with(begun) || name.contains(['"', '\\']) {
            return None;
        }
        // Through links, so that one to a folder counts as a folder.
        let is_folder = entry.path().is_dir();
        Some((name, is_folder))
    });
    let mut found: Vec<_> = found.take(MOST_FILES).collect();
    found.sort();
    (start, found)
}

/// The scripts in a folder, those below it left out.
pub fn scripts(folder: &Path) -> Vec<PathBuf> {
    let (_, files) = files(folder, "");
    let is_script = |(name, is_folder): &(String, bool)| {
        let (stem, ending) = name.rsplit_once('.').unwrap_or_default();
        let is_definition = stem.rsplit_once('.').is_some_and(|(_, kind)| kind == "d");
        !is_folder && ending == "rhai" && !is_definition
    };
    let scripts = files.into_iter().filter(is_script);
    scripts.map(|(name, _)| folder.join(name)).collect()
}

/// The file that `import "name"` in a script of that path means.
pub fn module(files: Confinement, importer: &Path, name: &str) -> Option<PathBuf> {
    let sources = Arc::new(Sources::default());
    let modules = Modules::new(files, sources, known_names(), |_, _, _| Vec::new());
    let importer = importer.display().to_string();
    let found = modules.find(Some(&importer), name).ok()?;
    Some(found.path)
}

/// The text of a script's file; none where it cannot be read at once, or is none.
pub fn script_text(path: &Path) -> Option<String> {
    path.is_file().then(|| text_of(path).ok()).flatten()
}

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
