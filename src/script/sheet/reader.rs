//! A sheet being read, on a thread of its own that is a few rows ahead.
//!
//! It is read through once before its first row is given, so that what cannot be told
//! is refused before anything of it is sent. The thread exists because a reader of cells
//! borrows from its workbook, and a script's rows outlive any borrowing. It ends with the
//! sheet, with the first error, or when nobody wants the rows any more.

use std::fs::File;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use crate::cancel::Cancel;
use crate::script::csv::row::{Columns, Row};
use crate::script::csv::rows::RowSource;
use crate::script::host::Confinement;
use crate::script::raise::Raised;
use crate::script::sheet::content::{Book, SheetName, SheetPart};
use crate::script::sheet::fault::complaint;
use crate::script::sheet::options::SheetOptions;
use crate::script::sheet::rows::{Made, Table};
use crate::script::sheet::workbook;

/// What became of the rows of a file that is refused before the first.
const UNSENT: &str = "none of its rows was sent";
/// How many rows are handed over at once.
const BATCH: usize = 64;
/// How many batches the thread may be ahead.
const AHEAD: usize = 2;

/// An open sheet and how far it was read.
pub(crate) struct Sheet {
    path: String,
    columns: Columns,
    messages: Receiver<Message>,
    batch: std::vec::IntoIter<Row>,
    /// The row it is at.
    row: Option<Row>,
    has_ended: bool,
}

enum Message {
    Columns(Columns),
    Rows(Vec<Row>),
    End(Result<(), Raised>),
}

/// A file that was read through, and what there is to say of it; shared by all who open it.
#[derive(Clone, Default)]
pub(crate) struct CheckedSheet(Arc<Mutex<Check>>);

#[derive(Default)]
struct Check {
    /// How long the file was, and when it was written.
    stamp: Option<(u64, Option<SystemTime>)>,
    notes: Vec<String>,
}

impl CheckedSheet {
    /// What there is to say that was not said.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().notes)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Check> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether that file has to be read through; from now on it was.
    fn is_due(&self, file: &File) -> bool {
        let found = file.metadata().ok();
        let stamp = found.map(|found| (found.len(), found.modified().ok()));
        let mut check = self.lock();
        let is_due = stamp.is_none() || check.stamp != stamp;
        check.stamp = stamp;
        is_due
    }
}

impl Sheet {
    /// Opens a sheet of a file and reads its header; reads it through first, unless that
    /// was done or only the header is wanted.
    pub fn open(
        files: &Confinement,
        path: &str,
        options: SheetOptions,
        (checked, cancel): (Option<CheckedSheet>, Cancel),
    ) -> Result<Self, Raised> {
        let file = files.open(path)?;
        let (sender, messages) = sync_channel(AHEAD);
        let of = path.to_owned();
        let read = move || {
            let checked = checked.filter(|checked| checked.is_due(&file));
            let mut desk = Desk::new(&sender, cancel);
            let read = desk.read(&of, file, &options, checked.as_ref());
            // Nobody may be listening any more.
            let _ = sender.send(Message::End(read));
        };
        thread::Builder::new()
            .name("sheet".to_owned())
            .spawn(read)
            .map_err(|error| complaint(path, &format!("cannot be read: {error}")))?;
        let mut sheet = Self {
            path: path.to_owned(),
            columns: Columns::default(),
            messages,
            batch: Vec::new().into_iter(),
            row: None,
            has_ended: false,
        };
        match sheet.receive() {
            Message::Columns(columns) => sheet.columns = columns,
            Message::End(Err(raised)) => return Err(raised),
            Message::Rows(_) | Message::End(Ok(())) => {
                return Err(complaint(path, "has no header"));
            }
        }
        Ok(sheet)
    }

    fn receive(&self) -> Message {
        // A thread that is gone without a word has met with something it did not expect.
        self.messages.recv().unwrap_or_else(|_| {
            let raised = complaint(&self.path, "cannot be read: it is damaged");
            Message::End(Err(
                raised.hint("open it in a spreadsheet program and save it again")
            ))
        })
    }
}

impl RowSource for Sheet {
    fn path(&self) -> &str {
        &self.path
    }

    fn columns(&self) -> &Columns {
        &self.columns
    }

    fn place(&self) -> (u64, u64) {
        let row = self.row.as_ref();
        row.map_or((0, 0), |row| (row.line(), row.number()))
    }

    fn advance(&mut self) -> Result<bool, Raised> {
        loop {
            if let Some(row) = self.batch.next() {
                self.row = Some(row);
                return Ok(true);
            }
            if self.has_ended {
                return Ok(false);
            }
            match self.receive() {
                Message::Columns(_) => {}
                Message::Rows(rows) => self.batch = rows.into_iter(),
                Message::End(end) => {
                    self.has_ended = true;
                    end?;
                }
            }
        }
    }

    fn next_row(&mut self) -> Result<Option<Row>, Raised> {
        let is_there = self.advance()?;
        Ok(self.row.clone().filter(|_| is_there))
    }
}

/// Where the thread puts rows together.
struct Desk<'s> {
    sender: &'s SyncSender<Message>,
    batch: Vec<Row>,
    cancel: Cancel,
}

impl<'s> Desk<'s> {
    fn new(sender: &'s SyncSender<Message>, cancel: Cancel) -> Self {
        Self {
            sender,
            cancel,
            batch: Vec::with_capacity(BATCH),
        }
    }

