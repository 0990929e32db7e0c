//! Checks the calls a script makes, as far as they are written out.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::catalog;
use crate::run::{Allowed, Unlisted};
use crate::script::api::upsert;
use crate::script::check::closures::closure;
use crate::script::check::fixed::{self, Fixed};
use crate::script::check::imports::{self, Imports};
use crate::script::check::names::named;
use crate::script::check::parameters;
use crate::script::diagnostic;
use crate::script::diagnostic::foreign::{JOIN, call_of_closure};
use crate::script::diagnostic::unfit::meant;
use crate::script::engine::functions::Functions;
use crate::script::engine::keywords::CALL;
use crate::script::finding::Finding;

/// Methods of closures; their arguments are the closure's.
const OF_CLOSURES: &[&str] = &["call", "curry"];

/// The calls of a script, and what is known to be callable.
pub(crate) struct Calls<'a> {
    ast: &'a AST,
    natives: &'a Functions,
    imports: &'a Imports,
    own: BTreeMap<String, BTreeSet<usize>>,
    /// Names that may hold closures: keys of maps, and properties.
    members: BTreeSet<String>,
    /// Variables that hold a closure.
    closures: BTreeSet<String>,
    allowed: &'a Allowed,
    fixed: Fixed,
    /// What was probably meant by each name that is unknown; looked for once.
    meant: RefCell<HashMap<String, Option<String>>>,
}

impl<'a> Calls<'a> {
    /// The calls of that script.
    pub(crate) fn new(
        ast: &'a AST,
        natives: &'a Functions,
        imports: &'a Imports,
        allowed: &'a Allowed,
    ) -> Self {
        Self {
            ast,
            natives,
            imports,
            own: imports::functions(ast),
            members: members(ast),
            closures: held_closures(ast),
            allowed,
            fixed: fixed::variables(ast),
            meant: RefCell::default(),
        }
    }

    /// Adds what is wrong with them, until there are so many findings.
    pub(crate) fn check(&self, most: usize, found: &mut Vec<Finding>) {
        self.ast.walk(&mut |path| {
            if found.len() >= most {
                return false;
            }
            match path.last() {
                Some(
                    ASTNode::Stmt(Stmt::FnCall(call, position))
                    | ASTNode::Expr(Expr::FnCall(call, position)),
                ) if call.op_token.is_none() => self.call(call, *position, false, found),
                Some(ASTNode::Expr(Expr::MethodCall(call, position))) => {
                    self.call(call, *position, true, found);
                }
                _ => {}
            }
            true
        });
    }

