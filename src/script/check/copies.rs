//! Finds what is written to a copy and never read again.
//!
//! `for row in rows` gives each row as a copy: `row.city = "Bonn"` changes nothing in
//! `rows`, and is lost with the end of the round. So do the parameters of functions and
//! closures, and `let row = rows[0];`.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTNode, Expr, Position, Stmt, StmtBlock};

use crate::script::bulk::writes::changing_method;
use crate::script::check::closures::{bodies, closure};
use crate::script::check::names;
use crate::script::finding::Finding;
use crate::script::value::in_place::NOTHING;

/// Functions that give a copy of one of the items of an array.
const FINDING: [&str; 2] = ["find", "get"];

/// How a loop's variable is used at a place.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Read,
    Written,
}

type OnNode<'n> = dyn FnMut(&[ASTNode]) -> bool + 'n;

/// Goes through statements with all that is in them.
fn through(statements: &[Stmt]) -> impl Fn(&mut OnNode) + '_ {
    move |on_node| {
        for statement in statements {
            statement.walk(&mut Vec::new(), on_node);
        }
    }
}

/// What is written to a variable.
struct Write {
    /// Behind its name: `.city = …`, `.tags.push(…)`; nothing of `x += 1`.
    tail: String,
    /// Whether a method changes it whose result may be what is wanted: `.city.trim()`.
    has_result: bool,
}

/// Where a variable is written to last and not read after, with what is written.
fn last_write(variable: &str, walk: &dyn Fn(&mut OnNode)) -> Option<(Position, Option<Write>)> {
    let mut uses: Vec<(Position, Use)> = Vec::new();
    let mut written = BTreeMap::new();
    let mut is_unclear = false;
    walk(&mut |path: &[ASTNode]| {
        match path.last() {
            // Its own from there on, or a closure's or another script's too.
            Some(ASTNode::Stmt(Stmt::Var(parts, ..))) if parts.0.name == variable => {
                is_unclear = true;
            }
            Some(ASTNode::Stmt(Stmt::Export(parts, _))) if parts.0.name == variable => {
                is_unclear = true;
            }
            Some(ASTNode::Stmt(Stmt::Share(names)))
                if names.iter().any(|(name, _)| name.name == variable) =>
            {
                is_unclear = true;
            }
            Some(ASTNode::Expr(node @ Expr::Variable(found, _, position)))
                if found.1 == variable =>
            {
                let how = how(node, path);
                is_unclear |= how == Use::Written && is_in_loop(path);
                written.extend(write(node, path).map(|write| (*position, write)));
                uses.push((*position, how));
            }
            _ => {}
        }
        !is_unclear
    });
    let last = uses
        .into_iter()
        .max_by_key(|(position, how)| (*position, *how == Use::Read))?;
    let (position, Use::Written) = last else {
        return None;
    };
    (!is_unclear).then(|| (position, written.remove(&position)))
}

/// What is lost in the parameters of functions and closures, and in variables that are a part
/// of another.
///
/// What a line of the shell writes is there for the next.
pub(super) fn findings(ast: &AST, is_line: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut on_block = |block: &[Stmt], is_value: bool| {
        for (at, statement) in block.iter().enumerate() {
            found.extend(lost_part(statement, &block[at + 1..], is_value));
        }
    };
    if !is_line {
        on_block(ast.statements(), false);
    }
    // What a closure captures it shares with the script around it.
    let mut captured = BTreeSet::new();
    ast.walk(&mut |path| {
        if let Some(node) = path.last() {
            let is_loop = matches!(
                node,
                ASTNode::Stmt(Stmt::For(..) | Stmt::While(..) | Stmt::Do(..))
            );
            for block in blocks(node) {
                on_block(block.statements(), !is_loop);
            }
        }
        if let Some(ASTNode::Expr(expression)) = path.last()
            && let Some(closure) = closure(expression)
        {
            let names = closure.captured.into_iter();
            captured.extend(names.map(|name| (closure.name.clone(), name)));
        }
        true
    });
    for (name, body) in bodies(ast) {
        let walk = |on_node: &mut OnNode| _ = body.tree.walk(on_node);
        for parameter in &body.parameters {
            if !captured.contains(&(name.clone(), parameter.clone())) {
                found.extend(lost_argument(&name, parameter, &walk));
            }
        }
    }
    found
}

