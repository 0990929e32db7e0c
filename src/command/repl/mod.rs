//! `whmcsh repl`: the interactive shell on a server.

mod around;
mod rows;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{IsTerminal, stdin};
use std::sync::{Arc, Mutex, PoisonError};

use super::execution::faults::whatever_was_caught;
use super::execution::host::{Given, host};
use super::target::confirm;
use super::{Target, Terminal, help, interrupt};
use crate::cancel::{Cancel, Leaving};
use crate::config::{ENVIRONMENT, Profile, Resolved, state_folder};
use crate::error::Failure;
use crate::repl::{self, Place, Surroundings};
use crate::run::plan::Plan;
use crate::run::{Access, Run, SessionWrites};
use crate::script::Streams;
use crate::session::{Confirm, Opening, Session};
use around::Around;
use rows::{ShellNotes, ShellRows};

/// Opens the server and reads lines until they end.
pub fn repl(target: &Target, terminal: Terminal) -> Result<(), Failure> {
    let cancel = interrupt::watch()?;
    let leaving = interrupt::leave_when_waiting()?;
    let writes = Arc::new(SessionWrites::default());
    let around = Around::new(terminal, Arc::clone(&writes));
    let told = Arc::new(ShellNotes::new(around.clone()));
    let keep = Arc::clone(&told);
    let plan = Arc::new(Plan::new(move |write| keep.show(None, &[write])));
    plan.pause(true);
    let (resolved, _sandbox) = target.resolve()?;
    let servers = Servers {
        target,
        first: resolved.clone(),
        plan: Arc::clone(&plan),
        told: Arc::clone(&told),
        writes,
        around: around.clone(),
        confirmed: Arc::default(),
        runs: RefCell::default(),
        cancel: cancel.clone(),
        leaving: leaving.clone(),
        terminal,
    };
    let place = servers.open(resolved)?;
    let line_ended = || {
        for (key, writes) in plan.broken_off() {
            told.show(Some(&key), &writes);
        }
        told.end();
    };
    let surroundings = Surroundings {
        servers: &servers,
        plan: Arc::clone(&plan),
        reference: help::about,
        line_ended: &line_ended,
        cancel,
        leaving,
        screen: &around,
        kept_in: state_folder().ok(),
    };
    let result = repl::repl(place, &surroundings);
    // On a terminal each error was shown to somebody who went on.
    if stdin().is_terminal() {
        return result;
    }
    servers.verdict(result)
}

/// The servers of the configuration, and the one the shell began at.
struct Servers<'t> {
    target: &'t Target,
    first: Resolved,
    plan: Arc<Plan>,
    told: Arc<ShellNotes>,
    /// What is known of the writes of the session, wherever they went.
    writes: Arc<SessionWrites>,
    around: Around,
    /// The production servers whose writes were confirmed in this session.
    confirmed: Arc<Mutex<BTreeSet<String>>>,
    /// A run for each server that was opened.
    runs: RefCell<Vec<Arc<Run>>>,
    cancel: Cancel,
    leaving: Leaving,
    terminal: Terminal,
}

impl Servers<'_> {
    fn open(&self, resolved: Resolved) -> Result<Place, Failure> {
        let address = resolved.host.clone();
        let (is_production, access) = (resolved.production, resolved.access);
        let opening = self.target.opening(&self.cancel, self.terminal);
        let session = Session::on(
            resolved,
            Opening {
                plan: Some(Arc::clone(&self.plan)),
                writes: Some(Arc::clone(&self.writes)),
                confirm: self.once(),
                ..opening
            },
        );
        if !self.target.sandbox {
            interrupt::last_words_without_journal(&session.run);
        }
        self.runs.borrow_mut().push(Arc::clone(&session.run));
        if access != Access::Read {
            session.run.tell_not_processed();
        }
        let rows = ShellRows::new(
            Arc::clone(&self.plan),
            Arc::clone(&self.told),
            self.terminal,
        );
        let given = Given {
            invocation: None,
            output: Arc::new(self.around.clone()),
            rows: Arc::new(rows),
            recorded: None,
            streams: Streams::until(self.cancel.clone()).without_input(),
        };
        let host = host(&session, self.target, given, self.cancel.clone())?;
        Ok(Place {
            host: Arc::new(host),
            address,
            is_production,
            is_read_only: access == Access::Read,
        })
    }

    /// How the session ended, with what its lines may have caught.
    fn verdict(&self, result: Result<(), Failure>) -> Result<(), Failure> {
        let runs = self.runs.borrow();
        let result = result.and_then(|()| self.told.verdict());
        let caught = |result, run: &Arc<Run>| whatever_was_caught(result, run);
        let result = runs.iter().fold(result, caught);
        // One that its user settled is in doubt no more.
        match (result, self.writes.open().first()) {
            (Ok(()), Some(doubt)) => Err(Failure::of_call(&doubt.error)),
            (Err(failure), Some(_)) => Err(Failure {
                exit: failure.exit.with_doubts(),
                ..failure
            }),
            (result, None) => result,
        }
    }

    /// Asks of each server until it was confirmed, then not any more.
    fn once(&self) -> Arc<Confirm> {
        let confirmed = Arc::clone(&self.confirmed);
        let (yes, terminal) = (self.target.yes.clone(), self.terminal);
        let leaving = self.leaving.clone();
        Arc::new(move |host: &str| {
            let mut confirmed = confirmed.lock().unwrap_or_else(PoisonError::into_inner);
            if confirmed.contains(host) {
                return Ok(());
            }
            let ask = |question: &str| leaving.wait(|| repl::ask(question)).flatten();
            confirm(host, yes.as_deref(), terminal, &ask).map_err(|failure| {
                if stdin().is_terminal() {
                    failure.hint("`:use PROFILE` opens it again and asks you again")
                } else {
                    failure
                }
            })?;
            confirmed.insert(host.to_owned());
            Ok(())
        })
    }
}

impl repl::Servers for Servers<'_> {
    fn open(&self, name: &str) -> Result<Place, Failure> {
        let resolved = if name == self.first.server.name {
            self.first.clone()
        } else {
            self.target.choice.resolve_other(name)?
        };
        self.open(resolved)
    }

    fn names(&self) -> Vec<String> {
        let configured = self.target.choice.load().ok();
        let configured = configured.into_iter().flat_map(|file| file.profiles);
        let mut names: BTreeSet<String> = configured.map(|(name, _)| name).collect();
        names.insert(self.first.server.name.clone());
        names.extend(Profile::from_environment().map(|_| ENVIRONMENT.to_owned()));
        names.into_iter().collect()
    }
}
