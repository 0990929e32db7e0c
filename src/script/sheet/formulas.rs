//! Which results of the formulas of an `.xls` file were computed.
//!
//! The file has a result for each formula, computed or not. Programs that do not calculate
//! write an empty text for each, or zero; `LibreOffice` writes zero for texts of formulas that
//! were filled down. So an empty text and a zero count only where the formula can have it and
//! others were computed.

use std::collections::HashMap;

use crate::script::sheet::content::Place;
use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::records::Bytes;

/// What a formula comes to, as far as its tokens tell: [MS-XLS] 2.2.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum FormulaKind {
    Number,
    Text,
    /// A text of its own, or something else.
    Mixed,
    /// Whatever stands elsewhere.
    Any,
}

impl FormulaKind {
    /// That of one or the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Text | Self::Mixed, _) | (_, Self::Text | Self::Mixed) => Self::Mixed,
            _ => Self::Any,
        }
    }
}

/// The results of all formulas of a workbook.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// One is not zero, and one is not an empty text.
    has_no_zero: bool,
    has_no_empty: bool,
    sheets: Vec<SheetResults>,
}

#[derive(Debug, Default)]
struct SheetResults {
    /// What formulas come to that several cells share, by the first of these.
    shared: HashMap<Place, FormulaKind>,
    columns: HashMap<u32, ColumnResults>,
    /// The formula before.
    last: Place,
}

/// What the formulas of a column have for results.
#[derive(Clone, Copy, Debug, Default)]
struct ColumnResults {
    has_text: bool,
    has_number: bool,
}

/// A formula: where it is, what the file has for its result, and its tokens.
#[derive(Clone, Copy)]
pub(super) struct Formula<'f> {
    place: Place,
    result: [u8; 8],
    tokens: &'f [u8],
}

impl<'f> Formula<'f> {
    /// The one in a record.
    pub fn read(mut data: Bytes<'f>) -> Result<Self, SheetFault> {
        let place = (data.u16()?.into(), data.u16()?.into());
        data.skip(2)?;
        let result = data.f64()?.to_le_bytes();
        // Files of some programs end here.
        let tokens = data.skip(6).and_then(|()| sized(&mut data));
        Ok(Self {
            place,
            result,
            tokens: tokens.unwrap_or_default(),
        })
    }

    fn is_empty_text(&self) -> bool {
        self.result[6..] == [0xFF, 0xFF] && self.result[0] == 3
    }
}

/// Tokens with their size in front.
fn sized<'f>(data: &mut Bytes<'f>) -> Result<&'f [u8], SheetFault> {
    let size = data.u16()?;
    data.take(size.into())
}

impl Results {
    /// What comes next is of the next sheet.
    pub fn begin_sheet(&mut self) {
        self.sheets.push(SheetResults::default());
    }

    /// Takes a formula of the sheet.
    pub fn add(&mut self, formula: Formula<'_>) {
        let Some(sheet) = self.sheets.last_mut() else {
            return;
        };
        sheet.last = formula.place;
        let is_zero = formula.result == [0; 8];
        self.has_no_zero |= !is_zero;
        self.has_no_empty |= !formula.is_empty_text();
        let column = sheet.columns.entry(formula.place.1).or_default();
        let is_number = formula.result[6..] != [0xFF, 0xFF];
        column.has_number |= is_number && !is_zero;
        column.has_text |= !is_number && formula.result[0] == 0;
    }

    /// Takes the tokens that the formula before shares with others, or that are of an array.
    pub fn share(&mut self, mut data: Bytes<'_>, is_array: bool) {
        let tokens = data.skip(if is_array { 12 } else { 8 });
        let tokens = tokens.and_then(|()| sized(&mut data));
        if let (Ok(tokens), Some(sheet)) = (tokens, self.sheets.last_mut()) {
            let last = sheet.last;
            sheet.shared.insert(last, kind(tokens));
        }
    }

