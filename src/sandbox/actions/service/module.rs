//! The Module actions: a service set up, suspended, brought back, ended, or told a module's own command.
//!
//! The module behind them keeps state and has no server to fail on. It fails where a
//! server would: without a server to set an account up on, without an account, and after
//! the account is gone. Then it answers in its own words and the command waits in the queue.

use crate::sandbox::call::Call;
use crate::sandbox::modules;
use crate::sandbox::provision;
use crate::sandbox::queue::Command;
use crate::sandbox::refusal::{Refusal, refuse};
use crate::sandbox::reply::Answer;

/// The reason WHMCS gives when a suspension has none.
const OVERDUE: &str = "Overdue on Payment";
/// What a server says of an account that was terminated.
const GONE: &str = "The account does not exist";
/// What a module says of a service that was never set up; nobody knows WHMCS's own words for it.
const HOMELESS: &str = "The service has no server or no username";

/// A service and the module it is set up by.
struct Service {
    id: i64,
    client: i64,
    module: String,
    is_terminated: bool,
    /// Whether its module needs a server, and it has none, or no login name there.
    is_homeless: bool,
}

/// Sets a service up.
pub fn module_create(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    if let Some(words) = provision::obstacle(call.db, service.id)? {
        return service.fails(call, "CreateAccount", words);
    }
    provision::create(call.db, service.id)?;
    service.succeeds(call, "CreateAccount")
}

/// Suspends a service.
pub fn module_suspend(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    if let Some(words) = service.obstacle() {
        return service.fails(call, "SuspendAccount", words);
    }
    let reason = call.given("suspendreason").unwrap_or(OVERDUE);
    provision::suspend(call.db, service.id, reason)?;
    service.succeeds(call, "SuspendAccount")
}

/// Brings a suspended service back.
pub fn module_unsuspend(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    if let Some(words) = service.obstacle() {
        return service.fails(call, "UnsuspendAccount", words);
    }
    provision::unsuspend(call.db, service.id)?;
    service.succeeds(call, "UnsuspendAccount")
}

/// Ends a service; one that has ended stays so.
pub fn module_terminate(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    match service.obstacle() {
        None => provision::terminate(call, service.id)?,
        Some(GONE) => {}
        Some(words) => return service.fails(call, "TerminateAccount", words),
    }
    service.succeeds(call, "TerminateAccount")
}

/// Applies the product of a service to its account; there is none, so this leaves no trace but the log's.
pub fn module_change_package(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    if let Some(words) = service.obstacle() {
        return service.fails(call, "ChangePackage", words);
    }
    service.succeeds(call, "ChangePackage")
}

/// Sets the password of a service.
pub fn module_change_pw(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    if let Some(words) = service.obstacle() {
        return service.fails(call, "ChangePassword", words);
    }
    if let Some(password) = call.given("servicepassword") {
        call.db
            .update("services", service.id, &[("password", &password)])?;
    }
    service.succeeds(call, "ChangePassword")
}

/// Runs a module's own command; here every name is one, and does nothing but stand in the log.
pub fn module_custom(call: &Call) -> Result<Answer, Refusal> {
    let service = service(call)?;
    match (call.given("func_name"), service.obstacle()) {
        (None, _) => service.fails(call, "Custom", "Function Not Found"),
        (Some(name), Some(words)) => service.fails(call, name, words),
        (Some(name), None) => service.succeeds(call, name),
    }
}

/// The service a call names, by the old name of the parameter too; it has a module.
fn service(call: &Call) -> Result<Service, Refusal> {
    let id = call
        .given_int("serviceid")
        .or_else(|| call.given_int("accountid"));
    let Some(id) = id.filter(|id| *id != 0) else {
        return refuse("Service ID is required");
    };
    let found = call.db.row(
        "SELECT s.id, s.client_id, p.module, s.status = 'Terminated', s.server_id = 0 OR s.username = '' \
         FROM services s JOIN products p ON p.id = s.product_id WHERE s.id = ?1",
        [id],
        |row| {
            let module: String = row.get(2)?;
            Ok(Service {
                id: row.get(0)?,
                client: row.get(1)?,
                is_homeless: row.get(4)? && modules::needs_server(&module),
                module,
                is_terminated: row.get(3)?,
            })
        },
    )?;
    match found {
        None => refuse("Service ID not found"),
        Some(service) if service.module.is_empty() => refuse("Service not assigned to a module"),
        Some(service) => Ok(service),
    }
}

