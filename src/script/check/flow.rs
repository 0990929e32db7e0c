//! Follows values through a script, and finds what cannot be meant of them.
//!
//! What a value is goes with it from where it came from: through `let`, `for`, the
//! parameters of closures, `.find` and `[0]`. Only what is certain is found; a variable
//! that is given other values may be anything.

mod calls;
mod chains;
mod methods;
mod operators;
mod statements;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTFlags, Expr, Stmt};

use crate::catalog::{self, Action, ParamKind};
use crate::script::check::closures::{FunctionBody, bodies, closure};
use crate::script::check::drafts::{DraftEntry as Given, Drafts};
use crate::script::check::files::Files;
use crate::script::check::in_place;
use crate::script::check::kinds::Kind;
use crate::script::check::names::{self, Names};
use crate::script::check::nothing;
use crate::script::check::numbers::{self, quotient};
use crate::script::check::strays::Strays;
use crate::script::engine::ARGS;
use crate::script::finding::Finding;
use crate::script::value::in_place::NOTHING;
use crate::script::value::joined::is_counted;

/// What was found in a script.
#[derive(Default)]
pub(super) struct Findings {
    /// What is refused before the script runs.
    pub refused: Vec<Finding>,
    /// What is wrong, or so likely wrong that it is to be written otherwise.
    pub mistakes: Vec<Finding>,
    /// What may be meant.
    pub warnings: Vec<Finding>,
    /// What a plan cannot go through.
    pub planned: Vec<Finding>,
    /// Parameters that are put into a map which an action is called with later.
    pub built: Vec<(&'static Action, Given)>,
}

/// Functions that run a closure for each of the rows they are given.
const LOOPS: [&str; 2] = ["bulk", "gather"];

/// How often a script is gone through to learn what its functions are given and return.
const ROUNDS: usize = 3;

/// Everything that cannot be meant of the values in a script that begins with those variables.
pub(super) fn findings(text: &str, ast: &AST, held: &[(String, Kind)], files: &Files) -> Findings {
    let bodies = bodies(ast);
    let names = Names::collect(ast);
    let mut functions = Followed::default();
    let has_functions = bodies.keys().any(|name| !name.starts_with("anon$"));
    for _ in 1..if has_functions { ROUNDS } else { 1 } {
        functions = pass((text, ast, files), &bodies, &names, functions, held).seen;
    }
    let flow = pass((text, ast, files), &bodies, &names, functions, held);
    let (mut found, (strays, likely)) = (flow.found, flow.strays.findings());
    found.refused.extend(strays);
    found.warnings.extend(likely);
    found.built = flow.drafts.passed();
    found
        .refused
        .extend(in_place::findings(ast, &bodies, &names));
    found
}

fn pass<'a>(
    (text, ast, files): (&'a str, &'a AST, &'a Files<'a>),
    bodies: &'a BTreeMap<String, FunctionBody>,
    names: &'a Names,
    known: Followed,
    held: &[(String, Kind)],
) -> Flow<'a> {
    let mut flow = Flow {
        text,
        ast,
        files,
        bodies,
        names,
        known,
        seen: Followed::default(),
        returned: None,
        scope: held.to_vec(),
        found: Findings::default(),
        strays: Strays::default(),
        is_of_write: false,
        drafts: Drafts::default(),
        calling: None,
    };
    flow.statements(ast.statements());
    // What functions see as `global::NAME`.
    let constants: BTreeSet<&str> = ast.statements().iter().filter_map(constant).collect();
    flow.scope
        .retain(|(name, _)| constants.contains(name.as_str()));
    let constants = flow.scope.clone();
    for (name, body) in bodies {
        if !name.starts_with("anon$") {
            flow.scope.clone_from(&constants);
            flow.returned = None;
            let given = flow.known.given(name, body.parameters.len());
            let last = flow.body(body, &[], &given);
            let result = match flow.returned.take() {
                Some(returned) => last.or(&returned),
                None => last,
            };
            flow.seen.results.insert(name.clone(), result);
        }
    }
    flow
}

/// The name of a constant that a statement makes.
fn constant(statement: &Stmt) -> Option<&str> {
    match statement {
        Stmt::Var(parts, flags, _) if flags.contains(ASTFlags::CONSTANT) => Some(&parts.0.name),
        _ => None,
    }
}

/// What the functions of a script are given where it calls them, and what they return.
#[derive(Default)]
struct Followed {
    given: BTreeMap<(String, usize), Vec<Kind>>,
    results: BTreeMap<String, Kind>,
}

