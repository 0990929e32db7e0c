//! A run killed at random instants and taken up again, until it comes to its end.

use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use super::case::Case;
use super::census::Census;
use crate::support::Desk;

/// Passes after which a run is taken never to come to its end.
const TOO_MANY: u64 = 150;

/// How long a call may be on its way in the server after its caller was killed.
const LANDED: Duration = Duration::from_secs(1);
/// The same where a fault holds calls up for two seconds.
const LANDED_LATE: Duration = Duration::from_secs(3);

/// A run and who kills it.
pub struct Killing<'k> {
    case: &'k Case,
    desk: &'k Desk,
    census: &'k Census,
    dice: ChaCha8Rng,
    passes: u64,
    kills: u64,
    ended: Instant,
}

/// The pass that came to its end.
pub struct Last {
    pub run: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl<'k> Killing<'k> {
    pub fn of(case: &'k Case, desk: &'k Desk, census: &'k Census) -> Self {
        Self {
            case,
            desk,
            census,
            dice: ChaCha8Rng::seed_from_u64(case.seed),
            passes: 0,
            kills: 0,
            ended: Instant::now(),
        }
    }

    /// Kills and resumes until nothing is left to be done without a user.
    pub fn resume_to_the_end(mut self) -> Last {
        let last = loop {
            assert!(self.passes < TOO_MANY, "the run does not come to its end");
            let ended = self.pass();
            self.passes += 1;
            self.ended = Instant::now();
            let Some(run) = self.run() else { continue };
            if self.case.settles {
                self.settle_by_looking(&run);
            }
            if let Some(code) = ended
                && !self.is_open(&run, code)
            {
                break self.last(run, code);
            }
        };
        // On a failing server a pass may end by itself before it is killed.
        let is_killed = self.kills > 0 || self.case.faults.is_some();
        assert!(is_killed, "the run was never killed");
        last
    }

    /// Starts the run or takes it up again, and kills it some time later; how it
    /// ended, if it ended before that.
    fn pass(&mut self) -> Option<i32> {
        let mut words = vec!["run".to_owned(), "script.rhai".to_owned()];
        if let Some(run) = self.run() {
            words.extend(["--resume".to_owned(), run]);
        }
        let output = |name: &str| File::create(self.desk.folder().join(name)).unwrap();
        let mut child = self
            .desk
            .command()
            .args(words)
            .stdout(Stdio::from(output("stdout")))
            .stderr(Stdio::from(output("stderr")))
            .spawn()
            .unwrap();
        // Every pass may take a little longer, so that a slow machine gets to the end as well.
        // The first is shorter than the calls can take, so that there is a kill.
        let longest = match self.passes {
            0 => 150,
            passes => 1400 + passes * 250,
        };
        let deadline = Instant::now() + Duration::from_millis(self.dice.random_range(30..=longest));
        while Instant::now() < deadline {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        // It may have ended by itself just before.
        let code = status.code();
        self.kills += u64::from(code.is_none());
        code
    }

    fn run(&self) -> Option<String> {
        let runs = self.desk.whmcsh(["runs", "list", "--json"]).json();
        let runs = runs.as_array().unwrap();
        assert!(runs.len() < 2, "{runs:?}");
        runs.first()?["id"].as_str().map(str::to_owned)
    }

    /// Whether another pass may do more: rows failed, or what is in doubt can be
    /// looked for by the run itself.
    fn is_open(&self, run: &str, code: i32) -> bool {
        match code {
            0 => false,
            5 => {
                let finds_out = |write: &Value| write["action"] != "AddOrder";
                self.case.settles
                    || self.has_failures()
                    || in_doubt(self.desk, run).iter().any(finds_out)
            }
            // Rows or a loop failed for good reasons: the server's.
            1 | 3 | 4 if self.case.faults.is_some() => true,
            _ => panic!("it ended with {code}: {}", self.text("stderr")),
        }
    }

    fn has_failures(&self) -> bool {
        !self
            .text("stdout")
            .contains(&format!("{} in all", super::case::ROWS))
            || self.text("stderr").contains(" failed")
    }

    /// Says of every order in doubt whether the server has it, as somebody would who looks.
    fn settle_by_looking(&mut self, run: &str) {
        for write in in_doubt(self.desk, run) {
            if write["action"] != "AddOrder" {
                continue;
            }
            let client = write["params"]["clientid"].as_i64().unwrap();
            let verdict = match self.order_landed(client) {
                Some(order) => vec![
                    "--done".to_owned(),
                    "--reply".to_owned(),
                    format!("{{\"result\": \"success\", \"orderid\": {order}}}"),
                ],
                None => vec!["--not-done".to_owned()],
            };
            let row = self.census.email_of(client);
            let which = if self.case.is_loop || self.dice.random_bool(0.5) {
                ["--write".to_owned(), write["write"].to_string()]
            } else {
                ["--row".to_owned(), row]
            };
            let words = ["runs", "settle", run].map(str::to_owned);
            let words = words.into_iter().chain(which).chain(verdict);
            self.desk.whmcsh(words).succeeded();
        }
    }

    /// The order of that client, if it has one or gets one while its call may still be on its way.
    fn order_landed(&self, client: i64) -> Option<i64> {
        let faults = self.case.faults.as_deref().unwrap_or_default();
        let patience = if faults.contains("latency") {
            LANDED_LATE
        } else {
            LANDED
        };
        loop {
            let order = self.census.order_of(client);
            if order.is_some() || self.ended.elapsed() > patience {
                return order;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.desk.folder().join(name)).unwrap()
    }

    fn last(&self, run: String, code: i32) -> Last {
        Last {
            run,
            code,
            stdout: self.text("stdout"),
            stderr: self.text("stderr"),
        }
    }
}

/// The writes of the run that may have been applied.
pub fn in_doubt(desk: &Desk, run: &str) -> Vec<Value> {
    let shown = desk.whmcsh(["runs", "show", run, "--json"]).json();
    let writes = shown["writes"].as_array().unwrap().clone();
    let is_open = |write: &Value| write["outcome"] == "in doubt";
    writes.into_iter().filter(is_open).collect()
}
