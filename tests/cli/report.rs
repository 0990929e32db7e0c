//! `whmcsh runs report`: a page that says what a run did, and nothing it must not.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::earlier_runs::unpack;
use crate::support::{Desk, Sandbox};

fn name(run: &Path) -> &str {
    run.file_name().unwrap().to_str().unwrap()
}

/// Makes the report of the only run; the page.
#[track_caller]
fn page(desk: &Desk) -> String {
    let run = desk.only_run();
    let outcome = desk.whmcsh(["runs", "report", name(&run)]);
    let path = run.join("report.html");
    assert_eq!(outcome.succeeded(), format!("{}\n", path.display()));
    std::fs::read_to_string(path).unwrap()
}

/// The data of one of the page's tables.
#[track_caller]
fn data(page: &str, of: &str) -> Value {
    let opening = format!("<script type=\"application/json\" id=\"data-{of}\">");
    let (_, rest) = page.split_once(&opening).expect("there is such a table");
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The cells of some columns of a table.
fn cells(data: &Value, names: &[&str]) -> Value {
    let columns = data["columns"].as_array().unwrap();
    let place = |name: &str| columns.iter().position(|column| column["name"] == name);
    let places: Vec<usize> = names.iter().map(|name| place(name).unwrap()).collect();
    let rows = data["rows"].as_array().unwrap().iter();
    let chosen = |row: &Value| {
        places
            .iter()
            .map(|&place| row[place].clone())
            .collect::<Value>()
    };
    rows.map(chosen).collect()
}

#[test]
fn the_page_tells_what_ran_what_failed_and_every_row() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file("rows.csv", "id,city\n1,Köln\n999999,Oslo\n2,\n");
    desk.script(
        "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| {\n\
         if row.city == \"\" { skip(\"no city\"); }\n\
         update_client(#{ clientid: row.id, city: row.city });\n\
         #{ moved: row.city }\n});\n",
    )
    .failed(4);
    let page = page(&desk);
    let run = desk.only_run();
    let mode = run.join("report.html").metadata().unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    for text in [
        "<span class=\"badge failed\">failed</span>",
        "Ended with 3 rows; 1 row failed.",
        &format!("<dt>Server</dt><dd>{}</dd>", sandbox.host()),
        "<dt>Mode</dt><dd>real server</dd>",
        "<p class=\"reason\">Client ID Not Found</p>",
        "<code>script.rhai:3:1</code>",
        "row 2 (<bdi>999999</bdi>)",
        "<th scope=\"row\">UpdateClient</th><td>updates</td><td class=\"num \">1</td><td class=\"num failed\">1</td>",
        &format!(
            "<code>whmcsh run script.rhai --resume {}</code>",
            name(&run)
        ),
    ] {
        assert!(page.contains(text), "{text}");
    }
    let names = [
        "row", "key", "outcome", "result", "writes", "line", "city", "moved",
    ];
    assert_eq!(
        cells(&data(&page, "rows-1"), &names),
        json!([
            [
                1,
                "1",
                "done",
                "moved Köln",
                "UpdateClient",
                2,
                "Köln",
                "Köln"
            ],
            [
                2,
                "999999",
                "failed",
                "Client ID Not Found",
                "UpdateClient (refused)",
                3,
                "Oslo",
                ""
            ],
            [3, "2", "skipped", "no city", "", 4, "", ""],
        ])
    );
    let shown = desk.whmcsh(["runs", "show", name(&run)]);
    assert!(shown.succeeded().contains("summary.json, report.html"));
}

