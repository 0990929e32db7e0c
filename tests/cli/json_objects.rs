//! With `--json`, a program finds one object on standard output, whatever happened, and
//! every output has the form that its schema in `docs/schema` states.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Desk, Sandbox, repository};

/// A schema of `docs/schema`.
pub fn schema(name: &str) -> Value {
    let path = repository().join("docs/schema").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What is wrong with a value by a schema. Only the rules that the schemas use are known;
/// any other is a mistake in the schema, since nothing would hold it.
pub fn wrong(value: &Value, schema: &Value, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (rule, wanted) in schema.as_object().unwrap() {
        match rule.as_str() {
            "$schema" | "title" | "description" => {}
            "$ref" => {
                let name = wanted.as_str().unwrap();
                found.extend(wrong(value, &self::schema(name), place));
            }
            "type" if is_of(value, wanted) => {}
            "enum" if wanted.as_array().unwrap().contains(value) => {}
            "format" if value.is_null() || is_moment(value) => {}
            "type" | "enum" | "format" => found.push(format!("{place}: {value} is not {wanted}")),
            "anyOf" => {
                let all = wanted.as_array().unwrap().iter();
                let all: Vec<_> = all.map(|one| wrong(value, one, place)).collect();
                if all.iter().all(|wrong| !wrong.is_empty()) {
                    found.extend(all.into_iter().flatten());
                }
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                found.extend(
                    items.flat_map(|(at, item)| wrong(item, wanted, &format!("{place}[{at}]"))),
                );
            }
            "required" => {
                let names = wanted.as_array().unwrap().iter().map(|name| name.as_str());
                let missing =
                    names.filter(|name| value.is_object() && value.get(name.unwrap()).is_none());
                found.extend(missing.map(|name| format!("{place}: no `{}`", name.unwrap())));
            }
            "properties" => {
                for (name, field) in value.as_object().into_iter().flatten() {
                    let place = format!("{place}.{name}");
                    match (wanted.get(name), &schema["additionalProperties"]) {
                        (Some(wanted), _) => found.extend(wrong(field, wanted, &place)),
                        (None, Value::Bool(true)) => {}
                        (None, Value::Object(other)) => {
                            found.extend(wrong(field, &Value::Object(other.clone()), &place));
                        }
                        (None, _) => found.push(format!("{place} is not in the schema")),
                    }
                }
            }
            "additionalProperties" => assert!(schema.get("properties").is_some()),
            other => panic!("the checker does not know `{other}`"),
        }
    }
    found
}

fn is_of(value: &Value, types: &Value) -> bool {
    let is_one = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type `{other}`"),
    };
    match types {
        Value::Array(types) => types.iter().any(is_one),
        name => is_one(name),
    }
}

/// RFC 3339 with an offset, and nothing after it.
fn is_moment(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.parse::<jiff::Timestamp>().is_ok() && !text.contains('[')
}

/// The only thing that was printed, which is as that schema says.
#[track_caller]
fn object(printed: &str, name: &str) -> Value {
    let value: Value = serde_json::from_str(printed)
        .unwrap_or_else(|error| panic!("{error} in what was printed: {printed:?}"));
    let found = wrong(&value, &schema(name), name);
    assert!(found.is_empty(), "{found:#?}\n{value:#}");
    value
}

const UPDATE: &str = "print(\"hello\");\n\
    bulk(csv(args[0]), |row| update_client(#{ clientid: row.id, city: row.city }));\n";

/// A desk with a script and two rows, of which the second fails.
fn desk(sandbox: &Sandbox) -> Desk {
    let desk = sandbox.desk();
    desk.file("update.rhai", UPDATE);
    desk.file("rows.csv", "id,city\n1,Bergen\n999999,Oslo\n");
    desk.file("right.csv", "id,city\n1,Bergen\n");
    desk
}