    fn read(
        &mut self,
        path: &str,
        file: File,
        options: &SheetOptions,
        checked: Option<&CheckedSheet>,
    ) -> Result<(), Raised> {
        let mut book = workbook::open(file).map_err(|fault| fault.raised(path, UNSENT))?;
        let name = options.sheet.as_deref();
        let sheet = workbook::choose(path, book.sheets(), name)?;
        let chosen = book.sheets()[sheet].clone();
        let table = || Table::new(path, &chosen.name, book.epoch(), options.clone());
        let (first, mut second) = (table(), table());
        if let Some(checked) = checked {
            let mut notes = about_sheets(path, book.sheets(), &chosen, name);
            notes.extend(check(first, book.as_mut(), sheet, (path, &self.cancel))?);
            checked.lock().notes = notes;
        }
        if let Some(columns) = second.named()? {
            self.send(Message::Columns(columns))?;
        }
        let read = book.read(sheet, &mut |found| match second.take(found)? {
            Some(made) => self.put(made),
            None => Ok(()),
        });
        // Rows before a fault are delivered.
        let read = read.map_err(|fault| fault.raised(path, "the rows before it were read"));
        let read = read.and_then(|()| match second.complete()? {
            Some(made) => self.put(made),
            None => Ok(()),
        });
        let rest = std::mem::take(&mut self.batch);
        if !rest.is_empty() {
            self.send(Message::Rows(rest))?;
        }
        read?;
        if second.has_header() {
            return Ok(());
        }
        Err(is_empty(path, book.sheets(), &chosen))
    }

    fn put(&mut self, made: Made) -> Result<(), Raised> {
        match made {
            Made::Header(columns) => self.send(Message::Columns(columns)),
            Made::Row(row) => {
                self.batch.push(row);
                if self.batch.len() < BATCH {
                    return Ok(());
                }
                let full = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
                self.send(Message::Rows(full))
            }
        }
    }

    /// Hands a message over; an error, which nobody hears, if the rows are not wanted.
    fn send(&self, message: Message) -> Result<(), Raised> {
        let sent = self.sender.send(message);
        sent.map_err(|_| Raised::new("sheet", "nothing reads the rows"))
    }
}

/// Reads a sheet through; gives what there is to say of it. Cells made one come last in a
/// file, and are often why a cell before them is refused: so they are named first.
fn check(
    mut table: Table,
    book: &mut dyn Book,
    sheet: usize,
    (path, cancel): (&str, &Cancel),
) -> Result<Vec<String>, Raised> {
    let mut read = table.named().map(drop);
    let through = book.read(sheet, &mut |found| {
        if cancel.is_raised() {
            return Err(complaint(path, "was not read: interrupted"));
        }
        if read.is_ok() || matches!(found, SheetPart::Merged(_)) {
            let taken = table.take(found).map(drop);
            read = std::mem::replace(&mut read, Ok(())).and(taken);
        }
        Ok(())
    });
    through.map_err(|fault| fault.raised(path, UNSENT))?;
    table.check_merged()?;
    read?;
    table.complete()?;
    table.check_merged()?;
    Ok(table.seen())
}

/// Refuses a sheet without a header, and names those that may be meant.
fn is_empty(path: &str, sheets: &[SheetName], chosen: &SheetName) -> Raised {
    let what = format!(
        "has an empty sheet `{}`: a header was expected; nothing was sent",
        chosen.name
    );
    let others: Vec<&str> = sheets
        .iter()
        .filter(|sheet| sheet.name != chosen.name && !sheet.is_hidden)
        .map(|sheet| sheet.name.as_str())
        .collect();
    let Some(other) = others.first() else {
        return complaint(path, &what)
            .hint("the first row names the columns, such as `email` and `firstname`");
    };
    let named: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
    complaint(path, &what).hint(format!(
        "other sheets: {}; to read one, use `sheet(path, {other:?})` or `each --sheet {other:?}`",
        named.join(", ")
    ))
}

/// Which sheet is read, where that was not said, or it cannot be seen.
fn about_sheets(
    path: &str,
    sheets: &[SheetName],
    chosen: &SheetName,
    name: Option<&str>,
) -> Vec<String> {
    let chosen_name = &chosen.name;
    if name.is_some() {
        let note = format!("`{path}`: the sheet `{chosen_name}` is hidden");
        return chosen.is_hidden.then_some(note).into_iter().collect();
    }
    if sheets.len() < 2 {
        return Vec::new();
    }
    let hidden = sheets.iter().filter(|sheet| sheet.is_hidden).count();
    let hidden = if hidden > 0 {
        format!(" ({hidden} hidden)")
    } else {
        String::new()
    };
    let other = sheets.iter().find(|sheet| sheet.name != *chosen_name);
    let other = other.map_or("NAME", |sheet| &sheet.name);
    vec![format!(
        "`{path}` has {} sheets{hidden}; reading `{chosen_name}`; to read another, use \
         `sheet(path, \"{other}\")` or `each --sheet \"{other}\"`",
        sheets.len()
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::test_engine::TestEngine;

    #[test]
    fn whoever_asks_to_stop_does_not_wait_until_a_sheet_is_read_through() {
        let bench = TestEngine::new();
        let fixture = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/cli/fixtures/clients.xlsx"
        );
        std::fs::copy(fixture, bench.folder.path().join("clients.xlsx")).unwrap();
        let cancel = Cancel::default();
        let open = || {
            let watched = (Some(CheckedSheet::default()), cancel.clone());
            let files = &bench.host.files;
            Sheet::open(files, "clients.xlsx", SheetOptions::default(), watched).map(drop)
        };
        assert!(open().is_ok());
        cancel.raise();
        let raised = open().unwrap_err().to_string();
        assert!(raised.contains("interrupted"), "{raised}");
    }
}