impl Followed {
    fn given(&self, name: &str, count: usize) -> Vec<Kind> {
        let given = self.given.get(&(name.to_owned(), count));
        given.cloned().unwrap_or_default()
    }

    /// Adds a call; what differs from call to call may be anything.
    fn add(&mut self, name: &str, kinds: Vec<Kind>) {
        match self.given.entry((name.to_owned(), kinds.len())) {
            Entry::Vacant(entry) => _ = entry.insert(kinds),
            Entry::Occupied(mut entry) => {
                for (own, other) in entry.get_mut().iter_mut().zip(kinds) {
                    *own = std::mem::take(own).or(&other);
                }
            }
        }
    }
}

/// How what a function changes is used, where the function itself gives nothing.
fn statement_of_its_own(expression: &Expr, name: &str) -> String {
    let owner = match expression {
        Expr::Dot(parts, ..) => match &parts.lhs {
            Expr::Variable(variable, ..) => {
                Some((&variable.1, matches!(parts.rhs, Expr::MethodCall(..))))
            }
            _ => None,
        },
        _ => None,
    };
    match owner {
        _ if name == "for_each" => {
            "`.map(|x| …)` returns an array of what its closure returns; write `for_each` as its \
             own statement"
                .into()
        }
        Some((owner, true)) => {
            format!("write `{owner}.{name}(…);` as its own statement, and use `{owner}` after it")
        }
        Some((owner, false)) => {
            format!("write `{owner}.….{name}(…);` as its own statement, and use `{owner}` after it")
        }
        None => format!("write `let x = …; x.{name}(…);`, and use `x` after it"),
    }
}

/// Whether an action takes an amount under that name.
fn takes_amount(action: &Action, name: &str) -> bool {
    catalog::parameter(action, name)
        .is_some_and(|param| matches!(param.kind, ParamKind::Decimal | ParamKind::Decimals))
}

struct Flow<'a> {
    text: &'a str,
    ast: &'a AST,
    files: &'a Files<'a>,
    bodies: &'a BTreeMap<String, FunctionBody>,
    names: &'a Names,
    /// What the pass before found of the functions, and what this one finds.
    known: Followed,
    seen: Followed,
    /// What the function gone through returns on its way.
    returned: Option<Kind>,
    scope: Vec<(String, Kind)>,
    found: Findings,
    /// What fields are compared with that they never hold.
    strays: Strays,
    /// Whether a field was read of what a write returns.
    is_of_write: bool,
    drafts: Drafts,
    /// The action whose parameters the map to come is.
    calling: Option<&'static Action>,
}

