//! One execution of a script: what it may do, and what becomes of each call.
//!
//! Every call of a script passes through here on its way to the server. This
//! layer refuses what the profile forbids, sends nothing more once the server
//! refused our credentials, and sees to it that a list being walked is complete
//! before the first write could change it.

pub mod bulk;
mod condition;
mod custom_fields;
pub mod invocation;
pub mod journal;
pub mod list;
pub mod log;
pub mod money;
pub mod outputs;
mod pacing;
mod part;
pub mod plan;
pub mod resume;
mod rules;
pub mod scope;
mod transport;
pub mod undo;
mod write;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::cancel::Cancel;
use crate::catalog::Action;
use crate::client::{
    ActionRef, CallError, CallErrorKind, Client, Delivery, Entities, Params, Reply, Server,
};
use crate::secrets::{self, Known};

use list::location_cache::LocationCache;
use pacing::first_call::FirstCall;
use pacing::rate_override::RateOverride;
use pacing::{in_flight, log_in};
use rules::mail;

pub use custom_fields::{CustomFields, FieldOwner, Names};
pub use invocation::Snapshots;
pub use journal::lazy_journal::LazyJournal;
pub use list::walk::Walk;
pub use pacing::log_in::LogIn;
pub use pacing::pace::Pace;
pub use pacing::rate_override::Paced;
pub use part::{Part, kind_in_names};
pub use plan::bound::BoundPlan;
pub use rules::allowance::Allowance;
pub use rules::guard::{Guard, Unconfirmed};
pub use rules::limits::{
    AT_ONCE, FLEET, Limits, MAX_DELETES, MAX_DOUBTS, MOST_WORKERS, NO_MAIL, NO_WAIT, NoRate, Rate,
    SHARD, STRICT,
};
pub use rules::policy::Access;
pub use rules::{Allow, Allowed, NotAllowed, OwnValues, Unlisted, may_be_misread};
pub use transport::{CallObserver, ObservedTransport, Transport};
pub use write::advice::{finds_out, shell_word};
pub use write::record_before::{Before, Change};
pub use write::{LATE_AFTER, Looked, Notice, Patience, SessionWrites, WriteInDoubt};

/// A run against one server.
pub struct Run {
    server: Server,
    place: String,
    credentials: Arc<Known>,
    transport: Box<dyn Transport>,
    access: Access,
    allowed: Allowed,
    allowance: Arc<Allowance>,
    guard: Option<Guard>,
    cancel: Cancel,
    lazy_journal: Option<Arc<LazyJournal>>,
    plan: Option<Arc<plan::Plan>>,
    bound: Option<Arc<BoundPlan>>,
    custom_fields: Arc<CustomFields>,
    refusal: OnceLock<CallError>,
    first_call: FirstCall,
    log_in: Option<LogIn>,
    gateway: write::Gateway,
    patience: Patience,
    seen: write::HighestIds,
    held: write::BlockedRecords,
    underway: write::Underway,
    session: Option<Arc<SessionWrites>>,
    walks: list::open_walks::OpenWalks,
    partial: list::partial::WarnedPlaces,
    tempo: RateOverride,
    near: LocationCache,
    lists: rules::Lists,
    currencies: money::Currencies,
}

impl Run {
    /// A run against that server; it may do everything, and has sent nothing yet.
    pub fn new(server: Server, cancel: Cancel) -> Self {
        let client = Client::new(server.clone(), cancel.clone());
        Self::over(Box::new(client), server, cancel)
    }

    /// A run through that transport to that server.
    pub fn over(transport: Box<dyn Transport>, server: Server, cancel: Cancel) -> Self {
        Self {
            credentials: Arc::new(server.secrets()),
            server,
            place: String::new(),
            transport,
            access: Access::default(),
            allowed: Allowed::default(),
            allowance: Arc::default(),
            guard: None,
            lazy_journal: None,
            plan: None,
            bound: None,
            custom_fields: Arc::default(),
            cancel,
            refusal: OnceLock::new(),
            first_call: FirstCall::default(),
            log_in: None,
            gateway: write::Gateway::default(),
            patience: Patience::default(),
            seen: write::HighestIds::default(),
            held: write::BlockedRecords::default(),
            underway: write::Underway::default(),
            session: None,
            walks: list::open_walks::OpenWalks::default(),
            partial: list::partial::WarnedPlaces::default(),
            tempo: RateOverride::default(),
            near: LocationCache::default(),
            lists: rules::Lists::default(),
            currencies: money::Currencies::default(),
        }
    }

