//! What a profile lets a run do.

use serde::Deserialize;

use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params};

/// How much of the server a run may touch; each includes the one before it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Reads only.
    Read,
    /// Writes, but nothing that cannot be brought back.
    Write,
    /// Everything.
    #[default]
    Full,
}

impl Access {
    /// The word the configuration uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Full => "full",
        }
    }

    /// Refuses a call that goes beyond this access.
    pub fn admit(
        self,
        action: &ActionRef,
        params: &Params,
        profile: &str,
    ) -> Result<(), CallError> {
        let (call, what, needed) = if self == Self::Read && action.is_write() {
            let name = format!("`{}`", action.name());
            (name, "changes the server", "write")
        } else if self <= Self::Write && action.is_destructive(params) {
            (action.described(params), "cannot be undone", "full")
        } else {
            return Ok(());
        };
        let access = self.word();
        Err(CallError {
            kind: CallErrorKind::Policy,
            action: action.name().to_owned(),
            message: format!(
                "{call} {what}, and the profile `{profile}` has access `{access}`; nothing was sent"
            ),
            hint: Some(format!(
                "to allow it, set `access = \"{needed}\"` in the profile `{profile}`"
            )),
            http: None,
            delivery: Delivery::NotSent,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;
    use crate::client::CustomKind;

    fn known(name: &str) -> ActionRef {
        ActionRef::Known(catalog::action(name).unwrap())
    }

    fn custom(kind: CustomKind) -> ActionRef {
        ActionRef::Other {
            name: "MyAction".into(),
            kind,
        }
    }

    #[test]
    fn read_access_refuses_writes_and_unknown_actions() {
        let none = Params::new();
        assert!(Access::Read.admit(&known("GetClients"), &none, "p").is_ok());
        assert!(
            Access::Read
                .admit(&custom(CustomKind::Read), &none, "p")
                .is_ok()
        );
        for write in [
            known("AddClient"),
            custom(CustomKind::Write),
            custom(CustomKind::Repeatable),
        ] {
            let error = Access::Read.admit(&write, &none, "p").unwrap_err();
            assert_eq!(error.kind, CallErrorKind::Policy);
            assert_eq!(error.delivery, Delivery::NotSent);
        }
    }

    #[test]
    fn write_access_refuses_what_cannot_be_undone() {
        let none = Params::new();
        let destructive = catalog::actions()
            .iter()
            .filter(|action| action.has_risk(catalog::Risk::Destructive));
        for action in destructive {
            let action = ActionRef::Known(action);
            assert!(Access::Write.admit(&action, &none, "p").is_err());
            assert!(Access::Full.admit(&action, &none, "p").is_ok());
        }
        assert!(Access::Write.admit(&known("AddClient"), &none, "p").is_ok());
    }

    #[test]
    fn write_access_refuses_a_parameter_that_removes_something() {
        let update = |clear: bool| {
            let params = json!({"clientid": 7, "clearcreditcard": clear});
            let action = known("UpdateClient");
            Access::Write.admit(&action, params.as_object().unwrap(), "p")
        };
        assert!(update(false).is_ok());
        assert_eq!(
            update(true).unwrap_err().message,
            "`UpdateClient` with `clearcreditcard` cannot be undone, and the profile `p` has access `write`; nothing was sent"
        );
    }
}
