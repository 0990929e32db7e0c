//! `.xls` files: the records of [MS-XLS], of Excel 5 to 2003.
//!
//! Their records are in memory, which the file's own size bounds; the rows are not.

use std::collections::{HashMap, HashSet};

use encoding_rs::Encoding;

use crate::script::sheet::biff::{Continued, Texts};
use crate::script::sheet::compound::Compound;
use crate::script::sheet::content::{
    Area, Book, CellContent, Epoch, Give, Place, SheetName, SheetPart,
};
use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::formulas::{Formula, Results};
use crate::script::sheet::number_format::NumberFormat;
use crate::script::sheet::ooxml::SharedTexts;
use crate::script::sheet::records::{Bytes, error, rk};

/// The names of the stream with the workbook, in newer and in older files.
const STREAMS: [&str; 2] = ["Workbook", "Book"];

/// An open workbook.
pub(super) struct Xls {
    stream: Vec<u8>,
    sheets: Vec<SheetName>,
    /// Where the records of each sheet begin.
    starts: Vec<usize>,
    epoch: Epoch,
    formats: Vec<NumberFormat>,
    texts: SharedTexts,
    writes: Texts,
    /// What its formulas have for results.
    results: Results,
}

/// A record, with those that continue it.
struct Record<'s> {
    kind: u16,
    parts: Vec<&'s [u8]>,
}

impl Record<'_> {
    fn data(&self) -> Bytes<'_> {
        Bytes::new(self.parts.first().copied().unwrap_or_default())
    }
}

impl Xls {
    /// Opens the workbook in a file of streams.
    pub fn open(mut compound: Compound) -> Result<Self, SheetFault> {
        let mut stream = None;
        for name in STREAMS {
            if stream.is_none() {
                stream = compound.stream(name)?;
            }
        }
        let stream = stream.ok_or(SheetFault::Other("a file of another Office program"))?;
        let mut book = Self {
            stream: Vec::new(),
            sheets: Vec::new(),
            starts: Vec::new(),
            epoch: Epoch::Of1900,
            formats: Vec::new(),
            texts: SharedTexts::default(),
            writes: Texts::Unicode,
            results: Results::default(),
        };
        book.globals(&stream)?;
        book.stream = stream;
        book.results = book.results()?;
        Ok(book)
    }

