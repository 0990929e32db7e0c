//! `whmcsh runs list`: every run, the newest first.

use serde_json::{Value, json};

use crate::command::Terminal;
use crate::command::execution::names::{self, Listed, listed};
use crate::command::execution::undone::{UndoState, undone, undos};
use crate::display::table::{self, Cell, Fit};
use crate::display::width as display;
use crate::error::Failure;
use crate::run::invocation::Task;
use crate::run::journal::{Head, State};
use crate::run::outputs::{counts_as_json, rfc3339};

/// The columns, those that are missed least at the end.
const COLUMNS: [&str; 9] = [
    "run", "state", "done", "failed", "in doubt", "name", "writes", "server", "script",
];
/// The place of the states.
const STATE: usize = 1;
/// The place of the names, which are left out where no run has one.
const NAME: usize = 5;
/// How many of them are always there.
const NEEDED: usize = 5;

/// Lists the runs, the newest first.
pub fn list(json: bool, terminal: Terminal) -> Result<(), Failure> {
    let runs = listed()?;
    let undos = undos(&runs);
    let undo = |run: &Listed| undos.state(&run.name);
    if json {
        let told = |run: &Listed| {
            let mut told = run.as_json();
            if let Some(undo) = undo(run) {
                told["undone"] = json!({"by": undo.by, "state": undo.state.word()});
                if told.get("undo").is_none() {
                    told["undo"] = undo.as_json(("by", &undo.by));
                }
            }
            told
        };
        let runs: Vec<Value> = runs.iter().map(told).collect();
        terminal.data(&format!("{:#}", Value::from(runs)));
        return Ok(());
    }
    if runs.is_empty() {
        terminal.note("no runs yet");
        return Ok(());
    }
    let mut columns = COLUMNS.to_vec();
    let cells = |run: &Listed| {
        let mut cells = run.cells();
        if let Some(undo) = undo(run) {
            let state = match undone(undo.state) {
                part if undo.state == State::Done => part.to_owned(),
                part => format!("{part} ({})", undo.words()),
            };
            cells[STATE] = Cell::text(&format!("{}, {state}", run.state()));
        }
        cells
    };
    let mut rows: Vec<Vec<Cell>> = runs.iter().map(cells).collect();
    if !runs.iter().any(|run| run.name_given().is_some()) {
        columns.remove(NAME);
        for row in &mut rows {
            row.remove(NAME);
        }
    }
    let (lines, left_out) = drawn(&columns, &rows, table::terminal_width());
    terminal.data(&lines.join("\n"));
    if !left_out.is_empty() {
        let left_out = left_out.join(", ");
        terminal.note(&format!("left out, since the window is narrow: {left_out}"));
    }
    Ok(())
}

/// The table, no wider than that where it can be, and the columns it leaves out for
/// it: a name that is broken in two cannot be copied.
fn drawn<'c>(
    columns: &'c [&'c str],
    rows: &[Vec<Cell>],
    width: Option<u16>,
) -> (Vec<String>, &'c [&'c str]) {
    let draw = |count: usize, fit: Fit| {
        let rows = rows.iter().map(|row| row[..count].to_vec());
        table::lines(&columns[..count], rows, fit)
    };
    for count in (NEEDED..=columns.len()).rev() {
        let lines = draw(count, Fit::Content);
        let wide = lines.first().map_or(0, |line| display::width(line));
        if width.is_none_or(|width| wide <= usize::from(width)) {
            return (lines, &columns[count..]);
        }
    }
    (draw(NEEDED, Fit::Terminal), &columns[NEEDED..])
}

impl Listed {
    /// The name its user gave it.
    fn name_given(&self) -> Option<&str> {
        self.told.as_ref().ok()?.0.head().name.as_deref()
    }

    /// What programs are told of it.
    pub fn as_json(&self) -> Value {
        match &self.told {
            Ok((reading, counts)) => {
                let head = reading.head();
                let mut told = json!({
                    "run": self.name, "id": self.name, "name": head.name, "script": head.script(),
                    "started": rfc3339(&head.started), "ended": reading.ended().map(rfc3339), "state": self.state(), "host": head.host,
                    "shard": shard(head), "machine": head.machine, "user": head.user, "version": head.version,
                    "rehearsal": head.is_rehearsal(), "counts": counts_as_json(counts),
                });
                if let Task::Undo(undo) = &head.invocation.task {
                    told["undoes"] = undo.run.clone().into();
                    let state = UndoState::derive(reading, counts);
                    told["undo"] = state.as_json(("of", &undo.run));
                }
                told
            }
            Err(error) => json!({
                "run": self.name, "id": self.name, "state": self.state(),
                "error": names::failed(error).as_json(),
            }),
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![Cell::text(&self.name), Cell::text(self.state())];
        match &self.told {
            Ok((reading, counts)) => {
                let head = reading.head();
                let counts = [
                    counts.done,
                    counts.failed,
                    counts.in_doubt.max(counts.writes_in_doubt),
                    counts.writes,
                ];
                cells.extend(counts.map(Cell::number));
                cells.insert(NAME, Cell::text(&head.named().unwrap_or_default()));
                let server = if head.is_rehearsal() {
                    "rehearsal"
                } else {
                    &head.host
                };
                cells.extend([Cell::text(server), Cell::text(&head.script())]);
            }
            Err(_) => cells.resize_with(COLUMNS.len(), Cell::default),
        }
        cells
    }
}

/// The shard a run is of, as it was said.
fn shard(head: &Head) -> Option<String> {
    head.invocation.limits.shard.map(|shard| shard.to_string())
}
