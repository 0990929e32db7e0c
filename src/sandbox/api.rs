//! One request to `includes/api.php`, from its variables to the text of the reply.
//!
//! The order is WHMCS's: who may call, then which action, then the action. Every
//! refusal but one of access is HTTP 200, as WHMCS answers.

use std::net::IpAddr;

use crate::catalog;

use super::actions;
use super::auth::Access;
use super::call::{Call, Caller};
use super::clock;
use super::encode::ReplyMode;
use super::refusal::Refusal;
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
    /// The encoded text.
    pub body: String,
}

/// The action a request names, as it spells it.
pub fn action_name(request: &Array) -> &str {
    text(request, "action")
}

/// Answers a request.
pub fn answer(access: &Access, store: &Store, request: &Array, from: IpAddr) -> ApiReply {
    let mode = ReplyMode::from_parameter(text(request, "responsetype"));
    let action = action_name(request);
    let (status, reply) = match access.check(request, action, from) {
        Err(message) => (403, Refusal::says(message).into_reply()),
        Ok(()) => (
            200,
            carry_out(store, action, request, from).unwrap_or_else(Refusal::into_reply),
        ),
    };
    ApiReply {
        status,
        mode,
        body: mode.encode(action, &reply),
    }
}

fn carry_out(
    store: &Store,
    action: &str,
    request: &Array,
    from: IpAddr,
) -> Result<Answer, Refusal> {
    let Some(action) = catalog::action(action) else {
        return Err(Refusal::says("Command Not Found"));
    };
    let Some(handler) = actions::handler(action.name) else {
        return Err(Refusal::says(format!(
            "The sandbox does not imitate {} yet",
            action.name
        )));
    };
    let now = clock::now();
    store.transact(|db| {
        handler(&Call {
            action,
            db,
            now,
            caller: Caller {
                admin_id: ADMIN_ID,
                ip: from,
            },
            params: request,
        })
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
