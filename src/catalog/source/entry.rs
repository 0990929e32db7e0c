//! An action of the catalog as it was read, for the checks that need more than its own lines.

use std::collections::BTreeMap;

use super::super::host_values::HostValues;
use super::super::kinds::{Effect, FieldKind, ParamKind};
use super::find::FindEntry;
use super::money::PayerEntry;
use super::record::RecordEntry;
use super::returns::WordsEntry;

/// One action as read, with its place for later complaints.
pub(super) struct Entry {
    pub name: String,
    pub place: String,
    pub effect: Effect,
    pub params: Vec<ParamEntry>,
    pub returns: Vec<(String, FieldKind)>,
    /// The words of the fields that hold some.
    pub words: BTreeMap<String, WordsEntry>,
    pub list: Option<String>,
    pub find: Option<FindEntry>,
    pub record: Option<RecordEntry>,
    pub payer: Option<PayerEntry>,
    /// The action's Rust, but for its `record`, `returns` and the closing brace.
    pub code: String,
}

impl Entry {
    /// Its parameter of that name.
    pub fn param(&self, name: &str) -> Option<&ParamEntry> {
        self.params.iter().find(|param| param.name == name)
    }
}

/// What later checks need to know of a parameter.
pub(super) struct ParamEntry {
    pub name: String,
    pub kind: ParamKind,
    pub secret: bool,
    pub destructive: bool,
    pub is_mail_switch: bool,
    pub demands: Demands,
    pub values: Vec<String>,
    pub listed: Option<HostValues>,
    pub code: String,
}

/// What is demanded of a parameter, for the checks that need the whole action.
#[derive(Default)]
pub(super) struct Demands {
    /// Parameters it names.
    pub others: Vec<String>,
    /// Refusals that prove it.
    pub proofs: Vec<String>,
}
