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

impl Allow {
    /// That parameter of that action.
    pub const fn parameter(
        action: &'static catalog::Action,
        param: &'static catalog::Param,
    ) -> Self {
        Self {
            action: action.name,
            param: param.name,
        }
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

    /// Whether that parameter is let pass.
    pub fn is_allowed(&self, allow: Allow) -> bool {
        self.params.contains(&allow)
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

    /// Every way in which a call is refused by its parameters, proved or not.
    fn all_problems(is_proved: bool) -> Vec<Problem> {
        let mut problems = problems_of_names(is_proved);
        problems.extend(problems_of_values(is_proved));
        problems
    }

    /// Those of parameters that are missing, unknown or do not go together.
    fn problems_of_names(is_proved: bool) -> Vec<Problem> {
        let (action, param) = ("AddOrder", "pid");
        let misfit = |misfit| Problem::UnequalLists {
            action,
            name: param,
            lead: "domain",
            misfit,
            is_proved,
        };
        vec![
            Problem::UnknownParameter {
                action,
                name: "zzz".to_owned(),
                similar: None,
            },
            Problem::ReservedParameter {
                name: "action".to_owned(),
            },
            Problem::MissingParameter {
                action,
                name: param,
                unless: &[],
                since: None,
                is_proved,
            },
            Problem::MissingParameter {
                action,
                name: param,
                unless: &["domain"],
                since: None,
                is_proved,
            },
            Problem::MissingOneOf {
                action,
                one_of: &[&["pid"], &["domain"]],
                condition: String::new(),
                is_proved,
            },
            misfit(catalog::Misfit::Length(1, 2)),
            misfit(catalog::Misfit::Empty("1".to_owned())),
            Problem::NoLead {
                action,
                name: param,
                lead: &["domain"],
                is_proved,
            },
            Problem::OneAtMost {
                action,
                given: vec!["pid", "domain"],
            },
        ]
    }

    /// Those of values.
    fn problems_of_values(is_proved: bool) -> Vec<Problem> {
        let (action, param, name) = ("AddOrder", "pid", "pid".to_owned());
        let given = "`x`".to_owned();
        vec![
            Problem::UnknownWord {
                action,
                param,
                name: name.clone(),
                nearest: None,
                values: &["a", "b"],
                given: given.clone(),
                is_proved,
            },
            Problem::UnknownWord {
                action,
                param,
                name: name.clone(),
                nearest: Some("a"),
                values: &["a", "b"],
                given: given.clone(),
                is_proved,
            },
            Problem::WrongForm {
                action,
                param,
                name: name.clone(),
                format: catalog::Format::Email,
                given: given.clone(),
                is_proved,
            },
            Problem::NotEncoded {
                action,
                param,
                name: name.clone(),
                encoding: catalog::Encoding::Serialized,
            },
            Problem::Widens {
                action,
                param,
                name: name.clone(),
                given: given.clone(),
            },
            Problem::NeverEmpty {
                action,
                param,
                name: name.clone(),
            },
            Problem::UnknownKey {
                action,
                param,
                name: name.clone(),
                key: "k".to_owned(),
                nearest: None,
                keys: &["a"],
            },
            Problem::NoCurrency {
                action,
                param,
                name: name.clone(),
                given: given.clone(),
            },
            Problem::NotAFile {
                action,
                param,
                name: name.clone(),
                key: "data",
                is_missing: true,
            },
            Problem::Nul { name: name.clone() },
            Problem::WrongValue {
                action,
                name,
                kind: catalog::ParamKind::Int,
                given,
            },
        ]
    }

    /// Its place in the list above: whoever adds a way to refuse comes by here.
    fn kind_of(problem: &Problem) -> u8 {
        match problem {
            Problem::UnknownParameter { .. } => 0,
            Problem::ReservedParameter { .. } => 1,
            Problem::MissingParameter { .. } => 2,
            Problem::MissingOneOf { .. } => 3,
            Problem::UnknownWord { .. } => 4,
            Problem::WrongForm { .. } => 5,
            Problem::NotEncoded { .. } => 6,
            Problem::UnequalLists { .. } => 7,
            Problem::NoLead { .. } => 8,
            Problem::Widens { .. } => 9,
            Problem::NeverEmpty { .. } => 10,
            Problem::UnknownKey { .. } => 11,
            Problem::NoCurrency { .. } => 12,
            Problem::NotAFile { .. } => 13,
            Problem::OneAtMost { .. } => 14,
            Problem::WrongValue { .. } => 15,
            Problem::Nul { .. } => 16,
        }
    }

    #[test]
    fn every_refusal_that_can_be_lifted_names_the_one_way_to_do_so() {
        let all: Vec<Problem> = [true, false].into_iter().flat_map(all_problems).collect();
        let kinds: BTreeSet<u8> = all.iter().map(kind_of).collect();
        assert_eq!(kinds, (0..17).collect());
        for problem in &all {
            let hint = problem.hint().unwrap_or_default();
            let named: Vec<&str> = hint.split("--allow").skip(1).collect();
            let is_lifted_by = |allowed: Allowed| allowed.lifts(problem);
            if matches!(problem, Problem::UnknownParameter { .. }) {
                assert_eq!(named, ["-unknown` sends it anyway"], "{hint}");
                assert!(is_lifted_by(Allowed::from(true)), "{problem:?}");
                continue;
            }
            assert!(!is_lifted_by(Allowed::from(true)), "{problem:?}");
            match (problem.lifted_by(), &named[..]) {
                (None, []) => {}
                (Some(_), [named]) => {
                    let word = named.trim_start().split('`').next().unwrap();
                    let allow: Allow = word.parse().unwrap();
                    assert!(is_lifted_by(Allowed::default().and([allow])), "{hint}");
                }
                (lifted, _) => panic!("{problem:?}: {lifted:?}, but the hint is {hint:?}"),
            }
        }
    }
}
