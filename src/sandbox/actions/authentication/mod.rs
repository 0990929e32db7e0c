//! The Authentication group: logins, single sign-on, OAuth credentials.
//!
//! The tokens and secrets handed out here look right and open nothing.

mod credentials;
mod login;
mod new_credential;
mod scopes;
mod sso;
mod token;

use super::Handler;

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
