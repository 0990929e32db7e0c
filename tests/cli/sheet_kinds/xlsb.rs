//! Workbooks in `.xlsb`, written record by record as [MS-XLSB] has them: no program at hand writes them.

use super::zipped;

/// A cell, and its number format.
pub enum Cell {
    Number(f64, &'static str),
    Text(&'static str),
    Truth(bool),
    Error(u8),
    Empty,
}

/// A workbook with one sheet, whose first two columns may be merged in rows from and to.
pub fn workbook(
    rows: &[Vec<Cell>],
    merged: Option<(u32, u32)>,
    hidden_row: Option<u32>,
) -> Vec<u8> {
    let (mut formats, mut cells) = (vec!["General"], Vec::new());
    for (at, row) in (0..).zip(rows) {
        let hidden = if hidden_row == Some(at) { 0x10 } else { 0 };
        let head = [
            &at.to_le_bytes()[..],
            &[0; 4],
            &[0x2C, 1, 0, hidden, 0],
            &[0; 4],
        ]
        .concat();
        cells.extend(record(0, &head));
        for (column, cell) in (0_u32..).zip(row) {
            let mut style = 0;
            let (kind, data) = match cell {
                Cell::Empty => continue,
                Cell::Number(number, format) => {
                    let known = formats.iter().position(|known| known == format);
                    style = known.unwrap_or(formats.len());
                    if known.is_none() {
                        formats.push(format);
                    }
                    (5, number.to_le_bytes().to_vec())
                }
                Cell::Text(text) => (6, wide(text)),
                Cell::Truth(truth) => (4, vec![u8::from(*truth)]),
                Cell::Error(code) => (3, vec![*code]),
            };
            let style = u32::try_from(style).unwrap().to_le_bytes();
            cells.extend(record(
                kind,
                &[&column.to_le_bytes()[..], &style, &data].concat(),
            ));
        }
    }
    let merged = merged.map(|(from, to)| {
        let area = [from, to, 0, 1].map(u32::to_le_bytes).concat();
        [
            record(177, &1_u32.to_le_bytes()),
            record(176, &area),
            record(178, &[]),
        ]
        .concat()
    });
    let sheet = [
        record(129, &[]),
        record(145, &[]),
        cells,
        record(146, &[]),
        merged.unwrap_or_default(),
        record(130, &[]),
    ]
    .concat();
    let name = [
        &[0; 4][..],
        &1_u32.to_le_bytes(),
        &wide("rId1"),
        &wide("Shown"),
    ]
    .concat();
    let book = [
        record(131, &[]),
        record(143, &[]),
        record(156, &name),
        record(144, &[]),
        record(132, &[]),
    ]
    .concat();
    package(&book, &sheet, &styles(&formats))
}

fn styles(formats: &[&str]) -> Vec<u8> {
    let numbers = 164_u16..;
    let codes = numbers.clone().zip(formats);
    let codes =
        codes.flat_map(|(id, code)| record(44, &[&id.to_le_bytes()[..], &wide(code)].concat()));
    let looks = numbers
        .zip(formats)
        .flat_map(|(id, _)| record(47, &[&[0; 2][..], &id.to_le_bytes(), &[0; 12]].concat()));
    let codes: Vec<u8> = codes.collect();
    [
        record(278, &[]),
        codes,
        record(617, &u32::try_from(formats.len()).unwrap().to_le_bytes()),
        looks.collect(),
        record(618, &[]),
        record(279, &[]),
    ]
    .concat()
}

fn package(book: &[u8], sheet: &[u8], styles: &[u8]) -> Vec<u8> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = |to: &[(&str, &str)]| {
        let relation = |(at, (kind, target)): (usize, &(&str, &str))| {
            format!(
                "<Relationship Id=\"rId{}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>",
                at + 1
            )
        };
        let all: String = to.iter().enumerate().map(relation).collect();
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{all}</Relationships>"
        )
        .into_bytes()
    };
    zipped(&[
        (
            "_rels/.rels",
            &relations(&[("officeDocument", "xl/workbook.bin")]),
        ),
        (
            "xl/_rels/workbook.bin.rels",
            &relations(&[
                ("worksheet", "worksheets/sheet1.bin"),
                ("styles", "styles.bin"),
            ]),
        ),
        ("xl/workbook.bin", book),
        ("xl/worksheets/sheet1.bin", sheet),
        ("xl/styles.bin", styles),
    ])
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let [low, high] = kind.to_le_bytes();
    let mut bytes = if kind < 128 {
        vec![low]
    } else {
        vec![low | 0x80, high << 1 | low >> 7]
    };
    let mut size = data.len();
    loop {
        let more = if size > 0x7F { 0x80 } else { 0 };
        bytes.push(u8::try_from(size & 0x7F).unwrap() | more);
        size >>= 7;
        if size == 0 {
            break;
        }
    }
    bytes.extend(data);
    bytes
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u32::try_from(units.len() / 2).unwrap();
    [&length.to_le_bytes()[..], &units].concat()
}