/// What is written to a part of a parameter and lost.
fn lost_argument(function: &str, parameter: &str, walk: &dyn Fn(&mut OnNode)) -> Option<Finding> {
    let (position, write) = last_write(parameter, walk)?;
    // A method that has a result may stand at the end, whose value is wanted.
    let write = write.filter(|write| !write.tail.is_empty() && !write.has_result)?;
    let tail = write.tail;
    let hint = if function.starts_with("anon$") {
        format!(
            "end the closure with the value to go on with it; in an array, `for_each(|| {{ this{tail}; }})` writes to the element itself"
        )
    } else {
        format!(
            "end the function with `{parameter}`, and use its result: `{parameter} = \
             {function}({parameter});`"
        )
    };
    Some(Finding {
        code: "lost-write",
        position,
        what: format!("`{parameter}` is a copy: what is written to it here is lost"),
        hint: Some(hint),
    })
}

/// What is written to `let row = rows[0];` and lost, where nothing reads `row` after.
///
/// The last statement of a block may be its value.
fn lost_part(statement: &Stmt, rest: &[Stmt], is_value: bool) -> Option<Finding> {
    let Stmt::Var(parts, ..) = statement else {
        return None;
    };
    let variable = parts.0.name.as_str();
    // `groups[key] ?? []` is a part, or nothing's.
    let (value, is_there) = match &parts.1 {
        Expr::Coalesce(or, _) => (&or[0], false),
        value => (value, true),
    };
    let of = match value {
        Expr::Variable(of, ..) if is_there => Some(of.1.to_string()),
        value => part(value),
    };
    let is_found = || names::last_call(&parts.1).is_some_and(|(name, _)| FINDING.contains(&name));
    if of.is_none() && !is_found() {
        return None;
    }
    let (position, write) = last_write(variable, &through(rest))?;
    let write = write.filter(|write| !write.tail.is_empty())?;
    let is_last = |last: &Stmt| line_and_column(last.position()) <= line_and_column(position);
    if write.has_result && is_value && rest.last().is_some_and(is_last) {
        return None;
    }
    let tail = write.tail;
    let hint = match of {
        Some(of) if is_there => format!("write to `{of}` itself: `{of}{tail};`"),
        Some(of) => format!("write it back after that: `{of} = {variable};`"),
        None => format!(
            "write to the array itself: `let at = ….index_of(…); ….[at]{tail};`, or `for_each(|| if … {{ this{tail}; }})`"
        ),
    };
    Some(Finding {
        code: "lost-write",
        position,
        what: format!("`{variable}` is a copy: what is written to it here is lost"),
        hint: Some(hint),
    })
}

/// The text of an expression that is a part of a variable: `rows[0]`, `client.address`.
fn part(expression: &Expr) -> Option<String> {
    let step = |expression: &Expr| match expression {
        Expr::Variable(variable, ..) => Some(variable.1.to_string()),
        Expr::IntegerConstant(number, _) => Some(number.to_string()),
        Expr::StringConstant(text, _) => Some(format!("{text:?}")),
        other => part(other),
    };
    match expression {
        Expr::Index(parts, ..) => {
            let place = step(&parts.rhs).unwrap_or_else(|| "…".to_owned());
            Some(format!("{}[{place}]", step(&parts.lhs)?))
        }
        Expr::Dot(parts, ..) => match &parts.rhs {
            Expr::Property(property, _) => Some(format!("{}.{}", step(&parts.lhs)?, property.2)),
            _ => None,
        },
        _ => None,
    }
}

/// The blocks that stand in a node.
pub(super) fn blocks<'n>(node: &ASTNode<'n>) -> Vec<&'n StmtBlock> {
    match node {
        ASTNode::Stmt(Stmt::Block(block)) | ASTNode::Expr(Expr::Stmt(block)) => vec![block],
        ASTNode::Stmt(
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, ..) | Stmt::TryCatch(flow, _),
        ) => vec![&flow.body, &flow.branch],
        ASTNode::Stmt(Stmt::For(parts, _)) => vec![&parts.2.body],
        _ => Vec::new(),
    }
}

