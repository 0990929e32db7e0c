//! The Users group: who logs in, and what each may do for which client.

mod access;
mod invites;
mod manage;
mod permissions;

pub use invites::accept;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddUser", manage::add_user),
    ("CreateClientInvite", invites::create_client_invite),
    ("DeleteUserClient", access::delete_user_client),
    ("GetPermissionsList", permissions::get_permissions_list),
    ("GetUserPermissions", permissions::get_user_permissions),
    ("GetUsers", manage::get_users),
    ("ResetPassword", manage::reset_password),
    ("UpdateUser", manage::update_user),
    (
        "UpdateUserPermissions",
        permissions::update_user_permissions,
    ),
];
