//! `StartTaskTimer` and `EndTaskTimer`.
//!
//! The reference calls `timerid` a task's id. So starting takes a task, by that name or
//! by `taskid`, as node-whmcs's own tests do, and ending takes either a timer, as
//! `GetProject` numbers them, or the task it runs for.

use jiff::tz::Offset;
use rusqlite::params;

use super::given::{given_admin, given_project, named, project, touch};
use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

const TIMER_NOT_SET: &str = "Timer ID Not Set";
const TIMER_NOT_FOUND: &str = "Timer ID Not Found";

/// The timer of a number, or of the task of a number: a running one before a stopped one.
const TO_END: &str = "SELECT id, projectid FROM project_timers \
    WHERE ?1 IN (id, taskid) AND (?2 IS NULL OR projectid = ?2) \
    ORDER BY ended_at = 0 DESC, id = ?1 DESC, id DESC LIMIT 1";

/// Starts a timer on a task, or logs a span of work when its end is sent too.
pub fn start_task_timer(call: &Call) -> Result<Answer, Refusal> {
    let project = project(call, "Project ID is Required")?;
    let task = match call.undocumented_int("taskid") {
        Some(task) => task,
        None => named(call, "timerid", TIMER_NOT_SET)?,
    };
    let found: Option<i64> = call.db.value(
        "SELECT 1 FROM project_tasks WHERE id = ?1 AND projectid = ?2",
        [task, project],
    )?;
    if found.is_none() {
        return refuse(TIMER_NOT_FOUND);
    }
    let admin = given_admin(call)?.unwrap_or(call.caller.admin_id);
    call.db.insert(
        "project_timers",
        &[
            ("projectid", &project),
            ("taskid", &task),
            ("adminid", &admin),
            ("started_at", &seconds(call, "start_time")),
            ("ended_at", &call.int("end_time").max(0)),
        ],
    )?;
    touch(call, project)?;
    call.log(0, &format!("Project Timer Started - Task ID: {task}"))?;
    Ok(Answer::success().with("message", "Start Timer Has Been Set"))
}

/// Stops a timer.
pub fn end_task_timer(call: &Call) -> Result<Answer, Refusal> {
    let project = given_project(call)?;
    let number = named(call, "timerid", TIMER_NOT_SET)?;
    let found: Option<(i64, i64)> = call.db.row(TO_END, params![number, project], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let Some((timer, project)) = found else {
        return refuse(TIMER_NOT_FOUND);
    };
    let admin = given_admin(call)?;
    call.db.update(
        "project_timers",
        timer,
        &[("ended_at", &seconds(call, "end_time"))],
    )?;
    if let Some(admin) = admin {
        call.db
            .update("project_timers", timer, &[("adminid", &admin)])?;
    }
    touch(call, project)?;
    call.log(0, &format!("Project Timer Ended - Timer ID: {timer}"))?;
    Ok(Answer::success().with("message", "Timer Has Ended"))
}

/// The moment in a parameter in Unix seconds; now when there is none.
fn seconds(call: &Call, name: &str) -> i64 {
    match call.int(name) {
        seconds if seconds > 0 => seconds,
        _ => Offset::UTC
            .to_timestamp(call.now)
            .map_or(0, jiff::Timestamp::as_second),
    }
}