#[test]
fn nothing_that_others_wrote_becomes_part_of_the_page() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    let hostile = "<script>alert(1)</script>";
    let worse = "</script><img src=x onerror='alert(2)'>\u{2028}&lt;\"{{script}}";
    let quoted = worse.replace('"', "\"\"");
    desk.file(
        "rows.csv",
        format!("name,\"{quoted}\"\n{hostile},\"{quoted}\"\n"),
    );
    desk.script(
        "bulk(csv(\"rows.csv\"), #{ key: \"name\", workers: 1 }, |row| {\n\
         update_client(#{ clientid: 1, firstname: row.name });\n\
         fail(row.name + \" cannot \" + row.name);\n});\n",
    )
    .failed(4);
    let page = page(&desk);
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img") && !page.contains('\u{2028}'));
    assert!(page.contains(
        "<p class=\"reason\">… cannot …</p><p class=\"hint\">such as: &lt;script&gt;alert(1)&lt;/script&gt; cannot &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    ));
    let told = format!("{hostile} cannot {hostile}");
    assert_eq!(
        cells(&data(&page, "rows-1"), &["key", "result", worse]),
        json!([[hostile, told, worse]])
    );
}

#[test]
fn the_page_may_run_its_own_script_and_nothing_else() {
    let desk = Desk::new();
    desk.file("script.rhai", "log_activity(#{ description: \"x\" });");
    let ran = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    ran.succeeded();
    let page = page(&desk);
    let hash = |element: &str| {
        let (_, rest) = page.split_once(&format!("<{element}>")).unwrap();
        let (text, _) = rest.split_once(&format!("</{element}>")).unwrap();
        STANDARD.encode(Sha256::digest(text))
    };
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">",
        hash("style"),
        hash("script")
    );
    assert!(page.contains(&policy));
    for word in ["http:", "https:", " style=", " onclick=", "url(", " src="] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn what_the_files_of_a_run_leave_out_as_secret_the_page_leaves_out_too() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    desk.file(
        "rows.csv",
        "id,Password,word,city\n1,s3cr3t-a,s3cr3t-b,Oslo\n2,s3cr3t-c,s3cr3t-d,Bergen\n",
    );
    desk.file(
        "script.rhai",
        "bulk(csv(\"rows.csv\"), #{ key: \"id\", workers: 1 }, |row| {\n\
         update_client(#{ clientid: row.id, password2: row.word, city: row.city });\n\
         if row.id == \"2\" { fail(\"no\"); }\n\
         #{ password: row.Password, sent: row.word, city: row.city }\n});\n",
    );
    let words = ["run", "script.rhai", "password=s3cr3t-e", "--snapshot"];
    desk.whmcsh(words).failed(4);
    let page = page(&desk);
    assert!(!page.contains("s3cr3t"));
    let data = data(&page, "rows-1");
    let columns = data["columns"].as_array().unwrap().iter();
    let names: Vec<&str> = columns
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    let own = [
        "row", "key", "outcome", "result", "writes", "took", "ended", "line",
    ];
    assert_eq!(names, [&own[..], &["id", "city", "_city"]].concat());
    assert!(page.contains("Left out as secret: <code>Password</code>, <code>word</code>"));
    assert!(page.contains("<dt>Arguments</dt><dd>password=…</dd>"));
    assert!(page.contains("<code>whmcsh run script.rhai &#39;password=…&#39; --resume "));
}

#[test]
fn a_write_in_doubt_comes_with_the_commands_that_settle_it() {
    let sandbox = Sandbox::with(&["--fault", "reset-after@AddClientNote:#1"]);
    let desk = sandbox.desk();
    desk.script(
        "bulk([1, 2], #{ workers: 1 }, |id| { add_client_note(#{ userid: id, notes: \"<b>\" }); });",
    )
    .failed(5);
    let told = page(&desk);
    let run = name(&desk.only_run()).to_owned();
    let settle = format!("whmcsh runs settle {run} --write 1");
    for text in [
        "Ended with 2 rows; 1 write is in doubt.".to_owned(),
        "<h3><span>write 1</span> AddClientNote <small>row 1</small></h3>".to_owned(),
        "<div><dt>notes</dt><dd>&lt;b&gt;</dd></div>".to_owned(),
        "whmcsh cannot check this write.".to_owned(),
        format!("<code>{settle} --done --reply &#39;{{&quot;noteid&quot;: NUMBER}}&#39;</code>"),
        format!("<code>{settle} --not-done</code>"),
    ] {
        assert!(told.contains(&text), "{text}");
    }
    let words = format!("{settle} --not-done");
    desk.whmcsh(words.split(' ').skip(1)).succeeded();
    desk.whmcsh(["run", "script.rhai", "--resume", &run])
        .succeeded();
    let left = desk.only_run().join("report.html");
    assert!(!left.exists(), "it is not true any more");
    let told = page(&desk);
    for text in [
        "All 2 rows succeeded.",
        " in 2 passes</dd>",
        "<td>in doubt</td></tr><tr><td class=\"num\">2</td>",
        "<b>Pass 2</b> 1 row",
    ] {
        assert!(told.contains(text), "{text}");
    }
    assert!(!told.contains("runs settle"));
}

