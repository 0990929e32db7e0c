//! A CSV file that was opened, to be read as often as it takes.
//!
//! It is read through once before its first row is given: what is wrong with a late row is
//! found before anything is done for an early one.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::script::csv::content::Content;
use crate::script::csv::faults;
use crate::script::csv::form::{CHECKED, CsvForm};
use crate::script::csv::options::CsvOptions;
use crate::script::csv::rows::RowSource as _;
use crate::script::csv::source::{CheckedCsv, CsvFile};
use crate::script::host::Confinement;
use crate::script::raise::Raised;

/// A file, how it is written, and what the script said of it.
pub(crate) struct Opened {
    path: String,
    content: Arc<Content>,
    form: CsvForm,
    options: CsvOptions,
    /// What came of reading it through before the first row.
    checked: Option<CheckedCsv>,
}

/// How a file that the script wrote would be refused, if it would be; nothing where it is
/// none, such as a pipe, or too large to be read through.
pub(crate) fn refusal_of(written: &Path, path: &str) -> Option<Raised> {
    let found = std::fs::metadata(written).ok()?;
    if !found.is_file() || found.len() > CHECKED || found.len() == 0 {
        return None;
    }
    let options = CsvOptions::default();
    let content = Content::capture(File::open(written).ok()?).ok()?;
    let form = match CsvForm::detect(&content, path, &options) {
        Ok(form) => form,
        Err(raised) => return Some(raised),
    };
    let mut opened = Opened {
        path: path.to_owned(),
        content: Arc::new(content),
        form,
        options,
        checked: None,
    };
    opened.check_rows(&Cancel::default()).err()
}

impl Opened {
    /// Opens a file and finds out how it is written.
    pub fn at(files: &Confinement, path: &str, options: CsvOptions) -> Result<Self, Raised> {
        let content = Content::capture(files.open(path)?);
        let content = content.map_err(|error| faults::unreadable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            form: CsvForm::detect(&content, path, &options).map_err(Raised::unsent)?,
            content: Arc::new(content),
            options,
            checked: None,
        })
    }

    /// Its rows from the first on.
    pub fn rows(&self) -> Result<CsvFile, Raised> {
        let options = &self.options;
        let mut file = CsvFile::new(
            &self.path,
            Arc::clone(&self.content),
            self.form,
            options.header.as_deref(),
            options.trims,
            &options.as_is,
        )?;
        file.checked = self.checked;
        Ok(file)
    }

    /// Reads it through, unless it is too large for that, and says what there is to say.
    pub fn check(&mut self, cancel: &Cancel) -> Result<Vec<String>, Raised> {
        self.check_rows(cancel).map_err(Raised::unsent)
    }

    fn check_rows(&mut self, cancel: &Cancel) -> Result<Vec<String>, Raised> {
        let mut file = self.rows()?;
        let mut told = Vec::new();
        if self.content.size() <= CHECKED {
            let mut read = file.read_through(cancel);
            if file.is_malformed() && self.form.reconsider(&self.content, &self.path)? {
                file = self.rows()?;
                read = file.read_through(cancel);
            }
            self.checked = Some(read?);
            told = file.remarks();
        }
        told.splice(..0, self.form.describe_guess(&self.path));
        Ok(told)
    }
}
