//! A spreadsheet file of whatever kind: its sheets, and the one that is meant.

use std::fs::File;
use std::io::{Read, Seek};

use crate::script::diagnostic::suggestion::suggestion;
use crate::script::files::other_kind;
use crate::script::raise::Raised;
use crate::script::sheet::compound::Compound;
use crate::script::sheet::content::{Book, SheetName};
use crate::script::sheet::fault::{SheetFault, complaint};
use crate::script::sheet::ods::{self, Ods};
use crate::script::sheet::ooxml;
use crate::script::sheet::package::Package;
use crate::script::sheet::xls::Xls;
use crate::script::sheet::xlsb::Xlsb;
use crate::script::sheet::xlsx::Xlsx;

/// How zip archives begin; the newer kinds of spreadsheets are some.
const ZIP: &[u8] = b"PK\x03\x04";
/// How files of old Office programs begin, and those locked with a password.
const OLD_OFFICE: &[u8] = b"\xd0\xcf\x11\xe0";

/// Whether a file begins as spreadsheets do.
pub(crate) fn is_one(file: &mut File) -> bool {
    let mut beginning = [0; 4];
    let read = file.read_exact(&mut beginning);
    read.is_ok() && (beginning == ZIP || beginning == OLD_OFFICE)
}

/// Opens a file, whose beginning says of what kind it is.
pub(super) fn open(mut file: File) -> Result<Box<dyn Book>, SheetFault> {
    let mut beginning = Vec::new();
    file.rewind()?;
    file.by_ref().take(1 << 10).read_to_end(&mut beginning)?;
    file.rewind()?;
    if beginning.starts_with(ZIP) {
        zipped(Package::open(file)?)
    } else if beginning.starts_with(OLD_OFFICE) {
        let compound = Compound::open(file)?;
        if compound.has("EncryptedPackage") {
            return Err(SheetFault::Locked);
        }
        Ok(Box::new(Xls::open(compound)?))
    } else {
        Err(SheetFault::Other(what_else(&beginning)))
    }
}

/// What a zip archive holds: Excel's newer files and `.ods` are both of that kind.
fn zipped(mut package: Package) -> Result<Box<dyn Book>, SheetFault> {
    if let Some(workbook) = ooxml::workbook(&mut package)? {
        let name = workbook.to_ascii_lowercase();
        let ending = std::path::Path::new(&name).extension();
        if ending.is_some_and(|ending| ending == "bin") {
            return Ok(Box::new(Xlsb::open(package, &workbook)?));
        }
        if name.contains("word") || name.contains("ppt") {
            return Err(SheetFault::Other("a file of another Office program"));
        }
        return Ok(Box::new(Xlsx::open(package, &workbook)?));
    }
    if ods::is_one(&mut package)? {
        return Ok(Box::new(Ods::open(package)?));
    }
    Err(SheetFault::Other("a zip archive"))
}

/// What a file is that begins like that, whatever its name says.
fn what_else(beginning: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(beginning).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if beginning.is_empty() {
        "an empty file"
    } else if beginning.starts_with(b"\x1f\x8b") {
        "a file packed with gzip, like a zip archive"
    } else if text.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        "an XML file of Excel 2003"
    } else if text.starts_with("<!doctype html")
        || text.contains("<html")
        || text.starts_with("<table")
    {
        "a web page (HTML)"
    } else if text.starts_with("<?xml") {
        "an XML file"
    } else if text.starts_with("%pdf") {
        "a PDF file"
    } else if beginning.contains(&0)
        && !beginning.starts_with(b"\xff\xfe")
        && !beginning.starts_with(b"\xfe\xff")
    {
        "a file of an unknown kind"
    } else {
        other_kind::other_kind(beginning).unwrap_or(other_kind::TEXT)
    }
}

/// The place of the sheet that is meant: the one of that name, or the first to be seen.
pub(super) fn choose(
    path: &str,
    sheets: &[SheetName],
    name: Option<&str>,
) -> Result<usize, Raised> {
    let Some(name) = name else {
        let first = sheets.iter().position(|sheet| !sheet.is_hidden);
        return first.ok_or_else(|| {
            let hidden: Vec<String> = sheets
                .iter()
                .map(|sheet| format!("`{}`", sheet.name))
                .collect();
            let raised = complaint(path, "has no visible sheet");
            match hidden.as_slice() {
                [] => raised.hint("open it in a spreadsheet program and save it as .xlsx"),
                hidden => raised.hint(format!(
                    "hidden: {}; to read one, name it",
                    hidden.join(", ")
                )),
            }
        });
    };
    let found = sheets.iter().position(|sheet| sheet.name == name);
    found.ok_or_else(|| {
        let known = sheets.iter().map(|sheet| sheet.name.as_str());
        complaint(path, &format!("has no sheet `{name}`; nothing was sent"))
            .hint(suggestion(name, known))
    })
}
