//! A spreadsheet file of whatever kind: its sheets and their cells.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek};

use calamine::{
    CellErrorType, Data, DataRef, Dimensions, Ods, Range, Reader, SheetType, SheetVisible, Xls,
    XlsError, Xlsb, Xlsx, XlsxError,
};

use crate::script::diagnostic::suggestion::suggestion;
use crate::script::raise::Raised;
use crate::script::sheet::complaint;
use crate::script::sheet::number_format::NumberFormat;

type Bytes = BufReader<File>;

/// How zip archives begin; the newer kinds of spreadsheets are some.
const ZIP: &[u8] = b"PK\x03\x04";
/// How files of old Office programs begin, and those locked with a password.
const OLD_OFFICE: &[u8] = b"\xd0\xcf\x11\xe0";

/// A place in a sheet: row and column, from 0.
pub(super) type Place = (u32, u32);

/// An open spreadsheet file.
pub(super) struct Workbook {
    path: String,
    kind: Kind,
}

enum Kind {
    Xlsx(Box<Xlsx<Bytes>>),
    Xlsb(Box<Xlsb<Bytes>>),
    Xls(Box<Xls<Bytes>>),
    Ods(Box<Ods<Bytes>>),
}

/// Whether a file begins as spreadsheets do.
pub(crate) fn is_one(file: &mut File) -> bool {
    let mut beginning = [0; 4];
    let read = file.read_exact(&mut beginning);
    read.is_ok() && (beginning == ZIP || beginning == OLD_OFFICE)
}

impl Workbook {
    /// Opens a file, whose beginning says of what kind it is.
    pub fn open(path: &str, mut file: File) -> Result<Self, Raised> {
        let mut beginning = [0; 8];
        let is_read = file.rewind().and_then(|()| {
            let read = file.read(&mut beginning)?;
            file.rewind().map(|()| read)
        });
        let read = is_read.map_err(|error| unreadable(path, &error))?;
        let beginning = &beginning[..read];
        let kind = if beginning.starts_with(ZIP) {
            zipped(path, &file)?
        } else if beginning.starts_with(OLD_OFFICE) {
            old(path, &file)?
        } else {
            return Err(complaint(path, "is not a spreadsheet")
                .hint("a text file with one row a line is read with `csv(path)`"));
        };
        Ok(Self {
            path: path.to_owned(),
            kind,
        })
    }

    /// The name of the sheet that is meant: the one of that name, or the first to be seen.
    pub fn choose(&self, name: Option<&str>) -> Result<String, Raised> {
        let sheets = match &self.kind {
            Kind::Xlsx(workbook) => workbook.sheets_metadata(),
            Kind::Xlsb(workbook) => workbook.sheets_metadata(),
            Kind::Xls(workbook) => workbook.sheets_metadata(),
            Kind::Ods(workbook) => workbook.sheets_metadata(),
        };
        let sheets = sheets
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let Some(name) = name else {
            let mut seen = sheets.filter(|sheet| sheet.visible == SheetVisible::Visible);
            let first = seen.next();
            return match first {
                Some(first) => Ok(first.name.clone()),
                None => Err(complaint(&self.path, "has no sheet that can be seen")),
            };
        };
        if sheets.clone().any(|sheet| sheet.name == name) {
            return Ok(name.to_owned());
        }
        let known = sheets.map(|sheet| sheet.name.as_str());
        Err(complaint(&self.path, &format!("has no sheet `{name}`")).hint(suggestion(name, known)))
    }

    /// The ranges of a sheet whose cells were made one, where the file tells.
    pub fn merged(&mut self, sheet: &str) -> Result<Vec<Dimensions>, Raised> {
        let merged = match &mut self.kind {
            Kind::Xlsx(workbook) => workbook.merge_cells_by_sheet_name(sheet),
            Kind::Xls(workbook) => {
                let merged = workbook.merge_cells_by_sheet_name(sheet);
                return merged.map_err(|error| unreadable(&self.path, &error));
            }
            Kind::Xlsb(_) | Kind::Ods(_) => Ok(Vec::new()),
        };
        merged.map_err(|error| unreadable(&self.path, &error))
    }

