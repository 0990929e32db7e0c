//! The Servers group: the servers services live on, and how the installation is.

use super::Handler;
use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, Fields, Value};

/// The actions of this file.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("GetHealthStatus", get_health_status),
    ("GetServers", get_servers),
];

/// Every server, or those fit for a service or an addon by its module.
fn get_servers(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id, name, hostname, ipaddress, active AS \"active:bool\", \
         (SELECT COUNT(*) FROM services WHERE server_id = v.id AND status IN ('Active', 'Suspended')) \
         AS activeServices, maxaccounts AS maxAllowedServices, 0 AS percentUsed, module",
        "servers v",
    );
    listing.only("v.disabled = ?", 0);
    if let Some(service) = call.given_int("serviceId") {
        listing.only(
            "v.module = (SELECT p.module FROM services s JOIN products p ON p.id = s.product_id WHERE s.id = ?)",
            service,
        );
    }
    if let Some(addon) = call.given_int("addonId") {
        listing.only(
            "v.module = (SELECT a.module FROM service_addons s JOIN addons a ON a.id = s.addon_id WHERE s.id = ?)",
            addon,
        );
    }
    listing.order("v.id");
    let is_asked = call.flag("fetchStatus");
    let mut servers = listing.all(call)?;
    for server in &mut servers {
        let used = server.int("activeServices") * 100;
        let share = used.checked_div(server.int("maxAllowedServices"));
        server.set("percentUsed", share.unwrap_or(0));
        server.push("status", status(is_asked));
    }
    Ok(Answer::success()
        .with("servers", servers)
        .with("fetchStatus", call.text("fetchStatus")))
}

/// What a server says of itself, when it is asked; here it is always well.
fn status(is_asked: bool) -> Fields {
    let (load, uptime) = if is_asked {
        ("0.08 0.11 0.09", "42 Days, 3:14:15")
    } else {
        ("", "")
    };
    Fields::default()
        .with("http", is_asked)
        .with("load", load)
        .with("uptime", uptime)
}

/// Checks of the installation, by how they came out.
fn get_health_status(call: &Call) -> Result<Answer, Refusal> {
    let setting = |name: &str| -> rusqlite::Result<String> {
        let value = call
            .db
            .value("SELECT value FROM settings WHERE name = ?1", [name])?;
        Ok(value.unwrap_or_default())
    };
    let version = setting("Version")?;
    let newest = format!("The newest version is installed: {version}");
    let mut well = vec![
        check("version", "WHMCS", "notice", &newest),
        check(
            "cron",
            "WHMCS",
            "notice",
            "The daily automation has run in the last 24 hours",
        ),
        check(
            "phpVersion",
            "PHP",
            "info",
            "The version of PHP is supported",
        ),
        check(
            "dbVersion",
            "DB",
            "notice",
            "The version of the database is supported",
        ),
    ];
    let mut warnings = Vec::new();
    let mut dangers = Vec::new();
    if !setting("SystemURL")?.starts_with("https://") {
        warnings.push(check(
            "siteSslSupport",
            "HTTP",
            "warning",
            "The system address does not use HTTPS",
        ));
    }
    if !setting("MaintenanceMode")?.is_empty() {
        dangers.push(check(
            "maintenanceMode",
            "WHMCS",
            "error",
            "Maintenance mode is on: clients see no page",
        ));
    }
    if call.flag("fetchStatus") {
        well.push(check("servers", "WHMCS", "notice", "Every server answers"));
    }
    let checks = Fields::default()
        .with("success", level(well))
        .with("warning", level(warnings))
        .with("danger", level(dangers));
    Ok(Answer::success().with("checks", checks))
}

/// The checks that came out alike; nothing where there is none.
fn level(checks: Vec<Fields>) -> Value {
    if checks.is_empty() {
        Value::Null
    } else {
        checks.into()
    }
}

/// One check: its name, what it looks at (`WHMCS`, `PHP`, `DB` or `HTTP`), how grave it is
/// (`notice`, `info`, `warning` or `error`), and what it found.
fn check(name: &str, of: &str, severity: &str, body: &str) -> Fields {
    Fields::default()
        .with("name", name)
        .with("type", of)
        .with("severityLevel", severity)
        .with("body", body)
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, column, is_complete, json, store};

    #[test]
    fn servers_tell_how_full_they_are_and_how_they_are_when_asked() {
        let store = store();
        let start = r#"{"result":"success","servers":[{"id":1,"name":"Saturn","hostname":"saturn.example.com","ipaddress":"192.0.2.10","active":true,"activeServices":1,"maxAllowedServices":200,"percentUsed":0,"module":"cpanel","status":{"http":false,"load":"","uptime":""}},"#;
        let reply = json(&store, "GetServers", "");
        assert!(reply.starts_with(start), "{reply}");
        assert!(reply.ends_with(r#"}],"fetchStatus":""}"#), "{reply}");
        let asked = json(&store, "GetServers", "fetchStatus=1");
        assert!(asked.contains(r#""http":true,"load":"0"#), "{asked}");
        is_complete("GetServers", &answer(&store, "GetServers", ""));
    }

    #[test]
    fn servers_are_chosen_by_the_module_of_a_service() {
        let store = store();
        for (query, found) in [("serviceId=1", 2), ("serviceId=2", 0), ("serviceId=99", 0)] {
            let list = answer(&store, "GetServers", query);
            assert_eq!(column(&list, "servers", "id").len(), found, "{query}");
        }
    }

    #[test]
    fn health_is_told_by_checks_that_follow_the_settings() {
        let store = store();
        let names = |list: &str| {
            let reply = answer(&store, "GetHealthStatus", "fetchStatus=1");
            column(&reply, &format!("checks.{list}"), "name")
        };
        assert_eq!(
            names("success"),
            ["version", "cron", "phpVersion", "dbVersion", "servers"]
        );
        assert_eq!(names("warning"), ["siteSslSupport"]);
        let none = json(&store, "GetHealthStatus", "");
        assert!(none.ends_with(r#","danger":null}}"#), "{none}");
        let on = "setting=MaintenanceMode&value=on";
        answer(&store, "SetConfigurationValue", on);
        assert_eq!(names("danger"), ["maintenanceMode"]);
    }
}
