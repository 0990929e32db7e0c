//! `ValidateLogin`.

use super::token::token;
use crate::sandbox::call::Call;
use crate::sandbox::password;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// Logs a user in: checks the password, remembers the visit, answers a new token.
///
/// A user with a second factor is not logged in by the password alone, and gets none.
pub fn validate_login(call: &Call) -> Result<Answer, Refusal> {
    const INVALID: &str = "Email or Password Invalid";
    let user: Option<(i64, String, bool)> = call.db.row(
        "SELECT id, password, second_factor <> '' FROM users WHERE email = ?1",
        [call.required("email", INVALID)?],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let (id, sealed, has_second_factor) = user.unwrap_or_default();
    if !password::matches(&sealed, call.text("password2")) {
        return refuse(INVALID);
    }
    let answer = Answer::success().with("userid", id.to_string());
    if has_second_factor {
        return Ok(answer.with("twoFactorEnabled", "true"));
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
    Ok(answer
        .with("passwordhash", token(call))
        .with("twoFactorEnabled", "false"))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, count, is_complete, json, refuses, store};

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

    #[test]
    fn a_second_factor_is_told_and_keeps_the_token_back() {
        let store = store();
        let add = "firstname=A&lastname=B&email=a%40b.example&password2=s3cret";
        answer(&store, "AddUser", add);
        change(
            &store,
            "UPDATE users SET second_factor = 'totp' WHERE id = 7",
        );
        let login = "email=a%40b.example&password2=s3cret";
        assert_eq!(
            json(&store, "ValidateLogin", login),
            r#"{"result":"success","userid":7,"twoFactorEnabled":"true"}"#
        );
        let sql = "SELECT COUNT(*) FROM users WHERE id = 7 AND last_ip = ''";
        assert_eq!(count(&store, sql), 1);
    }

    #[test]
    fn a_password_of_any_signs_is_compared_as_it_is() {
        let store = store();
        let add = "firstname=A&lastname=B&email=a%40b.example&password2=%26%C3%A4+%3D";
        answer(&store, "AddUser", add);
        let login = |password: &str| {
            let query = format!("email=a%40b.example&password2={password}");
            answer(&store, "ValidateLogin", &query)
                .text("result")
                .to_owned()
        };
        assert_eq!(login("%26%C3%A4+%3D"), "success");
        assert_eq!(login("%26%C3%A4+"), "error");
    }
}
