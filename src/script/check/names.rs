//! The names a script gives values to, and those it asks for before it uses them.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Array, Dynamic, Expr, FnCallExpr, Map, Position, Stmt};

use crate::catalog;

/// Functions that ask whether there is an entry of a name, or make one.
const ASKING: [&str; 6] = ["contains", "get", "has", "remove", "set", "in"];
/// Functions that put the entries of one map into another.
const MERGING: [&str; 4] = ["+", "+=", "fill_with", "mixin"];

/// Methods that leave what they are called on as it is; any other may change it.
const LEAVING: [&str; 27] = [
    "all",
    "as_money",
    "as_text",
    "bytes",
    "chars",
    "contains",
    "ends_with",
    "filter",
    "find",
    "find_map",
    "for_each",
    "get",
    "index_of",
    "is_empty",
    "join",
    "len",
    "map",
    "print",
    "reduce",
    "some",
    "split",
    "starts_with",
    "sub_string",
    "to_lower",
    "to_string",
    "to_upper",
    "type_of",
];

/// The action that `call("AddClient", …)` names.
pub(super) fn named(call: &FnCallExpr) -> Option<&'static catalog::Action> {
    match call.args.first()? {
        Expr::StringConstant(name, _) => catalog::action(name),
        _ => None,
    }
}

/// The parameters of a script's functions.
pub(super) fn parameters(ast: &AST) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for function in ast.iter_functions() {
        names.extend(function.params.iter().map(ToString::to_string));
    }
    names
}

/// What a script gives values to, and what it asks for.
pub(super) struct Names {
    /// Variables that are given another value somewhere.
    assigned: BTreeSet<String>,
    /// Variables that may be changed where they stand.
    changed: BTreeSet<String>,
    /// Entries of maps that may be changed where they stand.
    touched: BTreeSet<String>,
    /// Entries of maps that are given a value, or asked for.
    given: BTreeSet<String>,
    /// Functions of its own, and what its maps hold, which may be closures.
    defined: BTreeSet<String>,
}

impl Names {
    pub fn collect(ast: &AST) -> Self {
        let mut names = Self {
            assigned: BTreeSet::new(),
            changed: BTreeSet::new(),
            touched: BTreeSet::new(),
            given: BTreeSet::new(),
            defined: ast
                .iter_functions()
                .map(|function| function.name.to_owned())
                .collect(),
        };
        ast.walk(&mut |path| {
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                    if may_be_closure(&parts.1.rhs) {
                        names.defined.extend(last_name(&parts.1.lhs));
                    }
                    names.changed.extend(first_name(&parts.1.lhs));
                    match &parts.1.lhs {
                        Expr::Variable(variable, ..) if !parts.0.is_op_assignment() => {
                            names.assigned.insert(variable.1.to_string());
                        }
                        chain => names.given.extend(last_name(chain)),
                    }
                    if parts.0.is_op_assignment() {
                        names.merged(std::slice::from_ref(&parts.1.rhs));
                    }
                }
                Some(
                    ASTNode::Stmt(Stmt::FnCall(call, _))
                    | ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)),
                ) => names.called(call),
                Some(ASTNode::Expr(Expr::Dot(parts, ..))) => names.stepped(&parts.lhs, &parts.rhs),
                Some(ASTNode::Expr(Expr::Map(map, _))) => {
                    let closures = map.0.iter().filter(|(_, value)| may_be_closure(value));
                    names
                        .defined
                        .extend(closures.map(|(name, _)| name.name.to_string()));
                }
                Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) => {
                    names.of_constant(value);
                }
                _ => {}
            }
            true
        });
        names
    }

    /// The closures in a map that is a value already when the script is read.
    fn of_constant(&mut self, value: &Dynamic) {
        if let Some(items) = value.read_lock::<Array>() {
            items.iter().for_each(|item| self.of_constant(item));
        }
        if let Some(map) = value.read_lock::<Map>() {
            for (name, value) in map.iter() {
                if value.is_fnptr() {
                    self.defined.insert(name.to_string());
                }
                self.of_constant(value);
            }
        }
    }

    /// What a method may change that stands behind it in a chain.
    fn stepped(&mut self, owner: &Expr, step: &Expr) {
        let first = match step {
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => &parts.lhs,
            only => only,
        };
        if let Expr::MethodCall(call, _) = first
            && !LEAVING.contains(&call.name.as_str())
        {
            match owner {
                Expr::Variable(variable, ..) => _ = self.changed.insert(variable.1.to_string()),
                Expr::Property(property, _) => _ = self.touched.insert(property.2.to_string()),
                _ => {}
            }
        }
    }

    fn called(&mut self, call: &FnCallExpr) {
        if call.op_token.is_none()
            && !LEAVING.contains(&call.name.as_str())
            && let Some(Expr::Variable(variable, ..)) = call.args.first()
        {
            self.changed.insert(variable.1.to_string());
        }
        if ASKING.contains(&call.name.as_str()) {
            let texts = call.args.iter().filter_map(|arg| match arg {
                Expr::StringConstant(text, _) => Some(text.to_string()),
                _ => None,
            });
            self.given.extend(texts);
        }
        if MERGING.contains(&call.name.as_str()) {
            self.merged(&call.args);
        }
    }

    fn merged(&mut self, args: &[Expr]) {
        for arg in args {
            if let Expr::Map(map, _) = arg {
                self.given
                    .extend(map.0.iter().map(|(name, _)| name.name.to_string()));
            }
        }
    }

    /// Whether a variable of that name is given another value somewhere.
    pub fn is_assigned(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// Whether a variable of that name may be changed where it stands.
    pub fn is_changed(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// Whether an entry of that name may be changed where it stands.
    pub fn is_touched(&self, name: &str) -> bool {
        self.touched.contains(name)
    }

    /// Whether an entry of that name is given a value, or asked for.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// Whether the script has a function of that name, or may have it in a map.
    pub fn defines(&self, name: &str) -> bool {
        self.defined.contains(name)
    }
}

/// Whether a value may be a closure: it is one, or only the run knows it.
fn may_be_closure(value: &Expr) -> bool {
    match value {
        Expr::DynamicConstant(value, _) => value.is_fnptr(),
        value => !value.is_constant(),
    }
}

/// The name a chain such as `client.address["city"]` ends in.
fn last_name(chain: &Expr) -> Option<String> {
    match chain {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => last_name(&parts.rhs),
        Expr::Property(property, _) => Some(property.2.to_string()),
        Expr::StringConstant(text, _) => Some(text.to_string()),
        _ => None,
    }
}

/// The variable a chain such as `client.address["city"]` begins with.
fn first_name(chain: &Expr) -> Option<String> {
    match chain {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => first_name(&parts.lhs),
        Expr::Variable(variable, ..) => Some(variable.1.to_string()),
        _ => None,
    }
}

/// The method an expression ends in a call of, or the function it is a call of.
pub(super) fn last_call(expression: &Expr) -> Option<(&str, Position)> {
    match expression {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
            last_call(&parts.rhs).filter(|_| !matches!(expression, Expr::Index(..)))
        }
        Expr::MethodCall(call, position) => Some((&call.name, *position)),
        _ => None,
    }
}
