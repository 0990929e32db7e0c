//! Replay against a model: what was applied is never sent again, and what was
//! not is sent.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const ACTIONS: [&str; 2] = ["AddCredit", "AddNote"];

/// One write of a random script: where, what, and with which parameter.
#[derive(Clone, Copy, Debug)]
struct Step {
    scope: usize,
    action: &'static str,
    id: u8,
}

/// What the server, or the lack of one, does to a write that is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Applied,
    Refused,
    NotSent,
    Unsettled,
    /// Killed before the outcome was written.
    Lost,
}

fn step() -> impl Strategy<Value = Step> {
    let action = prop::sample::select(ACTIONS.as_slice());
    (0_usize..3, action, 0_u8..2).prop_map(|(scope, action, id)| Step { scope, action, id })
}

fn fate() -> impl Strategy<Value = Fate> {
    prop::sample::select(
        [
            Fate::Applied,
            Fate::Applied,
            Fate::Refused,
            Fate::NotSent,
            Fate::Unsettled,
            Fate::Lost,
        ]
        .as_slice(),
    )
}

impl Step {
    fn scope(self) -> Scope {
        match self.scope {
            0 => Scope::Main,
            row => Scope::row(&format!("row {row}")),
        }
    }

    fn params(self) -> Params {
        json!({"clientid": self.id, "amount": "1.50"})
            .as_object()
            .unwrap()
            .clone()
    }

    fn fingerprint(self) -> Fingerprint {
        Fingerprint::compute(self.action, &self.params())
    }

    fn is_like(self, other: Self) -> bool {
        self.action == other.action && self.id == other.id
    }

    fn is_same(self, other: Self) -> bool {
        self.is_like(other) && self.scope == other.scope
    }
}

/// What the model remembers of a write that counts.
struct Entry {
    step: Step,
    write: WriteId,
    reply: Option<Map<String, Value>>,
    is_used: bool,
}

fn expected(model: &mut [Entry], refused: &[Step], step: Step) -> Replay {
    let mut unused = model
        .iter_mut()
        .filter(|entry| entry.step.scope == step.scope && !entry.is_used);
    if let Some(entry) = unused.find(|entry| entry.step.is_like(step)) {
        entry.is_used = true;
        return match &entry.reply {
            Some(reply) => Replay::Done(entry.write, reply.clone()),
            None => Replay::InDoubt(entry.write, step.params()),
        };
    }
    let mut known = refused.iter().chain(model.iter().map(|entry| &entry.step));
    let is_known = known.any(|other| other.is_same(step));
    let same_action = model.iter().find(|entry| {
        entry.step.scope == step.scope && !entry.is_used && entry.step.action == step.action
    });
    match same_action {
        // What it asked for before contradicts nothing.
        Some(_) if is_known => Replay::Fresh,
        Some(entry) if step.scope != 0 => Replay::Contradiction {
            earlier: entry.write,
            params: entry.step.params(),
            is_in_doubt: entry.reply.is_none(),
        },
        _ => Replay::Fresh,
    }
}

fn send(journal: &Journal, step: Step, fate: Fate) -> Option<Entry> {
    let write = journal
        .intent(
            &step.scope(),
            step.action,
            step.fingerprint(),
            &step.params(),
        )
        .unwrap();
    let reply = json!({"result": "success", "id": write.number()});
    let reply = reply.as_object().unwrap().clone();
    let (kind, message) = ("api".to_owned(), "No".to_owned());
    let outcome = match fate {
        Fate::Applied => Some(Outcome::Done(reply.clone())),
        Fate::Refused => Some(Outcome::Refused {
            kind,
            message,
            http: None,
        }),
        Fate::NotSent => Some(Outcome::NotSent { kind, message }),
        Fate::Unsettled => Some(Outcome::Unsettled(message)),
        Fate::Lost => None,
    };
    if let Some(outcome) = outcome {
        journal.outcome(write, outcome).unwrap();
    }
    let reply = match fate {
        Fate::Applied => Some(reply),
        Fate::Unsettled | Fate::Lost => None,
        Fate::Refused | Fate::NotSent => return None,
    };
    Some(Entry {
        step,
        write,
        reply,
        is_used: false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_pass_finds_what_the_passes_before_it_left(
        passes in prop::collection::vec(prop::collection::vec((step(), fate()), 0..14), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        drop(Journal::create(folder.path(), &Head::default()).unwrap());
        let (mut model, mut refused) = (Vec::<Entry>::new(), Vec::new());
        for pass in passes {
            let (journal, _) = Journal::open(folder.path()).unwrap();
            let (mut sent, mut turned_down) = (Vec::new(), Vec::new());
            for (step, fate) in pass {
                let found = journal
                    .past()
                    .take(&step.scope(), step.action, step.fingerprint())
                    .unwrap();
                prop_assert_eq!(&found, &expected(&mut model, &refused, step));
                if found == Replay::Fresh {
                    sent.extend(send(&journal, step, fate));
                    turned_down.extend((fate == Fate::Refused).then_some(step));
                }
            }
            model.extend(sent);
            refused.extend(turned_down);
            for entry in &mut model {
                entry.is_used = false;
            }
        }
    }

    #[test]
    fn a_script_killed_anywhere_and_run_again_applies_every_write_once(
        script in prop::collection::vec(step(), 1..12),
        kills in prop::collection::vec(0_usize..12, 0..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        drop(Journal::create(folder.path(), &Head::default()).unwrap());
        let mut applied: Vec<Step> = Vec::new();
        // The last pass is let run to its end.
        let ends = kills.into_iter().map(Some).chain([None]);
        for end in ends {
            let (journal, _) = Journal::open(folder.path()).unwrap();
            let mut left = end;
            for step in &script {
                let found = journal
                    .past()
                    .take(&step.scope(), step.action, step.fingerprint())
                    .unwrap();
                match found {
                    Replay::Done(..) => continue,
                    Replay::Fresh => {}
                    other => prop_assert!(false, "{other:?}"),
                }
                if left == Some(0) {
                    break;
                }
                left = left.map(|left| left - 1);
                applied.push(*step);
                send(&journal, *step, Fate::Applied);
            }
        }
        prop_assert_eq!(applied.len(), script.len());
        for step in &script {
            let count = |steps: &[Step]| {
                let same = |other: &&Step| other.is_like(*step) && other.scope == step.scope;
                steps.iter().filter(same).count()
            };
            prop_assert_eq!(count(&applied), count(&script));
        }
    }
}

#[test]
fn a_row_that_ended_leaves_nothing_to_a_later_one_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), &Head::default()).unwrap();
    let step = Step {
        scope: 1,
        action: "AddNote",
        id: 1,
    };
    send(&journal, step, Fate::Applied);
    drop(journal);
    let (journal, _) = Journal::open(folder.path()).unwrap();
    let row = RowRecord {
        key: "row 1".into(),
        bulk: 1,
        number: 1,
        line: None,
        state: RowState::Failed,
        unchanged: false,
        columns: Map::new(),
        original: Vec::new(),
        error: None,
        millis: 0,
    };
    journal.row(row).unwrap();
    let past = journal.past();
    let found = past.take(&step.scope(), step.action, step.fingerprint());
    assert_eq!(found, Ok(Replay::Fresh));
}
