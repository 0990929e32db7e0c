//! `GetEmails`: the mail a client was sent.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

const COLUMNS: &str = "id, client_id AS userid, subject, message, date, recipient AS \"to\", cc, bcc, \
    NULL AS attachments, 0 AS pending, NULL AS message_data, 0 AS failed, '' AS failure_reason, 0 AS retry_count, \
    NULL AS created_at, NULL AS updated_at, 0 AS campaign_id";

/// A page of a client's mail, of a moment or with a subject like a text.
pub fn get_emails(call: &Call) -> Result<Answer, Refusal> {
    let client = call
        .existing("clientid", "clients", "Client ID Not Found")
        .map_err(Refusal::by_status)?;
    let mut listing = Listing::new(COLUMNS, "emails");
    listing.only("client_id = ?", client);
    if let Some(moment) = call.given("date") {
        // A day alone is every moment of it.
        listing.only("instr(date, ?) = 1", moment.to_owned());
    }
    if let Some(subject) = call.given("subject") {
        listing.containing(&["subject"], subject);
    }
    listing.order("id");
    let page = listing.page(call)?;
    Ok(page
        .counted()
        .with("emails", wrapped("email", page.records)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    fn with_mail() -> Store {
        let store = store();
        change(
            &store,
            "INSERT INTO emails (client_id, subject, message, date, recipient) VALUES \
             (2, 'Welcome', '<p>Hi</p>', '2026-01-02 03:04:05', 'S O <s@example.net>'), \
             (3, 'Welcome', 'x', '2026-01-02 03:04:05', 'x'), (2, 'Your 100% bill', 'x', '2026-02-03 04:05:06', 'x')",
        );
        store
    }

    #[test]
    fn mail_is_told_with_the_documented_fields() {
        let store = with_mail();
        assert_eq!(
            json(&store, "GetEmails", "clientid=2&limitnum=1"),
            r#"{"result":"success","totalresults":2,"startnumber":0,"numreturned":1,"emails":{"email":[{"id":1,"userid":2,"subject":"Welcome","message":"<p>Hi<\/p>","date":"2026-01-02 03:04:05","to":"S O <s@example.net>","cc":"","bcc":"","attachments":null,"pending":0,"message_data":null,"failed":0,"failure_reason":"","retry_count":0,"created_at":null,"updated_at":null,"campaign_id":0}]}}"#
        );
        is_complete("GetEmails", &answer(&store, "GetEmails", "clientid=2"));
    }

    #[test]
    fn mail_is_found_by_moment_and_by_a_part_of_the_subject() {
        let store = with_mail();
        let ids = |query| column(&answer(&store, "GetEmails", query), "emails.email", "id");
        for (query, found) in [
            ("clientid=2", vec!["1", "3"]),
            ("clientid=2&date=2026-02-03+04:05:06", vec!["3"]),
            ("clientid=2&date=2026-02-03", vec!["3"]),
            ("clientid=2&date=02-03", vec![]),
            ("clientid=2&subject=BILL", vec!["3"]),
            ("clientid=2&subject=0%25+b", vec!["3"]),
            ("clientid=2&subject=0_b", vec![]),
            ("clientid=6", vec![]),
        ] {
            assert_eq!(ids(query), found, "{query}");
        }
    }

    #[test]
    fn a_missing_client_is_told_by_result_and_status() {
        for query in ["", "clientid=99"] {
            assert_eq!(
                json(&store(), "GetEmails", query),
                r#"{"result":"error","status":"error","message":"Client ID Not Found"}"#
            );
        }
    }
}
