//! A run is taken up on its own server and with its own script only.

use crate::guards::config;
use crate::support::{Desk, Sandbox};

fn profile(name: &str, url: &str) -> String {
    format!("[profiles.{name}]\nurl = \"{url}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n")
}

fn begun(sandbox: &Sandbox) -> (Desk, String) {
    let desk = Desk::new();
    config(&desk, &profile("main", &sandbox.url));
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"Elsewhere\" }); if args.len() == 0 { throw \"stop\"; }",
    );
    desk.whmcsh(["run", "script.rhai"]).failed(1);
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    let run = runs[0]["id"].as_str().unwrap().to_owned();
    (desk, run)
}

fn logged(sandbox: &Sandbox) -> usize {
    let log = sandbox.ask("GetActivityLog", &[("description", "Elsewhere")]);
    log["activity"]["entry"].as_array().map_or(0, Vec::len)
}

#[test]
fn under_another_name_its_writes_are_still_known() {
    let sandbox = Sandbox::start();
    let (desk, run) = begun(&sandbox);
    config(&desk, &profile("renamed", &sandbox.url));
    desk.whmcsh(["run", "script.rhai", "go", "--resume", &run])
        .succeeded();
    assert_eq!(logged(&sandbox), 1);
}

#[test]
fn a_profile_that_now_leads_to_another_whmcs_on_the_same_host_is_refused() {
    let sandbox = Sandbox::start();
    let (desk, run) = begun(&sandbox);
    let resume = || desk.whmcsh(["run", "script.rhai", "go", "--resume", &run]);
    let url = sandbox.url.trim_end_matches('/');
    config(&desk, &profile("main", &format!("{url}/other/")));
    let refused = resume();
    let host = sandbox.host();
    assert!(
        refused.failed(2).starts_with(&format!(
            "error: run `{run}` was on `{host}`, and this is `{host}/other`\n"
        )),
        "{}",
        refused.stderr
    );
    // The same in other words.
    config(&desk, &profile("main", &format!("{url}/includes/api.php")));
    resume().succeeded();
    assert_eq!(logged(&sandbox), 1);
}

#[test]
fn another_script_does_not_take_it_up_and_a_renamed_one_does() {
    let sandbox = Sandbox::start();
    let (desk, run) = begun(&sandbox);
    let text = std::fs::read_to_string(desk.folder().join("script.rhai")).unwrap();
    desk.file(
        "other.rhai",
        "bulk([1], #{}, |row| log_activity(#{ description: \"Elsewhere\" }));",
    );
    let other = desk.whmcsh(["run", "other.rhai", "--resume", &run]);
    assert_eq!(
        other.failed(2),
        format!(
            "error: run `{run}` belongs to `script.rhai`, and this is `other.rhai`\n\
             hint: `whmcsh runs show {run}` shows how to resume it\n"
        )
    );
    assert_eq!(logged(&sandbox), 1);
    desk.file("moved/renamed.rhai", text);
    desk.whmcsh(["run", "moved/renamed.rhai", "go", "--resume", &run])
        .succeeded();
    assert_eq!(logged(&sandbox), 1);
}

#[test]
fn an_undo_is_not_taken_up_by_a_script() {
    let sandbox = Sandbox::start();
    let desk = Desk::new();
    config(&desk, &profile("main", &sandbox.url));
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, city: \"Elsewhere\" });",
    );
    desk.whmcsh(["run", "script.rhai", "--snapshot"])
        .succeeded();
    let runs = || desk.whmcsh(["runs", "list", "--json"]).json();
    let run = runs()[0]["id"].as_str().unwrap().to_owned();
    desk.whmcsh(["runs", "undo", &run]).succeeded();
    let all = runs();
    let ids = all
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].as_str().unwrap());
    let undo = ids.into_iter().find(|id| id.contains("undo")).unwrap();
    let resumed = desk.whmcsh(["run", "script.rhai", "--resume", undo]);
    let error = resumed.failed(2);
    assert!(
        error.contains(&format!(
            "belongs to `undo of {run}`, and this is `script.rhai`"
        )),
        "{error}"
    );
    let client = sandbox.ask("GetClientsDetails", &[("clientid", "1")]);
    assert_ne!(client["client"]["city"], "Elsewhere");
}

#[test]
fn a_second_server_that_is_another_by_now_is_refused() {
    let [own, old, other] = [Sandbox::start(), Sandbox::start(), Sandbox::start()];
    let desk = Desk::new();
    let configure = |second: &Sandbox| {
        let second = profile("old", &second.url);
        config(&desk, &(profile("main", &own.url) + &second));
    };
    configure(&old);
    desk.file(
        "script.rhai",
        "let old = connect(\"old\"); old.log_activity(#{ description: \"Elsewhere\" });\n\
         if args.len() == 0 { throw \"stop\"; }",
    );
    desk.whmcsh(["run", "script.rhai", "-p", "main"]).failed(1);
    let runs = desk.whmcsh(["runs", "list", "--json"]).json();
    let run = runs[0]["id"].as_str().unwrap();
    let resume = || desk.whmcsh(["run", "script.rhai", "go", "-p", "main", "--resume", run]);
    configure(&other);
    let error = resume().failed(2).to_owned();
    let expected = format!(
        "the profile `old` led to `{}` when the run began, and now leads to `{}`",
        old.host(),
        other.host()
    );
    assert!(error.contains(&expected), "{error}");
    configure(&old);
    resume().succeeded();
    assert_eq!((logged(&old), logged(&other), logged(&own)), (1, 0, 0));
}

#[test]
fn the_command_that_resumes_names_the_script_where_it_is_by_now() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"x\" }); throw \"stop\";",
    );
    desk.whmcsh(["run", "script.rhai"]).failed(1);
    let run = desk
        .only_run()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    desk.file(
        "moved/other.rhai",
        "log_activity(#{ description: \"x\" }); throw \"stop\";",
    );
    std::fs::remove_file(desk.folder().join("script.rhai")).unwrap();
    let wanted = format!("whmcsh run moved/other.rhai --resume {run}");
    let resumed = desk.whmcsh(["run", "moved/other.rhai", "--resume", &run]);
    assert!(resumed.failed(1).contains(&wanted), "{}", resumed.stderr);
    let shown = desk.whmcsh(["runs", "show", &run]);
    assert!(shown.stderr.contains(&wanted), "{}", shown.stderr);
    let shown = desk.whmcsh(["runs", "show", &run, "--json"]).json();
    assert_eq!(shown["resume"], wanted.as_str());
}
