//! What a call says of a project: the project, its people, a day.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};

/// A day that was never set.
pub(super) const NO_DAY: &str = "0000-00-00";

pub(super) const PROJECT_NOT_FOUND: &str = "Project ID Not Found";

/// The project of a call, which must be named, in the words of the action, and there.
pub(super) fn project(call: &Call, missing: &str) -> Result<i64, Refusal> {
    named(call, "projectid", missing)?;
    call.existing("projectid", "projects", PROJECT_NOT_FOUND)
}

/// The project of a call that need not name one.
pub(super) fn given_project(call: &Call) -> Result<Option<i64>, Refusal> {
    match call.given_int("projectid") {
        None | Some(0) => Ok(None),
        Some(_) => call
            .existing("projectid", "projects", PROJECT_NOT_FOUND)
            .map(Some),
    }
}

/// The administrator a call names, who must be there.
pub(super) fn given_admin(call: &Call) -> Result<Option<i64>, Refusal> {
    match call.given_int("adminid") {
        None | Some(0) => Ok(None),
        Some(_) => call
            .existing("adminid", "admins", "Admin ID Not Found")
            .map(Some),
    }
}

/// The client a call names, who must be there.
pub(super) fn given_client(call: &Call) -> Result<Option<i64>, Refusal> {
    match call.given_int("userid") {
        None | Some(0) => Ok(None),
        Some(_) => call
            .existing("userid", "clients", "Client ID Not Found")
            .map(Some),
    }
}

/// The number in a parameter that must not be zero.
pub(super) fn named(call: &Call, name: &str, missing: &str) -> Result<i64, Refusal> {
    match call.int(name) {
        0 => refuse(missing),
        id => Ok(id),
    }
}

/// Moves the moment a project was last changed at.
pub(super) fn touch(call: &Call, project: i64) -> rusqlite::Result<()> {
    call.db
        .update("projects", project, &[("lastmodified", &call.moment())])?;
    Ok(())
}

/// The day in a parameter as the tables hold it, or another when it is none.
pub(super) fn day(call: &Call, name: &str, otherwise: &str) -> String {
    call.date(name)
        .map_or_else(|| otherwise.to_owned(), |day| day.to_string())
}