impl Flow<'_> {
    /// An expression whose value is used.
    fn used(&mut self, expression: &Expr) -> Kind {
        if let Some((name, position)) = names::last_call(expression)
            && NOTHING.contains(&name)
            && !self.names.defines(name)
        {
            self.found.refused.push(Finding {
                code: "returns-nothing",
                position,
                what: format!("`{name}` changes what it is called on and returns nothing"),
                hint: Some(statement_of_its_own(expression, name)),
            });
        }
        self.expression(expression)
    }

    fn expression(&mut self, expression: &Expr) -> Kind {
        if let Some(closure) = closure(expression) {
            return self.closure(&closure, &[]);
        }
        match expression {
            Expr::IntegerConstant(..) => return Kind::Number,
            Expr::FloatConstant(..) => return Kind::Fraction,
            Expr::Unit(..) => return Kind::Nothing,
            Expr::BoolConstant(..) => return Kind::Truth,
            Expr::StringConstant(text, _) => return Kind::Written(vec![text.clone()]),
            Expr::CharConstant(..) => return Kind::Letter,
            Expr::Variable(variable, ..) => {
                let kind = self.variable(&variable.1);
                if let Kind::Function(name) = &kind {
                    self.passed_anywhere(name);
                }
                return kind;
            }
            Expr::Stmt(block) => return self.block(block),
            Expr::FnCall(call, position) => return self.call(call, *position),
            Expr::Dot(parts, flags, _) => {
                self.captured_receiver(expression);
                self.joined_with_a_dot(&parts.lhs, &parts.rhs);
                let owner = self.owner(&parts.lhs);
                return self.follow(&owner, &parts.rhs, false, *flags);
            }
            Expr::Index(parts, flags, _) => {
                self.captured_receiver(expression);
                let owner = self.owner(&parts.lhs);
                return self.follow(&owner, &parts.rhs, true, *flags);
            }
            Expr::And(all, _) | Expr::Or(all, _) => {
                let mark = self.strays.mark();
                for one in all.iter() {
                    let _ = self.used(one);
                }
                self.strays.settle(mark);
            }
            Expr::Coalesce(all, position) => {
                let kinds: Vec<Kind> = all.iter().map(|one| self.used(one)).collect();
                let unused = nothing::never_used(&kinds, all, *position);
                self.found.refused.extend(unused);
            }
            Expr::Array(items, _) => {
                let kinds: Vec<Kind> = items.iter().map(|item| self.used(item)).collect();
                if kinds.iter().any(Kind::is_joined) {
                    return Kind::List(Kind::Joined.into());
                }
                let mut kinds = kinds.into_iter();
                let first = kinds.next().unwrap_or_default();
                let all = kinds.fold(first, |one, other| one.or(&other));
                if matches!(all, Kind::Written(_) | Kind::Money) || all.is_number() {
                    return Kind::List(all.into());
                }
            }
            Expr::InterpolatedString(items, _) => {
                for item in items {
                    let _ = self.used(item);
                }
                return Kind::Plain;
            }
            Expr::Map(entries, _) => {
                let calling = self.calling.take();
                for (name, value) in &entries.0 {
                    let kind = self.used(value);
                    let is_amount = calling.is_some_and(|action| takes_amount(action, &name.name));
                    if is_amount && matches!(kind, Kind::Quotient) {
                        self.found.warnings.push(quotient(value.start_position()));
                    }
                    let is_counted = calling.is_some_and(|action| is_counted(action, &name.name));
                    if is_counted && kind.is_joined() {
                        self.found
                            .refused
                            .push(numbers::joined(value.start_position()));
                    }
                }
            }
            _ => {}
        }
        Kind::Unknown
    }

    /// The map of parameters in the making that a variable holds.
    fn draft(&self, name: &str) -> Option<usize> {
        let found = self.scope.iter().rev().find(|(known, _)| known == name);
        match found {
            Some((_, Kind::Draft(draft))) if !self.names.is_assigned(name) => Some(*draft),
            _ => None,
        }
    }

    /// Something is added to a variable, which may hold text.
    fn grows(&mut self, target: &Expr, added: &Kind) {
        let Expr::Variable(variable, ..) = target else {
            return;
        };
        let name = variable.1.as_str();
        let mut known = self.scope.iter_mut().rev();
        if let Some((_, kind)) = known.find(|(known, _)| known == name)
            && (kind.is_text() || kind.is_plain())
        {
            *kind = match kind.joined(added, true) {
                Kind::Joined => Kind::Joined,
                _ => Kind::Plain,
            };
        }
    }

    /// A variable is given another value.
    fn replaced(&mut self, name: &str) {
        let mut known = self.scope.iter_mut().rev();
        if let Some((_, kind)) = known.find(|(known, _)| known == name)
            && kind.is_joined()
        {
            *kind = Kind::Plain;
        }
    }

    fn variable(&self, name: &str) -> Kind {
        let found = self.scope.iter().rev().find(|(known, _)| known == name);
        if self.names.is_assigned(name) {
            let joined = found.filter(|(_, kind)| kind.is_joined());
            return joined.map(|(_, kind)| kind.clone()).unwrap_or_default();
        }
        if found.is_none() && name == ARGS {
            return Kind::List(Kind::Cell.into());
        }
        let kind = found.map(|(_, kind)| kind.clone()).unwrap_or_default();
        match kind {
            // A copy of it is another map.
            Kind::Draft(_) => Kind::Unknown,
            kind if !self.names.is_changed(name) => kind,
            Kind::Word(_) => Kind::Text,
            Kind::Written(_) | Kind::Cased { .. } => Kind::Plain,
            Kind::List(item) if matches!(*item, Kind::Written(_) | Kind::Money) => Kind::Unknown,
            Kind::List(item) if item.is_number() => Kind::Unknown,
            kind => kind,
        }
    }

    /// What an expression is that was gone through already.
    fn kind_again(&mut self, expression: &Expr) -> Kind {
        match expression {
            Expr::Variable(variable, ..) => self.variable(&variable.1),
            Expr::Dot(parts, ..) => match (&parts.lhs, &parts.rhs) {
                (Expr::Variable(variable, ..), Expr::Property(property, position)) => {
                    match self.variable(&variable.1) {
                        // One that is asked for with `?.` may not be there; this one is.
                        row @ Kind::Row { .. } if !self.names.is_given(&property.2) => {
                            row.field(&property.2)
                        }
                        owner => self.field(&owner, &property.2, *position, true),
                    }
                }
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        }
    }
}