    /// The same run of a server at that place: its host and path.
    #[must_use]
    pub fn at(self, place: String) -> Self {
        Self { place, ..self }
    }

    /// The host and the path of the server.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The same run with less access, as the profile wants it.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The same run beside others, which hear how the server takes its first call.
    #[must_use]
    pub fn with_log_in(self, log_in: Option<LogIn>) -> Self {
        Self { log_in, ..self }
    }

    /// The same run with no more than that, which it may share with others.
    #[must_use]
    pub fn with_allowance(self, allowance: Arc<Allowance>) -> Self {
        Self { allowance, ..self }
    }

    /// The same run at an address that WHMCS answered from before.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn answered(self) -> Self {
        self.gateway.open();
        self
    }

    /// What the run may still do.
    pub fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// The same run with that much patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Tells the user which statuses of the gateway are taken to say that a write was not
    /// processed, if any are: a wrong word there has writes sent twice.
    pub fn tell_not_processed(&self) {
        let statuses = &self.server.not_processed;
        if statuses.is_empty() {
            return;
        }
        let named: Vec<String> = statuses.iter().map(u16::to_string).collect();
        self.patience.tell(&format!(
            "profile `{}` says that {} means not processed (`not_processed`): such writes are sent again",
            self.server.name,
            named.join(", ")
        ));
    }

    /// The same run with names for the server's custom fields.
    #[must_use]
    pub fn with_custom_fields(self, custom_fields: Arc<CustomFields>) -> Self {
        Self {
            custom_fields,
            ..self
        }
    }

    /// The names the server's custom fields go by.
    pub fn custom_fields(&self) -> &CustomFields {
        &self.custom_fields
    }

    /// The same run with a question before its first write.
    #[must_use]
    pub fn with_guard(self, guard: Guard) -> Self {
        Self {
            guard: Some(guard),
            ..self
        }
    }

    /// The same run with its writes in a journal.
    #[must_use]
    pub fn with_ledger(self, lazy_journal: Arc<LazyJournal>) -> Self {
        Self {
            lazy_journal: Some(lazy_journal),
            ..self
        }
    }

    /// The same run without a journal in a session, which knows what its lines left in doubt.
    #[must_use]
    pub fn in_session(self, session: Option<Arc<SessionWrites>>) -> Self {
        Self { session, ..self }
    }

    /// Whether a write that no journal has is on its way: nobody would know what became of it if
    /// the program ended now.
    pub fn has_write_underway(&self) -> bool {
        self.underway.is_any()
    }

    /// The session it is of.
    pub fn session(&self) -> Option<&SessionWrites> {
        self.session.as_deref()
    }

    /// The same run held to a plan: it makes the writes of that and no others.
    #[must_use]
    pub fn bound_to(self, bound: Arc<BoundPlan>) -> Self {
        Self {
            bound: Some(bound),
            ..self
        }
    }

    /// Whether it is a plan, or held to one.
    pub fn is_of_plan(&self) -> bool {
        self.bound.is_some() || self.plan().is_some()
    }

    /// What rows without a key go by in place of the run's dice: the same in a plan and in
    /// a run that is held to it.
    pub fn row_seed(&self, dice: [u8; 32]) -> [u8; 32] {
        if self.is_of_plan() { [0; 32] } else { dice }
    }

    /// What the server was called when the run began.
    fn known_as(&self) -> &str {
        let name = self.server.name.as_str();
        let lazy_journal = self.lazy_journal.as_ref();
        lazy_journal.map_or(name, |lazy_journal| lazy_journal.known_as(name))
    }

    /// Whether its writes go into a journal before they go to the server.
    pub fn has_journal(&self) -> bool {
        self.lazy_journal.is_some()
    }

    /// Whether there is such a question.
    pub fn is_guarded(&self) -> bool {
        self.guard.is_some()
    }

    /// Asks that question now; a run without one needs no confirmation.
    pub fn confirm(&self) -> Result<(), Unconfirmed> {
        self.guard.as_ref().map_or(Ok(()), Guard::confirm)
    }

    /// The run's calls leave at that pace for as long as the result is held.
    #[must_use]
    pub fn paced(&self, pace: Pace) -> Paced<'_> {
        Paced::new(&self.tempo, pace)
    }

    /// The server the run speaks to.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The flag that stops the run.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Makes one call and waits for its reply; custom fields may go by their names.
    ///
    /// Before a write leaves, every list being walked is read to its end: the
    /// write may move records out of a list, and the pages behind it would then
    /// begin too late.
    pub fn call(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        self.go_on(action)?;
        if self.cancel.is_raised() {
            return Err(interrupted(action.name()));
        }
        // Before anything that may refuse the call, and repeat what it was given.
        self.note_secrets(action, params);
        let params = self.custom_fields.numbered(action, params)?;
        if let Cow::Owned(numbered) = &params {
            self.note_secrets(action, numbered);
        }
        self.check_noted(action, &params, |_| true)?;
        match self.unchanged(action, &params) {
            Some(reply) => Ok(reply),
            None => self.call_noted(action, &params),
        }
    }

    /// Makes a call as [`Self::call`] does, of values that stood on the server before.
    fn call_unchecked(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        self.note_secrets(action, params);
        self.call_noted(action, params)
    }

    /// Makes a call whose secrets are known.
    fn call_noted(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        if action.is_write() && scope::is_reading() {
            return Err(out_of_order(action.name()));
        }
        if action.is_write() && scope::is_importing() {
            return Err(imported(action.name()));
        }
        if action.is_write() && holds_cover(params) {
            return Err(covered_before(action.name()));
        }
        let mut result = self.admitted(action, params);
        if let Ok(reply) = &mut result {
            for warning in &mut reply.warnings {
                *warning = secrets::cover_text(warning).into_owned();
            }
            // Of a read the script may compare what it holds with what stands there.
            if action.is_write() {
                secrets::cover_in_reply(action.known(), &mut reply.body);
            } else {
                self.tell_unlisted_filter(action, params, &reply.body);
            }
            for secret in secrets::texts_of_reply(action.known(), &reply.body) {
                secrets::learn(&secret);
            }
        }
        self.heed(&result);
        result
    }

    /// Notes the secrets of a call, sent or not: whatever refuses it may repeat them.
    fn note_secrets(&self, action: &ActionRef, params: &Params) {
        secrets::share(&self.credentials);
        secrets::note_sent(&self.secret_texts(action, params));
    }

    /// What proves to the server who we are, to be covered.
    pub fn credentials(&self) -> &Arc<Known> {
        &self.credentials
    }

    /// What to say of a reply with a part of a list that nobody asked for as a part; once
    /// for each place of a script.
    pub fn partial(
        &self,
        action: &'static Action,
        params: &Params,
        body: &Map<String, Value>,
    ) -> Option<String> {
        self.partial.tell(action, params, body)
    }

    /// Sends nothing more, for that reason, whatever the script makes of it.
    pub fn refuse_all(&self, what: &str, hint: Option<&str>) {
        let error = CallError::new(CallErrorKind::Policy, "", what, Delivery::NotSent);
        let error = hint.into_iter().fold(error, CallError::hint);
        // Only the first is kept: it is the one that stopped the run.
        let _ = self.refusal.set(error);
    }

    /// How the call was refused after which nothing more was sent.
    pub fn refused(&self) -> Option<&CallError> {
        self.refusal.get()
    }

    /// Sends nothing more after a result that forbids it.
    fn heed(&self, result: &Result<Reply, CallError>) {
        if let Err(error) = result
            && error.kind.stops_the_run()
            // In the shell another line may find WHMCS there.
            && (error.kind != CallErrorKind::Address || self.patience.waits)
        {
            // Only the first is kept: it is the one that stopped the run.
            let _ = self.refusal.set(error.clone());
        }
    }

    fn admitted(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        if let Some(plan) = self.plan() {
            return self.call_in(plan, action, params);
        }
        self.admit(action, params)?;
        if !action.is_write() {
            return self.send(action, params);
        }
        self.walks
            .read_to_end()
            .map_err(|error| unread_list(action, &error))?;
        self.admit(action, params)?;
        self.write(action, &self.as_sent(action, params))
    }

    /// The parameters of a write as they leave.
    fn as_sent<'p>(&self, action: &ActionRef, params: &'p Params) -> Cow<'p, Params> {
        if self.allowance.no_mail() {
            Cow::Owned(mail::kept_in(action, params))
        } else {
            Cow::Borrowed(params)
        }
    }

    /// Sends a call that the run's rules allow, when it is its turn.
    fn send(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        self.send_timed(action, params).0
    }

    /// Sends as [`Self::send`] does; with it, how long the server took if it was asked.
    fn send_timed(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> (Result<Reply, CallError>, Option<Duration>) {
        let (mut result, took) = self.ask(action, params);
        if let Ok(reply) = &mut result {
            let entities = self.entities();
            entities.plain_reply(action.known(), &mut reply.body);
            for warning in &mut reply.warnings {
                *warning = entities.plain(warning).into_owned();
            }
        }
        (result, took)
    }

    /// What becomes of HTML entities in replies: the profile says, but a run that 0.1.0 began
    /// goes on reading texts as they are sent, or what it writes would not be known again.
    fn entities(&self) -> Entities {
        let began = self
            .lazy_journal
            .as_ref()
            .and_then(|lazy_journal| lazy_journal.version());
        match began {
            Some("0.1.0") => Entities::Keep,
            _ => self.server.entities,
        }
    }

    /// Sends as [`Self::send_timed`] does; the texts of the reply are as the server sent them.
    fn ask(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> (Result<Reply, CallError>, Option<Duration>) {
        let mut took = None;
        let result = self.on_its_turn(action, true, || {
            self.hold(action)?;
            let begun = Instant::now();
            let result = self.transport.call(action, params);
            took = Some(begun.elapsed());
            result.map_err(covered_error)
        });
        (result, took)
    }

    /// Confirms before a write leaves that the run is this process's still: it may have waited
    /// long for its turn.
    fn hold(&self, action: &ActionRef) -> Result<(), CallError> {
        let lazy_journal = self.lazy_journal.as_ref().filter(|_| action.is_write());
        let journal = lazy_journal.and_then(|lazy_journal| lazy_journal.begun());
        journal
            .map_or(Ok(()), journal::Journal::hold)
            .map_err(|error| write::unrecorded(action, &error))
    }

    /// Sends a read that the script did not ask for: if its role lacks the action, nothing
    /// but that is known.
    fn send_unasked(&self, action: &ActionRef, params: &Params) -> Result<Reply, CallError> {
        self.on_its_turn(action, false, || {
            let result = self.transport.call(action, params);
            result.map_err(covered_error)
        })
    }

    fn on_its_turn(
        &self,
        action: &ActionRef,
        is_asked_for: bool,
        call: impl FnOnce() -> Result<Reply, CallError>,
    ) -> Result<Reply, CallError> {
        let turn = self
            .first_call
            .turn(action, &self.cancel)
            .ok_or_else(|| interrupted(action.name()))?;
        // The call ahead of this one may have been refused.
        self.go_on(action)?;
        let alone = self.log_in(action)?;
        if !self.allowance.pace().wait(&self.cancel) || !self.tempo.wait(&self.cancel) {
            return Err(interrupted(action.name()));
        }
        let _passage = in_flight::pass(&self.cancel).map_err(|_| interrupted(action.name()))?;
        self.go_on(action)?;
        let sent = self.gateway.sent();
        let result = call();
        self.gateway.note(action, sent, &result);
        // Before the next call has its turn.
        if is_asked_for || !matches!(&result, Err(error) if error.kind == CallErrorKind::Permission)
        {
            self.heed(&result);
        }
        if let Some(alone) = alone {
            alone.ended(&result);
        }
        turn.ended(&result);
        result
    }

    /// Waits for this process's turn among others that begin with the same credentials.
    fn log_in(&self, action: &ActionRef) -> Result<Option<log_in::Alone<'_>>, CallError> {
        let Some(log_in) = &self.log_in else {
            return Ok(None);
        };
        match log_in.enter(&self.cancel) {
            None => Err(interrupted(action.name())),
            Some(log_in::Admission::Open) => Ok(None),
            Some(log_in::Admission::Alone(alone)) => Ok(Some(alone)),
            Some(log_in::Admission::Refused(kind, message)) => {
                let result = Err(log_in::refused(action.name(), kind, &message));
                self.heed(&result);
                result.map(|_| None)
            }
        }
    }

    fn admit(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        self.admit_unasked(action, params)?;
        self.guard
            .as_ref()
            .map_or(Ok(()), |guard| guard.admit(action))
    }

    /// Admits a call as far as nobody needs to be asked.
    fn admit_unasked(&self, action: &ActionRef, params: &Params) -> Result<(), CallError> {
        self.access.admit(action, params, &self.server.name)?;
        if self.allowance.no_mail() {
            mail::admit(action)?;
        }
        self.go_on(action)?;
        self.allowance.admit(action)?;
        if self.cancel.is_raised() {
            return Err(interrupted(action.name()));
        }
        Ok(())
    }

    /// Refuses every call once the server refused us.
    fn go_on(&self, action: &ActionRef) -> Result<(), CallError> {
        self.refusal.get().map_or(Ok(()), |refusal| {
            Err(CallError {
                action: action.name().to_owned(),
                delivery: Delivery::NotSent,
                ..refusal.clone()
            })
        })
    }
}