#[test]
fn a_run_ends_with_one_object_and_its_script_prints_aside() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    let words = ["run", "update.rhai", "right.csv", "--json", "--name", "it"];
    let outcome = desk.whmcsh(words);
    outcome.succeeded();
    assert!(outcome.stderr.contains("hello\n"), "{}", outcome.stderr);
    let told = object(&outcome.stdout, "run.json");
    let run = desk.only_run();
    assert_eq!(told["run"], run.file_name().unwrap().to_str().unwrap());
    assert_eq!(told["folder"], run.to_str().unwrap());
    let ended = json!([
        told["name"],
        told["state"],
        told["exit"],
        told["error"],
        told["resume"]
    ]);
    assert_eq!(ended, json!(["it", "done", 0, null, null]));
    assert_eq!(told["counts"]["done"], 1);
    assert_eq!(told["files"]["results"], json!(["results.csv"]));
}

#[test]
fn rows_that_fail_are_in_the_object_with_the_way_to_go_on() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    let outcome = desk.whmcsh(["run", "update.rhai", "rows.csv", "--json"]);
    outcome.failed(4);
    let told = object(&outcome.stdout, "run.json");
    assert_eq!(told["state"], "failed");
    assert_eq!(told["error"]["kind"], "rows");
    assert_eq!(told["error"]["row"], 2);
    assert_eq!(told["files"]["failed"], json!(["failed.csv"]));
    let resume = told["resume"].as_str().unwrap();
    assert!(
        resume.starts_with("whmcsh run update.rhai rows.csv --resume "),
        "{resume}"
    );
    let words = "each rows.csv --json -- UpdateClient clientid={id} city={city}";
    let each = desk.whmcsh(words.split(' '));
    each.failed(4);
    assert_eq!(object(&each.stdout, "run.json")["counts"]["failed"], 1);
}

#[test]
fn an_error_of_a_script_is_told_by_its_kind_place_and_action() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    desk.file(
        "wrong.rhai",
        "let a = 1;\nget_clients_details(#{ clientid: 999999 });\n",
    );
    let outcome = desk.whmcsh(["run", "wrong.rhai", "--json"]);
    outcome.failed(1);
    let told = object(&outcome.stdout, "run.json");
    let error = &told["error"];
    assert_eq!(error["kind"], "api");
    assert_eq!(error["action"], "GetClientsDetails");
    assert_eq!(error["place"], "wrong.rhai:2:1");
    assert_eq!((&told["run"], &told["exit"]), (&Value::Null, &json!(1)));
    let plan = desk.whmcsh(["plan", "wrong.rhai", "--json"]);
    plan.failed(1);
    assert_eq!(object(&plan.stdout, "plan.json")["error"], *error);
}

#[test]
fn a_program_reads_one_object_whatever_is_wrong_before_anything_is_done() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    let runs = [
        "run absent.rhai --json",
        "run update.rhai rows.csv --json --wrokers 3",
        "run --json",
        "run update.rhai rows.csv --json --profile none",
        "run update.rhai rows.csv --json --bind absent.json",
        "run update.rhai rows.csv --resume 20000101-000000-x --json",
        "each absent.csv --json -- UpdateClient clientid={id}",
        "each rows.csv --json -- NoSuchAction",
    ];
    for words in runs {
        let outcome = desk.whmcsh(words.split(' '));
        outcome.failed(2);
        let told = object(&outcome.stdout, "run.json");
        assert_eq!(
            (&told["run"], &told["exit"]),
            (&Value::Null, &json!(2)),
            "{words}"
        );
        assert_eq!(told["error"]["kind"], "usage", "{words}");
    }
    let others = [
        "plan absent.rhai --json",
        "plan update.rhai rows.csv --json --profile none",
        "each rows.csv --plan --json -- NoSuchAction",
        "check --json",
        "sandbox --json --listen 127.0.0.1",
        "profile test none --json",
        "runs show 20000101-000000-x --json",
    ];
    for words in others {
        let outcome = desk.whmcsh(words.split(' '));
        outcome.failed(2);
        object(&outcome.stdout, "failure.json");
    }
    let words = "plan absent.rhai --json --detailed-exitcode";
    let outcome = desk.whmcsh(words.split(' '));
    outcome.failed(1);
    assert_eq!(object(&outcome.stdout, "failure.json")["exit"], 1);
}