    /// Whether the zero that a formula of that sheet has for its result is one.
    pub fn is_zero(&self, sheet: usize, formula: Formula<'_>) -> bool {
        let Some(sheet) = self.sheets.get(sheet) else {
            return false;
        };
        let kind = match shares(formula.tokens) {
            Some(first) => sheet
                .shared
                .get(&first)
                .copied()
                .unwrap_or(FormulaKind::Any),
            None => kind(formula.tokens),
        };
        let column = sheet.columns.get(&formula.place.1);
        let column = column.copied().unwrap_or_default();
        match kind {
            FormulaKind::Text => false,
            FormulaKind::Number => self.has_no_zero,
            FormulaKind::Mixed => column.has_text,
            FormulaKind::Any => column.has_text || column.has_number,
        }
    }

    /// Whether the empty text that a formula has for its result is one.
    pub fn is_empty_text(&self, formula: Formula<'_>) -> bool {
        // `=""`, whose token has a length of zero.
        let is_constant = matches!(formula.tokens, [0x17, 0] | [0x17, 0, _]);
        is_constant || self.has_no_empty
    }
}

/// The first cell of those that share their tokens, if these do.
fn shares(tokens: &[u8]) -> Option<Place> {
    let [0x01, row, row_high, column, column_high] = *tokens else {
        return None;
    };
    let place = [[row, row_high], [column, column_high]];
    let [row, column] = place.map(|bytes| u32::from(u16::from_le_bytes(bytes)));
    Some((row, column))
}

/// What a formula comes to, of whose tokens those are; any where a token is not known.
fn kind(tokens: &[u8]) -> FormulaKind {
    let mut stack = Vec::new();
    let mut tokens = Bytes::new(tokens);
    while !tokens.rest().is_empty() {
        if step(&mut tokens, &mut stack).is_none() {
            return FormulaKind::Any;
        }
    }
    stack.pop().unwrap_or(FormulaKind::Any)
}

/// Takes one token; nothing if it is not known.
fn step(tokens: &mut Bytes<'_>, stack: &mut Vec<FormulaKind>) -> Option<()> {
    let token = tokens.u8().ok()?;
    // Those of operands come in three classes.
    let token = if token < 0x20 {
        token
    } else {
        token & 0x1F | 0x20
    };
    let (size, kind) = match token {
        // Concatenation; other operators of two.
        0x08 => return operator(stack, 2, FormulaKind::Text),
        0x03..=0x0E => return operator(stack, 2, FormulaKind::Number),
        // Intersection, union, range.
        0x0F..=0x11 => return operator(stack, 2, FormulaKind::Any),
        // Plus leaves a text as it is.
        0x12 | 0x15 => return Some(()),
        0x13 | 0x14 => return operator(stack, 1, FormulaKind::Number),
        0x16 => (0, FormulaKind::Number),
        0x17 => {
            let length = usize::from(tokens.u8().ok()?);
            let is_wide = tokens.u8().ok()? & 1 != 0;
            (if is_wide { length * 2 } else { length }, FormulaKind::Text)
        }
        0x19 => return attribute(tokens, stack),
        0x1C | 0x1D => (1, FormulaKind::Number),
        0x1E => (2, FormulaKind::Number),
        0x1F => (8, FormulaKind::Number),
        0x20 => (7, FormulaKind::Any),
        0x21 => {
            let function = tokens.u16().ok()?;
            return operator(stack, arguments(function)?, of_function(function));
        }
        0x22 => {
            let count = usize::from(tokens.u8().ok()? & 0x7F);
            let function = tokens.u16().ok()? & 0x7FFF;
            return variadic(stack, count, function);
        }
        0x23 | 0x24 | 0x2A | 0x2C => (4, FormulaKind::Any),
        0x25 | 0x2B | 0x2D => (8, FormulaKind::Any),
        0x39 | 0x3A | 0x3C => (6, FormulaKind::Any),
        0x3B | 0x3D => (10, FormulaKind::Any),
        _ => return None,
    };
    tokens.skip(size).ok()?;
    stack.push(kind);
    Some(())
}

fn operator(stack: &mut Vec<FormulaKind>, count: usize, kind: FormulaKind) -> Option<()> {
    stack.truncate(stack.len().checked_sub(count)?);
    stack.push(kind);
    Some(())
}

/// Marks of the program that wrote the tokens; one is a sum.
fn attribute(tokens: &mut Bytes<'_>, stack: &mut Vec<FormulaKind>) -> Option<()> {
    let marks = tokens.u8().ok()?;
    let more = usize::from(tokens.u16().ok()?);
    if marks & 0x04 != 0 {
        tokens.skip((more + 1) * 2).ok()?;
    }
    if marks & 0x10 != 0 {
        return operator(stack, 1, FormulaKind::Number);
    }
    Some(())
}

