//! Follows values through a script, and finds what cannot be meant of them.
//!
//! What a value is goes with it from where it came from: through `let`, `for`, the
//! parameters of closures, `.find` and `[0]`. Only what is certain is found; a variable
//! that is given other values may be anything.

use std::collections::BTreeMap;

use rhai::{
    AST, ASTFlags, ASTNode, Expr, FnCallExpr, Position, Stmt, StmtBlock, SwitchCasesCollection,
};

use crate::catalog;
use crate::script::check::cases::{self, Needed};
use crate::script::check::closures::{Body, Closure, bodies, closure};
use crate::script::check::copies;
use crate::script::check::kinds::Kind;
use crate::script::check::names::{self, Names};
use crate::script::diagnostic::Finding;
use crate::script::value::in_place::NOTHING;
use crate::script::value::record;

/// What was found in a script.
#[derive(Default)]
pub(super) struct Found {
    /// What is refused before the script runs.
    pub refused: Vec<Finding>,
    /// What is wrong, or so likely wrong that it is to be written otherwise.
    pub mistakes: Vec<Finding>,
    /// What may be meant.
    pub warnings: Vec<Finding>,
}

/// Functions that give one of the items of what they are called on.
const ITEM: [&str; 5] = ["find", "get", "next", "pop", "shift"];
/// Functions that give items of what they are called on, or all of it.
const ITEMS: [&str; 16] = [
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
/// Functions that run a closure for each of the rows they are given.
const LOOPS: [&str; 2] = ["bulk", "gather"];
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// Everything that cannot be meant of the values in a script.
pub(super) fn findings(text: &str, ast: &AST) -> Found {
    let bodies = bodies(ast);
    let mut flow = Flow {
        text,
        bodies: &bodies,
        names: Names::of(ast),
        scope: Vec::new(),
        found: Found::default(),
    };
    flow.statements(ast.statements());
    for (name, body) in &bodies {
        if !name.starts_with("anon$") {
            flow.scope.clear();
            let _ = flow.body(body, &[], &[]);
        }
    }
    flow.found
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
            "`.map(|x| …)` is an array of what its closure returns; `for_each` stands as a statement of its own".into()
        }
        Some((owner, true)) => format!(
            "write `{owner}.{name}(…);` as a statement of its own, and use `{owner}` after it"
        ),
        Some((owner, false)) => format!(
            "write `{owner}.….{name}(…);` as a statement of its own, and use `{owner}` after it"
        ),
        None => format!("write `let x = …; x.{name}(…);`, and use `x` after it"),
    }
}