#[test]
fn updates_show_what_stood_there_before() {
    let sandbox = Sandbox::start();
    let desk = sandbox.desk();
    sandbox.ask("UpdateClient", &[("clientid", "1"), ("city", "Köln")]);
    desk.file(
        "script.rhai",
        "update_client(#{ clientid: 1, city: \"Bonn\" });\n\
         update_client(#{ clientid: 1, city: \"Bonn\" });\n",
    );
    desk.whmcsh(["run", "script.rhai", "--snapshot"])
        .succeeded();
    let names = [
        "write", "action", "record", "field", "before", "after", "outcome",
    ];
    assert_eq!(
        cells(&data(&page(&desk), "changes"), &names),
        json!([[1, "UpdateClient", "1", "city", "Köln", "Bonn", "done"]])
    );
}

#[test]
fn a_run_without_rows_shows_its_writes() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "log_activity(#{ description: \"a\" });\n\
         try { update_client(#{ clientid: 999999, city: \"Oslo\" }); } catch {}\n",
    );
    let ran = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    ran.succeeded();
    let page = page(&desk);
    assert!(page.contains("Finished with 1 write."));
    assert!(page.contains("<dt>Mode</dt><dd>sandbox run; its sandbox ended with it</dd>"));
    assert!(
        page.contains("<figcaption>2 writes<"),
        "the timeline is of writes"
    );
    assert!(!page.contains("data-rows"));
    let names = ["write", "action", "parameters", "outcome", "why"];
    assert_eq!(
        cells(&data(&page, "writes"), &names),
        json!([
            [1, "LogActivity", "description=a", "done", ""],
            [
                2,
                "UpdateClient",
                "city=Oslo  clientid=999999",
                "refused",
                "Client ID Not Found"
            ],
        ])
    );
}

#[test]
fn every_loop_of_a_script_has_a_table_of_its_own() {
    let desk = Desk::new();
    desk.file(
        "script.rhai",
        "for pass in 1..3 { bulk([pass], #{}, |number| {\n\
         log_activity(#{ description: `${number}` }); #{ seen: number } }); }",
    );
    let ran = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    ran.succeeded();
    let page = page(&desk);
    for number in [1, 2] {
        let rows = data(&page, &format!("rows-{number}"));
        assert_eq!(
            cells(&rows, &["row", "seen"]),
            json!([[1, number.to_string()]])
        );
    }
}

#[test]
fn the_page_goes_where_it_is_wanted_and_programs_are_told() {
    let desk = Desk::new();
    desk.file("script.rhai", "log_activity(#{ description: \"x\" });");
    let ran = desk.whmcsh(["run", "script.rhai", "--sandbox"]);
    ran.succeeded();
    let run = desk.only_run();
    let told = desk.whmcsh(["runs", "report", name(&run), "--out", "page.html", "--json"]);
    let told = told.json();
    assert_eq!(told["report"], "page.html");
    assert_eq!(told["run"], name(&run));
    assert_eq!(told["counts"]["writes"], 1);
    assert!(desk.folder().join("page.html").is_file());
    assert!(!run.join("report.html").exists());

    let lost = desk.whmcsh(["runs", "report", name(&run), "--out", "no/where.html"]);
    assert!(
        lost.failed(2)
            .starts_with("error: `no/where.html` cannot be written: ")
    );
    let unknown = desk.whmcsh(["runs", "report", "2026-11-23-none"]);
    assert_eq!(
        unknown.failed(2),
        "error: there is no run `2026-11-23-none`\nhint: `whmcsh runs` lists them\n"
    );
}

#[test]
fn a_journal_of_an_earlier_version_gives_a_report_without_times_that_says_so() {
    let desk = Desk::new();
    unpack("bulk-key-finished", desk.folder());
    let journal = desk.only_run().join("journal.sqlite");
    let sql = "DROP TABLE passes; DROP TABLE snapshots;
        ALTER TABLE rows DROP COLUMN ended;
        ALTER TABLE intents DROP COLUMN begun;
        ALTER TABLE outcomes DROP COLUMN settled;
        ALTER TABLE outcomes DROP COLUMN micros;";
    let connection = rusqlite::Connection::open(journal).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    let page = page(&desk);
    assert!(page.contains("did not record when rows ended, so there is no timeline."));
    assert!(page.contains("The journal does not say how long the server took."));
    let rows = data(&page, "rows-1");
    let all: Value = (1..=12).map(|row| json!([row, "done", null])).collect();
    assert_eq!(cells(&rows, &["row", "outcome", "ended"]), all);
}
