//! Updates in doubt that the script did not come to again.
//!
//! A resumed script that looks before it writes finds the server as it wants it,
//! and rightly writes nothing. What the server holds then says what became of the
//! update: it is done if every field it set has its value.

use serde_json::Map;

use crate::catalog::{self, Effect};
use crate::client::ActionRef;
use crate::run::Run;
use crate::run::journal::{Journal, JournalError, Outcome, Write};

impl Run {
    /// Looks for what is left in doubt of this server's updates, and writes down
    /// those that stand; of the rest nothing is known that was not before.
    pub fn settle_overtaken(&self) -> Result<(), JournalError> {
        let Some(journal) = self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.begun())
        else {
            return Ok(());
        };
        for write in journal.doubts()? {
            if write.was_on(self.known_as()) && self.stands(&write) {
                note(journal, &write)?;
            }
        }
        Ok(())
    }

    /// Whether the server holds everything the update set; no if that cannot be told.
    fn stands(&self, write: &Write) -> bool {
        let action = catalog::action(&write.action);
        let Some(action) = action.filter(|action| action.effect == Effect::Update) else {
            return false;
        };
        match self.before(&ActionRef::Known(action), &write.params) {
            Ok(Some(before)) => {
                let changes = before.changes();
                !changes.is_empty() && changes.iter().all(crate::run::Change::is_idle)
            }
            _ => false,
        }
    }
}

fn note(journal: &Journal, write: &Write) -> Result<(), JournalError> {
    // No `result`, which only a reply of the server's own has: what it said is not known.
    journal.outcome(write.id, Outcome::Done(Map::new()))
}
