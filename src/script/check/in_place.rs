//! Finds functions that change in place, used as values where what they change is used again.
//!
//! `tmpl.replace("{name}", c.name)` returns the text and changes `tmpl` too: in a loop, the
//! second client would get the first one's letter, and behind it `tmpl` is not what it was.
//! Both are refused; a copy, `let t = tmpl; t.replace(…)`, is how either is meant.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{
    AST, ASTFlags, ASTNode, BinaryExpr, Expr, FnCallExpr, FnPtr, Position, Stmt, StmtBlock,
};

use crate::script::check::closures::FunctionBody;
use crate::script::check::names::Names;
use crate::script::finding::Finding;

/// Functions that, called once more, find another value than the first time.
const ONCE: [&str; 11] = [
    "chop",
    "clear",
    "crop",
    "fill_with",
    "mixin",
    "pad",
    "remove",
    "replace",
    "reverse",
    "splice",
    "truncate",
];
/// Functions of text that leave it as it is in JavaScript and PHP.
const OF_TEXT: [&str; 4] = ["crop", "make_lower", "make_upper", "replace"];

/// Functions that run a closure for each of the rows they are given.
const LOOPS: [&str; 2] = ["bulk", "gather"];

/// Everything of that kind in a script.
pub(super) fn findings(
    ast: &AST,
    bodies: &BTreeMap<String, FunctionBody>,
    names: &Names,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let unused = closures_of(ast, &["for_each"]);
    let rows = closures_of(ast, &LOOPS);
    let mut check = |scope: &Scope| {
        let (calls, uses) = scope.look(names);
        found.extend(calls.iter().filter_map(Call::lost_in_a_chain));
        found.extend(calls.iter().filter_map(|call| scope.again(call, &uses)));
    };
    check(&Scope {
        walk: &|on_node| {
            for statement in ast.statements() {
                statement.walk(&mut Vec::new(), on_node);
            }
        },
        kind: ScopeKind::Script,
    });
    for (name, body) in bodies {
        check(&Scope {
            walk: &|on_node| _ = body.tree.walk(on_node),
            kind: if name.starts_with("anon$") {
                ScopeKind::Closure {
                    is_value: !unused.contains(name),
                    is_row: rows.contains(name),
                }
            } else {
                ScopeKind::Function
            },
        });
    }
    found
}

/// The closures that stand among the arguments of those functions.
fn closures_of(ast: &AST, names: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::MethodCall(call, _) | Expr::FnCall(call, _))) = path.last()
            && names.contains(&call.name.as_str())
        {
            for arg in &call.args {
                arg.walk(&mut Vec::new(), &mut |path| {
                    if let Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) = path.last()
                        && let Some(closure) = value.read_lock::<FnPtr>()
                    {
                        found.insert(closure.fn_name().to_owned());
                    }
                    true
                });
            }
        }
        true
    });
    found
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum ScopeKind {
    Script,
    Function,
    /// What rows change of the variables outside them is refused by their loop.
    Closure {
        is_value: bool,
        is_row: bool,
    },
}

type OnNode<'n> = dyn FnMut(&[ASTNode]) -> bool + 'n;

/// The statements of the script itself, or of one of its functions.
struct Scope<'a> {
    walk: &'a dyn Fn(&mut OnNode),
    kind: ScopeKind,
}

/// A variable, or what of it: `row`, `row.city`, `cfg["text"]`.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    root: String,
    parts: Vec<String>,
}

impl Place {
    fn has(&self, other: &Self) -> bool {
        self.root == other.root && other.parts.starts_with(&self.parts)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.root)?;
        self.parts.iter().try_for_each(|part| {
            let dot = if part.starts_with('[') { "" } else { "." };
            write!(f, "{dot}{part}")
        })
    }
}

/// A call of a function that changes in place.
struct Call {
    name: String,
    position: Position,
    /// What it changes; nothing if that is a value of its own.
    place: Option<Place>,
    /// Whether the variable is from outside the closure.
    is_captured: bool,
    /// Whether something uses what it returns.
    is_value: bool,
    /// The loop it is in, if any.
    around: Option<Around>,
    arms: Vec<Arm>,
    /// Whether the value is given to the very place.
    is_given_back: bool,
}

