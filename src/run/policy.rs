//! What a profile lets a run do.

use serde::Deserialize;

use crate::client::{ActionRef, CallError, CallErrorKind, Delivery};

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

    /// Refuses an action that goes beyond this access.
    pub fn admit(self, action: &ActionRef, profile: &str) -> Result<(), CallError> {
        let name = action.name();
        let (what, needed) = if self == Self::Read && action.is_write() {
            ("changes the server", "write")
        } else if self <= Self::Write && action.is_destructive() {
            ("cannot be undone", "full")
        } else {
            return Ok(());
        };
        let access = self.word();
        Err(CallError {
            kind: CallErrorKind::Policy,
            action: name.to_owned(),
            message: format!(
                "`{name}` {what}, and the profile `{profile}` has access `{access}`; nothing was sent"
            ),
            hint: Some(format!(
                "if it is meant, set `access = \"{needed}\"` in the profile `{profile}`"
            )),
            http: None,
            delivery: Delivery::NotSent,
        })
    }
}

#[cfg(test)]
mod tests {
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
        assert!(Access::Read.admit(&known("GetClients"), "p").is_ok());
        assert!(Access::Read.admit(&custom(CustomKind::Read), "p").is_ok());
        for write in [
            known("AddClient"),
            custom(CustomKind::Write),
            custom(CustomKind::Repeatable),
        ] {
            let error = Access::Read.admit(&write, "p").unwrap_err();
            assert_eq!(error.kind, CallErrorKind::Policy);
            assert_eq!(error.delivery, Delivery::NotSent);
        }
    }

    #[test]
    fn write_access_refuses_what_cannot_be_undone() {
        let destructive = catalog::actions()
            .iter()
            .filter(|action| action.has_risk(catalog::Risk::Destructive));
        for action in destructive {
            let action = ActionRef::Known(action);
            assert!(Access::Write.admit(&action, "p").is_err());
            assert!(Access::Full.admit(&action, "p").is_ok());
        }
        assert!(Access::Write.admit(&known("AddClient"), "p").is_ok());
    }
}
