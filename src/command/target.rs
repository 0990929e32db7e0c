//! The server a command speaks to, and the question that guards real ones.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::client::{Credentials, Server};
use crate::config::{Choice, Resolved, state_folder};
use crate::error::Failure;
pub use crate::run::Allowed;
use crate::run::invocation::{self, Invocation, Task};
use crate::run::money::purse::MAX_MONEY;
use crate::run::plan::Plan;
use crate::run::{
    Access, Allowance, BoundPlan, CustomFields, FieldOwner, LATE_AFTER, LazyJournal, Limits,
    NotAllowed, Snapshots,
};
use crate::sandbox::{Sandbox, Settings};
use crate::session::{Opening, Session};

use super::learn_fields::field_name;
use super::sandbox::start;
use super::{Log, Terminal, overwriting};

/// What the command line says about the server, and about how much may be done to it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The profile or environment.
    pub choice: Choice,
    /// Whether to start a sandbox for this command instead.
    pub sandbox: bool,
    /// The host name that confirms a production server.
    pub yes: Option<String>,
    /// What is let pass although the catalog says otherwise.
    pub allowed: Allowed,
    /// The limits of what is done to it.
    pub limits: Limits,
    /// Where its calls are told.
    pub log: Log,
    /// The profiles of the fleet that the server is of; none where it is alone.
    pub fleet: Vec<String>,
}

/// A session, and the sandbox it speaks to if there is one.
pub struct Opened {
    /// The session.
    pub session: Session,
    _sandbox: Option<Sandbox>,
}

impl Target {
    /// Opens the server, starting the sandbox if that was asked for.
    pub fn open(&self, cancel: &Cancel, terminal: Terminal) -> Result<Opened, Failure> {
        let (resolved, sandbox) = self.resolve()?;
        Ok(self.open_resolved(resolved, sandbox, (None, None), cancel, terminal))
    }

    /// What is asked of a run on it, as the run's head keeps it.
    pub fn invocation(
        &self,
        task: Task,
        allow_env: BTreeSet<String>,
        snapshots: Option<Snapshots>,
    ) -> Invocation {
        Invocation {
            task,
            target: invocation::Target {
                config: self.choice.file.clone(),
                profile: self.choice.profile.clone(),
                fleet: self.fleet.clone(),
                ip: self.choice.ip_version,
                sandbox: self.sandbox,
                allow_unknown: self.allowed.unknown,
                allow: self
                    .allowed
                    .params()
                    .map(|allow| allow.to_string())
                    .collect(),
                log: self.log.file().map(Path::to_owned),
            },
            limits: self.limits.clone(),
            allow_env,
            snapshots,
            bind: None,
        }
    }

    /// What is let pass, as far as the profile that is meant says so too.
    pub fn allowed(&self) -> Result<Allowed, Failure> {
        let allowed = self.allowed.clone().and(self.choice.allow()?);
        Ok(allowed.with_values(self.choice.values()))
    }

    /// The server's address and credentials; the sandbox is running by then.
    pub fn resolve(&self) -> Result<(Resolved, Option<Sandbox>), Failure> {
        self.check_limits()?;
        overwriting::refuse("--log", self.log.file(), self.choice.path())?;
        if !self.sandbox {
            return Ok((self.choice.resolve()?, None));
        }
        let settings = Settings::default();
        let credentials = Credentials::Api {
            identifier: settings.access.identifier.clone(),
            secret: settings.access.secret.clone().into(),
        };
        let sandbox = start(settings)?;
        let resolved = Resolved {
            server: Server::new("sandbox", sandbox.url(), credentials),
            host: "sandbox".to_owned(),
            path: String::new(),
            access: Access::Full,
            allow: self.choice.allow()?,
            values: self.choice.values(),
            production: false,
            late_after: LATE_AFTER,
            custom_fields: Arc::new(self.names_on(&sandbox)?),
        };
        Ok((resolved, Some(sandbox)))
    }

    /// Refuses two limits of one currency, and one so small that not every shard has a part
    /// of it.
    fn check_limits(&self) -> Result<(), Failure> {
        let mut currencies = self.limits.max_money.iter().map(|most| &most.currency);
        while let Some(currency) = currencies.next() {
            if currencies.clone().any(|other| other == currency) {
                return Err(Failure::usage(format!(
                    "`{MAX_MONEY}` limits {currency} twice; nothing was sent"
                ))
                .hint("use one sum per currency"));
            }
        }
        let (Some(shard), Some((option, count))) = (self.limits.shard, self.limits.without_share())
        else {
            return Ok(());
        };
        let of = shard.count();
        let what = format!("`{option} {count}` leaves nothing to shard {shard}; nothing was sent");
        Err(Failure::usage(what).hint(format!(
            "all shards share it: allow more, or use fewer shards than {of}"
        )))
    }

