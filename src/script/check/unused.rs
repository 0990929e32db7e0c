//! Finds statements that make a value and drop it: `rows.filter(|r| r.city != "");` leaves
//! `rows` as it was, and `name.to_upper();` the name.

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::script::check::closures::{bodies, closure};
use crate::script::check::copies::blocks;
use crate::script::check::names::Names;
use crate::script::finding::Finding;
use crate::script::tokens::{TokenKind, scan};

/// Functions that change nothing, and what is done in their stead.
const PURE: [(&str, &str); 20] = [
    ("captures", ""),
    ("chunk", ""),
    ("contains", ""),
    ("digits", ""),
    ("ends_with", ""),
    ("filter", "to change the array itself, use `.retain(…)`"),
    ("group_by", ""),
    ("index_of", ""),
    (
        "map",
        "to run a closure for its effect, use `.for_each(|x| …)`",
    ),
    ("matches", ""),
    ("order", "`.sort()` sorts the array itself"),
    ("order_by", "`.sort_by(…)` sorts the array itself"),
    ("order_desc", "`.sort_desc()` sorts the array itself"),
    (
        "replace_all",
        "give the result a name, or assign it: `text = text.replace_all(…)`",
    ),
    ("starts_with", ""),
    ("sub_string", "`.crop(…)` changes the text itself"),
    ("sum", ""),
    ("to_lower", "`.make_lower()` changes the text itself"),
    ("to_upper", "`.make_upper()` changes the text itself"),
    ("unique", ""),
];

/// Each such statement; the last one of a line of the shell is its value, and so is that of a
/// script which ends without a semicolon, as those do whose list is frozen.
pub(super) fn findings(text: &str, ast: &AST, is_line: bool) -> Vec<Finding> {
    let unused = Unused {
        names: Names::collect(ast),
        ast,
    };
    let mut found = Vec::new();
    let has_value = is_line || ends_in_value(text);
    unused.statements(ast.statements(), has_value, &mut found);
    for body in bodies(ast).values() {
        let mut count = 0;
        let mut own = Vec::new();
        body.tree.walk(&mut |path| {
            if let [ASTNode::Stmt(statement)] = path {
                count += 1;
                own.extend(unused.statement(statement).map(|found| (count, found)));
            }
            true
        });
        let own = own.into_iter().filter(|(at, _)| *at < count);
        found.extend(own.map(|(_, finding)| finding));
    }
    ast.walk(&mut |path| {
        let Some(node) = path.last() else {
            return true;
        };
        let is_loop = matches!(
            node,
            ASTNode::Stmt(Stmt::For(..) | Stmt::While(..) | Stmt::Do(..))
        );
        for block in blocks(node) {
            unused.statements(block.statements(), !is_loop, &mut found);
        }
        true
    });
    found
}

/// Whether the last statement of a script ends without a semicolon.
fn ends_in_value(text: &str) -> bool {
    let tokens = scan(text).all;
    let mut spoken = tokens
        .iter()
        .filter(|token| token.kind != TokenKind::Comment);
    let last = spoken.next_back();
    last.is_some_and(|token| text.get(token.start..token.end) != Some(";"))
}

struct Unused<'a> {
    names: Names,
    ast: &'a AST,
}

