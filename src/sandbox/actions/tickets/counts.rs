//! How many tickets there are: `GetSupportDepartments`, `GetSupportStatuses`, `GetTicketCounts`.

use rusqlite::params_from_iter;

use crate::sandbox::call::Call;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, Value, wrapped};

/// The tickets that are counted: of every department, of the caller's, or of one.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// Every department.
    All,
    /// Those the caller is assigned to.
    Callers,
    /// The department of that id.
    Department(i64),
}

/// A status and how many tickets have it.
#[derive(Debug)]
pub struct ByStatus {
    /// As it is shown.
    pub title: String,
    /// In lower case, letters only.
    pub key: String,
    /// How many tickets.
    pub count: i64,
    /// Of its label, `#779500`.
    pub color: String,
}

impl Scope {
    /// The tickets in the departments of the administrator `?`.
    pub const ASSIGNED: &'static str = "deptid IN (SELECT d.id FROM departments d JOIN admins a \
        ON ',' || a.departments || ',' LIKE '%,' || d.id || ',%' WHERE a.id = ?)";
    /// The tickets whose status is active; `?` is 1.
    pub const ACTIVE: &'static str =
        "status IN (SELECT title FROM ticket_statuses WHERE is_active = ?)";
    /// The tickets that wait for staff; `?` is 1.
    pub const AWAITING: &'static str =
        "status IN (SELECT title FROM ticket_statuses WHERE awaits_reply = ?)";
    /// The open tickets flagged to the administrator `?`.
    pub const FLAGGED: &'static str = "status <> 'Closed' AND flag = ?";

    /// How many tickets in scope a condition with one `?` holds for.
    pub fn count(self, call: &Call, condition: &str, value: i64) -> rusqlite::Result<i64> {
        let (limit, limit_value) = match self {
            Self::All => ("? = 0", 0),
            Self::Callers => (Self::ASSIGNED, call.caller.admin_id),
            Self::Department(id) => ("deptid = ?", id),
        };
        let sql = format!(
            "SELECT COUNT(*) FROM tickets WHERE merged_into = 0 AND {limit} AND {condition}"
        );
        let count = call
            .db
            .value(&sql, params_from_iter([limit_value, value]))?;
        Ok(count.unwrap_or(0))
    }

    /// Every status with its count, in the order of `order`.
    pub fn by_status(self, call: &Call, order: &str) -> rusqlite::Result<Vec<ByStatus>> {
        let statuses = call.db.rows(
            &format!("SELECT id, title, color FROM ticket_statuses ORDER BY {order}"),
            (),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let count = |(id, title, color): (i64, String, String)| {
            let condition = "status = (SELECT title FROM ticket_statuses WHERE id = ?)";
            let letters = title.chars().filter(|c| c.is_alphanumeric());
            Ok(ByStatus {
                key: letters.collect::<String>().to_lowercase(),
                count: self.count(call, condition, id)?,
                title,
                color,
            })
        };
        statuses.into_iter().map(count).collect()
    }
}

/// The caller's departments, or all, with what is open and what waits there.
pub fn get_support_departments(call: &Call) -> Result<Answer, Refusal> {
    let mut departments = Vec::new();
    for id in departments_of(call, call.flag("ignore_dept_assignments"))? {
        let name: Option<String> = call
            .db
            .value("SELECT name FROM departments WHERE id = ?1", [id])?;
        let count = |condition| Scope::Department(id).count(call, condition, 1);
        departments.push(
            Fields::default()
                .with("id", id.to_string())
                .with("name", name)
                .with("awaitingreply", count(Scope::AWAITING)?.to_string())
                .with("opentickets", count(Scope::ACTIVE)?.to_string()),
        );
    }
    Ok(Answer::success()
        .with("totalresults", departments.len())
        .with("departments", wrapped("department", departments)))
}

/// The statuses with their counts, in one department or in all.
pub fn get_support_statuses(call: &Call) -> Result<Answer, Refusal> {
    let scope = call
        .given_int("deptid")
        .filter(|id| *id != 0)
        .map_or(Scope::All, Scope::Department);
    let told = |status: ByStatus| {
        Fields::default()
            .with("title", status.title)
            .with("count", status.count)
            .with("color", status.color)
    };
    let statuses: Vec<_> = scope
        .by_status(call, "position, id")?
        .into_iter()
        .map(told)
        .collect();
    Ok(Answer::success()
        .with("totalresults", statuses.len())
        .with("statuses", wrapped("status", statuses)))
}

/// What is active, waiting and flagged in the caller's departments, or in all.
pub fn get_ticket_counts(call: &Call) -> Result<Answer, Refusal> {
    let takes_all = call.flag("ignoreDepartmentAssignments");
    let scope = if takes_all {
        Scope::All
    } else {
        Scope::Callers
    };
    let admin = call.caller.admin_id;
    let answer = Answer::success()
        .with("filteredDepartments", departments_of(call, takes_all)?)
        .with("allActive", scope.count(call, Scope::ACTIVE, 1)?)
        .with("awaitingReply", scope.count(call, Scope::AWAITING, 1)?)
        .with("flaggedTickets", scope.count(call, Scope::FLAGGED, admin)?);
    if !call.flag("includeCountsByStatus") {
        return Ok(answer);
    }
    let mut statuses = Fields::default();
    for status in scope.by_status(call, "id")? {
        let told = Fields::default()
            .with("title", status.title)
            .with("count", status.count);
        statuses.push(&status.key, Value::Map(told));
    }
    Ok(answer.with("status", statuses))
}

/// The ids of all departments, or of those the caller is assigned to.
fn departments_of(call: &Call, takes_all: bool) -> rusqlite::Result<Vec<i64>> {
    call.db.values(
        "SELECT d.id FROM departments d WHERE ?1 OR \
         (SELECT ',' || departments || ',' FROM admins WHERE id = ?2) LIKE '%,' || d.id || ',%' \
         ORDER BY d.position, d.id",
        rusqlite::params![takes_all, call.caller.admin_id],
    )
}
