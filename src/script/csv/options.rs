//! What a script may say about a CSV file: `csv(path, #{ … })`.

use std::collections::HashMap;

use encoding_rs::Encoding;
use rhai::{Array, Dynamic, ImmutableString, Map};

use crate::script::csv::encoding::{is_ascii, named, usual_names};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::raise::Raised;

/// The function these are options of.
const CSV: &str = "csv";

/// What an option may be called.
pub(crate) const NAMES: [&str; 5] = ["as_is", "delimiter", "encoding", "header", "trim"];

/// How to read a file; what is not said is found out.
#[derive(Clone, Debug)]
pub(crate) struct CsvOptions {
    /// The columns whose cells are taken as they stand, whatever they look like.
    pub as_is: Vec<ImmutableString>,
    pub delimiter: Option<u8>,
    pub encoding: Option<Named>,
    /// The names of the columns, for a file whose first line is a row already.
    pub header: Option<Vec<ImmutableString>>,
    pub trims: bool,
}

/// An encoding that was named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    pub encoding: &'static Encoding,
    /// Whether no letter beyond ASCII may be in the file.
    pub is_ascii: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            as_is: Vec::new(),
            delimiter: None,
            encoding: None,
            header: None,
            trims: true,
        }
    }
}

impl CsvOptions {
    /// Reads a script's map; an option that does not exist is refused.
    pub fn from_map(map: &Map) -> Result<Self, Raised> {
        let mut options = Self::default();
        for (name, value) in map {
            match name.as_str() {
                "as_is" => options.as_is = as_is(CSV, value)?,
                "delimiter" => options.delimiter = Some(delimiter(value)?),
                "encoding" => options.encoding = Some(encoding(value)?),
                "header" => options.header = Some(header(CSV, value)?),
                "trim" => options.trims = trim(CSV, value)?,
                _ => {
                    let what = format!("`csv` has no option `{name}`");
                    return Err(Raised::new("csv", what).hint(suggestion(name, NAMES)));
                }
            }
        }
        Ok(options)
    }
}

fn bad(option: &str, what: &str) -> Raised {
    wrong(CSV, option, what)
}

/// An option of the function that reads the file, which is what its errors are called too.
pub(crate) fn wrong(function: &'static str, option: &str, what: &str) -> Raised {
    Raised::new(
        function,
        format!("the option `{option}` of `{function}` {what}"),
    )
}

/// Whether cells lose the blanks around them.
pub(crate) fn trim(function: &'static str, value: &Dynamic) -> Result<bool, Raised> {
    let trims = value.as_bool();
    trims.map_err(|_| wrong(function, "trim", "must be true or false"))
}

fn text(option: &str, value: &Dynamic) -> Result<ImmutableString, Raised> {
    value
        .clone()
        .into_immutable_string()
        .map_err(|_| bad(option, "must be text"))
}

/// What stands between cells.
pub(crate) fn delimiter(value: &Dynamic) -> Result<u8, Raised> {
    let text = text("delimiter", value)?;
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(*byte),
        _ => Err(bad("delimiter", "must be one ASCII character")
            .hint("usual: `\",\"`, `\";\"`, `\"\\t\"`, `\"|\"`")),
    }
}

/// The encoding of that name.
pub(crate) fn encoding(value: &Dynamic) -> Result<Named, Raised> {
    let name = text("encoding", value)?;
    let encoding = named(&name).ok_or_else(|| {
        bad("encoding", &format!("names no encoding: `{name}`"))
            .hint(format!("usual: {}", usual_names()))
    })?;
    Ok(Named {
        encoding,
        is_ascii: is_ascii(&name),
    })
}

/// One column, or several.
pub(crate) fn as_is(
    function: &'static str,
    value: &Dynamic,
) -> Result<Vec<ImmutableString>, Raised> {
    if let Ok(name) = value.clone().into_immutable_string() {
        return Ok(vec![name]);
    }
    let names = value.clone().into_typed_array::<ImmutableString>();
    names.map_err(|_| wrong(function, "as_is", "must be an array of column names"))
}

/// The names of the columns, for a file whose first row is no header.
pub(crate) fn header(
    function: &'static str,
    value: &Dynamic,
) -> Result<Vec<ImmutableString>, Raised> {
    let bad = |what: &str| wrong(function, "header", what);
    let refusal = || {
        bad("must be an array of column names")
            .hint("leave it out if the first line of the file has the names")
    };
    let names = value.clone().into_typed_array::<ImmutableString>();
    let names = names.map_err(|_| refusal())?;
    if names.is_empty() {
        return Err(refusal());
    }
    check_names(&names).map_err(|what| bad(&format!("is wrong: {what}")))?;
    Ok(names)
}

/// Refuses columns without a name, or with the same one.
pub(crate) fn check_names(names: &[ImmutableString]) -> Result<(), String> {
    let mut places = HashMap::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("column {} has no name", place + 1));
        }
        if let Some(first) = places.insert(name, place) {
            return Err(format!(
                "columns {} and {} are both called `{name}`",
                first + 1,
                place + 1
            ));
        }
    }
    Ok(())
}

/// The names as a script's array.
pub(crate) fn names_array(names: &[ImmutableString]) -> Array {
    names.iter().cloned().map(Dynamic::from).collect()
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::TestEngine;

    #[test]
    fn a_file_without_a_header_takes_names_from_the_script() {
        let bench = TestEngine::new();
        bench.file("c.csv", "x,1\ny,2\n");
        let script = "let n = []; \
                      for row in csv(\"c.csv\", #{ header: [\"email\", \"a\"] }) { n += row.email } n";
        assert_eq!(bench.text(script), r#"["x", "y"]"#);
        assert_eq!(
            bench.refusal("csv(\"c.csv\", #{ header: [\"a\", \"a\"] })"),
            "the option `header` of `csv` is wrong: columns 1 and 2 are both called `a`"
        );
    }

    #[test]
    fn a_wrong_option_is_refused() {
        let bench = TestEngine::new();
        bench.file("c.csv", "email\n");
        let refusal = |options: &str| bench.refusal(&format!("csv(\"c.csv\", #{{ {options} }})"));
        assert_eq!(
            refusal("delimeter: \";\""),
            "`csv` has no option `delimeter`\nhint: did you mean `delimiter`?"
        );
        assert!(refusal("delimiter: \";;\"").contains("must be one ASCII character"));
        assert!(refusal("delimiter: 5").contains("must be text"));
        assert!(refusal("encoding: \"klingon\"").contains("names no encoding: `klingon`"));
        assert!(refusal("trim: 1").contains("must be true or false"));
        assert!(refusal("header: true").contains("must be an array"));
    }
}