/// A function of as many arguments as it was given.
fn variadic(stack: &mut Vec<FormulaKind>, count: usize, function: u16) -> Option<()> {
    let arguments = stack.split_off(stack.len().checked_sub(count)?);
    let first = match function {
        // IF, CHOOSE
        1 | 100 => arguments.get(1..)?.iter().copied().reduce(FormulaKind::or),
        _ => None,
    };
    // IF without its third is FALSE.
    let is_short = function == 1 && count == 2;
    let first = first.map(|kind| {
        if is_short {
            kind.or(FormulaKind::Number)
        } else {
            kind
        }
    });
    stack.push(first.unwrap_or_else(|| of_function(function)));
    Some(())
}

/// What a function comes to: [MS-XLS] 2.5.198.17.
const fn of_function(function: u16) -> FormulaKind {
    match function {
        // DOLLAR, FIXED, REPT, MID, TEXT, CHAR, LOWER, UPPER, PROPER, LEFT, RIGHT, TRIM,
        // REPLACE, SUBSTITUTE, T, CLEAN, USDOLLAR, REPLACEB, LEFTB, RIGHTB, MIDB, ASC, DBCS,
        // ADDRESS, CONCATENATE, ROMAN, PHONETIC, BAHTTEXT
        13
        | 14
        | 30
        | 31
        | 48
        | 111..=116
        | 118..=120
        | 130
        | 162
        | 204
        | 207..=210
        | 214
        | 215
        | 219
        | 336
        | 354
        | 360
        | 368 => FormulaKind::Text,
        // LOOKUP, INDEX, OFFSET, TRANSPOSE, CHOOSE, HLOOKUP, VLOOKUP, IF, CELL, INDIRECT, DGET,
        // INFO, functions of the user's own, GETPIVOTDATA, HYPERLINK, and those of later versions
        28 | 29 | 78 | 83 | 100..=102 | 1 | 125 | 148 | 235 | 244 | 255 | 358 | 359 | 369.. => {
            FormulaKind::Any
        }
        _ => FormulaKind::Number,
    }
}