impl Service {
    /// What keeps the module from doing anything with the account.
    fn obstacle(&self) -> Option<&'static str> {
        match self {
            Self {
                is_terminated: true,
                ..
            } => Some(GONE),
            Self {
                is_homeless: true, ..
            } => Some(HOMELESS),
            _ => None,
        }
    }

    fn command<'c>(&'c self, action: &'c str) -> Command<'c> {
        Command {
            service_type: "service",
            service_id: self.id,
            client_id: self.client,
            module: &self.module,
            action,
        }
    }

    fn fails(&self, call: &Call, action: &str, words: &str) -> Result<Answer, Refusal> {
        Ok(self.command(action).failed(call, words, words)?)
    }

    fn succeeds(&self, call: &Call, action: &str) -> Result<Answer, Refusal> {
        Ok(self.command(action).succeeded(call)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::api::answer_fields;
    use crate::sandbox::db::Db;
    use crate::sandbox::reply::{Answer, Fields};
    use crate::sandbox::store::Store;
    use crate::sandbox::testing::{change, column};

    fn state(store: &Store, service: i64) -> Fields {
        let sql = "SELECT status, server_id AS server, username, password, suspensionreason AS reason, \
                   terminationdate AS ended FROM services WHERE id = ?1";
        let read = |db: &Db<'_>| Ok(db.record(sql, [service])?);
        store.transact(read).expect("reads").expect("a service")
    }

    #[test]
    fn a_service_is_set_up_suspended_brought_back_and_ended() {
        let store = Store::open(None, 1, None).expect("opens");
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
            crate::sandbox::testing::now(&store).date().to_string()
        );
    }

    #[test]
    fn a_service_must_be_named_exist_and_have_a_module() {
        let store = Store::open(None, 1, None).expect("opens");
        for action in [
            "ModuleCreate",
            "ModuleSuspend",
            "ModuleUnsuspend",
            "ModuleTerminate",
            "ModuleChangePackage",
            "ModuleChangePw",
            "ModuleCustom",
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

    #[test]
    fn an_account_needs_a_server_and_an_ended_one_takes_no_commands() {
        let store = Store::open(None, 1, None).expect("opens");
        let run = |rest: &str| answer_fields(&store, &format!("action={rest}"));
        change(&store, "UPDATE servers SET active = 0");
        let reply = run("ModuleCreate&serviceid=3");
        assert_eq!(reply.text("message"), "No server for this module is active");
        assert_eq!(state(&store, 3).text("status"), "Pending");
        run("ModuleTerminate&serviceid=1");
        change(
            &store,
            "UPDATE services SET terminationdate = '2020-02-03' WHERE id = 1",
        );
        for command in [
            "ModuleSuspend",
            "ModuleUnsuspend",
            "ModuleChangePackage",
            "ModuleChangePw&servicepassword=x",
            "ModuleCustom&func_name=reboot",
        ] {
            let reply = run(&format!("{command}&serviceid=1"));
            assert_eq!(reply.text("message"), "The account does not exist");
        }
        assert_eq!(run("ModuleTerminate&serviceid=1"), Answer::success());
        assert_eq!(state(&store, 1).text("status"), "Terminated");
        assert_eq!(state(&store, 1).text("ended"), "2020-02-03");
    }

    #[test]
    fn a_service_without_a_server_or_a_username_fails_every_command_alike() {
        for lack in ["server_id = 0", "username = ''"] {
            let store = Store::open(None, 1, None).expect("opens");
            change(&store, &format!("UPDATE services SET {lack} WHERE id = 1"));
            for command in [
                "ModuleSuspend",
                "ModuleUnsuspend",
                "ModuleTerminate",
                "ModuleChangePackage",
                "ModuleChangePw&servicepassword=x",
                "ModuleCustom&func_name=reboot",
            ] {
                let reply = answer_fields(&store, &format!("action={command}&serviceid=1"));
                assert_eq!(
                    reply.text("message"),
                    "The service has no server or no username",
                    "{command}"
                );
            }
            assert_eq!(state(&store, 1).text("status"), "Active");
        }
    }

    #[test]
    fn a_modules_own_command_is_run_by_its_name() {
        let store = Store::open(None, 1, None).expect("opens");
        let run =
            |rest: &str| answer_fields(&store, &format!("action=ModuleCustom&serviceid=1{rest}"));
        assert_eq!(run("&func_name=reboot"), Answer::success());
        let log = answer_fields(&store, "action=GetActivityLog&description=reboot");
        assert_eq!(
            column(&log, "activity.entry", "description"),
            ["Module reboot Successful - Service ID: 1"]
        );
        assert_eq!(run("").text("message"), "Function Not Found");
    }
}
