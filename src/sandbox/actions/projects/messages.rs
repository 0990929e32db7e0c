//! `AddProjectMessage`.

use super::given::{given_admin, project, touch};
use crate::sandbox::call::Call;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::Answer;

/// Posts a message in the name of an administrator, the caller's own unless told.
pub fn add_project_message(call: &Call) -> Result<Answer, Refusal> {
    let project = project(call, "Project ID not Set")?;
    let message = call.required("message", "Message not Entered")?;
    let admin = given_admin(call)?.unwrap_or(call.caller.admin_id);
    call.db.insert(
        "project_messages",
        &[
            ("projectid", &project),
            ("date", &call.moment()),
            ("message", &message),
            ("adminid", &admin),
        ],
    )?;
    touch(call, project)?;
    call.log(0, &format!("Project Message Added - Project ID: {project}"))?;
    Ok(Answer::success().with("message", "Message has been added"))
}
