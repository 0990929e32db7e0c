//! What a script may say about a spreadsheet: `sheet(path, name, #{ … })`.

use rhai::{ImmutableString, Map};

use crate::script::csv::options::{header, trim, wrong};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::raise::Raised;

/// The function these are options of.
const SHEET: &str = "sheet";

/// What an option may be called.
pub(crate) const NAMES: [&str; 3] = ["header", "skip", "trim"];

/// How to read a sheet.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The names of the columns, for a sheet whose first row is a row already.
    pub header: Option<Vec<ImmutableString>>,
    /// How many rows at the top are passed over.
    pub skip: u32,
    /// Whether texts lose the blanks around them.
    pub trims: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            header: None,
            skip: 0,
            trims: true,
        }
    }
}

impl Options {
    /// Reads a script's map; an option that does not exist is refused.
    pub fn from_map(map: &Map) -> Result<Self, Raised> {
        let mut options = Self::default();
        for (name, value) in map {
            match name.as_str() {
                "header" => options.header = Some(header(SHEET, value)?),
                "skip" => {
                    let rows = value.as_int().ok().and_then(|rows| rows.try_into().ok());
                    options.skip =
                        rows.ok_or_else(|| wrong(SHEET, "skip", "must be a number of rows"))?;
                }
                "trim" => options.trims = trim(SHEET, value)?,
                _ => {
                    let what = format!("`sheet` has no option `{name}`");
                    return Err(Raised::new(SHEET, what).hint(suggestion(name, NAMES)));
                }
            }
        }
        Ok(options)
    }
}