/// The last write to the variable of a loop over that list, if nothing reads it after.
/// A list that is read one by one cannot be written to.
pub(super) fn lost(variable: &str, items: &Expr, is_array: bool, body: &[Stmt]) -> Option<Finding> {
    let (position, write) = last_write(variable, &through(body))?;
    let tail = match write {
        Some(write) if write.tail.is_empty() => " = …".to_owned(),
        Some(write) => write.tail,
        None => ".x = …".to_owned(),
    };
    let copied = format!("to change a copy, name it: `let copy = {variable};`");
    let hint = match items {
        Expr::Variable(array, ..) if is_array => format!(
            "write to the array itself: `for ({variable}, at) in {of} {{ {of}[at]{tail}; }}`; {copied}",
            of = array.1
        ),
        _ if is_array => format!(
            "name the array, and write to it: `let list = […]; for ({variable}, at) in list {{ list[at]{tail}; }}`; {copied}"
        ),
        _ => format!(
            "turn the list into an array: `let list = ….to_array(); for ({variable}, at) in list \
             {{ list[at]{tail}; }}`; {copied}"
        ),
    };
    Some(Finding {
        code: "lost-write",
        position,
        what: format!("`{variable}` is a copy: what is written to it here is lost"),
        hint: Some(hint),
    })
}

/// What a path writes to the variable at its end.
fn write(node: &Expr, path: &[ASTNode]) -> Option<Write> {
    path.iter().find_map(|step| match step {
        ASTNode::Stmt(Stmt::Assignment(parts)) if std::ptr::eq(root(&parts.1.lhs), node) => {
            let tail = match &parts.1.lhs {
                Expr::Variable(..) => String::new(),
                Expr::Dot(chain, ..) => match &chain.rhs {
                    Expr::Property(property, _) => format!(".{} = …", property.2),
                    _ => return None,
                },
                _ => return None,
            };
            Some(Write {
                tail,
                has_result: false,
            })
        }
        ASTNode::Stmt(Stmt::Expr(chain)) if std::ptr::eq(root(chain), node) => {
            let (method, _) = changing_method(chain)?;
            Some(Write {
                tail: properties(chain)? + &format!(".{method}(…)"),
                has_result: !NOTHING.contains(&method),
            })
        }
        _ => None,
    })
}

/// The properties between a variable and the method at the end of a chain.
fn properties(chain: &Expr) -> Option<String> {
    let Expr::Dot(parts, ..) = chain else {
        return None;
    };
    match &parts.rhs {
        Expr::MethodCall(..) => Some(String::new()),
        Expr::Dot(rest, ..) => match &rest.lhs {
            Expr::Property(property, _) => {
                Some(format!(".{}", property.2) + &properties(&parts.rhs)?)
            }
            _ => None,
        },
        _ => None,
    }
}

fn line_and_column(position: Position) -> (Option<usize>, Option<usize>) {
    (position.line(), position.position())
}

/// How the variable at the end of a path is used.
fn how(node: &Expr, path: &[ASTNode]) -> Use {
    let is_root = |chain: &Expr| std::ptr::eq(root(chain), node);
    let assigned = path.iter().any(|node| match node {
        ASTNode::Stmt(Stmt::Assignment(parts)) => is_root(&parts.1.lhs),
        _ => false,
    });
    let changed = path.iter().any(|node| match node {
        ASTNode::Stmt(Stmt::Expr(chain)) => is_root(chain) && changing_method(chain).is_some(),
        _ => false,
    });
    if assigned || changed {
        Use::Written
    } else {
        Use::Read
    }
}

fn root(chain: &Expr) -> &Expr {
    match chain {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => root(&parts.lhs),
        other => other,
    }
}

/// Whether the place is in a loop of its own, which may come back to what is above it.
fn is_in_loop(path: &[ASTNode]) -> bool {
    path.iter().any(|node| {
        matches!(
            node,
            ASTNode::Stmt(Stmt::While(..) | Stmt::Do(..) | Stmt::For(..))
        )
    })
}
