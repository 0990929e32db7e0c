//! The proof on six kinds of scripts: killed at random instants, on a server that lies about
//! what it did and does things late, each row is done once.
//!
//! `WHMCSH_PROOF_SEEDS=200 cargo test --test cli proof_kinds` tries more seeds, and says what
//! became of them; `WHMCSH_PROOF_SEEDS=17..18` repeats one. Every sixth seed is of one kind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Desk, Sandbox};

/// Seeds tried where nobody asks for more: one of each kind.
const SEEDS: u64 = 6;
/// Seeds tried at the same time: a run that is killed waits most of its life.
const AT_ONCE: usize = 6;
/// Rows of each script, one for each client of the sandbox.
const ROWS: usize = 16;
/// Passes after which a run is taken never to come to its end.
const TOO_MANY: usize = 60;
/// How long a call may be on its way in the server after its caller is gone.
const LANDED: Duration = Duration::from_millis(1500);

/// A storm whose waits are short, for runs that wait a second for a late server.
const STORM: &str = "reset-before:2%,reset-after:2%,reset-late=400ms:2%,cut:1%,truncate:1%,empty-after:1%,\
    html-after:1%,403-after:1%,404-after:1%,500-after:1%,502-after:1%,503:1%,503-after:2%,503-late=400ms:2%,\
    504-after:1%,429=0s:1%,cloudflare-after=524:1%,modsecurity-after=403:1%,problem-after:1%,latency=50ms:3%,\
    latency-after=1200ms:0.5%,warning:1%,echo:1%";

/// What kind of script a seed is of.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Bulk,
    Keyless,
    Each,
    Loop,
    Upsert,
    Gather,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Bulk,
        Self::Keyless,
        Self::Each,
        Self::Loop,
        Self::Upsert,
        Self::Gather,
    ];

    fn script(self) -> String {
        let credit = "add_credit(#{ clientid: row.cid, description: \"gift \" + row.tag, amount: money(\"5.00\") });";
        let ticket = "open_ticket(#{ deptid: 1, clientid: row.cid, subject: \"about \" + row.tag, message: \"Hello\" });";
        let both = format!("{credit} {ticket}");
        let again = "if done.failed > 0 { throw \"again\"; }";
        match self {
            Self::Bulk => format!(
                "let done = bulk(csv(\"rows.csv\"), #{{ key: \"tag\", workers: 4 }}, |row| {{ {both} }}); {again}"
            ),
            Self::Keyless => format!(
                "let done = bulk(csv(\"rows.csv\"), #{{ workers: 3 }}, |row| {{ {both} }}); {again}"
            ),
            Self::Each => String::new(),
            Self::Loop => format!("for row in csv(\"rows.csv\") {{ {both} }}"),
            Self::Upsert => format!(
                "let done = bulk(csv(\"rows.csv\"), #{{ key: \"tag\", workers: 4 }}, |row| {{\n\
                 upsert_client(#{{ email: row.tag + \"@kinds.example\", firstname: \"Ann\", lastname: \"O'Hara\",\n\
                 address1: \"1 High Street\", city: \"Dublin\", state: \"Leinster\", postcode: \"D01\", country: \"IE\",\n\
                 phonenumber: \"+353.15550101\", password2: random_password(20), noemail: true }}, \"email\");\n\
                 }}); {again}"
            ),
            Self::Gather => format!(
                "let found = gather(all_clients(), |client| #{{ id: client.id, cid: client.id, tag: `k${{client.id}}` }});\n\
                 let done = bulk(found, #{{ key: \"id\", workers: 4 }}, |row| {{ {both} }}); {again}"
            ),
        }
    }

    /// What is counted: the words of a query that gives texts, and their beginning.
    fn effects(self) -> &'static [(&'static str, &'static str)] {
        const CREDIT: (&str, &str) = ("SELECT description FROM credits", "gift ");
        const TICKET: (&str, &str) = ("SELECT subject FROM tickets", "about ");
        match self {
            Self::Each => &[CREDIT],
            Self::Upsert => &[("SELECT email FROM clients", "")],
            _ => &[CREDIT, TICKET],
        }
    }
}

