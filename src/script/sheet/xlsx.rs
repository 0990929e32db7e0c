//! `.xlsx` files: ECMA-376, part 1, 18. Rows are read as they are asked for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use jiff::civil;
use quick_xml::events::{BytesStart, Event};

use crate::script::sheet::content::{
    Area, Book, COLUMNS, CellContent, Epoch, Give, ROWS, SheetName, SheetPart, place,
};
use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::number_format::NumberFormat;
use crate::script::sheet::ooxml::{SharedTexts, check_looks, relations, tables};
use crate::script::sheet::package::{Package, Xml, append, attribute, is_true};

/// An open workbook.
pub(super) struct Xlsx {
    package: Package,
    sheets: Vec<SheetName>,
    parts: Vec<String>,
    epoch: Epoch,
    /// Its formulas are to be computed once it is opened: a zero may stand for their results.
    is_uncomputed: bool,
    formats: Vec<NumberFormat>,
    texts: SharedTexts,
}

impl Xlsx {
    /// Opens the workbook that the part of that name describes.
    pub fn open(mut package: Package, workbook: &str) -> Result<Self, SheetFault> {
        let relations = relations(&mut package, workbook)?;
        let (mut sheets, mut parts, mut epoch) = (Vec::new(), Vec::new(), Epoch::Of1900);
        let mut is_uncomputed = false;
        let mut xml = package.xml(workbook)?;
        while let Some(event) = xml.next()? {
            let Event::Start(tag) = event else { continue };
            let value = |name| attribute(&tag, name).unwrap_or_default();
            match tag.local_name().into_inner() {
                "workbookPr" if is_true(&value("date1904")) => epoch = Epoch::OF_1904,
                "calcPr" => is_uncomputed = is_true(&value("fullCalcOnLoad")),
                "sheet" => {
                    let relation = relations.get(value("id").as_ref());
                    if let Some(relation) = relation.filter(|found| found.kind == "worksheet") {
                        sheets.push(SheetName {
                            name: value("name").into_owned(),
                            is_hidden: !matches!(value("state").as_ref(), "" | "visible"),
                        });
                        parts.push(relation.target.clone());
                    }
                }
                _ => {}
            }
        }
        drop(xml);
        let part = |kind: &str| relations.values().find(|relation| relation.kind == kind);
        let formats = match part("styles") {
            Some(styles) => formats(package.xml(&styles.target)?)?,
            None => Vec::new(),
        };
        let texts = match part("sharedStrings") {
            Some(texts) => shared_texts(package.xml(&texts.target)?)?,
            None => SharedTexts::default(),
        };
        Ok(Self {
            package,
            sheets,
            parts,
            epoch,
            is_uncomputed,
            formats,
            texts,
        })
    }
}

impl Book for Xlsx {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn read(&mut self, sheet: usize, give: &mut Give<'_>) -> Result<(), SheetFault> {
        for part in tables(&mut self.package, &self.parts[sheet])? {
            let mut xml = self.package.xml(&part)?;
            while let Some(event) = xml.next()? {
                if let Event::Start(tag) = event
                    && tag.local_name().into_inner() == "table"
                    && number(attribute(&tag, "totalsRowCount")) > 0
                {
                    give(SheetPart::Totals(area(&tag)?.last.0))?;
                }
            }
        }
        let reading = Reading {
            general: &NumberFormat::general(),
            formats: &self.formats,
            texts: &self.texts,
            is_uncomputed: self.is_uncomputed,
            row: 0,
            column: 0,
            next_row: 0,
            next_column: 0,
            cell: RawCell::default(),
        };
        reading.read(self.package.xml(&self.parts[sheet])?, give)
    }
}

/// How cells are shown, by the number of their style.
fn formats(mut xml: Xml<impl BufRead>) -> Result<Vec<NumberFormat>, SheetFault> {
    let (mut codes, mut formats) = (HashMap::new(), Vec::new());
    let mut is_of_cells = false;
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) => match tag.local_name().into_inner() {
                "numFmt" => {
                    let id = number(attribute(&tag, "numFmtId"));
                    let code = attribute(&tag, "formatCode").unwrap_or_default();
                    codes.insert(id, code.into_owned());
                    check_looks(codes.len())?;
                }
                "cellXfs" => is_of_cells = true,
                "xf" if is_of_cells => {
                    let id = number(attribute(&tag, "numFmtId"));
                    formats.push(match codes.get(&id) {
                        Some(code) => NumberFormat::parse(code),
                        None => NumberFormat::built_in(id),
                    });
                    check_looks(formats.len())?;
                }
                _ => {}
            },
            Event::End(tag) if tag.local_name().into_inner() == "cellXfs" => is_of_cells = false,
            _ => {}
        }
    }
    Ok(formats)
}

fn number(value: Option<Cow<'_, str>>) -> u32 {
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}

