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

/// Where a variable is written to last and not read after, with what of it is assigned to:
/// `.city` of `row.city = …`, nothing of `x += 1`.
fn last_write(variable: &str, walk: &dyn Fn(&mut OnNode)) -> Option<(Position, Option<String>)> {
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
                written.extend(assigned(node, path).map(|place| (*position, place)));
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
    let mut on_block = |block: &[Stmt]| {
        for (at, statement) in block.iter().enumerate() {
            found.extend(lost_part(statement, &block[at + 1..]));
        }
    };
    if !is_line {
        on_block(ast.statements());
    }
    // What a closure captures it shares with the script around it.
    let mut captured = BTreeSet::new();
    ast.walk(&mut |path| {
        for block in path.last().into_iter().flat_map(blocks) {
            on_block(block.statements());
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
    let (position, place) = last_write(parameter, walk)?;
    let place = place.filter(|place| !place.is_empty())?;
    let hint = if function.starts_with("anon$") {
        format!(
            "end the closure with the value to go on with it; in an array, `for_each(|| {{ this{place} = …; }})` writes to the element itself"
        )
    } else {
        format!(
            "end the function with `{parameter}`, and take what it returns: `{parameter} = {function}({parameter});`"
        )
    };
    Some(Finding {
        position,
        what: format!("`{parameter}` is a copy: what is written to it here is lost"),
        hint: Some(hint),
    })
}

/// What is written to `let row = rows[0];` and lost, where nothing reads `row` after.
fn lost_part(statement: &Stmt, rest: &[Stmt]) -> Option<Finding> {
    let Stmt::Var(parts, ..) = statement else {
        return None;
    };
    let variable = parts.0.name.as_str();
    let of = match &parts.1 {
        Expr::Variable(of, ..) => Some(of.1.to_string()),
        value => part(value),
    };
    let is_found = || names::last_call(&parts.1).is_some_and(|(name, _)| FINDING.contains(&name));
    if of.is_none() && !is_found() {
        return None;
    }
    let (position, place) = last_write(variable, &through(rest))?;
    let place = place.filter(|place| !place.is_empty())?;
    let hint = match of {
        Some(of) => format!("write to `{of}` itself: `{of}{place} = …;`"),
        None => format!(
            "write to the array itself: `let at = ….index_of(…); ….[at]{place} = …;`, or `for_each(|| if … {{ this{place} = …; }})`"
        ),
    };
    Some(Finding {
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
        Expr::Index(parts, ..) => Some(format!("{}[{}]", step(&parts.lhs)?, step(&parts.rhs)?)),
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
    let (position, place) = last_write(variable, &through(body))?;
    let place = place.unwrap_or_else(|| ".x".into());
    let copied = format!("to change a copy, name it: `let copy = {variable};`");
    let hint = match items {
        Expr::Variable(array, ..) if is_array => format!(
            "write to the array itself: `for ({variable}, at) in {of} {{ {of}[at]{place} = …; }}`; {copied}",
            of = array.1
        ),
        _ if is_array => format!(
            "name the array, and write to it: `let list = […]; for ({variable}, at) in list {{ list[at]{place} = …; }}`; {copied}"
        ),
        _ => format!(
            "make an array of the list: `let list = ….to_array(); for ({variable}, at) in list {{ list[at]{place} = …; }}`; {copied}"
        ),
    };
    Some(Finding {
        position,
        what: format!("`{variable}` is a copy: what is written to it here is lost"),
        hint: Some(hint),
    })
}

/// What of the variable is assigned to: `.city` of `row.city = …`, nothing of `x += 1`.
fn assigned(node: &Expr, path: &[ASTNode]) -> Option<String> {
    path.iter().find_map(|step| match step {
        ASTNode::Stmt(Stmt::Assignment(parts)) if std::ptr::eq(root(&parts.1.lhs), node) => {
            match &parts.1.lhs {
                Expr::Variable(..) => Some(String::new()),
                Expr::Dot(chain, ..) => match &chain.rhs {
                    Expr::Property(property, _) => Some(format!(".{}", property.2)),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    })
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
