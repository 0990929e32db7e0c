//! `SendAdminEmail` and `TriggerNotificationEvent`: word for the staff.

use crate::sandbox::call::Call;
use crate::sandbox::mail::Letter;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, Fields};

/// Records a mail to the staff; a template counts only when there is no text of its own.
pub fn send_admin_email(call: &Call) -> Result<Answer, Refusal> {
    let text = match call.given("custommessage") {
        Some(message) => Fields::default()
            .with("subject", call.text("customsubject"))
            .with("message", message),
        None => template(call)?,
    };
    let merge: Vec<(&str, &str)> = call.array("mergefields").map_or_else(Vec::new, |fields| {
        fields
            .iter()
            .filter_map(|(name, value)| Some((name, value.text()?)))
            .collect()
    });
    let letter = Letter {
        kind: "admin",
        subject: text.text("subject"),
        message: text.text("message"),
        merge: &merge,
        copies: "",
    };
    for recipient in recipients(call)? {
        call.post(0, &recipient, "", &letter)?;
    }
    Ok(Answer::success())
}

fn template(call: &Call) -> Result<Fields, Refusal> {
    let found = call.db.record(
        "SELECT subject, message FROM email_templates \
         WHERE name = ?1 COLLATE NOCASE AND type = 'admin' AND language = '' AND disabled = 0",
        [call.text("messagename")],
    )?;
    found.map_or_else(|| refuse("Email Template not found"), Ok)
}

/// The addresses of the staff, or of those a department's tickets concern.
fn recipients(call: &Call) -> rusqlite::Result<Vec<String>> {
    let department = match call.text("type") {
        "support" => call.int("deptid"),
        _ => 0,
    };
    call.db.values(
        "SELECT email FROM admins WHERE disabled = 0 \
         AND (?1 = 0 OR ',' || departments || ',' LIKE '%,' || ?1 || ',%') ORDER BY id",
        [department],
    )
}

/// Takes a notification; there are no rules here that could act on it, so it is only logged.
pub fn trigger_notification_event(call: &Call) -> Result<Answer, Refusal> {
    let identifier = call.required(
        "notification_identifier",
        "API Notification Events require a identifier string to be passed.",
    )?;
    let title = call.required(
        "title",
        "API Notification Events require a title to be provided.",
    )?;
    call.required(
        "message",
        "API Notification Events require a message to be provided.",
    )?;
    call.log(0, &format!("Notification Event: {identifier} - {title}"))?;
    Ok(Answer::success())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::testing::{answer, change, column, count, refuses, store};

    #[test]
    fn a_template_or_a_text_is_filled_in_and_goes_to_the_staff() {
        let store = store();
        for query in [
            "messagename=new+order+notification&type=system&mergefields[order_id]=7",
            "customsubject=Hi&custommessage=Order+{$order_id}+now&mergefields[order_id]=8",
        ] {
            assert_eq!(answer(&store, "SendAdminEmail", query), Answer::success());
        }
        for text in ["<p>Order 7 has been placed.</p>", "Order 8 now"] {
            let sql = format!(
                "SELECT COUNT(*) FROM emails WHERE client_id = 0 AND recipient = 'admin@example.com' AND message = '{text}'"
            );
            assert_eq!(count(&store, &sql), 1, "{text}");
        }
        let missing = "Email Template not found";
        let cases = [
            ("", missing),
            ("messagename=Frobnicate", missing),
            ("messagename=Client+Signup+Email", missing),
        ];
        refuses(&store, "SendAdminEmail", &cases);
    }

    #[test]
    fn word_of_a_department_goes_to_its_staff_only() {
        let store = store();
        change(&store, "UPDATE admins SET disabled = 0");
        let sent = |query: &str| {
            let before = count(&store, "SELECT COUNT(*) FROM emails");
            answer(&store, "SendAdminEmail", query);
            count(&store, "SELECT COUNT(*) FROM emails") - before
        };
        assert_eq!(sent("custommessage=x&type=support&deptid=1"), 1);
        assert_eq!(sent("custommessage=x&type=system&deptid=1"), 2);
    }

    #[test]
    fn a_notification_needs_an_identifier_a_title_and_a_message() {
        let store = store();
        let cases = [
            (
                "",
                "API Notification Events require a identifier string to be passed.",
            ),
            (
                "notification_identifier=x",
                "API Notification Events require a title to be provided.",
            ),
            (
                "notification_identifier=x&title=y",
                "API Notification Events require a message to be provided.",
            ),
        ];
        refuses(&store, "TriggerNotificationEvent", &cases);
        let query = "notification_identifier=backup&title=Failed&message=m&attributes[0][label]=a&attributes[0][value]=b";
        assert_eq!(
            answer(&store, "TriggerNotificationEvent", query),
            Answer::success()
        );
        let log = answer(&store, "GetActivityLog", "limitnum=1");
        assert_eq!(
            column(&log, "activity.entry", "description"),
            ["Notification Event: backup - Failed"]
        );
    }
}
