//! A value that nothing lists although hosts and modules only add to those that are: what is
//! said of it, with the nearest that is listed.

use crate::catalog::{self, Action, HostValues, Listed, Param};
use crate::run::Allowed;

/// How many values are named where none is near.
const NAMED: usize = 5;

/// What a value was looked for in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    /// The reply to that action.
    Server(&'static str),
    /// The profile.
    Profile,
    /// What WHMCS comes with.
    Whmcs,
    /// Nothing.
    Nothing,
}

/// A value that is not listed.
#[derive(Clone, Debug)]
pub struct Unlisted {
    action: &'static Action,
    param: &'static str,
    value: String,
    kind: HostValues,
    source: Source,
    instead: String,
}

impl Unlisted {
    /// What is to be said of a value that a server gave that list for, which is empty if
    /// nobody asked it or it gave none; nothing where the value is listed or unchecked.
    pub fn describe(
        (action, param, listed): (&'static Action, &'static Param, &Listed),
        value: &str,
        read: &[String],
        allowed: &Allowed,
    ) -> Option<Self> {
        let (kind, own) = (listed.kind, allowed.values(listed.kind));
        let mut known: Vec<&str> = read.iter().chain(own).map(String::as_str).collect();
        let source = match kind.read() {
            Some((action, _)) if !read.is_empty() => Source::Server(action),
            _ if !own.is_empty() => Source::Profile,
            // What the server would not list is not checked, in silence.
            Some(_) => return None,
            None if kind.usual().is_empty() => Source::Nothing,
            None => {
                known.extend(kind.usual());
                Source::Whmcs
            }
        };
        let mut beside = known.iter().chain(listed.beside);
        // What is no code at all is refused by its form.
        let is_no_code = kind == HostValues::Countries && value.trim().len() != 2;
        if value.is_empty() || is_no_code || beside.any(|one| same(one) == same(value)) {
            return None;
        }
        Some(Self {
            action,
            param: param.name,
            value: value.to_owned(),
            kind,
            source,
            instead: match kind {
                HostValues::Countries => country(value, &known),
                _ => instead(value, &known),
            },
        })
    }

    /// What is said of it: what may be wrong, and what becomes of it.
    pub fn what(&self) -> String {
        let (action, param, value) = (self.action.name, self.param, &self.value);
        let outcome = if self.action.is_write() {
            "is sent as it is"
        } else {
            "finds nothing"
        };
        let lists = match self.source {
            Source::Server(read) => format!("`{read}` does not list"),
            Source::Profile => "the profile does not list".to_owned(),
            Source::Whmcs => "WHMCS does not come with".to_owned(),
            Source::Nothing => {
                let kind = self.kind.word();
                return format!(
                    "`{action}`: nothing lists the {kind} of this server, so the {param} `{value}` is not checked"
                );
            }
        };
        format!("`{action}`: {lists} the {param} `{value}`, which {outcome}")
    }

    /// What to write in its place, or where to list it.
    pub fn hint(&self) -> String {
        let (Self { instead, .. }, kind) = (self, self.kind.word());
        match self.source {
            Source::Server(_) => instead.clone(),
            Source::Profile => format!("{instead} (`{kind}` under `values` in the profile)"),
            Source::Whmcs => format!(
                "{instead} (if the server has it, list its `{kind}` under `values` in the profile)"
            ),
            Source::Nothing => format!("list its `{kind}` under `values` in the profile"),
        }
    }
}

impl PartialEq for Unlisted {
    /// Said of the same value of the same parameter.
    fn eq(&self, other: &Self) -> bool {
        (self.action.name, self.param) == (other.action.name, other.param)
            && self.value == other.value
    }
}

/// What to write in place of a country: two letters are near to many others by chance.
fn country(value: &str, known: &[&str]) -> String {
    let meant = match value.trim().to_ascii_uppercase().as_str() {
        "UK" => "GB",
        "EL" => "GR",
        _ => return "write the ISO code, such as `GB`".to_owned(),
    };
    if known.contains(&meant) {
        format!("did you mean `{meant}`?")
    } else {
        instead(value, known)
    }
}

