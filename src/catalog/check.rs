//! Checks a call's parameters against the catalog, before anything is sent.
//!
//! Pure: names and types, which hold for every server. What the reference says beyond
//! that is in `rules`.

use serde_json::Value;

use super::value::{fits, fits_kind, misfit};
use super::{Action, Encoding, Param, ParamKind, Problem, similar};

/// What the connection itself sends with every call.
const RESERVED: &[&str] = &[
    "accesskey",
    "action",
    "identifier",
    "password",
    "responsetype",
    "secret",
    "username",
];

/// Names WHMCS uses for the same thing from one action to the next.
const SYNONYMS: &[&[&str]] = &[
    &["clientid", "client_id", "userid"],
    &["order", "sorting"],
    &["accountid", "serviceid"],
    &["user_id", "userid"],
];

/// The parameter a name on the wire belongs to: `pid[0]` and `itemdescription1`
/// belong to `pid` and `itemdescription`.
///
/// Case counts, as it does for PHP.
pub fn parameter(action: &Action, name: &str) -> Option<&'static Param> {
    let exact = |name: &str| action.params.iter().find(|param| param.name == name);
    exact(name)
        .or_else(|| exact(name.split_once('[')?.0).filter(|param| takes_brackets(param)))
        .or_else(|| {
            let base = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
            exact(base).filter(|param| param.encoding == Encoding::Numbered)
        })
}

fn takes_brackets(param: &Param) -> bool {
    param.kind.element().is_some()
        || matches!(param.kind, ParamKind::Map | ParamKind::Ids | ParamKind::Any)
}

/// Whether a server might read that name as one the connection sends itself with
/// every call: PHP as it is written, others in any case.
pub fn is_reserved(name: &str) -> bool {
    let name = name_in_php(name).trim();
    RESERVED.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// The name PHP makes of one that is sent: it drops spaces in front, and what
/// follows a bracket or a NUL.
pub fn name_in_php(name: &str) -> &str {
    let name = name.trim_start_matches(' ');
    name.split(['[', '\0']).next().unwrap_or_default()
}

/// The parameter of that name, or what is wrong with the name.
pub fn check_name(action: &'static Action, name: &str) -> Result<&'static Param, Problem> {
    if is_reserved(name) {
        return Err(Problem::ReservedParameter {
            name: name.to_owned(),
        });
    }
    parameter(action, name).ok_or_else(|| Problem::UnknownParameter {
        action: action.name,
        name: name.to_owned(),
        similar: nearest(action, name),
    })
}

fn nearest(action: &Action, name: &str) -> Option<&'static str> {
    let synonym = SYNONYMS
        .iter()
        .filter(|names| names.contains(&name))
        .flat_map(|names| names.iter())
        .find_map(|other| action.params.iter().find(|param| param.name == *other));
    // The record that the action is about is meant, whatever else has an id.
    let own = || {
        let about = action
            .about
            .first()
            .filter(|_| name.eq_ignore_ascii_case("id"))?;
        about.to_ascii_lowercase().ends_with("id").then_some(*about)
    };
    synonym.map(|param| param.name).or_else(own).or_else(|| {
        similar(name, action.params.iter().map(|param| param.name))
            .first()
            .copied()
    })
}

/// Refuses a text with a NUL: servers cut it off there or keep it, and nobody sees it.
pub fn check_no_nul(name: &str, value: &Value) -> Result<(), Problem> {
    if has_nul(value) {
        return Err(Problem::Nul {
            name: name.to_owned(),
        });
    }
    Ok(())
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(entries) => entries.values().any(has_nul),
        _ => false,
    }
}

/// Whether the value given under that name can be what the parameter is.
pub fn check_value(
    action: &'static Action,
    param: &Param,
    name: &str,
    value: &Value,
) -> Result<(), Problem> {
    check_no_nul(name, value)?;
    // A name with brackets or a number carries one element of the parameter.
    let (kind, is_right) = if name == param.name {
        (param.kind, fits(param, value))
    } else {
        let element = param.kind.element().or(param.each);
        let kind = element.unwrap_or(ParamKind::Any);
        let is_encoded = param.encoding == Encoding::SerializedEach && value.is_string();
        (
            kind,
            is_encoded || name.matches('[').count() > 1 || fits_kind(kind, value),
        )
    };
    if is_right {
        return Ok(());
    }
    let (kind, value) = misfit(param, value).unwrap_or((kind, value));
    Err(Problem::WrongValue {
        action: action.name,
        name: name.to_owned(),
        kind,
        given: describe(value, param.secret),
    })
}

