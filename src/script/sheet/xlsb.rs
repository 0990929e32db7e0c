//! `.xlsb` files: the records of [MS-XLSB] in an archive like that of `.xlsx`.
//!
//! Rows are read as they are asked for.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use crate::script::sheet::content::{
    Area, Book, COLUMNS, CellContent, Epoch, Give, Place, ROWS, SheetName, SheetPart,
};
use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::number_format::NumberFormat;
use crate::script::sheet::ooxml::{Relation, SharedTexts, check_looks, relations, tables};
use crate::script::sheet::package::Package;
use crate::script::sheet::records::{Bytes, error, rk};

/// The longest record that is read.
const LONGEST: usize = 16 << 20;

/// An open workbook.
pub(super) struct Xlsb {
    package: Package,
    sheets: Vec<SheetName>,
    parts: Vec<String>,
    epoch: Epoch,
    formats: Vec<NumberFormat>,
    texts: SharedTexts,
}

impl Xlsb {
    /// Opens the workbook that the part of that name describes.
    pub fn open(mut package: Package, workbook: &str) -> Result<Self, SheetFault> {
        let relations = relations(&mut package, workbook)?;
        let (mut sheets, mut parts, mut epoch) = (Vec::new(), Vec::new(), Epoch::Of1900);
        each(&mut package, workbook, |kind, mut data| {
            match kind {
                // BrtWbProp
                153 if data.u32()? & 1 == 1 => epoch = Epoch::OF_1904,
                // BrtBundleSh
                156 => {
                    let is_hidden = data.u32()? != 0;
                    data.u32()?;
                    let relation = relations.get(&data.wide()?);
                    if let Some(relation) = relation.filter(|found| found.kind == "worksheet") {
                        let name = data.wide()?;
                        sheets.push(SheetName { name, is_hidden });
                        parts.push(relation.target.clone());
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        let part = |kind: &str| relations.values().find(|relation| relation.kind == kind);
        let formats = formats(&mut package, part("styles"))?;
        let texts = shared_texts(&mut package, part("sharedStrings"))?;
        Ok(Self {
            package,
            sheets,
            parts,
            epoch,
            formats,
            texts,
        })
    }
}

impl Book for Xlsb {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn read(&mut self, sheet: usize, give: &mut Give<'_>) -> Result<(), SheetFault> {
        for part in tables(&mut self.package, &self.parts[sheet])? {
            each(&mut self.package, &part, |kind, mut data| {
                // BrtBeginList
                if kind == 343 {
                    data.skip(4)?;
                    let last = data.u32()?;
                    data.skip(20)?;
                    if data.u32()? > 0 {
                        give(SheetPart::Totals(last))?;
                    }
                }
                Ok(())
            })?;
        }
        let general = NumberFormat::general();
        let (formats, texts) = (&self.formats, &self.texts);
        let (mut row, mut next_column) = (0, 0);
        each(&mut self.package, &self.parts[sheet], |kind, mut data| {
            match kind {
                // BrtRowHdr
                0 => {
                    row = data.u32()?;
                    next_column = 0;
                    if row >= ROWS {
                        return Err(SheetFault::damaged("a row has a number that no row has"));
                    }
                    // The height is in twentieths of a point.
                    data.skip(4)?;
                    let height = data.u16()?;
                    data.skip(1)?;
                    let flags = data.u8()?;
                    if flags & 0x10 != 0 || height == 0 && flags & 0x20 != 0 {
                        give(SheetPart::HiddenRow(row))?;
                    }
                }
                1..=11 | 62 => {
                    let column = data.u32()?;
                    cell(kind, (row, column), data, formats, &general, texts, give)?;
                    next_column = column + 1;
                }
                // The same without a column: it is the next.
                12..=18 => {
                    let place = (row, next_column);
                    cell(kind - 11, place, data, formats, &general, texts, give)?;
                    next_column += 1;
                }
                // BrtColInfo
                60 => {
                    let (first, last) = (data.u32()?, data.u32()?);
                    let width = data.u32()?;
                    data.skip(4)?;
                    if data.u16()? & 1 == 1 || width == 0 {
                        give(SheetPart::HiddenColumns(first, last))?;
                    }
                }
                // BrtMergeCell
                176 => {
                    let (top, bottom) = (data.u32()?, data.u32()?);
                    let (left, right) = (data.u32()?, data.u32()?);
                    give(SheetPart::Merged(Area {
                        first: (top, left),
                        last: (bottom, right),
                    }))?;
                }
                _ => {}
            }
            Ok(())
        })
    }
}

fn cell(
    kind: u32,
    place: Place,
    mut data: Bytes<'_>,
    formats: &[NumberFormat],
    general: &NumberFormat,
    texts: &SharedTexts,
    give: &mut Give<'_>,
) -> Result<(), SheetFault> {
    if place.1 >= COLUMNS {
        return Err(SheetFault::damaged(
            "a cell is in a column that no sheet has",
        ));
    }
    let style = (data.u32()? & 0x00FF_FFFF) as usize;
    let text;
    let content = match kind {
        1 => CellContent::Blank,
        2 => CellContent::Number(rk(data.u32()?)),
        3 | 11 => CellContent::Error(error(data.u8()?).into()),
        4 | 10 => CellContent::Bool(data.u8()? != 0),
        5 | 9 => CellContent::Number(data.f64()?),
        6 | 8 => {
            text = data.wide()?;
            CellContent::Text(text.as_str().into())
        }
        7 => CellContent::Text(texts.get(data.u32()? as usize)?.into()),
        _ => {
            data.u8()?;
            text = data.wide()?;
            CellContent::Text(text.as_str().into())
        }
    };
    let format = formats.get(style).unwrap_or(general);
    Ok(give(SheetPart::Cell(place, content, format))?)
}

/// How cells are shown, by the number of their style.
fn formats(
    package: &mut Package,
    part: Option<&Relation>,
) -> Result<Vec<NumberFormat>, SheetFault> {
    let (mut codes, mut formats, mut is_of_cells) = (HashMap::new(), Vec::new(), false);
    let Some(part) = part else {
        return Ok(formats);
    };
    each(package, &part.target, |kind, mut data| {
        match kind {
            // BrtFmt
            44 => drop(codes.insert(data.u16()?, data.wide()?)),
            // BrtBeginCellXFs, BrtEndCellXFs
            617 => is_of_cells = true,
            618 => is_of_cells = false,
            // BrtXF
            47 if is_of_cells => {
                data.u16()?;
                let id = data.u16()?;
                formats.push(match codes.get(&id) {
                    Some(code) => NumberFormat::parse(code),
                    None => NumberFormat::built_in(id.into()),
                });
                check_looks(formats.len())?;
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(formats)
}

fn shared_texts(package: &mut Package, part: Option<&Relation>) -> Result<SharedTexts, SheetFault> {
    let mut texts = SharedTexts::default();
    let Some(part) = part else { return Ok(texts) };
    each(package, &part.target, |kind, mut data| {
        // BrtSSTItem
        if kind == 19 {
            data.u8()?;
            texts.push(&data.wide()?)?;
        }
        Ok(())
    })?;
    Ok(texts)
}

/// Gives every record of a part: its kind and its bytes.
fn each(
    package: &mut Package,
    part: &str,
    mut give: impl FnMut(u32, Bytes<'_>) -> Result<(), SheetFault>,
) -> Result<(), SheetFault> {
    let bytes = package.part(part)?;
    let mut bytes = bytes.ok_or_else(|| SheetFault::damaged(format!("it has no `{part}`")))?;
    let mut record = Vec::new();
    while !bytes.fill_buf()?.is_empty() {
        let kind = packed(&mut bytes, 2)?;
        let length = packed(&mut bytes, 4)? as usize;
        if length > LONGEST {
            let what = format!("it has a record of more than {} MB", LONGEST >> 20);
            return Err(SheetFault::TooLarge(what));
        }
        record.clear();
        let read = bytes
            .by_ref()
            .take(length as u64)
            .read_to_end(&mut record)?;
        if read < length {
            return Err(SheetFault::damaged("it ends in the middle"));
        }
        give(kind, Bytes::new(&record))?;
    }
    Ok(())
}

/// A number of up to that many bytes, whose highest bit says that another follows.
fn packed(bytes: &mut impl Read, most: u32) -> Result<u32, SheetFault> {
    let mut number = 0;
    for place in 0..most {
        let mut byte = [0];
        bytes.read_exact(&mut byte)?;
        number |= u32::from(byte[0] & 0x7F) << (7 * place);
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    Ok(number)
}
