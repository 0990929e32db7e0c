//! Invitations to a client: `CreateClientInvite`, and what becomes of one.

use rusqlite::params;

use super::access::find;
use super::permissions;
use crate::sandbox::call::Call;
use crate::sandbox::checks::is_email;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Mails somebody, who need be no user yet, an invitation to a client.
///
/// Nobody is there to follow its link, so it counts as accepted as soon as there is a user of that address.
pub fn create_client_invite(call: &Call) -> Result<Answer, Refusal> {
    let email = call.required("email", "Email is required")?;
    let client = call.existing("client_id", "clients", "Invalid client id")?;
    if !is_email(email) {
        return refuse("The email address entered is not valid");
    }
    let granted = permissions::known(call.text("permissions"));
    if granted.is_empty() {
        return refuse("User permissions are required");
    }
    let user: Option<i64> = call
        .db
        .value("SELECT id FROM users WHERE email = ?1", [email])?;
    if let Some(user) = user
        && find(call, user, client)?.is_some()
    {
        return refuse("User already associated with client");
    }
    call.db.insert(
        "user_invites",
        &[
            ("token", &call.db.uuid().replace('-', "")),
            ("email", &email),
            ("client_id", &client),
            ("permissions", &granted),
            ("created_at", &call.moment()),
        ],
    )?;
    if let Some(user) = user {
        accept(call, user, email)?;
    }
    call.mail_to(client, email, "Account Access Invitation", &[])?;
    call.log(
        client,
        &format!("User Invited: {email} - Client ID: {client}"),
    )?;
    Ok(Answer::success())
}

/// Gives a user access to every client its address is invited to.
pub fn accept(call: &Call, user: i64, email: &str) -> rusqlite::Result<()> {
    const PENDING: &str = "email = ?1 AND accepted_at = '0000-00-00 00:00:00'";
    let moment = call.moment();
    call.db.run(
        &format!(
            "INSERT OR IGNORE INTO user_clients (user_id, client_id, permissions, created_at) \
             SELECT ?2, client_id, permissions, ?3 FROM user_invites WHERE {PENDING} ORDER BY id"
        ),
        params![email, user, moment],
    )?;
    call.db.run(
        &format!("UPDATE user_invites SET accepted_at = ?2 WHERE {PENDING}"),
        params![email, moment],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::testing::{answer, column, count, json, refuses, store};

    #[test]
    fn an_invitation_is_kept_and_mailed_to_whom_it_invites() {
        let store = store();
        let query = "client_id=3&email=new%40example.com&permissions=invoices,+profile,juggling";
        assert_eq!(
            answer(&store, "CreateClientInvite", query),
            Answer::success()
        );
        let sql = "SELECT COUNT(*) FROM user_invites WHERE client_id = 3 AND email = 'new@example.com' AND permissions = 'profile,invoices'";
        assert_eq!(count(&store, sql), 1);
        let mails = answer(&store, "GetEmails", "clientid=3");
        assert_eq!(column(&mails, "emails.email", "to"), ["new@example.com"]);
    }

    #[test]
    fn an_invitation_is_accepted_by_the_user_of_its_address_now_or_later() {
        let store = store();
        let invite = |email: &str| {
            let query = format!("client_id=3&email={email}&permissions=tickets");
            answer(&store, "CreateClientInvite", &query)
        };
        let may = |user: &str| {
            let query = format!("user_id={user}&client_id=3");
            json(&store, "GetUserPermissions", &query)
        };
        let granted = r#"{"result":"success","permissions":{"permission":["tickets"]}}"#;
        invite("Siobhan.OBrien%40example.net");
        assert_eq!(may("2"), granted);
        invite("new%40example.com");
        invite("new%40example.com");
        let add = "firstname=A&lastname=B&email=New%40example.com&password2=x";
        assert_eq!(answer(&store, "AddUser", add).text("user_id"), "7");
        assert_eq!(may("7"), granted);
        invite("newer%40example.com");
        let add = "skipvalidation=1&email=newer%40example.com&password2=x";
        assert_eq!(answer(&store, "AddClient", add).text("clientid"), "7");
        assert_eq!(may("8"), granted);
        let again = invite("new%40example.com");
        assert_eq!(again.text("message"), "User already associated with client");
        answer(&store, "DeleteUserClient", "user_id=7&client_id=3");
        assert!(may("7").contains("User is not associated with client"));
    }

    #[test]
    fn an_invitation_is_checked_in_the_references_order() {
        let store = store();
        let cases = [
            ("client_id=99", "Email is required"),
            ("client_id=99&email=x", "Invalid client id"),
            (
                "client_id=3&email=x",
                "The email address entered is not valid",
            ),
            (
                "client_id=3&email=a%40b.example",
                "User permissions are required",
            ),
            (
                "client_id=3&email=a%40b.example&permissions=juggling",
                "User permissions are required",
            ),
            (
                "client_id=3&email=MARTIN%40price-beier.example&permissions=orders",
                "User already associated with client",
            ),
        ];
        refuses(&store, "CreateClientInvite", &cases);
    }
}
