//! Where the shell prints: what cannot be printed once a write of the session was applied is
//! no reason to send it again.

use std::sync::Arc;

use crate::command::Terminal;
use crate::command::call::WAS_APPLIED;
use crate::display::table::Records;
use crate::repl::Screen;
use crate::run::SessionWrites;
use crate::script::Output;

/// A terminal, and what the session did.
#[derive(Clone)]
pub(super) struct Around {
    terminal: Terminal,
    writes: Arc<SessionWrites>,
}

impl Around {
    pub fn new(terminal: Terminal, writes: Arc<SessionWrites>) -> Self {
        Self { terminal, writes }
    }

    /// The terminal as it is after what was done so far.
    pub fn terminal(&self) -> Terminal {
        if self.writes.has_applied() {
            self.terminal.after(WAS_APPLIED).between_lines()
        } else {
            self.terminal
        }
    }
}

impl Screen for Around {
    fn show(&self, text: &str) {
        self.terminal().data(text);
    }

    fn complain(&self, text: &str) {
        self.terminal.alert(text);
    }

    fn remark(&self, text: &str) {
        self.terminal.note(text);
    }
}

impl Output for Around {
    fn print(&self, line: &str) {
        Output::print(&self.terminal(), line);
    }

    fn table(&self, records: &Records) {
        self.terminal().draw_table(records, |line| self.print(line));
    }

    fn note(&self, line: &str) {
        Output::note(&self.terminal, line);
    }
}
