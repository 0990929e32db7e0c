//! The Project Management group: projects with tasks, messages and timers.
//!
//! The add-on counts as active while the setting `ActiveAddonModules` names it. What
//! is done to a project or to anything in it moves the project's `lastmodified`.

mod given;
mod messages;
mod read;
mod tasks;
#[cfg(test)]
mod tests;
mod timers;
mod write;

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddProjectMessage", messages::add_project_message),
    ("AddProjectTask", tasks::add_project_task),
    ("CreateProject", write::create_project),
    ("DeleteProjectTask", tasks::delete_project_task),
    ("EndTaskTimer", timers::end_task_timer),
    ("GetProject", read::get_project),
    ("GetProjects", read::get_projects),
    ("StartTaskTimer", timers::start_task_timer),
    ("UpdateProject", write::update_project),
    ("UpdateProjectTask", tasks::update_project_task),
];