/// The texts that cells share; how they are to be pronounced is left out.
fn shared_texts(mut xml: Xml<impl BufRead>) -> Result<SharedTexts, SheetFault> {
    let (mut texts, mut text) = (SharedTexts::default(), String::new());
    let (mut is_text, mut is_phonetic) = (false, false);
    while let Some(event) = xml.next()? {
        match &event {
            Event::Start(tag) => match tag.local_name().into_inner() {
                "si" => text.clear(),
                "rPh" => is_phonetic = true,
                "t" => is_text = !is_phonetic,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().into_inner() {
                "si" => texts.push(&unescaped_controls(&text))?,
                "rPh" => is_phonetic = false,
                "t" => is_text = false,
                _ => {}
            },
            event if is_text => append(&mut text, event)?,
            _ => {}
        }
    }
    Ok(texts)
}

/// A text with `_x000D_` as the character it stands for: ECMA-376, part 1, 22.9.2.19.
fn unescaped_controls(text: &str) -> Cow<'_, str> {
    let escaped = |rest: &str| {
        let digits = rest.strip_prefix("_x")?.get(..4)?;
        let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_whole = is_hexadecimal && rest[6..].starts_with('_');
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_whole)?;
        char::from_u32(code)
    };
    if !text.contains("_x") {
        return text.into();
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (letter, length) = escaped(rest).map_or(('_', 1), |letter| (letter, 7));
        plain.push(letter);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain.into()
}

/// A sheet being read.
struct Reading<'b> {
    general: &'b NumberFormat,
    formats: &'b [NumberFormat],
    texts: &'b SharedTexts,
    is_uncomputed: bool,
    row: u32,
    column: u32,
    next_row: u32,
    next_column: u32,
    cell: RawCell,
}

/// A cell as it is written.
#[derive(Default)]
struct RawCell {
    kind: Kind,
    style: usize,
    has_formula: bool,
    has_value: bool,
    text: String,
}

/// What a cell says that it holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Kind {
    Bool,
    Date,
    Error,
    Inline,
    #[default]
    Number,
    Shared,
    Text,
}

