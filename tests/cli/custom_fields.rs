//! Custom fields by name: a map in each profile, numbers on the wire.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Desk, Sandbox};

/// A desk whose configuration has a profile for each sandbox, with those lines in it.
fn desk(profiles: &[(&str, &Sandbox, &str)]) -> Desk {
    let desk = Desk::new();
    configure(&desk, profiles);
    desk
}

fn configure(desk: &Desk, profiles: &[(&str, &Sandbox, &str)]) {
    let profile = |(name, sandbox, lines): &(&str, &Sandbox, &str)| {
        sandbox.desk(); // It is used from here on.
        let url = &sandbox.url;
        format!(
            "# {name}: mine\n[profiles.{name}]\nurl = \"{url}\"  # here\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n{lines}\n"
        )
    };
    let text: String = profiles.iter().map(profile).collect();
    let path = desk.file(".config/whmcsh/config.toml", text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn configuration(desk: &Desk) -> String {
    std::fs::read_to_string(desk.folder().join(".config/whmcsh/config.toml")).unwrap()
}

const VAT: &str = "[profiles.main.customfields.client]\nvat = 3\nreferrer = 1";

fn on_the_embedded_sandbox(script: &str) -> String {
    let desk = Desk::new();
    desk.file("script.rhai", script);
    let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    outcome.succeeded().to_owned()
}

#[test]
fn a_client_s_fields_are_read_and_written_by_name_and_stay_a_list() {
    let printed = on_the_embedded_sandbox(
        r#"
        let fields = get_clients_details(#{ clientid: 1 }).client.customfields;
        print(fields.vat);
        for field in fields { print(`${field.id} ${field.value}`); }
        update_client(#{ clientid: 1, customfields: #{ vat: "DE9", "1": "Zoë" } });
        let fields = client_by_email("zoe.mueller@example.com").customfields;
        print(fields.vat + " " + fields.referred_by + " " + fields[2].value);
        let added = add_client(#{ firstname: "A", lastname: "B", email: "a@b.example", skipvalidation: true,
            noemail: true, password2: "x", customfields: #{ vat: "ATU12345678" } });
        print(get_clients_details(#{ clientid: added.clientid }).client.customfields.vat);
        "#,
    );
    assert_eq!(
        printed,
        "DE123456789\n1 Siobhán\n2 \n3 DE123456789\nDE9 Zoë DE9\nATU12345678\n"
    );
}

#[test]
fn a_service_s_fields_are_too_and_those_of_an_order() {
    let printed = on_the_embedded_sandbox(
        r#"
        let order = add_order(#{ clientid: 1, pid: [3], billingcycle: ["monthly"], paymentmethod: "banktransfer",
            noemail: true, noinvoiceemail: true, customfields: [#{ root_partition: "20" }] });
        let service = parse_int(order.serviceids);
        let fields = get_clients_products(#{ serviceid: service }).products.product[0].customfields;
        print(`${fields.root_partition} ${fields.customfield[0].value}`);
        update_client_product(#{ serviceid: service, customfields: #{ root_partition: "50" } });
        print(get_clients_products(#{ serviceid: service }).products.product[0].customfields.root_partition);
        "#,
    );
    assert_eq!(printed, "20 20\n50\n");
}

#[test]
fn an_unknown_name_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::start();
    let desk = desk(&[("main", &sandbox, VAT)]);
    // A parameter is wrong in a script as it is in `call`; a field of a reply is the script's.
    let refusal = |script: &str, code| desk.script(script).failed(code).to_owned();
    let error = refusal(
        r#"update_client(#{ clientid: 1, customfields: #{ vta: "x" } });"#,
        2,
    );
    assert!(
        error.contains("no custom field is called `vta`; nothing was sent")
            && error.contains("hint: did you mean `vat`?"),
        "{error}"
    );
    let error = refusal(
        "print(get_clients_details(#{ clientid: 1 }).client.customfields.vta);",
        1,
    );
    assert!(
        error.contains("no custom field is called `vta`") && error.contains("did you mean `vat`?"),
        "{error}"
    );
    let error = refusal(
        r#"upsert_client(#{ email: "a@b.example", customfields: #{ vta: 1 } }, "email");"#,
        2,
    );
    assert!(error.contains("did you mean `vat`?"), "{error}");
    let outcome = desk.whmcsh(["call", "UpdateClient", "clientid=1", "customfields[vta]=x"]);
    assert!(outcome.failed(2).contains("did you mean `vat`?"));
}

#[test]
fn a_configuration_with_a_wrong_name_or_number_says_so() {
    let sandbox = Sandbox::start();
    let refusal = |line: &str| {
        let table = format!("[profiles.main.customfields.client]\n{line}");
        let desk = desk(&[("main", &sandbox, &table)]);
        let outcome = desk.whmcsh(["call", "GetClients"]);
        outcome.failed(2).to_owned()
    };
    let error = refusal("\"vat number\" = 3");
    assert!(
        error.contains("`vat number` in `customfields.client` is not a valid name for a field")
            && error.contains("of letters a to z"),
        "{error}"
    );
    let error = refusal("vat = \"x\"");
    assert!(error.contains("expected a whole number from 1"), "{error}");
}

#[test]
fn without_names_a_name_is_an_error_and_numbers_work() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let outcome = desk.script(r#"update_client(#{ clientid: 1, customfields: #{ vat: "x" } });"#);
    let error = outcome.failed(2);
    assert!(
        error.contains("no custom field is called `vat`")
            && error.contains("whmcsh profile learn-fields CLIENTID"),
        "{error}"
    );
    let outcome =
        desk.script("print(get_clients_details(#{ clientid: 1 }).client.customfields.vat);");
    assert!(
        outcome.failed(1).contains("whmcsh profile learn-fields"),
        "{}",
        outcome.stderr
    );
    let outcome = desk.script(
        r#"update_client(#{ clientid: 1, customfields: #{ "3": "DE7" } });
           print(get_clients_details(#{ clientid: 1 }).client.customfields[2]);"#,
    );
    assert_eq!(outcome.succeeded(), "#{\"id\": 3, \"value\": \"DE7\"}\n");
}

#[test]
fn a_plan_shows_names() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        r#"update_client(#{ clientid: 1, customfields: #{ vat: "DE9", "1": "Siobhán" } });
           add_client(#{ firstname: "A", lastname: "B", email: "a@b.example", password2: "s3cr3t", skipvalidation: true,
               customfields: #{ "3": "x" } });"#,
    );
    let outcome = desk.whmcsh(["plan", "script.rhai", "--sandbox"]);
    let plan = outcome.succeeded();
    assert!(
        plan.contains("customfields.vat: DE123456789 → DE9"),
        "{plan}"
    );
    assert!(
        plan.contains("as before: customfields.referred_by"),
        "{plan}"
    );
    assert!(plan.contains(r#"customfields={"vat":"x"}"#), "{plan}");
}

#[test]
fn what_was_written_by_name_is_brought_back() {
    let sandbox = Sandbox::start();
    let desk = desk(&[("main", &sandbox, VAT)]);
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, customfields: #{ vat: \"DE9\" } });",
    );
    desk.whmcsh(["run", "script.rhai", "--snapshot"])
        .succeeded();
    let run = desk.only_run();
    let run = run.file_name().and_then(|name| name.to_str()).unwrap();
    let outcome = desk.whmcsh(["runs", "undo", run]);
    let shown = format!("{}{}", outcome.succeeded(), outcome.stderr);
    assert!(shown.contains("customfields.vat"), "{shown}");
    let reply = desk
        .whmcsh(["call", "GetClientsDetails", "clientid=1"])
        .json();
    assert_eq!(reply["client"]["customfields"][2]["value"], "DE123456789");
}

#[test]
fn a_field_that_is_called_like_a_secret_is_kept_out_of_plans_and_journals() {
    let sandbox = Sandbox::start();
    let names = "[profiles.main.customfields.client]\npanel_password = 3\nreferrer = 1";
    let desk = desk(&[("main", &sandbox, names)]);
    let old = "customfields[panel_password]=s3cr3t-old";
    desk.whmcsh(["call", "UpdateClient", "clientid=1", old])
        .succeeded();
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, customfields: #{ panel_password: \"s3cr3t-new\", referrer: \"x\" } });",
    );
    let plan = desk.whmcsh(["plan", "script.rhai"]);
    let shown = plan.succeeded();
    assert!(
        shown.contains("customfields.referrer: Siobhán → x"),
        "{shown}"
    );
    assert!(!shown.contains("s3cr3t"), "{shown}");
    desk.whmcsh(["run", "script.rhai", "--snapshot"])
        .succeeded();
    for entry in std::fs::read_dir(desk.only_run()).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap();
        for secret in ["s3cr3t-new", "s3cr3t-old"] {
            let is_in = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!is_in, "{secret} in {}", entry.path().display());
        }
    }
    let reply = desk
        .whmcsh(["call", "GetClientsDetails", "clientid=1"])
        .json();
    assert_eq!(reply["client"]["customfields"][2]["value"], "s3cr3t-new");
}

#[test]
fn upsert_and_changed_compare_by_name() {
    let desk = Desk::new();
    desk.file(
        "in.csv",
        "email,customfields[vat],customfields[1]\nzoe.mueller@example.com,DE123456789,Siobhán\n",
    );
    desk.file(
        "script.rhai",
        r#"let row = csv("in.csv").next();
           print(upsert_client(row, "email").outcome);
           row["customfields[vat]"] = "DE5";
           print(upsert_client(row, "email"));
           let client = client_by_email(row.email);
           print(changed(client, #{ customfields: #{ vat: "DE5" } }));
           print(changed(client, #{ customfields: #{ vat: "DE6", referred_by: "Siobhán" } }));"#,
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    assert_eq!(
        outcome.succeeded(),
        "unchanged\n\
         #{\"changed\": [\"customfields\"], \"clientid\": 1, \"outcome\": \"updated\"}\n\
         #{}\n#{\"customfields\": #{\"vat\": \"DE6\"}}\n"
    );
}

#[test]
fn a_field_that_got_another_name_is_the_same_write_to_a_resumed_run() {
    let sandbox = Sandbox::start();
    let desk = desk(&[("main", &sandbox, VAT)]);
    desk.file("name.txt", "vat");
    desk.file("rows.csv", "email\na@b.example\n");
    let script = r#"
        let done = bulk(csv("rows.csv"), #{ key: "email" }, |row| {
            let fields = #{};
            fields[read_text("name.txt")] = "DE1";
            add_client(#{ firstname: "A", lastname: "B", email: row.email, noemail: true, skipvalidation: true,
                password2: "x", customfields: fields });
            if read_text("name.txt") == "vat" { throw "stop here"; }
            #{}
        });
        print(`${done.ok} ${done.failed}`);"#;
    desk.file("script.rhai", script);
    let first = desk.whmcsh(["run", "script.rhai"]);
    assert_eq!(first.stdout, "0 1\n", "{}", first.stderr);
    desk.file("name.txt", "vatid");
    configure(&desk, &[("main", &sandbox, &VAT.replace("vat", "vatid"))]);
    let run = desk.only_run();
    let run = run.file_name().and_then(|name| name.to_str()).unwrap();
    let second = desk.whmcsh(["run", "script.rhai", "--resume", run]);
    assert_eq!(second.succeeded(), "1 0\n");
    let found = desk
        .whmcsh(["call", "GetClients", "search=a@b.example"])
        .json();
    assert_eq!(found["totalresults"], 1);
}

#[test]
fn two_servers_have_names_of_their_own() {
    let (old, new) = (Sandbox::start(), Sandbox::start());
    let desk = desk(&[
        ("old", &old, "[profiles.old.customfields.client]\nvat = 3"),
        ("new", &new, "[profiles.new.customfields.client]\nvat = 1"),
    ]);
    desk.file(
        "script.rhai",
        r#"let (old, new) = (connect("old"), connect("new"));
           let vat = old.get_clients_details(#{ clientid: 1 }).client.customfields.vat;
           new.update_client(#{ clientid: 1, customfields: #{ vat: vat } });
           let fields = new.get_clients_details(#{ clientid: 1 }).client.customfields;
           print(`${fields.vat} ${fields[0].value}`);"#
            .replace(
                r#"let (old, new) = (connect("old"), connect("new"));"#,
                r#"let old = connect("old"); let new = connect("new");"#,
            ),
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--profile", "old"]);
    assert_eq!(outcome.succeeded(), "DE123456789 DE123456789\n");
}

#[test]
fn a_call_takes_names_and_shows_them() {
    let sandbox = Sandbox::start();
    let desk = desk(&[("main", &sandbox, VAT)]);
    desk.whmcsh([
        "call",
        "UpdateClient",
        "clientid=1",
        "customfields[vat]=DE1",
    ])
    .succeeded();
    let reply = desk
        .whmcsh(["call", "GetClientsDetails", "clientid=1"])
        .json();
    let field = &reply["client"]["customfields"][2];
    assert_eq!(field["value"], "DE1");
    assert_eq!(field["name"], "vat");
}

#[test]
fn a_script_with_the_names_of_a_profile_is_rehearsed_on_the_sandbox() {
    let sandbox = Sandbox::start();
    let desk = desk(&[(
        "main",
        &sandbox,
        "[profiles.main.customfields.client]\nvat = 17\nhat_size = 18",
    )]);
    desk.file(
        "script.rhai",
        r#"update_client(#{ clientid: 1, customfields: #{ vat: "DE1", hat_size: "58" } });
           let fields = get_clients_details(#{ clientid: 1 }).client.customfields;
           print(`${fields.vat} ${fields.hat_size}`);"#,
    );
    let outcome = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    assert_eq!(outcome.succeeded(), "DE1 58\n");
    desk.whmcsh(["profile", "test", "main"]).succeeded();
}

#[test]
fn check_accepts_names_since_it_knows_no_server() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, customfields: #{ vat: \"x\" } });",
    );
    desk.whmcsh(["check", "script.rhai"]).succeeded();
}

#[test]
fn learn_fields_proposes_names_and_writes_nothing_by_itself() {
    let sandbox = Sandbox::start();
    let desk = desk(&[("main", &sandbox, "")]);
    let before = configuration(&desk);
    let outcome = desk.whmcsh(["profile", "learn-fields", "1"]);
    assert_eq!(
        outcome.succeeded(),
        "[profiles.main.customfields.client]\n\
         field_1 = 1  # \"Siobhán\"\n\
         field_2 = 2  # empty\n\
         vat = 3  # \"DE123456789\"\n"
    );
    assert!(outcome.stderr.contains("`--write`"), "{}", outcome.stderr);
    assert_eq!(configuration(&desk), before);
    // A client with a service of a product that has a field.
    let outcome = desk.whmcsh(["profile", "learn-fields", "3"]);
    assert!(
        outcome.succeeded().contains(
            "[profiles.main.customfields.product]\nroot_partition = 4  # Root Partition: empty\n"
        ),
        "{}",
        outcome.stdout
    );
    assert!(
        desk.whmcsh(["profile", "learn-fields", "99"])
            .failed(1)
            .contains("Client Not Found")
    );
}

#[test]
fn learn_fields_adds_to_the_configuration_and_overwrites_nothing() {
    let sandbox = Sandbox::start();
    let desk = desk(&[(
        "main",
        &sandbox,
        "[profiles.main.customfields.client]\nreferrer = 1  # who told them\nvat = 2",
    )]);
    let before = configuration(&desk);
    let outcome = desk.whmcsh([
        "profile",
        "learn-fields",
        "3",
        "--profile",
        "main",
        "--write",
    ]);
    outcome.succeeded();
    assert!(
        outcome.stderr.contains("2 names added"),
        "{}",
        outcome.stderr
    );
    let after = configuration(&desk);
    assert_eq!(
        after,
        format!(
            "{before}field_3 = 3\n\n[profiles.main.customfields.product]\nroot_partition = 4\n"
        )
    );
    let mode = std::fs::metadata(desk.folder().join(".config/whmcsh/config.toml")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    // Once more changes nothing, and the file still works.
    let outcome = desk.whmcsh(["profile", "learn-fields", "3", "--write"]);
    assert!(
        outcome.stderr.contains("0 names added"),
        "{}",
        outcome.stderr
    );
    assert_eq!(configuration(&desk), after);
}

#[test]
fn names_that_cannot_be_are_refused_with_the_profile() {
    let sandbox = Sandbox::start();
    let refusal = |lines: &str| {
        let desk = desk(&[("main", &sandbox, lines)]);
        let outcome = desk.whmcsh(["call", "GetClients"]);
        outcome.failed(2).to_owned()
    };
    let error = refusal("[profiles.main.customfields.client]\na = 3\nb = 3");
    assert!(
        error.contains("profile `main`: `a` and `b` in `customfields.client` are both field 3"),
        "{error}"
    );
    let error = refusal("[profiles.main.customfields.client]\n7 = 3");
    assert!(error.contains("`7`"), "{error}");
    let error = refusal("[profiles.main.customfields.clients]\nvat = 3");
    assert!(error.contains("unknown field `clients`"), "{error}");
    sandbox.desk().whmcsh(["call", "WhmcsDetails"]).succeeded();
}
