//! What is wrong with a script that was not run.

use rhai::{EvalAltResult, Position};

use crate::script::raise::Raised;

/// What is wrong at a place of a script that was not run.
pub(crate) struct Finding {
    /// A word for findings of this kind, which stays the same from version to version.
    pub(crate) code: &'static str,
    pub(crate) position: Position,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

impl From<Finding> for Box<EvalAltResult> {
    fn from(finding: Finding) -> Self {
        let raised = Raised::new("script", finding.what);
        let raised = finding.hint.into_iter().fold(raised, Raised::hint);
        raised.at(finding.position)
    }
}
