//! Closures as they stand in a script, and their bodies.

use std::collections::BTreeMap;

use rhai::{AST, Expr, FnPtr, Stmt};

/// A closure as it stands in the script: its name, and what it captures.
#[derive(Clone)]
pub(super) struct Closure {
    pub name: String,
    pub captured: Vec<String>,
}

/// The closure an expression is: alone, or with what it captures, which Rhai
/// writes as a block that shares the variables and then passes them on.
pub(super) fn closure(expression: &Expr) -> Option<Closure> {
    let of = |value: &Expr, captured: &[Expr]| {
        let Expr::DynamicConstant(value, _) = value else {
            return None;
        };
        let name = |expression: &Expr| match expression {
            Expr::Variable(variable, ..) => Some(variable.1.to_string()),
            _ => None,
        };
        Some(Closure {
            name: value.read_lock::<FnPtr>()?.fn_name().to_owned(),
            captured: captured.iter().filter_map(name).collect(),
        })
    };
    match expression {
        Expr::Stmt(block) => block
            .statements()
            .iter()
            .find_map(|statement| match statement {
                Stmt::Expr(expression) => closure(expression),
                Stmt::FnCall(call, _) if call.name == "curry" => {
                    of(call.args.first()?, &call.args[1..])
                }
                _ => None,
            }),
        Expr::FnCall(call, _) if call.name == "curry" => of(call.args.first()?, &call.args[1..]),
        value => of(value, &[]),
    }
}

/// A function or closure of a script: its parameters, and a tree of it alone.
pub(super) struct FunctionBody {
    pub parameters: Vec<String>,
    pub tree: AST,
}

/// All functions and closures of a script by name; of several of one name the last.
pub(super) fn bodies(ast: &AST) -> BTreeMap<String, FunctionBody> {
    let functions = ast.iter_functions();
    let named = functions.map(|function| {
        let mut tree = ast.clone_functions_only();
        let name = function.name.to_owned();
        tree.retain_functions(|_, _, other, _| other == name);
        let parameters = function.params.iter().map(ToString::to_string).collect();
        (name, FunctionBody { parameters, tree })
    });
    named.collect()
}
