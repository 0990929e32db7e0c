//! What a seed decides: the script, the faults, whether a user settles what is in doubt.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::census::Census;
use super::killing::{Killing, Last};
use crate::support::{Desk, Sandbox};

/// Rows of the onboarding; each makes three writes.
pub const ROWS: usize = 300;

/// What may be wrong with a server, each at some of its calls.
const FAULTS: [&str; 9] = [
    "reset-before:1%",
    "reset-after:1%",
    "latency=2s@AddContact:0.5%,latency=2s@AddOrder:0.3%",
    "slow=3s@AddClient:0.5%,slow=3s@AddOrder:0.3%",
    "html=503:1%",
    "503=0s:2%",
    "429=0s:3%",
    "truncate:1%,cut:0.5%",
    "html=502:0.5%,html=200:0.5%",
];

/// One onboarding and what befalls it.
#[derive(Debug)]
pub struct Case {
    pub seed: u64,
    /// A plain loop instead of `bulk`.
    pub is_loop: bool,
    pub workers: usize,
    /// What the server is told to do wrong.
    pub faults: Option<String>,
    /// Whether somebody looks at the server and settles what is in doubt.
    pub settles: bool,
}

impl Case {
    /// What that seed decides.
    pub fn of(seed: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let is_loop = matches!(seed % 13, 4 | 11);
        // Each fault ends a pass of a loop.
        let share = if is_loop { 1 } else { 2 };
        let faults = (seed % 2 == 1).then(|| {
            let of_seed = |number: &usize| (seed / 2 + *number as u64) % 3 < share;
            let chosen: Vec<_> = (0..FAULTS.len())
                .filter(of_seed)
                .map(|number| FAULTS[number])
                .collect();
            chosen.join(",")
        });
        Self {
            seed,
            is_loop,
            workers: dice.random_range(2..=8),
            faults: faults.filter(|faults| !faults.is_empty()),
            // A loop stops at what is in doubt, so somebody has to.
            settles: is_loop || (seed / 2) % 2 == 1,
        }
    }

    /// Runs it to its end and looks at what the server has.
    pub fn prove(&self) {
        let seed = self.seed.to_string();
        let database = tempfile::TempDir::new().unwrap();
        let database = database.path().join("sandbox.sqlite");
        let mut options = vec!["--latency", "2", "--seed", &seed];
        options.extend(["--db", database.to_str().unwrap()]);
        options.extend(self.faults.iter().flat_map(|faults| ["--fault", faults]));
        let sandbox = Sandbox::with(&options);
        let desk = self.desk(&sandbox);
        let census = Census::of(&database);
        let last = Killing::of(self, &desk, &census).resume_to_the_end();
        self.judge(&desk, &census, &last);
    }

    /// What the run says of itself, and what the server has of it, are the same.
    fn judge(&self, desk: &Desk, census: &Census, last: &Last) {
        let doubts = census.doubts(desk, &last.run);
        census.check(&doubts);
        assert_eq!(
            last.code,
            if doubts.is_empty() { 0 } else { 5 },
            "{}",
            last.stderr
        );
        let rows: Vec<&str> = doubts.keys().map(String::as_str).collect();
        let (ok, in_doubt) = (ROWS - rows.len(), rows.len());
        assert_eq!(
            last.stdout,
            format!("{ok} ok, {in_doubt} in doubt, {ROWS} in all\n")
        );
        // So many are named; of the others it says how to see them.
        let named = rows.iter().filter(|row| last.stderr.contains(**row));
        assert!(named.count() >= rows.len().min(10), "{}", last.stderr);
        let state = if rows.is_empty() { "done" } else { "in doubt" };
        let runs = desk.whmcsh(["runs", "list", "--json"]).json();
        assert_eq!(runs[0]["state"], state);
        if self.settles {
            assert_eq!(in_doubt, 0, "everything was settled");
        }
    }

    fn desk(&self, sandbox: &Sandbox) -> Desk {
        // A desk at the sandbox has a profile of the environment, without a time-out.
        let _ = sandbox.desk();
        // Longer than the faults make the server late.
        let late_after = if self.faults.is_some() { "3" } else { "1" };
        let desk = Desk::new().variable("WHMCSH_LATE_AFTER", late_after);
        let config = format!(
            "[profiles.proof]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\ntimeout = 1\n",
            sandbox.url
        );
        let config = desk.file(".config/whmcsh/config.toml", config);
        std::fs::set_permissions(config, PermissionsExt::from_mode(0o600)).unwrap();
        let mut rows = "number,email\n".to_owned();
        for number in 0..ROWS {
            let _ = writeln!(rows, "{number},row{number:03}@proof.example");
        }
        desk.file("rows.csv", rows);
        desk.file("script.rhai", self.script());
        desk
    }

    fn script(&self) -> String {
        let workers = self.workers;
        let (head, tail) = if self.is_loop {
            (
                "let n = 0; for row in csv(\"rows.csv\") {".to_owned(),
                "n += 1; } print(`${n} ok, 0 in doubt, ${n} in all`);",
            )
        } else {
            (
                format!(
                    "let done = bulk(csv(\"rows.csv\"), #{{ key: \"email\", workers: {workers} }}, |row| {{"
                ),
                "#{ clientid: client.clientid } });\n\
                 print(`${done.ok} ok, ${done.in_doubt} in doubt, ${done.total} in all`);\n\
                 if done.failed > 0 { throw \"again\"; }",
            )
        };
        format!(
            "{head}\n\
             let client = add_client(#{{ firstname: \"Ann\", lastname: \"O'Hara \" + row.number, email: row.email,\n\
             address1: \"1 High Street\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\", country: \"IE\",\n\
             phonenumber: \"+353.15550101\", password2: random_password(20), noemail: true }});\n\
             add_contact(#{{ clientid: client.clientid, firstname: \"Bo\", email: \"of-\" + row.email }});\n\
             add_order(#{{ clientid: client.clientid, pid: [1], billingcycle: [\"monthly\"],\n\
             paymentmethod: \"banktransfer\", noemail: true, noinvoiceemail: true }});\n\
             {tail}\n"
        )
    }
}