/// What became of seeds.
#[derive(Clone, Debug, Default)]
struct Tally {
    seeds: usize,
    passes: usize,
    lost: usize,
    twice: usize,
    asked: usize,
    by_themselves: usize,
    stuck: usize,
    faults: usize,
}

struct Trial {
    kind: Kind,
    dice: ChaCha8Rng,
    database: PathBuf,
    /// A line for each fault that struck.
    struck: PathBuf,
    desk: Desk,
    tally: Tally,
    /// The writes that were in doubt between two passes.
    doubted: BTreeSet<i64>,
    _sandbox: Sandbox,
    _folder: TempDir,
}

impl Trial {
    fn of(seed: u64) -> Self {
        let kind = Kind::ALL[usize::try_from(seed % 6).unwrap()];
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("sandbox.sqlite");
        let struck = folder.path().join("struck.jsonl");
        let (number, clients) = (seed.to_string(), ROWS.to_string());
        let sandbox = Sandbox::with(&[
            "--latency",
            "3",
            "--seed",
            &number,
            "--clients",
            &clients,
            "--db",
            database.to_str().unwrap(),
            "--fault",
            STORM,
            "--fault-log",
            struck.to_str().unwrap(),
        ]);
        // A desk at the sandbox has a profile of the environment, without a timeout.
        let _ = sandbox.desk();
        let desk = Desk::new();
        let config = format!(
            "[profiles.proof]\nurl = \"{}\"\nidentifier = \"sandbox\"\nsecret = \"sandbox\"\ntimeout = 1\n",
            sandbox.url
        );
        let config = desk.file(".config/whmcsh/config.toml", config);
        std::fs::set_permissions(config, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut rows = "tag,cid\n".to_owned();
        for number in 1..=ROWS {
            let _ = writeln!(rows, "k{number},{number}");
        }
        desk.file("rows.csv", rows);
        desk.file("script.rhai", kind.script());
        Self {
            kind,
            dice: ChaCha8Rng::seed_from_u64(seed),
            database,
            struck,
            desk,
            tally: Tally::default(),
            doubted: BTreeSet::new(),
            _sandbox: sandbox,
            _folder: folder,
        }
    }

    /// Kills and resumes until nothing is left, and counts what the server has.
    fn judged(mut self) -> Tally {
        self.tally.seeds = 1;
        let is_done = (0..TOO_MANY).any(|pass| {
            self.tally.passes += 1;
            let code = self.pass(pass);
            let doubts = self.doubts();
            if code == Some(5) {
                self.settle(&doubts);
            } else {
                self.doubted.extend(doubts.iter().map(number));
            }
            code == Some(0)
        });
        self.tally.stuck += usize::from(!is_done);
        thread::sleep(LANDED);
        self.tally.by_themselves = self.doubted.len();
        let struck = std::fs::read_to_string(&self.struck).unwrap();
        self.tally.faults = struck.lines().count();
        for (query, beginning) in self.kind.effects() {
            let counts = self.counts(query);
            let ending = if beginning.is_empty() {
                "@kinds.example"
            } else {
                ""
            };
            for number in 1..=ROWS {
                match counts.get(&format!("{beginning}k{number}{ending}")) {
                    None => self.tally.lost += 1,
                    Some(1) => {}
                    Some(_) => self.tally.twice += 1,
                }
            }
        }
        self.tally
    }

    /// Starts the run or takes it up again, and kills it some time later; how it ended, if it
    /// ended before that.
    fn pass(&mut self, pass: usize) -> Option<i32> {
        let mut words = match self.kind {
            Kind::Each => vec!["each", "rows.csv", "--key", "tag", "--workers", "3"],
            _ => vec!["run", "script.rhai"],
        };
        let run = self.run();
        words.extend(run.iter().flat_map(|run| ["--resume", run]));
        if let Kind::Each = self.kind {
            words.extend(["--", "AddCredit", "clientid={cid}", "amount=5.00"]);
            words.push("description=gift {tag}");
        }
        let log = File::create(self.desk.folder().join("stderr")).unwrap();
        let mut child = self
            .desk
            .command()
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        // Every pass may take longer, so that a slow machine gets to the end as well.
        let longest = 300 + 400 * pass as u64;
        let deadline = Instant::now() + Duration::from_millis(self.dice.random_range(20..=longest));
        while Instant::now() < deadline {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap().code()
    }

    fn run(&self) -> Option<String> {
        let runs = self.desk.whmcsh(["runs", "list", "--json"]).json();
        let runs = runs.as_array().unwrap();
        assert!(runs.len() < 2, "{runs:?}");
        runs.first()?["id"].as_str().map(str::to_owned)
    }

    fn doubts(&self) -> Vec<Value> {
        let Some(run) = self.run() else {
            return Vec::new();
        };
        let shown = self.desk.whmcsh(["runs", "show", &run, "--json"]).json();
        let writes = shown["writes"].as_array().unwrap().clone();
        let is_open = |write: &Value| write["outcome"] == "in doubt";
        writes.into_iter().filter(is_open).collect()
    }

    /// Says what the server has of writes that the run cannot tell, as somebody would who looks.
    fn settle(&mut self, doubts: &[Value]) {
        thread::sleep(LANDED);
        let run = self.run().unwrap();
        for write in doubts {
            let params = &write["params"];
            let texts = ["description", "subject", "email"];
            let text = texts.iter().find_map(|name| params[name].as_str());
            // An update does no harm when it is sent again.
            let Some(text) = text.filter(|_| write["action"] != "UpdateClient") else {
                continue;
            };
            let mut queries = self.kind.effects().iter();
            let is_there = queries.any(|(query, _)| self.counts(query).contains_key(text));
            let verdict = if is_there { "--done" } else { "--not-done" };
            let which = number(write).to_string();
            self.desk
                .whmcsh(["runs", "settle", &run, "--write", &which, verdict])
                .succeeded();
            self.tally.asked += 1;
            self.doubted.remove(&number(write));
        }
    }

    /// How often the server has each text.
    fn counts(&self, query: &str) -> BTreeMap<String, usize> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(&self.database, flags).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        let mut statement = connection.prepare(query).unwrap();
        let texts = statement.query_map([], |row| row.get::<_, String>(0));
        let mut counts = BTreeMap::new();
        for text in texts.unwrap() {
            *counts.entry(text.unwrap()).or_default() += 1;
        }
        counts
    }
}

fn number(write: &Value) -> i64 {
    write["write"].as_i64().unwrap()
}

#[test]
fn every_kind_of_script_does_each_row_once_in_a_storm() {
    let seeds = crate::proof::seeds_asked(SEEDS);
    let seeds = Mutex::new(seeds);
    let (whole, short) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let next = || seeds.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(seed) = next() {
                    let trial = Trial::of(seed);
                    let kind = trial.kind;
                    let tally = trial.judged();
                    whole.lock().unwrap().add(&tally);
                    if (tally.lost, tally.twice, tally.stuck) != (0, 0, 0) {
                        short.lock().unwrap().push((seed, kind, tally));
                    }
                }
            });
        }
    });
    let whole = whole.into_inner().unwrap();
    println!("{whole:?}");
    assert!(whole.faults >= whole.seeds, "there was no storm: {whole:?}");
    let short = short.into_inner().unwrap();
    assert!(
        short.is_empty(),
        "repeat them with WHMCSH_PROOF_SEEDS=N..N+1 cargo test --test cli proof_kinds: {short:?}"
    );
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.passes += other.passes;
        self.lost += other.lost;
        self.twice += other.twice;
        self.asked += other.asked;
        self.by_themselves += other.by_themselves;
        self.stuck += other.stuck;
        self.faults += other.faults;
    }
}
