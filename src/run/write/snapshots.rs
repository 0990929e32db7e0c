//! Which writes have the record they change or remove read and kept before them.

use crate::catalog::Effect;
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Entities, Params, refusal};
use crate::run::invocation::Snapshots;
use crate::run::journal::Snapshot;
use crate::run::{Before, Run};
use crate::secrets;

impl Snapshots {
    fn includes(self, action: &ActionRef, params: &Params) -> bool {
        let is_update =
            matches!(action, ActionRef::Known(action) if action.effect == Effect::Update);
        match self {
            Self::None => false,
            Self::Destructive => action.is_destructive(params),
            Self::All => action.is_destructive(params) || is_update,
        }
    }
}

impl Run {
    /// What the write is about to change or remove, if it is to be kept; a record
    /// there is not leaves it to the server to refuse the write.
    pub(in crate::run) fn snapshot(
        &self,
        wanted: Snapshots,
        action: &ActionRef,
        params: &Params,
    ) -> Result<Option<Snapshot>, CallError> {
        if !wanted.includes(action, params) {
            return Ok(None);
        }
        // Kept as it was sent: whoever reads it decides what it means.
        let before = self.before_read(action, params, Entities::Keep);
        let before = before.map_err(|cause| unread(action, &cause))?;
        Ok(before.and_then(|before| kept(action, params, before)))
    }
}

fn kept(action: &ActionRef, params: &Params, before: Before) -> Option<Snapshot> {
    let changes = before.changes().iter();
    let mut old: Params = changes
        .filter_map(|change| Some((change.name.clone(), change.old.clone()?)))
        .collect();
    for name in secrets::names_of(action.known(), params) {
        old.insert(name, serde_json::Value::Null);
    }
    Some(Snapshot {
        record: secrets::without_covered(before.into_record()?),
        old: secrets::without_covered(old),
    })
}

/// The error of a write that was not sent because its record could not be read.
fn unread(action: &ActionRef, cause: &CallError) -> CallError {
    let name = action.name();
    let (kind, why) = match cause.kind {
        // It is not this write that the server refused.
        CallErrorKind::Api => {
            let why = refusal(&cause.action, &cause.message);
            (CallErrorKind::Policy, why)
        }
        kind => (kind, cause.message.clone()),
    };
    let without = "`--no-snapshot` continues without it";
    let hint = match &cause.hint {
        Some(hint) => format!("{hint}; {without}"),
        None => without.to_owned(),
    };
    CallError {
        kind,
        action: name.to_owned(),
        message: format!("`{name}` was not sent: its record could not be saved first: {why}"),
        hint: Some(hint),
        delivery: Delivery::NotSent,
        ..cause.clone()
    }
}
