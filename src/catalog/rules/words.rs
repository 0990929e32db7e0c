//! Words of a fixed list: `monthly`, `High`, `Immediate`.
//!
//! Only lists that WHMCS itself fixes are in the catalog. Case, blanks and hyphens are no
//! difference: what is meant is clear, and it is sent as it is documented.

use std::borrow::Cow;

use super::given::Given;
use crate::catalog::{Format, Param, Problem, similar};

/// A word that none of the documented ones can be meant by.
pub(super) fn check(given: &Given) -> Option<Problem> {
    let values = given.param.values;
    if values.is_empty() {
        return None;
    }
    let is_commas = given.param.commas;
    let is_wrong = |text: &str| !text.trim().is_empty() && documented(values, text).is_none();
    let wrong = given.find(|text| first_of(text, is_commas, is_wrong).is_some())?;
    let wrong = first_of(&wrong, is_commas, is_wrong)?.to_owned();
    let nearest = similar(wrong.trim(), values.iter().copied());
    Some(Problem::UnknownWord {
        action: given.action.name,
        param: given.param.name,
        name: given.name.to_owned(),
        nearest: nearest.first().copied(),
        values,
        is_proved: given.param.proof.values.is_some(),
        given: given.quote(&wrong),
    })
}

/// The first part of a text that is so, where it has several with commas between; it
/// itself otherwise.
fn first_of(text: &str, is_commas: bool, is_so: impl Fn(&str) -> bool) -> Option<&str> {
    if is_commas {
        return text.split(',').map(str::trim).find(|part| is_so(part));
    }
    Some(text).filter(|text| is_so(text))
}

/// A text of the parameter as WHMCS documents it: ` active ` is `Active`, `de` is `DE`.
pub fn spelled<'t>(param: &Param, text: &'t str) -> Cow<'t, str> {
    // What is no code, and sent all the same, is sent as it was written.
    if param.format == Some(Format::Country) && text.trim().len() == 2 {
        return Cow::Owned(text.to_ascii_uppercase());
    }
    if param.commas {
        let parts = text.split(',').map(str::trim);
        let parts: Vec<&str> = parts
            .map(|part| documented(param.values, part).unwrap_or(part))
            .collect();
        return Cow::Owned(parts.join(","));
    }
    match documented(param.values, text) {
        Some(word) => Cow::Borrowed(word),
        None => Cow::Borrowed(text),
    }
}

/// The documented word that a text stands for.
pub(in crate::catalog) fn documented(values: &[&'static str], text: &str) -> Option<&'static str> {
    let exact = values.iter().find(|word| **word == text);
    let is_same = |word: &&&'static str| {
        let letters = letters(word);
        letters.clone().next().is_some() && letters.eq(self::letters(text))
    };
    exact.or_else(|| values.iter().find(is_same)).copied()
}

fn letters(text: &str) -> impl Iterator<Item = char> + Clone {
    let is_sign = |letter: &char| letter.is_whitespace() || matches!(letter, '-' | '_');
    let letters = text.chars().filter(move |letter| !is_sign(letter));
    letters.map(|letter| letter.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::action;

    fn as_sent(action_name: &str, name: &str, text: &str) -> String {
        let param = action(action_name).unwrap().param(name).unwrap();
        spelled(param, text).into_owned()
    }

    #[test]
    fn a_word_is_sent_as_its_own_action_documents_it() {
        for (action, name, given, sent) in [
            ("UpdateClient", "status", "active", "Active"),
            ("AddOrder", "billingcycle", "Semi-Annually", "semiannually"),
            (
                "UpdateClientProduct",
                "billingcycle",
                "semiannually",
                "Semi-Annually",
            ),
            (
                "UpdateClientProduct",
                "billingcycle",
                "One-Time",
                "One-Time",
            ),
            (
                "AddCancelRequest",
                "type",
                " end of billing period",
                "End of Billing Period",
            ),
            ("GetInvoices", "order", "DESC", "desc"),
            ("GetClients", "sorting", "desc", "DESC"),
            ("UpdateClient", "country", "de", "DE"),
            ("UpdateClient", "country", "Germany", "Germany"),
            ("UpdateClient", "status", "Archived", "Archived"),
            ("UpdateClient", "city", "active", "active"),
            ("CreateOrUpdateTLD", "group", "", ""),
            (
                "CreateClientInvite",
                "permissions",
                "Profile, manage products",
                "profile,manageproducts",
            ),
        ] {
            assert_eq!(
                as_sent(action, name, given),
                sent,
                "{action}.{name} {given}"
            );
        }
    }

    #[test]
    fn each_of_several_words_is_one_of_the_list() {
        let found = |permissions: &str| {
            let params =
                serde_json::json!({"user_id": 1, "client_id": 1, "permissions": permissions});
            let action = action("UpdateUserPermissions").unwrap();
            let found = crate::catalog::problems(action, params.as_object().unwrap());
            found
                .first()
                .map(|problem| (problem.to_string(), problem.hint().unwrap()))
        };
        assert_eq!(found("profile, Products"), None);
        assert_eq!(
            found("profile,invoces"),
            Some((
                "`UpdateUserPermissions` does not take `invoces` for `permissions`".to_owned(),
                "did you mean `invoices`? `--allow UpdateUserPermissions.permissions` sends it \
                 anyway"
                    .to_owned()
            ))
        );
        assert!(found("profile,").is_none() && found("foo").is_some());
        assert!(found("0").is_some());
    }

    #[test]
    fn no_list_has_two_words_that_are_one() {
        for action in crate::catalog::actions() {
            for param in action.params {
                for word in param.values {
                    assert_eq!(documented(param.values, word), Some(*word));
                }
            }
        }
    }

    #[test]
    fn a_list_is_the_servers_own_only_where_its_refusal_names_the_words() {
        let params = crate::catalog::actions()
            .iter()
            .flat_map(|action| action.params);
        for param in params {
            let Some(proof) = param.proof.values else {
                continue;
            };
            let unnamed: Vec<_> = param
                .values
                .iter()
                .filter(|word| !proof.contains(**word))
                .collect();
            assert!(unnamed.is_empty(), "{}: {unnamed:?}: {proof}", param.name);
        }
    }
}
