//! `ListOAuthCredentials`, `UpdateOAuthCredential` and `DeleteOAuthCredential`.

use jiff::civil::DateTime;

use super::new_credential::{GrantKind, check_scope, secret};
use super::scopes;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::list::direction;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};

const INVALID_ID: &str = "Invalid Credential ID provided.";

const LIST: &str = "SELECT id AS credentialId, name, description, grant_type AS grantTypes, scope, \
    identifier AS clientIdentifier, secret AS clientSecret, NULL AS uuid, service_id AS serviceId, \
    logo_uri AS logoUri, redirect_uri AS redirectUri, 0 AS rsaKeyPairId, created_at AS createdAt, \
    updated_at AS updatedAt FROM oauth_credentials WHERE ?1 IN ('', grant_type)";

/// Fields a list can be sorted by, with their columns.
const SORTS: &[(&str, &str)] = &[
    ("clientIdentifier", "identifier"),
    ("createdAt", "created_at"),
    ("description", "description"),
    ("grantType", "grant_type"),
    ("grantTypes", "grant_type"),
    ("name", "name"),
    ("scope", "scope"),
    ("serviceId", "service_id"),
    ("updatedAt", "updated_at"),
];

/// Every credential, of a grant type when one is named; the list is not paged.
pub fn list_oauth_credentials(call: &Call) -> Result<Answer, Refusal> {
    let wanted = call.text("sortField");
    let column = SORTS
        .iter()
        .find(|(field, _)| field.eq_ignore_ascii_case(wanted))
        .map_or("id", |(_, column)| column);
    let direction = direction(call.text("sortOrder"));
    let limit = match call.int("limit") {
        limit if limit > 0 => limit,
        // SQLite's word for no limit.
        _ => -1,
    };
    let sql = format!("{LIST} ORDER BY {column} {direction}, id {direction} LIMIT {limit}");
    let mut credentials = call.db.records(&sql, [call.text("grantType")])?;
    for credential in &mut credentials {
        let addresses = lines(credential, "redirectUri");
        credential.set("redirectUri", addresses);
        for name in ["createdAt", "updatedAt"] {
            let moment = spoken(credential.text(name));
            credential.set(name, moment);
        }
    }
    Ok(Answer::success().with("clients", credentials))
}

/// Changes what is sent of a credential; mints a new secret when told to.
pub fn update_oauth_credential(call: &Call) -> Result<Answer, Refusal> {
    let credential = credential(call)?;
    let before = call.db.record(
        "SELECT grant_type, name, service_id FROM oauth_credentials WHERE id = ?1",
        [credential],
    )?;
    let before = before.unwrap_or_default();
    let grant = GrantKind::named(call.given("grantType").unwrap_or(before.text("grant_type")))?;
    let name = call.sent("name").unwrap_or(before.text("name"));
    let service = call
        .given_int("serviceId")
        .unwrap_or(before.int("service_id"));
    grant.check(name, service)?;
    let mut changes = Changes::default();
    changes.texts(call, &["name", "description"]);
    changes.set("grant_type", grant.name().to_owned());
    changes.set("service_id", service);
    if let Some(scope) = call.given("scope") {
        check_scope(scope)?;
        changes.set("scope", scopes::tidied(scope));
    }
    if let Some(logo) = call.sent("logoUri") {
        changes.set("logo_uri", logo.to_owned());
    }
    if call.raw("redirectUri").is_some() {
        changes.set("redirect_uri", call.texts("redirectUri").join("\n"));
    }
    let new_secret = call.flag("resetSecret").then(|| secret(call));
    if let Some(secret) = &new_secret {
        changes.set("secret", secret.clone());
    }
    changes.set("updated_at", call.moment());
    changes.apply(call, "oauth_credentials", credential)?;
    call.log(0, &format!("OAuth Credential Updated - ID: {credential}"))?;
    let answer = Answer::success().with("credentialId", credential.to_string());
    Ok(match new_secret {
        Some(secret) => answer.with("newClientSecret", secret),
        None => answer,
    })
}

/// Deletes a credential.
pub fn delete_oauth_credential(call: &Call) -> Result<Answer, Refusal> {
    let credential = call.existing("credentialId", "oauth_credentials", INVALID_ID)?;
    call.db
        .run("DELETE FROM oauth_credentials WHERE id = ?1", [credential])?;
    call.log(0, &format!("OAuth Credential Deleted - ID: {credential}"))?;
    Ok(Answer::success().with("credentialId", credential.to_string()))
}

/// The credential a call names by its number or its identifier.
fn credential(call: &Call) -> Result<i64, Refusal> {
    if call.given("credentialId").is_some() {
        return call.existing("credentialId", "oauth_credentials", INVALID_ID);
    }
    let identifier = call.required(
        "clientApiIdentifier",
        "A Credential ID or Client Identifier is required.",
    )?;
    let found = call.db.value(
        "SELECT id FROM oauth_credentials WHERE identifier = ?1",
        [identifier],
    )?;
    found.map_or_else(|| refuse("Invalid Client Identifier provided."), Ok)
}

fn lines(record: &Fields, name: &str) -> Vec<String> {
    record.text(name).lines().map(str::to_owned).collect()
}

