//! `GetTickets`.

use super::counts::Scope;
use super::ticket;
use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

const COLUMNS: &str = "id AS \"id:text\", tid, deptid AS \"deptid:text\", client_id AS \"userid:text\", '' AS name, \
    '' AS owner_name, '' AS email, '' AS requestor_name, '' AS requestor_email, '' AS requestor_type, cc, c, date, \
    subject, status, priority, admin, '' AS attachment, '' AS attachments, \
    attachments_removed AS \"attachments_removed:bool\", lastreply, flag AS \"flag:text\", service";

/// A page of tickets, the latest reply first; without those merged into others.
pub fn get_tickets(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(COLUMNS, "tickets");
    listing.found_in("tickets", "id");
    listing.only("merged_into = ?", 0);
    if !call.flag("ignore_dept_assignments") {
        listing.only(Scope::ASSIGNED, call.caller.admin_id);
    }
    if let Some(department) = call.given_int("deptid") {
        listing.only("deptid = ?", department);
    }
    if let Some(client) = call.given_int("clientid") {
        listing.only("client_id = ?", client);
    }
    if let Some(email) = call.given("email") {
        listing.only("email = ?", email.to_owned());
    }
    if let Some(status) = call.given("status") {
        only_status(call, &mut listing, status);
    }
    if let Some(subject) = call.given("subject") {
        listing.containing(&["subject"], subject);
    }
    listing.order("lastreply DESC, id DESC");
    let mut page = listing.page(call)?;
    for record in &mut page.records {
        let id = record.text("id").parse().unwrap_or(0);
        let author = ticket::author(call, "tickets", id)?;
        ticket::complete(call, record, &author, "ticket", id)?;
    }
    Ok(Answer::success()
        .with("totalresults", page.total.to_string())
        .with("startnumber", page.start)
        .with("numreturned", page.returned())
        .with("tickets", wrapped("ticket", page.records)))
}

/// Keeps a status, or one of the three groups that stand in its place.
fn only_status(call: &Call, listing: &mut Listing, status: &str) {
    match status.to_ascii_lowercase().as_str() {
        "awaiting reply" => listing.only(Scope::AWAITING, 1),
        "all active tickets" => listing.only(Scope::ACTIVE, 1),
        "my flagged tickets" => listing.only(Scope::FLAGGED, call.caller.admin_id),
        _ => listing.only("status = ?", status.to_owned()),
    }
}