#[test]
fn outputs_about_runs_say_the_same_in_the_same_words() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    let told = desk.whmcsh(["run", "update.rhai", "rows.csv", "--json"]);
    told.failed(4);
    let told = object(&told.stdout, "run.json");
    let list = desk.whmcsh(["runs", "list", "--json"]);
    let list = object(list.succeeded(), "runs-list.json");
    let show = desk.whmcsh(["runs", "show", "--json"]);
    let show = object(show.succeeded(), "runs-show.json");
    let summary = fs::read_to_string(desk.only_run().join("summary.json")).unwrap();
    let summary = object(&summary, "summary.json");
    for other in [&list[0], &show, &summary] {
        for field in ["run", "name", "state", "counts"] {
            assert_eq!(other[field], told[field], "{field}");
        }
    }
    assert_eq!(show["files"], told["files"]);
    assert_eq!(show["resume"], told["resume"]);
    let report = desk.whmcsh(["runs", "report", "--json"]).json();
    assert_eq!(report["run"], told["run"]);
    assert!(report["files"]["report"].is_string());
}

#[test]
fn other_objects_are_as_their_schemas_say() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    desk.file("wrong.rhai", "let a = 1;\n  get_client(a);\n");
    let check = desk.whmcsh(["check", "wrong.rhai", "update.rhai", "--json"]);
    check.failed(1);
    let check = object(&check.stdout, "check.json");
    assert_eq!(
        (&check["counts"]["scripts"], &check["exit"]),
        (&json!(2), &json!(1))
    );
    let plan = desk.whmcsh(["plan", "update.rhai", "rows.csv", "--json"]);
    object(&plan.stdout, "plan.json");
    let test = desk.whmcsh(["profile", "test", "--json"]);
    object(test.succeeded(), "profile-test.json");
}

#[test]
fn a_sandbox_says_where_it_listens() {
    let desk = Desk::new();
    let mut command = desk.command();
    command.args(["sandbox", "--json", "--listen", "127.0.0.1:0"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut printed = String::new();
    for line in lines {
        let line = line.unwrap();
        printed.push_str(&line);
        if line == "}" {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told = object(&printed, "sandbox.json");
    let endpoint = told["endpoint"].as_str().unwrap();
    assert!(
        endpoint.starts_with(told["url"].as_str().unwrap()),
        "{endpoint}"
    );
}

#[test]
fn a_limit_that_is_reached_is_told_with_its_place() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    let words = [
        "run",
        "update.rhai",
        "right.csv",
        "--max-writes",
        "0",
        "--json",
    ];
    let outcome = desk.whmcsh(words);
    outcome.failed(6);
    let told = object(&outcome.stdout, "run.json");
    let error = &told["error"];
    let said = json!([error["kind"], error["action"], error["place"]]);
    assert_eq!(said, json!(["limit", "UpdateClient", "update.rhai:2:26"]));
}

#[test]
fn a_full_disk_takes_the_object_and_nothing_else() {
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    let printed = |words: &[&str]| {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = desk.command();
        let output = command.args(words).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), told)
    };
    let (code, told) = printed(&["run", "update.rhai", "right.csv", "--json"]);
    assert_eq!(code, Some(0), "it is done: {told}");
    assert!(told.contains("cannot write to standard output"), "{told}");
    assert!(
        told.contains("what the run did is in its journal"),
        "{told}"
    );
    let (code, told) = printed(&["run", "absent.rhai", "--json"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("`absent.rhai` cannot be read"), "{told}");
    desk.file("reads.rhai", "get_clients();\n");
    let (code, told) = printed(&["run", "reads.rhai", "--json"]);
    assert_eq!(code, Some(2), "{told}");
}