/// Where a loop has a variable from.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Around {
    /// From before, and never assigns to it.
    FromBefore,
    Own,
}

/// One of the ways a statement may go, and whether what follows the statement is then reached.
#[derive(Clone, Copy, Eq, PartialEq)]
struct Arm {
    statement: usize,
    way: usize,
    ends: bool,
}

enum Use {
    Read,
    Assigned,
}

/// A use of a variable.
struct UseOf {
    place: Place,
    position: Position,
    how: Use,
    arms: Vec<Arm>,
}

impl Scope<'_> {
    fn look(&self, names: &Names) -> (Vec<Call>, Vec<UseOf>) {
        let mut last = 0;
        (self.walk)(&mut |path| {
            if let [ASTNode::Stmt(statement)] = path {
                last = address(*statement);
            }
            true
        });
        let (mut calls, mut uses) = (Vec::new(), Vec::new());
        (self.walk)(&mut |path| {
            calls.extend(self.call(path, last, names));
            uses.extend(use_of(path));
            true
        });
        (calls, uses)
    }

    /// The call of such a function at the end of a path.
    fn call(&self, path: &[ASTNode], last: usize, names: &Names) -> Option<Call> {
        let (call, position, place, is_captured, is_end) = match path.last()? {
            ASTNode::Expr(chain @ (Expr::Dot(..) | Expr::Index(..))) if !is_inside(path, chain) => {
                in_chain(chain)?
            }
            ASTNode::Expr(Expr::FnCall(call, position))
            | ASTNode::Stmt(Stmt::FnCall(call, position))
                if !call.is_qualified() && call.op_token.is_none() =>
            {
                let (place, is_captured) = place_of(call.args.first()?)?;
                (&**call, *position, Some(place), is_captured, true)
            }
            _ => return None,
        };
        let name = call.name.as_str();
        let is_known = ONCE.contains(&name) || OF_TEXT.contains(&name);
        if !is_known || names.defines(name) || (name == "remove" && !is_of_text(call)) {
            return None;
        }
        if is_captured && matches!(self.kind, ScopeKind::Closure { is_row: true, .. }) {
            return None;
        }
        let is_value = !is_end || self.is_value(path, last);
        let outer = place.as_ref().and_then(|place| around(path, place));
        Some(Call {
            name: name.to_owned(),
            position,
            is_captured: is_captured && matches!(self.kind, ScopeKind::Closure { .. }),
            is_value,
            around: outer,
            arms: arms(path),
            is_given_back: place
                .as_ref()
                .is_some_and(|place| is_given_back(path, place)),
            place,
        })
    }

    /// Whether something uses the value of the expression or statement at the end of a path.
    fn is_value(&self, path: &[ASTNode], last: usize) -> bool {
        let Some((node, before)) = path.split_last() else {
            return false;
        };
        let statement = match (node, before.last()) {
            (ASTNode::Stmt(statement), _) => *statement,
            (_, Some(ASTNode::Stmt(Stmt::Expr(_)))) => return self.is_value(before, last),
            (_, Some(ASTNode::Stmt(Stmt::Switch(parts, _)))) => {
                return std::ptr::eq(path_expr(node), &raw const parts.0)
                    || self.is_value(before, last);
            }
            _ => return true,
        };
        let is_last = |block: &StmtBlock| {
            let end = block.statements().last();
            end.is_some_and(|end| std::ptr::eq(end, statement))
        };
        match before.last() {
            None => {
                address(statement) == last
                    && match self.kind {
                        ScopeKind::Script => false,
                        ScopeKind::Function => true,
                        ScopeKind::Closure { is_value, .. } => is_value,
                    }
            }
            Some(ASTNode::Expr(Expr::Stmt(block))) => is_last(block) && self.is_value(before, last),
            Some(ASTNode::Stmt(Stmt::Block(block))) => {
                is_last(block) && self.is_value(before, last)
            }
            Some(ASTNode::Stmt(Stmt::If(flow, _))) => {
                (is_last(&flow.body) || is_last(&flow.branch)) && self.is_value(before, last)
            }
            _ => false,
        }
    }

    /// What is wrong where what the call changes is used again.
    fn again(&self, call: &Call, uses: &[UseOf]) -> Option<Finding> {
        let place = call.place.as_ref().filter(|_| call.is_value)?;
        let name = &call.name;
        let is_repeated = match call.around {
            Some(around) => around == Around::FromBefore,
            None => call.is_captured || (place.root == "this" && self.kind == ScopeKind::Function),
        };
        if is_repeated && !call.is_given_back && ONCE.contains(&name.as_str()) {
            return Some(Finding {
                code: "changed-in-place",
                position: call.position,
                what: format!(
                    "`{name}` changes `{place}` itself, so the next round sees the changed value"
                ),
                hint: Some(copied(place, name)),
            });
        }
        if call.is_given_back || !OF_TEXT.contains(&name.as_str()) {
            return None;
        }
        let mut later = uses.iter().filter(|one| {
            one.position > call.position
                && !excluded(&call.arms, &one.arms)
                && place.has(&one.place)
        });
        let first = later.next()?;
        matches!(first.how, Use::Read).then(|| Finding {
            code: "changed-in-place",
            position: call.position,
            what: format!("`{name}` changes `{place}` itself, which is used again later"),
            hint: Some(match name.as_str() {
                "make_upper" => format!("`{place}.to_upper()` leaves it unchanged"),
                "make_lower" => format!("`{place}.to_lower()` leaves it unchanged"),
                _ => copied(place, name),
            }),
        })
    }
}