    /// What may be meant: values written out that nothing lists, each of them once, and
    /// names of actions that are near to others.
    pub(crate) fn doubts(&self) -> Vec<Finding> {
        let mut found: Vec<(Unlisted, Position)> = Vec::new();
        let mut near = Vec::new();
        self.ast.walk(&mut |path| {
            if let Some(
                ASTNode::Stmt(Stmt::FnCall(call, _))
                | ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)),
            ) = path.last()
            {
                if call.name == CALL && !self.own.contains_key(CALL) {
                    near.extend(near_action(call));
                }
                if let Some(Expr::Map(map, _)) = call.args.last()
                    && let Some(action) = self.called(call)
                {
                    near.extend(parameters::iso_days(action, &map.0, self.allowed));
                    for (one, position) in parameters::unlisted(action, &map.0, self.allowed) {
                        if found.iter().all(|(other, _)| *other != one) {
                            found.push((one, position));
                        }
                    }
                }
            }
            true
        });
        let finding = |(one, position): (Unlisted, Position)| Finding {
            code: "unlisted-value",
            position,
            what: one.what(),
            hint: Some(one.hint()),
        };
        near.extend(found.into_iter().map(finding));
        near
    }

    fn call(
        &self,
        call: &FnCallExpr,
        position: Position,
        is_method: bool,
        found: &mut Vec<Finding>,
    ) {
        let problem = if call.is_qualified() {
            self.qualified(call)
        } else {
            self.unqualified(call, is_method)
        };
        if let Some((what, hint)) = problem {
            found.push(Finding {
                code: self.code(call),
                position,
                what,
                hint,
            });
        } else if call.name == upsert::NAME {
            self.upsert(call, found);
        } else if let Some(action) = self.action(&call.name) {
            self.parameters(action, &call.name, call.args.last(), position, found);
        } else if let Some(finding) = self.disguised(call) {
            found.push(finding);
        } else if call.name == CALL
            && !self.own.contains_key(CALL)
            && let Some(action) = named(call)
            && call.args.len() <= 2
        {
            self.parameters(action, "call", call.args.get(1), position, found);
        }
    }

    /// The code of a call that does not fit: of a function there is none of, or that takes
    /// something else.
    fn code(&self, call: &FnCallExpr) -> &'static str {
        let name = call.name.as_str();
        let is_known = match &call.namespace.path[..] {
            [alias] => {
                let functions = self.imports.functions(alias.name.as_str());
                functions.is_some_and(|functions| functions.contains_key(name))
            }
            _ => self.natives.arities(name).is_some() || self.own.contains_key(name),
        };
        if is_known {
            "wrong-arguments"
        } else {
            "unknown-function"
        }
    }

    /// What is wrong with the parameters that are written out.
    fn parameters(
        &self,
        action: &'static catalog::Action,
        name: &str,
        params: Option<&Expr>,
        position: Position,
        found: &mut Vec<Finding>,
    ) {
        let params = match params {
            Some(Expr::Variable(variable, ..)) => self.fixed.get(variable.1.as_str()).or(params),
            written => written,
        };
        let params = match params {
            Some(Expr::Map(map, _)) => &map.0[..],
            None => &[],
            Some(value) => {
                if value.is_constant() && !is_map(value) {
                    found.push(Finding {
                        code: "not-a-map",
                        position: value.start_position(),
                        what: format!("`{name}` takes a map of parameters"),
                        hint: Some(format!("such as `{name}(#{{ … }})`")),
                    });
                }
                return;
            }
        };
        parameters::check(action, params, position, (self.allowed, &self.fixed), found);
    }

    /// Names in what is wanted of a client that mean nothing.
    fn upsert(&self, call: &FnCallExpr, found: &mut Vec<Finding>) {
        let wanted = call.args.iter().find_map(|arg| match arg {
            Expr::Map(map, _) => Some(&map.0),
            _ => None,
        });
        for (name, _) in wanted.into_iter().flatten() {
            if let Some(raised) = upsert::wanted::misnamed(self.allowed.unknown, &name.name) {
                let words = diagnostic::of_raised(raised);
                found.push(Finding {
                    code: "unknown-parameter",
                    position: name.pos,
                    what: words.what,
                    hint: words.hint,
                });
            }
        }
    }

    /// The action a function calls or walks, unless the script has its own by that name.
    fn action(&self, name: &str) -> Option<&'static catalog::Action> {
        if self.own.contains_key(name) {
            return None;
        }
        catalog::by_function(name).or_else(|| catalog::by_walk(name))
    }

    /// An action named as its function is, which `call` refuses.
    fn disguised(&self, call: &FnCallExpr) -> Option<Finding> {
        let Some(Expr::StringConstant(name, position)) = call.args.first() else {
            return None;
        };
        let is_call = call.name == CALL && !self.own.contains_key(CALL);
        let meant = catalog::disguised(name).filter(|_| is_call)?;
        Some(Finding {
            code: "unknown-action",
            position: *position,
            what: format!("`{name}` is not the name of an action"),
            hint: Some(format!("did you mean `{}`?", meant.name)),
        })
    }

    /// The action that is called, through its own function or through `call`.
    fn called(&self, call: &FnCallExpr) -> Option<&'static catalog::Action> {
        match call.name.as_str() {
            CALL if !self.own.contains_key(CALL) => named(call),
            name => self.action(name),
        }
    }

    fn unqualified(&self, call: &FnCallExpr, is_method: bool) -> Option<(String, Option<String>)> {
        let name = call.name.as_str();
        let given = call.args.len();
        let is_closure = OF_CLOSURES.contains(&name) || self.members.contains(name);
        if is_method && is_closure {
            return None;
        }
        // A native takes the receiver as its first argument, a script function as `this`.
        let native = self.natives.arities(name);
        let own = self.own.get(name);
        let fits = native
            .is_some_and(|arities| arities.contains(&(given + usize::from(is_method))))
            || own.is_some_and(|arities| arities.contains(&given));
        if fits {
            return None;
        }
        let shown = if name == CALL { "call" } else { name };
        let taken: BTreeSet<usize> = match (native, own) {
            (None, None) => return Some(self.unknown(name)),
            (Some(native), None) => native
                .iter()
                .filter_map(|arity| arity.checked_sub(usize::from(is_method)))
                .collect(),
            (_, Some(own)) => own.clone(),
        };
        let is_no_method = is_method && own.is_some_and(|arities| arities.contains(&(given + 1)));
        if matches!(name, "print" | "debug") && given > 1 {
            return Some((arity(shown, &taken, given), Some(JOIN.into())));
        }
        let hint = is_no_method.then(|| {
            format!("`value.{name}()` sets `this` to the value; to pass it, write `{name}(value)`")
        });
        Some((arity(shown, &taken, given), hint))
    }

    fn unknown(&self, name: &str) -> (String, Option<String>) {
        let look = || {
            let own = self.own.keys().map(String::as_str);
            let known = own
                .filter(|name| !name.starts_with("anon$"))
                .chain(self.natives.names());
            let held = self.closures.contains(name).then(|| call_of_closure(name));
            held.or_else(|| meant(name, known))
        };
        let mut meant_by = self.meant.borrow_mut();
        let hint = meant_by.entry(name.to_owned()).or_insert_with(look);
        (format!("unknown function `{name}`"), hint.clone())
    }

    fn qualified(&self, call: &FnCallExpr) -> Option<(String, Option<String>)> {
        let [alias] = &call.namespace.path[..] else {
            return None; // a module's own imports are not followed
        };
        let alias = alias.name.as_str();
        let functions = self.imports.functions(alias)?;
        let name = call.name.as_str();
        match functions.get(name) {
            Some(taken) if taken.contains(&call.args.len()) => None,
            Some(taken) => Some((
                arity(&format!("{alias}::{name}"), taken, call.args.len()),
                None,
            )),
            None => Some((
                format!("module `{alias}` has no function `{name}`"),
                meant(name, functions.keys().map(String::as_str)),
            )),
        }
    }
}

