//! Variables whose value is written out and never changes: `let cycles = ["monthly"];`,
//! which is only passed on. The parameters of a call are checked as if it stood there.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTNode, Expr, Stmt};

use crate::catalog;
use crate::script::check::names::parameters;

/// The values of such variables, by name.
pub(crate) type Fixed = BTreeMap<String, Expr>;

/// Those of a script.
pub(super) fn variables(ast: &AST) -> Fixed {
    let mut fixed = Fixed::new();
    let mut others: BTreeSet<String> = parameters(ast);
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(parts, ..))) => {
                let name = parts.0.name.to_string();
                if fixed.insert(name.clone(), parts.1.clone()).is_some() {
                    others.insert(name);
                }
            }
            Some(ASTNode::Stmt(Stmt::For(parts, _))) => {
                others.insert(parts.0.name.to_string());
                others.extend(parts.1.iter().map(|counter| counter.name.to_string()));
            }
            Some(ASTNode::Stmt(Stmt::Share(names))) => {
                others.extend(names.iter().map(|(name, _)| name.name.to_string()));
            }
            Some(ASTNode::Expr(Expr::Variable(variable, ..))) if !is_passed_on(path) => {
                others.insert(variable.1.to_string());
            }
            _ => {}
        }
        true
    });
    let is_written =
        |value: &Expr| matches!(value, Expr::Map(..) | Expr::Array(..)) || value.is_constant();
    fixed.retain(|name, value| !others.contains(name) && is_written(value));
    fixed
}

/// Whether the variable at the end of a path stands where nothing can change it: in a map,
/// an array, or the parameters of an action.
fn is_passed_on(path: &[ASTNode]) -> bool {
    match path.iter().rev().nth(1) {
        Some(ASTNode::Expr(Expr::Map(..) | Expr::Array(..) | Expr::InterpolatedString(..))) => true,
        Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
            call.name == "print" || catalog::by_function(&call.name).is_some()
        }
        _ => false,
    }
}
