//! The Module actions: a service set up, suspended, brought back, ended.
//!
//! The module behind them keeps state and has no server, so none ever answers
//! with a server's own words.

use crate::sandbox::call::Call;
use crate::sandbox::provision;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The reason WHMCS gives when a suspension has none.
const OVERDUE: &str = "Overdue on Payment";

/// Sets a service up.
pub fn module_create(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    provision::create(call.db, service)?;
    done(call, service, "Create")
}

/// Suspends a service.
pub fn module_suspend(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    let reason = call.given("suspendreason").unwrap_or(OVERDUE);
    provision::suspend(call.db, service, reason)?;
    done(call, service, "Suspend")
}

/// Brings a suspended service back.
pub fn module_unsuspend(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    provision::unsuspend(call.db, service)?;
    done(call, service, "Unsuspend")
}

/// Ends a service.
pub fn module_terminate(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    provision::terminate(call, service)?;
    done(call, service, "Terminate")
}

/// Applies the product of a service to its account; there is none, so this leaves no trace but the log's.
pub fn module_change_package(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    done(call, service, "Change Package")
}

/// Sets the password of a service.
pub fn module_change_pw(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    if let Some(password) = call.given("servicepassword") {
        call.db
            .update("services", service, &[("password", &password)])?;
    }
    done(call, service, "Change Password")
}

/// The service a call names, by the old name of the parameter too; it has a module.
fn service(call: &Call) -> Result<i64, Refusal> {
    let id = call
        .given_int("serviceid")
        .or_else(|| call.given_int("accountid"));
    let Some(id) = id.filter(|id| *id != 0) else {
        return refuse("Service ID is required");
    };
    let module: Option<String> = call.db.value(
        "SELECT p.module FROM services s JOIN products p ON p.id = s.product_id WHERE s.id = ?1",
        [id],
    )?;
    match module.as_deref() {
        None => refuse("Service ID not found"),
        Some("") => refuse("Service not assigned to a module"),
        Some(_) => Ok(id),
    }
}

fn done(call: &Call, service: i64, what: &str) -> Result<Answer, Refusal> {
    let client: Option<i64> = call
        .db
        .value("SELECT client_id FROM services WHERE id = ?1", [service])?;
    call.log(
        client.unwrap_or(0),
        &format!("Module {what} Successful - Service ID: {service}"),
    )?;
    Ok(Answer::success())
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields};
    use crate::sandbox::store::Store;

    fn state(store: &Store, service: i64) -> Fields {
        let sql = "SELECT status, server_id AS server, username, password, suspensionreason AS reason, \
                   terminationdate AS ended FROM services WHERE id = ?1";
        let read = |db: &Db<'_>| Ok(db.record(sql, [service])?);
        store.transact(read).expect("reads").expect("a service")
    }

    #[test]
    fn a_service_is_set_up_suspended_brought_back_and_ended() {
        let store = Store::open(None, 1, 0).expect("opens");
        let run = |rest: &str| answer_fields(&store, &format!("action={rest}"));
        assert_eq!(run("ModuleCreate&serviceid=3"), Answer::success());
        let made = state(&store, 3);
        assert_eq!(
            (
                made.text("status"),
                made.int("server"),
                made.text("username")
            ),
            ("Active", 2, "obrien")
        );
        assert_eq!(made.text("password").len(), 12);
        run("ModuleSuspend&serviceid=3&suspendreason=Spam");
        assert_eq!(state(&store, 3).text("reason"), "Spam");
        run("ModuleUnsuspend&accountid=3");
        assert_eq!(state(&store, 3).text("status"), "Active");
        assert_eq!(state(&store, 3).text("reason"), "");
        run("ModuleSuspend&serviceid=3");
        assert_eq!(state(&store, 3).text("reason"), "Overdue on Payment");
        run("ModuleChangePw&serviceid=3&servicepassword=new");
        assert_eq!(state(&store, 3).text("password"), "new");
        run("ModuleTerminate&serviceid=3");
        let ended = state(&store, 3);
        assert_eq!(ended.text("status"), "Terminated");
        assert_eq!(
            ended.text("ended"),
            crate::sandbox::clock::now().date().to_string()
        );
    }

    #[test]
    fn a_service_must_be_named_exist_and_have_a_module() {
        let store = Store::open(None, 1, 0).expect("opens");
        for action in [
            "ModuleCreate",
            "ModuleSuspend",
            "ModuleUnsuspend",
            "ModuleTerminate",
            "ModuleChangePackage",
            "ModuleChangePw",
        ] {
            for (query, message) in [
                ("", "Service ID is required"),
                ("&serviceid=99", "Service ID not found"),
                ("&serviceid=2", "Service not assigned to a module"),
            ] {
                let reply = answer_fields(&store, &format!("action={action}{query}"));
                assert_eq!(reply.text("message"), message, "{action}");
            }
        }
    }
}
