//! A small engine with the data functions in a folder of its own, for tests.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use rhai::packages::{Package, StandardPackage};
use rhai::{Engine, EvalAltResult, Map, Module, OptimizationLevel};
use tempfile::TempDir;

use crate::cancel::Cancel;
use crate::client::{Credentials, Server};
use crate::error::Failure;
use crate::run::{Limits, Run};
use crate::script::bulk::sink::Unkept;
use crate::script::clock::Clock;
use crate::script::csv::writer::Writers;
use crate::script::host::{Confinement, Host, ListsRead, Output};

/// What a script printed and noted.
#[derive(Default)]
pub(crate) struct EngineOutput {
    pub printed: Mutex<Vec<String>>,
    pub noted: Mutex<Vec<String>>,
}

impl EngineOutput {
    /// What was noted, line by line.
    pub fn notes(&self) -> Vec<String> {
        self.noted.lock().unwrap().clone()
    }
}

impl Output for EngineOutput {
    fn print(&self, line: &str) {
        self.printed.lock().unwrap().push(line.to_owned());
    }

    fn note(&self, line: &str) {
        self.noted.lock().unwrap().push(line.to_owned());
    }
}

/// A folder, a host confined to it, and an engine.
pub(crate) struct TestEngine {
    pub folder: TempDir,
    pub host: Arc<Host>,
    pub heard: Arc<EngineOutput>,
    pub engine: Engine,
}

/// What a script on a new workbench gives, as text.
pub(crate) fn text(script: &str) -> String {
    TestEngine::new().text(script)
}

/// Why a script on a new workbench fails.
pub(crate) fn refusal(script: &str) -> String {
    TestEngine::new().refusal(script)
}

impl TestEngine {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A bench whose host is not the usual one.
    pub fn with(change: impl FnOnce(&mut Host)) -> Self {
        let folder = TempDir::new().unwrap();
        let heard = Arc::new(EngineOutput::default());
        let mut host = host(folder.path().to_owned(), heard.clone());
        change(&mut host);
        let host = Arc::new(host);
        let mut module = Module::new();
        crate::script::data::register(&mut module, &host, &Writers::default(), &Arc::default());
        let mut engine = Engine::new_raw();
        engine.set_optimization_level(OptimizationLevel::None);
        engine.set_strict_variables(true);
        engine.register_global_module(StandardPackage::new().as_shared_module());
        engine.register_global_module(module.into());
        let mut records = Module::new();
        crate::script::value::record::register(&mut records, &Arc::default());
        engine.register_global_module(records.into());
        Self {
            folder,
            host,
            heard,
            engine,
        }
    }

    /// Puts a file into the folder.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self
    }

    /// What a file of the folder holds.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// What a script evaluates to, as text.
    pub fn text(&self, script: &str) -> String {
        match self.engine.eval::<rhai::Dynamic>(script) {
            Ok(value) => self
                .engine
                .eval_with_scope::<String>(&mut scope("value", value), "value.to_string()")
                .unwrap(),
            Err(error) => panic!("{script}: {error:?}"),
        }
    }

    /// Why a script is refused: the message, then the hint on its own line.
    pub fn refusal(&self, script: &str) -> String {
        match self.engine.eval::<rhai::Dynamic>(script) {
            Ok(value) => panic!("{script} gave {value:?}"),
            Err(error) => match error.unwrap_inner() {
                EvalAltResult::ErrorRuntime(value, _) => words(&value.clone().cast::<Map>()),
                other => panic!("{script}: {other:?}"),
            },
        }
    }
}

fn scope(name: &'static str, value: rhai::Dynamic) -> rhai::Scope<'static> {
    let mut scope = rhai::Scope::new();
    scope.push_dynamic(name, value);
    scope
}

fn words(error: &Map) -> String {
    match error.get("hint") {
        Some(hint) => format!("{}\nhint: {hint}", error["message"]),
        None => error["message"].to_string(),
    }
}

fn host(folder: PathBuf, heard: Arc<EngineOutput>) -> Host {
    let server = Server::new(
        "nowhere",
        "http://127.0.0.1:9",
        Credentials::Api {
            identifier: String::new(),
            secret: String::new().into(),
        },
    );
    Host {
        run: Arc::new(Run::new(server, Cancel::default())),
        connect: Box::new(|name| Err(Failure::usage(format!("no profile `{name}`")))),
        output: heard,
        files: Confinement {
            working: folder.clone(),
            read: vec![folder.clone()],
            given: Vec::new(),
            write: vec![folder],
            ..Confinement::default()
        },
        args: Vec::new(),
        env: ["WHMCSH_SHOWN".to_owned()].into(),
        allow_unknown: false,
        cancel: Cancel::default(),
        clock: Clock::new("2026-11-23T13:05:00Z".parse().unwrap())
            .in_zone(TimeZone::get("Europe/Berlin").unwrap()),
        seed: [7; 32],
        rows: Arc::new(Unkept),
        limits: Limits::default(),
        bench: None,
        lists: ListsRead::default(),
    }
}
