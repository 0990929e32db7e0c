//! The options of `each`.

use std::path::PathBuf;

use clap::Args;

use super::fleet::Fleet;
use super::limits::Limits;
use super::record::Record;
use super::server::Server;
use crate::command::{Target, each, plan};
use crate::error::Failure;

/// Make one call per row of a CSV file, spreadsheet or JSON lines
///
/// This is a run like that of a script: preview it with --plan, and limit, resume and undo
/// it in the same way.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Args, Debug)]
pub(super) struct Each {
    /// The CSV file, a spreadsheet, or a file with a JSON object per line (`.jsonl`, `.ndjson`)
    #[arg(value_name = "FILE")]
    pub(super) file: String,
    /// Use only rows for which this Rhai expression is true; it names columns directly
    #[arg(long = "where", value_name = "EXPR", allow_hyphen_values = true)]
    condition: Option<String>,
    /// The column that identifies a row [default: the content of the whole row]
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// Read the sheet NAME [default: the first visible sheet]
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Skip N rows at the top of a spreadsheet, such as a title above the table
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    skip: u32,
    /// Skip hidden and filtered rows and hidden columns of a spreadsheet
    #[arg(long)]
    skip_hidden: bool,
    /// The encoding of a CSV file, such as `windows-1250`
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// The delimiter of a CSV file, such as `;` or `tab`
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// Read the cells of this column unchanged, such as `#N/A`; repeatable
    #[arg(long, value_name = "COLUMN")]
    as_is: Vec<String>,
    /// Leave out parameters whose cells are empty, instead of sending them empty
    #[arg(long)]
    skip_empty: bool,
    /// Preview the calls; only reads are sent
    #[arg(long, conflicts_with_all = ["resume", "name", "again", "snapshot", "no_snapshot", "bind"])]
    pub(super) plan: bool,
    /// Write the whole plan to FILE as JSON
    #[arg(long, value_name = "FILE", requires = "plan")]
    out: Option<PathBuf>,
    /// Print one JSON object when the run has ended; with --plan, the whole plan
    #[arg(long)]
    pub(super) json: bool,
    /// Write the whole plan to FILE as an HTML page
    #[arg(long, value_name = "FILE", requires = "plan")]
    html: Option<PathBuf>,
    /// Write the whole plan to FILE as CSV, one line per parameter
    #[arg(long, value_name = "FILE", requires = "plan")]
    csv: Option<PathBuf>,
    /// Exit with 0 if the plan changes nothing, 2 if it does, and 1 on any error
    #[arg(long, requires = "plan")]
    pub(super) detailed_exitcode: bool,
    #[command(flatten)]
    record: Record,
    #[command(flatten)]
    pub(super) server: Server,
    #[command(flatten)]
    pub(super) fleet: Fleet,
    /// Let the expression read this environment variable; repeatable
    #[arg(long, value_name = "NAME")]
    allow_env: Vec<String>,
    /// The action and its parameters; {column} is the cell of the row, {{ is a brace
    #[arg(last = true, required = true, num_args = 1.., value_names = ["ACTION", "NAME=VALUE"])]
    call: Vec<String>,
    // The last: its heading would stand over what follows.
    #[command(flatten)]
    pub(super) limits: Limits,
}

impl Each {
    /// What is meant; `target` makes the server of what was typed of it.
    pub(super) fn options(
        self,
        target: impl FnOnce(Server) -> Result<Target, Failure>,
    ) -> Result<each::EachOptions, Failure> {
        if !self.plan {
            self.limits.know_the_shard(self.record.is_known())?;
        }
        let mut call = self.call.into_iter();
        self.limits.bound_memory();
        Ok(each::EachOptions {
            call: each::EachRow {
                file: self.file,
                condition: self.condition,
                key: self.key,
                sheet: self.sheet,
                skip: self.skip,
                skip_hidden: self.skip_hidden,
                encoding: self.encoding,
                delimiter: self.delimiter,
                as_is: self.as_is,
                skip_empty: self.skip_empty,
                // One word at least is required.
                action: call.next().unwrap_or_default(),
                params: call.collect(),
            },
            target: Target {
                limits: self.limits.into(),
                ..target(self.server)?
            },
            allow_env: self.allow_env.into_iter().collect(),
            mode: if self.plan {
                each::Mode::Plan(plan::Wanted {
                    out: self.out,
                    json: self.json,
                    html: self.html,
                    csv: self.csv,
                })
            } else {
                each::Mode::Run {
                    changes: self.record.changes(),
                    snapshots: self.record.snapshots(),
                    bind: self.record.bind(),
                    name: self.record.name,
                    resume: self.record.resume,
                    takes_over: self.record.take_over,
                    on_end: self.record.on_end,
                }
            },
        })
    }
}
