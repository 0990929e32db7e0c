//! The names in a map whose names WHMCS knows: the cycles of a product's prices, the years
//! of a domain's. It passes over any other in silence.

use serde_json::{Map, Value};

use super::given::Given;
use crate::catalog::check::describe;
use crate::catalog::{ParamKind, Problem, similar};

/// A name that the map does not have.
pub(super) fn check(given: &Given) -> Option<Problem> {
    if given.param.kind != ParamKind::Map {
        return None;
    }
    let rest = &given.name[given.param.name.len()..];
    let path: Vec<&str> = rest
        .split(['[', ']'])
        .filter(|key| !key.is_empty())
        .collect();
    if !given.param.inner.is_empty() {
        return by_currency(given, &path, given.value);
    }
    if given.param.keys.is_empty() {
        return None;
    }
    match (path.first(), given.value) {
        (Some(key), _) => unknown(given, given.param.name, key, given.param.keys),
        (None, Value::Object(map)) => among(given, given.param.name, map, given.param.keys),
        (None, _) => None,
    }
}

/// Looks at a map by the ids of currencies, as a whole or from one of its places.
fn by_currency(given: &Given, path: &[&str], value: &Value) -> Option<Problem> {
    let inner = given.param.inner;
    let Some(currency) = path.first() else {
        let map = value.as_object()?;
        return map
            .iter()
            .find_map(|(currency, value)| by_currency(given, &[currency.as_str()], value));
    };
    let name = format!("{}[{currency}]", given.param.name);
    if currency.parse::<u64>().is_err() {
        return Some(Problem::NoCurrency {
            action: given.action.name,
            param: given.param.name,
            name,
            given: (*currency).to_owned(),
        });
    }
    match (path.get(1), value) {
        (Some(key), _) => unknown(given, &name, key, inner),
        (None, Value::Object(map)) => among(given, &name, map, inner),
        (None, Value::Null) => None,
        (None, value) => Some(Problem::WrongValue {
            action: given.action.name,
            name,
            kind: ParamKind::Map,
            given: describe(value, given.param.secret),
        }),
    }
}

fn among(
    given: &Given,
    within: &str,
    map: &Map<String, Value>,
    keys: &'static [&'static str],
) -> Option<Problem> {
    map.keys().find_map(|key| unknown(given, within, key, keys))
}

fn unknown(
    given: &Given,
    within: &str,
    key: &str,
    keys: &'static [&'static str],
) -> Option<Problem> {
    (!keys.contains(&key)).then(|| Problem::UnknownKey {
        action: given.action.name,
        param: given.param.name,
        name: format!("{within}[{key}]"),
        key: key.to_owned(),
        nearest: similar(key, keys.iter().copied()).first().copied(),
        keys,
    })
}

#[cfg(test)]
#[allow(
    clippy::needless_pass_by_value,
    reason = "what `json!` makes is written in place"
)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::{action, problems};

    #[track_caller]
    fn found(name: &str, params: Value) -> Vec<(String, String)> {
        let found = problems(action(name).unwrap(), params.as_object().unwrap());
        let given = found.iter().filter(|problem| problem.place().is_some());
        given
            .map(|problem| (problem.to_string(), problem.hint().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn prices_go_by_currencies_and_cycles() {
        for params in [
            json!({"pricing": {"1": {"monthly": "5.00", "msetupfee": "0.00"}}}),
            json!({"pricing[1][annually]": "50.00"}),
            json!({"pricing": {"1": null}}),
        ] {
            assert_eq!(found("AddProduct", params.clone()), [], "{params}");
        }
        for (params, what, hint) in [
            (
                json!({"pricing": {"1": {"montly": "5.00"}}}),
                "`AddProduct` has no `montly` in `pricing[1][montly]`",
                "did you mean `monthly`? `--allow AddProduct.pricing` sends it anyway",
            ),
            (
                json!({"pricing[1][montly]": "5.00"}),
                "`AddProduct` has no `montly` in `pricing[1][montly]`",
                "did you mean `monthly`?",
            ),
            (
                json!({"pricing[EUR][monthly]": "5.00"}),
                "`AddProduct` expects the id of a currency in `pricing[EUR]`, not `EUR`",
                "`GetCurrencies` lists the ids; `--allow AddProduct.pricing`",
            ),
            (
                json!({"pricing": {"1": "5.00"}}),
                "`AddProduct` expects a map for `pricing[1]`, not `5.00`",
                "",
            ),
        ] {
            let told = found("AddProduct", params.clone());
            assert_eq!(told.len(), 1, "{params}: {told:?}");
            assert_eq!(told[0].0, what);
            assert!(told[0].1.starts_with(hint), "{told:?}");
        }
    }

    #[test]
    fn a_known_map_has_no_other_names() {
        let mails = found(
            "UpdateClient",
            json!({"clientid": 1, "email_preferences": {"invoices": true}}),
        );
        assert_eq!(
            mails[0].0,
            "`UpdateClient` has no `invoices` in `email_preferences[invoices]`"
        );
        let years = |year: &str| json!({"extension": ".com", "currency_code": "EUR", "register": {year: "9.00"}});
        assert_eq!(found("CreateOrUpdateTLD", years("10")), []);
        assert_eq!(found("CreateOrUpdateTLD", years("11")).len(), 1);
        let known = json!({"clientid": 1, "email_preferences[general]": true});
        assert_eq!(found("UpdateClient", known), []);
    }
}
