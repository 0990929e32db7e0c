//! The module queue: what a module was asked to do and failed at, until it succeeds.
//!
//! A failure is written down although its call is answered with an error, so an
//! action returns that answer as a success of its transaction.

use rusqlite::params;

use super::call::Call;
use super::refusal::Refusal;
use super::reply::Answer;

/// What a module is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct Command<'c> {
    /// `service`, `domain` or `addon`.
    pub service_type: &'static str,
    /// The id of that service, domain or addon.
    pub service_id: i64,
    /// The client it belongs to.
    pub client_id: i64,
    /// The module's system name.
    pub module: &'c str,
    /// The module's function, such as `CreateAccount`.
    pub action: &'c str,
}

impl Command<'_> {
    /// Notes a failure in the module's own words; the answer is an error with the message.
    pub fn failed(self, call: &Call, words: &str, message: &str) -> rusqlite::Result<Answer> {
        let moment = call.moment();
        let again = call.db.run(
            "UPDATE module_queue SET last_attempt = ?4, last_error = ?5, retries = retries + 1, updated_at = ?4 \
             WHERE service_type = ?1 AND service_id = ?2 AND action = ?3 AND completed = 0",
            params![self.service_type, self.service_id, self.action, moment, words],
        )?;
        if again == 0 {
            call.db.insert(
                "module_queue",
                &[
                    ("service_type", &self.service_type),
                    ("service_id", &self.service_id),
                    ("module", &self.module),
                    ("action", &self.action),
                    ("last_attempt", &moment),
                    ("last_error", &words),
                    ("created_at", &moment),
                    ("updated_at", &moment),
                ],
            )?;
        }
        self.log(call, &format!("Failed - Error: {words}"))?;
        Ok(Refusal::says(message).into_reply())
    }

    /// Notes a success, which also ends what waited in the queue for it.
    pub fn succeeded(self, call: &Call) -> rusqlite::Result<Answer> {
        call.db.run(
            "UPDATE module_queue SET completed = 1, updated_at = ?4 \
             WHERE service_type = ?1 AND service_id = ?2 AND action = ?3 AND completed = 0",
            params![
                self.service_type,
                self.service_id,
                self.action,
                call.moment()
            ],
        )?;
        self.log(call, "Successful")?;
        Ok(Answer::success())
    }

    fn log(self, call: &Call, outcome: &str) -> rusqlite::Result<()> {
        let owner = match self.service_type {
            "domain" => "Domain ID",
            "addon" => "Addon ID",
            _ => "Service ID",
        };
        let (words, id) = (words(self.action), self.service_id);
        call.log(
            self.client_id,
            &format!("Module {words} {outcome} - {owner}: {id}"),
        )
    }
}

/// A function as the activity log has it: `CreateAccount` is `Create`, `ChangePackage` is `Change Package`.
fn words(action: &str) -> String {
    let mut words = String::new();
    for letter in action.strip_suffix("Account").unwrap_or(action).chars() {
        if letter.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push(' ');
        }
        words.push(letter);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn the_log_tells_of_functions_in_words() {
        for (action, told) in [
            ("CreateAccount", "Create"),
            ("ChangePackage", "Change Package"),
            ("GetEPPCode", "Get EPPCode"),
            ("reboot", "reboot"),
        ] {
            assert_eq!(words(action), told);
        }
    }
}
