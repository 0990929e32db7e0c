//! How a number is shown: `9.5` in a cell of the format `0.00 €` is `9.50`.
//!
//! The text is what the sheet shows, without what only pleases the eye: thousands
//! separators, currencies, blanks around. A minus is always a minus, whether the sheet
//! shows it as one, in red or in brackets. What a format hides or shows in a way that
//! loses digits is refused: neither what is shown nor what is kept is surely meant.

mod code;
mod currency;
mod digits;
mod kept;

use std::borrow::Cow;

pub(super) use code::DateParts;
use code::{Section, SectionBody, TextBody};
use digits::strip_sign;
use kept::DIGITS;
pub(super) use kept::{TOO_LARGE, kept};

/// How the cells of a style show what they hold.
#[derive(Clone, Debug)]
pub(super) struct NumberFormat {
    code: String,
    sections: Vec<Section>,
    text: TextBody,
}

/// A number as its format shows it.
#[derive(Debug, PartialEq)]
pub(super) enum Shown {
    /// As text.
    Text(String),
    /// As a date, a time or both.
    Date(DateParts),
}

impl NumberFormat {
    /// Reads a format such as `#,##0.00 [$€-407]`.
    pub fn parse(code: &str) -> Self {
        let (sections, text) = code::sections(code);
        Self {
            code: code.to_owned(),
            sections,
            text,
        }
    }

    /// A number as it is kept.
    pub fn general() -> Self {
        Self::parse("General")
    }

    /// The format of that number in every file of Excel; what it shows depends on the
    /// user's language for those not known here.
    pub fn built_in(id: u32) -> Self {
        match code::built_in(id) {
            Some(code) => Self::parse(code),
            None => Self {
                code: format!("number {id}"),
                sections: vec![Section::refused(
                    "is shown in a format that is not in the file",
                )],
                text: TextBody::Plain,
            },
        }
    }

    /// The number as the sheet shows it, or why it cannot be told.
    pub fn number(&self, number: f64) -> Result<Shown, String> {
        if !number.is_finite() {
            return Err("is not a number".to_owned());
        }
        let section = self.section(number)?;
        if let SectionBody::Date(parts) = &section.body {
            return Ok(Shown::Date(*parts));
        }
        if number.abs() >= TOO_LARGE {
            return Err(too_large());
        }
        let text = match &section.body {
            SectionBody::Refused(why) => return Err(format!("{why} (format `{}`)", self.code)),
            SectionBody::General { before, after } if before.is_empty() && after.is_empty() => {
                kept(number)
            }
            SectionBody::General { before, after } if number < 0.0 => {
                let (mut before, mut after) = (before.clone(), after.clone());
                if self.sections.len() > 1 {
                    strip_sign(&mut before, &mut after);
                }
                format!("-{before}{}{after}", kept(-number))
            }
            SectionBody::General { before, after } => format!("{before}{}{after}", kept(number)),
            SectionBody::Empty => return Err(self.hides(&kept(number))),
            SectionBody::Words(words) => words.trim().to_owned(),
            SectionBody::Digits(digits) => {
                let has_own_sign = self.sections.len() > 1;
                digits
                    .text(number, has_own_sign)
                    .unwrap_or_else(|| kept(number))
            }
            SectionBody::Date(_) => return Ok(Shown::Text(kept(number))),
        };
        Ok(Shown::Text(text))
    }

    /// A text as the sheet shows it.
    pub fn text<'t>(&self, text: Cow<'t, str>) -> Result<Cow<'t, str>, String> {
        match &self.text {
            TextBody::Plain => Ok(text),
            TextBody::Hidden if text.trim().is_empty() => Ok(text),
            TextBody::Hidden => Err(self.hides(&text)),
            TextBody::Around { before, after } => Ok(format!("{before}{text}{after}").into()),
        }
    }

    /// Which parts of a moment it shows, if it shows any.
    pub fn date_parts(&self) -> Option<DateParts> {
        match self.sections.first()?.body {
            SectionBody::Date(parts) => Some(parts),
            _ => None,
        }
    }

    fn hides(&self, what: &str) -> String {
        format!("holds `{what}`, which its format `{}` hides", self.code)
    }

    /// The section for a number: by conditions where there are some, else by its sign.
    fn section(&self, number: f64) -> Result<&Section, String> {
        let sections = &self.sections;
        let chosen = if sections.iter().any(|section| section.condition.is_some()) {
            let holds = |section: &&Section| section.condition.is_some_and(|c| c.holds(number));
            let other = || sections.iter().find(|section| section.condition.is_none());
            sections.iter().find(holds).or_else(other)
        } else if number < 0.0 && sections.len() > 1 {
            sections.get(1)
        } else if number == 0.0 && sections.len() > 2 {
            sections.get(2)
        } else {
            sections.first()
        };
        let chosen = chosen.ok_or_else(|| self.hides(&kept(number)))?;
        // The dash of accountants is a zero.
        match sections.first() {
            Some(first) if number == 0.0 && chosen.is_dash() => Ok(first),
            _ => Ok(chosen),
        }
    }
}

/// Why a number from there on cannot be told.
pub(super) fn too_large() -> String {
    format!("is a number of more than {DIGITS} digits, the last of which a spreadsheet loses")
}

#[cfg(test)]
mod tests;
