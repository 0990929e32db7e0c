//! The rows of a file, read as they are asked for: `csv` and `sheet` give them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Array, Dynamic, EvalAltResult, Module, Position};

use crate::cancel::Cancel;
use crate::run::resume::{self, DoneBefore};
use crate::script::csv::options::names_array;
use crate::script::csv::row::{Columns, Row};
use crate::script::engine::function::{Fallible, function, operator, property};
use crate::script::files::lock_file;
use crate::script::host::{Confinement, Host, Output};
use crate::script::raise::Raised;
use crate::secrets::cover_text;

/// The rows of a file; clones share one source, so each row comes once.
#[derive(Clone)]
pub struct Rows {
    shared: Arc<Mutex<Shared>>,
    cancel: Cancel,
    output: Arc<dyn Output>,
    again: Arc<Again>,
}

/// Where rows come from, one after another.
pub(crate) trait RowSource: Send {
    /// The path as the script gave it.
    fn path(&self) -> &str;
    /// The names of the columns.
    fn columns(&self) -> &Columns;
    /// The line and the number of the row it is at.
    fn place(&self) -> (u64, u64);
    /// Goes to the next row without making anything of it; says if there is one.
    fn advance(&mut self) -> Result<bool, Raised>;
    /// The next row, if there is one.
    fn next_row(&mut self) -> Result<Option<Row>, Raised>;
    /// What is to be said of it after its last row.
    fn remarks(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// What it takes to open the file again.
struct Again {
    files: Confinement,
    path: String,
    /// The sheet of it that was named.
    part: Option<String>,
    open: Box<OpenRows>,
}

/// Opens a file at that path and reads its header.
pub(crate) type OpenRows =
    dyn Fn(&Confinement, &str) -> Result<Box<dyn RowSource>, Raised> + Send + Sync;

struct Shared {
    source: Box<dyn RowSource>,
    /// A loop, `count` or `to_array` has claimed the rows.
    is_claimed: bool,
}

impl Rows {
    /// The rows of the file at that path, or of that part of it, which is opened like that.
    pub(crate) fn open(
        host: &Host,
        path: &str,
        part: Option<&str>,
        open: Box<OpenRows>,
    ) -> Result<Self, Raised> {
        let again = Again {
            files: host.files.clone(),
            path: path.to_owned(),
            part: part.map(str::to_owned),
            open,
        };
        let source = again.open()?;
        let place = host.files.readable(path).ok();
        if let Some(lock) = place.and_then(|place| lock_file::beside(&place)) {
            host.note_once(&format!(
                "`{path}` is open in another program (`{lock}`): changes not saved there are not \
                 in its rows"
            ));
        }
        let shared = Shared {
            source,
            is_claimed: false,
        };
        Ok(Self {
            shared: Arc::new(Mutex::new(shared)),
            cancel: host.cancel.clone(),
            output: Arc::clone(&host.output),
            again: Arc::new(again),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Reading on after a panic elsewhere is safe: a row is taken whole or not at all.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next row, if there is one.
    pub fn next_row(&self) -> Result<Option<Row>, Raised> {
        let row = self.lock().source.next_row()?;
        if row.is_none() {
            self.tell_remarks();
        }
        Ok(row)
    }

    fn tell_remarks(&self) {
        let remarks = self.lock().source.remarks();
        for remark in remarks {
            self.output.note(&cover_text(&remark));
        }
    }

    /// The names of the columns, in the file's order.
    pub fn columns(&self) -> Array {
        names_array(self.lock().source.columns())
    }

    /// Notes the first row that an earlier run had begun, before others than this thread read
    /// them. Only files that an earlier run left say so of their rows.
    pub(crate) fn look_ahead(&self) -> Result<Option<DoneBefore>, Raised> {
        let is_mark = |name: &rhai::ImmutableString| {
            let mut marks = resume::COLUMNS.iter();
            marks.any(|mark| name.trim().eq_ignore_ascii_case(mark))
        };
        if !self.lock().source.columns().iter().any(is_mark) {
            return Ok(None);
        }
        let mut source = self.again()?;
        while let Some(row) = source.next_row()? {
            if row.done_before().is_some() {
                resume::saw(row.done_before());
                return Ok(row.done_before());
            }
        }
        Ok(None)
    }

    /// The rows that are left, read from the file once more and leaving these alone.
    pub(crate) fn again(&self) -> Result<Box<dyn RowSource>, Raised> {
        let mut source = self.again.open()?;
        let taken = self.number();
        while source.place().1 < taken && source.advance()? {}
        Ok(source)
    }

    /// The number of the row that was read last.
    pub(crate) fn number(&self) -> u64 {
        self.lock().source.place().1
    }

    /// The path as the script gave it.
    pub(crate) fn path(&self) -> &str {
        &self.again.path
    }

    /// The part of the file that the script named, such as a sheet.
    pub(crate) fn part(&self) -> Option<&str> {
        self.again.part.as_deref()
    }

    /// A second loop would silently find nothing; so it is refused.
    pub(crate) fn claim(&self) -> Result<(), Raised> {
        let mut shared = self.lock();
        if std::mem::replace(&mut shared.is_claimed, true) {
            let what = format!("the rows of `{}` were already read", shared.source.path());
            return Err(Raised::new("csv", what).hint(
                "rows can be read only once; open the file again, or keep them with \
                 `to_array()`",
            ));
        }
        Ok(())
    }

    fn count(&self) -> Fallible<i64> {
        self.claim()?;
        let mut count = 0;
        while self.lock().source.advance()? {
            self.stop_if_asked()?;
            count += 1;
        }
        self.tell_remarks();
        Ok(count)
    }

    fn to_array(&self) -> Fallible<Array> {
        self.claim()?;
        let mut rows = Array::new();
        while let Some(row) = self.next_row()? {
            self.stop_if_asked()?;
            rows.push(Dynamic::from(row));
        }
        Ok(rows)
    }

    pub(crate) fn stop_if_asked(&self) -> Fallible<()> {
        if self.cancel.is_raised() {
            return Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into());
        }
        Ok(())
    }
}

impl Again {
    fn open(&self) -> Result<Box<dyn RowSource>, Raised> {
        (self.open)(&self.files, &self.path)
    }
}

impl IntoIterator for Rows {
    type Item = Fallible<Row>;
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + Send>;

    fn into_iter(self) -> Self::IntoIter {
        match self.claim() {
            Err(raised) => Box::new(std::iter::once(Err(raised.into()))),
            Ok(()) => Box::new(std::iter::from_fn(move || {
                // Whatever the script does next is not about the row before.
                resume::look_at(None);
                self.next_row().map_err(Into::into).transpose()
            })),
        }
    }
}

/// Adds the type of rows and its methods.
pub(crate) fn register(module: &mut Module, _host: &Arc<Host>) {
    module.set_custom_type::<Rows>("rows");
    module.set_iterable_result::<Rows, Row>();
    register_methods(module);
    for name in ["to_string", "to_debug", "print", "debug"] {
        operator(name).set_into_module(module, |rows: &mut Rows| {
            format!("rows of `{}`", rows.path())
        });
    }
}

fn register_methods(module: &mut Module) {
    property(
        "columns",
        &["rows: rows", "array"],
        "The names of the columns, in the file's order.\n\
         ```rhai\n\
         print(csv(\"clients.csv\").columns)\n\
         ```",
    )
    .set_into_module(module, |rows: &mut Rows| rows.columns());
    function(
        "next",
        &["rows: rows", "?"],
        "The next row, or `()` after the last.\n\
         ```rhai\n\
         let first = csv(\"clients.csv\").next();\n\
         ```",
    )
    .set_into_module(module, |rows: &mut Rows| -> Fallible<Dynamic> {
        Ok(rows.next_row()?.map_or(Dynamic::UNIT, Dynamic::from))
    });
    function(
        "count",
        &["rows: rows", "int"],
        "Reads all rows and returns how many there \
         were.\n```rhai\nprint(csv(\"clients.csv\").count())\n```",
    )
    .set_into_module(module, |rows: &mut Rows| rows.count());
    function(
        "to_array",
        &["rows: rows", "array"],
        "Reads all rows into memory, so that they can be used more than once.\n```rhai\nlet rows \
         = csv(\"clients.csv\").to_array();\nprint(rows.len())\n```",
    )
    .set_into_module(module, |rows: &mut Rows| rows.to_array());
}
