//! The server of a test: what it holds, how it fails, what time it is there, what came to it;
//! and the scripts that are run against it.

use std::sync::Arc;

use rhai::{Array, Dynamic, Module};
use serde_json::Value;

use super::bench::{Bench, OWN};
use super::failing::raised;
use crate::script::api::connection::Connection;
use crate::script::engine::function::{Fallible, function};
use crate::script::files::json::{to_dynamic, to_value};
use crate::script::files::read_json;
use crate::script::host::Host;
use crate::script::raise::Raised;

/// Adds them.
pub(super) fn register(module: &mut Module, host: &Arc<Host>, bench: &Arc<dyn Bench>) {
    filling(module, host, bench);
    time(module, host, bench);
    heard(module, bench);
    scripts(module, bench);
}

fn filling(module: &mut Module, host: &Arc<Host>, bench: &Arc<dyn Bench>) {
    let about = "Fills the test's server, in the place of all it has: with lists of a map, or of a \
                 JSON file in that form. Once per test and server; a second server is filled by \
                 `connect(\"old\").given(…)`.\n\
                 ```rhai\n\
                 given(#{ now: \"2026-12-01\", clients: [#{ id: 1, status: \"Inactive\" }] });\n\
                 ```";
    let describe = |signature: &[&str]| function("given", signature, about);
    let on = Filling(Arc::clone(host), Arc::clone(bench));
    let own = on.clone();
    describe(&["data: ?", "()"]).set_into_module(module, move |data: Dynamic| own.fill(OWN, &data));
    describe(&["server: connection", "data: ?", "()"])
        .set_into_module(module, move |server: &mut Connection, data: Dynamic| {
            on.fill(name(server), &data)
        });
    let at = Arc::clone(bench);
    function(
        "fault",
        &["server: connection", "fault: &str", "()"],
        "Lets a server fail from now on, as `whmcsh sandbox --fault help` says.\n\
         ```rhai\n\
         server.fault(\"503-after@AddOrder:#1\");\n\
         ```",
    )
    .set_into_module(
        module,
        move |server: &mut Connection, fault: &str| -> Fallible<()> {
            Ok(at.fault(name(server), fault).map_err(raised)?)
        },
    );
}

/// Fills servers with what a script has, or a file.
#[derive(Clone)]
struct Filling(Arc<Host>, Arc<dyn Bench>);

impl Filling {
    fn fill(&self, server: &str, data: &Dynamic) -> Fallible<()> {
        let Self(host, bench) = self;
        let fixture = match data.as_immutable_string_ref() {
            Ok(path) => to_value(&read_json(&host.files, &path)?)?,
            Err(_) => to_value(data)?,
        };
        if !fixture.is_object() {
            let what = "`given` takes a map of lists, or the path of a JSON file with one";
            return Err(Raised::new("value", what)
                .hint("such as `given(#{ clients: [#{ id: 1 }] })`")
                .into());
        }
        bench.fill(server, &fixture).map_err(raised)?;
        host.clock.set(bench.now());
        Ok(())
    }
}

fn time(module: &mut Module, host: &Arc<Host>, bench: &Arc<dyn Bench>) {
    let (host, bench) = (Arc::clone(host), Arc::clone(bench));
    function(
        "advance",
        &["server: connection", "time: &str", "()"],
        "Lets that time pass on a server; each day's automation runs: invoices, reminders, \
         suspensions. `today()` follows the test's own server.\n\
         ```rhai\n\
         server.advance(\"1 month\");\n\
         ```",
    )
    .set_into_module(
        module,
        move |server: &mut Connection, time: &str| -> Fallible<()> {
            bench.advance(name(server), time).map_err(raised)?;
            host.clock.set(bench.now());
            Ok(())
        },
    );
}

fn heard(module: &mut Module, bench: &Arc<dyn Bench>) {
    let at = Arc::clone(bench);
    function(
        "requests",
        &["server: connection", "Array"],
        "The requests that a server received from the scripts under test, each with its `action`, \
         `parameters` and `result`. Those of `server` itself are left out.\n\
         ```rhai\n\
         let asked = server.requests().map(|request| request.action);\n\
         ```",
    )
    .set_into_module(
        module,
        move |server: &mut Connection| -> Fallible<Dynamic> {
            Ok(to_dynamic(at.requests(name(server)).map_err(raised)?))
        },
    );
    let at = Arc::clone(bench);
    function(
        "emails",
        &["server: connection", "Array"],
        "The emails that a server sent since it was filled, each with `to`, `subject` and \
         `message`. Nothing is really sent.\n\
         ```rhai\n\
         let subjects = server.emails().map(|email| email.subject);\n\
         ```",
    )
    .set_into_module(
        module,
        move |server: &mut Connection| -> Fallible<Dynamic> {
            Ok(to_dynamic(at.emails(name(server)).map_err(raised)?))
        },
    );
}

fn scripts(module: &mut Module, bench: &Arc<dyn Bench>) {
    let about = "Runs a script against the test's server, as `whmcsh run` does; its path is that from the \
                 test's file. Gives `ok`, `exit`, `error`, `output`, `notes`, `rows`, `writes`, `files` and \
                 `emails`. Options: `max_writes`, `max_deletes`, `no_mail`, `strict`, `workers`.\n\
                 ```rhai\n\
                 let done = run_script(\"close.rhai\", [\"6\"]);\n\
                 assert(done.ok);\n\
                 ```";
    let signature = ["script: &str", "args: array", "options: map", "map"];
    let describe = |taken: usize| {
        let taken: Vec<&str> = signature[..taken]
            .iter()
            .chain(&signature[3..])
            .copied()
            .collect();
        function("run_script", &taken, about)
    };
    let at = Arc::clone(bench);
    describe(1).set_into_module(module, move |script: &str| {
        run(&*at, script, &Array::new(), &Dynamic::UNIT)
    });
    let at = Arc::clone(bench);
    describe(2).set_into_module(module, move |script: &str, args: Array| {
        run(&*at, script, &args, &Dynamic::UNIT)
    });
    let at = Arc::clone(bench);
    describe(3).set_into_module(
        module,
        move |script: &str, args: Array, options: rhai::Map| {
            run(&*at, script, &args, &Dynamic::from_map(options))
        },
    );
}

fn run(bench: &dyn Bench, script: &str, args: &Array, options: &Dynamic) -> Fallible<Dynamic> {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let options = to_value(options)?;
    let done: Value = bench.run_script(script, args, &options).map_err(raised)?;
    Ok(to_dynamic(done))
}

/// The name of the server at the end of a connection.
fn name(server: &Connection) -> &str {
    &server.0.server().name
}
