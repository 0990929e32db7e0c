//! `.ods` files: Open Document 1.3, part 3, 9. Rows are read as they are asked for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, Read};

use jiff::civil;
use quick_xml::events::{BytesStart, Event};

use crate::script::sheet::cell::is_error;
use crate::script::sheet::content::{
    Area, Book, COLUMNS, CellContent, Epoch, Give, ROWS, SheetName, SheetPart,
};
use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::number_format::NumberFormat;
use crate::script::sheet::ods_styles::Styles;
use crate::script::sheet::package::{Package, Xml, append, attribute};

/// What the part `mimetype` begins with.
const KIND: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
/// The part with the sheets.
const SHEETS: &str = "content.xml";
/// Rows that only have looks count up to so many at once; programs fill a sheet with them.
const FILLING: u32 = 100;

/// An open workbook.
pub(super) struct Ods {
    package: Package,
    sheets: Vec<SheetName>,
    styles: Styles,
    epoch: Epoch,
}

/// Whether an archive holds an `.ods` file.
pub(super) fn is_one(package: &mut Package) -> Result<bool, SheetFault> {
    let Some(part) = package.part("mimetype")? else {
        return Ok(package.part(SHEETS)?.is_some());
    };
    let mut kind = Vec::new();
    part.take(KIND.len() as u64).read_to_end(&mut kind)?;
    Ok(kind == KIND)
}

impl Ods {
    /// Opens the workbook in an archive.
    pub fn open(mut package: Package) -> Result<Self, SheetFault> {
        if is_locked(&mut package)? {
            return Err(SheetFault::Locked);
        }
        let mut styles = Styles::default();
        if package.part("styles.xml")?.is_some() {
            styles.read(&mut package.xml("styles.xml")?)?;
        }
        let mut sheets = Vec::new();
        let mut epoch = Epoch::From(civil::date(1899, 12, 30));
        let mut xml = package.xml(SHEETS)?;
        styles.read(&mut xml)?;
        let mut depth = 0;
        while let Some(event) = xml.next()? {
            match &event {
                Event::Start(tag) => match tag.local_name().into_inner() {
                    "table" => {
                        depth += 1;
                        if depth == 1 {
                            sheets.push(sheet_name(tag, &styles));
                        }
                    }
                    "null-date" => {
                        let first = attribute(tag, "date-value");
                        let first = first.and_then(|first| first.parse().ok());
                        epoch = first.map_or(epoch, Epoch::From);
                    }
                    _ => {}
                },
                Event::End(tag) if tag.local_name().into_inner() == "table" => depth -= 1,
                _ => {}
            }
        }
        drop(xml);
        Ok(Self {
            package,
            sheets,
            styles,
            epoch,
        })
    }
}