/// What to write in place of that value.
fn instead(value: &str, known: &[&str]) -> String {
    if let Some(near) = catalog::similar(value, known.iter().copied()).first() {
        return format!("did you mean `{near}`?");
    }
    let named: Vec<String> = known
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = if known.len() > NAMED {
        ", and more"
    } else {
        ""
    };
    format!("it lists {}{more}", named.join(", "))
}

/// A value as people compare it.
fn same(value: &str) -> String {
    value.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn said(action: &str, param: &str, value: &str, own: &[&str]) -> Option<(String, String)> {
        let action = catalog::action(action).unwrap();
        let param = action.param(param).unwrap();
        let listed = param.listed.as_ref().unwrap();
        let own: Vec<String> = own.iter().map(|one| (*one).to_owned()).collect();
        let allowed = Allowed::default().with_values(BTreeMap::from([(listed.kind, own)]));
        let unlisted = Unlisted::describe((action, param, listed), value, &[], &allowed)?;
        Some((unlisted.what(), unlisted.hint()))
    }

    fn is_said(said: impl Into<Option<(String, String)>>, what: &str, hint: &str) {
        assert_eq!(said.into(), Some((what.to_owned(), hint.to_owned())));
    }

    #[test]
    fn what_whmcs_comes_with_is_known_without_a_server() {
        for language in ["english", " English", "portuguese-br"] {
            assert_eq!(said("AddClient", "language", language, &[]), None);
        }
        assert_eq!(said("UpdateClient", "country", "de", &[]), None);
        is_said(
            said("AddClient", "language", "germann", &[]),
            "`AddClient`: WHMCS does not come with the language `germann`, which is sent as it is",
            "did you mean `german`? (if the server has it, list its `languages` under `values` in the profile)",
        );
        is_said(
            said("UpdateClient", "country", "UK", &[]),
            "`UpdateClient`: WHMCS does not come with the country `UK`, which is sent as it is",
            "did you mean `GB`? (if the server has it, list its `countries` under `values` in the profile)",
        );
        let (_, hint) = said("UpdateClient", "country", "QQ", &[]).unwrap();
        assert!(
            hint.starts_with("write the ISO code, such as `GB`"),
            "{hint}"
        );
        assert_eq!(said("UpdateClient", "country", "Germany", &[]), None);
        is_said(
            said("GetProjects", "status", "Abandonned", &[]),
            "`GetProjects`: WHMCS does not come with the status `Abandonned`, which finds nothing",
            "did you mean `Abandoned`? (if the server has it, list its `project_statuses` under `values` in the profile)",
        );
    }

    #[test]
    fn what_the_profile_lists_is_all_there_is() {
        assert_eq!(said("AddClient", "language", "klingon", &["klingon"]), None);
        is_said(
            said("AddClient", "language", "english", &["german", "klingon"]),
            "`AddClient`: the profile does not list the language `english`, which is sent as it is",
            "it lists `german`, `klingon` (`languages` under `values` in the profile)",
        );
        // Of a server that could not be asked too.
        is_said(
            said("CreateInvoice", "paymentmethod", "paypall", &["paypal"]),
            "`CreateInvoice`: the profile does not list the paymentmethod `paypall`, which is sent as it is",
            "did you mean `paypal`? (`gateways` under `values` in the profile)",
        );
        assert_eq!(said("CreateInvoice", "paymentmethod", "paypall", &[]), None);
    }

    #[test]
    fn of_what_nothing_lists_it_is_said_that_it_is_not_checked() {
        is_said(
            said("AddProduct", "module", "cpanell", &[]),
            "`AddProduct`: nothing lists the modules of this server, so the module `cpanell` is not checked",
            "list its `modules` under `values` in the profile",
        );
        is_said(
            said("AddProduct", "module", "cpanell", &["cpanel"]),
            "`AddProduct`: the profile does not list the module `cpanell`, which is sent as it is",
            "did you mean `cpanel`? (`modules` under `values` in the profile)",
        );
        assert_eq!(said("AddProduct", "module", "", &[]), None);
    }
}
