//! A sheet being read, on a thread of its own that is a few rows ahead.
//!
//! The thread exists because a reader of cells borrows from its workbook, and a
//! script's rows outlive any borrowing. It ends with the sheet, with the first error,
//! or when nobody wants the rows any more.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::script::csv::row::{Columns, Row};
use crate::script::csv::rows::Source;
use crate::script::host::Confinement;
use crate::script::raise::Raised;
use crate::script::sheet::complaint;
use crate::script::sheet::options::Options;
use crate::script::sheet::rows::{Made, Table};
use crate::script::sheet::workbook::Workbook;

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

impl Sheet {
    /// Opens a sheet of a file and reads its header.
    pub fn open(
        files: &Confinement,
        path: &str,
        name: Option<String>,
        options: Options,
    ) -> Result<Self, Raised> {
        let file = files.open(path)?;
        let (sender, messages) = sync_channel(AHEAD);
        let of = path.to_owned();
        let read = move || {
            let workbook = Workbook::open(&of, file);
            let read = workbook.and_then(|workbook| {
                let mut desk = Desk::new(&sender);
                desk.read(&of, workbook, name.as_deref(), options)
            });
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
                return Err(complaint(path, "has an empty sheet: a header was expected")
                    .hint("the first row names the columns, such as `email` and `firstname`"));
            }
        }
        Ok(sheet)
    }

    fn receive(&self) -> Message {
        // A thread that is gone without a word has met with something it did not expect.
        self.messages.recv().unwrap_or_else(|_| {
            let raised = complaint(&self.path, "cannot be read: it is damaged");
            Message::End(Err(
                raised.hint("open it in a spreadsheet program and save it anew")
            ))
        })
    }
}

impl Source for Sheet {
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
}

impl<'s> Desk<'s> {
    fn new(sender: &'s SyncSender<Message>) -> Self {
        Self {
            sender,
            batch: Vec::with_capacity(BATCH),
        }
    }

    fn read(
        &mut self,
        path: &str,
        mut workbook: Workbook,
        name: Option<&str>,
        options: Options,
    ) -> Result<(), Raised> {
        let name = workbook.choose(name)?;
        let merged = workbook.merged(&name)?;
        let mut table = Table::new(path, &name, options, merged);
        if let Some(columns) = table.named() {
            self.send(Message::Columns(columns))?;
        }
        let read = workbook.each_cell(&name, |place, data, format| {
            match table.take(place, data, format)? {
                Some(made) => self.put(made),
                None => Ok(()),
            }
        });
        // Rows before a fault are delivered.
        let read = read.and_then(|()| match table.complete()? {
            Some(made) => self.put(made),
            None => Ok(()),
        });
        let rest = std::mem::take(&mut self.batch);
        if !rest.is_empty() {
            self.send(Message::Rows(rest))?;
        }
        read
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
        sent.map_err(|_| Raised::new("sheet", "nobody reads the rows"))
    }
}
