//! The Authentication group: `ValidateLogin`.

use super::Handler;
use crate::sandbox::call::Call;
use crate::sandbox::password;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The actions of this file.
pub const ACTIONS: &[(&str, Handler)] = &[("ValidateLogin", validate_login)];

const TOKEN: usize = 40;

/// Logs a user in: checks the password, remembers the visit, answers a new token.
fn validate_login(call: &Call) -> Result<Answer, Refusal> {
    const INVALID: &str = "Email or Password Invalid";
    let user: Option<(i64, String)> = call.db.row(
        "SELECT id, password FROM users WHERE email = ?1",
        [call.required("email", INVALID)?],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (id, sealed) = user.unwrap_or_default();
    if !password::matches(&sealed, call.text("password2")) {
        return refuse(INVALID);
    }
    let from = call.caller.ip.to_string();
    call.db.update(
        "users",
        id,
        &[
            ("last_login", &call.moment()),
            ("last_ip", &from),
            ("last_hostname", &from),
        ],
    )?;
    let mut token = format!("{}{}", call.db.uuid(), call.db.uuid()).replace('-', "");
    token.truncate(TOKEN);
    Ok(Answer::success()
        .with("userid", id.to_string())
        .with("passwordhash", token)
        .with("twoFactorEnabled", "false"))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, count, is_complete, refuses, store};

    #[test]
    fn the_password_a_client_signed_up_with_logs_its_user_in() {
        let store = store();
        let add = "skipvalidation=1&email=a%40b.example&password2=s3cret";
        answer(&store, "AddClient", add);
        let login = "email=A%40b.example&password2=s3cret";
        let reply = answer(&store, "ValidateLogin", login);
        is_complete("ValidateLogin", &reply);
        assert_eq!(reply.text("userid"), "7");
        assert_eq!(reply.text("passwordhash").len(), 40);
        let again = answer(&store, "ValidateLogin", login);
        assert_ne!(reply.text("passwordhash"), again.text("passwordhash"));
        let sql = "SELECT COUNT(*) FROM users WHERE id = 7 AND last_ip = '127.0.0.1'";
        assert_eq!(count(&store, sql), 1);
    }

    #[test]
    fn nothing_says_which_half_was_wrong() {
        let store = store();
        let invalid = "Email or Password Invalid";
        let cases = [
            ("", invalid),
            ("email=x%40y.example&password2=x", invalid),
            ("email=zoe.mueller%40example.com&password2=", invalid),
            ("email=zoe.mueller%40example.com&password2=x", invalid),
        ];
        refuses(&store, "ValidateLogin", &cases);
    }
}
