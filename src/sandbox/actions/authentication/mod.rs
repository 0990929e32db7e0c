//! The Authentication group: logins, single sign-on, OAuth credentials.
//!
//! The tokens and secrets handed out here look right and open nothing.

mod credentials;
mod login;
mod new_credential;
mod scopes;
mod sso;

use super::Handler;
use crate::sandbox::call::Call;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    (
        "CreateOAuthCredential",
        new_credential::create_oauth_credential,
    ),
    ("CreateSsoToken", sso::create_sso_token),
    (
        "DeleteOAuthCredential",
        credentials::delete_oauth_credential,
    ),
    ("ListOAuthCredentials", credentials::list_oauth_credentials),
    (
        "UpdateOAuthCredential",
        credentials::update_oauth_credential,
    ),
    ("ValidateLogin", login::validate_login),
];

const TOKEN: usize = 40;

/// A new token of 40 hexadecimal digits.
fn token(call: &Call) -> String {
    let mut token = format!("{}{}", call.db.uuid(), call.db.uuid()).replace('-', "");
    token.truncate(TOKEN);
    token
}
