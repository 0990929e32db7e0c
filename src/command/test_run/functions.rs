//! What a test's functions do on its bench.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::bench::{Fallen, TestBench};
use super::kills::{Before, Called};
use super::script_run::run_script;
use super::servers::{TestServer, failed};
use crate::error::Failure;
use crate::run::Run;
use crate::sandbox::Faults;
use crate::script::{Bench, SnapshotError};

impl Bench for TestBench {
    fn server(&self, name: &str) -> Result<Arc<Run>, Failure> {
        self.servers.own(name)
    }

    fn fill(&self, server: &str, fixture: &Value) -> Result<(), Failure> {
        let server = self.servers.named(server)?;
        if server.is_filled_again() {
            return Err(
                Failure::usage("`given` was called before in this test").hint(
                    "pass everything to one call of `given`; change the server with `server.…`",
                ),
            );
        }
        server.load(fixture)
    }

    fn fault(&self, server: &str, fault: &str) -> Result<(), Failure> {
        let faults: Faults = fault.parse().map_err(|error| {
            Failure::usage(format!("bad fault: {error}"))
                .hint("`whmcsh sandbox --fault help` lists them")
        })?;
        self.has_faults.store(true, Ordering::SeqCst);
        self.servers.named(server)?.sandbox().add_faults(faults);
        Ok(())
    }

    fn advance(&self, server: &str, time: &str) -> Result<(), Failure> {
        self.servers.named(server)?.advance(time)
    }

    fn now(&self) -> Timestamp {
        self.moment()
    }

    fn requests(&self, server: &str) -> Result<Value, Failure> {
        Ok(self.servers.named(server)?.requests())
    }

    fn emails(&self, server: &str) -> Result<Value, Failure> {
        Ok(self.servers.named(server)?.emails()?.into())
    }

    fn writes(&self) -> Vec<Value> {
        self.servers.calls.writes_from(0)
    }

    fn run_script(
        &self,
        script: &str,
        args: Vec<String>,
        options: &Value,
    ) -> Result<Value, Failure> {
        let has_faults = self.has_faults.load(Ordering::SeqCst);
        let Some(kills) = self.kills.filter(|_| !has_faults) else {
            return run_script(self, script, args, options);
        };
        let before = Before::take(self)?;
        let done = run_script(self, script, args.clone(), options)?;
        let called = Called {
            path: &self.beside.join(script),
            args: &args,
            options,
        };
        before.check(self, &called, kills)?;
        Ok(done)
    }

    fn snapshot(&self, name: Option<&str>, found: &str) -> Result<(), SnapshotError> {
        self.compare(name, found)
    }

    fn fell(&self, what: &str, difference: Option<&str>) {
        self.note(Fallen {
            what: what.to_owned(),
            difference: difference.map(str::to_owned),
        });
    }
}

impl TestServer {
    /// Fills it with that, in the place of all it has.
    fn load(&self, fixture: &Value) -> Result<(), Failure> {
        let text = fixture.to_string();
        self.sandbox().load(text.as_bytes()).map_err(failed)?;
        self.note_emails()
    }

    /// Lets that time pass.
    fn advance(&self, time: &str) -> Result<(), Failure> {
        let period = time
            .parse()
            .map_err(|error| failed(error).hint("write a time such as `10 days` or `1 month`"))?;
        self.sandbox().advance(period).map_err(failed)
    }
}