impl Call {
    /// What is wrong with a statement that changes what nothing holds.
    fn lost_in_a_chain(&self) -> Option<Finding> {
        (self.place.is_none() && !self.is_value).then(|| Finding {
            code: "lost-change",
            position: self.position,
            what: format!(
                "what `{}` changes here is lost: it is called on the result of a function",
                self.name
            ),
            hint: Some(format!(
                "use its result, such as in `let t = ….{}(…);`, or write one statement per step: \
                 `t.replace(…); t.trim();`",
                self.name
            )),
        })
    }
}

fn copied(place: &Place, name: &str) -> String {
    format!("copy it first: `let t = {place}; t.{name}(…)`")
}

fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

fn path_expr(node: &ASTNode) -> *const Expr {
    match node {
        ASTNode::Expr(expression) => std::ptr::from_ref::<Expr>(expression),
        _ => std::ptr::null(),
    }
}

/// Whether it goes on with the chain before it, as what stands behind a bracket does.
fn is_inside(path: &[ASTNode], chain: &Expr) -> bool {
    let parent = path.len().checked_sub(2).map(|place| &path[place]);
    match parent {
        Some(ASTNode::Expr(Expr::Index(parts, flags, _))) => {
            !flags.contains(ASTFlags::BREAK) && std::ptr::eq(&raw const parts.rhs, chain)
        }
        Some(ASTNode::Expr(Expr::Dot(parts, ..))) => std::ptr::eq(&raw const parts.rhs, chain),
        _ => false,
    }
}

/// The steps of a chain, and which are in brackets.
pub(super) fn steps(chain: &Expr) -> Vec<(&Expr, bool)> {
    let mut found = Vec::new();
    let mut next = link(chain);
    while let Some((parts, flags, is_index)) = next {
        // What stands in the last brackets is no step of the chain.
        let is_end = is_index && flags.contains(ASTFlags::BREAK);
        next = link(&parts.rhs).filter(|_| !is_end);
        found.push((next.map_or(&parts.rhs, |(parts, ..)| &parts.lhs), is_index));
    }
    found
}

/// The two parts of a link of a chain, and whether it is in brackets.
fn link(expression: &Expr) -> Option<(&BinaryExpr, ASTFlags, bool)> {
    match expression {
        Expr::Dot(parts, flags, _) => Some((parts, *flags, false)),
        Expr::Index(parts, flags, _) => Some((parts, *flags, true)),
        _ => None,
    }
}