/// The variables of a script that hold a closure from the first.
fn held_closures(ast: &AST) -> BTreeSet<String> {
    let mut held = BTreeSet::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Stmt(Stmt::Var(parts, ..))) = path.last()
            && closure(&parts.1).is_some()
        {
            held.insert(parts.0.name.to_string());
        }
        true
    });
    held
}

fn is_map(value: &Expr) -> bool {
    matches!(value, Expr::DynamicConstant(value, _) if value.is_map())
}

/// An action that the catalog does not have, where the name of one it has is near.
fn near_action(call: &FnCallExpr) -> Option<Finding> {
    let Some(Expr::StringConstant(name, position)) = call.args.first() else {
        return None;
    };
    if catalog::action(name).is_some() || catalog::disguised(name).is_some() {
        return None;
    }
    let names = catalog::actions().iter().map(|action| action.name);
    let near = catalog::similar(name, names);
    near.first().map(|near| Finding {
        code: "unknown-action",
        position: *position,
        what: format!("`{name}` is an action the reference does not have"),
        hint: Some(format!("did you mean `{near}`?")),
    })
}

fn arity(name: &str, taken: &BTreeSet<usize>, given: usize) -> String {
    let taken: Vec<String> = taken.iter().map(ToString::to_string).collect();
    let noun = if taken == ["1"] {
        "argument"
    } else {
        "arguments"
    };
    format!("`{name}` takes {} {noun}, not {given}", taken.join(" or "))
}

/// The keys and properties of a script's maps, whatever they hold.
fn members(ast: &AST) -> BTreeSet<String> {
    let mut members = BTreeSet::new();
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Expr(Expr::Map(map, _))) => {
                members.extend(map.0.iter().map(|(key, _)| key.name.to_string()));
            }
            Some(ASTNode::Expr(Expr::Property(property, _))) => {
                members.insert(property.2.to_string());
            }
            _ => {}
        }
        true
    });
    members
}
