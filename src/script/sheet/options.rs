//! What a script may say about a spreadsheet: `sheet(path, name, #{ … })`.

use rhai::{Dynamic, ImmutableString, Map};

use crate::script::csv::options::{header, trim, wrong};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::raise::Raised;

/// The function these are options of.
const SHEET: &str = "sheet";

/// What an option may be called.
pub(crate) const NAMES: [&str; 6] = ["as_is", "header", "hidden", "sheet", "skip", "trim"];

/// How to read a sheet.
#[derive(Clone, Debug)]
pub(crate) struct SheetOptions {
    /// Columns of which cells that are refused are taken as the file keeps them.
    pub as_is: Vec<ImmutableString>,
    /// The names of the columns, for a sheet whose first row is a row already.
    pub header: Option<Vec<ImmutableString>>,
    /// The name of the sheet; the first otherwise.
    pub sheet: Option<String>,
    /// How many rows at the top are passed over.
    pub skip: u32,
    /// Whether hidden rows and columns are left out.
    pub skips_hidden: bool,
    /// Whether texts lose the blanks around them.
    pub trims: bool,
}

impl Default for SheetOptions {
    fn default() -> Self {
        Self {
            as_is: Vec::new(),
            header: None,
            sheet: None,
            skip: 0,
            skips_hidden: false,
            trims: true,
        }
    }
}

impl SheetOptions {
    /// Reads a script's map; an option that does not exist is refused.
    pub fn from_map(map: &Map) -> Result<Self, Raised> {
        let mut options = Self::default();
        for (name, value) in map {
            match name.as_str() {
                "as_is" => options.as_is = as_is(value)?,
                "header" => options.header = Some(header(SHEET, value)?),
                "hidden" => options.skips_hidden = skips_hidden(value)?,
                "sheet" => {
                    let name = value.clone().into_string();
                    let name =
                        name.map_err(|_| wrong(SHEET, "sheet", "must be the name of a sheet"))?;
                    options.sheet = Some(name);
                }
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

fn as_is(value: &Dynamic) -> Result<Vec<ImmutableString>, Raised> {
    let names = value.clone().into_typed_array::<ImmutableString>();
    names.map_err(|_| {
        wrong(SHEET, "as_is", "must be an array of column names")
            .hint("such as `as_is: [\"code\"]`")
    })
}

fn skips_hidden(value: &Dynamic) -> Result<bool, Raised> {
    match value.clone().into_string().as_deref() {
        Ok("skip") => Ok(true),
        Ok("read") => Ok(false),
        _ => Err(wrong(SHEET, "hidden", "must be `\"read\"` or `\"skip\"`")),
    }
}
