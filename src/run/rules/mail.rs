//! `--no-mail`: whatever a script says, WHMCS is told to keep its mail in.
//!
//! Which parameter does that the catalog says. An action that can mail and has
//! no such parameter is refused, and so is a write the catalog does not know:
//! the user said no mail, and nobody could promise it.

use super::limits::NO_MAIL;
use crate::catalog::{self, Action, MailSwitch, Risk};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};

/// Refuses a call whose mail cannot be kept in.
pub(crate) fn admit(action: &ActionRef) -> Result<(), CallError> {
    let (why, hint) = match action {
        ActionRef::Known(action) if !action.has_risk(Risk::Mail) || has_switch(action) => {
            return Ok(());
        }
        ActionRef::Known(_) => (
            "can send email that no parameter suppresses",
            "leave it out of the script, or run it without `--no-mail`",
        ),
        ActionRef::Other { .. } if !action.is_write() => return Ok(()),
        ActionRef::Other { .. } => (
            "is an unknown action, so it may send email",
            "add `read: true` if it only reads, or run without `--no-mail`",
        ),
    };
    let name = action.name();
    let message = format!("`{name}` {why}, and the run has `{NO_MAIL}`; nothing was sent");
    Err(CallError::new(CallErrorKind::Policy, name, message, Delivery::NotSent).hint(hint))
}

/// The parameters of a call with its mail kept in.
pub(crate) fn kept_in(action: &ActionRef, params: &Params) -> Params {
    let mut params = params.clone();
    let ActionRef::Known(action) = action else {
        return params;
    };
    let is_switch = |name: &str| {
        let name = catalog::name_in_php(name);
        let param = action.params.iter().find(|param| param.name == name);
        param.is_some_and(|param| param.mail.is_some())
    };
    params.retain(|name, _| !is_switch(name));
    for param in action.params {
        if param.mail == Some(MailSwitch::Silences) {
            params.insert(param.name.to_owned(), true.into());
        }
    }
    params
}

fn has_switch(action: &Action) -> bool {
    action.params.iter().any(|param| param.mail.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::client::CustomKind;

    fn known(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    fn kept(action: &str, params: &Value) -> Value {
        Value::Object(kept_in(&known(action), params.as_object().unwrap()))
    }

    #[test]
    fn what_silences_is_set_and_what_sends_is_left_out_whatever_the_script_said() {
        assert_eq!(
            kept("AddOrder", &json!({"clientid": 7, "noemail": false})),
            json!({"clientid": 7, "noinvoiceemail": true, "noemail": true})
        );
        for name in ["sendinvoice", " sendinvoice", "sendinvoice[0]"] {
            let params = json!({"userid": 7, name: true});
            assert_eq!(
                kept("CreateInvoice", &params),
                json!({"userid": 7}),
                "{name}"
            );
        }
        let params = json!({"clientid": 7, "customfields": {"noemail": false}});
        assert_eq!(kept("UpdateClient", &params), params);
    }

    #[test]
    fn every_action_that_can_mail_is_kept_from_it_or_refused() {
        for action in catalog::actions() {
            let is_admitted = admit(&ActionRef::Known(action)).is_ok();
            let may_mail = action.has_risk(Risk::Mail);
            assert_eq!(
                is_admitted,
                !may_mail || has_switch(action),
                "{}",
                action.name
            );
        }
        for action in ["SendEmail", "SendQuote", "ResetPassword", "UpdateTicket"] {
            let error = admit(&known(action)).unwrap_err();
            assert_eq!(error.kind, CallErrorKind::Policy);
            assert_eq!(
                error.message,
                format!(
                    "`{action}` can send email that no parameter suppresses, and the run has \
                     `--no-mail`; nothing was sent"
                )
            );
        }
    }

    #[test]
    fn of_actions_nobody_knows_only_reads_are_let_through() {
        let custom = |kind| ActionRef::Other {
            name: "MyAction".into(),
            kind,
        };
        assert!(admit(&custom(CustomKind::Read)).is_ok());
        assert!(admit(&custom(CustomKind::Write)).is_err());
        assert!(admit(&custom(CustomKind::Repeatable)).is_err());
    }
}
