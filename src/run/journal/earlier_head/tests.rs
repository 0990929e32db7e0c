//! Heads to the letter as version 0.1.0 wrote them.

use super::super::stored_head::{NoHead, parse};
use super::*;

/// A head with those fields besides the usual ones.
fn head(script: &str, hash: &str, words: [&str; 2], more: &str) -> String {
    let [args, options] = words;
    format!(
        r#"{{"id":"2026-11-23-a","script":"{script}","script_hash":"{hash}","modules":[],"args":[{args}],"options":[{options}],"inputs":[{{"path":"clients.csv","hash":"00ff"}}],"profile":"main","host":"billing.example.com","path":"","rehearsal":false,"started":"2026-11-23T10:00:00+01:00[Europe/Berlin]"{more},"version":"0.1.0"}}"#
    )
}

fn read(text: &str) -> Head {
    parse(text).unwrap()
}

#[test]
fn a_scripts_words_are_read() {
    let options = r#""--config","own.toml","--profile","main","--ipv6","--allow-unknown","--log","--calls.log","--workers","3","--rate","600/m","--max-failures","2.5%","--max-writes","100","--max-deletes","20","--shard","2/8","--no-mail","--allow-env","A","--allow-env","--B""#;
    let args = r#""clients.csv","--no-mail","--","password=hunter2""#;
    let text = head(
        "scripts/a.rhai",
        "ab",
        [args, options],
        r#","snapshots":"all""#,
    );
    let head = read(&text);
    let args = ["clients.csv", "--no-mail", "--", "password=…"];
    assert_eq!(
        head.invocation,
        Invocation {
            task: Task::Script(ScriptCall {
                path: "scripts/a.rhai".into(),
                args: args.map(str::to_owned).into(),
            }),
            target: Target {
                config: Some("own.toml".into()),
                profile: Some("main".into()),
                fleet: Vec::new(),
                ip: Some(IpVersion::V6),
                sandbox: false,
                allow_unknown: true,
                allow: Vec::new(),
                log: Some("--calls.log".into()),
            },
            limits: Limits {
                workers: Some(3),
                rate: "600/m".parse().ok(),
                max_failures: "2.5%".parse().ok(),
                max_writes: Some(100),
                max_deletes: Some(20),
                no_mail: true,
                shard: "2/8".parse().ok(),
                ..Limits::default()
            },
            allow_env: ["--B", "A"].map(str::to_owned).into(),
            snapshots: Some(Snapshots::All),
            bind: None,
        }
    );
    assert_eq!(head.host, "billing.example.com");
    assert_eq!(head.path.as_deref(), Some(""));
    assert_eq!(head.inputs[0].hash, "00ff");
    assert_eq!(head.version, "0.1.0");
}

#[test]
fn the_words_of_each_are_read() {
    let options = r#""--profile","main","--where=a == \"--key=b\"","--key=e mail","--skip-empty","--","UpdateClient","clientid={id}","--key=x","--""#;
    let text = head(
        "each UpdateClient",
        "ab",
        [r#""my clients.csv""#, options],
        "",
    );
    let task = read(&text).invocation.task;
    assert_eq!(
        task,
        Task::Each(EachRow {
            file: "my clients.csv".into(),
            condition: Some("a == \"--key=b\"".into()),
            key: Some("e mail".into()),
            sheet: None,
            skip: 0,
            skip_hidden: false,
            encoding: None,
            delimiter: None,
            as_is: Vec::new(),
            skip_empty: true,
            action: "UpdateClient".into(),
            params: ["clientid={id}", "--key=x", "--"].map(str::to_owned).into(),
        })
    );
    assert_eq!(task.name(), "each UpdateClient");
}

#[test]
fn an_undo_is_told_from_a_script_of_its_name() {
    let run = "2026-11-22-b";
    let undo = head(
        &format!("undo of {run}"),
        NO_TEXT,
        ["", ""],
        r#","snapshots":"all""#,
    );
    assert_eq!(
        read(&undo).invocation.task,
        Task::Undo(UndoOf { run: run.into() })
    );
    for script in ["undo of nothing", "each day"] {
        let task = read(&head(script, "ab", ["", ""], "")).invocation.task;
        assert!(matches!(&task, Task::Script(call) if call.path.to_str() == Some(script)));
    }
}

#[test]
fn a_head_of_before_0_1_0_is_read_by_what_it_has() {
    let text = r#"{"id":"a","script":"a.rhai","script_hash":"ab","args":["x"],"inputs":[],"profile":"main","host":"h","started":"2026-11-23T10:00:00+00:00[UTC]","version":"0.1.0"}"#;
    let head = read(text);
    assert_eq!(
        (&head.path, head.args().to_vec()),
        (&None, vec!["x".to_owned()])
    );
    assert_eq!(head.invocation.snapshots, Some(Snapshots::Destructive));
}

#[test]
fn a_rehearsal_stays_one() {
    let text = head("a.rhai", "ab", ["", ""], "").replace("false", "true");
    assert!(read(&text).is_rehearsal());
}

#[test]
fn a_word_that_was_never_written_is_damage() {
    for options in [
        r#""--worker","3""#,
        r#""--workers""#,
        r#""--workers","many""#,
        r#""--shard","9/8""#,
        r#""loose","word""#,
        r#""--","UpdateClient""#,
    ] {
        let read = parse(&head("a.rhai", "ab", [r#""f.csv""#, options], ""));
        assert!(
            matches!(read, Err(NoHead::Damaged(_))),
            "{options}: {read:?}"
        );
    }
}