impl Reading<'_> {
    fn read(mut self, mut xml: Xml<impl BufRead>, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let (mut is_value, mut is_phonetic, mut is_data) = (false, false, false);
        while let Some(event) = xml.next()? {
            match &event {
                Event::Start(tag) => match tag.local_name().into_inner() {
                    "c" if is_data => self.begin_cell(tag)?,
                    "v" => {
                        is_value = true;
                        self.cell.has_value = true;
                    }
                    "t" => is_value = !is_phonetic,
                    "f" => self.cell.has_formula = true,
                    "rPh" => is_phonetic = true,
                    "row" if is_data => self.begin_row(tag, give)?,
                    "sheetData" => is_data = true,
                    "col" => hidden_columns(tag, give)?,
                    "mergeCell" => give(SheetPart::Merged(area(tag)?))?,
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().into_inner() {
                    "c" if is_data => self.end_cell(give)?,
                    "v" | "t" => is_value = false,
                    "rPh" => is_phonetic = false,
                    "sheetData" => is_data = false,
                    _ => {}
                },
                event if is_value => append(&mut self.cell.text, event)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn begin_row(&mut self, tag: &BytesStart<'_>, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let (mut row, mut is_hidden) = (Some(self.next_row), false);
        for attribute in tag.attributes().with_checks(false).flatten() {
            let value = &attribute.value;
            match attribute.key.into_inner() {
                "r" => row = value.parse::<u32>().ok().and_then(|row| row.checked_sub(1)),
                "hidden" => is_hidden |= is_true(value),
                "ht" => is_hidden |= is_nothing(value),
                _ => {}
            }
        }
        let row = row.filter(|row| *row < ROWS);
        self.row = row.ok_or_else(|| SheetFault::damaged("a row has a number that no row has"))?;
        self.next_row = self.row + 1;
        self.next_column = 0;
        if is_hidden {
            give(SheetPart::HiddenRow(self.row))?;
        }
        Ok(())
    }

    fn begin_cell(&mut self, tag: &BytesStart<'_>) -> Result<(), SheetFault> {
        self.cell.kind = Kind::Number;
        self.cell.style = 0;
        self.cell.has_formula = false;
        self.cell.has_value = false;
        self.cell.text.clear();
        self.column = self.next_column;
        for attribute in tag.attributes().with_checks(false).flatten() {
            let value = &attribute.value;
            match attribute.key.into_inner() {
                "r" => {
                    let wrong = || SheetFault::damaged(format!("a cell is called `{value}`"));
                    (self.row, self.column) = place(value).ok_or_else(wrong)?;
                }
                "s" => self.cell.style = value.parse().map_err(SheetFault::damaged)?,
                "t" => self.cell.kind = kind(value)?,
                _ => {}
            }
        }
        if self.column >= COLUMNS {
            return Err(SheetFault::damaged(
                "a row has more cells than a sheet has columns",
            ));
        }
        self.next_column = self.column + 1;
        Ok(())
    }

    fn end_cell(&mut self, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let cell = &self.cell;
        let format = self.formats.get(cell.style).unwrap_or(self.general);
        let place = (self.row, self.column);
        let may_lack = self.is_uncomputed && cell.has_formula;
        let content = cell.content(self.texts).map_err(|what| match what {
            SheetFault::Damaged(what) => {
                SheetFault::Damaged(format!("cell {}: {what}", super::content::name(place)))
            }
            fault => fault,
        })?;
        let content = match content {
            CellContent::Number(number) if may_lack && number.to_bits() == 0 => {
                CellContent::Uncomputed(Some("0"))
            }
            content => content,
        };
        Ok(give(SheetPart::Cell(place, content, format))?)
    }
}

impl RawCell {
    fn content<'c>(&'c self, texts: &'c SharedTexts) -> Result<CellContent<'c>, SheetFault> {
        let value = self.text.trim();
        let is_inline = self.kind == Kind::Inline;
        if !is_inline && (!self.has_value || value.is_empty() && self.kind != Kind::Text) {
            return Ok(if self.has_formula {
                CellContent::Uncomputed(None)
            } else {
                CellContent::Blank
            });
        }
        Ok(match self.kind {
            Kind::Bool => CellContent::Bool(is_true(value)),
            Kind::Date => CellContent::Moment(moment(value)?),
            Kind::Error => CellContent::Error(value.into()),
            Kind::Inline | Kind::Text => CellContent::Text(unescaped_controls(&self.text)),
            Kind::Number => CellContent::Number(value.parse().map_err(SheetFault::damaged)?),
            Kind::Shared => CellContent::Text(
                texts
                    .get(value.parse().map_err(SheetFault::damaged)?)?
                    .into(),
            ),
        })
    }
}

fn kind(name: &str) -> Result<Kind, SheetFault> {
    Ok(match name {
        "b" => Kind::Bool,
        "d" => Kind::Date,
        "e" => Kind::Error,
        "inlineStr" => Kind::Inline,
        "n" => Kind::Number,
        "s" => Kind::Shared,
        "str" => Kind::Text,
        _ => {
            return Err(SheetFault::damaged(format!(
                "a cell is of the kind `{name}`"
            )));
        }
    })
}

/// A moment, a day or a time that is written out.
fn moment(text: &str) -> Result<civil::DateTime, SheetFault> {
    let plain = text.trim_end_matches('Z');
    if let Ok(moment) = plain.parse() {
        return Ok(moment);
    }
    let time: civil::Time = plain
        .trim_start_matches('T')
        .parse()
        .map_err(SheetFault::damaged)?;
    Ok(civil::date(1899, 12, 31).to_datetime(time))
}

/// Whether a height or a width leaves nothing to see.
fn is_nothing(size: &str) -> bool {
    size.parse::<f64>().is_ok_and(|size| size <= 0.0)
}

fn hidden_columns(tag: &BytesStart<'_>, give: &mut Give<'_>) -> Result<(), SheetFault> {
    let has_no_width = attribute(tag, "width").is_some_and(|width| is_nothing(&width));
    if has_no_width || attribute(tag, "hidden").is_some_and(|value| is_true(&value)) {
        let column = |name| number(attribute(tag, name)).saturating_sub(1);
        give(SheetPart::HiddenColumns(column("min"), column("max")))?;
    }
    Ok(())
}

fn area(tag: &BytesStart<'_>) -> Result<Area, SheetFault> {
    let range = attribute(tag, "ref").unwrap_or_default();
    let (first, last) = range.split_once(':').unwrap_or((&range, &range));
    let (first, last) = (place(first), place(last));
    let area = first.zip(last).map(|(first, last)| Area { first, last });
    area.ok_or_else(|| SheetFault::damaged(format!("the cells `{range}` are merged")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_cannot_hold_are_read() {
        assert_eq!(unescaped_controls("a_x000D_\nb"), "a\r\nb");
        assert_eq!(unescaped_controls("_x005F_x000D_"), "_x000D_");
        for text in ["a_x", "_x12", "_xÄÖ00_", "_x000G_", "plain", "_xD800_"] {
            assert_eq!(unescaped_controls(text), text);
        }
    }

    #[test]
    fn moments_are_read_in_the_forms_of_iso_8601() {
        let read = |text| moment(text).map(|moment| moment.to_string()).unwrap();
        assert_eq!(read("2026-11-23"), "2026-11-23T00:00:00");
        assert_eq!(read("2026-11-23T08:05:00Z"), "2026-11-23T08:05:00");
        assert_eq!(read("T08:05:00"), "1899-12-31T08:05:00");
        assert!(moment("soon").is_err());
    }
}
