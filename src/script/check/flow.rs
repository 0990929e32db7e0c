//! Follows values through a script, and finds what cannot be meant of them.
//!
//! What a value is goes with it from where it came from: through `let`, `for`, the
//! parameters of closures, `.find` and `[0]`. Only what is certain is found; a variable
//! that is given other values may be anything.

mod operators;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rhai::{
    AST, ASTFlags, ASTNode, Expr, FnCallExpr, ImmutableString, Position, Stmt, StmtBlock,
    SwitchCasesCollection,
};

use crate::catalog::{self, Action, ParamKind};
use crate::script::check::cases::{self, Needed};
use crate::script::check::closures::{Closure, FunctionBody, bodies, closure};
use crate::script::check::copies;
use crate::script::check::drafts::{self, DraftEntry as Given, Drafts};
use crate::script::check::files::{self, Files};
use crate::script::check::in_place;
use crate::script::check::kinds::Kind;
use crate::script::check::names::{self, Names, named};
use crate::script::check::nothing;
use crate::script::check::numbers::{self, quotient};
use crate::script::check::strays::{self, ERROR_KIND, OUTCOME, Strays};
use crate::script::dates;
use crate::script::diagnostic;
use crate::script::diagnostic::foreign::JOIN;
use crate::script::engine::ARGS;
use crate::script::engine::keywords::CALL;
use crate::script::finding::Finding;
use crate::script::text;
use crate::script::value::in_place::NOTHING;
use crate::script::value::joined::is_counted;
use crate::script::value::record;

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

/// Functions that give one of the items of what they are called on.
const ITEM: [&str; 5] = ["find", "get", "next", "pop", "shift"];
/// Functions that give items of what they are called on, or all of it.
const ITEMS: [&str; 17] = [
    "chop",
    "dedup",
    "drain",
    "extract",
    "filter",
    "order",
    "order_by",
    "order_desc",
    "retain",
    "reverse",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "to_array",
    "truncate",
    "unique",
];
/// Functions of text that give text.
const OF_TEXT: [&str; 7] = [
    "make_lower",
    "make_upper",
    "replace",
    "sub_string",
    "to_lower",
    "to_upper",
    "trim",
];
/// Functions that take the name of a field of their items.
const BY_FIELD: [&str; 4] = ["group_by", "sort_by", "sum", "unique"];
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

/// What is said of a format for a day that has nothing to fill in.
fn without_percent(format: &str, position: Position) -> Finding {
    let raised = dates::without_percent(format);
    let words = diagnostic::of_raised(raised);
    Finding {
        code: "date-format",
        position,
        what: words.what,
        hint: words.hint,
    }
}

/// The action that a call is of.
fn called(call: &FnCallExpr) -> Option<&'static Action> {
    match call.name.as_str() {
        CALL => named(call),
        name => catalog::by_function(name).or_else(|| catalog::by_walk(name)),
    }
}

/// Whether an action takes an amount under that name.
fn takes_amount(action: &Action, name: &str) -> bool {
    catalog::parameter(action, name)
        .is_some_and(|param| matches!(param.kind, ParamKind::Decimal | ParamKind::Decimals))
}

/// What a function may be given, which may be nothing elsewhere.
fn loose(kind: Kind) -> Kind {
    match kind {
        Kind::Cell => Kind::Text,
        Kind::Entry | Kind::Nothing => Kind::Unknown,
        kind => kind,
    }
}

