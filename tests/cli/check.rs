//! Mistakes found without a server.

use serde_json::Value;

use crate::support::{Desk, repository};

#[test]
fn all_mistakes_are_shown_in_one_pass_with_their_places() {
    let desk = Desk::new();
    desk.file(
        "bad.rhai",
        "let found = get_client(#{ clientid: 7 });\n\
         add_client(#{ fistname: \"Ann\" });\n\
         update_client(#{ clientid: \"seven\" });\n\
         print(foud);\n",
    );
    let outcome = desk.whmcsh(["check", "bad.rhai"]);
    let shown = outcome.failed(1);
    for part in [
        "error: unknown function `get_client`\n --> bad.rhai:1:13\n",
        "similar: `get_clients`",
        "`AddClient` has no parameter `fistname`",
        " --> bad.rhai:2:15\n",
        "did you mean `firstname`?",
        " --> bad.rhai:3:28\n",
        "unknown variable `foud`",
        " --> bad.rhai:4:7\n",
        "problems were found; nothing was sent",
    ] {
        assert!(shown.contains(part), "no {part:?} in:\n{shown}");
    }
    assert_eq!(outcome.stdout, "");
}

#[test]
fn missing_parameters_are_named_unless_validation_is_skipped() {
    let desk = Desk::new();
    desk.file("missing.rhai", "add_client(#{ firstname: \"Ann\" });\n");
    let outcome = desk.whmcsh(["check", "missing.rhai"]);
    assert!(
        outcome.failed(1).contains("`lastname`"),
        "{}",
        outcome.stderr
    );
    desk.file(
        "skipped.rhai",
        "add_client(#{ email: \"ann@example.com\", password2: random_password(20), skipvalidation: true });\n",
    );
    desk.whmcsh(["check", "skipped.rhai"]).succeeded();
}

#[test]
fn every_recipe_passes() {
    let desk = Desk::new();
    let mut words = vec!["check".into()];
    for entry in std::fs::read_dir(repository().join("scripts")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "rhai")
        {
            words.push(path.into_os_string());
        }
    }
    assert!(words.len() > 4);
    desk.whmcsh(words).succeeded();
}

#[test]
fn a_parameter_the_catalog_does_not_know_can_be_allowed() {
    let desk = Desk::new();
    desk.file("custom.rhai", "get_clients(#{ my_addon_field: 1 });\n");
    desk.whmcsh(["check", "custom.rhai"]).failed(1);
    desk.whmcsh(["check", "custom.rhai", "--allow-unknown"])
        .succeeded();
}

