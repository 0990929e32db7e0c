//! What a plan is of, and what would stop a run of it.

use jiff::Timestamp;

use crate::error::Failure;
use crate::run::Limits;
use crate::run::money::purse::MAX_MONEY;
use crate::run::plan::bound::MadeOf;
use crate::run::plan::{Plan, toll_of};

/// What is planned.
pub(super) struct PlanSubject {
    /// What tells this plan from another of the same writes: each is carried out once.
    pub id: String,
    /// When it was begun.
    pub made_at: Timestamp,
    pub script: String,
    /// The server's name among the profiles.
    pub server: String,
    pub host: String,
    pub production: bool,
    pub limits: Limits,
    /// The command that does it.
    pub command: String,
    /// The command that does it held to the plan, where that is kept in a file.
    pub bound_command: Option<String>,
    /// What it is made of, for a run that is to be held to it.
    pub made_of: MadeOf,
    /// Why the script did not come to its end.
    pub error: Option<Failure>,
}

impl PlanSubject {
    /// What would stop a run, and before which call.
    pub fn stops(&self, plan: &Plan) -> Vec<String> {
        let tallies = plan.tallies();
        let writes = tallies.values().map(|tally| tally.count).sum();
        let deletes = tallies.values().map(|tally| tally.deletes).sum();
        let mut stops: Vec<String> = [
            ("--max-deletes", "delete", self.limits.max_deletes, deletes),
            ("--max-writes", "write", self.limits.max_writes, writes),
        ]
        .into_iter()
        .filter_map(|(option, noun, most, planned): (_, _, _, u64)| {
            let most = most.filter(|most| planned > *most)?;
            Some(format!(
                "would stop at `{option} {most}` before {noun} {}",
                most.saturating_add(1)
            ))
        })
        .collect();
        let moved = toll_of(tallies.values()).moved;
        for most in &self.limits.max_money {
            let planned = moved.get(&Some(most.currency.clone()));
            if let Some(planned) = planned.filter(|planned| **planned > most.amount) {
                stops.push(format!(
                    "would stop at `{MAX_MONEY} \"{most}\"`: its writes move {planned} {}",
                    most.currency
                ));
            }
        }
        stops.extend(plan.stops());
        for (refusal, count) in plan.refusals() {
            let times = match count {
                1 => String::new(),
                several => format!(" ({several} times here)"),
            };
            stops.push(format!("would be refused: {refusal}{times}"));
        }
        stops
    }
}