fn interrupted(action: &str) -> CallError {
    CallError {
        kind: CallErrorKind::Interrupted,
        action: action.to_owned(),
        message: format!("interrupted; `{action}` was not sent"),
        hint: None,
        http: None,
        delivery: Delivery::NotSent,
    }
}

/// Whether a secret was covered in what is to be sent.
fn holds_cover(params: &Params) -> bool {
    fn holds(value: &Value) -> bool {
        match value {
            Value::String(text) => secrets::is_covered(text),
            Value::Array(items) => items.iter().any(holds),
            Value::Object(map) => map.values().any(holds),
            _ => false,
        }
    }
    params.values().any(holds)
}

/// The error of a write that would put on the server what stands for a secret.
fn covered_before(action: &str) -> CallError {
    let what = format!(
        "`{action}` was not sent: `(secret)` in its parameters stands for a secret that was not kept"
    );
    let error = CallError::new(CallErrorKind::Parameter, action, what, Delivery::NotSent);
    error.hint("put the secret back where the value came from, such as a cell of `failed.csv`")
}

/// An error without the secrets that its words repeat.
fn covered_error(mut error: CallError) -> CallError {
    for words in [Some(&mut error.message), error.hint.as_mut()] {
        if let Some(words) = words
            && let Cow::Owned(covered) = secrets::cover_text(words)
        {
            *words = covered;
        }
    }
    error
}