/// How many arguments a function has that always has as many; nothing of rare ones.
const fn arguments(function: u16) -> Option<usize> {
    Some(match function {
        // NA, PI, TRUE, FALSE, RAND, NOW, TODAY
        10 | 19 | 34 | 35 | 63 | 74 | 221 => 0,
        // ISNA, ISERROR, SIN to SQRT, EXP to SIGN, LEN, VALUE, NOT, DAY to SECOND, ROWS,
        // COLUMNS, TYPE, CHAR to PROPER, TRIM, CODE, ISREF to N, CLEAN, EVEN, ODD, COUNTBLANK
        2
        | 3
        | 15..=18
        | 20..=26
        | 32
        | 33
        | 38
        | 67..=69
        | 71..=73
        | 76
        | 77
        | 86
        | 111..=114
        | 118
        | 121
        | 126..=129
        | 130
        | 131
        | 162
        | 190
        | 198
        | 261
        | 279
        | 298
        | 347 => 1,
        // ROUND, REPT, MOD, TEXT, EXACT, ROUNDUP, ROUNDDOWN, POWER, COUNTIF
        27 | 30 | 39 | 48 | 117 | 212 | 213 | 337 | 346 => 2,
        // MID, DATE, TIME
        31 | 65 | 66 => 3,
        // REPLACE
        119 => 4,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reference to a cell beside.
    const REF: [u8; 5] = [0x4C, 0, 0, 0xFF, 0xC0];

    fn of(parts: &[&[u8]]) -> FormulaKind {
        kind(&parts.concat())
    }

    #[test]
    fn tokens_tell_what_a_formula_comes_to() {
        assert_eq!(of(&[&REF, &[0x41, 113, 0]]), FormulaKind::Text);
        assert_eq!(of(&[&REF, &REF, &[0x08]]), FormulaKind::Text);
        assert_eq!(of(&[&REF, &REF, &[0x04]]), FormulaKind::Number);
        assert_eq!(of(&[&REF]), FormulaKind::Any);
        assert_eq!(of(&[&REF, &[0x41, 32, 0], &[0x15]]), FormulaKind::Number);
        // =VLOOKUP(…)
        assert_eq!(
            of(&[&REF, &REF, &REF, &[0x42, 3, 102, 0]]),
            FormulaKind::Any
        );
        // An unknown token, and one that is cut off.
        assert_eq!(of(&[&[0x18, 1, 2, 3]]), FormulaKind::Any);
        assert_eq!(of(&[&[0x17, 200, 0, 65]]), FormulaKind::Any);
    }

    #[test]
    fn a_condition_comes_to_one_or_the_other() {
        let text: &[u8] = &[0x17, 1, 0, b'a'];
        let number: &[u8] = &[0x1E, 7, 0];
        let either = |yes: &[u8], no: &[u8]| {
            let (first, second) = ([0x19, 2, 7, 0], [0x19, 8, 3, 0]);
            of(&[&REF, &first, yes, &second, no, &second, &[0x42, 3, 1, 0]])
        };
        assert_eq!(either(text, text), FormulaKind::Text);
        assert_eq!(either(number, number), FormulaKind::Number);
        assert_eq!(either(text, number), FormulaKind::Mixed);
        assert_eq!(either(&REF, text), FormulaKind::Mixed);
        assert_eq!(either(&REF, number), FormulaKind::Any);
        // Without the third.
        assert_eq!(of(&[&REF, number, &[0x42, 2, 1, 0]]), FormulaKind::Number);
        assert_eq!(of(&[&REF, text, &[0x42, 2, 1, 0]]), FormulaKind::Mixed);
    }

    fn formula(row: u32, result: [u8; 8], tokens: &[u8]) -> Formula<'_> {
        Formula {
            place: (row, 1),
            result,
            tokens,
        }
    }

    const ZERO: [u8; 8] = [0; 8];
    const TEXT: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
    const EMPTY: [u8; 8] = [3, 0, 0, 0, 0, 0, 0xFF, 0xFF];

    fn results(found: &[[u8; 8]]) -> Results {
        let mut results = Results::default();
        results.begin_sheet();
        for (row, result) in (1..).zip(found) {
            results.add(formula(row, *result, &REF));
        }
        results
    }

    #[test]
    fn a_zero_counts_where_the_formula_can_have_it_and_others_have_results() {
        let number = 5.0_f64.to_le_bytes();
        let less = [&REF[..], &REF[..], &[0x04]].concat();
        let upper = [&REF[..], &[0x41, 113, 0]].concat();
        let is_zero =
            |found: &[[u8; 8]], tokens: &[u8]| results(found).is_zero(0, formula(9, ZERO, tokens));
        assert!(!is_zero(&[ZERO, ZERO], &less));
        assert!(is_zero(&[ZERO, number], &less) && is_zero(&[ZERO, TEXT], &less));
        assert!(!is_zero(&[ZERO, number], &upper) && !is_zero(&[TEXT], &upper));
        assert!(!is_zero(&[ZERO, EMPTY], &REF));
        assert!(is_zero(&[ZERO, number], &REF) && is_zero(&[ZERO, TEXT], &REF));
    }

    #[test]
    fn a_formula_that_is_filled_down_is_that_of_its_first_cell() {
        let mut results = results(&[5.0_f64.to_le_bytes()]);
        results.share(
            Bytes::new(&[
                1, 0, 6, 0, 1, 1, 0, 6, 8, 0, 0x4C, 0, 0, 2, 0xC0, 0x41, 113, 0,
            ]),
            false,
        );
        assert!(!results.is_zero(0, formula(4, ZERO, &[1, 1, 0, 1, 0])));
        assert!(results.is_zero(0, formula(4, ZERO, &[1, 7, 0, 1, 0])));
    }

    #[test]
    fn an_empty_text_counts_where_the_formula_is_one_or_others_have_results() {
        let is_empty = |found: &[[u8; 8]], tokens: &[u8]| {
            results(found).is_empty_text(formula(9, EMPTY, tokens))
        };
        assert!(!is_empty(&[EMPTY], &REF) && is_empty(&[EMPTY, ZERO], &REF));
        assert!(is_empty(&[EMPTY], &[0x17, 0, 0]));
    }
}
