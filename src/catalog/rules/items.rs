//! What stands in the records of a list that is sent as a whole: the lines of a quote, the
//! attachments of a ticket. WHMCS passes over what it does not know in them.

use serde_json::{Map, Value};

use super::given::Given;
use super::places::is_list;
use crate::catalog::check::describe;
use crate::catalog::value::fits_kind;
use crate::catalog::{Problem, similar};

/// A name in a record that the list does not have, or a value that cannot be what it is.
pub(super) fn check(given: &Given) -> Option<Problem> {
    if given.param.items.is_empty() || given.name != given.param.name {
        return None;
    }
    let record = |at: &str, value: &Value| value.as_object().and_then(|map| entry(given, at, map));
    match given.value {
        Value::Array(items) => (0_usize..)
            .zip(items)
            .find_map(|(at, item)| record(&at.to_string(), item)),
        Value::Object(map) if is_list(map) => map.iter().find_map(|(at, item)| record(at, item)),
        one => record("0", one),
    }
}

fn entry(given: &Given, at: &str, record: &Map<String, Value>) -> Option<Problem> {
    record.iter().find_map(|(key, value)| {
        let name = format!("{}[{at}][{key}]", given.name);
        let known = given.param.items.iter().find(|(item, _)| item == key);
        let Some((_, kind)) = known else {
            let names = given.param.items.iter().map(|(item, _)| *item);
            return Some(Problem::UnknownParameter {
                action: given.action.name,
                name,
                similar: similar(key, names).first().copied(),
            });
        };
        (!fits_kind(*kind, value)).then(|| Problem::WrongValue {
            action: given.action.name,
            name,
            kind: *kind,
            given: describe(value, given.param.secret),
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::catalog::{action, problems};

    fn found(name: &str, param: &str, value: &Value) -> Vec<(String, Option<String>)> {
        let params = json!({ param: value });
        let found = problems(action(name).unwrap(), params.as_object().unwrap());
        let given = found.iter().filter(|problem| problem.place().is_some());
        given
            .map(|problem| (problem.to_string(), problem.hint()))
            .collect()
    }

    #[test]
    fn a_line_of_a_quote_has_names_and_values_of_its_own() {
        for (lines, what, hint) in [
            (
                json!([{"desc": "x", "up": "5,50"}]),
                "expects a number such as 12.50 for `lineitems[0][up]`, not `5,50`",
                "parse_money",
            ),
            (
                json!([{"desc": "x"}, {"desc": "y", "taxable": "maybe"}]),
                "expects true or false for `lineitems[1][taxable]`, not `maybe`",
                "",
            ),
            (
                json!({"7": {"desc": "x", "qty": "two"}}),
                "expects a number such as 12.50 for `lineitems[7][qty]`, not `two`",
                "",
            ),
            (
                json!([{"desc": "x", "discont": "5"}]),
                "has no parameter `lineitems[0][discont]`",
                "did you mean `discount`?",
            ),
            (
                json!({"desc": "x", "unitprice": "5"}),
                "has no parameter `lineitems[0][unitprice]`",
                "--allow-unknown",
            ),
        ] {
            for action in ["CreateQuote", "UpdateQuote"] {
                let [(told, advice)] = &found(action, "lineitems", &lines)[..] else {
                    panic!("{lines}");
                };
                assert_eq!(*told, format!("`{action}` {what}"));
                let advice = advice.as_deref().unwrap_or_default();
                assert!(advice.contains(hint), "{advice}");
            }
        }
        let attached = json!([{"name": "a.txt", "content": "eA=="}]);
        assert_eq!(found("OpenTicket", "attachments", &attached).len(), 1);
    }

    #[test]
    fn what_a_line_may_be_is_sent() {
        for lines in [
            json!([{"desc": "x", "qty": 1, "up": "5.50", "discount": 0, "taxable": true}]),
            json!([{"desc": "x", "qty": "1.5", "up": "", "discount": "", "taxable": "on"}]),
            json!({"desc": "x", "up": -5}),
            json!([{"desc": null, "up": null}]),
            json!([]),
            json!(null),
        ] {
            assert_eq!(found("CreateQuote", "lineitems", &lines), [], "{lines}");
        }
        let line = json!([{"id": 3, "desc": "x"}]);
        assert_eq!(found("UpdateQuote", "lineitems", &line), []);
        let attached = json!([{"name": "a.txt", "data": "eA=="}]);
        assert_eq!(found("OpenTicket", "attachments", &attached), []);
    }
}
