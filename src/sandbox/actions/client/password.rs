//! `GetClientPassword`.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// What is kept of the password of the client's owner.
pub fn get_client_password(call: &Call) -> Result<Answer, Refusal> {
    const OWNER: &str = "SELECT u.password FROM clients c JOIN user_clients l ON l.client_id = c.id AND l.owner = 1 \
                         JOIN users u ON u.id = l.user_id WHERE";
    let found: Option<String> = match call.given_int("userid") {
        Some(id) => call.db.value(&format!("{OWNER} c.id = ?1"), [id])?,
        None => call.db.value(
            &format!("{OWNER} c.email = ?1 AND c.email <> '' ORDER BY c.id"),
            [call.text("email")],
        )?,
    };
    match found {
        Some(password) => Ok(Answer::success().with("password", password)),
        None => refuse("Client ID Not Found"),
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::password;
    use crate::sandbox::testing::{answer, refuses, store};

    #[test]
    fn the_owners_sealed_password_is_told_by_id_or_address() {
        let store = store();
        let add = "skipvalidation=1&email=a%40b.example&password2=s3cret";
        answer(&store, "AddClient", add);
        for query in ["userid=7", "email=A%40b.example"] {
            let reply = answer(&store, "GetClientPassword", query);
            assert!(
                password::matches(reply.text("password"), "s3cret"),
                "{query}"
            );
        }
    }

    #[test]
    fn a_client_that_is_not_there_has_no_password() {
        let store = store();
        answer(
            &store,
            "AddClient",
            "skipvalidation=1&owner_user_id=1&email=",
        );
        let message = "Client ID Not Found";
        let cases = [("", message), ("userid=99", message), ("email=x", message)];
        refuses(&store, "GetClientPassword", &cases);
    }
}
