//! What a user may do for a client: `GetPermissionsList`, `GetUserPermissions`
//! and `UpdateUserPermissions`.

use rusqlite::params;

use super::access;
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};

/// Every permission, in WHMCS's order.
const PERMISSIONS: &[&str] = &[
    "profile",
    "contacts",
    "products",
    "manageproducts",
    "productsso",
    "domains",
    "managedomains",
    "invoices",
    "quotes",
    "tickets",
    "affiliates",
    "emails",
    "orders",
];

/// Those of a list with commas that there are, in WHMCS's order, with commas.
pub fn known(list: &str) -> String {
    let wanted: Vec<&str> = list.split(',').map(str::trim).collect();
    let known: Vec<&str> = PERMISSIONS
        .iter()
        .copied()
        .filter(|permission| wanted.contains(permission))
        .collect();
    known.join(",")
}

/// Every permission there is. The reference names `result`, its example shows `status`.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every action has the same signature"
)]
pub fn get_permissions_list(_: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::success()
        .with("status", "success")
        .with("permissions", listed(PERMISSIONS.to_vec())))
}

/// What one user may do for one client.
pub fn get_user_permissions(call: &Call) -> Result<Answer, Refusal> {
    let (user, client) = access::ids(call)?;
    let access = access::existing(call, user, client)?;
    let permissions = if access.is_owner {
        PERMISSIONS.to_vec()
    } else {
        let list = access.permissions.split(',');
        list.filter(|name| !name.is_empty()).collect()
    };
    Ok(Answer::success().with("permissions", listed(permissions)))
}

/// Replaces what one user may do for one client.
pub fn update_user_permissions(call: &Call) -> Result<Answer, Refusal> {
    let (user, client) = access::ids(call)?;
    let found = access::find(call, user, client)?;
    if found.is_some_and(|access| access.is_owner) {
        return refuse("Permissions cannot be set on a client owner");
    }
    let permissions = call.required("permissions", "Missing permissions definition")?;
    let access = access::existing(call, user, client)?;
    call.db.run(
        "UPDATE user_clients SET permissions = ?3 WHERE user_id = ?1 AND client_id = ?2",
        params![access.user, access.client, known(permissions)],
    )?;
    call.log(
        client,
        &format!("User Permissions Updated - User ID: {user} - Client ID: {client}"),
    )?;
    Ok(Answer::success())
}

fn listed(permissions: Vec<&str>) -> Fields {
    Fields::default().with("permission", permissions)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, json, refuses, store};

    fn with_guest() -> Store {
        let store = store();
        change(
            &store,
            "INSERT INTO user_clients (user_id, client_id, permissions, created_at) VALUES (2, 1, 'invoices', '')",
        );
        store
    }

    #[test]
    fn every_permission_is_listed_and_the_owner_has_them_all() {
        let store = store();
        let all = r#"{"permission":["profile","contacts","products","manageproducts","productsso","domains","managedomains","invoices","quotes","tickets","affiliates","emails","orders"]}}"#;
        assert_eq!(
            json(&store, "GetPermissionsList", ""),
            format!(r#"{{"result":"success","status":"success","permissions":{all}"#)
        );
        assert_eq!(
            json(&store, "GetUserPermissions", "user_id=1&client_id=1"),
            format!(r#"{{"result":"success","permissions":{all}"#)
        );
    }

    #[test]
    fn permissions_are_replaced_and_unknown_ones_dropped() {
        let store = with_guest();
        let one = "user_id=2&client_id=1";
        let reply = |list: &str| {
            format!(r#"{{"result":"success","permissions":{{"permission":[{list}]}}}}"#)
        };
        assert_eq!(
            json(&store, "GetUserPermissions", one),
            reply(r#""invoices""#)
        );
        answer(
            &store,
            "UpdateUserPermissions",
            &format!("{one}&permissions=tickets,juggling,+profile"),
        );
        assert_eq!(
            json(&store, "GetUserPermissions", one),
            reply(r#""profile","tickets""#)
        );
        answer(
            &store,
            "UpdateUserPermissions",
            &format!("{one}&permissions=juggling"),
        );
        assert_eq!(
            json(&store, "GetUserPermissions", one),
            r#"{"result":"success","permissions":""}"#
        );
    }

    #[test]
    fn permissions_belong_to_a_user_and_a_client_that_know_each_other() {
        let store = with_guest();
        let cases = [
            ("user_id=99&client_id=1", "Invalid user id"),
            ("user_id=1&client_id=99", "Invalid client id"),
            (
                "user_id=3&client_id=1",
                "User is not associated with client",
            ),
        ];
        refuses(&store, "GetUserPermissions", &cases);
        let cases = [
            ("user_id=99&client_id=1", "Invalid user id"),
            ("user_id=1&client_id=99", "Invalid client id"),
            (
                "user_id=1&client_id=1",
                "Permissions cannot be set on a client owner",
            ),
            ("user_id=3&client_id=1", "Missing permissions definition"),
            (
                "user_id=3&client_id=1&permissions=orders",
                "User is not associated with client",
            ),
        ];
        refuses(&store, "UpdateUserPermissions", &cases);
    }
}
