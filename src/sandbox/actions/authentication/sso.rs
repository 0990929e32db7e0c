//! `CreateSsoToken`: a link that would log a client's user in.

use rusqlite::params;

use super::scopes;
use super::token::token;
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Checks who is to be logged in, and where to, and answers a token for it.
pub fn create_sso_token(call: &Call) -> Result<Answer, Refusal> {
    let client = client(call)?;
    check_destination(call, client)?;
    let token = token(call);
    let url: Option<String> = call
        .db
        .value("SELECT value FROM settings WHERE name = 'SystemURL'", ())?;
    let url = url.unwrap_or_default();
    let site = url.trim_end_matches('/');
    call.log(
        client,
        &format!("Single Sign-On Token Created - Client ID: {client}"),
    )?;
    let redirect = format!("{site}/oauth/singlesignon.php?access_token={token}");
    Ok(Answer::success()
        .with("access_token", token)
        .with("redirect_url", redirect))
}

/// The client to log in at: the one named, or the user's own; 0 for a user without any.
fn client(call: &Call) -> Result<i64, Refusal> {
    let (client, user) = (call.int("client_id"), call.int("user_id"));
    if client == 0 && user == 0 {
        return refuse("A valid client_id or user_id is required");
    }
    if client != 0 {
        call.existing("client_id", "clients", "Invalid client_id")?;
    }
    if user != 0 {
        call.existing("user_id", "users", "Invalid user_id")?;
    }
    if client == 0 {
        let own: Option<i64> = call.db.value(
            "SELECT client_id FROM user_clients WHERE user_id = ?1 ORDER BY owner DESC, client_id LIMIT 1",
            [user],
        )?;
        return Ok(own.unwrap_or(0));
    }
    let access: Option<i64> = call.db.value(
        "SELECT 1 FROM user_clients WHERE client_id = ?1 AND CASE ?2 WHEN 0 THEN owner ELSE user_id = ?2 END",
        params![client, user],
    )?;
    if access.is_none() && user != 0 {
        return refuse("Invalid user_id for client");
    }
    if access.is_none() {
        return not_provisioned("the client has no owner");
    }
    Ok(client)
}

/// Refuses a destination that there is not, or that lacks what it is to show.
fn check_destination(call: &Call, client: i64) -> Result<(), Refusal> {
    let destination = call.text("destination");
    if !destination.is_empty() && !scopes::is_destination(destination) {
        return refuse("Invalid destination");
    }
    let allowed: Option<bool> = call
        .db
        .value("SELECT allow_sso FROM clients WHERE id = ?1", [client])?;
    if allowed == Some(false) {
        return refuse(format!("SSO authentication blocked for client {client}"));
    }
    let belongs = |table: &str, id: i64| -> rusqlite::Result<bool> {
        let sql = format!("SELECT 1 FROM {table} WHERE id = ?1 AND client_id = ?2");
        let found: Option<i64> = call.db.value(&sql, [id, client])?;
        Ok(found.is_some())
    };
    match destination {
        "clientarea:product_details" if !belongs("services", call.int("service_id"))? => {
            not_provisioned("invalid service_id")
        }
        "clientarea:domain_details" if !belongs("domains", call.int("domain_id"))? => {
            not_provisioned("invalid domain_id")
        }
        "sso:custom_redirect" if call.given("sso_redirect_path").is_none() => {
            not_provisioned("invalid sso_redirect_path")
        }
        _ => Ok(()),
    }
}

fn not_provisioned<T>(why: &str) -> Result<T, Refusal> {
    refuse(format!("Token could not be provisioned: {why}"))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, is_complete, refuses, store};

    #[test]
    fn a_token_is_minted_for_a_client_or_a_user_and_stands_in_the_link() {
        let store = store();
        let mut tokens = Vec::new();
        for query in [
            "client_id=1",
            "user_id=3",
            "client_id=1&user_id=1&destination=clientarea:services",
            "client_id=1&destination=clientarea:product_details&service_id=1",
            "client_id=1&destination=clientarea:domain_details&domain_id=1",
            "client_id=1&destination=sso:custom_redirect&sso_redirect_path=cart.php",
        ] {
            let reply = answer(&store, "CreateSsoToken", query);
            assert_eq!(reply.text("result"), "success", "{query}: {reply:?}");
            is_complete("CreateSsoToken", &reply);
            let token = reply.text("access_token").to_owned();
            assert_eq!(token.len(), 40);
            let link = format!("http://127.0.0.1/oauth/singlesignon.php?access_token={token}");
            assert_eq!(reply.text("redirect_url"), link);
            tokens.push(token);
        }
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), 6);
    }

    #[test]
    fn nobody_is_sent_where_they_have_no_business() {
        let store = store();
        let cases = [
            ("", "A valid client_id or user_id is required"),
            ("client_id=99&user_id=99", "Invalid client_id"),
            ("client_id=1&user_id=99", "Invalid user_id"),
            ("client_id=1&user_id=3", "Invalid user_id for client"),
            ("client_id=1&destination=nowhere", "Invalid destination"),
        ];
        refuses(&store, "CreateSsoToken", &cases);
        let message = |query: &str| {
            answer(&store, "CreateSsoToken", query)
                .text("message")
                .to_owned()
        };
        for query in [
            "client_id=1&destination=clientarea:product_details",
            "client_id=1&destination=clientarea:product_details&service_id=2",
            "client_id=1&destination=clientarea:domain_details&domain_id=99",
            "client_id=1&destination=sso:custom_redirect",
        ] {
            let told = message(query);
            assert!(
                told.starts_with("Token could not be provisioned: "),
                "{query}: {told}"
            );
        }
        change(&store, "UPDATE clients SET allow_sso = 0 WHERE id = 1");
        assert_eq!(
            message("client_id=1"),
            "SSO authentication blocked for client 1"
        );
    }
}
