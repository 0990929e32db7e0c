//! `()` where leaving a parameter out cannot be meant.
//!
//! `()` leaves a parameter out, which is how a script says "only if I have it".
//! It is also what a misspelled property gives: `get_invoices(#{ userid: c.idd })`
//! would be everybody's invoices. So `()` is refused for what the action
//! requires, and for an id that a read is narrowed by.

use rhai::{Dynamic, Map};

use crate::catalog::{self, Action, Param, ParamKind};
use crate::script::raise::Raised;

/// Refuses a `()` that looks like a mistake.
pub(crate) fn check(action: &'static Action, params: &Map) -> Result<(), Raised> {
    let mut omitted = params.iter().filter(|(_, value)| value.is_unit());
    let given = || {
        let given = params.iter().filter(|(_, value)| !value.is_unit());
        given.map(|(name, _)| name.as_str())
    };
    let is_needed = |param: &Param| {
        param.required
            && catalog::check_required(action, given(), skips_validation(params))
                .iter()
                .any(|problem| matches!(problem, catalog::Problem::MissingParameter { name, .. } if *name == param.name))
    };
    let suspect = omitted.find_map(|(name, _)| {
        let param = catalog::parameter(action, name)?;
        (is_needed(param) || (!action.is_write() && is_id(param))).then_some(name)
    });
    match suspect {
        None => Ok(()),
        Some(name) => Err(Raised::new(
            "parameter",
            format!(
                "`{}` was given `()` for `{name}`; nothing was sent",
                action.name
            ),
        )
        .hint(format!(
            "a misspelled property is `()` too; to go without `{name}`, leave it out"
        ))),
    }
}

fn is_id(param: &Param) -> bool {
    param.kind == ParamKind::Int && param.name.to_ascii_lowercase().ends_with("id")
}

fn skips_validation(params: &Map) -> bool {
    let value = params.get("skipvalidation");
    value.is_some_and(|value| !matches!(value.as_bool(), Ok(false)) && !Dynamic::is_unit(value))
}

#[cfg(test)]
mod tests {
    use crate::script::rig::Rig;

    #[test]
    fn a_misspelled_property_is_not_sent_as_everybody() {
        let rig = Rig::new();
        let failure = rig.failure("let c = #{ id: 7 }; get_invoices(#{ userid: c.idd });");
        assert!(
            failure.contains("`GetInvoices` was given `()` for `userid`; nothing was sent"),
            "{failure}"
        );
        assert!(
            failure.ends_with(
                "hint: a misspelled property is `()` too; to go without `userid`, leave it out"
            ),
            "{failure}"
        );
        for call in [
            "close_client(#{ clientid: () })",
            "all_clients_products(#{ clientid: () })",
            "add_client(#{ email: () })",
        ] {
            assert!(rig.failure(call).contains("was given `()`"), "{call}");
        }
        assert!(rig.called().is_empty());
    }

    #[test]
    fn what_may_be_left_out_is_left_out() {
        let rig = Rig::new();
        rig.run(
            "get_clients(#{ search: () });
             add_client(#{ email: (), skipvalidation: true });
             add_client(#{ groupid: (), notes: () });",
        )
        .unwrap();
        assert_eq!(rig.called().len(), 3);
    }
}