fn is_locked(package: &mut Package) -> Result<bool, SheetFault> {
    if package.part("META-INF/manifest.xml")?.is_none() {
        return Ok(false);
    }
    let mut xml = package.xml("META-INF/manifest.xml")?;
    while let Some(event) = xml.next()? {
        if let Event::Start(tag) = event
            && tag.local_name().into_inner() == "encryption-data"
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn sheet_name(tag: &BytesStart<'_>, styles: &Styles) -> SheetName {
    let style = attribute(tag, "style-name").unwrap_or_default();
    let is_hidden = styles.hidden_sheets.iter().any(|hidden| *hidden == style);
    SheetName {
        name: attribute(tag, "name").unwrap_or_default().into_owned(),
        is_hidden: is_hidden || attribute(tag, "display").is_some_and(|shown| shown == "false"),
    }
}

impl Book for Ods {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn read(&mut self, sheet: usize, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let mut xml = self.package.xml(SHEETS)?;
        let (mut tables, mut depth) = (0, 0);
        while let Some(event) = xml.next()? {
            match &event {
                Event::Start(tag) if tag.local_name().into_inner() == "table" => {
                    tables += usize::from(depth == 0);
                    depth += 1;
                    if tables == sheet + 1 {
                        return Reading::new(&self.styles).read(xml, give);
                    }
                }
                Event::End(tag) if tag.local_name().into_inner() == "table" => depth -= 1,
                _ => {}
            }
        }
        Err(SheetFault::damaged("a sheet of it is gone"))
    }
}

/// A sheet being read.
struct Reading<'b> {
    styles: &'b Styles,
    general: NumberFormat,
    percent: NumberFormat,
    /// The formats that were asked for, by the names of styles.
    formats: HashMap<String, Option<NumberFormat>>,
    /// Where runs of columns end, and the style of their cells.
    columns: Vec<(u32, Option<String>)>,
    row: u32,
    repeated: u32,
    row_style: Option<String>,
    is_hidden: bool,
    cells: Vec<RawCell>,
    column: u32,
    text: CellText,
}

/// A cell of the row, and how often it comes.
struct RawCell {
    column: u32,
    repeated: u32,
    content: CellContent<'static>,
    style: Option<String>,
    is_percentage: bool,
    has_formula: bool,
}

/// A cell that is being read.
#[derive(Default)]
struct Attributes {
    kind: String,
    value: String,
    text: Option<String>,
    style: Option<String>,
    repeated: u32,
    columns: u32,
    rows: u32,
    has_formula: bool,
    is_error: bool,
}

impl<'b> Reading<'b> {
    fn new(styles: &'b Styles) -> Self {
        Self {
            styles,
            general: NumberFormat::general(),
            percent: NumberFormat::parse("0.##########%"),
            formats: HashMap::new(),
            columns: Vec::new(),
            row: 0,
            repeated: 1,
            row_style: None,
            is_hidden: false,
            cells: Vec::new(),
            column: 0,
            text: CellText::default(),
        }
    }

    fn read(mut self, mut xml: Xml<impl BufRead>, give: &mut Give<'_>) -> Result<(), SheetFault> {
        // Inside of a cell: what it says of itself, and how deep we are in something that
        // is no text of it, such as a remark.
        let (mut cell, mut beside) = (None::<Attributes>, 0_u32);
        while let Some(event) = xml.next()? {
            match &event {
                Event::Start(_) if beside > 0 => beside += 1,
                Event::End(_) if beside > 0 => beside -= 1,
                _ if beside > 0 => {}
                Event::Start(tag) => match tag.local_name().into_inner() {
                    name if cell.is_some() => beside = u32::from(!self.text.begin(name, tag)),
                    "table-column" => self.columns(tag, give)?,
                    "table-row" => self.begin_row(tag),
                    "table-cell" => {
                        self.text.clear();
                        cell = Some(Attributes::read(tag)?);
                    }
                    "covered-table-cell" => {
                        self.column = self.column.saturating_add(repeated(tag, "columns"));
                        beside = 1;
                    }
                    "shapes" => beside = 1,
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().into_inner() {
                    "table-cell" => {
                        if let Some(cell) = cell.take() {
                            self.end_cell(cell, give)?;
                        }
                    }
                    "table-row" => self.end_row(give)?,
                    "table" => return Ok(()),
                    name if cell.is_some() => self.text.end(name),
                    _ => {}
                },
                event if cell.is_some() => self.text.take(event)?,
                _ => {}
            }
        }
        Err(SheetFault::damaged("it ends in the middle"))
    }

    fn columns(&mut self, tag: &BytesStart<'_>, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let first = self.columns.last().map_or(0, |(end, _)| *end);
        if first >= COLUMNS {
            return Ok(());
        }
        let end = first.saturating_add(repeated(tag, "columns")).min(COLUMNS);
        let style = attribute(tag, "default-cell-style-name").map(String::from);
        self.columns.push((end, style));
        if (is_hidden(tag) || self.styles.are_flat_columns(tag)) && end > first {
            give(SheetPart::HiddenColumns(first, end - 1))?;
        }
        Ok(())
    }

    fn begin_row(&mut self, tag: &BytesStart<'_>) {
        self.repeated = repeated(tag, "rows");
        self.row_style = attribute(tag, "default-cell-style-name").map(String::from);
        self.is_hidden = is_hidden(tag) || self.styles.is_flat_row(tag);
        self.cells.clear();
        self.column = 0;
    }

    fn end_cell(&mut self, cell: Attributes, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let column = self.column;
        self.column = column.saturating_add(cell.repeated);
        if cell.rows > 1 || cell.columns > 1 {
            give(SheetPart::Merged(Area {
                first: (self.row, column),
                last: (
                    self.row.saturating_add(cell.rows - 1),
                    column.saturating_add(cell.columns - 1),
                ),
            }))?;
        }
        let content = cell.content(self.text.done())?;
        if content == CellContent::Blank && (cell.style.is_none() || column >= COLUMNS) {
            return Ok(());
        }
        if self.column > COLUMNS && content != CellContent::Blank {
            return Err(SheetFault::damaged(
                "a row has more cells than a sheet has columns",
            ));
        }
        self.cells.push(RawCell {
            column,
            repeated: cell.repeated,
            content,
            is_percentage: cell.kind == "percentage",
            has_formula: cell.has_formula,
            style: cell.style,
        });
        Ok(())
    }

    fn end_row(&mut self, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let first = self.row;
        self.row = first.saturating_add(self.repeated);
        let is_blank = self
            .cells
            .iter()
            .all(|cell| cell.content == CellContent::Blank);
        if self.cells.is_empty() || is_blank && self.repeated > FILLING {
            return Ok(());
        }
        if self.row > ROWS && !is_blank {
            return Err(SheetFault::damaged("it has more rows than a sheet"));
        }
        let cells = std::mem::take(&mut self.cells);
        for row in first..self.row {
            if self.is_hidden {
                give(SheetPart::HiddenRow(row))?;
            }
            for cell in &cells {
                self.give(row, cell, give)?;
            }
        }
        self.cells = cells;
        Ok(())
    }

    fn give(&mut self, row: u32, cell: &RawCell, give: &mut Give<'_>) -> Result<(), SheetFault> {
        if cell.content == CellContent::Blank {
            return Ok(give(SheetPart::Cell(
                (row, cell.column),
                CellContent::Blank,
                &self.general,
            ))?);
        }
        for column in cell.column..cell.column.saturating_add(cell.repeated) {
            let style = cell.style.as_deref().or(self.row_style.as_deref());
            let end = self.columns.partition_point(|(end, _)| *end <= column);
            let of_column = || {
                self.columns
                    .get(end)
                    .and_then(|(_, style)| style.as_deref())
            };
            let style = style.or_else(of_column).unwrap_or("Default");
            if !self.formats.contains_key(style) {
                self.formats
                    .insert(style.to_owned(), self.styles.format(style));
            }
            let format = self.formats.get(style).and_then(Option::as_ref);
            let content = match &cell.content {
                // The style says how a number is shown; where there is none, its text does.
                CellContent::Shown(number, _) if format.is_some() => CellContent::Number(*number),
                CellContent::Shown(number, text) if text.is_empty() => CellContent::Number(*number),
                CellContent::Shown(number, text) if cell.has_formula && is_truth(*number, text) => {
                    CellContent::Bool(*number > 0.0)
                }
                content => content.clone(),
            };
            let other = if cell.is_percentage {
                &self.percent
            } else {
                &self.general
            };
            give(SheetPart::Cell(
                (row, column),
                content,
                format.unwrap_or(other),
            ))?;
        }
        Ok(())
    }
}

impl Attributes {
    fn read(tag: &BytesStart<'_>) -> Result<Self, SheetFault> {
        let mut cell = Self {
            repeated: 1,
            columns: 1,
            rows: 1,
            ..Self::default()
        };
        for attribute in tag.attributes().with_checks(false).flatten() {
            let raw = &attribute.value;
            let value = || quick_xml::escape::unescape(raw).map_err(SheetFault::damaged);
            match attribute.key.into_inner() {
                "office:value-type" => value()?.as_ref().clone_into(&mut cell.kind),
                "office:value"
                | "office:date-value"
                | "office:time-value"
                | "office:boolean-value" => {
                    value()?.as_ref().clone_into(&mut cell.value);
                }
                "office:string-value" => cell.text = Some(value()?.into_owned()),
                "table:formula" => cell.has_formula = true,
                "table:style-name" => cell.style = Some(value()?.into_owned()),
                "calcext:value-type" => cell.is_error = raw == "error",
                "table:number-columns-repeated" => cell.repeated = counted(raw),
                "table:number-columns-spanned" => cell.columns = counted(raw),
                "table:number-rows-spanned" => cell.rows = counted(raw),
                _ => {}
            }
        }
        Ok(cell)
    }

    /// What it holds, with the text that is shown for it, if the file has one.
    fn content(&self, shown: Option<String>) -> Result<CellContent<'static>, SheetFault> {
        let has_shown = shown.is_some();
        let shown = shown.unwrap_or_default();
        if self.is_error || self.has_formula && is_error(shown.trim()) {
            return Ok(CellContent::Error(shown.trim().to_owned().into()));
        }
        let value = self.value.trim();
        if value.is_empty() && !matches!(self.kind.as_str(), "" | "string") {
            return Ok(CellContent::Uncomputed(None));
        }
        Ok(match self.kind.as_str() {
            // A paragraph without text is the result of `=""`; no paragraph is no result.
            "" if self.has_formula && !has_shown => CellContent::Uncomputed(None),
            "" if shown.is_empty() => CellContent::Blank,
            "" => CellContent::Text(shown.into()),
            "boolean" => CellContent::Bool(value == "true"),
            "date" => CellContent::Moment(moment(value)?),
            "time" => {
                let time: jiff::SignedDuration = value.parse().map_err(SheetFault::damaged)?;
                CellContent::Elapsed(time.as_secs_f64())
            }
            "string" => CellContent::Text(self.text.clone().unwrap_or(shown).into()),
            _ => CellContent::Shown(value.parse().map_err(SheetFault::damaged)?, shown.into()),
        })
    }
}

/// Whether a formula's number is a truth, which is shown as a word of the user's language.
fn is_truth(number: f64, text: &str) -> bool {
    let is_word = !text.is_empty() && text.chars().all(char::is_alphabetic);
    is_word && matches!(number.to_string().as_str(), "0" | "1")
}

fn moment(text: &str) -> Result<civil::DateTime, SheetFault> {
    let plain = text.trim_end_matches('Z');
    plain.parse().map_err(SheetFault::damaged)
}

fn is_hidden(tag: &BytesStart<'_>) -> bool {
    attribute(tag, "visibility").is_some_and(|seen| seen != "visible")
}

fn repeated(tag: &BytesStart<'_>, what: &str) -> u32 {
    let name: Cow<'_, str> = format!("number-{what}-repeated").into();
    attribute(tag, &name).map_or(1, |count| counted(&count))
}

fn counted(text: &str) -> u32 {
    text.parse().unwrap_or(1).max(1)
}

/// The text of a cell: its paragraphs, one a line.
#[derive(Default)]
struct CellText {
    text: String,
    paragraph: String,
    paragraphs: usize,
    is_inside: bool,
}

impl CellText {
    fn clear(&mut self) {
        self.text.clear();
        self.paragraph.clear();
        self.paragraphs = 0;
        self.is_inside = false;
    }

    /// Takes the beginning of a tag; says if what is in it is text of the cell.
    fn begin(&mut self, name: &str, tag: &BytesStart<'_>) -> bool {
        match name {
            "p" => self.is_inside = true,
            "s" => {
                let count = attribute(tag, "c").map_or(1, |count| counted(&count));
                let count = usize::try_from(count.min(1 << 15)).unwrap_or_default();
                self.paragraph.extend(std::iter::repeat_n('\u{1}', count));
            }
            "tab" => self.paragraph.push('\u{2}'),
            "line-break" => self.paragraph.push('\u{3}'),
            "span" | "a" | "ruby" | "ruby-base" | "title" | "sheet-name" | "date" | "time" => {}
            _ => return false,
        }
        true
    }

    fn end(&mut self, name: &str) {
        if name != "p" {
            return;
        }
        self.is_inside = false;
        if self.paragraphs > 0 {
            self.text.push('\n');
        }
        self.paragraphs += 1;
        // Blanks in the file count once; those that count each are tags.
        for (place, word) in self.paragraph.split_ascii_whitespace().enumerate() {
            if place > 0 {
                self.text.push(' ');
            }
            let plain = |letter| match letter {
                '\u{1}' => ' ',
                '\u{2}' => '\t',
                '\u{3}' => '\n',
                letter => letter,
            };
            self.text.extend(word.chars().map(plain));
        }
        self.paragraph.clear();
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), SheetFault> {
        if self.is_inside {
            append(&mut self.paragraph, event)?;
        }
        Ok(())
    }

    /// The text, if there was a paragraph.
    fn done(&mut self) -> Option<String> {
        (self.paragraphs > 0).then(|| std::mem::take(&mut self.text))
    }
}
