//! What a plan of faults must know of a call.

use std::time::Duration;

use crate::catalog::{self, Action, Risk};

use crate::sandbox::tree::{Array, Tree};

/// Some actions that ask a module, for a refusal's words.
pub const PROVISIONS: &str = "`ModuleCreate`, `DomainRenew`, `CapturePayment` and similar actions";

/// A call as faults see it.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The action as it was spelled.
    pub action: &'a str,
    /// Whether a module or gateway would be asked.
    pub has_module: bool,
    /// The list it reads, if it reads one.
    pub list: Option<ListRead>,
    /// How long the sandbox had been serving.
    pub at: Duration,
}

/// The reading of one page of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListRead {
    /// The action and its filters: the same for every page of a list.
    pub query: String,
    /// The offset that was asked for.
    pub start: i64,
    /// Whether the list comes in pages.
    pub is_paged: bool,
}

impl<'a> Incoming<'a> {
    /// What there is to know of a request for an action.
    pub fn new(action: &'a str, request: &Array, at: Duration) -> Self {
        let known = catalog::action(action);
        Self {
            action,
            has_module: known.is_some_and(has_module),
            list: known.and_then(|known| ListRead::new(known, request)),
            at,
        }
    }
}

impl ListRead {
    fn new(action: &Action, request: &Array) -> Option<Self> {
        let list = action.list.as_ref()?;
        let start = request.get_any_case("limitstart").and_then(Tree::text);
        Some(Self {
            query: query(action, request),
            start: start.map_or(0, crate::sandbox::call::intval).max(0),
            is_paged: list.paged,
        })
    }
}

fn query(action: &Action, request: &Array) -> String {
    let mut filters: Vec<String> = request
        .iter()
        .filter(|(name, _)| {
            let param = action.param(&name.to_ascii_lowercase());
            param.is_some()
                && !matches!(
                    name.to_ascii_lowercase().as_str(),
                    "limitstart" | "limitnum"
                )
        })
        .map(|(name, value)| format!("{} {value:?}", name.to_ascii_lowercase()))
        .collect();
    filters.sort_unstable();
    format!("{} {}", action.name, filters.join(" "))
}

/// Whether an action asks a module of a server or registrar, or a payment gateway.
pub fn has_module(action: &Action) -> bool {
    action.risk.contains(&Risk::Provision) || action.name == "CapturePayment"
}
