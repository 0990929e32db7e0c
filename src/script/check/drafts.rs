//! Maps of parameters that are built step by step: `let p = #{ clientid: 1 }; p.status = "Actve";
//! update_client(p);`.
//!
//! Which of the steps are taken is known to the run alone; so each is looked at by itself.

use rhai::{Expr, Ident, ImmutableString};

use crate::catalog::Action;
use crate::script::check::kinds::Kind;

/// A parameter that is put into a map: its name, and its value.
pub(super) type DraftEntry = (Ident, Expr);

/// The maps of a script that variables hold, by number.
#[derive(Default)]
pub(super) struct Drafts {
    all: Vec<Draft>,
}

#[derive(Default)]
struct Draft {
    keys: Vec<ImmutableString>,
    held: Kind,
    given: Vec<DraftEntry>,
    actions: Vec<&'static Action>,
}

impl Drafts {
    /// A variable that is given a map.
    pub fn begin(&mut self, map: &Expr) -> Kind {
        self.all.push(Draft {
            keys: keys(map),
            held: Kind::written(map),
            ..Draft::default()
        });
        Kind::Draft(self.all.len() - 1)
    }

    /// The names that it has as it is written.
    pub fn keys(&self, draft: usize) -> &[ImmutableString] {
        self.all.get(draft).map_or(&[], |draft| &draft.keys)
    }

    /// What it has under that name as it is written.
    pub fn field(&self, draft: usize, name: &str) -> Kind {
        self.all
            .get(draft)
            .map_or(Kind::Unknown, |draft| draft.held.field(name))
    }

    /// Something is put into it.
    pub fn add(&mut self, draft: usize, entry: DraftEntry) {
        if let Some(draft) = self.all.get_mut(draft) {
            draft.given.push(entry);
        }
    }

    /// An action is called with it.
    pub fn pass(&mut self, draft: usize, action: &'static Action) {
        if let Some(draft) = self.all.get_mut(draft)
            && draft.actions.iter().all(|known| known.name != action.name)
        {
            draft.actions.push(action);
        }
    }

    /// What was put into them, for each action that is called with it.
    pub fn passed(self) -> Vec<(&'static Action, DraftEntry)> {
        let of_draft = |draft: Draft| {
            let Draft { given, actions, .. } = draft;
            let of_action = move |action| given.clone().into_iter().map(move |one| (action, one));
            actions.into_iter().flat_map(of_action)
        };
        self.all.into_iter().flat_map(of_draft).collect()
    }
}

/// Whether an expression is a map that is written out.
pub(super) fn is_map(expression: &Expr) -> bool {
    match expression {
        Expr::Map(..) => true,
        Expr::DynamicConstant(value, _) => value.is_map(),
        _ => false,
    }
}

fn keys(map: &Expr) -> Vec<ImmutableString> {
    match map {
        Expr::Map(map, _) => map.0.iter().map(|(name, _)| name.name.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The variable and the entry of its map that are assigned to: `p.x`, `p["x"]`.
pub(super) fn entry(target: &Expr) -> Option<(&str, Ident)> {
    let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = target else {
        return None;
    };
    let Expr::Variable(variable, ..) = &parts.lhs else {
        return None;
    };
    let (name, pos) = match &parts.rhs {
        Expr::Property(property, position) => (property.2.clone(), *position),
        Expr::StringConstant(text, position) => (text.clone(), *position),
        _ => return None,
    };
    Some((&variable.1, Ident { name, pos }))
}
