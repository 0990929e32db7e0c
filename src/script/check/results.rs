//! Finds functions of the script that return nothing, used as values.
//!
//! `fn full(r) { let name = r.first + " " + r.last; }` returns `()`, since its last statement
//! is no value: as a parameter it would be left out without a word.

use std::collections::BTreeMap;

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::script::check::closures::bodies;
use crate::script::finding::Finding;

/// Each such use.
pub(super) fn findings(ast: &AST) -> Vec<Finding> {
    let silent = silent(ast);
    let mut found = Vec::new();
    if silent.is_empty() {
        return found;
    }
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::FnCall(call, position))) = path.last()
            && is_value(path)
            && !call.is_qualified()
            && let Some(last) = silent.get(&(call.name.to_string(), call.args.len()))
        {
            found.push(finding(call, *position, last));
        }
        true
    });
    found
}

fn finding(call: &FnCallExpr, position: Position, last: &str) -> Finding {
    let name = &call.name;
    Finding {
        code: "returns-nothing",
        position,
        what: format!("`{name}` returns nothing: {last}"),
        hint: Some(format!(
            "end `fn {name}` with the value itself, without `let` and `;`"
        )),
    }
}

/// The functions that end in no value and never `return` one, with what they end in.
fn silent(ast: &AST) -> BTreeMap<(String, usize), &'static str> {
    let named = bodies(ast)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("anon$"));
    named
        .filter_map(|(name, body)| {
            let mut last = Some("its body is empty");
            let mut returns = false;
            body.tree.walk(&mut |path| {
                returns |= matches!(path.last(), Some(ASTNode::Stmt(Stmt::Return(Some(_), ..))));
                if let [ASTNode::Stmt(statement)] = path {
                    last = ending(statement);
                }
                true
            });
            let count = body.parameters.len();
            last.filter(|_| !returns).map(|last| ((name, count), last))
        })
        .collect()
}

/// What a function ends in, if that is no value.
const fn ending(statement: &Stmt) -> Option<&'static str> {
    match statement {
        Stmt::Var(..) => Some("its last statement is a `let`"),
        Stmt::Assignment(..) => Some("its last statement assigns to something"),
        Stmt::For(..) | Stmt::While(..) | Stmt::Do(..) => Some("its last statement is a loop"),
        _ => None,
    }
}

/// Whether what the last node of a path returns is used there.
fn is_value(path: &[ASTNode]) -> bool {
    let Some(parent) = path.iter().rev().nth(1) else {
        return false;
    };
    match parent {
        ASTNode::Stmt(Stmt::Var(..) | Stmt::Assignment(..) | Stmt::FnCall(..)) => true,
        ASTNode::Expr(parent) => matches!(
            parent,
            Expr::Array(..)
                | Expr::Map(..)
                | Expr::InterpolatedString(..)
                | Expr::FnCall(..)
                | Expr::MethodCall(..)
        ),
        _ => false,
    }
}
