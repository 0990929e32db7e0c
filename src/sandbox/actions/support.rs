//! The Support group's notes and requests on clients and services.

use super::Handler;
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The actions of this file.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddCancelRequest", add_cancel_request),
    ("AddClientNote", add_client_note),
];

/// Asks for the end of a service, now or when its billing period ends.
fn add_cancel_request(call: &Call) -> Result<Answer, Refusal> {
    const LATER: &str = "End of Billing Period";
    let service = call.existing("serviceid", "services", "Service ID Not Found")?;
    let earlier: Option<i64> = call.db.value(
        "SELECT 1 FROM cancel_requests WHERE service_id = ?1",
        [service],
    )?;
    if earlier.is_some() {
        return refuse("Existing Cancellation Request Exists");
    }
    let kind = match call.text("type") {
        now if now.eq_ignore_ascii_case("Immediate") => "Immediate",
        _ => LATER,
    };
    let moment = call.moment();
    call.db.insert(
        "cancel_requests",
        &[
            ("date", &moment),
            ("service_id", &service),
            ("reason", &call.text("reason")),
            ("type", &kind),
            ("created_at", &moment),
            ("updated_at", &moment),
        ],
    )?;
    let client: Option<i64> = call
        .db
        .value("SELECT client_id FROM services WHERE id = ?1", [service])?;
    let client = client.unwrap_or(0);
    call.mail(client, "Cancellation Request Confirmation", &[])?;
    call.log(
        client,
        &format!("Cancellation Requested ({kind}) - Service ID: {service}"),
    )?;
    Ok(Answer::success()
        .with("serviceid", service.to_string())
        .with("userid", client.to_string()))
}

/// Adds a note that only staff can see.
fn add_client_note(call: &Call) -> Result<Answer, Refusal> {
    let client = call.existing("userid", "clients", "Client ID not found")?;
    let note = call.required("notes", "Notes can not be empty")?;
    let moment = call.moment();
    let id = call.db.insert(
        "client_notes",
        &[
            ("client_id", &client),
            ("admin_id", &call.caller.admin_id),
            ("created", &moment),
            ("modified", &moment),
            ("note", &note),
            ("sticky", &call.flag("sticky")),
        ],
    )?;
    call.log(client, &format!("Added Note - Note ID: {id}"))?;
    Ok(Answer::success().with("noteid", id.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, column, count, json, refuses, store};

    #[test]
    fn a_request_is_kept_once_a_service_with_its_type_and_reason() {
        let store = store();
        assert_eq!(
            json(
                &store,
                "AddCancelRequest",
                "serviceid=2&type=immediate&reason=Too+dear"
            ),
            r#"{"result":"success","serviceid":"2","userid":3}"#
        );
        assert_eq!(
            answer(&store, "AddCancelRequest", "serviceid=1").text("userid"),
            "1"
        );
        let list = answer(&store, "GetCancelledPackages", "");
        let types = column(&list, "packages.package", "type");
        assert_eq!(types, ["Immediate", "End of Billing Period"]);
        assert_eq!(
            column(&list, "packages.package", "reason"),
            ["Too dear", ""]
        );
        let mails = answer(&store, "GetEmails", "clientid=3");
        assert_eq!(
            column(&mails, "emails.email", "subject"),
            ["Cancellation Request Confirmation"]
        );
        let cases = [
            ("serviceid=2", "Existing Cancellation Request Exists"),
            ("serviceid=99", "Service ID Not Found"),
            ("", "Service ID Not Found"),
        ];
        refuses(&store, "AddCancelRequest", &cases);
    }

    #[test]
    fn a_note_needs_a_client_and_a_text() {
        let store = store();
        assert_eq!(
            json(&store, "AddClientNote", "userid=3&notes=Likes+tea&sticky=1"),
            r#"{"result":"success","noteid":1}"#
        );
        let sql = "SELECT COUNT(*) FROM client_notes WHERE client_id = 3 AND admin_id = 1 AND note = 'Likes tea' AND sticky = 1";
        assert_eq!(count(&store, sql), 1);
        let cases = [
            ("userid=99&notes=x", "Client ID not found"),
            ("userid=3", "Notes can not be empty"),
            ("userid=3&notes=+", "Notes can not be empty"),
        ];
        refuses(&store, "AddClientNote", &cases);
    }
}