    fn globals(&mut self, stream: &[u8]) -> Result<(), SheetFault> {
        let (mut codes, mut encoding) = (HashMap::new(), encoding_rs::WINDOWS_1252);
        for record in Records::new(stream, 0) {
            let record = record?;
            let mut data = record.data();
            match record.kind {
                // BOF
                0x0809 if data.u16()? < 0x0600 => self.writes = Texts::Encoded(encoding),
                // FilePass
                0x002F => return Err(SheetFault::Locked),
                // CodePage
                0x0042 => {
                    encoding = codepage(data.u16()?);
                    if let Texts::Encoded(_) = self.writes {
                        self.writes = Texts::Encoded(encoding);
                    }
                }
                // Date1904
                0x0022 if data.u16()? == 1 => self.epoch = Epoch::OF_1904,
                // Format
                0x041E => {
                    let id = data.u16()?;
                    let code = match self.writes {
                        Texts::Unicode => self.writes.long(&mut data)?,
                        Texts::Encoded(_) => self.writes.short(&mut data)?,
                    };
                    codes.insert(id, code);
                }
                // XF
                0x00E0 => {
                    data.skip(2)?;
                    let id = data.u16()?;
                    self.formats.push(match codes.get(&id) {
                        Some(code) => NumberFormat::parse(code),
                        None => NumberFormat::built_in(id.into()),
                    });
                }
                // BoundSheet8
                0x0085 => self.sheet(data)?,
                // SST
                0x00FC => self.texts = shared_texts(&record.parts)?,
                // EOF
                0x000A => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn sheet(&mut self, mut data: Bytes<'_>) -> Result<(), SheetFault> {
        let start = data.u32()? as usize;
        let is_hidden = data.u8()? & 3 != 0;
        let is_of_cells = data.u8()? == 0;
        if is_of_cells {
            let name = self.writes.short(&mut data)?;
            self.sheets.push(SheetName { name, is_hidden });
            self.starts.push(start);
        }
        Ok(())
    }

    /// What the formulas of all sheets have for results.
    fn results(&self) -> Result<Results, SheetFault> {
        let mut results = Results::default();
        for start in &self.starts {
            results.begin_sheet();
            for record in Records::of_sheet(&self.stream, *start) {
                let record = record?;
                match record.kind {
                    // Formula
                    0x0006 => results.add(Formula::read(record.data())?),
                    // Array, ShrFmla
                    0x0221 | 0x04BC => results.share(record.data(), record.kind == 0x0221),
                    _ => {}
                }
            }
        }
        Ok(results)
    }
}

impl Book for Xls {
    fn sheets(&self) -> &[SheetName] {
        &self.sheets
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn read(&mut self, sheet: usize, give: &mut Give<'_>) -> Result<(), SheetFault> {
        let mut reading = Reading {
            book: self,
            sheet,
            general: &NumberFormat::general(),
            formula: None,
            hidden: HashSet::new(),
            row: None,
            give,
        };
        for record in Records::of_sheet(&self.stream, self.starts[sheet]) {
            reading.record(&record?)?;
        }
        reading.end_formula()
    }
}

/// A sheet being read.
struct Reading<'b, 'g> {
    book: &'b Xls,
    /// Its place in the list.
    sheet: usize,
    general: &'b NumberFormat,
    /// A formula whose result is a text that comes in a record of its own.
    formula: Option<(Place, u16)>,
    /// Rows that are hidden: a file tells of several before their cells.
    hidden: HashSet<u32>,
    /// The row whose cells are given.
    row: Option<u32>,
    give: &'b mut Give<'g>,
}

impl Reading<'_, '_> {
    fn record(&mut self, record: &Record<'_>) -> Result<(), SheetFault> {
        let mut data = record.data();
        match record.kind {
            // String: the result of the formula before
            0x0207 => {
                if let Some((place, style)) = self.formula.take() {
                    let text = self.book.writes.continued(&record.parts)?;
                    self.cell(place, style, CellContent::Text(text.into()))?;
                }
                return Ok(());
            }
            // Row
            0x0208 => {
                let row = data.u16()?;
                data.skip(4)?;
                // The highest bit says that it is not the usual one.
                let height = data.u16()? & 0x7FFF;
                data.skip(4)?;
                let flags = data.u16()?;
                if flags & 0x20 != 0 || height == 0 && flags & 0x40 != 0 {
                    self.hidden.insert(row.into());
                }
                return Ok(());
            }
            // ColInfo
            0x007D => {
                let (first, last) = (data.u16()?, data.u16()?);
                let width = data.u16()?;
                data.skip(2)?;
                if data.u16()? & 1 != 0 || width == 0 {
                    (self.give)(SheetPart::HiddenColumns(first.into(), last.into()))?;
                }
                return Ok(());
            }
            // MergeCells
            0x00E5 => return self.merged(data),
            // Formula, Blank, Number, Label, BoolErr, RString, RK, MulRk, MulBlank, LabelSst
            0x0006 | 0x0201 | 0x0203 | 0x0204 | 0x0205 | 0x00D6 | 0x027E | 0x00BD | 0x00BE
            | 0x00FD => {}
            _ => return Ok(()),
        }
        self.end_formula()?;
        let place = (data.u16()?.into(), data.u16()?.into());
        if matches!(record.kind, 0x00BD | 0x00BE) {
            return self.several(place, data, record.kind == 0x00BD);
        }
        let style = data.u16()?;
        let content = match record.kind {
            0x0006 => {
                let Some(result) = self.result(data, record)? else {
                    self.formula = Some((place, style));
                    return Ok(());
                };
                result
            }
            0x0203 => CellContent::Number(data.f64()?),
            0x0205 => match (data.u8()?, data.u8()?) {
                (truth, 0) => CellContent::Bool(truth != 0),
                (code, _) => CellContent::Error(error(code).into()),
            },
            0x027E => CellContent::Number(rk(data.u32()?)),
            0x00FD => CellContent::Text(self.book.texts.get(data.u32()? as usize)?.into()),
            0x0204 | 0x00D6 => {
                let text = self.book.writes.long(&mut data)?;
                return self.cell(place, style, CellContent::Text(text.into()));
            }
            _ => CellContent::Blank,
        };
        self.cell(place, style, content)
    }

    fn cell(
        &mut self,
        place: Place,
        style: u16,
        content: CellContent<'_>,
    ) -> Result<(), SheetFault> {
        if self.row.replace(place.0) != Some(place.0) && self.hidden.contains(&place.0) {
            (self.give)(SheetPart::HiddenRow(place.0))?;
        }
        let format = self.book.formats.get(usize::from(style));
        Ok((self.give)(SheetPart::Cell(
            place,
            content,
            format.unwrap_or(self.general),
        ))?)
    }

    /// Cells of a row one after another.
    fn several(
        &mut self,
        first: Place,
        mut data: Bytes<'_>,
        has_numbers: bool,
    ) -> Result<(), SheetFault> {
        let (row, mut column) = first;
        let width = if has_numbers { 6 } else { 2 };
        // The last two bytes repeat the last column.
        while data.rest().len() >= width + 2 {
            let style = data.u16()?;
            let content = if has_numbers {
                CellContent::Number(rk(data.u32()?))
            } else {
                CellContent::Blank
            };
            self.cell((row, column), style, content)?;
            column += 1;
        }
        Ok(())
    }

    /// The result of a formula; nothing if a record with a text follows.
    fn result(
        &self,
        mut data: Bytes<'_>,
        record: &Record<'_>,
    ) -> Result<Option<CellContent<'static>>, SheetFault> {
        let number = data.f64()?;
        let bytes = number.to_le_bytes();
        let results = &self.book.results;
        if bytes[6..] != [0xFF, 0xFF] {
            // Minus zero was computed.
            let is_there =
                number.to_bits() != 0 || results.is_zero(self.sheet, Formula::read(record.data())?);
            return Ok(Some(if is_there {
                CellContent::Number(number)
            } else {
                CellContent::Uncomputed(Some("0"))
            }));
        }
        Ok(Some(match bytes[0] {
            0 => return Ok(None),
            1 => CellContent::Bool(bytes[2] != 0),
            2 => CellContent::Error(error(bytes[2]).into()),
            _ if results.is_empty_text(Formula::read(record.data())?) => {
                CellContent::Text("".into())
            }
            _ => CellContent::Uncomputed(Some("")),
        }))
    }

    /// A formula whose text never came has no result.
    fn end_formula(&mut self) -> Result<(), SheetFault> {
        match self.formula.take() {
            Some((place, style)) => self.cell(place, style, CellContent::Uncomputed(None)),
            None => Ok(()),
        }
    }

    fn merged(&mut self, mut data: Bytes<'_>) -> Result<(), SheetFault> {
        for _ in 0..data.u16()? {
            let (top, bottom) = (data.u16()?, data.u16()?);
            let (left, right) = (data.u16()?, data.u16()?);
            (self.give)(SheetPart::Merged(Area {
                first: (top.into(), left.into()),
                last: (bottom.into(), right.into()),
            }))?;
        }
        Ok(())
    }
}

/// The texts that cells share: [MS-XLS] 2.4.265.
fn shared_texts(parts: &[&[u8]]) -> Result<SharedTexts, SheetFault> {
    let mut texts = SharedTexts::default();
    let mut data = Continued::new(parts);
    data.u32()?;
    for _ in 0..data.u32()? {
        texts.push(&data.text()?)?;
    }
    Ok(texts)
}

/// The encoding of a code page of Windows.
fn codepage(page: u16) -> &'static Encoding {
    let label = match page {
        866 => "ibm866".to_owned(),
        874 => "windows-874".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10_000 => "macintosh".to_owned(),
        1250..=1258 => format!("windows-{page}"),
        _ => return encoding_rs::WINDOWS_1252,
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::WINDOWS_1252)
}

/// Goes through the records of a stream.
struct Records<'s> {
    stream: Bytes<'s>,
    /// Only what is the sheet's own: how deep we are in what is put into it, such as charts.
    depth: Option<u32>,
}

impl<'s> Records<'s> {
    fn new(stream: &'s [u8], start: usize) -> Self {
        Self {
            stream: Bytes::new(stream.get(start..).unwrap_or_default()),
            depth: None,
        }
    }

