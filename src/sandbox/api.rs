//! One request to `includes/api.php`, from its variables to the text of the reply.
//!
//! The order is WHMCS's: who may call what, then the action. Every refusal but one of
//! access is HTTP 200, as WHMCS answers.

use std::borrow::Cow;
use std::net::IpAddr;
use std::panic::{self, AssertUnwindSafe};

use crate::catalog;

use super::actions;
use super::auth::Access;
use super::call::{Call, Caller};
use super::encode::ReplyMode;
use super::entities;
use super::refusal::Refusal;
use super::replies::{Types, typed};
use super::reply::Answer;
use super::store::Store;
use super::tree::{Array, Tree};

/// The administrator that every right credential belongs to.
const ADMIN_ID: i64 = 1;

/// A reply before it goes into HTTP.
#[derive(Debug)]
pub struct ApiReply {
    /// 200, or 403 for a refusal of access.
    pub status: u16,
    /// The form it was asked for in.
    pub mode: ReplyMode,
    /// What is said.
    pub answer: Answer,
}

/// The action a request names, as it spells it but for spaces around it.
///
/// A published client sends `DeleteTicket ` so, and gets its ticket deleted.
pub fn action_name(request: &Array) -> &str {
    text(request, "action").trim()
}

/// How a server deals with numbers and texts.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How numbers are sent.
    pub types: Types,
    /// Whether texts are kept encoded for HTML.
    pub entities: bool,
}

/// Answers a request in the server's manner.
pub fn answer(
    access: &Access,
    store: &Store,
    manner: Manner,
    request: &Array,
    from: IpAddr,
) -> ApiReply {
    let mode = ReplyMode::from_parameter(text(request, "responsetype"));
    let mode = if manner.entities {
        mode.as_kept()
    } else {
        mode
    };
    let action = action_name(request);
    let named = catalog::action(action).map_or(action, |action| action.name);
    let (status, answer) = if let Err(message) = access.check(request, action, from) {
        (403, Refusal::says(message).into_reply())
    } else {
        let request = &manner.taken(action, request);
        let reply = carry_out(store, action, request, from);
        (200, reply.unwrap_or_else(Refusal::into_reply))
    };
    ApiReply {
        status,
        mode,
        answer: typed(named, answer, manner.types),
    }
}

/// Refuses a request with a message of WHMCS's, once it is known who asks.
pub fn refuse(access: &Access, request: &Array, from: IpAddr, message: &str) -> ApiReply {
    let mode = ReplyMode::from_parameter(text(request, "responsetype"));
    let (status, message) = match access.check(request, action_name(request), from) {
        Err(message) => (403, message),
        Ok(()) => (200, message.to_owned()),
    };
    ApiReply {
        status,
        mode,
        answer: Refusal::says(message).into_reply(),
    }
}

impl Manner {
    /// The request's variables as the server takes them.
    fn taken<'r>(self, action: &str, request: &'r Array) -> Cow<'r, Array> {
        match catalog::action(action) {
            Some(action) if self.entities => Cow::Owned(entities::request(action, request)),
            _ => Cow::Borrowed(request),
        }
    }
}

fn carry_out(
    store: &Store,
    action: &str,
    request: &Array,
    from: IpAddr,
) -> Result<Answer, Refusal> {
    let known = catalog::action(action);
    let Some((action, handler)) =
        known.and_then(|action| Some((action, actions::handler(action.name)?)))
    else {
        // Nobody may call it, so `Access` has refused it before this.
        return Err(Refusal::says("Command Not Found"));
    };
    let caller = Caller {
        admin_id: ADMIN_ID,
        ip: from,
    };
    unbroken(|| {
        store.transact(|db| {
            handler(&Call {
                action,
                db,
                now: db.now(),
                caller,
                params: request,
            })
        })
    })
}

/// What a call answers; a panic in it is a refusal, so that the caller hears of it and the server goes on.
fn unbroken(call: impl FnOnce() -> Result<Answer, Refusal>) -> Result<Answer, Refusal> {
    // The store stays sound: unwinding rolls the call's transaction back.
    panic::catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|payload| {
        let words = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        Err(Refusal::Broken(words.unwrap_or("no words").to_owned()))
    })
}

fn text<'r>(request: &'r Array, name: &str) -> &'r str {
    request
        .get_any_case(name)
        .and_then(Tree::text)
        .unwrap_or_default()
}

/// Answers variables without HTTP, for the tests of actions.
#[cfg(test)]
pub fn answer_fields(store: &Store, body: &str) -> Answer {
    let request = super::form::decode(body.as_bytes());
    let from = IpAddr::from([127, 0, 0, 1]);
    carry_out(store, action_name(&request), &request, from).unwrap_or_else(Refusal::into_reply)
}

#[cfg(test)]
mod tests {
    use super::super::store::Store;
    use super::unbroken;

    #[test]
    fn a_call_that_breaks_is_told_so_and_leaves_nothing_behind() {
        let store = Store::open(None, 1, None).expect("opens");
        let refused = unbroken(|| {
            store.transact(|db| {
                db.run("DELETE FROM currencies", ())?;
                panic!("no currency {}", 1)
            })
        });
        let reply = refused.expect_err("panicked").into_reply();
        assert_eq!(reply.text("result"), "error");
        assert_eq!(reply.text("message"), "the sandbox failed: no currency 1");
        let left = store.transact(|db| Ok(db.value("SELECT COUNT(*) FROM currencies", ())?));
        assert_eq!(left.expect("reads"), Some(2));
    }
}
