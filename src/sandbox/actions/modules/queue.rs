//! `GetModuleQueue`: what modules failed at and has not succeeded since.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// Everything that waits, the oldest first, narrowed by what was sent.
pub fn get_module_queue(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id AS \"id:text\", service_type AS serviceType, service_id AS \"serviceId:text\", module AS moduleName, \
         action AS moduleAction, last_attempt AS lastAttempt, last_error AS lastAttemptError, \
         retries AS \"numRetries:text\", completed AS \"completed:text\", created_at AS createdAt, \
         updated_at AS updatedAt",
        "module_queue",
    );
    listing.only("completed = ?", 0);
    if let Some(id) = call.given_int("relatedId") {
        listing.only("service_id = ?", id);
    }
    for (name, condition) in [
        ("serviceType", "service_type = ? COLLATE NOCASE"),
        ("moduleName", "module = ? COLLATE NOCASE"),
        ("moduleAction", "action = ? COLLATE NOCASE"),
        // A day alone is less than any moment of it.
        ("since", "last_attempt >= ?"),
    ] {
        if let Some(text) = call.given(name) {
            listing.only(condition, text.to_owned());
        }
    }
    listing.order("id");
    let queue = listing.all(call)?;
    Ok(Answer::success()
        .with("count", queue.len().to_string())
        .with("queue", queue))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    #[test]
    fn what_failed_is_listed_by_what_it_was_until_it_succeeds() {
        let store = store();
        assert_eq!(
            json(&store, "GetModuleQueue", ""),
            r#"{"result":"success","count":0,"queue":[]}"#
        );
        change(&store, "UPDATE servers SET disabled = 1");
        answer(&store, "ModuleCreate", "serviceid=3");
        change(&store, "DELETE FROM registrars");
        answer(&store, "DomainRenew", "domainid=1");
        is_complete("GetModuleQueue", &answer(&store, "GetModuleQueue", ""));
        for (query, found) in [
            ("", vec!["CreateAccount", "RenewDomain"]),
            ("relatedId=3&serviceType=service", vec!["CreateAccount"]),
            ("serviceType=domain", vec!["RenewDomain"]),
            ("serviceType=addon", vec![]),
            ("moduleName=cpanel", vec!["CreateAccount"]),
            ("moduleAction=RenewDomain", vec!["RenewDomain"]),
            ("since=2020-01-01", vec!["CreateAccount", "RenewDomain"]),
            ("since=2999-01-01+09:00:00", vec![]),
        ] {
            let queue = answer(&store, "GetModuleQueue", query);
            assert_eq!(column(&queue, "queue", "moduleAction"), found, "{query}");
            assert_eq!(queue.text("count"), found.len().to_string());
        }
        change(&store, "UPDATE servers SET disabled = 0");
        answer(&store, "ModuleCreate", "serviceid=3");
        let queue = answer(&store, "GetModuleQueue", "");
        assert_eq!(column(&queue, "queue", "moduleAction"), ["RenewDomain"]);
    }
}
