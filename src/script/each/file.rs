//! The file of `each`: of which kind it is, what its columns are, how it is read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::kind::FileKind;
use super::template::literal;
use super::{Each, failed};
use crate::cancel::Cancel;
use crate::error::Failure;
use crate::script::csv::opened::Opened;
use crate::script::csv::options::{CsvOptions, delimiter, encoding};
use crate::script::csv::rows::RowSource;
use crate::script::files::streams::Streams;
use crate::script::frozen;
use crate::script::host::Confinement;
use crate::script::raise::Raised;
use crate::script::sheet::{self, Sheet};

/// How the names of spreadsheets end.
const SPREADSHEETS: [&str; 4] = ["ods", "xls", "xlsb", "xlsx"];

/// How the names of files with a JSON object per line end.
const RECORDS: [&str; 2] = ["jsonl", "ndjson"];

/// How people type the delimiter that no shell takes as it is.
const TAB: [&str; 3] = ["\\t", "tab", "TAB"];

/// Whether a file begins as one with a JSON object per line does.
fn begins_with_record(file: &mut File) -> bool {
    const LOOKED_AT: u64 = 4096;
    let mut start = Vec::new();
    let read = file.take(LOOKED_AT).read_to_end(&mut start);
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    let line = start.trim_ascii_start();
    read.is_ok()
        && line.strip_prefix(b"{").is_some_and(|rest| {
            let rest = rest.trim_ascii_start();
            rest.starts_with(b"\"") || rest.starts_with(b"}")
        })
}

impl Each<'_> {
    /// By its name, or by how it begins where it comes through a pipe and has none.
    pub(super) fn kind(&self, files: &Confinement) -> FileKind {
        let path = Path::new(self.file);
        if self.is_named(&RECORDS) {
            return FileKind::Records;
        }
        if self.is_named_sheet() {
            return FileKind::Sheet;
        }
        let begins = |is_one: fn(&mut File) -> bool| {
            files
                .open(self.file)
                .is_ok_and(|mut file| is_one(&mut file))
        };
        match Streams::is_input(self.file) || !path.is_file() {
            true if begins(sheet::is_one) => FileKind::Sheet,
            true if begins(begins_with_record) => FileKind::Records,
            _ => FileKind::Csv,
        }
    }

    pub(super) fn is_named_sheet(&self) -> bool {
        self.is_named(&SPREADSHEETS)
    }

    fn is_named(&self, endings: &[&str]) -> bool {
        let extension = Path::new(self.file).extension();
        extension.is_some_and(|extension| {
            let mut endings = endings.iter();
            endings.any(|ending| extension.eq_ignore_ascii_case(ending))
        })
    }

    /// The columns of the file.
    pub(super) fn columns(
        &self,
        kind: FileKind,
        files: &Confinement,
    ) -> Result<Vec<String>, Failure> {
        self.check_options(kind)?;
        let source: Box<dyn RowSource> = match kind {
            FileKind::Records => return frozen::columns(files, self.file).map_err(failed),
            FileKind::Sheet => {
                let unseen = (None, Cancel::default());
                let sheet = Sheet::open(files, self.file, self.sheet_options(), unseen);
                Box::new(sheet.map_err(failed)?)
            }
            FileKind::Csv => {
                let opened = Opened::at(files, self.file, self.csv_options()?).map_err(failed)?;
                let rows = opened.rows();
                let unsent = |raised: Raised| failed(raised.ending("; nothing was sent"));
                Box::new(rows.map_err(unsent)?)
            }
        };
        Ok(source.columns().iter().map(ToString::to_string).collect())
    }

    /// Refuses what is said of how another kind of file is read.
    fn check_options(&self, kind: FileKind) -> Result<(), Failure> {
        let refused = |hint: &str| {
            let what = format!("`{}` {}; nothing was sent", self.file, kind.said());
            Err(Failure::usage(what).hint(hint))
        };
        let is_of_sheets = self.sheet.is_some() || self.skips_hidden || self.skip > 0;
        if kind != FileKind::Sheet && is_of_sheets {
            return refused(
                "leave out `--sheet`, `--skip` and `--skip-hidden`, which are for spreadsheets",
            );
        }
        if kind != FileKind::Csv && self.encoding.is_some() {
            return refused("leave out `--encoding`, which is for CSV files");
        }
        if kind != FileKind::Csv && self.delimiter.is_some() {
            return refused("leave out `--delimiter`, which is for CSV files");
        }
        Ok(())
    }

    /// How the file is read, where that was said.
    pub(super) fn reading(&self) -> String {
        let named = self.encoding;
        let encoding = named.map(|name| format!("encoding: {}", literal(name)));
        let delimiter = self.delimiter();
        let delimiter = delimiter.map(|text| format!("delimiter: {}", literal(text)));
        let sheet = self.sheet.map(|name| format!("sheet: {}", literal(name)));
        let skip = (self.skip > 0).then(|| format!("skip: {}", self.skip));
        let hidden = self.skips_hidden.then(|| "hidden: \"skip\"".to_owned());
        let as_is: Vec<String> = self.as_is.iter().map(|name| literal(name)).collect();
        let as_is = (!as_is.is_empty()).then(|| format!("as_is: [{}]", as_is.join(", ")));
        let options = [encoding, delimiter, sheet, skip, hidden, as_is];
        let options: Vec<String> = options.into_iter().flatten().collect();
        if options.is_empty() {
            return String::new();
        }
        format!(", #{{ {} }}", options.join(", "))
    }

    /// What stands between cells, as a script says it.
    fn delimiter(&self) -> Option<&str> {
        let is_tab = |text: &&str| TAB.contains(text);
        self.delimiter
            .map(|text| if is_tab(&text) { "\t" } else { text })
    }

    fn sheet_options(&self) -> sheet::SheetOptions {
        sheet::SheetOptions {
            sheet: self.sheet.map(str::to_owned),
            skip: self.skip,
            skips_hidden: self.skips_hidden,
            as_is: self.as_is.iter().map(Into::into).collect(),
            ..sheet::SheetOptions::default()
        }
    }

    fn csv_options(&self) -> Result<CsvOptions, Failure> {
        let encoding = self.encoding.map(|name| encoding(&name.into())).transpose();
        let delimiter = self.delimiter().map(|text| delimiter(&text.into()));
        Ok(CsvOptions {
            encoding: encoding.map_err(failed)?,
            delimiter: delimiter.transpose().map_err(failed)?,
            as_is: self.as_is.iter().map(Into::into).collect(),
            ..CsvOptions::default()
        })
    }
}