fn root(expression: &Expr) -> Option<(&str, bool)> {
    match expression {
        // Rhai leaves a name in a closure without an index exactly when it is captured.
        Expr::Variable(variable, short, _) => {
            Some((&variable.1, short.is_none() && variable.0.is_none()))
        }
        Expr::ThisPtr(_) => Some(("this", false)),
        _ => None,
    }
}

fn part(step: &Expr, is_index: bool) -> Option<String> {
    match step {
        Expr::Property(property, _) => Some(property.2.to_string()),
        Expr::StringConstant(text, _) if is_index => Some(text.to_string()),
        Expr::MethodCall(..) => None,
        Expr::IntegerConstant(place, _) if is_index => Some(format!("[{place}]")),
        Expr::Variable(variable, ..) if is_index => Some(format!("[{}]", variable.1)),
        _ if is_index => Some("[…]".to_owned()),
        _ => None,
    }
}

/// The place an expression is, as far as it is one.
fn place_of(expression: &Expr) -> Option<(Place, bool)> {
    let (root_of, chain) = match expression {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => (&parts.lhs, steps(expression)),
        other => (other, Vec::new()),
    };
    let (root, is_captured) = root(root_of)?;
    let parts = chain
        .iter()
        .map_while(|(step, is_index)| part(step, *is_index));
    let place = Place {
        root: root.to_owned(),
        parts: parts.collect(),
    };
    Some((place, is_captured))
}

/// The first call in a chain that is of a place, or the last that is of a value: with its
/// place, whether that is captured, and whether the chain ends in it.
fn in_chain(chain: &Expr) -> Option<(&FnCallExpr, Position, Option<Place>, bool, bool)> {
    let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = chain else {
        return None;
    };
    let steps = steps(chain);
    let method = |at: usize| match steps.get(at)?.0 {
        Expr::MethodCall(call, position) => Some((&**call, *position)),
        _ => None,
    };
    let first = (0..steps.len()).find(|at| method(*at).is_some())?;
    let end = steps.len() - 1;
    let is_changing = |at: usize| {
        method(at).is_some_and(|(call, _)| {
            let name = call.name.as_str();
            ONCE.contains(&name) || OF_TEXT.contains(&name)
        })
    };
    if let Some((_, is_captured)) = root(&parts.lhs)
        && is_changing(first)
        && first == end
    {
        let (call, position) = method(first)?;
        return Some((
            call,
            position,
            place_of(chain).map(|(place, _)| place),
            is_captured,
            true,
        ));
    }
    if end > first && is_changing(end) {
        let (call, position) = method(end)?;
        return Some((call, position, None, false, true));
    }
    let (_, is_captured) = root(&parts.lhs).filter(|_| is_changing(first))?;
    let (call, position) = method(first)?;
    let place = place_of(chain).map(|(place, _)| place);
    Some((call, position, place, is_captured, false))
}

/// Whether `remove` is of a text: it is given a letter, or a text that is no name.
fn is_of_text(call: &FnCallExpr) -> bool {
    match call.args.last() {
        Some(Expr::CharConstant(..)) => true,
        Some(Expr::StringConstant(text, _)) => !text
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_'),
        _ => false,
    }
}

/// Where the innermost loop around the end of a path has the variable from, if there is one.
fn around(path: &[ASTNode], place: &Place) -> Option<Around> {
    let at = (0..path.len() - 1)
        .rev()
        .find(|at| match (&path[*at], &path[at + 1]) {
            (ASTNode::Stmt(Stmt::While(..) | Stmt::Do(..)), _) => true,
            // The list of a `for` is made once.
            (ASTNode::Stmt(Stmt::For(..)), next) => matches!(next, ASTNode::Stmt(_)),
            _ => false,
        })?;
    let ASTNode::Stmt(statement) = &path[at] else {
        return None;
    };
    let mut is_own = false;
    if let Stmt::For(parts, _) = statement {
        is_own |= parts.0.name == place.root;
        is_own |= parts
            .1
            .as_ref()
            .is_some_and(|counter| counter.name == place.root);
    }
    statement.walk(&mut Vec::new(), &mut |path| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(parts, ..))) => is_own |= parts.0.name == place.root,
            Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                let assigned = place_of(&parts.1.lhs);
                is_own |= assigned.is_some_and(|(assigned, _)| {
                    assigned.has(place) && !parts.0.is_op_assignment()
                });
            }
            Some(ASTNode::Stmt(Stmt::TryCatch(flow, _))) => {
                is_own |= root(&flow.expr).is_some_and(|(name, _)| name == place.root);
            }
            _ => {}
        }
        true
    });
    Some(if is_own {
        Around::Own
    } else {
        Around::FromBefore
    })
}