/// A moment as this list words it: `18th November 2016 9:32:24am`.
fn spoken(moment: &str) -> String {
    let Ok(moment) = moment.parse::<DateTime>() else {
        return String::new();
    };
    let day = moment.day();
    let ending = match (day / 10, day % 10) {
        (0 | 2 | 3, 1) => "st",
        (0 | 2, 2) => "nd",
        (0 | 2, 3) => "rd",
        _ => "th",
    };
    let time = moment.strftime("%-I:%M:%S%P");
    format!("{day}{ending} {} {time}", moment.strftime("%B %Y"))
}

#[cfg(test)]
mod tests {
    use super::spoken;
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, column, is_complete, json, refuses, store};

    fn with_credentials() -> Store {
        let store = store();
        for query in [
            "grantType=single_sign_on&scope=clientarea:sso++clientarea:invoices&serviceId=1",
            "grantType=authorization_code&scope=openid&name=Wiki&redirectUri[]=https://a.example/&redirectUri[]=https://b.example/",
        ] {
            answer(&store, "CreateOAuthCredential", query);
        }
        store
    }

    #[test]
    fn credentials_are_listed_with_numbers_and_spoken_moments() {
        let store = with_credentials();
        change(
            &store,
            "UPDATE oauth_credentials SET identifier = 'I' || id, secret = 'S', \
             created_at = '2026-01-02 15:04:05', updated_at = '2026-11-23 00:00:07'",
        );
        assert_eq!(
            json(&store, "ListOAuthCredentials", "grantType=single_sign_on"),
            concat!(
                r#"{"result":"success","clients":[{"credentialId":1,"name":"","description":"","#,
                r#""grantTypes":"single_sign_on","scope":"clientarea:sso clientarea:invoices","#,
                r#""clientIdentifier":"I1","clientSecret":"S","uuid":null,"serviceId":1,"logoUri":"","#,
                r#""redirectUri":[],"rsaKeyPairId":0,"createdAt":"2nd January 2026 3:04:05pm","#,
                r#""updatedAt":"23rd November 2026 12:00:07am"}]}"#
            )
        );
        let all = answer(&store, "ListOAuthCredentials", "");
        is_complete("ListOAuthCredentials", &all);
        let ids = |query| {
            column(
                &answer(&store, "ListOAuthCredentials", query),
                "clients",
                "credentialId",
            )
        };
        for (query, found) in [
            ("", vec!["1", "2"]),
            ("sortOrder=DESC", vec!["2", "1"]),
            ("sortField=grantType", vec!["2", "1"]),
            ("limit=1", vec!["1"]),
            ("grantType=authorization_code", vec!["2"]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
    }

    #[test]
    fn days_are_counted_in_english() {
        for (day, words) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (13, "13th"),
            (21, "21st"),
            (22, "22nd"),
            (31, "31st"),
        ] {
            let moment = spoken(&format!("2026-01-{day:02} 10:00:00"));
            assert_eq!(moment, format!("{words} January 2026 10:00:00am"));
        }
    }

    #[test]
    fn a_credential_is_changed_by_number_or_identifier() {
        let store = with_credentials();
        change(
            &store,
            "UPDATE oauth_credentials SET identifier = 'I' || id, secret = 'S'",
        );
        assert_eq!(
            json(
                &store,
                "UpdateOAuthCredential",
                "credentialId=2&description=Ours&scope=openid+email"
            ),
            r#"{"result":"success","credentialId":"2"}"#
        );
        let reset = answer(
            &store,
            "UpdateOAuthCredential",
            "clientApiIdentifier=I2&resetSecret=1&redirectUri=",
        );
        is_complete("UpdateOAuthCredential", &reset);
        let list = answer(
            &store,
            "ListOAuthCredentials",
            "grantType=authorization_code",
        );
        for (name, value) in [
            ("name", "Wiki"),
            ("description", "Ours"),
            ("scope", "openid email"),
            ("clientSecret", reset.text("newClientSecret")),
        ] {
            assert_eq!(column(&list, "clients", name), [value]);
        }
    }

    #[test]
    fn a_change_is_checked_in_the_references_order() {
        let store = with_credentials();
        let id = "Invalid Credential ID provided.";
        let cases = [
            ("", "A Credential ID or Client Identifier is required."),
            ("credentialId=99", id),
            (
                "clientApiIdentifier=x",
                "Invalid Client Identifier provided.",
            ),
            (
                "credentialId=1&grantType=xxxxx",
                "The requested grant type \"xxxxx\" is invalid.",
            ),
            (
                "credentialId=1&grantType=authorization_code",
                "A name for the Client Credential is required.",
            ),
            (
                "credentialId=2&grantType=single_sign_on",
                "A service ID is required for the single sign-on grant type.",
            ),
            (
                "credentialId=1&scope=xxxxxxx",
                "The requested scope \"xxxxxxx\" is invalid.",
            ),
        ];
        refuses(&store, "UpdateOAuthCredential", &cases);
        assert_eq!(
            json(&store, "DeleteOAuthCredential", "credentialId=1"),
            r#"{"result":"success","credentialId":"1"}"#
        );
        refuses(&store, "DeleteOAuthCredential", &[("credentialId=1", id)]);
        let left = answer(&store, "ListOAuthCredentials", "");
        assert_eq!(column(&left, "clients", "credentialId"), ["2"]);
    }
}
