//! A call in a plan: sent if it can be asked, recorded if it is a write.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::bound::TakenWrite;
use super::clocked::marked;
use super::planned::{any_planned, holds_planned, in_texts, known};
use super::reads_only::ReadsOnly;
use super::{Impact, Plan, PlannedChange, PlannedWrite, placeholder};
use crate::client::{ActionRef, CallError, CallErrorKind, Delivery, Params, Reply};
use crate::run::rules::allowance::is_delete;
use crate::run::rules::mail;
use crate::run::scope::Scope;
use crate::run::write::covered;
use crate::run::{Change, Run, scope};
use crate::secrets;

impl Run {
    /// The same run planned: its writes are recorded there, and none can leave.
    #[must_use]
    pub fn with_plan(self, plan: Arc<Plan>) -> Self {
        Self {
            transport: Box::new(ReadsOnly::new(self.transport, Arc::clone(&plan))),
            plan: Some(plan),
            ..self
        }
    }

    /// The plan that writes are recorded in for now.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref().filter(|plan| plan.is_on())
    }

    /// Makes a call in a plan.
    pub(in crate::run) fn call_in(
        &self,
        plan: &Plan,
        action: &ActionRef,
        params: &Params,
    ) -> Result<Reply, CallError> {
        let quiet = self.allowance.no_mail() && action.is_write();
        let params = &if quiet {
            Cow::Owned(mail::kept_in(action, params))
        } else {
            Cow::Borrowed(params)
        };
        let admitted = self.admit_unasked(action, params);
        if let Err(error) = &admitted
            && error.kind == CallErrorKind::Policy
        {
            plan.refuse(error);
        }
        admitted?;
        if !action.is_write() && !any_planned(params) {
            plan.ask(&self.server.name, action, params);
            return self.send(action, params);
        }
        let checkable =
            |(name, value): (&String, &Value)| (name.clone(), known(value).into_owned());
        self.transport
            .check(action, &params.iter().map(checkable).collect())?;
        let scope = scope::current();
        let number = if action.is_write() {
            self.tell_unlisted(action, params);
            self.check_days(action, params)?;
            let write = self.planned_write(plan, action, params)?;
            plan.touch(&self.server.name, action, params);
            plan.record(&scope, write)
        } else {
            plan.unask(&scope, action.name())
        };
        let body = placeholder::reply(action, params, number, &scope);
        Ok(Reply::remembered(body))
    }

    /// Takes the planned write that this one is, where the run is held to a plan.
    pub(in crate::run) fn take_planned(
        &self,
        scope: &Scope,
        action: &ActionRef,
        params: &Params,
    ) -> Result<Option<TakenWrite>, CallError> {
        let Some(bound) = &self.bound else {
            return Ok(None);
        };
        let compared = self.covered_params(action, params);
        let taken = bound.take(scope, (&self.server.name, action.name()), &compared);
        taken.map(Some).map_err(|what| {
            let name = action.name();
            let error = CallError::new(CallErrorKind::Plan, name, what, Delivery::NotSent)
                .hint("find out what has changed since the plan was made, then make a new plan");
            if *scope == Scope::Main {
                // A script that catches it would go on without what it needs.
                let _ = self.refusal.set(error.clone());
            }
            error
        })
    }

    /// Notes what a planned write gave, or gives it back if it was not made.
    pub(in crate::run) fn settle_planned(
        &self,
        action: &ActionRef,
        taken: Option<TakenWrite>,
        result: &Result<Reply, CallError>,
    ) {
        let (Some(bound), Some(taken)) = (&self.bound, taken) else {
            return;
        };
        match (result, action) {
            (Ok(reply), ActionRef::Known(action)) => bound.made(taken, action, &reply.body),
            (Err(error), _) if error.delivery != Delivery::InDoubt => bound.give_back(taken),
            _ => {}
        }
    }

    /// The parameters of a write with covers in place of its secrets.
    fn covered_params(&self, action: &ActionRef, params: &Params) -> Params {
        let shown = match self.without_secrets(action, params) {
            Cow::Borrowed(_) => Cow::Borrowed(params),
            Cow::Owned(open) => Cow::Owned(secrets::with_covers(params, &open)),
        };
        covered::covered(action, &shown).into_owned()
    }

    fn planned_write(
        &self,
        plan: &Plan,
        action: &ActionRef,
        params: &Params,
    ) -> Result<PlannedWrite, CallError> {
        let covered = self.covered_params(action, params);
        let names = self.custom_fields();
        let shown = |(name, value): (&String, &Value)| {
            let told = marked(in_texts(value));
            (name.clone(), names.shown_value(action, name, told))
        };
        let (changes, remark) = self.looked_at(action, params)?;
        let moved = self.moved(action, params)?;
        if let Some(error) = self.unaffordable(action, &moved) {
            plan.refuse(&error);
        }
        let impact = Impact::assess(action, params, &moved, &changes);
        Ok(PlannedWrite {
            server: self.server.name.clone(),
            action: action.name().to_owned(),
            params: covered.iter().map(shown).collect(),
            custom_fields: names.numbers(action, params),
            is_delete: is_delete(action, params),
            impact,
            changes,
            remark,
        })
    }

    /// The secrets that a write sets in a record: no read tells what they are now.
    fn secret_changes(&self, action: &ActionRef, params: &Params) -> Vec<PlannedChange> {
        let open = self.without_secrets(action, params);
        let change = |(name, new): (String, Value)| PlannedChange {
            field: self.custom_fields().name_change(action, &name),
            old: None,
            new,
            is_idle: false,
        };
        let covers = secrets::covers(params, &open).into_iter();
        covers.map(change).collect()
    }

    /// What the write would make of its record, read for that; and a remark on it.
    fn looked_at(
        &self,
        action: &ActionRef,
        params: &Params,
    ) -> Result<(Vec<PlannedChange>, Option<String>), CallError> {
        if names_planned_record(action, params) {
            return Ok((Vec::new(), None));
        }
        let before = match self.before(action, params) {
            Ok(Some(before)) => before,
            Ok(None) => return Ok((Vec::new(), None)),
            Err(error) if error.kind.stops_the_run() => return Err(error),
            Err(error) if error.kind == CallErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let remark = format!("its record cannot be read: {}", error.message);
                return Ok((Vec::new(), Some(remark)));
            }
        };
        if before.record().is_none() {
            return Ok((Vec::new(), Some("there is no such record".to_owned())));
        }
        let change = |change: &Change| PlannedChange {
            field: self.custom_fields().name_change(action, &change.name),
            old: change.old.clone().map(covered),
            new: covered(marked(in_texts(&change.new))),
            is_idle: change.is_idle(),
        };
        let mut changes: Vec<PlannedChange> = before.changes().iter().map(change).collect();
        changes.extend(self.secret_changes(action, params));
        Ok((changes, None))
    }
}

/// A value of a field as it may be shown.
fn covered(mut value: Value) -> Value {
    secrets::cover_value(&mut value);
    value
}

/// Whether the record that the write is about does not exist yet.
fn names_planned_record(action: &ActionRef, params: &Params) -> bool {
    let ActionRef::Known(action) = action else {
        return false;
    };
    let way = action.record.iter();
    let mut names = way.flat_map(|way| way.send.iter().chain(way.same));
    names.any(|(_, ours)| params.get(*ours).is_some_and(holds_planned))
}
