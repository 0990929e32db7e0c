//! `()` where leaving a parameter out cannot be meant.
//!
//! `()` leaves a parameter out, which is how a script says "only if I have it".
//! It is also what a misspelled property gives: `get_invoices(#{ userid: c.idd })`
//! would be everybody's invoices. So `()` is refused for what the action
//! requires, and for what the call is narrowed by.

use rhai::Map;

use crate::catalog::{self, Action, Param, ParamKind, Problem};
use crate::client::Params;
use crate::script::raise::Raised;

/// The parameters that were given `()`.
pub(crate) fn names(params: &Map) -> Vec<String> {
    let omitted = params.iter().filter(|(_, value)| value.is_unit());
    omitted.map(|(name, _)| name.to_string()).collect()
}

/// Refuses a `()` that looks like a mistake, among those names; `params` are the others.
pub(crate) fn check(
    action: &'static Action,
    omitted: &[String],
    params: &Params,
) -> Result<(), Raised> {
    if omitted.is_empty() {
        return Ok(());
    }
    let missing = catalog::missing(action, params);
    let is_needed = |param: &Param| {
        let is_it = |problem: &Problem| match problem {
            Problem::MissingParameter { name, .. } => *name == param.name,
            Problem::MissingOneOf { one_of, .. } => {
                one_of.iter().any(|names| names.contains(&param.name))
            }
            _ => false,
        };
        missing.iter().any(is_it)
    };
    let suspect = omitted.iter().find(|name| {
        catalog::parameter(action, name)
            .is_some_and(|param| is_needed(param) || is_never_omitted(action, param))
    });
    match suspect {
        None => Ok(()),
        Some(name) => Err(Raised::new(
            "parameter",
            format!("`{}` got `()` for `{name}`; nothing was sent", action.name),
        )
        .hint(format!(
            "a misspelled property is `()` too; if `{name}` is not wanted, leave it out"
        ))),
    }
}

/// Whether it picks some of what a call is about without it: all, of a write; of a read it
/// may be left out where it is a text to search for.
fn is_never_omitted(action: &Action, param: &Param) -> bool {
    let is_id = matches!(param.kind, ParamKind::Int | ParamKind::Ids);
    param.narrows && (action.is_write() || is_id)
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn a_misspelled_property_is_not_sent_as_everybody() {
        let rig = TestHost::new();
        let failure = rig.failure("let c = #{ id: 7 }; get_invoices(#{ userid: c.idd });");
        assert!(
            failure.contains("`GetInvoices` got `()` for `userid`; nothing was sent"),
            "{failure}"
        );
        assert!(
            failure.ends_with(
                "hint: a misspelled property is `()` too; if `userid` is not wanted, leave it out"
            ),
            "{failure}"
        );
        for call in [
            "close_client(#{ clientid: () })",
            "all_clients_products(#{ clientid: () })",
            "gen_invoices(#{ clientid: (), noemails: true })",
            "call(\"GenInvoices\", #{ clientid: () })",
            "add_invoice_payment(#{ invoiceid: 3, transid: \"x\", gateway: \"paypal\", date: now(), amount: () })",
            "add_client(#{ email: () })",
        ] {
            assert!(rig.failure(call).contains("got `()`"), "{call}");
        }
        assert!(rig.called().is_empty());
    }

    #[test]
    fn an_empty_cell_is_not_sent_as_everybody() {
        let rig = TestHost::new();
        for call in [
            "gen_invoices(#{ clientid: \"\", noemails: true })",
            "gen_invoices(#{ serviceids: [\"\"] })",
            "call(\"GenInvoices\", #{ serviceids: [] })",
            "get_invoices(#{ userid: \"\" })",
            "for i in all_invoices(#{ userid: \"\" }) { print(i.id); }",
            "all_clients_products(#{ clientid: \"\" }).take(1)",
            "get_clients(#{ search: \"\" })",
        ] {
            let failure = rig.failure(call);
            assert!(failure.contains("treats as left out"), "{call}: {failure}");
        }
        assert!(rig.called().is_empty());
    }

    #[test]
    fn what_may_be_left_out_is_left_out() {
        let rig = TestHost::new();
        rig.run(
            "get_clients(#{ search: () });
             add_client(#{ email: \"jo@example.com\", password2: \"x\", city: (), skipvalidation: true });
             update_client(#{ clientid: 1, city: \"Bonn\", groupid: (), notes: () });",
        )
        .unwrap();
        assert_eq!(rig.called().len(), 3);
    }
}