/// The value as a message may show it.
pub(super) fn describe(value: &Value, is_secret: bool) -> String {
    const LONGEST: usize = 40;
    let text = match value {
        Value::Object(_) => return "a map".into(),
        Value::Array(items) if items.iter().any(|item| item.is_array() || item.is_object()) => {
            return "an array".into();
        }
        _ if is_secret => return "the value given".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > LONGEST {
        let start: String = text.chars().take(LONGEST).collect();
        return format!("`{start}…`");
    }
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check_name, check_value, parameter};
    use crate::catalog::{Action, Problem, action};

    fn known(name: &str) -> &'static Action {
        action(name).expect("an action of the catalog")
    }

    #[test]
    fn a_misspelled_parameter_is_refused_with_its_neighbour() {
        let problem = check_name(known("AddClient"), "fistname").unwrap_err();
        assert_eq!(
            problem.to_string(),
            "`AddClient` has no parameter `fistname`"
        );
        assert_eq!(problem.hint().as_deref(), Some("did you mean `firstname`?"));
    }

    #[test]
    fn a_name_in_the_wrong_case_is_refused_because_php_would_not_see_it() {
        let problem = check_name(known("AddClient"), "FirstName").unwrap_err();
        assert_eq!(problem.hint().as_deref(), Some("did you mean `firstname`?"));
    }

    #[test]
    fn the_other_name_of_a_client_id_is_suggested() {
        for (name, wrong, right) in [
            ("GetClientsDetails", "userid", "clientid"),
            ("CreateInvoice", "clientid", "userid"),
            ("GetInvoices", "sorting", "order"),
            ("GetClients", "order", "sorting"),
        ] {
            let problem = check_name(known(name), wrong).unwrap_err();
            assert_eq!(
                problem.hint(),
                Some(format!("did you mean `{right}`?")),
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_like_no_other_points_to_the_list() {
        let problem = check_name(known("GetClients"), "zzzzzz").unwrap_err();
        assert!(
            problem
                .hint()
                .unwrap()
                .contains("whmcsh actions GetClients")
        );
    }

    #[test]
    fn a_parameter_cannot_take_the_place_of_the_credentials() {
        for name in [
            "identifier",
            "secret",
            "username",
            "password",
            "accesskey",
            "action",
            " action",
            "action\0x",
            "secret[0]",
            "ACTION",
            "Action[]",
            "action ",
            "\tAccessKey",
            "ResponseType",
        ] {
            let problem = check_name(known("GetClients"), name).unwrap_err();
            assert_eq!(problem, Problem::ReservedParameter { name: name.into() });
        }
    }

    #[test]
    fn no_action_has_a_parameter_the_connection_sets() {
        for action in crate::catalog::actions() {
            for param in action.params {
                assert!(
                    !super::is_reserved(param.name),
                    "{}.{}",
                    action.name,
                    param.name
                );
            }
        }
    }

    #[test]
    fn bracketed_and_numbered_names_belong_to_their_parameter() {
        let name = |action: &str, name: &str| parameter(known(action), name).map(|p| p.name);
        assert_eq!(name("AddOrder", "pid[0]"), Some("pid"));
        assert_eq!(
            name("CreateInvoice", "itemdescription12"),
            Some("itemdescription")
        );
        assert_eq!(name("AddClient", "email[0]"), None);
        assert_eq!(name("AddClient", "address3"), None);
    }

    #[test]
    fn an_impossible_value_is_refused_and_shown() {
        let action = known("GetInvoice");
        let param = check_name(action, "invoiceid").unwrap();
        let problem = check_value(action, param, "invoiceid", &json!("abc")).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "`GetInvoice` expects a whole number for `invoiceid`, not `abc`"
        );
    }

    #[test]
    fn an_amount_in_a_map_is_checked_like_any_other() {
        for (name, given, problem) in [
            (
                "itemamount",
                json!({"5": "1.50", "6": "1,234.50"}),
                "`UpdateInvoice` expects a number such as 12.50 for `itemamount`, not `1,234.50`",
            ),
            (
                "itemtaxed",
                json!({"5": "maybe"}),
                "`UpdateInvoice` expects true or false for `itemtaxed`, not `maybe`",
            ),
            (
                "itemamount",
                json!(["1.50"]),
                "`UpdateInvoice` expects a map for `itemamount`, not `[\"1.50\"]`",
            ),
        ] {
            let action = known("UpdateInvoice");
            let param = check_name(action, name).unwrap();
            let found = check_value(action, param, name, &given).unwrap_err();
            assert_eq!(found.to_string(), problem);
        }
        let action = known("AddProduct");
        let param = check_name(action, "pricing").unwrap();
        let prices = |monthly| json!({"1": {"monthly": monthly, "msetupfee": "0.00"}});
        assert!(check_value(action, param, "pricing", &prices("5.00")).is_ok());
        assert!(check_value(action, param, "pricing", &prices("5,00")).is_err());
    }

    #[test]
    fn a_secret_is_never_shown() {
        let action = known("AddClient");
        let param = check_name(action, "password2").unwrap();
        let problem = check_value(action, param, "password2", &json!(["hunter2"])).unwrap_err();
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
    }

    #[test]
    fn text_for_an_encoded_parameter_is_taken_as_ready() {
        let action = known("AddClient");
        let param = check_name(action, "customfields").unwrap();
        assert!(check_value(action, param, "customfields", &json!("YTowOnt9")).is_ok());
        assert!(check_value(action, param, "customfields", &json!({"3": "x"})).is_ok());
        assert!(check_value(action, param, "customfields", &json!(3)).is_err());
    }
}
