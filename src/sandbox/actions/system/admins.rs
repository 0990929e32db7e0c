//! `GetAdminDetails` and `GetAdminUsers`.

use super::server;
use crate::sandbox::auth::md5_hex;
use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields};

/// The administrator the credentials belong to, and the server's version.
pub fn get_admin_details(call: &Call) -> Result<Answer, Refusal> {
    let admin = call.db.record(
        "SELECT a.id AS \"adminid:text\", a.firstname || ' ' || a.lastname AS name, a.notes, a.signature, \
         r.permissions AS allowedpermissions, ',' || a.departments || ',' AS departments \
         FROM admins a JOIN admin_roles r ON r.id = a.role_id WHERE a.id = ?1",
        [call.caller.admin_id],
    )?;
    let mut answer = Answer::success();
    answer.extend(admin.unwrap_or_default());
    Ok(answer
        .with("requesttime", call.moment())
        .with("whmcs", server::version()))
}

/// Administrators, by role or a part of the address. The reference names `result`, its example has none.
pub fn get_admin_users(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, uuid, role_id AS roleId, username, '' AS twoFactorAuthModule, firstname, lastname, email, signature, \
         notes, 'blend' AS template, 'english' AS language, disabled AS isDisabled, 0 AS loginAttempts, \
         departments AS supportDepartmentIds, '' AS receivesTicketNotifications, '' AS homepageWidgetsConfig, \
         '' AS hiddenHomepageWidgets, created_at, created_at AS updated_at, \
         firstname || ' ' || lastname AS fullName",
        "admins",
    );
    if !call.flag("include_disabled") {
        listing.only("disabled = ?", 0);
    }
    if let Some(role) = call.given_int("roleid") {
        listing.only("role_id = ?", role);
    }
    if let Some(part) = call.given("email") {
        listing.containing(&["email"], part);
    }
    listing.order("id");
    let mut admins = listing.all(call)?;
    for admin in &mut admins {
        complete(admin);
    }
    Ok(Answer::success()
        .with("count", admins.len())
        .with("admin_users", admins))
}

/// Splits the lists, and adds the address as the service of avatars wants it.
fn complete(admin: &mut Fields) {
    for name in ["supportDepartmentIds", "receivesTicketNotifications"] {
        // An empty list is one empty text, as PHP's `explode` has it.
        let list: Vec<&str> = admin.text(name).split(',').collect();
        admin.set(
            name,
            list.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(),
        );
    }
    let email = admin.text("email").to_lowercase();
    admin.push("gravatarHash", md5_hex(&email));
}

#[cfg(test)]
mod tests {
    use crate::sandbox::reply::Value;
    use crate::sandbox::testing::{answer, column, is_complete, records, store};

    #[test]
    fn the_caller_is_told_who_it_is() {
        let reply = answer(&store(), "GetAdminDetails", "");
        is_complete("GetAdminDetails", &reply);
        assert_eq!(reply.text("adminid"), "1");
        assert_eq!(reply.text("name"), "Ada Admin");
        assert_eq!(reply.text("departments"), ",1,");
        assert!(reply.text("allowedpermissions").contains(",List Clients,"));
    }

    #[test]
    fn administrators_are_listed_and_disabled_ones_on_demand() {
        let store = store();
        let names = |query| {
            column(
                &answer(&store, "GetAdminUsers", query),
                "admin_users",
                "username",
            )
        };
        assert_eq!(names(""), ["admin"]);
        assert_eq!(names("include_disabled=1"), ["admin", "former"]);
        assert_eq!(names("include_disabled=1&roleid=2"), ["former"]);
        assert_eq!(names("email=DMIN%40ex"), ["admin"]);
        let reply = answer(&store, "GetAdminUsers", "");
        is_complete("GetAdminUsers", &reply);
        assert_eq!(reply.text("result"), "success");
        assert_eq!(reply.int("count"), 1);
        let admin = &records(&reply, "admin_users")[0];
        assert_eq!(
            admin.text("gravatarHash"),
            "e64c7d89f26bd1972efa854d13d7dd61"
        );
        assert_eq!(
            admin.get("supportDepartmentIds"),
            Some(&Value::from(vec!["1"]))
        );
    }
}
