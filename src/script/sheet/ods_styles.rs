//! How the cells of an `.ods` file are shown: its styles as the codes of number formats.
//!
//! One way to show numbers serves all kinds of files, so that they give the same rows.
//! Open Document 1.3, part 3, 16.29.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};

use crate::script::sheet::fault::SheetFault;
use crate::script::sheet::number_format::NumberFormat;
use crate::script::sheet::ooxml::check_looks;
use crate::script::sheet::package::{Xml, append, attribute};

/// Digits that a style asks for are believed up to that many.
const MOST_DIGITS: usize = 30;
/// Styles that are made of others, up to that depth.
const DEEPEST: usize = 16;

/// The styles of a file by their names.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// Of cells: what they are made of, and how they show data.
    cells: HashMap<String, CellStyle>,
    /// The codes of how data is shown.
    codes: HashMap<String, DataStyle>,
    /// Of sheets that are hidden.
    pub hidden_sheets: Vec<String>,
    /// Of rows without a height.
    flat_rows: HashSet<String>,
    /// Of columns without a width.
    flat_columns: HashSet<String>,
}

#[derive(Debug, Default)]
struct CellStyle {
    parent: Option<String>,
    data: Option<String>,
}

#[derive(Debug, Default)]
struct DataStyle {
    code: String,
    /// Other styles under a condition.
    maps: Vec<(String, String)>,
}