struct Flow<'a> {
    text: &'a str,
    bodies: &'a BTreeMap<String, Body>,
    names: Names,
    scope: Vec<(String, Kind)>,
    found: Found,
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
                let kind = self.used(&parts.1);
                self.scope.push((parts.0.name.to_string(), kind));
            }
            Stmt::Assignment(parts) => {
                let right = self.used(&parts.1.rhs);
                let left = self.expression(&parts.1.lhs);
                if let Some((_, _, _, operator, ..)) = parts.0.get_op_assignment_info() {
                    self.operator(operator, &left, &right, parts.0.position());
                }
            }
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                let _ = self.used(&flow.expr);
                let _ = self.block(&flow.body);
                let _ = self.block(&flow.branch);
            }
            Stmt::For(parts, _) => {
                let item = self.used(&parts.2.expr).item();
                let outer = self.scope.len();
                self.scope.push((parts.0.name.to_string(), item));
                if let Some(counter) = &parts.1 {
                    self.scope.push((counter.name.to_string(), Kind::Number));
                }
                let _ = self.statements(parts.2.body.statements());
                self.scope.truncate(outer);
                let lost = copies::lost(&parts.0.name, &parts.2.expr, parts.2.body.statements());
                self.found.refused.extend(lost);
            }
            Stmt::Switch(parts, position) => self.switch(&parts.0, &parts.1, *position),
            Stmt::TryCatch(flow, _) => {
                let _ = self.block(&flow.body);
                let outer = self.scope.len();
                if let Expr::Variable(variable, ..) = &flow.expr {
                    self.scope.push((variable.1.to_string(), Kind::Unknown));
                }
                let _ = self.block(&flow.branch);
                self.scope.truncate(outer);
            }
            Stmt::Return(Some(value), ..) | Stmt::BreakLoop(Some(value), ..) => {
                let _ = self.used(value);
            }
            Stmt::Import(parts, _) => _ = self.expression(&parts.0),
            _ => {}
        }
        Kind::Unknown
    }

    fn switch(&mut self, subject: &Expr, cases: &SwitchCasesCollection, position: Position) {
        let kind = self.used(subject);
        let needed = match kind {
            _ if kind.is_text() => Some(Needed::Text),
            Kind::Number => Some(Needed::Number),
            _ => None,
        };
        if let Some(needed) = needed {
            self.found
                .refused
                .extend(cases::unmet(self.text, position, needed));
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
            Expr::IntegerConstant(..) | Expr::FloatConstant(..) => return Kind::Number,
            Expr::BoolConstant(..) => return Kind::Truth,
            Expr::Variable(variable, ..) => return self.variable(&variable.1),
            Expr::Stmt(block) => return self.block(block),
            Expr::FnCall(call, position) => return self.call(call, *position),
            Expr::Dot(parts, flags, _) => {
                let owner = self.expression(&parts.lhs);
                return self.follow(&owner, &parts.rhs, false, *flags);
            }
            Expr::Index(parts, flags, _) => {
                let owner = self.expression(&parts.lhs);
                return self.follow(&owner, &parts.rhs, true, *flags);
            }
            Expr::And(all, _) | Expr::Or(all, _) | Expr::Coalesce(all, _) => {
                for one in all.iter() {
                    let _ = self.used(one);
                }
            }
            Expr::Array(items, _) | Expr::InterpolatedString(items, _) => {
                for item in items {
                    let _ = self.used(item);
                }
            }
            Expr::Map(entries, _) => {
                for (_, value) in &entries.0 {
                    let _ = self.used(value);
                }
            }
            _ => {}
        }
        Kind::Unknown
    }

    fn variable(&self, name: &str) -> Kind {
        if self.names.is_assigned(name) {
            return Kind::Unknown;
        }
        let found = self.scope.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, kind)| kind.clone()).unwrap_or_default()
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
        let index = self.used(index);
        match owner {
            Kind::List(item) if !matches!(index, Kind::Cell | Kind::Text) => (**item).clone(),
            Kind::Row { is_text: true } => Kind::Cell,
            _ => Kind::Unknown,
        }
    }

    fn member(&mut self, owner: &Kind, member: &Expr, is_asked: bool) -> Kind {
        match member {
            Expr::Property(property, position) => {
                self.field(owner, &property.2, *position, is_asked)
            }
            Expr::MethodCall(call, _) => self.method(owner, call),
            _ => Kind::Unknown,
        }
    }

    fn field(&mut self, owner: &Kind, name: &str, position: Position, is_asked: bool) -> Kind {
        if let Kind::Record(action, fields) = owner
            && !is_asked
            && !fields.has(name)
            && !self.names.is_given(name)
        {
            let (what, hint) = record::missing(action, fields, name, fields.names());
            self.found.mistakes.push(Finding {
                position,
                what,
                hint: Some(hint),
            });
        }
        // What the script puts there itself may be anything.
        if self.names.is_given(name) {
            return Kind::Unknown;
        }
        owner.field(name)
    }

    fn method(&mut self, owner: &Kind, call: &FnCallExpr) -> Kind {
        let name = call.name.as_str();
        if LOOPS.contains(&name) && !self.names.defines(name) {
            return self.rows(owner, name, &call.args);
        }
        let given = self.arguments(owner, name, &call.args);
        if self.names.defines(name) {
            return Kind::Unknown;
        }
        match name {
            "map" => Kind::List(given.into()),
            "find_map" => given,
            name if ITEM.contains(&name) => owner.item(),
            name if ITEMS.contains(&name) => match owner {
                Kind::List(_) | Kind::Rows { .. } => Kind::List(owner.item().into()),
                _ => Kind::Unknown,
            },
            name if OF_TEXT.contains(&name) && owner.is_text() => owner.clone(),
            "as_text" if owner.is_text() => owner.clone(),
            name => self.action(name),
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
            "reduce" | "reduce_rev" => vec![Kind::Unknown, item],
            _ => vec![item],
        };
        let mut given = Kind::Unknown;
        for arg in args {
            match closure(arg) {
                Some(closure) => given = self.closure(&closure, &taken),
                None => _ = self.used(arg),
            }
        }
        given
    }

    /// The rows of a loop, and its closure.
    fn rows(&mut self, rows: &Kind, name: &str, rest: &[Expr]) -> Kind {
        let mut given = Kind::Unknown;
        for arg in rest {
            match closure(arg) {
                Some(closure) => given = self.closure(&closure, &[rows.item()]),
                None => _ = self.used(arg),
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
            let _ = self.used(arg);
        }
        match name {
            _ if !is_ours => Kind::Unknown,
            "csv" => Kind::Rows { is_text: true },
            "sheet" => Kind::Rows { is_text: false },
            "client_by_email" => self.action("get_clients_details").field("client"),
            name => self.action(name),
        }
    }

    /// Text of a file or a reply beside a number or a truth value.
    fn operator(&mut self, operator: &str, one: &Kind, other: &Kind, position: Position) -> Kind {
        let other_than_text = if one.is_text() { other } else { one };
        let has_text = one.is_text() || other.is_text();
        let is_comparison = COMPARISONS.contains(&operator);
        let said = match other_than_text {
            Kind::Number if has_text && matches!(operator, "+" | "+=") => Some((
                "is added to a number",
                "`parse_money(…)` or `parse_int(…)` makes a number of the text; to join, write between backticks: `${one}${other}`",
            )),
            Kind::Number if has_text && is_comparison => Some((
                "is compared with a number",
                "make a number of the text: `parse_int(…)`; or compare with text: `== \"1\"`",
            )),
            Kind::Truth if has_text && is_comparison => Some((
                "is compared with true or false",
                "compare with the text that is written there: `== \"true\"`",
            )),
            _ => None,
        };
        self.found.warnings.extend(said.map(|(what, hint)| Finding {
            position,
            what: format!("text of a file or a reply {what} by `{operator}`"),
            hint: Some(hint.into()),
        }));
        match (one, other) {
            (Kind::Number, Kind::Number) if !is_comparison => Kind::Number,
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

    fn body(&mut self, body: &Body, captured: &[String], given: &[Kind]) -> Kind {
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
