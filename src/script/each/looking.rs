//! What an expression that only chooses rows may not do: change something.

use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt};

use crate::catalog;
use crate::script::api::upsert;
use crate::script::engine::keywords::CALL;
use crate::script::finding::Finding;

/// Functions that change something besides the actions that write: what they are for is to.
const CHANGING: [&str; 11] = [
    "bulk",
    "csv_writer",
    "eval",
    "exit",
    "save_attachment",
    "skip",
    upsert::NAME,
    "write_csv",
    "write_json",
    "write_sheet",
    "write_text",
];

/// The first thing in it that would change something.
pub(super) fn first_change(ast: &AST) -> Option<Finding> {
    let mut found = None;
    ast.walk(&mut |path| {
        let (name, position) = match path.last() {
            Some(
                ASTNode::Stmt(Stmt::FnCall(call, position))
                | ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position)),
            ) => (changing_call(call), *position),
            // A function's name as a value.
            Some(ASTNode::Expr(Expr::Variable(variable, _, position))) => {
                (changing(&variable.1), *position)
            }
            _ => (None, rhai::Position::NONE),
        };
        found = name.map(|name| Finding {
            code: "write-in-condition",
            position,
            what: format!("`{name}` changes something, and `--where` only chooses rows"),
            hint: Some(
                "compare columns, or what reads return; the write itself goes behind `--`".into(),
            ),
        });
        found.is_none()
    });
    found
}

fn changing_call(call: &FnCallExpr) -> Option<String> {
    let text = call.args.first().and_then(|first| match first {
        Expr::StringConstant(text, _) => Some(text.as_str()),
        _ => None,
    });
    match call.name.as_str() {
        // An action that is not in the catalog may do anything, and so may a name that is
        // put together.
        CALL => match text.and_then(catalog::action) {
            Some(action) if !action.is_write() => None,
            Some(action) => Some(action.name.to_owned()),
            None => Some(text.map_or_else(|| CALL.to_owned(), str::to_owned)),
        },
        "Fn" => text.map_or_else(|| Some("Fn".to_owned()), changing),
        name => changing(name),
    }
}

fn changing(function: &str) -> Option<String> {
    let action = catalog::by_function(function);
    let is_write = action.is_some_and(catalog::Action::is_write);
    (is_write || CHANGING.contains(&function)).then(|| function.to_owned())
}