/// Whether what is at the end of a path is given to that very place, or to a variable that
/// takes its name.
fn is_given_back(path: &[ASTNode], place: &Place) -> bool {
    path.iter().any(|node| match node {
        ASTNode::Stmt(Stmt::Assignment(parts)) => {
            place_of(&parts.1.lhs).is_some_and(|(assigned, _)| assigned.has(place))
        }
        ASTNode::Stmt(Stmt::Var(parts, ..)) => parts.0.name == place.root,
        _ => false,
    })
}

/// The use of a variable at the end of a path.
fn use_of(path: &[ASTNode]) -> Option<UseOf> {
    let (node, before) = path.split_last()?;
    let (place, position, how) = match node {
        ASTNode::Expr(chain @ (Expr::Dot(..) | Expr::Index(..))) if !is_inside(path, chain) => {
            (place_of(chain)?.0, chain.start_position(), Use::Read)
        }
        ASTNode::Expr(variable @ Expr::Variable(..)) if !is_in_place(before, variable) => {
            (place_of(variable)?.0, variable.start_position(), Use::Read)
        }
        ASTNode::Stmt(Stmt::Var(parts, ..)) => {
            let place = Place {
                root: parts.0.name.to_string(),
                parts: Vec::new(),
            };
            (place, parts.0.pos, Use::Assigned)
        }
        _ => return None,
    };
    let is_assigned = before.iter().any(|node| match node {
        ASTNode::Stmt(Stmt::Assignment(parts)) if !parts.0.is_op_assignment() => {
            parts.1.lhs.start_position() == position
        }
        _ => false,
    });
    Some(UseOf {
        place,
        position,
        how: if is_assigned { Use::Assigned } else { how },
        arms: arms(path),
    })
}

/// Whether a variable is the beginning of a chain, which is looked at whole.
fn is_in_place(before: &[ASTNode], variable: &Expr) -> bool {
    match before.last() {
        Some(ASTNode::Expr(Expr::Dot(parts, ..) | Expr::Index(parts, ..))) => {
            std::ptr::eq(&raw const parts.lhs, variable)
        }
        _ => false,
    }
}

/// The ways taken to the end of a path where there are several.
fn arms(path: &[ASTNode]) -> Vec<Arm> {
    let holds = |block: &StmtBlock, node: &ASTNode| match node {
        ASTNode::Stmt(statement) => block.iter().any(|one| std::ptr::eq(one, *statement)),
        _ => false,
    };
    let ends = |block: &StmtBlock| {
        matches!(
            block.statements().last(),
            Some(Stmt::Return(..) | Stmt::BreakLoop(..))
        )
    };
    let pairs = path.iter().zip(path.iter().skip(1));
    let ways = pairs.filter_map(|(node, next)| {
        let ASTNode::Stmt(statement) = node else {
            return None;
        };
        let (way, ends) = match statement {
            Stmt::If(flow, _) if holds(&flow.body, next) => (1, ends(&flow.body)),
            Stmt::If(flow, _) if holds(&flow.branch, next) => (2, ends(&flow.branch)),
            Stmt::Switch(parts, _) if !std::ptr::eq(path_expr(next), &raw const parts.0) => {
                (path_expr(next) as usize, false)
            }
            Stmt::Return(..) | Stmt::BreakLoop(..) => (1, true),
            _ => return None,
        };
        Some(Arm {
            statement: address(*statement),
            way,
            ends,
        })
    });
    ways.collect()
}

