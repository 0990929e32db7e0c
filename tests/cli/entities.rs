//! Servers that keep `& < > " '` as they came, and servers that keep them as HTML writes
//! them: whoever works with whmcsh sees what was typed.

use serde_json::Value;

use crate::recipes::recipe;
use crate::support::{Desk, Sandbox, encoded, int};

/// A name with all five letters.
pub const NAME: &str = "O'Brien & \"Co\" <x>";
/// The same as a server of the second kind keeps it.
const ENCODED: &str = "O&#039;Brien &amp; &quot;Co&quot; &lt;x&gt;";

/// A server of each kind, with how it keeps [`NAME`].
fn servers() -> [(Sandbox, &'static str); 2] {
    [
        (Sandbox::start(), NAME),
        (Sandbox::with(&["--entities"]), ENCODED),
    ]
}

fn company(sandbox: &Sandbox, id: &str) -> Value {
    sandbox.ask("GetClientsDetails", &[("clientid", id)])["client"]["companyname"].clone()
}

/// Gives client 1 that name, as any program would.
fn name_client(sandbox: &Sandbox) {
    let reply = sandbox.ask("UpdateClient", &[("clientid", "1"), ("companyname", NAME)]);
    assert_eq!(reply["result"], "success", "{reply}");
}

fn updates(sandbox: &Sandbox) -> usize {
    let log = sandbox.ask(
        "GetActivityLog",
        &[
            ("limitnum", "5000"),
            ("description", "Client Profile Modified"),
        ],
    );
    log["activity"]["entry"].as_array().map_or(0, Vec::len)
}

/// What stands before the columns of an address.
const ADDRESS: &str = "address1: \"1 High St\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\", \
     country: \"IE\", phonenumber: \"+353.15550101\", noemail: true";

#[test]
fn the_sandbox_keeps_texts_as_it_is_told() {
    assert_eq!(encoded(NAME), ENCODED, "as the other tests expect it");
    for (sandbox, kept) in servers() {
        name_client(&sandbox);
        assert_eq!(company(&sandbox, "1"), kept);
        // What it is asked for is encoded too.
        let found = sandbox.ask("GetClients", &[("search", NAME)]);
        assert_eq!(int(&found["totalresults"]), Some(1), "{found}");
        let form = "action=GetClientsDetails&clientid=1&identifier=sandbox&secret=sandbox";
        let pairs = sandbox.post(form);
        assert!(
            pairs.contains(&format!("companyname={ENCODED};")),
            "{pairs}"
        );
        let xml = sandbox.post(&format!("{form}&responsetype=xml"));
        assert!(xml.contains(&format!("<![CDATA[{kept}]]>")), "{xml}");
        // HTML by nature and secrets are kept as they came.
        let news = [
            ("date", "2026-01-02"),
            ("title", NAME),
            ("announcement", "<b>&amp; it's</b>"),
        ];
        sandbox.ask("AddAnnouncement", &news);
        let news = sandbox.ask("GetAnnouncements", &[]);
        let news = &news["announcements"]["announcement"][0];
        assert_eq!(news["title"], kept);
        assert_eq!(news["announcement"], "<b>&amp; it's</b>");
    }
}

#[test]
fn the_names_of_demo_clients_are_kept_like_any_other() {
    let sandbox = Sandbox::with(&["--entities"]);
    let found = sandbox.ask("GetClients", &[("search", "O'Brien")]);
    assert_eq!(
        found["clients"]["client"][0]["lastname"], "O&#039;Brien",
        "{found}"
    );
}

#[test]
fn scripts_exports_and_calls_see_what_was_typed() {
    for (sandbox, kept) in servers() {
        name_client(&sandbox);
        let desk = sandbox.desk();
        let script = r#"
            let one = get_clients_details(#{ clientid: 1 });
            print(one.client.companyname);
            print(one.companyname);
            let all = [];
            for c in all_clients() { if c.id == 1 { print(c.companyname); all.push(#{ id: c.id, company: c.companyname }); } }
            write_csv("out.csv", all);
            write_json("out.json", all);
        "#;
        let shown = desk.script(script);
        assert_eq!(
            shown.succeeded(),
            format!("{NAME}\n{NAME}\n{NAME}\n"),
            "{kept}"
        );
        let csv = std::fs::read_to_string(desk.folder().join("out.csv")).unwrap();
        assert!(csv.contains("\"O'Brien & \"\"Co\"\" <x>\""), "{csv}");
        let json = std::fs::read_to_string(desk.folder().join("out.json")).unwrap();
        assert!(json.contains(r#""O'Brien & \"Co\" <x>""#), "{json}");
        let call = desk.whmcsh(["call", "GetClientsDetails", "clientid=1", "-o", "json"]);
        assert_eq!(call.json()["client"]["companyname"], NAME);
    }
}

#[test]
fn what_is_there_already_is_not_sent_again() {
    for (sandbox, kept) in servers() {
        let desk = sandbox.desk();
        let script = format!(
            "print(upsert_client(#{{ email: \"x@y.example\", firstname: \"Jo\", lastname: `{NAME}`, \
             companyname: `{NAME}`, password2: random_password(20), {ADDRESS} }}, \"email\").outcome);"
        );
        for outcome in ["created\n", "unchanged\n", "unchanged\n"] {
            assert_eq!(desk.script(&script).succeeded(), outcome, "{kept}");
        }
        let found = sandbox.ask("GetClientsDetails", &[("email", "x@y.example")]);
        assert_eq!(found["client"]["companyname"], kept);
        let changed = format!(
            "let c = client_by_email(\"x@y.example\"); print(changed(c, #{{ companyname: `{NAME}` }}));"
        );
        assert_eq!(desk.script(&changed).succeeded(), "#{}\n", "{kept}");
    }
}

#[test]
fn a_plan_shows_what_was_typed_and_no_change_where_there_is_none() {
    for (sandbox, kept) in servers() {
        name_client(&sandbox);
        let desk = sandbox.desk();
        let plan = |company: &str| {
            let text = format!("update_client(#{{ clientid: 1, companyname: `{company}` }});");
            desk.file("plan.rhai", text);
            desk.whmcsh(["plan", "plan.rhai", "--json"])
                .json()
                .to_string()
        };
        let same = plan(NAME);
        assert!(same.contains(r#""unchanged":true"#), "{kept}: {same}");
        let other = plan("Other");
        assert!(other.contains(r#""unchanged":false"#), "{other}");
        assert!(
            other.contains(r#""old":"O'Brien & \"Co\" <x>""#),
            "{kept}: {other}"
        );
    }
}

#[test]
fn undo_brings_back_what_was_typed() {
    for (sandbox, kept) in servers() {
        name_client(&sandbox);
        let desk = sandbox.desk();
        desk.file(
            "change.rhai",
            "update_client(#{ clientid: 1, companyname: \"A & B\" });",
        );
        desk.whmcsh(["run", "change.rhai", "--snapshot"])
            .succeeded();
        let run = desk.whmcsh(["runs", "list", "--json"]).json()[0]["id"].clone();
        let undone = desk.whmcsh(["runs", "undo", run.as_str().unwrap()]);
        assert!(
            undone.succeeded().contains(r#"→ "O'Brien & \"Co\" <x>""#),
            "{undone:?}"
        );
        assert_eq!(company(&sandbox, "1"), kept);
        let again = desk.whmcsh(["runs", "undo", run.as_str().unwrap()]);
        again.succeeded();
        assert_eq!(
            updates(&sandbox),
            3,
            "one by hand, one by the run, one by the undo"
        );
    }
}

#[test]
fn clients_migrate_between_servers_of_either_kind() {
    for (from, _) in servers() {
        for (to, kept) in servers() {
            name_client(&from);
            let desk = two(&from, &to);
            let script = format!(
                "let there = connect(\"old\").get_clients_details(#{{ clientid: 1 }}).client;\n\
                 add_client(#{{ firstname: there.firstname, lastname: there.companyname, companyname: there.companyname, \
                 email: \"moved@y.example\", password2: random_password(20), {ADDRESS} }});"
            );
            desk.file("move.rhai", script);
            desk.whmcsh(["run", "move.rhai", "--profile", "new"])
                .succeeded();
            let moved = to.ask("GetClientsDetails", &[("email", "moved@y.example")]);
            assert_eq!(moved["client"]["companyname"], kept);
            assert_eq!(moved["client"]["lastname"], kept);
        }
    }
}

/// A desk whose profiles `old` and `new` are those sandboxes.
pub fn two(old: &Sandbox, new: &Sandbox) -> Desk {
    let desk = Desk::new();
    drop((old.desk(), new.desk()));
    let profile = |name, sandbox: &Sandbox| {
        format!(
            "[profiles.{name}]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n",
            sandbox.url
        )
    };
    configure(&desk, &(profile("old", old) + &profile("new", new)));
    desk
}

fn configure(desk: &Desk, text: &str) {
    let path = desk.file(".config/whmcsh/config.toml", text);
    let secret = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, secret).unwrap();
}

#[test]
fn a_client_whose_reply_was_lost_is_found_under_the_name_that_was_typed() {
    for entities in [&[][..], &["--entities"]] {
        let fault = ["--fault", "reset-after@AddClient:#1"];
        let sandbox = Sandbox::with(&[&fault[..], entities].concat());
        let desk = sandbox.desk();
        let script = format!(
            "bulk([#{{ email: \"lost@y.example\" }}], #{{ key: \"email\" }}, |row| add_client(#{{ email: row.email, \
             firstname: \"Jo\", lastname: `{NAME}`, password2: \"Chosen-1-word\", {ADDRESS} }}));"
        );
        desk.file("lost.rhai", script);
        // It is looked for at once, and there.
        desk.whmcsh(["run", "lost.rhai"]).succeeded();
        let found = sandbox.ask("GetClients", &[("search", "lost@y.example")]);
        assert_eq!(int(&found["totalresults"]), Some(1), "{entities:?}");
    }
}

#[test]
fn a_profile_may_keep_texts_as_they_are_sent() {
    let sandbox = Sandbox::with(&["--entities"]);
    name_client(&sandbox);
    let desk = sandbox.desk();
    let read = |entities: &str| {
        let text = format!(
            "[profiles.main]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\n{entities}\n",
            sandbox.url
        );
        configure(&desk, &text);
        let call = ["call", "GetClientsDetails", "clientid=1", "-o", "json"];
        desk.whmcsh(call.into_iter().chain(["--profile", "main"]))
    };
    let company = |entities| read(entities).json()["client"]["companyname"].clone();
    assert_eq!(company(""), NAME);
    assert_eq!(company("entities = \"decode\""), NAME);
    assert_eq!(company("entities = \"keep\""), ENCODED);
    let refused = read("entities = \"sometimes\"");
    assert!(
        refused.failed(2).contains("`decode` or `keep`"),
        "{refused:?}"
    );
}

const HEADER: &str = "firstname,lastname,companyname,email,address1,address2,city,state,postcode,country,\
     phonenumber,vat,contact_name,contact_email,product,notes\n";

#[test]
fn recipes_take_and_give_what_was_typed() {
    let cell = format!("\"{}\"", NAME.replace('"', "\"\""));
    for (sandbox, kept) in servers() {
        let desk = sandbox.desk();
        desk.file(
            "new.csv",
            format!(
                "{HEADER}Jo,{cell},{cell},jo@y.example,{cell},,Dublin,Leinster,D01,IE,+353.15550101,\
                 {cell},Ann Lee,ann@y.example,,{cell}\n"),
        );
        recipe(&desk, "onboard_clients.rhai", &["new.csv"]).succeeded();
        let found =
            || sandbox.ask("GetClientsDetails", &[("email", "jo@y.example")])["client"].clone();
        let client = found();
        for field in ["lastname", "companyname", "address1", "tax_id", "notes"] {
            assert_eq!(client[field], kept, "{field}");
        }
        desk.file(
            "same.csv",
            format!("email,companyname,notes\njo@y.example,{cell},{cell}\n"),
        );
        let before = updates(&sandbox);
        recipe(&desk, "update_clients.rhai", &["same.csv"]).succeeded();
        assert_eq!(updates(&sandbox), before, "nothing differs");
        assert_eq!(found(), client);

        recipe(&desk, "export_clients.rhai", &["all.csv"]).succeeded();
        let all = std::fs::read_to_string(desk.folder().join("all.csv")).unwrap();
        let line = all
            .lines()
            .find(|line| line.contains("jo@y.example"))
            .unwrap();
        assert!(line.matches(&cell).count() >= 3, "{line}");
        assert!(!all.contains("&amp;") && !all.contains("&#039;"), "{all}");
    }
}

#[test]
fn the_migration_recipe_carries_what_was_typed() {
    for (from, _) in servers() {
        for (to, kept) in servers() {
            name_client(&from);
            let desk = two(&from, &to);
            // Nobody there has that address yet.
            let other = [("clientid", "1"), ("email", "moved@y.example")];
            from.ask("UpdateClient", &other);
            let words = ["old", "search=O'B", "--profile", "new"];
            recipe(&desk, "migrate_clients.rhai", &words).succeeded();
            let moved = to.ask("GetClientsDetails", &[("email", "moved@y.example")]);
            assert_eq!(moved["client"]["companyname"], kept);
        }
    }
}
