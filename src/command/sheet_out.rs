//! `call -o xlsx`: the records of a list as a spreadsheet.
//!
//! The file is begun before anything is sent, and has its name once it is whole.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write as _, stdout};
use std::path::Path;

use serde_json::Value;

use super::Terminal;
use super::fields::Fields;
use super::out::Out;
use super::records::tell_missing;
use crate::client::ActionRef;
use crate::display::records::columns;
use crate::display::text::counted;
use crate::error::Failure;
use crate::script::spreadsheet;

/// Where a spreadsheet goes: a file, or standard output.
pub(super) struct SheetOut(Option<Out>);

impl SheetOut {
    /// Where that call's goes, if it makes one.
    pub(super) fn create(
        (is_sheet, out): (bool, Option<&Path>),
        action: &ActionRef,
        is_list: bool,
    ) -> Result<Option<Self>, Failure> {
        match (is_sheet, out) {
            (false, None) => return Ok(None),
            (false, Some(_)) => {
                return Err(
                    Failure::usage("`--out` is for spreadsheets only; nothing was sent")
                        .hint("add `-o xlsx`, or write `> FILE` for the other formats"),
                );
            }
            (true, _) if !is_list => {
                let what = format!(
                    "`-o xlsx` writes the records of a list, and `{}` returns none; nothing was sent",
                    action.name()
                );
                return Err(Failure::usage(what).hint("use `-o json` for this action"));
            }
            (true, _) => {}
        }
        let Some(out) = out else {
            if stdout().is_terminal() {
                return Err(Failure::usage(
                    "a spreadsheet cannot be shown on a terminal; nothing was sent",
                )
                .hint("name a file: `-o xlsx --out FILE.xlsx`"));
            }
            return Ok(Some(Self(None)));
        };
        is_named(out)?;
        Ok(Some(Self(Some(Out::create(out)?))))
    }

    /// Writes the records; `of` is how many there are in all, where they are more.
    pub(super) fn write(
        self,
        records: &[Value],
        fields: &Fields,
        of: Option<u64>,
        terminal: Terminal,
    ) -> Result<(), Failure> {
        let columns = match fields.names() {
            Some(names) => names.to_vec(),
            None => columns(records),
        };
        let book = spreadsheet(&columns, records)?;
        match self.0 {
            Some(out) => out.fill(|file| file.write_all(&book))?,
            None => terminal.raw(&book),
        }
        let count = records.len();
        terminal.note(&match of {
            Some(all) => format!("{count} of {all} records; `--all` fetches the rest"),
            None => counted(count as u64, "record"),
        });
        tell_missing(fields, terminal);
        Ok(())
    }
}

/// Refuses the name of a file of another kind, which no program would open.
fn is_named(out: &Path) -> Result<(), Failure> {
    let kind = out.extension().map(OsStr::to_ascii_lowercase);
    if kind.is_none_or(|kind| kind == "xlsx") {
        return Ok(());
    }
    let what = format!(
        "`{}` is not the name of a .xlsx file; nothing was sent",
        out.display()
    );
    Err(Failure::usage(what).hint("let the name end with `.xlsx`"))
}
