//! `GetCancelledPackages`: the requests to cancel a service.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// A page of cancellation requests.
pub fn get_cancelled_packages(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id AS \"id:text\", date, service_id AS \"relid:text\", reason, type, created_at, updated_at",
        "cancel_requests",
    );
    listing.order("id");
    let page = listing.page(call)?;
    Ok(page
        .counted_in_text()
        .with("packages", wrapped("package", page.records)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    #[test]
    fn requests_are_listed_page_by_page() {
        let store = store();
        for service in [3, 1, 2] {
            answer(&store, "AddCancelRequest", &format!("serviceid={service}"));
        }
        change(
            &store,
            "UPDATE cancel_requests SET date = '2026-01-02 03:04:05', created_at = date, updated_at = date, reason = 'dear'",
        );
        change(
            &store,
            "UPDATE cancel_requests SET created_at = date, updated_at = date",
        );
        let whole = answer(&store, "GetCancelledPackages", "");
        assert_eq!(column(&whole, "packages.package", "relid"), ["3", "1", "2"]);
        is_complete("GetCancelledPackages", &whole);
        assert_eq!(
            json(&store, "GetCancelledPackages", "limitstart=2&limitnum=1"),
            r#"{"result":"success","totalresults":3,"startnumber":2,"numreturned":1,"packages":{"package":[{"id":3,"date":"2026-01-02 03:04:05","relid":2,"reason":"dear","type":"End of Billing Period","created_at":"2026-01-02 03:04:05","updated_at":"2026-01-02 03:04:05"}]}}"#
        );
    }
}
