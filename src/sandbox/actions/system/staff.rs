//! `GetStaffOnline` and `UpdateAdminNotes`.

use crate::sandbox::call::Call;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::{Answer, wrapped};

/// The staff who are logged in; the caller is seen at this moment.
pub fn get_staff_online(call: &Call) -> Result<Answer, Refusal> {
    call.db.run(
        "UPDATE admin_sessions SET lastvisit = ?2, ipaddress = ?3 WHERE admin_id = ?1",
        rusqlite::params![
            call.caller.admin_id,
            call.moment(),
            call.caller.ip.to_string()
        ],
    )?;
    let staff = call.db.records(
        "SELECT a.username AS adminusername, s.logintime, s.ipaddress, s.lastvisit FROM admin_sessions s \
         JOIN admins a ON a.id = s.admin_id WHERE a.disabled = 0 ORDER BY s.lastvisit, a.id",
        (),
    )?;
    Ok(Answer::success()
        .with("totalresults", staff.len())
        .with("staffonline", wrapped("staff", staff)))
}

/// Replaces the caller's own notes, which `GetAdminDetails` shows.
pub fn update_admin_notes(call: &Call) -> Result<Answer, Refusal> {
    let Some(notes) = call.sent("notes") else {
        return refuse("Parameter notes is required");
    };
    call.db
        .update("admins", call.caller.admin_id, &[("notes", &notes)])?;
    call.log(0, "Admin Notes Updated")?;
    Ok(Answer::success())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Answer;
    use crate::sandbox::testing::{answer, change, column, is_complete, json, store};

    #[test]
    fn staff_who_are_logged_in_are_listed_and_counted() {
        let store = store();
        change(
            &store,
            "INSERT INTO admin_sessions VALUES (2, '2026-01-02 03:04:05', '2026-01-02 03:05:06', '192.0.2.1')",
        );
        let online = answer(&store, "GetStaffOnline", "");
        is_complete("GetStaffOnline", &online);
        assert_eq!(
            column(&online, "staffonline.staff", "adminusername"),
            ["admin"]
        );
        change(&store, "UPDATE admins SET disabled = 0");
        change(&store, "DELETE FROM admin_sessions WHERE admin_id = 1");
        assert_eq!(
            json(&store, "GetStaffOnline", ""),
            r#"{"result":"success","totalresults":1,"staffonline":{"staff":[{"adminusername":"former","logintime":"2026-01-02 03:04:05","ipaddress":"192.0.2.1","lastvisit":"2026-01-02 03:05:06"}]}}"#
        );
        assert_eq!(answer(&store, "GetStats", "").int("staff_online"), 1);
    }

    #[test]
    fn the_callers_notes_are_replaced_and_can_be_emptied() {
        let store = store();
        for (query, notes) in [
            ("notes=Water+the+plants", "Water the plants"),
            ("notes=", ""),
        ] {
            assert_eq!(answer(&store, "UpdateAdminNotes", query), Answer::success());
            assert_eq!(answer(&store, "GetAdminDetails", "").text("notes"), notes);
        }
        let reply = answer(&store, "UpdateAdminNotes", "");
        assert_eq!(reply.text("message"), "Parameter notes is required");
    }
}