/// Whether what is reached by the one way is never reached behind the other.
fn excluded(one: &[Arm], other: &[Arm]) -> bool {
    one.iter().any(|arm| {
        let same = other.iter().find(|own| own.statement == arm.statement);
        match same {
            Some(own) => own.way != arm.way,
            None => arm.ends,
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::script::load::Script;
    use crate::script::test_host::TestHost;

    /// What a check finds of this kind, as sentences and hints.
    fn found(text: &str) -> Vec<(String, String)> {
        let script = Script::from_text("main.rhai", text);
        let checked = script.checked(TestHost::new().host().files.clone(), false);
        let found = checked.mistakes.into_iter();
        let found = found.map(|found| (found.failure.what, found.failure.hint.unwrap_or_default()));
        found
            .filter(|(what, _)| what.contains(" changes "))
            .collect()
    }

    #[track_caller]
    fn refused(text: &str, what: &str, hint: &str) {
        let found = found(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].0.contains(what), "{text}: {found:?}");
        assert!(found[0].1.contains(hint), "{text}: {found:?}");
        let failure = TestHost::new().failure(text);
        assert!(failure.contains(what), "{text}: {failure}");
    }

    #[test]
    fn a_text_from_outside_a_loop_is_not_changed_for_the_next_round() {
        for text in [
            "let tmpl = \"Dear {n}\"; for n in [\"a\", \"b\"] { print(tmpl.replace(\"{n}\", n)); }",
            "let tmpl = \"Dear {n}\"; for n in [\"a\", \"b\"] { let t = tmpl.replace(\"{n}\", n); print(t); }",
            "let tmpl = \"Dear {n}\"; for n in [\"a\"] { print(`<${tmpl.replace(\"{n}\", n)}>`); }",
            "let tmpl = \"Dear {n}\"; for n in [\"a\"] { print(replace(tmpl, \"{n}\", n)); }",
            "let tmpl = \"Dear {n}\"; for n in [\"a\"] { let m = #{ text: if n == \"a\" { tmpl.replace(\"{n}\", n) } else { \"\" } }; print(m); }",
            "let tmpl = \"Dear {n}\"; let i = 0; while i < 2 { i += 1; print(tmpl.replace(\"{n}\", \"x\")); }",
            "let tmpl = \"Dear {n}\"; let all = [\"a\", \"b\"].map(|n| tmpl.replace(\"{n}\", n)); print(all);",
            "let tmpl = \"Dear {n}\"; let f = |n| { let x = tmpl.replace(\"{n}\", n); x }; print(f.call(\"a\"));",
            "for n in [\"a\"] { let tmpl = \"Dear {m}\"; for m in [\"b\", \"c\"] { print(tmpl.replace(\"{m}\", m)); } }",
            "let list = [1, 2]; for i in 0..2 { let other = list.reverse(); print(other); }",
            "let base = #{ a: 1 }; for m in [#{ b: 1 }, #{ c: 1 }] { print(base.mixin(m)); }",
            "let t = \"abc\"; for i in 0..2 { print(t.pad(5 + i, 'x')); }",
            "let t = \"a-b\"; for i in 0..2 { print(t.remove(\"-\")); }",
        ] {
            refused(
                text,
                "so the next round sees the changed value",
                "copy it first: `let t = ",
            );
        }
        refused(
            "let cfg = #{ text: \"Dear {n}\" }; for n in [\"a\"] { print(cfg.text.replace(\"{n}\", n)); }",
            "`replace` changes `cfg.text` itself",
            "copy it first: `let t = cfg.text; t.replace(…)`",
        );
        refused(
            "let all = [\"Dear {n}\"]; for n in [\"a\"] { print(all[0].replace(\"{n}\", n)); }",
            "`replace` changes `all[0]` itself",
            "copy it first: `let t = all[0]; t.replace(…)`",
        );
        refused(
            "fn filled(n) { this.replace(\"{n}\", n) } let t = \"{n}\"; for n in [\"a\"] { print(t.filled(n)); }",
            "`replace` changes `this` itself",
            "copy it first: `let t = this; t.replace(…)`",
        );
    }

    #[test]
    fn what_is_used_behind_the_call_is_not_changed_by_it() {
        refused(
            "let domain = \"a.example\"; let user = domain.replace(\".\", \"\"); print(domain + user);",
            "`replace` changes `domain` itself, which is used again later",
            "copy it first: `let t = domain; t.replace(…)`",
        );
        refused(
            "for row in [#{ d: \"a.b\" }] { let user = row.d.replace(\".\", \"\"); print(row.d); }",
            "`replace` changes `row.d` itself",
            "let t = row.d;",
        );
        refused(
            "for row in [#{ c: \"de\" }] { if row.c.make_upper() == \"DE\" { print(row.c); } }",
            "`make_upper` changes `row.c` itself",
            "`row.c.to_upper()` leaves it unchanged",
        );
    }

    #[test]
    fn a_chain_does_not_change_what_nothing_holds() {
        refused(
            "let t = \"{a}{b}\"; t.replace(\"{a}\", \"1\").replace(\"{b}\", \"2\"); print(t);",
            "what `replace` changes here is lost",
            "write one statement per step",
        );
        refused(
            "let t = \" a \"; t.to_upper().trim().truncate(1); print(t);",
            "what `truncate` changes here is lost",
            "use its result",
        );
    }

    #[test]
    fn what_cannot_be_misread_is_left_alone() {
        for text in [
            "let tmpl = \"Dear {n}\"; for n in [\"a\", \"b\"] { let t = tmpl; print(t.replace(\"{n}\", n)); }",
            "let tmpl = \"Dear {n}\"; print([\"a\", \"b\"].map(|n| { let t = tmpl; t.replace(\"{n}\", n) }));",
            "let cfg = #{ text: \"{n}\" }; for n in [\"a\"] { let t = cfg.text; t.replace(\"{n}\", n); print(t); }",
            "for row in [#{ c: \"Koeln\" }] { print(row.c.replace(\"oe\", \"ö\")); }",
            "let t = \"a\"; for i in 0..2 { t.replace(\"a\", \"b\"); } print(t);",
            "let t = \"a\"; for i in 0..2 { t = t.replace(\"a\", \"aa\"); } print(t);",
            "let t = \"a\"; t = t.replace(\"a\", \"b\"); print(t);",
            "let t = \"a\"; let t = t.replace(\"a\", \"b\"); print(t);",
            "let t = \"a\"; let u = if true { t.replace(\"a\", \"b\") } else { t }; print(u);",
            "fn f(t) { if t == \"a\" { return t.replace(\"a\", \"b\"); } t } print(f(\"a\"));",
            "let m = #{ a: \"x\" }; m.a = m.a.replace(\"x\", \"y\"); print(m.a);",
            "let t = \" a \"; if t.trim() == \"a\" { print(t); }",
            "let list = [2, 1]; for x in list.sort() { print(x); } print(list);",
            "let list = [2, 1]; for i in 0..2 { print(list.sort()[0]); }",
            "let m = #{ a: 1 }; for k in [\"a\"] { print(m.remove(k)); print(m.remove(\"b\")); }",
            "let list = [1, 2]; while list.len() > 0 { print(list.remove(0)); }",
            "let text = \"a b\"; [[\"a\", \"1\"]].for_each(|pair| text.replace(pair[0], pair[1])); print(text);",
            "for t in [\"a\"] { print(t.replace(\"a\", \"b\").len()); }",
            "fn replace(t, a, b) { t } let t = \"a\"; for i in 0..2 { print(replace(t, \"a\", \"b\")); }",
        ] {
            assert_eq!(found(text), [], "{text}");
            TestHost::new().run(text).unwrap();
        }
    }

    #[test]
    fn the_way_a_hint_names_gives_each_its_own() {
        let rig = TestHost::new();
        let text = "{ let tmpl = \"Dear {n}\"; [\"a\", \"b\"].map(|n| { let t = tmpl; t.replace(\"{n}\", n) }) }";
        assert_eq!(rig.value(text), r#"["Dear a", "Dear b"]"#);
    }
}
