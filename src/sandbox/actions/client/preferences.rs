//! Which kinds of mail a client or contact wants: `email_preferences[general]`, or `generalemails` as before 7.10.

use crate::sandbox::call::{Call, truth};
use crate::sandbox::changes::Changes;
use crate::sandbox::mail::KINDS;
use crate::sandbox::tree::Tree;

/// Takes the kinds that were sent.
pub fn take(call: &Call, changes: &mut Changes) {
    for (kind, column) in KINDS {
        if let Some(wanted) = sent(call, kind) {
            changes.set(column, i64::from(wanted));
        }
    }
}

/// Whether mail on domains is to be switched off, which ICANN forbids to the last reader of it.
pub fn switch_domain_off(call: &Call) -> bool {
    sent(call, "domain") == Some(false)
}

fn sent(call: &Call, kind: &str) -> Option<bool> {
    let preferences = call.array("email_preferences");
    let own = preferences.and_then(|own| own.get_any_case(kind).and_then(Tree::text).map(truth));
    let older = format!("{kind}emails");
    // Not every action that takes the one has ever taken the other.
    own.or_else(|| {
        call.action.param(&older)?;
        call.sent_flag(&older)
    })
}
