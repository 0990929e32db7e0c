//! Finds fields that what `bulk` returns and what is caught do not have.
//!
//! Both are maps, and a map answers `done.fialed` with `()`: a script that ends with its own
//! error when rows failed would never do so.

use std::collections::BTreeMap;

use rhai::{AST, ASTFlags, ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::catalog::similar;
use crate::script::check::names::Names;
use crate::script::finding::Finding;

/// What `bulk` counts.
const COUNTS: [&str; 6] = ["failed", "in_doubt", "ok", "skipped", "total", "unchanged"];
/// What `upsert_client` says.
const UPSERTED: [&str; 3] = ["changed", "clientid", "outcome"];
/// Functions of ours that return a map, and all that is in it.
const OURS: [(&str, &[&str]); 2] = [("bulk", &COUNTS), ("upsert_client", &UPSERTED)];
/// What an error says that is caught, where it says it.
const OF_ERRORS: [&str; 7] = [
    "action", "hint", "http", "in_doubt", "kind", "message", "row",
];

/// What a variable holds for certain.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Holds {
    /// What that function of ours returns.
    Ours(&'static str, &'static [&'static str]),
    Error,
    /// This here and something else there.
    Several,
}

/// Each such field.
pub(super) fn findings(ast: &AST) -> Vec<Finding> {
    let names = Names::collect(ast);
    let (variables, throws) = variables(ast, &names);
    let mut found = Vec::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::Dot(parts, flags, position))) = path.last()
            && let Expr::FnCall(call, _) | Expr::MethodCall(call, _) = &parts.lhs
            && let Some(Holds::Ours(function, fields)) = ours(call, &names)
            && let Some((field, place)) = field(&parts.rhs, *position)
            && !flags.intersects(ASTFlags::NEGATED)
        {
            found.extend(not_ours(
                &format!("the result of `{function}`"),
                fields,
                field,
                place,
            ));
        }
        if let Some(ASTNode::Expr(Expr::Dot(parts, flags, position))) = path.last()
            && let Expr::Variable(variable, ..) = &parts.lhs
            && let Some((field, place)) = field(&parts.rhs, *position)
            // `?.` asks whether it is there.
            && !flags.intersects(ASTFlags::NEGATED)
        {
            let name = variable.1.as_str();
            match variables.get(name) {
                Some(Holds::Ours(function, fields)) => {
                    let what = format!("`{name}`, which `{function}` returns,");
                    found.extend(not_ours(&what, fields, field, place));
                }
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

/// What a call of a function of ours returns.
fn ours(call: &FnCallExpr, names: &Names) -> Option<Holds> {
    let (function, fields) = OURS.iter().find(|(name, _)| call.name == *name)?;
    let is_ours = !call.is_qualified() && !names.defines(function);
    is_ours.then_some(Holds::Ours(function, fields))
}

fn not_ours(
    what: &str,
    fields: &'static [&'static str],
    field: &str,
    position: Position,
) -> Option<Finding> {
    if fields.contains(&field) {
        return None;
    }
    let near = similar(field, fields.iter().copied());
    let hint = near.first().map_or_else(
        || format!("it has `{}`", fields.join("`, `")),
        |near| format!("did you mean `{near}`?"),
    );
    Some(Finding {
        code: "unknown-field",
        position,
        what: format!("{what} has no field `{field}`"),
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
        code: "unknown-field",
        position,
        what: format!("the error `{name}` has no field `{field}`"),
        hint: Some(format!("did you mean `{near}`?")),
    })
}

/// What the variables of a script hold, and whether it throws errors of its own.
fn variables(ast: &AST, names: &Names) -> (BTreeMap<String, Holds>, bool) {
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
                let what = made_by(&parts.1).and_then(|call| ours(call, names));
                let what = what.unwrap_or(Holds::Several);
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

/// The call whose value an expression is.
fn made_by(expression: &Expr) -> Option<&FnCallExpr> {
    match expression {
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => Some(call),
        Expr::Dot(parts, ..) => made_by(&parts.rhs),
        _ => None,
    }
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
    use crate::script::test_host::TestHost;

    #[test]
    fn these_are_the_counts_of_bulk() {
        let keys = TestHost::new().value("bulk([1], |row| 1).keys()");
        assert_eq!(keys, format!("{:?}", super::COUNTS));
    }

    #[test]
    fn what_our_functions_return_has_its_own_fields_alone() {
        for (script, what) in [
            (
                "if bulk([1], |row| { print(row); }).faild > 0 { print(1); }",
                "the result of `bulk` has no field `faild`",
            ),
            (
                "if [1].bulk(|row| { print(row); }).faild > 0 { print(1); }",
                "the result of `bulk` has no field `faild`",
            ),
            (
                "let done = [1].bulk(|row| { print(row); }); print(done.faild);",
                "`done`, which `bulk` returns, has no field `faild`",
            ),
            (
                "print(upsert_client(#{ email: \"jo@example.com\" }, \"email\").outcme);",
                "the result of `upsert_client` has no field `outcme`",
            ),
            (
                "let r = upsert_client(#{ email: \"jo@example.com\" }, \"email\"); print(r.id);",
                "`r`, which `upsert_client` returns, has no field `id`",
            ),
        ] {
            let failure = TestHost::new().failure(script);
            assert!(failure.contains(what), "{script}: {failure}");
        }
        for script in [
            "if bulk([1], |row| { print(row); }).failed > 0 { print(1); }",
            "print(bulk([1], |row| { print(row); })?.faild);",
            "fn upsert_client(a) { #{ id: 1 } } print(upsert_client(1).id);",
            "print(bulk([1], |row| { print(row); }).keys());",
        ] {
            TestHost::new().printed(script);
        }
    }
}
