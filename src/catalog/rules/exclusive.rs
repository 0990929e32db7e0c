//! Parameters of which a call gives one at most: WHMCS takes one of them, and does not say
//! which.

use serde_json::{Map, Value};

use crate::catalog::{Action, Problem, parameter};

/// Adds the parameters that are given together and exclude each other.
pub(super) fn check(
    action: &'static Action,
    params: &Map<String, Value>,
    found: &mut Vec<Problem>,
) {
    let is_given = |name: &str| {
        let is_it = |(given, value): (&String, &Value)| {
            let is_that = parameter(action, given).is_some_and(|param| param.name == name);
            is_that && !is_nothing(value)
        };
        params.iter().any(is_it)
    };
    for names in action.exclusive {
        let given: Vec<_> = (names.iter().copied())
            .filter(|name| is_given(name))
            .collect();
        if given.len() > 1 {
            found.push(Problem::OneAtMost {
                action: action.name,
                given,
            });
        }
    }
}

/// Whether a value is as good as none: what a plan does not know yet is one.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        _ => false,
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is written in place"
)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::action;

    #[test]
    fn this_or_that_is_never_both() {
        let told = |name: &str, params: Value| {
            let mut found = Vec::new();
            check(
                action(name).unwrap(),
                params.as_object().unwrap(),
                &mut found,
            );
            let told = found
                .iter()
                .map(|problem| (problem.to_string(), problem.hint()));
            told.collect::<Vec<_>>()
        };
        assert_eq!(
            told(
                "DomainRenew",
                json!({"domainid": 1, "domain": "other.example"})
            ),
            [(
                "`DomainRenew` takes `domainid` or `domain`, not both".to_owned(),
                Some(
                    "leave one of them out; `--allow DomainRenew.domainid` sends it anyway"
                        .to_owned()
                )
            )]
        );
        for (name, params) in [
            ("OpenTicket", json!({"serviceid": 1, "domainid": 2})),
            ("ResetPassword", json!({"id": 1, "email": "jo@example.com"})),
            (
                "AddTicketReply",
                json!({"clientid": 1, "adminusername": "jo"}),
            ),
            (
                "DomainRenew",
                json!({"domainid": null, "domain": "x.example"}),
            ),
        ] {
            assert_eq!(told(name, params.clone()).len(), 1, "{name} {params}");
        }
        for params in [
            json!({"domainid": 1, "domain": ""}),
            json!({"domainid": 0, "domain": "x.example"}),
            json!({"domainid": 1, "regperiod": 2}),
        ] {
            assert_eq!(told("DomainRenew", params.clone()), [], "{params}");
        }
    }
}