#[test]
fn a_function_that_hides_an_action_is_reported_and_never_run() {
    let desk = Desk::new();
    desk.file(
        "hidden.rhai",
        "fn close_client(c) { print(\"ran\"); }\nclose_client(1);\n",
    );
    let checked = desk.whmcsh(["check", "hidden.rhai"]);
    assert!(
        checked
            .failed(1)
            .contains("`close_client` hides the action `CloseClient`"),
        "{}",
        checked.stderr
    );
    let ran = desk.whmcsh(["run", "hidden.rhai", "--sandbox"]);
    assert!(ran.failed(1).contains("hides the action"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

/// What a check found, as programs read it.
fn findings(printed: &str) -> serde_json::Value {
    let mut found: serde_json::Value = serde_json::from_str(printed).unwrap();
    found["findings"].take()
}

#[test]
fn findings_are_told_to_programs_with_their_places() {
    let desk = Desk::new();
    desk.file("wrong.rhai", "let a = 1;\n  get_client(a);\n");
    let outcome = desk.whmcsh(["check", "wrong.rhai", "--json"]);
    assert_eq!(
        outcome.failed(1),
        "error: 1 problem was found; nothing was sent\n"
    );
    let found = findings(&outcome.stdout);
    assert_eq!(found[0]["message"], "unknown function `get_client`");
    assert_eq!(found[0]["place"], "wrong.rhai:2:3");
    assert!(
        found[0]["hint"].as_str().unwrap().contains("`get_clients`"),
        "{found}"
    );
    desk.file("right.rhai", "get_clients();");
    let outcome = desk.whmcsh(["check", "right.rhai", "--json"]);
    assert_eq!(
        (outcome.json(), outcome.stderr.as_str()),
        (
            serde_json::json!({
                "exit": 0, "counts": {"scripts": 1, "errors": 0, "warnings": 0},
                "findings": [], "error": null,
            }),
            ""
        )
    );
}

#[test]
fn every_place_that_an_upgrade_refuses_is_listed() {
    let desk = Desk::new();
    desk.file(
        "scripts/a.rhai",
        "for c in all_clients() { print(c.ciity); }\n",
    );
    desk.file(
        "scripts/more/b.rhai",
        "for row in csv(\"a.csv\") {\n    switch row.plan { 1 => print(1), _ => () }\n}\n",
    );
    desk.file("scripts/more/c.rhai", "print(1);\n");
    let outcome = desk.whmcsh(["check", "--upgrade", "scripts"]);
    let error = outcome.failed(1);
    for place in ["scripts/a.rhai:1:34", "scripts/more/b.rhai:2:5"] {
        assert!(error.contains(place), "{error}");
    }
    assert!(
        error.ends_with("error: 2 problems were found; nothing was sent\n"),
        "{error}"
    );
    let outcome = desk.whmcsh(["check", "--upgrade", "nowhere"]);
    assert!(
        outcome.failed(2).contains("cannot read `nowhere`"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn what_may_be_meant_is_warned_of_and_fails_nothing() {
    let desk = Desk::new();
    desk.file(
        "a.rhai",
        "for row in csv(\"a.csv\") { print(row.price + 1); }\n",
    );
    let outcome = desk.whmcsh(["check", "a.rhai"]);
    outcome.succeeded();
    assert!(
        outcome
            .stderr
            .contains("warning: text from a file or a reply is added to a number by `+`"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_value_that_nothing_lists_is_told_once_in_check_and_plan() {
    let desk = Desk::new();
    let text = "for id in [1, 3] { update_client(#{ clientid: id, language: \"germann\" }); }";
    desk.file("tongues.rhai", text);
    let what = "`UpdateClient`: WHMCS does not come with the language `germann`";
    let checked = desk.whmcsh(["check", "tongues.rhai"]);
    checked.succeeded();
    assert_eq!(
        checked.stderr.matches(what).count(),
        1,
        "{}",
        checked.stderr
    );
    let planned = desk.whmcsh(["plan", "tongues.rhai", "--sandbox"]);
    planned.succeeded();
    assert_eq!(
        planned.stderr.matches(what).count(),
        1,
        "{}",
        planned.stderr
    );
    assert!(planned.stderr.contains("did you mean `german`?"));
}

#[test]
fn a_profile_lists_the_values_of_its_server() {
    let desk = Desk::new();
    let config = |values: &str| {
        format!("[profiles.main]\nurl = \"https://a.example\"\n[profiles.main.values]\n{values}\n")
    };
    let text = "add_product(#{ name: \"VPS\", gid: 1, module: \"our_vps\" });";
    desk.file("product.rhai", text);
    let checked = |values: &str| {
        desk.file(".config/whmcsh/config.toml", config(values));
        desk.whmcsh(["check", "product.rhai"]).stderr
    };
    let unknown = checked("languages = []");
    assert!(
        unknown.contains("nothing lists the modules of this server"),
        "{unknown}"
    );
    let other = checked("modules = [\"our_vpss\"]");
    assert!(other.contains("did you mean `our_vpss`?"), "{other}");
    let listed = checked("modules = [\"our_vps\"]");
    assert!(!listed.contains("warning"), "{listed}");
}

#[test]
fn every_syntax_error_is_shown_and_what_is_wrong_beside_them() {
    let desk = Desk::new();
    desk.file(
        "broken.rhai",
        "let = 3;\nget_client(1);\nbulk([1], |row| {\n    foo( 1, ;\n    add_cliet(#{});\n});\nlet a = 1\nlet b = \"x;\nprint(a);\n",
    );
    let outcome = desk.whmcsh(["check", "broken.rhai", "--json"]);
    outcome.failed(1);
    let found = findings(&outcome.stdout);
    let found: Vec<(&str, &str)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            (
                found["code"].as_str().unwrap(),
                found["place"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("syntax", "broken.rhai:1:5"),
            ("unknown-function", "broken.rhai:2:1"),
            ("syntax", "broken.rhai:4:13"),
            ("unknown-function", "broken.rhai:5:5"),
            ("syntax", "broken.rhai:8:1"),
            ("syntax", "broken.rhai:8:9"),
        ],
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_finding_has_a_range_and_a_fix() {
    let desk = Desk::new();
    desk.file(
        "wrong.rhai",
        "let é = \"😀\"; add_client(#{ fistname: \"Ann\" });\n",
    );
    let outcome = desk.whmcsh(["check", "wrong.rhai", "--json"]);
    let found = findings(&outcome.stdout);
    let found = found.as_array().unwrap();
    let unknown = found
        .iter()
        .find(|found| found["code"] == "unknown-parameter")
        .unwrap();
    assert_eq!(
        unknown["range"],
        serde_json::json!({ "start": { "line": 1, "column": 28 }, "end": { "line": 1, "column": 36 } })
    );
    assert_eq!(unknown["fixes"][0]["text"], "firstname");
    assert_eq!(unknown["fixes"][0]["range"], unknown["range"]);
}

#[test]
fn findings_are_printed_for_github_and_as_sarif() {
    let desk = Desk::new();
    desk.file("wrong.rhai", "let a = 1;\n  get_client(a);\n");
    let outcome = desk.whmcsh(["check", "wrong.rhai", "--format", "github"]);
    outcome.failed(1);
    assert!(
        outcome.stdout.starts_with(
            "::error file=wrong.rhai,line=2,endLine=2,col=3,endColumn=13,title=unknown-function::unknown function `get_client`%0A"
        ),
        "{}",
        outcome.stdout
    );
    let outcome = desk.whmcsh(["check", "wrong.rhai", "--format", "sarif"]);
    outcome.failed(1);
    let log: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unknown-function");
    assert_eq!(
        result["locations"][0]["physicalLocation"]["region"]["startColumn"],
        3
    );
}

#[test]
fn a_script_that_cannot_be_read_hides_nothing_of_the_others() {
    let desk = Desk::new();
    desk.file("broken.rhai", "let = 3;\n");
    let words = ["check", "absent.rhai", "broken.rhai", "--json"];
    let outcome = desk.whmcsh(words);
    let error = outcome.failed(2);
    assert!(error.contains("`absent.rhai` cannot be read"), "{error}");
    let found = findings(&outcome.stdout);
    let codes: Vec<_> = found.as_array().unwrap().iter().collect();
    assert_eq!(codes.len(), 2, "{found}");
    assert_eq!(found[0]["code"], "unreadable");
    assert_eq!(found[0]["file"], "absent.rhai");
    assert_eq!(found[1]["code"], "syntax");
    let told = desk.whmcsh(["check", "absent.rhai", "broken.rhai"]);
    assert!(told.failed(2).contains("broken.rhai:1:5"), "{told:?}");
}

#[test]
fn every_script_of_a_folder_is_checked() {
    let desk = Desk::new();
    for (file, text) in [
        ("all/a.rhai", "prnt(1);\n"),
        ("all/below/b.rhai", "get_clients(1);\n"),
        ("all/c.txt", "prnt(1);\n"),
    ] {
        desk.file(file, text);
    }
    let outcome = desk.whmcsh(["check", "--json", "all", "none.rhai", "all/none"]);
    let found: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let found = found["findings"].as_array().unwrap().iter();
    let mut files: Vec<&str> = found.map(|one| one["file"].as_str().unwrap()).collect();
    files.sort_unstable();
    assert_eq!(
        files,
        ["all/a.rhai", "all/below/b.rhai", "all/none", "none.rhai"]
    );
    desk.file("empty/notes.txt", "");
    let outcome = desk.whmcsh(["check", "--json", "empty"]);
    let found: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(found["findings"][0]["code"], "unreadable", "{found}");
}

#[test]
fn a_script_that_nobody_means_is_not_looked_at_for_ever() {
    let desk = Desk::new();
    for (text, wanted) in [
        ("(".repeat(20_000), "nested more than 256 deep"),
        ("if true { ".repeat(20_000), "nested more than 256 deep"),
        ("f(#{ a: ".repeat(10_000), "nested more than 256 deep"),
        ("foo(1); ".repeat(3_000), "more than 1000 problems"),
    ] {
        desk.file("a.rhai", &text);
        let outcome = desk.whmcsh(["check", "a.rhai"]);
        let start: String = outcome.stderr.chars().take(300).collect();
        assert!(outcome.stderr.contains(wanted), "{start}");
    }
}

#[test]
fn an_import_of_what_is_no_file_is_a_finding_at_once() {
    let desk = Desk::new();
    let pipe = desk.folder().join("pipe.rhai");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    desk.file("folder.rhai/note.txt", "");
    let large = std::fs::File::create(desk.folder().join("large.rhai"));
    large.unwrap().set_len(2_000_000_000).unwrap();
    std::os::unix::fs::symlink("/dev/zero", desk.folder().join("device.rhai")).unwrap();
    for (module, wanted) in [
        ("pipe", "`pipe.rhai` is a pipe or a device, not a file"),
        ("device", "`device.rhai` is a pipe or a device, not a file"),
        ("folder", "`folder.rhai` is a folder, not a file"),
        ("large", "is too large to be a script: 2000 MB"),
        ("none", "`none.rhai` does not exist"),
    ] {
        desk.file("a.rhai", format!("import \"{module}\" as m;\nm::go();\n"));
        let outcome = desk.whmcsh(["check", "--json", "a.rhai"]);
        let found = findings(&outcome.stdout);
        let message = found[0]["message"].as_str().unwrap();
        assert!(message.contains(wanted), "{message}");
        assert_eq!(found[0]["code"], "import");
    }
}

#[test]
fn an_import_circle_is_a_mistake_unless_it_is_never_closed() {
    let desk = Desk::new();
    desk.file("below/b.rhai", "import \"../a\" as a;\nfn two() { 2 }\n");
    desk.file("a.rhai", "import \"below/b\" as b;\nprint(b::two());\n");
    let error = desk.whmcsh(["check", "a.rhai"]);
    let error = error.failed(1);
    assert!(error.contains("`a.rhai` imports itself"), "{error}");
    assert!(error.contains(" --> a.rhai:1:8"), "{error}");
    assert!(error.contains(" --> below/b.rhai:1:8"), "{error}");
    let ran = desk.whmcsh(["run", "--sandbox", "--quiet", "a.rhai"]);
    assert!(ran.failed(1).contains("imports itself"), "{ran:?}");
    // What stands in a function is imported when it is called, and all is loaded by then.
    let text = "fn two() { import \"../a\" as a; 2 }\n";
    desk.file("below/b.rhai", text);
    desk.whmcsh(["check", "a.rhai"]).succeeded_in_words();
}

#[test]
fn a_module_may_begin_as_a_script_may() {
    let desk = Desk::new();
    desk.file("system.rhai", "#!/usr/bin/env whmcsh\nfn one() { 1 }\n");
    desk.file("marked.rhai", "\u{feff}fn two() { 2 }\n");
    let text = "import \"system\" as s;\nimport \"marked\" as m;\nprint(s::one() + m::two());\n";
    desk.file("a.rhai", text);
    desk.whmcsh(["check", "a.rhai"]).succeeded_in_words();
    let ran = desk.whmcsh(["run", "--sandbox", "--quiet", "a.rhai"]);
    assert_eq!(ran.succeeded(), "3\n");
}
