//! `CreateOAuthCredential`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::scopes;
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const IDENTIFIER_BYTES: usize = 16;
const SECRET_BYTES: usize = 64;

/// What a credential may be used for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GrantKind {
    /// `authorization_code`: an application that is named.
    AuthorizationCode,
    /// `single_sign_on`: a service whose client logs in.
    SingleSignOn,
}

impl GrantKind {
    /// The grant type of that name, or a refusal that repeats the name.
    pub fn named(name: &str) -> Result<Self, Refusal> {
        match name {
            "authorization_code" => Ok(Self::AuthorizationCode),
            "single_sign_on" => Ok(Self::SingleSignOn),
            _ => refuse(format!("The requested grant type \"{name}\" is invalid.")),
        }
    }

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::SingleSignOn => "single_sign_on",
        }
    }

    /// Refuses a credential that lacks what its grant type needs.
    pub fn check(self, name: &str, service: i64) -> Result<(), Refusal> {
        match self {
            Self::AuthorizationCode if name.trim().is_empty() => {
                refuse("A name for the Client Credential is required.")
            }
            Self::SingleSignOn if service == 0 => {
                refuse("A service ID is required for the single sign-on grant type.")
            }
            _ => Ok(()),
        }
    }
}

/// Creates a credential with a new identifier and secret.
pub fn create_oauth_credential(call: &Call) -> Result<Answer, Refusal> {
    let grant = GrantKind::named(call.required("grantType", "A valid grant type is required.")?)?;
    let service = call.int("serviceId");
    grant.check(call.text("name"), service)?;
    let scope = call.required("scope", "At least one valid scope is required.")?;
    check_scope(scope)?;
    check_service(call, service)?;
    let identifier = format!(
        "{}.{}",
        company(call)?,
        STANDARD.encode(bytes(call, IDENTIFIER_BYTES))
    );
    let secret = secret(call);
    let moment = call.moment();
    let credential = call.db.insert(
        "oauth_credentials",
        &[
            ("name", &call.text("name")),
            ("description", &call.text("description")),
            ("grant_type", &grant.name()),
            ("scope", &scopes::tidied(scope)),
            ("identifier", &identifier),
            ("secret", &secret),
            ("service_id", &service),
            ("logo_uri", &call.text("logoUri")),
            ("redirect_uri", &call.texts("redirectUri").join("\n")),
            ("created_at", &moment),
            ("updated_at", &moment),
        ],
    )?;
    call.log(0, &format!("OAuth Credential Created - ID: {credential}"))?;
    Ok(Answer::success()
        .with("credentialId", credential)
        .with("clientIdentifier", identifier)
        .with("clientSecret", secret))
}

/// Refuses a list of scopes with one that there is not.
pub fn check_scope(scope: &str) -> Result<(), Refusal> {
    match scopes::unknown(scope) {
        Some(name) => refuse(format!("The requested scope \"{name}\" is invalid.")),
        None => Ok(()),
    }
}

/// A new secret.
pub fn secret(call: &Call) -> String {
    STANDARD.encode(bytes(call, SECRET_BYTES))
}

fn check_service(call: &Call, service: i64) -> Result<(), Refusal> {
    if service == 0 {
        return Ok(());
    }
    let client: Option<Option<i64>> = call.db.value(
        "SELECT c.id FROM services s LEFT JOIN clients c ON c.id = s.client_id WHERE s.id = ?1",
        [service],
    )?;
    match client {
        None => refuse("A valid Service ID is required."),
        Some(None) => refuse("Service ID not associated with valid Client."),
        Some(Some(_)) => Ok(()),
    }
}

/// The company's name as identifiers start with it.
fn company(call: &Call) -> rusqlite::Result<String> {
    let name: Option<String> = call
        .db
        .value("SELECT value FROM settings WHERE name = 'CompanyName'", ())?;
    let name = name.unwrap_or_default().to_uppercase();
    Ok(name.split_whitespace().collect::<Vec<_>>().join("-"))
}

fn bytes(call: &Call, count: usize) -> Vec<u8> {
    (0..count)
        .map(|_| u8::try_from(call.db.roll(0, 255)).unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, is_complete, refuses, store};

    #[test]
    fn a_new_credential_has_an_identifier_under_the_companys_name_and_a_secret() {
        let store = store();
        let query = "grantType=single_sign_on&scope=clientarea:sso&serviceId=1";
        let reply = answer(&store, "CreateOAuthCredential", query);
        is_complete("CreateOAuthCredential", &reply);
        assert_eq!(reply.int("credentialId"), 1);
        let identifier = reply.text("clientIdentifier").to_owned();
        assert!(
            identifier.starts_with("EXAMPLE-HOSTING.") && identifier.ends_with("=="),
            "{identifier}"
        );
        assert_eq!(reply.text("clientSecret").len(), 88);
        let next = answer(&store, "CreateOAuthCredential", query);
        assert_eq!(next.int("credentialId"), 2);
        assert_ne!(next.text("clientIdentifier"), identifier);
    }

    #[test]
    fn what_a_credential_lacks_is_told_in_the_references_order() {
        let store = store();
        change(&store, "UPDATE services SET client_id = 99 WHERE id = 2");
        let service = "A service ID is required for the single sign-on grant type.";
        let scope = "At least one valid scope is required.";
        let cases = [
            ("", "A valid grant type is required."),
            ("grantType=x", "The requested grant type \"x\" is invalid."),
            (
                "grantType=authorization_code",
                "A name for the Client Credential is required.",
            ),
            ("grantType=single_sign_on", service),
            ("grantType=single_sign_on&serviceId=1", scope),
            (
                "grantType=authorization_code&name=a&scope=openid+x",
                "The requested scope \"x\" is invalid.",
            ),
            (
                "grantType=single_sign_on&serviceId=99&scope=openid",
                "A valid Service ID is required.",
            ),
            (
                "grantType=single_sign_on&serviceId=2&scope=openid",
                "Service ID not associated with valid Client.",
            ),
        ];
        refuses(&store, "CreateOAuthCredential", &cases);
    }
}
