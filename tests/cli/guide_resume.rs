//! The guide's walk through a killed run is true: it is walked, with a real kill.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::guide::chapter;
use crate::readme::{blocks, desk_with_the_recipes};
use crate::support::{Desk, Outcome, Sandbox};

/// The run's name in the guide.
const RUN: &str = "2026-11-24-onboard_clients";

/// The commands of the walk, each with what is shown to come of it.
fn steps() -> Vec<(String, String)> {
    let shown = blocks(&chapter("resume.md"), "console").concat();
    let steps = shown.split("$ whmcsh ").skip(1);
    steps
        .map(|step| {
            let (command, said) = step.split_once('\n').unwrap();
            (command.to_owned(), said.to_owned())
        })
        .collect()
}

fn run(desk: &Desk, command: &str) -> Outcome {
    desk.whmcsh(command.split(' '))
}

fn clients(sandbox: &Sandbox) -> i64 {
    sandbox.ask("GetClients", &[("limitnum", "1")])["totalresults"]
        .as_i64()
        .unwrap()
}

/// Begins the run, and kills it when it is some way on.
fn killed(desk: &Desk, sandbox: &Sandbox, command: &str) {
    let enough = clients(sandbox) + 20;
    let mut child = desk
        .command()
        .args(command.split(' '))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while clients(sandbox) < enough {
        assert!(Instant::now() < deadline, "the run does not get on");
        assert!(child.try_wait().unwrap().is_none(), "the run is over");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "a signal ended it");
}

/// What somebody who looks at the server says of a write in doubt.
fn verdict(sandbox: &Sandbox, write: &Value) -> Vec<String> {
    let text = |value: &Value| value.to_string().replace('"', "");
    let params = &write["params"];
    let orders = match write["action"].as_str().unwrap() {
        "AddOrder" => sandbox.ask("GetOrders", &[("userid", &text(&params["clientid"]))]),
        "AcceptOrder" => sandbox.ask(
            "GetOrders",
            &[("id", &text(&params["orderid"])), ("status", "Active")],
        ),
        other => panic!("`{other}` is not looked for by itself"),
    };
    match orders["orders"]["order"].get(0) {
        Some(order) => {
            let reply = format!("{{\"orderid\":{}}}", text(&order["id"]));
            vec!["--done".to_owned(), "--reply".to_owned(), reply]
        }
        None => vec!["--not-done".to_owned()],
    }
}

#[test]
fn a_killed_run_is_resumed_as_the_guide_shows() {
    // The acceptance of the third order is on its way when the run is killed, and never arrives.
    let sandbox = Sandbox::with(&["--latency", "5", "--fault", "latency=600s@AcceptOrder:#3"]);
    let desk = desk_with_the_recipes(&sandbox);
    let before = clients(&sandbox);
    let steps = steps();
    let [begin, list, resume, settle, again] = &steps[..] else {
        panic!("the walk has {} steps", steps.len());
    };

    assert_eq!(begin.1, "Killed\n");
    killed(&desk, &sandbox, &begin.0);

    let listed = run(&desk, &list.0);
    let name = run(&desk, "runs list --json").json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(name.ends_with(&RUN[10..]), "{name}");
    let here = |text: &str| text.replace(RUN, &name);
    let header = |table: &str| -> Vec<String> {
        let line = table.lines().nth(1).unwrap();
        let line = line.trim_matches('│');
        line.split('┆').map(|cell| cell.trim().to_owned()).collect()
    };
    // A narrow window has the first columns.
    let (said, shown) = (header(listed.succeeded()), header(&list.1));
    assert!(said.starts_with(&shown), "{said:?}");
    let (_, left_out) = list.1.split_once("is narrow: ").unwrap();
    assert_eq!(left_out.trim_end(), said[shown.len()..].join(", "));
    assert!(listed.stdout.contains(&name) && listed.stdout.contains("interrupted"));

    let resumed = run(&desk, &here(&resume.0));
    let error = resumed.failed(5);
    assert!(
        resume.1.contains("in doubt\n") && error.contains("in doubt\n"),
        "{error}"
    );
    let (_, shown) = resume.1.split_once("com: ").unwrap();
    let (words, _) = shown.split_once("102)").unwrap();
    assert!(error.contains(words), "{error}");
    let last_line = |text: &str| text.trim_end().lines().last().unwrap().to_owned();
    assert_eq!(last_line(error), here(&last_line(&resume.1)));

    let writes = run(&desk, &format!("runs show {name} --json")).json()["writes"].clone();
    let in_doubt = writes
        .as_array()
        .unwrap()
        .iter()
        .filter(|write| write["outcome"] == "in doubt");
    let mut ways = Vec::new();
    for write in in_doubt {
        let verdict = verdict(&sandbox, write);
        ways.push(verdict[0].clone());
        let command = here(&settle.0).replace("102", &write["write"].to_string());
        let (command, _) = command.split_once(" --not-done").unwrap();
        desk.whmcsh(command.split(' ').map(str::to_owned).chain(verdict))
            .succeeded();
    }
    assert!(ways.contains(&"--not-done".to_owned()), "{ways:?}");

    let done = run(&desk, &here(&again.0));
    assert_eq!(done.succeeded(), again.1);
    assert_eq!(clients(&sandbox), before + 50);
    let orders = std::fs::read_to_string(desk.folder().join("scripts/data/clients.csv")).unwrap();
    let orders = csv::Reader::from_reader(orders.as_bytes())
        .deserialize::<std::collections::HashMap<String, String>>()
        .filter(|row| !row.as_ref().unwrap()["product"].is_empty())
        .count();
    let found = sandbox.ask("GetOrders", &[("limitnum", "500")]);
    let found = found["orders"]["order"].as_array().unwrap();
    let placed = found.iter().filter(|order| {
        order["id"]
            .to_string()
            .replace('"', "")
            .parse::<i64>()
            .unwrap()
            > 4
    });
    assert_eq!(placed.clone().count(), orders, "each order once");
    for order in placed {
        assert_eq!(order["status"], "Active", "{order}");
    }
}