impl Unused<'_> {
    fn statements(&self, statements: &[Stmt], is_value: bool, found: &mut Vec<Finding>) {
        let count = statements.len() - usize::from(is_value).min(statements.len());
        let dropped = statements[..count].iter();
        found.extend(dropped.filter_map(|statement| self.statement(statement)));
    }

    fn statement(&self, statement: &Stmt) -> Option<Finding> {
        let Stmt::Expr(expression) = statement else {
            return None;
        };
        let (call, position) = last_method(expression)?;
        let name = call.name.as_str();
        let (_, instead) = PURE.iter().find(|(pure, _)| *pure == name)?;
        let does_something = call
            .args
            .iter()
            .filter_map(closure)
            .any(|closure| self.does_something(&closure.name));
        if self.names.defines(name) || does_something || passes_name(call) {
            return None;
        }
        let keep = format!("keep the value: `x = ….{name}(…);`");
        Some(Finding {
            code: "unused-value",
            position,
            what: format!("the value of `{name}` is not used, and `{name}` changes nothing"),
            hint: Some(if instead.is_empty() {
                keep
            } else {
                format!("{keep}; {instead}")
            }),
        })
    }

    /// Whether a closure may do more than make a value of its parameters.
    fn does_something(&self, closure: &str) -> bool {
        let mut tree = self.ast.clone_functions_only();
        tree.retain_functions(|_, _, name, _| name == closure);
        let mut does = false;
        tree.walk(&mut |path| {
            does |= match path.last() {
                Some(
                    ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _)),
                ) => call.op_token.is_none(),
                Some(ASTNode::Stmt(Stmt::Assignment(..) | Stmt::Share(..) | Stmt::Return(..))) => {
                    true
                }
                Some(ASTNode::Expr(Expr::MethodCall(call, _))) => {
                    !PURE.iter().any(|(pure, _)| call.name == *pure)
                }
                _ => false,
            };
            !does
        });
        does
    }
}

/// Whether a function is given by a name or a variable: it may do anything.
fn passes_name(call: &FnCallExpr) -> bool {
    let takes_function = matches!(
        call.name.as_str(),
        "filter" | "map" | "order_by" | "index_of"
    );
    takes_function && !call.args.iter().any(|arg| closure(arg).is_some())
}

/// The method that makes the value of a chain.
fn last_method(expression: &Expr) -> Option<(&FnCallExpr, Position)> {
    match expression {
        Expr::Dot(parts, ..) => match &parts.rhs {
            Expr::MethodCall(call, position) => Some((call, *position)),
            rest => last_method(rest),
        },
        Expr::Index(parts, ..) => last_method(&parts.rhs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn the_value_that_a_script_ends_with_is_not_dropped() {
        let script = "let rows = [1, 2]; rows.filter(|r| r > 1)";
        for end in ["", "\n// the list\n"] {
            assert!(TestHost::new().run(&format!("{script}{end}")).is_ok());
            assert!(TestHost::new().run(&format!("{script};{end}")).is_err());
        }
    }

    #[test]
    fn a_value_that_is_made_and_dropped_is_refused() {
        for (script, name) in [
            (
                "let rows = [1]; rows.filter(|r| r > 1); print(rows);",
                "filter",
            ),
            ("let rows = [1]; rows.map(|r| r + 1);", "map"),
            ("let t = \"a\"; t.to_upper(); print(t);", "to_upper"),
            ("let c = #{ city: \"a\" }; c.city.to_upper();", "to_upper"),
            ("let rows = [[\"a\"]]; rows[0].order();", "order"),
            ("for t in [\"a\"] { t.to_lower(); }", "to_lower"),
            ("fn f(t) { t.to_lower(); t } print(f(\"A\"));", "to_lower"),
            (
                "[1].for_each(|x| { let t = \"a\"; t.to_lower(); print(t) });",
                "to_lower",
            ),
            (
                "if true { let t = \"a\"; t.sub_string(0, 1); print(t); }",
                "sub_string",
            ),
        ] {
            let failure = TestHost::new().failure(script);
            let what = format!("the value of `{name}` is not used, and `{name}` changes nothing");
            assert!(failure.contains(&what), "{script}: {failure}");
        }
    }

    #[test]
    fn values_that_are_used_and_closures_that_do_something_are_left_alone() {
        for script in [
            "let rows = [1]; rows.map(|r| print(r));",
            "let rows = [1]; let sum = 0; rows.map(|r| sum += r); print(sum);",
            "fn show(r) { print(r); } let rows = [1]; rows.map(show); rows.map(\"show\");",
            "fn up(t) { t.to_upper() } print(up(\"a\"));",
            "print([\"a\"].map(|t| t.to_upper()));",
            "let t = \"a\"; t.make_upper(); t.trim(); print(t);",
            "let x = if true { \"a\".to_upper() } else { \"b\" }; print(x);",
            "fn order(a) { print(a); } let rows = [1]; rows.order(); print(1);",
            "let rows = [2, 1]; rows.sort(); rows.retain(|r| r > 1); print(rows);",
        ] {
            TestHost::new().printed(script);
        }
    }
}
