//! `GetProject` and `GetProjects`.

use super::given::project;
use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

const PROJECT: &str = "SELECT id AS \"id:text\", userid AS \"userid:text\", title, '' AS attachments, ticketids, \
    invoiceids, notes, adminid AS \"adminid:text\", status, created, duedate, completed AS \"completed:text\", \
    lastmodified FROM projects WHERE id = ?1";

const TASKS: &str = "SELECT id AS \"id:text\", projectid AS \"projectid:text\", task, notes, \
    adminid AS \"adminid:text\", created, duedate, completed AS \"completed:text\", billed AS \"billed:text\", \
    position AS \"order:text\" FROM project_tasks WHERE projectid = ?1 ORDER BY position, id";

/// A running timer has no end.
const TIMERS: &str = "SELECT id AS \"id:text\", projectid AS \"projectid:text\", taskid AS \"taskid:text\", \
    adminid AS \"adminid:text\", started_at AS \"start:text\", \
    CASE ended_at WHEN 0 THEN '' ELSE CAST(ended_at AS TEXT) END AS end, '0' AS donotbill, \
    COALESCE(datetime(started_at, 'unixepoch'), '') AS starttime, \
    CASE ended_at WHEN 0 THEN '' ELSE COALESCE(datetime(ended_at, 'unixepoch'), '') END AS endtime \
    FROM project_timers WHERE taskid = ?1 ORDER BY id";

const MESSAGES: &str = "SELECT id AS \"id:text\", projectid AS \"projectid:text\", date, message, '' AS attachments, \
    adminid AS \"adminid:text\" FROM project_messages WHERE projectid = ?1 ORDER BY id";

/// A project with its tasks, their timers, and its messages.
pub fn get_project(call: &Call) -> Result<Answer, Refusal> {
    let project = project(call, "Project ID Not Set")?;
    let mut tasks = call.db.records(TASKS, [project])?;
    for task in &mut tasks {
        let timers = call.db.records(TIMERS, [task.text("id")])?;
        if timers.is_empty() {
            // The reference shows a task without timers so.
            task.push("timelogs", "");
        } else {
            task.push("timelogs", wrapped("timelog", timers));
        }
    }
    let messages = call.db.records(MESSAGES, [project])?;
    Ok(Answer::success()
        .with("projectinfo", call.db.record(PROJECT, [project])?)
        .with("tasks", wrapped("task", tasks))
        .with("messages", wrapped("message", messages)))
}

/// A page of projects, by any of their fields.
pub fn get_projects(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, userid, title, ticketids, invoiceids, notes, adminid, status, created, duedate, completed, \
         lastmodified, '' AS watchers",
        "projects",
    );
    for (name, condition) in [("userid", "userid = ?"), ("adminid", "adminid = ?")] {
        if let Some(id) = call.given_int(name) {
            listing.only(condition, id);
        }
    }
    for (name, condition) in [
        ("title", "title = ?"),
        ("notes", "notes = ?"),
        ("status", "status = ?"),
        ("created", "created = ?"),
        ("duedate", "duedate = ?"),
    ] {
        if let Some(text) = call.given(name) {
            listing.only(condition, text.to_owned());
        }
    }
    listing.with_ids("ticketids", &call.ids("ticketids"));
    listing.with_ids("invoiceids", &call.ids("invoiceids"));
    if call.given("completed").is_some() {
        listing.only("completed = ?", i64::from(call.flag("completed")));
    }
    if let Some(moment) = call.given("lastmodified") {
        listing.starting(&["lastmodified"], moment);
    }
    listing.order("id");
    let page = listing.page(call)?;
    let answer = page.counted();
    Ok(answer.with("projects", page.records))
}
