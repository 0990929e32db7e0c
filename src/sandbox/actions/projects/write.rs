//! `CreateProject` and `UpdateProject`.

use super::given::{day, given_admin, given_client, named, project};
use crate::sandbox::addon_modules;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The status of a project that was given none.
const FIRST_STATUS: &str = "Pending";

/// Creates a project, begun and due today unless told otherwise.
pub fn create_project(call: &Call) -> Result<Answer, Refusal> {
    let client = given_client(call)?.unwrap_or(0);
    named(call, "adminid", "Admin ID not Set")?;
    let admin = given_admin(call)?.unwrap_or(0);
    if !addon_modules::is_active(call.db, "project_management")? {
        return refuse("Project Management is not active.");
    }
    let title = call.required("title", "Project Title is Required.")?;
    let created = day(call, "created", &call.today());
    let project = call.db.insert(
        "projects",
        &[
            ("userid", &client),
            ("title", &title),
            ("ticketids", &list(call, "ticketids")),
            ("invoiceids", &list(call, "invoiceids")),
            ("adminid", &admin),
            ("status", &call.given("status").unwrap_or(FIRST_STATUS)),
            ("duedate", &day(call, "duedate", &created)),
            ("created", &created),
            ("completed", &call.flag("completed")),
            ("lastmodified", &call.moment()),
        ],
    )?;
    call.log(client, &format!("Project Created - Project ID: {project}"))?;
    Ok(Answer::success()
        .with("message", "Project has been created")
        .with("projectid", project.to_string()))
}

/// Changes what is sent of a project.
pub fn update_project(call: &Call) -> Result<Answer, Refusal> {
    let project = project(call, "Project ID Not Set")?;
    let client = given_client(call)?;
    let admin = given_admin(call)?;
    let mut changes = Changes::default();
    for (column, id) in [("userid", client), ("adminid", admin)] {
        if let Some(id) = id {
            changes.set(column, id);
        }
    }
    for name in ["title", "status"] {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    for name in ["created", "duedate"] {
        if let Some(day) = call.date(name) {
            changes.set(name, day.to_string());
        }
    }
    for name in ["ticketids", "invoiceids"] {
        if call.raw(name).is_some() {
            changes.set(name, list(call, name));
        }
    }
    changes.flags(call, &["completed"]);
    changes.texts(call, &["notes"]);
    changes.set("lastmodified", call.moment());
    changes.apply(call, "projects", project)?;
    call.log(0, &format!("Project Updated - Project ID: {project}"))?;
    Ok(Answer::success().with("message", "Project Has Been Updated"))
}

/// A list of ids with commas, as it is kept.
fn list(call: &Call, name: &str) -> String {
    let ids = call.ids(name).into_iter().filter(|id| *id > 0);
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}
