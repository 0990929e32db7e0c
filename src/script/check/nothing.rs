//! What is taken for nothing and is not, or is and is not taken for it: a cell is never `()`,
//! for an empty one is `""`; the first value of `reduce` is `()`.

use rhai::{ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::script::check::closures::FunctionBody;
use crate::script::check::kinds::Kind;
use crate::script::finding::Finding;

fn is_cell(kind: &Kind) -> bool {
    matches!(kind, Kind::Cell | Kind::Entry)
}

/// A cell that is compared with nothing.
pub(super) fn never_equal(kind: &Kind, operator: &str, position: Position) -> Option<Finding> {
    is_cell(kind).then(|| Finding {
        code: "cell-never-nothing",
        position,
        what: format!("a cell is never `()`, so `{operator} ()` tests nothing"),
        hint: Some(format!(
            "an empty cell is `\"\"`: write `{operator} \"\"`; to test for a column, use \
             `row.has(\"x\")`"
        )),
    })
}

/// What stands behind `??` for a cell, unless it is what an empty cell is anyway.
pub(super) fn never_used(kinds: &[Kind], all: &[Expr], position: Position) -> Option<Finding> {
    let before_last = kinds.len().checked_sub(1)?;
    let at = kinds[..before_last].iter().position(is_cell)?;
    let is_empty = |value: &Expr| matches!(value, Expr::StringConstant(text, _) if text.is_empty());
    (!all[at + 1..].iter().all(is_empty)).then(|| Finding {
        code: "cell-never-nothing",
        position,
        what: "a cell is never `()`, so the value after `??` is never used".into(),
        hint: Some(
            "an empty cell is `\"\"`: `if row.x == \"\" { … } else { row.x }`; to test for a \
             column, use `row.has(\"x\")`"
                .into(),
        ),
    })
}

/// A closure of `reduce` that reckons at once with what came before, where nothing did yet.
pub(super) fn first_of_reduce(
    body: &FunctionBody,
    captured: &[String],
    item: &Kind,
) -> Option<Finding> {
    // Of texts the first joins `()` to the second, which is nothing.
    if !item.is_number() && !matches!(item, Kind::Money) {
        return None;
    }
    let mut own = body
        .parameters
        .iter()
        .filter(|name| !captured.contains(name));
    let sum = own.next()?;
    let mut found = None;
    body.tree.walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path
            && let Some((call, position)) = operator(statement)
            && call.args.iter().any(|arg| is_named(arg, sum))
        {
            found = Some(Finding {
                code: "reduce-start",
                position,
                what: format!("`{sum}` is `()` at first, so `{}` fails", call.name),
                hint: Some("give `reduce` a start value: `.reduce(|sum, x| sum + x, 0)`".into()),
            });
        }
        true
    });
    found
}

/// The operator that a statement is.
fn operator(statement: &Stmt) -> Option<(&FnCallExpr, Position)> {
    let (call, position) = match statement {
        Stmt::FnCall(call, position) => (call, *position),
        Stmt::Expr(expression) => match &**expression {
            Expr::FnCall(call, position) => (call, *position),
            _ => return None,
        },
        _ => return None,
    };
    let is_reckoning = matches!(call.name.as_str(), "+" | "-" | "*" | "/");
    (call.op_token.is_some() && is_reckoning).then_some((&**call, position))
}

fn is_named(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Variable(variable, ..) if variable.1 == *name)
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn a_cell_is_not_asked_whether_it_is_nothing() {
        let rig = TestHost::new();
        rig.file("a.csv", "city,qty\n,2\nBonn,3\n");
        for text in [
            "for row in csv(\"a.csv\") { if row.city == () { print(1); } }",
            "for row in csv(\"a.csv\") { if () != row[\"city\"] { print(1); } }",
            "let c = csv(\"a.csv\").to_array().map(|r| r.city).filter(|c| c != ());",
            "for row in csv(\"a.csv\") { print(row.city ?? \"Berlin\"); }",
            "bulk(csv(\"a.csv\"), |row| { #{ city: row.city ?? \"Berlin\" } });",
        ] {
            let failure = rig.failure(text);
            assert!(
                failure.contains("a cell is never `()`"),
                "{text}: {failure}"
            );
            assert!(failure.contains("an empty cell is `\"\"`"), "{failure}");
        }
        let printed = rig.printed(
            "fn tidy(x) { if x == () { \"none\" } else { x.to_upper() } }
             for row in csv(\"a.csv\") { print([row.has(\"town\"), row.city ?? \"\", tidy(row.city)]); }
             let found = csv(\"a.csv\").to_array().map(|r| r.city).find(|c| c == \"Rome\"); print(found == ());",
        );
        assert_eq!(printed.last().unwrap(), "true");
        assert_eq!(printed.len(), 3);
    }

    #[test]
    fn the_first_value_of_reduce_is_given() {
        let rig = TestHost::new();
        let failure = rig.failure("print([1, 2].reduce(|a, b| a + b));");
        assert!(failure.contains("`a` is `()` at first"), "{failure}");
        assert!(
            failure.contains(".reduce(|sum, x| sum + x, 0)"),
            "{failure}"
        );
        assert_eq!(
            rig.printed(
                "print([1, 2].reduce(|a, b| a + b, 0)); print([1, 2].reduce(|a, b| if a == () { b } else { a + b }));"
            ),
            ["3", "3"]
        );
        let failure = rig.failure(
            "print(all_invoices().to_array().map(|i| parse_money(i.total)).reduce(|a, b| a + b));",
        );
        assert!(failure.contains("`a` is `()` at first"), "{failure}");
        assert_eq!(
            rig.printed("print([\"a\", \"b\"].reduce(|a, b| a + b));"),
            ["ab"]
        );
    }
}