/// The error of a write where the order of calls is left to chance: a resumed run could
/// not tell one from another.
fn out_of_order(action: &str) -> CallError {
    let what =
        format!("`{action}` changes the server, and `gather` is for reads; nothing was sent");
    let error = CallError::new(CallErrorKind::Parameter, action, what, Delivery::NotSent);
    error.hint("write in a loop over what `gather` returns, or in the rows of `bulk`")
}

/// The error of a write that a module makes as it is imported in a row: once for all rows
/// of a worker, so that the number of workers would decide how often.
fn imported(action: &str) -> CallError {
    let what = format!(
        "`{action}` changes the server, and the module that calls it is imported in a row; nothing was sent"
    );
    let error = CallError::new(CallErrorKind::Parameter, action, what, Delivery::NotSent);
    error.hint("import the module before the loop, or call in a function of it")
}

/// The error of a write that was not sent because a list could not be completed.
fn unread_list(action: &ActionRef, cause: &CallError) -> CallError {
    CallError {
        action: action.name().to_owned(),
        message: format!(
            "`{}` was not sent: the list of `{}` in the loop could not be read to its end first: \
             {}",
            action.name(),
            cause.action,
            write::why(cause)
        ),
        // It is not this write that the server refused.
        kind: match cause.kind {
            CallErrorKind::Api => CallErrorKind::Policy,
            kind => kind,
        },
        delivery: Delivery::NotSent,
        ..cause.clone()
    }
}

#[cfg(test)]
mod doubt_tests;
#[cfg(test)]
mod proof_tests;
#[cfg(test)]
mod stopped_tests;
#[cfg(test)]
mod tests;
