//! A server chosen and opened: where configuration ends and running begins.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::client::Client;
use crate::config::{Choice, Resolved};
use crate::error::Failure;
use crate::run::log::{CallLog, LoggedTransport};
use crate::run::plan::Plan;
use crate::run::{
    Access, Allowance, Allowed, BoundPlan, CallObserver, Guard, LazyJournal, LogIn, Notice,
    ObservedTransport, Patience, Run, SessionWrites, Transport, Unconfirmed,
};
use crate::script::Connect;

/// Makes sure that changing the production server with that host name is meant.
pub type Confirm = dyn Fn(&str) -> Result<(), Failure> + Send + Sync;

/// One invocation's server, and the way to others.
pub struct Session {
    /// The run every call goes through.
    pub run: Arc<Run>,
    /// What the servers of this session are opened with.
    opening: Opening,
}

/// What every server of a session is opened with.
#[derive(Clone)]
pub struct Opening {
    /// Where profiles are looked for.
    pub choice: Choice,
    /// What is let pass although the catalog says otherwise, whatever the profiles say.
    pub allowed: Allowed,
    /// How a write to a production server is confirmed.
    pub confirm: Arc<Confirm>,
    /// What may be done to all of them together.
    pub allowance: Arc<Allowance>,
    /// Where writes are written down, if they are.
    pub lazy_journal: Option<Arc<LazyJournal>>,
    /// What is known of writes that are not written down, where there may be many of them.
    pub writes: Option<Arc<SessionWrites>>,
    /// Where writes are recorded instead of being sent, if nothing is to be done.
    pub plan: Option<Arc<Plan>>,
    /// The plan that is to be done and nothing else, if there is one.
    pub bound: Option<Arc<BoundPlan>>,
    /// Who is told of every call, if anybody.
    pub log: Option<Arc<dyn CallLog>>,
    /// Who is shown every call, if anybody.
    pub observer: Option<Arc<dyn CallObserver>>,
    /// The command, where it is one that only reads.
    pub only_reads: Option<&'static str>,
    /// Tells the user a line about what goes on.
    pub notice: Arc<Notice>,
    /// Whether the run waits for a server that may be late; else it looks once.
    pub waits: bool,
    /// The folder in which shards tell each other how a server took their first call, where
    /// there are any.
    pub log_ins: Option<PathBuf>,
    /// Raised when the user wants to stop.
    pub cancel: Cancel,
}

impl Session {
    /// Opens a server that is already resolved, such as a sandbox.
    pub fn on(resolved: Resolved, opening: Opening) -> Self {
        Self {
            run: opening.start(resolved),
            opening,
        }
    }

    /// Opens another profile's server by name, for scripts that speak to two.
    pub fn connect(&self) -> Box<Connect> {
        let opening = self.opening.clone();
        Box::new(move |name| {
            let resolved = opening.choice.resolve_other(name)?;
            opening.is_same(name, &resolved)?;
            let may_write = resolved.access != Access::Read && opening.plan.is_none();
            let run = opening.start(resolved);
            if may_write {
                run.tell_not_processed();
            }
            Ok(run)
        })
    }
}

impl Opening {
    /// Refuses a profile that leads elsewhere than when the run began.
    fn is_same(&self, name: &str, resolved: &Resolved) -> Result<(), Failure> {
        let place = format!("{}{}", resolved.host, resolved.path);
        if let Some(plan) = &self.plan {
            plan.speaks_to(name, &place);
        }
        if let Some(planned) = self.bound.as_ref().and_then(|bound| bound.place_of(name))
            && planned != place
        {
            return Err(Failure::usage(format!(
                "the profile `{name}` led to `{planned}` when the plan was made, and now leads to `{place}`"
            ))
            .hint("give the profile its former `url`, or make the plan again"));
        }
        let Some(lazy_journal) = &self.lazy_journal else {
            return Ok(());
        };
        let before = lazy_journal.speaks_to(name, &place);
        match before.map_err(|error| Failure::usage(error.to_string()))? {
            Some(before) if before != place => Err(Failure::usage(format!(
                "the profile `{name}` led to `{before}` when the run began, and now leads to `{place}`"
            ))
            .hint("give the profile its former `url`")),
            _ => Ok(()),
        }
    }

    fn start(&self, resolved: Resolved) -> Arc<Run> {
        let client = Client::new(resolved.server.clone(), self.cancel.clone())
            .allow_unknown(self.allowed.unknown);
        let mut transport: Box<dyn Transport> = Box::new(client);
        if let Some(log) = &self.log {
            let (name, lazy_journal) = (resolved.server.name.clone(), self.lazy_journal.clone());
            transport = Box::new(LoggedTransport::new(
                transport,
                name,
                Arc::clone(log),
                lazy_journal,
            ));
        }
        if let Some(observer) = &self.observer {
            transport = Box::new(ObservedTransport::new(transport, Arc::clone(observer)));
        }
        let log_ins = self.log_ins.as_deref();
        let log_in = log_ins.and_then(|folder| LogIn::at(folder, &resolved.server));
        let place = format!("{}{}", resolved.host, resolved.path);
        let run = Run::over(transport, resolved.server, self.cancel.clone())
            .at(place)
            .with_log_in(log_in)
            .with_access(resolved.access)
            .with_allowed(
                self.allowed
                    .clone()
                    .and(resolved.allow)
                    .with_values(resolved.values),
            )
            .with_patience(Patience::new(
                resolved.late_after,
                self.waits,
                Arc::clone(&self.notice),
            ))
            .with_custom_fields(resolved.custom_fields)
            .with_allowance(Arc::clone(&self.allowance))
            .in_session(self.writes.clone());
        let run = match &self.lazy_journal {
            Some(lazy_journal) => run.with_ledger(Arc::clone(lazy_journal)),
            None => run,
        };
        let run = match &self.plan {
            Some(plan) => run.with_plan(Arc::clone(plan)),
            None => run,
        };
        let run = match &self.bound {
            Some(bound) => run.bound_to(Arc::clone(bound)),
            None => run,
        };
        // A plan asks nothing while it is on; the shell may turn it off.
        Arc::new(match self.only_reads {
            Some(command) => run.with_guard(no_writes(command)),
            None if resolved.production => run.with_guard(self.guard(resolved.host)),
            None => run,
        })
    }

    fn guard(&self, host: String) -> Guard {
        let confirm = Arc::clone(&self.confirm);
        Guard::new(move || {
            confirm(&host).map_err(|failure| Unconfirmed {
                what: failure.what,
                hint: failure.hint,
            })
        })
    }
}

/// Refuses every write of a command that only reads.
fn no_writes(command: &'static str) -> Guard {
    Guard::new(move || {
        Err(Unconfirmed {
            what: format!("`{command}` only reads; nothing was sent"),
            hint: Some("leave the write to the script that `whmcsh run` runs".to_owned()),
        })
    })
}
