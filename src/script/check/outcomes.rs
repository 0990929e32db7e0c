//! Finds fields that what `bulk` returns and what is caught do not have.
//!
//! Both are maps, and a map answers `done.fialed` with `()`: a script that ends with its own
//! error when rows failed would never do so.

use std::collections::BTreeMap;

use rhai::{AST, ASTFlags, ASTNode, Expr, Position, Stmt};

use crate::catalog::similar;
use crate::script::diagnostic::Finding;

/// What `bulk` counts.
const COUNTS: [&str; 6] = ["failed", "in_doubt", "ok", "skipped", "total", "unchanged"];
/// What an error says that is caught, where it says it.
const OF_ERRORS: [&str; 7] = [
    "action", "hint", "http", "in_doubt", "kind", "message", "row",
];

/// What a variable holds for certain.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Holds {
    Counts,
    Error,
    /// This here and something else there.
    Several,
}

/// Each such field.
pub(super) fn findings(ast: &AST) -> Vec<Finding> {
    let (variables, throws) = variables(ast);
    let mut found = Vec::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::Dot(parts, flags, position))) = path.last()
            && let Expr::Variable(variable, ..) = &parts.lhs
            && let Some((field, place)) = field(&parts.rhs, *position)
            // `?.` asks whether it is there.
            && !flags.intersects(ASTFlags::NEGATED)
        {
            let name = variable.1.as_str();
            match variables.get(name) {
                Some(Holds::Counts) => found.extend(no_count(name, field, place)),
                Some(Holds::Error) if !throws => found.extend(of_error(name, field, place)),
                _ => {}
            }
        }
        true
    });
    found
}

/// The property that is read first of what follows a variable.
fn field(rest: &Expr, at: Position) -> Option<(&str, Position)> {
    match rest {
        Expr::Property(property, position) => Some((property.2.as_str(), position.or_else(at))),
        Expr::Dot(parts, _, position) | Expr::Index(parts, _, position) => {
            field(&parts.lhs, *position)
        }
        _ => None,
    }
}

fn no_count(name: &str, field: &str, position: Position) -> Option<Finding> {
    if COUNTS.contains(&field) {
        return None;
    }
    let near = similar(field, COUNTS);
    let hint = near.first().map_or_else(
        || format!("it counts `{}`", COUNTS.join("`, `")),
        |near| format!("did you mean `{near}`?"),
    );
    Some(Finding {
        position,
        what: format!("`{name}`, which `bulk` returns, has no field `{field}`"),
        hint: Some(hint),
    })
}

fn of_error(name: &str, field: &str, position: Position) -> Option<Finding> {
    if OF_ERRORS.contains(&field) {
        return None;
    }
    // Errors of Rhai's own say more; only what is near to a name is surely meant as that.
    let near = *similar(field, OF_ERRORS).first()?;
    Some(Finding {
        position,
        what: format!("the error `{name}` has no field `{field}`"),
        hint: Some(format!("did you mean `{near}`?")),
    })
}

/// What the variables of a script hold, and whether it throws errors of its own.
fn variables(ast: &AST) -> (BTreeMap<String, Holds>, bool) {
    let mut held = BTreeMap::new();
    let mut throws = false;
    let mut note = |name: &str, what: Holds| {
        held.entry(name.to_owned())
            .and_modify(|holds| {
                if *holds != what {
                    *holds = Holds::Several;
                }
            })
            .or_insert(what);
    };
    for function in ast.iter_functions() {
        for parameter in &function.params {
            note(parameter, Holds::Several);
        }
    }
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(parts, ..))) => {
                let is_bulk =
                    matches!(&parts.1, Expr::FnCall(call, _) if call.name == "bulk" && !call.is_qualified());
                let what = if is_bulk { Holds::Counts } else { Holds::Several };
                note(&parts.0.name, what);
            }
            Some(ASTNode::Stmt(Stmt::For(parts, _))) => note(&parts.0.name, Holds::Several),
            Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                if let Expr::Variable(variable, ..) = first(&parts.1.lhs) {
                    note(&variable.1, Holds::Several);
                }
            }
            Some(ASTNode::Stmt(Stmt::TryCatch(flow, _))) => {
                if let Expr::Variable(variable, ..) = &flow.expr {
                    note(&variable.1, Holds::Error);
                }
            }
            Some(ASTNode::Stmt(Stmt::Return(_, flags, _))) => {
                throws |= flags.intersects(ASTFlags::BREAK);
            }
            _ => {}
        }
        true
    });
    (held, throws)
}

/// What a chain begins with.
fn first(chain: &Expr) -> &Expr {
    match chain {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => first(&parts.lhs),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::script::rig::Rig;

    #[test]
    fn these_are_the_counts_of_bulk() {
        let keys = Rig::new().value("bulk([1], |row| 1).keys()");
        assert_eq!(keys, format!("{:?}", super::COUNTS));
    }
}
