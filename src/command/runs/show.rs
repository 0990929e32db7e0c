//! `whmcsh runs show`: what one run was, and what became of its writes.

use serde_json::{Value, json};

use super::{open, resume_command, text, word};
use crate::command::{Terminal, run_folder};
use crate::error::Failure;
use crate::run::journal::{State, Which, Write};
use crate::table::{self, Cell, Fit};

/// Shows one run: what it was, and every write with what became of it.
pub fn show(name: &str, json: bool, terminal: Terminal) -> Result<(), Failure> {
    let reading = open(name)?;
    let mut writes = Vec::new();
    reading
        .writes(Which::All, |write| writes.push(write))
        .map_err(|error| run_folder::failed(&error))?;
    let head = reading.head();
    if json {
        let writes: Vec<Value> = writes.iter().map(as_json).collect();
        let shown = json!({
            "id": name, "script": head.script, "args": head.args, "profile": head.profile,
            "host": head.host, "started": head.started, "ended": reading.ended(),
            "state": reading.state().word(), "writes": writes,
        });
        terminal.data(&format!("{shown:#}"));
        return Ok(());
    }
    terminal.data(&format!(
        "{name}: {} {}\non {}, begun {}, {}",
        head.script,
        head.args.join(" "),
        head.host,
        head.started,
        reading.state().word()
    ));
    let rows = writes.iter().map(|write| {
        vec![
            Cell {
                text: write.id.number().to_string(),
                is_number: true,
            },
            text(&write.action),
            text(word(write.outcome.as_ref())),
            text(&Value::Object(write.params.clone()).to_string()),
        ]
    });
    terminal.data(
        &table::lines(
            &["write", "action", "outcome", "parameters"],
            rows,
            Fit::Terminal,
        )
        .join("\n"),
    );
    if reading.state() != State::Done {
        terminal.note(&format!(
            "continue with: {}",
            resume_command(&head.script, &head.words(), name)
        ));
    }
    Ok(())
}

fn as_json(write: &Write) -> Value {
    json!({
        "write": write.id.number(), "action": write.action, "params": write.params,
        "outcome": word(write.outcome.as_ref()),
    })
}
