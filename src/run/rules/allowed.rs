//! What the owner of a server knows better than the reference: what is let pass although it
//! says otherwise, such as `AddOrder.billingcycle`, and values that hosts and modules add.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::catalog::{self, HostValues, Problem, similar};

/// A parameter of an action whose documented rules do not hold for a server.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Allow {
    action: &'static str,
    param: &'static str,
}

/// What is not such a parameter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("cannot allow `{word}`: {why}")]
pub struct NotAllowed {
    word: String,
    why: String,
    /// What was probably meant.
    pub hint: String,
}

impl FromStr for Allow {
    type Err = NotAllowed;

    fn from_str(word: &str) -> Result<Self, NotAllowed> {
        let refused = |why: String, hint: String| NotAllowed {
            word: word.to_owned(),
            why,
            hint,
        };
        let usual =
            || "write the action and the parameter, such as `AddOrder.billingcycle`".to_owned();
        let Some((name, param)) = word.trim().split_once('.') else {
            return Err(refused("it does not name a parameter".to_owned(), usual()));
        };
        let Some(action) = catalog::action(name).or_else(|| catalog::by_function(name)) else {
            let names = catalog::actions().iter().map(|action| action.name);
            let near = similar(name, names);
            let hint = near
                .first()
                .map_or_else(usual, |name| format!("did you mean `{name}.{param}`?"));
            return Err(refused(format!("unknown action `{name}`"), hint));
        };
        let Some(param) = action.param(param) else {
            let near = similar(param, action.params.iter().map(|param| param.name));
            let hint = near.first().map_or_else(
                || format!("`whmcsh actions {}` lists its parameters", action.name),
                |param| format!("did you mean `{}.{param}`?", action.name),
            );
            return Err(refused(
                format!("`{}` has no parameter `{param}`", action.name),
                hint,
            ));
        };
        Ok(Self {
            action: action.name,
            param: param.name,
        })
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.action, self.param)
    }
}

/// Values of a server, by their kind, as its profile lists them.
pub type OwnValues = BTreeMap<HostValues, Vec<String>>;

/// Everything that is let pass.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// Whether parameters the catalog does not know are sent.
    pub unknown: bool,
    params: BTreeSet<Allow>,
    values: OwnValues,
}

impl From<bool> for Allowed {
    /// With or without parameters the catalog does not know, and nothing else.
    fn from(unknown: bool) -> Self {
        Self {
            unknown,
            ..Self::default()
        }
    }
}

impl Allowed {
    /// The same, and those parameters besides.
    #[must_use]
    pub fn and(mut self, params: impl IntoIterator<Item = Allow>) -> Self {
        self.params.extend(params);
        self
    }

    /// The same, and those values of the server.
    #[must_use]
    pub fn with_values(self, values: OwnValues) -> Self {
        Self { values, ..self }
    }

    /// The values of that kind that the profile lists; none where it says nothing of them.
    pub fn values(&self, kind: HostValues) -> &[String] {
        self.values.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The parameters.
    pub fn params(&self) -> impl Iterator<Item = Allow> + '_ {
        self.params.iter().copied()
    }

    /// Whether a call is sent in spite of that.
    pub fn lifts(&self, problem: &Problem) -> bool {
        if matches!(problem, Problem::UnknownParameter { .. }) {
            return self.unknown;
        }
        problem.lifted_by().is_some_and(|(action, params)| {
            let is_named = |param: &&'static str| self.params.contains(&Allow { action, param });
            params.iter().any(is_named)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_is_named_by_its_action() {
        let allow: Allow = "addorder.BillingCycle".parse().unwrap();
        assert_eq!(allow.to_string(), "AddOrder.billingcycle");
        assert_eq!("add_order.billingcycle".parse(), Ok(allow));
        for (word, message, hint) in [
            (
                "billingcycle",
                "cannot allow `billingcycle`: it does not name a parameter",
                "AddOrder.billingcycle",
            ),
            (
                "AddOder.pid",
                "cannot allow `AddOder.pid`: unknown action `AddOder`",
                "did you mean `AddOrder.pid`?",
            ),
            (
                "AddOrder.pod",
                "cannot allow `AddOrder.pod`: `AddOrder` has no parameter `pod`",
                "did you mean `AddOrder.pid`?",
            ),
        ] {
            let refused = word.parse::<Allow>().unwrap_err();
            assert_eq!(refused.to_string(), message);
            assert!(refused.hint.contains(hint), "{}", refused.hint);
        }
    }

    #[test]
    fn only_what_no_server_is_known_to_refuse_is_let_pass() {
        let allowed = Allowed::default().and(
            ["AddOrder.billingcycle", "UpdateTicket.priority"].map(|word| word.parse().unwrap()),
        );
        let left = |name: &str, params: serde_json::Value| {
            let action = catalog::action(name).unwrap();
            let mut problems = catalog::problems(action, params.as_object().unwrap());
            problems.retain(|problem| !allowed.lifts(problem));
            problems.len()
        };
        let order = json!({"clientid": 1, "paymentmethod": "paypal", "pid": [1], "billingcycle": ["weekly"]});
        assert_eq!(left("AddOrder", order), 0);
        // The server itself says that it is none.
        assert_eq!(
            left("UpdateTicket", json!({"ticketid": 1, "priority": "Urgent"})),
            1
        );
        assert_eq!(
            left("UpdateClient", json!({"clientid": 1, "status": "Lost"})),
            1
        );
    }
}