    /// Those of the sheet that begins there, up to its end.
    fn of_sheet(stream: &'s [u8], start: usize) -> Self {
        Self {
            depth: Some(0),
            ..Self::new(stream, start)
        }
    }

    fn one(&mut self) -> Result<Option<(u16, &'s [u8])>, SheetFault> {
        if self.stream.rest().len() < 4 {
            return Ok(None);
        }
        let kind = self.stream.u16()?;
        let length = usize::from(self.stream.u16()?);
        Ok(Some((kind, self.stream.take(length)?)))
    }

    /// A record with those that continue it.
    fn whole(&mut self) -> Result<Option<Record<'s>>, SheetFault> {
        let Some((kind, data)) = self.one()? else {
            return Ok(None);
        };
        let mut parts = vec![data];
        loop {
            let before = self.stream;
            if let Some((0x003C, more)) = self.one()? {
                parts.push(more);
            } else {
                self.stream = before;
                return Ok(Some(Record { kind, parts }));
            }
        }
    }
}

impl<'s> Iterator for Records<'s> {
    type Item = Result<Record<'s>, SheetFault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let record = match self.whole() {
                Ok(record) => record?,
                Err(fault) => {
                    self.stream = Bytes::new(&[]);
                    return Some(Err(fault));
                }
            };
            match (&mut self.depth, record.kind) {
                // BOF
                (Some(depth), 0x0809) => *depth += 1,
                // EOF
                (Some(depth), 0x000A) => {
                    *depth = depth.saturating_sub(1);
                    if *depth == 0 {
                        return None;
                    }
                }
                (None | Some(1), _) => return Some(Ok(record)),
                (Some(0), _) => return None,
                _ => {}
            }
        }
    }
}