    /// Gives every cell of a sheet, row by row, until that is refused.
    pub fn each_cell(
        &mut self,
        sheet: &str,
        mut give: impl FnMut(Place, DataRef<'_>, NumberFormat) -> Result<(), Raised>,
    ) -> Result<(), Raised> {
        let path = &self.path;
        let range = match &mut self.kind {
            Kind::Xlsx(workbook) => return cells_of_xlsx(path, workbook, sheet, give),
            Kind::Xlsb(workbook) => whole(path, workbook.as_mut(), sheet),
            Kind::Xls(workbook) => whole(path, workbook.as_mut(), sheet),
            Kind::Ods(workbook) => whole(path, workbook.as_mut(), sheet),
        }?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, data) in range.used_cells() {
            let place = (at(top, row), at(left, column));
            give(place, borrowed(data), NumberFormat::General)?;
        }
        Ok(())
    }
}

fn at(start: u32, offset: usize) -> u32 {
    start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX))
}

fn cells_of_xlsx(
    path: &str,
    workbook: &mut Xlsx<Bytes>,
    sheet: &str,
    mut give: impl FnMut(Place, DataRef<'_>, NumberFormat) -> Result<(), Raised>,
) -> Result<(), Raised> {
    let unreadable = |error| unreadable(path, &error);
    let uncomputed = uncomputed(workbook, sheet).map_err(unreadable)?;
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(unreadable)?;
    let format = |style: &calamine::Style| match &style.number_format {
        Some(format) => NumberFormat::of(&format.format_code),
        None => NumberFormat::General,
    };
    let formats: Vec<NumberFormat> = cells.styles().iter().map(format).collect();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(unreadable)? {
        let format = formats.get(style).copied();
        let place = cell.get_position();
        let data = if uncomputed.contains(&place) {
            DataRef::Error(CellErrorType::GettingData)
        } else {
            cell.get_value().clone()
        };
        give(place, data, format.unwrap_or(NumberFormat::General))?;
    }
    Ok(())
}

/// Formulas whose value the file does not have: a program wrote them that cannot reckon.
fn uncomputed(workbook: &mut Xlsx<Bytes>, sheet: &str) -> Result<HashSet<Place>, XlsxError> {
    let mut cells = workbook.worksheet_cells_reader(sheet)?;
    let mut places = HashSet::new();
    while let Some(cell) = cells.next_cell_with_formula_metadata()? {
        if cell.formula.is_some() && cell.value == DataRef::Empty {
            places.insert(cell.pos);
        }
    }
    Ok(places)
}

fn whole<R: Reader<Bytes>>(path: &str, workbook: &mut R, sheet: &str) -> Result<Range<Data>, Raised>
where
    R::Error: std::fmt::Display,
{
    let range = workbook.worksheet_range(sheet);
    range.map_err(|error| unreadable(path, &error))
}

fn borrowed(data: &Data) -> DataRef<'_> {
    match data {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(truth) => DataRef::Bool(*truth),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// What a zip archive holds: Excel's newer files and `.ods` are both of that kind.
fn zipped(path: &str, file: &File) -> Result<Kind, Raised> {
    let first = match Xlsx::new(again(path, file)?) {
        Ok(workbook) => return Ok(Kind::Xlsx(Box::new(workbook))),
        Err(error) => error,
    };
    if let Ok(workbook) = Ods::new(again(path, file)?) {
        return Ok(Kind::Ods(Box::new(workbook)));
    }
    if let Ok(workbook) = Xlsb::new(again(path, file)?) {
        return Ok(Kind::Xlsb(Box::new(workbook)));
    }
    Err(match first {
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => {
            complaint(path, "is a zip archive, but not a spreadsheet")
        }
        error => unreadable(path, &error),
    })
}

/// A workbook of an old Excel, or one of a newer that is locked.
fn old(path: &str, file: &File) -> Result<Kind, Raised> {
    let error = match Xls::new(again(path, file)?) {
        Ok(workbook) => return Ok(Kind::Xls(Box::new(workbook))),
        Err(error) => error,
    };
    let newer = Xlsx::new(again(path, file)?);
    let is_locked =
        matches!(newer, Err(XlsxError::Password)) || matches!(error, XlsError::Password);
    Err(if is_locked {
        complaint(path, "is locked with a password").hint("save a copy of it without the password")
    } else {
        unreadable(path, &error)
    })
}

/// The same file from its beginning.
fn again(path: &str, file: &File) -> Result<Bytes, Raised> {
    let again = file.try_clone().and_then(|mut file| {
        file.rewind()?;
        Ok(BufReader::new(file))
    });
    again.map_err(|error| unreadable(path, &error))
}

/// A file that is broken, or in a way nobody expected.
fn unreadable(path: &str, error: &dyn std::fmt::Display) -> Raised {
    complaint(path, &format!("cannot be read: {error}"))
        .hint("open it in a spreadsheet program and save it anew")
}