/// What is added in `total = total + row.fee`.
fn added_to_itself<'e>(target: &Expr, value: &'e Expr) -> Option<&'e Expr> {
    let (Expr::Variable(own, ..), Expr::FnCall(call, _)) = (target, value) else {
        return None;
    };
    match &call.args[..] {
        [Expr::Variable(one, ..), added] if call.name == "+" && one.1 == own.1 => Some(added),
        _ => None,
    }
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
    fn statements(&mut self, statements: &[Stmt]) -> Kind {
        let mut last = Kind::Unknown;
        for statement in statements {
            last = self.statement(statement);
        }
        last
    }

    fn block(&mut self, block: &StmtBlock) -> Kind {
        let outer = self.scope.len();
        let last = self.statements(block.statements());
        self.scope.truncate(outer);
        last
    }

    fn statement(&mut self, statement: &Stmt) -> Kind {
        match statement {
            Stmt::Expr(expression) => return self.expression(expression),
            Stmt::FnCall(call, position) => return self.call(call, *position),
            Stmt::Block(block) => return self.block(block),
            Stmt::Var(parts, ..) => {
                let name = &parts.0.name;
                let kind = match self.function(&parts.1) {
                    Some(function) if !self.names.is_assigned(name) => Kind::Function(function),
                    _ => match self.used(&parts.1) {
                        Kind::Unknown if drafts::is_map(&parts.1) => self.drafts.begin(&parts.1),
                        kind => kind,
                    },
                };
                self.scope.push((parts.0.name.to_string(), kind));
            }
            Stmt::Assignment(parts) => {
                let right = self.used(&parts.1.rhs);
                let left = self.expression(&parts.1.lhs);
                if let Some((_, _, _, operator, ..)) = parts.0.get_op_assignment_info() {
                    self.operator(operator, &left, &right, parts.0.position());
                    if operator == "+=" {
                        self.grows(&parts.1.lhs, &right);
                    }
                } else if let Some(added) = added_to_itself(&parts.1.lhs, &parts.1.rhs) {
                    let added = self.kind_again(added);
                    self.grows(&parts.1.lhs, &added);
                } else if let Expr::Variable(variable, ..) = &parts.1.lhs {
                    self.replaced(&variable.1);
                } else if let Some((owner, name)) = drafts::entry(&parts.1.lhs)
                    && let Some(draft) = self.draft(owner)
                {
                    self.drafts.add(draft, (name, parts.1.rhs.clone()));
                }
            }
            Stmt::If(flow, _) => {
                let _ = self.used(&flow.expr);
                let one = self.block(&flow.body);
                let other = self.block(&flow.branch);
                return one.or(&other);
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                let _ = self.used(&flow.expr);
                let _ = self.block(&flow.body);
                let _ = self.block(&flow.branch);
            }
            Stmt::For(parts, _) => {
                let items = self.used(&parts.2.expr);
                let is_array = !matches!(items, Kind::Rows { .. } | Kind::Walk(_));
                let item = items.item();
                let outer = self.scope.len();
                self.scope.push((parts.0.name.to_string(), item));
                if let Some(counter) = &parts.1 {
                    self.scope.push((counter.name.to_string(), Kind::Number));
                }
                let _ = self.statements(parts.2.body.statements());
                self.scope.truncate(outer);
                let body = parts.2.body.statements();
                let lost = copies::lost(&parts.0.name, &parts.2.expr, is_array, body);
                self.found.refused.extend(lost);
            }
            Stmt::Switch(parts, position) => self.switch(&parts.0, &parts.1, *position),
            Stmt::TryCatch(flow, _) => {
                let _ = self.block(&flow.body);
                let outer = self.scope.len();
                if let Expr::Variable(variable, ..) = &flow.expr {
                    self.scope
                        .push((variable.1.to_string(), Kind::Ours(ERROR_KIND)));
                }
                let _ = self.block(&flow.branch);
                self.scope.truncate(outer);
            }
            Stmt::Return(Some(value), ..) => {
                let kind = self.used(value);
                self.returned = Some(match self.returned.take() {
                    Some(before) => before.or(&kind),
                    None => kind,
                });
            }
            Stmt::Return(None, ..) => self.returned = Some(Kind::Unknown),
            Stmt::BreakLoop(Some(value), ..) => _ = self.used(value),
            Stmt::Import(parts, _) => _ = self.expression(&parts.0),
            _ => {}
        }
        Kind::Unknown
    }

    fn switch(&mut self, subject: &Expr, cases: &SwitchCasesCollection, position: Position) {
        self.is_of_write = false;
        let kind = self.used(subject);
        if self.is_of_write && matches!(subject, Expr::Dot(..) | Expr::Index(..)) {
            self.found.planned.push(Finding {
                code: "planned-switch",
                position,
                what: "this `switch` is on a planned value: it will only be known in a real run"
                    .into(),
                hint: Some("run the script with `--sandbox` to see which case is taken".into()),
            });
        }
        let needed = match kind {
            ref text if text.is_text() || text.is_plain() => Some(Needed::Text),
            ref number if number.is_number() => Some(Needed::Number),
            Kind::Letter => Some(Needed::Letter),
            Kind::Truth => Some(Needed::Truth),
            Kind::Money => Some(Needed::Money),
            Kind::Meant => Some(Needed::Meant),
            Kind::Day => Some(Needed::Day),
            _ => None,
        };
        if let Some(needed) = needed {
            self.found
                .refused
                .extend(cases::unmet(self.text, position, needed));
        }
        if matches!(kind, Kind::Amount) {
            let cases = cases::texts(self.text, position);
            let found = cases
                .iter()
                .find_map(|(case, place)| numbers::of_amount(case, *place));
            self.found.refused.extend(found);
        }
        if let Kind::Word(word) = kind {
            let mark = self.strays.mark();
            for (case, place) in cases::texts(self.text, position) {
                self.strays.compare(word, &[case.into()], place);
            }
            self.strays.settle(mark);
        }
        for case in &cases.expressions {
            let _ = self.expression(&case.lhs);
            let _ = self.expression(&case.rhs);
        }
    }

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

    /// A closure that uses the variable at the start of the chain whose method runs it: Rhai
    /// holds the variable, and each use of it fails.
    fn captured_receiver(&mut self, chain: &Expr) {
        let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = chain else {
            return;
        };
        let Expr::Variable(variable, ..) = &parts.lhs else {
            return;
        };
        let owner = variable.1.as_str();
        for (step, _) in in_place::steps(chain) {
            let Expr::MethodCall(call, position) = step else {
                continue;
            };
            let uses_owner = |arg: &Expr| {
                let closure = closure(arg);
                closure.is_some_and(|closure| closure.captured.iter().any(|name| name == owner))
            };
            if !self.names.defines(&call.name) && call.args.iter().any(uses_owner) {
                self.found.refused.push(Finding {
                    code: "own-variable",
                    position: *position,
                    what: format!(
                        "a closure uses the variable whose method runs it: `{owner}` in `{}`",
                        call.name
                    ),
                    hint: Some(format!(
                        "copy it first, and use the copy in the closure: `let own = {owner};`"
                    )),
                });
            }
        }
    }

    /// Text behind which a name stands as PHP joins them: `"a" . name`.
    fn joined_with_a_dot(&mut self, text: &Expr, name: &Expr) {
        let is_text = matches!(
            text,
            Expr::StringConstant(..) | Expr::InterpolatedString(..)
        );
        if let Expr::Property(property, position) = name
            && is_text
            && !matches!(property.2.as_str(), "len" | "is_empty" | "chars" | "bytes")
        {
            self.found.mistakes.push(Finding {
                code: "text-property",
                position: *position,
                what: format!("text has no property `{}`", property.2),
                hint: Some(JOIN.into()),
            });
        }
    }

    /// The map of parameters in the making that a variable holds.
    fn draft(&self, name: &str) -> Option<usize> {
        let found = self.scope.iter().rev().find(|(known, _)| known == name);
        match found {
            Some((_, Kind::Draft(draft))) if !self.names.is_assigned(name) => Some(*draft),
            _ => None,
        }
    }

    /// What a field or a method is asked of.
    fn owner(&mut self, expression: &Expr) -> Kind {
        if let Expr::Variable(variable, ..) = expression
            && !self.names.is_changed(&variable.1)
            && let Some(draft) = self.draft(&variable.1)
        {
            return Kind::Draft(draft);
        }
        self.expression(expression)
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

    /// What a step of a chain gives, and those behind it.
    fn follow(&mut self, owner: &Kind, step: &Expr, is_index: bool, flags: ASTFlags) -> Kind {
        let rest = match step {
            // What stands in the last brackets is no step of the chain.
            _ if is_index && flags.contains(ASTFlags::BREAK) => None,
            Expr::Dot(rest, flags, _) => Some((&**rest, false, *flags)),
            Expr::Index(rest, flags, _) => Some((&**rest, true, *flags)),
            _ => None,
        };
        let this = rest.as_ref().map_or(step, |(rest, ..)| &rest.lhs);
        let is_asked = flags.contains(ASTFlags::NEGATED);
        let next = if is_index {
            self.index(owner, this, is_asked)
        } else {
            self.member(owner, this, is_asked)
        };
        match rest {
            Some((rest, is_index, flags)) => self.follow(&next, &rest.rhs, is_index, flags),
            None => next,
        }
    }

    fn index(&mut self, owner: &Kind, index: &Expr, is_asked: bool) -> Kind {
        if let Expr::StringConstant(name, position) = index {
            return self.field(owner, name, *position, is_asked);
        }
        let position = index.start_position();
        let index = self.used(index);
        match owner {
            Kind::Draft(map) => {
                if let Kind::Word(word) = index {
                    self.strays.look_up(word, self.drafts.keys(*map), position);
                }
                Kind::Unknown
            }
            Kind::List(item) if !index.is_text() => match &**item {
                Kind::Cell => Kind::Text,
                item => item.clone(),
            },
            Kind::Row { is_text: true } => Kind::Cell,
            text if (text.is_text() || text.is_plain()) && matches!(index, Kind::Number) => {
                Kind::Letter
            }
            _ => Kind::Unknown,
        }
    }

    fn member(&mut self, owner: &Kind, member: &Expr, is_asked: bool) -> Kind {
        match member {
            Expr::Property(property, position) => {
                self.field(owner, &property.2, *position, is_asked)
            }
            Expr::MethodCall(call, position) => self.method(owner, call, *position),
            _ => Kind::Unknown,
        }
    }

    fn field(&mut self, owner: &Kind, name: &str, position: Position, is_asked: bool) -> Kind {
        if let Kind::Record(action, fields) = owner
            && !is_asked
            && !fields.may_have(action, name)
            && !self.names.is_given(name)
        {
            let (what, hint) = record::missing(action, fields, name, fields.names());
            self.found.mistakes.push(Finding {
                code: "unknown-field",
                position,
                what,
                hint: Some(hint),
            });
        }
        if let Kind::FileRecord(fields, path) = owner
            && !is_asked
            && !fields.has(name)
            && fields.are_known()
            && !self.names.is_given(name)
        {
            let (what, hint) = fields.missing(path, name);
            self.found.mistakes.push(Finding {
                code: "unknown-field",
                position,
                what,
                hint: Some(hint),
            });
        }
        // What the script puts there itself may be anything, and a column that is only asked
        // for with `?.` may not be there.
        let is_asked_of_row = is_asked && matches!(owner, Kind::Row { .. });
        if self.names.is_given(name) || is_asked_of_row {
            return Kind::Unknown;
        }
        if let Kind::Draft(draft) = owner {
            return self.drafts.field(*draft, name);
        }
        self.is_of_write |= matches!(owner, Kind::Record(action, _) if action.is_write());
        match owner.field(name) {
            Kind::Word(_) if self.names.is_touched(name) => Kind::Text,
            kind => kind,
        }
    }

    fn method(&mut self, owner: &Kind, call: &FnCallExpr, place: Position) -> Kind {
        let name = call.name.as_str();
        if LOOPS.contains(&name) && !self.names.defines(name) {
            return self.rows(owner, name, &call.args);
        }
        let given = self.arguments(owner, name, &call.args);
        self.sought(owner, call);
        if self.names.defines(name) {
            self.seen.add(name, vec![Kind::Unknown; call.args.len()]);
            return Kind::Unknown;
        }
        if name == "format"
            && let Some(Expr::StringConstant(format, position)) = call.args.first()
            && !format.contains('%')
        {
            self.found.mistakes.push(without_percent(format, *position));
        }
        self.regular_expression(name, &call.args);
        if BY_FIELD.contains(&name)
            && let Some(Expr::StringConstant(field, position)) = call.args.first()
            && !self.names.defines(field)
        {
            self.field(&owner.item(), field, *position, false);
        }
        match name {
            "map" => Kind::List(given.into()),
            "reduce" | "reduce_rev" if given.is_joined() => given,
            "as_money" | "parse_money" if owner.is_joined() => {
                let position = call.args.first().map_or(place, Expr::start_position);
                self.found.refused.push(numbers::joined(position));
                Kind::Money
            }
            "find_map" => given,
            // Where there is none it is nothing.
            name if ITEM.contains(&name) => match owner.item() {
                Kind::Cell => Kind::Text,
                Kind::Written(_) => Kind::Unknown,
                item => item,
            },
            name if ITEMS.contains(&name) => match owner {
                Kind::List(_) | Kind::Walk(_) | Kind::Rows { .. } => {
                    Kind::List(owner.item().into())
                }
                _ => Kind::Unknown,
            },
            "to_lower" | "make_lower" | "to_upper" | "make_upper"
                if owner.is_text() || owner.is_plain() =>
            {
                Kind::Cased {
                    is_upper: name.ends_with("upper"),
                }
            }
            name if OF_TEXT.contains(&name) && matches!(owner, Kind::Word(_)) => Kind::Text,
            name if OF_TEXT.contains(&name) && owner.is_text() => owner.clone(),
            "as_text" => Kind::Meant,
            "as_money" | "parse_money" => Kind::Money,
            "parse_int" | "len" => Kind::Number,
            "to_string" | "join" => Kind::Plain,
            name if OF_TEXT.contains(&name) && owner.is_plain() => Kind::Plain,
            "type_of" => Kind::TypeName,
            name => self.action(name),
        }
    }

    /// A regular expression that is written out, and what it is replaced with.
    fn regular_expression(&mut self, name: &str, args: &[Expr]) {
        let [Expr::StringConstant(expression, position), rest @ ..] = args else {
            return;
        };
        let with = match rest {
            [Expr::StringConstant(with, at)] => Some((with.as_str(), *at)),
            _ => None,
        };
        let (raised, position) = match text::fault(name, expression, with.map(|(with, _)| with)) {
            Some((raised, true)) => (raised, with.map_or(*position, |(_, at)| at)),
            Some((raised, false)) => (raised, *position),
            None => return,
        };
        let words = diagnostic::of_raised(raised);
        self.found.mistakes.push(Finding {
            code: "bad-expression",
            position,
            what: words.what,
            hint: words.hint,
        });
    }

    /// A text that is looked for in a word, or a word that is looked for in a list.
    fn sought(&mut self, owner: &Kind, call: &FnCallExpr) {
        let name = call.name.as_str();
        let [arg] = &call.args[..] else { return };
        match owner {
            Kind::Word(word) if matches!(name, "contains" | "starts_with" | "ends_with") => {
                if let Expr::StringConstant(text, position) = arg {
                    let found = strays::of_part(*word, name, text, *position);
                    self.found.refused.extend(found);
                }
            }
            Kind::List(item) if matches!(name, "contains" | "index_of") => {
                let (item, arg_kind) = ((**item).clone(), self.kind_again(arg));
                self.compared("contains", call, &[Kind::List(item.into()), arg_kind]);
            }
            _ => {}
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

    /// What the reply of an action is, or the list that a function walks.
    fn action(&self, name: &str) -> Kind {
        if self.names.defines(name) {
            return Kind::Unknown;
        }
        if let Some(action) = catalog::by_function(name) {
            return Kind::reply(action);
        }
        catalog::by_walk(name).map_or(Kind::Unknown, Kind::walk)
    }

    /// Goes through the arguments of a method; what a closure among them gives.
    fn arguments(&mut self, owner: &Kind, method: &str, args: &[Expr]) -> Kind {
        let item = owner.item();
        let taken = match method {
            "sort" | "sort_by" | "order" | "order_by" | "dedup" => vec![item.clone(), item],
            "reduce" | "reduce_rev" => {
                let first = args.get(1).map(Kind::written);
                let is_text = matches!(first, Some(Kind::Written(_)));
                vec![if is_text { Kind::Text } else { Kind::Unknown }, item]
            }
            _ => vec![item],
        };
        let mut given = Kind::Unknown;
        if let ("reduce" | "reduce_rev", [only]) = (method, args)
            && let Some(closure) = closure(only)
            && let Some(body) = self.bodies.get(&closure.name)
        {
            let first = nothing::first_of_reduce(body, &closure.captured, &owner.item());
            self.found.refused.extend(first);
        }
        for arg in args {
            if let Some(closure) = closure(arg) {
                given = self.closure(&closure, &taken);
            } else if let Some(name) = self.function(arg) {
                given = self.by_name(&name, &taken);
            } else {
                self.passed_on(arg);
                let _ = self.used(arg);
            }
        }
        given
    }

    /// The function of the script that an expression names: `want`, `Fn("want")`, a variable
    /// that holds one of them.
    fn function(&self, expression: &Expr) -> Option<ImmutableString> {
        let name = match expression {
            Expr::Variable(variable, ..) => {
                let known = self
                    .scope
                    .iter()
                    .rev()
                    .find(|(known, _)| *known == variable.1);
                match known {
                    Some((_, Kind::Function(name))) => return Some(name.clone()),
                    Some(_) => return None,
                    None => &variable.1,
                }
            }
            Expr::FnCall(call, _) if call.name == "Fn" => match call.args.first() {
                Some(Expr::StringConstant(name, _)) => name,
                _ => return None,
            },
            _ => return None,
        };
        self.bodies
            .contains_key(name.as_str())
            .then(|| name.clone())
    }

    /// What a function gives that is called by its name with values of those kinds.
    fn by_name(&mut self, name: &str, given: &[Kind]) -> Kind {
        if let Some(body) = self.bodies.get(name) {
            let mut kinds: Vec<Kind> = given.iter().cloned().map(loose).collect();
            kinds.resize(body.parameters.len(), Kind::Unknown);
            self.seen.add(name, kinds);
        }
        self.known.results.get(name).cloned().unwrap_or_default()
    }

    fn passed_anywhere(&mut self, name: &str) {
        if let Some(body) = self.bodies.get(name) {
            let kinds = vec![Kind::Unknown; body.parameters.len()];
            self.seen.add(name, kinds);
        }
    }

    /// A function that is passed on may be given anything.
    fn passed_on(&mut self, arg: &Expr) {
        let name = match arg {
            Expr::Variable(variable, ..) => &variable.1,
            Expr::StringConstant(text, _) => text,
            _ => return,
        };
        let name = name.clone();
        self.passed_anywhere(&name);
    }

    /// The rows of a loop, and its closure.
    fn rows(&mut self, rows: &Kind, name: &str, rest: &[Expr]) -> Kind {
        let mut given = Kind::Unknown;
        for arg in rest {
            if let Some(closure) = closure(arg) {
                given = self.closure(&closure, &[rows.item()]);
            } else if let Some(name) = self.function(arg) {
                given = self.by_name(&name, &[rows.item()]);
            } else {
                let _ = self.used(arg);
            }
        }
        match name {
            "gather" => Kind::List(given.into()),
            _ => Kind::Unknown,
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) -> Kind {
        let name = call.name.as_str();
        if let Some(_operator) = &call.op_token {
            let kinds: Vec<Kind> = call.args.iter().map(|arg| self.used(arg)).collect();
            self.written_sum(name, call, &kinds, position);
            self.compared(name, call, &kinds);
            let lost = numbers::of_operator(name, call, &kinds, position);
            self.found.refused.extend(lost);
            if name.starts_with("..") {
                return Kind::List(Kind::Number.into());
            }
            return match &kinds[..] {
                [one, other] => self.operator(name, one, other, position),
                _ => Kind::Unknown,
            };
        }
        let is_ours = !call.is_qualified() && !self.names.defines(name);
        if is_ours
            && LOOPS.contains(&name)
            && let Some((rows, rest)) = call.args.split_first()
        {
            let rows = self.used(rows);
            return self.rows(&rows, name, rest);
        }
        for arg in &call.args {
            self.passed_on(arg);
        }
        let written = call.args.iter().find(|arg| matches!(arg, Expr::Map(..)));
        if is_ours && written.is_some() {
            self.calling = called(call);
        }
        if is_ours
            && let Some(Expr::Variable(variable, ..)) = call.args.last()
            && let Some(draft) = self.draft(&variable.1)
            && let Some(action) = called(call)
        {
            self.drafts.pass(draft, action);
        }
        let kinds: Vec<Kind> = call.args.iter().map(|arg| self.used(arg)).collect();
        self.calling = None;
        if !is_ours && !call.is_qualified() {
            self.seen.add(name, kinds.into_iter().map(loose).collect());
            let result = self.known.results.get(name);
            return result.cloned().unwrap_or_default();
        }
        self.money(name, &kinds, position);
        if is_ours && name == "contains" {
            self.compared(name, call, &kinds);
        }
        match name {
            _ if !is_ours => Kind::Unknown,
            "env" => Kind::Text,
            "type_of" => Kind::TypeName,
            "upsert_client" => Kind::Ours(OUTCOME),
            "read_text" => Kind::Plain,
            "today" | "now" | "datetime" => Kind::Day,
            "date" if kinds.len() != 1 || kinds[0].is_plain() => Kind::Day,
            CALL => named(call).map_or(Kind::Unknown, Kind::reply),
            "rows" | "read_json" => self.file(name, call),
            "as_text" => Kind::Meant,
            "money" | "parse_money" | "as_money" => Kind::Money,
            "parse_int" | "len" => Kind::Number,
            "to_string" | "format_money" => Kind::Plain,
            "csv" => Kind::Rows { is_text: true },
            "sheet" => Kind::Rows { is_text: false },
            "client_by_email" => self.action("get_clients_details").field("client"),
            name => self.action(name),
        }
    }

    /// What a function reads of the file that it names.
    fn file(&self, name: &str, call: &FnCallExpr) -> Kind {
        match call.args.first() {
            Some(Expr::StringConstant(path, _)) if !files::is_written(self.ast, path) => {
                self.files.kind(name, path)
            }
            _ => Kind::Unknown,
        }
    }

    /// What a closure gives that is called with values of those kinds.
    fn closure(&mut self, closure: &Closure, given: &[Kind]) -> Kind {
        let Some(body) = self.bodies.get(&closure.name) else {
            return Kind::Unknown;
        };
        self.body(body, &closure.captured, given)
    }

    fn body(&mut self, body: &FunctionBody, captured: &[String], given: &[Kind]) -> Kind {
        let outer = self.scope.len();
        let own = body
            .parameters
            .iter()
            .filter(|name| !captured.contains(name));
        for (at, name) in own.enumerate() {
            let kind = given.get(at).cloned().unwrap_or_default();
            self.scope.push((name.clone(), kind));
        }
        let mut last = Kind::Unknown;
        body.tree.walk(&mut |path| {
            if let [ASTNode::Stmt(statement)] = path {
                last = self.statement(statement);
            }
            true
        });
        self.scope.truncate(outer);
        last
    }
}
