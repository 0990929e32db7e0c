//! The examples that `whmcsh actions` prints: each is right, and works on a new sandbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::catalog::{self, Action};
use crate::client::{Credentials, Server};
use crate::error::Failure;
use crate::run::{Limits, Run};
use crate::sandbox::{self, Sandbox, Settings, Types};
use crate::script::reference::example;
use crate::script::{Clock, Confinement, Host, ListsRead, Output, Script, Unkept};

struct Silence;

impl Output for Silence {
    fn print(&self, _: &str) {}
    fn note(&self, _: &str) {}
}

/// The secrets that examples take from the environment.
const SECRETS: [(&str, &str); 7] = [
    ("BANK_CODE", "NO-3621"),
    ("CARD_NUMBER", "4111111111111111"),
    ("CARD_EXPIRY", "1230"),
    ("BANK_ACCOUNT", "NO9386011117947"),
    ("PASSWORD2", "Fjord-Hosting-77"),
    ("EPPCODE", "EPP-4711"),
    ("CVV", "123"),
];

fn script(action: &'static Action) -> Script {
    let mut text = example(action);
    for (name, secret) in SECRETS {
        text = text.replace(&format!("env(\"{name}\")"), &format!("\"{secret}\""));
    }
    Script::from_text("example.rhai", text)
}

fn run(sandbox: &Sandbox, action: &'static Action) -> Result<(), Failure> {
    let access = Settings::default().access;
    let credentials = Credentials::Api {
        identifier: access.identifier,
        secret: access.secret.into(),
    };
    let server = Server::new("sandbox", sandbox.url(), credentials);
    let cancel = Cancel::default();
    script(action).run(Arc::new(Host {
        run: Arc::new(Run::new(server, cancel.clone())),
        connect: Box::new(|_| Err(Failure::usage("there is one server"))),
        output: Arc::new(Silence),
        files: Confinement::default(),
        args: Vec::new(),
        env: BTreeSet::new(),
        allow_unknown: false,
        cancel,
        clock: Clock::default(),
        seed: [0; 32],
        rows: Arc::new(Unkept),
        limits: Limits::default(),
        bench: None,
        lists: ListsRead::default(),
    }))
}

/// What is wrong with the examples on a sandbox that sends numbers in that way.
fn wrong_on(types: Types) -> Vec<String> {
    let settings = Settings {
        types,
        ..Settings::default()
    };
    let sandbox = sandbox::start(settings).unwrap();
    let image = sandbox.image().unwrap();
    let mut wrong = Vec::new();
    for action in catalog::actions() {
        if let Err(failure) = run(&sandbox, action) {
            wrong.push(format!("{} ({types:?}): {failure}", action.name));
        }
        sandbox.restore(&image).unwrap();
    }
    wrong
}

#[test]
fn every_example_passes_the_check_and_works_on_a_new_sandbox() {
    let mut wrong = Vec::new();
    for action in catalog::actions() {
        let found = script(action).check(Confinement::default(), false);
        wrong.extend(
            found
                .iter()
                .map(|failure| format!("{}: {failure}", action.name)),
        );
    }
    wrong.extend(wrong_on(Types::Native));
    wrong.extend(wrong_on(Types::Text));
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
