//! Finds what is written to a loop's variable and never read again.
//!
//! `for row in rows` gives each row as a copy: `row.city = "Bonn"` changes nothing in
//! `rows`, and is lost with the end of the round.

use std::collections::BTreeMap;

use rhai::{ASTNode, Expr, Position, Stmt};

use crate::script::bulk::writes::changing_method;
use crate::script::diagnostic::Finding;

/// How a loop's variable is used at a place.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Read,
    Written,
}

/// The last write to the variable of a loop over that list, if nothing reads it after.
/// A list that is read one by one cannot be written to.
pub(super) fn lost(variable: &str, items: &Expr, is_array: bool, body: &[Stmt]) -> Option<Finding> {
    let mut uses: Vec<(Position, Use)> = Vec::new();
    let mut written = BTreeMap::new();
    let mut is_unclear = false;
    for statement in body {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            match path.last() {
                // Its own from there on, or a closure's too.
                Some(ASTNode::Stmt(Stmt::Var(parts, ..))) if parts.0.name == variable => {
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
    }
    let last = uses
        .into_iter()
        .max_by_key(|(position, how)| (*position, *how == Use::Read))?;
    let (position, Use::Written) = last else {
        return None;
    };
    let place = written.remove(&position).unwrap_or_else(|| ".x".into());
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
    (!is_unclear).then(|| Finding {
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