    /// The names custom fields have on a sandbox: what they are called there, and those
    /// of the profile that is rehearsed, for which its clients get fields.
    fn names_on(&self, sandbox: &Sandbox) -> Result<CustomFields, Failure> {
        let failed = |error| Failure::usage(format!("the sandbox failed: {error}"));
        let mut names = custom_fields_of(sandbox)?;
        let own = self.choice.custom_fields();
        names = names.with_options(own.options().clone());
        for owner in FieldOwner::ALL {
            for (name, number) in own.names(owner) {
                if names.names(owner).contains_key(name) {
                    continue;
                }
                let number = match owner {
                    FieldOwner::Client => sandbox.add_client_field(name).map_err(failed)?,
                    FieldOwner::Product | FieldOwner::Ticket => *number,
                };
                names.insert(owner, name.clone(), number);
            }
        }
        Ok(names)
    }

    /// Opens a resolved server, its writes in that journal if there is one, and held to that
    /// plan if there is one.
    pub fn open_resolved(
        &self,
        resolved: Resolved,
        sandbox: Option<Sandbox>,
        (lazy_journal, bound): (Option<Arc<LazyJournal>>, Option<Arc<BoundPlan>>),
        cancel: &Cancel,
        terminal: Terminal,
    ) -> Opened {
        let opening = self.opening(cancel, terminal);
        let waits = lazy_journal.is_some() && !self.limits.no_wait;
        let opening = Opening {
            lazy_journal,
            bound,
            waits,
            ..opening
        };
        Opened {
            session: Session::on(resolved, opening),
            _sandbox: sandbox,
        }
    }

    /// Opens a server for a command of that name which only reads.
    pub fn open_to_read(
        &self,
        command: &'static str,
        cancel: &Cancel,
        terminal: Terminal,
    ) -> Result<Opened, Failure> {
        let (resolved, sandbox) = self.resolve()?;
        let opening = self.opening(cancel, terminal);
        let only_reads = Some(command);
        Ok(Opened {
            session: Session::on(
                resolved,
                Opening {
                    only_reads,
                    ..opening
                },
            ),
            _sandbox: sandbox,
        })
    }

    /// Opens a resolved server for a plan: nothing is written to it.
    pub fn open_planned(
        &self,
        resolved: Resolved,
        sandbox: Option<Sandbox>,
        plan: Arc<Plan>,
        cancel: &Cancel,
        terminal: Terminal,
    ) -> Opened {
        let plan = Some(plan);
        let opening = self.opening(cancel, terminal);
        Opened {
            session: Session::on(resolved, Opening { plan, ..opening }),
            _sandbox: sandbox,
        }
    }

    /// What a server is opened with, as the command line says.
    pub(super) fn opening(&self, cancel: &Cancel, terminal: Terminal) -> Opening {
        let yes = self.yes.clone();
        Opening {
            choice: self.choice.clone(),
            allowed: self.allowed.clone(),
            confirm: Arc::new(move |host: &str| {
                confirm(host, yes.as_deref(), terminal, &|question| {
                    terminal.ask(question)
                })
            }),
            allowance: Arc::new(Allowance::from_limits(&self.limits.of_shard())),
            lazy_journal: None,
            writes: None,
            plan: None,
            bound: None,
            log: self.log.calls(),
            observer: None,
            only_reads: None,
            notice: Arc::new(move |line: &str| terminal.alert(line)),
            waits: false,
            log_ins: self.limits.shard.and_then(|_| state_folder().ok()),
            cancel: cancel.clone(),
        }
    }
}

/// What the custom fields of a sandbox are called there.
pub(super) fn custom_fields_of(sandbox: &Sandbox) -> Result<CustomFields, Failure> {
    let failed = |error| Failure::usage(format!("the sandbox failed: {error}"));
    let mut names = CustomFields::default();
    for field in sandbox.custom_fields().map_err(failed)? {
        let owners = FieldOwner::ALL.into_iter();
        for owner in owners.filter(|owner| field.owner == owner.word()) {
            names.insert(owner, field_name(&field.label), field.number);
        }
    }
    Ok(names)
}

/// What the words of `--allow` let pass, with `--allow-unknown` or without.
pub fn allowed(unknown: bool, words: &[String]) -> Result<Allowed, Failure> {
    let words = words.iter().map(|word| word.parse());
    let params = words.collect::<Result<Vec<_>, NotAllowed>>();
    let params =
        params.map_err(|refused| Failure::usage(refused.to_string()).hint(refused.hint))?;
    Ok(Allowed::from(unknown).and(params))
}

/// Makes sure that changing a production server is meant: by `--yes HOST`, or
/// by typing the host's name when asked.
pub(super) fn confirm(
    host: &str,
    yes: Option<&str>,
    terminal: Terminal,
    ask: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Failure> {
    let given = if let Some(given) = yes {
        given.to_owned()
    } else {
        terminal.alert(&format!("this will change the production server {host}"));
        ask("type the hostname to continue:").ok_or_else(|| unattended(host))?
    };
    if given.eq_ignore_ascii_case(host) {
        return Ok(());
    }
    let what = match given.as_str() {
        "" => format!("the production server `{host}` was not confirmed"),
        given => format!("`{given}` is not the hostname of the production server `{host}`"),
    };
    Err(Failure::usage(what).hint(format!("confirm with `--yes {host}`")))
}

fn unattended(host: &str) -> Failure {
    Failure::usage(format!(
        "`{host}` is a production server, and there is no terminal to confirm it on"
    ))
    .hint(format!(
        "confirm with `--yes {host}`, or set `production = false` in its profile"
    ))
}