impl Styles {
    /// Adds those of a part, up to its sheets.
    pub fn read(&mut self, xml: &mut Xml<impl BufRead>) -> Result<(), SheetFault> {
        let (mut data, mut family_name) = (None::<Being>, None);
        while let Some(event) = xml.next()? {
            match &event {
                Event::Start(tag) => {
                    let name = tag.local_name().into_inner();
                    match name {
                        "spreadsheet" => return Ok(()),
                        "style" => {
                            family_name = attribute(tag, "name").map(String::from);
                            self.cell_style(tag);
                            check_looks(self.cells.len())?;
                        }
                        "table-properties" => {
                            let is_hidden =
                                attribute(tag, "display").is_some_and(|shown| shown == "false");
                            if let Some(name) = family_name.clone().filter(|_| is_hidden) {
                                self.hidden_sheets.push(name);
                            }
                        }
                        "table-row-properties" if has_no(tag, "row-height") => {
                            self.flat_rows.extend(family_name.clone());
                        }
                        "table-column-properties" if has_no(tag, "column-width") => {
                            self.flat_columns.extend(family_name.clone());
                        }
                        _ if is_data_style(name) => data = Some(Being::new(name, tag)),
                        _ => {
                            if let Some(data) = &mut data {
                                data.begin(name, tag);
                            }
                        }
                    }
                }
                Event::End(tag) => {
                    let name = tag.local_name().into_inner();
                    if is_data_style(name)
                        && let Some(done) = data.take()
                    {
                        self.codes.insert(done.name, done.style);
                        check_looks(self.codes.len())?;
                    } else if let Some(data) = &mut data {
                        data.end(name);
                    }
                }
                event => {
                    if let Some(data) = data.as_mut().filter(|data| data.is_text) {
                        append(&mut data.text, event)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a row has a style by which it has no height.
    pub fn is_flat_row(&self, row: &BytesStart<'_>) -> bool {
        attribute(row, "style-name").is_some_and(|name| self.flat_rows.contains(&*name))
    }

    /// Whether columns have a style by which they have no width.
    pub fn are_flat_columns(&self, columns: &BytesStart<'_>) -> bool {
        attribute(columns, "style-name").is_some_and(|name| self.flat_columns.contains(&*name))
    }

    fn cell_style(&mut self, tag: &BytesStart<'_>) {
        let value = |name| attribute(tag, name).map(String::from);
        if value("family").as_deref() != Some("table-cell") {
            return;
        }
        let style = CellStyle {
            parent: value("parent-style-name"),
            data: value("data-style-name"),
        };
        self.cells.insert(value("name").unwrap_or_default(), style);
    }

    /// How the cells of a style are shown, if it says more than that they hold numbers.
    pub fn format(&self, name: &str) -> Option<NumberFormat> {
        let mut style = self.cells.get(name)?;
        for _ in 0..DEEPEST {
            if let Some(data) = &style.data {
                let data = self.codes.get(data)?;
                let code = self.code(data);
                return (code != "General").then(|| NumberFormat::parse(&code));
            }
            style = self.cells.get(style.parent.as_deref()?)?;
        }
        None
    }

    /// The code of a style with those that it takes under conditions.
    fn code(&self, data: &DataStyle) -> String {
        let mut code = String::new();
        for (condition, other) in &data.maps {
            let other = self
                .codes
                .get(other)
                .map_or("", |other| other.code.as_str());
            // Writing to a string cannot fail.
            let _ = write!(code, "[{condition}]{other};");
        }
        code + &data.code
    }
}

/// Whether a size, such as `0cm`, leaves nothing to see.
fn has_no(tag: &BytesStart<'_>, size: &str) -> bool {
    attribute(tag, size).is_some_and(|size| {
        let number = size.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        number.parse::<f64>().is_ok_and(|size| size <= 0.0)
    })
}

fn is_data_style(name: &str) -> bool {
    matches!(
        name,
        "boolean-style"
            | "currency-style"
            | "date-style"
            | "number-style"
            | "percentage-style"
            | "text-style"
            | "time-style"
    )
}

/// A style of data that is being read.
struct Being {
    name: String,
    style: DataStyle,
    is_percentage: bool,
    /// Its hours, minutes or seconds are not cut off at a day.
    is_elapsed: bool,
    is_text: bool,
    text: String,
    /// The digits before the point, with the texts between them.
    whole: Vec<char>,
    inserted: Vec<(usize, String)>,
    decimals: String,
    at: usize,
}

impl Being {
    fn new(kind: &str, tag: &BytesStart<'_>) -> Self {
        let value = |name| attribute(tag, name);
        Self {
            name: value("name").map(String::from).unwrap_or_default(),
            style: DataStyle::default(),
            is_percentage: kind == "percentage-style",
            is_elapsed: value("truncate-on-overflow").is_some_and(|cut| cut == "false"),
            is_text: false,
            text: String::new(),
            whole: Vec::new(),
            inserted: Vec::new(),
            decimals: String::new(),
            at: 0,
        }
    }

    fn begin(&mut self, name: &str, tag: &BytesStart<'_>) {
        match name {
            "text" | "currency-symbol" => {
                self.is_text = true;
                self.text.clear();
            }
            "embedded-text" => {
                self.is_text = true;
                self.text.clear();
                self.at = count(tag, "position").unwrap_or_default();
            }
            "number" => self.number(tag),
            "map" => {
                let condition = attribute(tag, "condition").unwrap_or_default();
                let condition = condition.trim_start_matches("value()").replace("!=", "<>");
                let other = attribute(tag, "apply-style-name").unwrap_or_default();
                self.style.maps.push((condition, other.into_owned()));
            }
            _ => {
                let part = match name {
                    "am-pm" => "AM/PM",
                    "boolean" | "text-content" => "@",
                    "day" | "day-of-week" => "dd",
                    "era" | "quarter" | "week-of-year" | "year" => "yyyy",
                    "fraction" => "# ?/?",
                    "hours" => "hh",
                    "minutes" => "mm",
                    "month" => "mmm",
                    "scientific-number" => "0.00E+00",
                    "seconds" => "ss",
                    _ => return,
                };
                if std::mem::take(&mut self.is_elapsed) {
                    let _ = write!(self.style.code, "[{part}]");
                } else {
                    self.style.code.push_str(part);
                }
            }
        }
    }

    fn number(&mut self, tag: &BytesStart<'_>) {
        let least = count(tag, "min-integer-digits").unwrap_or_default();
        let most = count(tag, "decimal-places");
        let always = count(tag, "min-decimal-places")
            .or(most)
            .unwrap_or_default();
        let factor = attribute(tag, "display-factor").is_some_and(|factor| factor != "1");
        self.whole = vec!['0'; least];
        self.decimals = match most {
            // As many as the number has.
            None if least <= 1 => return self.whole = vec!['G'],
            None => format!(".{}", "#".repeat(15)),
            Some(0) => String::new(),
            Some(most) => format!(
                ".{}{}",
                "0".repeat(always),
                "#".repeat(most.saturating_sub(always))
            ),
        };
        if factor {
            self.decimals.insert(0, ',');
        }
        if self.whole.is_empty() {
            self.whole.push('#');
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "embedded-text" => self
                .inserted
                .push((self.at, std::mem::take(&mut self.text))),
            "number" => self.push_number(),
            "text" => {
                let text = std::mem::take(&mut self.text);
                // The sign of a percentage is a text among others here.
                match text.split_once('%').filter(|_| self.is_percentage) {
                    Some((before, after)) => {
                        self.push_text(before);
                        self.style.code.push('%');
                        self.push_text(after);
                        self.is_percentage = false;
                    }
                    None => self.push_text(&text),
                }
            }
            "currency-symbol" => {
                let symbol = std::mem::take(&mut self.text).replace([']', '-', '"'], "");
                let _ = write!(self.style.code, "[${symbol}]");
            }
            _ => return,
        }
        self.is_text = false;
    }

    fn push_number(&mut self) {
        let mut whole = std::mem::take(&mut self.whole);
        if whole == ['G'] {
            self.style.code.push_str("General");
            return;
        }
        let furthest = self.inserted.iter().map(|(at, _)| at + 1).max();
        while furthest.is_some_and(|furthest| whole.len() < furthest) {
            whole.insert(0, '#');
        }
        for (place, digit) in whole.iter().enumerate() {
            let from_right = whole.len() - place;
            let inserted = std::mem::take(&mut self.inserted);
            for (at, text) in &inserted {
                if *at == from_right {
                    self.push_text(text);
                }
            }
            self.inserted = inserted;
            self.style.code.push(*digit);
        }
        let decimals = std::mem::take(&mut self.decimals);
        self.style.code.push_str(&decimals);
        self.inserted.clear();
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            let _ = write!(self.style.code, "\"{}\"", text.replace('"', "”"));
        }
    }
}

fn count(tag: &BytesStart<'_>, name: &str) -> Option<usize> {
    let count: usize = attribute(tag, name)?.parse().ok()?;
    Some(count.min(MOST_DIGITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::sheet::number_format::Shown;

    fn shown(styles: &str, number: f64) -> String {
        let xml = format!(
            "<office:s xmlns:office=\"o\" xmlns:number=\"n\" xmlns:style=\"s\">{styles}\
             <style:style style:name=\"base\" style:family=\"table-cell\" style:data-style-name=\"N\"/>\
             <style:style style:name=\"ce\" style:family=\"table-cell\" style:parent-style-name=\"base\"/></office:s>"
        );
        let mut all = Styles::default();
        all.read(&mut Xml::new(xml.as_bytes())).unwrap();
        match all.format("ce").unwrap().number(number).unwrap() {
            Shown::Text(text) => text,
            Shown::Date(parts) => {
                format!("{}{}{}", parts.has_day, parts.has_time, parts.is_elapsed)
            }
        }
    }

    fn number(inside: &str, value: f64) -> String {
        shown(
            &format!("<number:number-style style:name=\"N\">{inside}</number:number-style>"),
            value,
        )
    }

    #[test]
    fn numbers_are_shown_as_their_style_says() {
        let zip = "<number:number number:decimal-places=\"0\" number:min-integer-digits=\"5\"/>";
        assert_eq!(number(zip, 1234.0), "01234");
        let price = "<number:number number:decimal-places=\"2\" number:min-integer-digits=\"1\" number:grouping=\"true\"/>";
        assert_eq!(number(price, 1234.5), "1234.50");
        let optional = "<number:number number:decimal-places=\"3\" number:min-decimal-places=\"1\" number:min-integer-digits=\"1\"/>";
        assert_eq!(number(optional, 1.25), "1.25");
        let plus = format!("<number:text>+</number:text>{}", zip.replace('5', "1"));
        assert_eq!(number(&plus, 491_701_234_567.0), "+491701234567");
        let split = "<number:number number:decimal-places=\"0\" number:min-integer-digits=\"9\">\
            <number:embedded-text number:position=\"4\">-</number:embedded-text></number:number>";
        assert_eq!(number(split, 501_234_567.0), "50123-4567");
    }

    #[test]
    fn percentages_currencies_and_signs_are_shown_as_in_other_files() {
        let percent = "<number:percentage-style style:name=\"N\"><number:number number:decimal-places=\"0\" \
            number:min-integer-digits=\"1\"/><number:text> %</number:text></number:percentage-style>";
        assert_eq!(shown(percent, 0.19), "19%");
        let money = |name: &str, before: &str, more: &str| {
            format!(
                "<number:currency-style style:name=\"{name}\">{before}<number:number number:decimal-places=\"2\" \
                 number:min-integer-digits=\"1\" number:grouping=\"true\"/><number:text> </number:text>\
                 <number:currency-symbol>€</number:currency-symbol>{more}</number:currency-style>"
            )
        };
        let map = "<style:map style:condition=\"value()&gt;=0\" style:apply-style-name=\"P\"/>";
        let both = money("P", "", "") + &money("N", "<number:text>-</number:text>", map);
        assert_eq!(shown(&both, 1234.5), "1234.50");
        assert_eq!(shown(&both, -1234.5), "-1234.50");
    }

    #[test]
    fn dates_and_times_are_known() {
        let date = "<number:date-style style:name=\"N\"><number:day/><number:text>.</number:text><number:month/>\
            <number:text>.</number:text><number:year/></number:date-style>";
        assert_eq!(shown(date, 1.0), "truefalsefalse");
        let time = |more: &str| {
            format!(
                "<number:time-style style:name=\"N\" {more}><number:hours/><number:text>:</number:text>\
                 <number:minutes/></number:time-style>"
            )
        };
        assert_eq!(shown(&time(""), 1.0), "falsetruefalse");
        assert_eq!(
            shown(&time("number:truncate-on-overflow=\"false\""), 1.0),
            "falsetruetrue"
        );
    }
}
