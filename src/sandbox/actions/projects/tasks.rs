//! `AddProjectTask`, `UpdateProjectTask` and `DeleteProjectTask`.

use rusqlite::params;

use super::given::{NO_DAY, day, given_admin, given_project, named, project, touch};
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const TASK_NOT_SET: &str = "Task ID is Required";
const TASK_NOT_FOUND: &str = "Task ID Not Found";

/// Adds a task at the end of a project's list; it is nobody's unless told whose.
pub fn add_project_task(call: &Call) -> Result<Answer, Refusal> {
    let project = project(call, "Project ID not Set")?;
    let admin = given_admin(call)?.unwrap_or(0);
    let task = call.required("task", "A task description must be specified")?;
    let last: Option<i64> = call.db.value(
        "SELECT COALESCE(MAX(position), 0) FROM project_tasks WHERE projectid = ?1",
        [project],
    )?;
    call.db.insert(
        "project_tasks",
        &[
            ("projectid", &project),
            ("task", &task),
            ("notes", &call.text("notes")),
            ("adminid", &admin),
            ("created", &call.moment()),
            ("duedate", &day(call, "duedate", NO_DAY)),
            ("completed", &call.flag("completed")),
            ("billed", &call.flag("billed")),
            ("position", &(last.unwrap_or(0) + 1)),
        ],
    )?;
    touch(call, project)?;
    call.log(0, &format!("Project Task Added - Project ID: {project}"))?;
    Ok(Answer::success().with("message", "Task has been added"))
}

/// Changes what is sent of a task; its timers follow it to another project.
pub fn update_project_task(call: &Call) -> Result<Answer, Refusal> {
    named(call, "taskid", TASK_NOT_SET)?;
    let project = given_project(call)?;
    let task = call.existing("taskid", "project_tasks", TASK_NOT_FOUND)?;
    let admin = given_admin(call)?;
    let mut changes = Changes::default();
    if let Some(admin) = admin {
        changes.set("adminid", admin);
    }
    if let Some(text) = call.given("task") {
        changes.set("task", text.to_owned());
    }
    if let Some(day) = call.date("duedate") {
        changes.set("duedate", day.to_string());
    }
    changes.texts(call, &["notes"]);
    changes.flags(call, &["completed"]);
    if let Some(project) = project {
        changes.set("projectid", project);
        call.db.run(
            "UPDATE project_timers SET projectid = ?2 WHERE taskid = ?1",
            [task, project],
        )?;
    }
    // Before and after, for a task that moves changes two projects.
    touch_of(call, task)?;
    changes.apply(call, "project_tasks", task)?;
    touch_of(call, task)?;
    call.log(0, &format!("Project Task Updated - Task ID: {task}"))?;
    // The reference's table of fields has these words; its example repeats AddProjectTask's.
    Ok(Answer::success().with("message", "Task has been updated"))
}

/// Deletes a task of a project, and its timers.
pub fn delete_project_task(call: &Call) -> Result<Answer, Refusal> {
    named(call, "projectid", "Project ID is Required")?;
    let task = named(call, "taskid", TASK_NOT_SET)?;
    let project = project(call, "Project ID is Required")?;
    let deleted = call.db.run(
        "DELETE FROM project_tasks WHERE id = ?1 AND projectid = ?2",
        params![task, project],
    )?;
    if deleted == 0 {
        return refuse(TASK_NOT_FOUND);
    }
    call.db
        .run("DELETE FROM project_timers WHERE taskid = ?1", [task])?;
    touch(call, project)?;
    call.log(0, &format!("Project Task Deleted - Task ID: {task}"))?;
    Ok(Answer::success().with("message", "Task has been deleted"))
}

fn touch_of(call: &Call, task: i64) -> rusqlite::Result<()> {
    let project: Option<i64> = call
        .db
        .value("SELECT projectid FROM project_tasks WHERE id = ?1", [task])?;
    project.map_or(Ok(()), |project| touch(call, project))
}
