//! Checks the loops of a script whose rows run at the same time, `bulk` and `gather`:
//! what every row would fail of, or lose without a word.
//!
//! What a loop is started with is known when it starts, and refused there. Here
//! only what is written out is judged: a closure in the call, or in the one
//! variable that is named there; options in a literal map.

use std::collections::BTreeMap;

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::script::bulk::writes::{self, Captured};
use crate::script::check::closures::{Closure, closure};
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::sources::Sources;
use crate::script::finding::Finding;
use crate::script::{gather, options_of};

/// The functions that run a closure for many rows at once.
const LOOPS: [&str; 2] = ["bulk", gather::NAME];

/// What is wrong with the loops of a script.
pub(super) fn findings(sources: &Sources, ast: &AST) -> Vec<Finding> {
    let variables = variables(ast);
    let mut found = Vec::new();
    ast.walk(&mut |path| {
        if let Some(
            ASTNode::Stmt(Stmt::FnCall(call, position))
            | ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position)),
        ) = path.last()
            && LOOPS.contains(&call.name.as_str())
            && !call.is_qualified()
        {
            check(sources, call, *position, &variables, &mut found);
        }
        true
    });
    found.dedup_by_key(|finding| finding.position);
    found
}

/// What each variable is first given; nothing where there are several of that name.
type Variables = BTreeMap<String, Option<Value>>;

/// What is known of a variable from the `let` that makes it.
struct Value {
    closure: Option<Closure>,
    /// Whether it is an array, a map or a text, which methods change in place.
    is_changeable: bool,
}

fn variables(ast: &AST) -> Variables {
    let mut variables = Variables::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Stmt(Stmt::Var(parts, ..))) = path.last() {
            let value = Value {
                closure: closure(&parts.1),
                is_changeable: is_changeable(&parts.1),
            };
            let name = parts.0.name.to_string();
            let slot = variables.entry(name);
            slot.and_modify(|known| *known = None)
                .or_insert(Some(value));
        }
        true
    });
    variables
}

fn check(
    sources: &Sources,
    call: &FnCallExpr,
    position: Position,
    variables: &Variables,
    found: &mut Vec<Finding>,
) {
    let Some((work, before)) = call.args.split_last() else {
        return;
    };
    let of = &call.name;
    let options_known = options_of(of);
    if let Some(Expr::Map(options, _)) = before.last() {
        for (name, _) in &options.0 {
            if !options_known.contains(&name.name.as_str()) {
                found.push(Finding {
                    code: "unknown-option",
                    position: name.pos,
                    what: format!("`{of}` has no option `{}`", name.name),
                    hint: Some(suggestion(&name.name, options_known.iter().copied())),
                });
            }
        }
    }
    let known = |name: &str| variables.get(name)?.as_ref();
    let named = match work {
        Expr::Variable(variable, ..) => known(&variable.1).and_then(|value| value.closure.clone()),
        _ => None,
    };
    let Some(closure) = closure(work).or(named) else {
        return;
    };
    let Some(body) = sources.closure(&closure.name) else {
        return;
    };
    let taken = body.iter_functions().next().map(|found| found.params.len());
    if taken.is_some_and(|taken| taken != closure.captured.len() + 1) {
        found.push(Finding {
            code: "wrong-closure",
            position,
            what: format!(
                "`{of}` passes one row to the closure, which takes another number of \
                 values"
            ),
            hint: Some(format!("write `{of}(rows, |row| …)`")),
        });
        return;
    }
    let captured: Captured = closure
        .captured
        .into_iter()
        .map(|name| {
            let is_changeable = known(&name).is_some_and(|value| value.is_changeable);
            (name, is_changeable)
        })
        .collect();
    found.extend(
        writes::first_in(sources, &body, &captured).map(|write| Finding {
            code: "shared-write",
            position: write.position,
            what: write.what(of),
            hint: Some(write.hint()),
        }),
    );
}

fn is_changeable(expression: &Expr) -> bool {
    match expression {
        Expr::Array(..)
        | Expr::Map(..)
        | Expr::StringConstant(..)
        | Expr::InterpolatedString(..) => true,
        // A literal without variables is a value already.
        Expr::DynamicConstant(value, _) => value.is_array() || value.is_map(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::script::load::Script;
    use crate::script::test_host::TestHost;

    fn found(text: &str) -> Vec<String> {
        let rig = TestHost::new();
        let script = Script::from_text("main.rhai", text);
        let found = script.check(rig.host().files.clone(), false);
        let shown = |failure: crate::error::Failure| {
            let place = failure.place.unwrap_or_default();
            let place = place.lines().next().unwrap_or_default().to_owned();
            let (_, place) = place.split_once("main.rhai:").unwrap();
            format!("{place} {}", failure.what)
        };
        found.into_iter().map(shown).collect()
    }

    #[test]
    fn a_row_that_changes_what_is_outside_it_is_found_without_running() {
        let change = |place: &str, name: &str| {
            vec![format!(
                "{place} rows of `bulk` cannot change `{name}`, which is outside them"
            )]
        };
        for (script, place, name) in [
            ("let n = 0; bulk([1], |x| { n += x; });", "1:28", "n"),
            (
                "let n = 0; let f = |x| n += x; bulk([1], #{}, f);",
                "1:24",
                "n",
            ),
            ("let l = []; bulk([1], |x| l.push(x));", "1:29", "l"),
            ("let l = [1]; bulk([1], |x| { l.clear(); });", "1:32", "l"),
            (
                "let m = #{}; let done = bulk([1], |x| { m[x] = 1; });",
                "1:41",
                "m",
            ),
            (
                "fn all(rows) { let n = 0; bulk(rows, |x| { n += 1; }); } all([1]);",
                "1:44",
                "n",
            ),
            (
                "let n = 0; bulk([1], |x| { [1].for_each(|y| n += y); });",
                "1:45",
                "n",
            ),
            ("let n = 0; [1].bulk(|x| { n += x; });", "1:27", "n"),
        ] {
            assert_eq!(found(script), change(place, name), "{script}");
        }
    }

    #[test]
    fn a_row_that_changes_only_its_own_is_fine() {
        for script in [
            "let n = 0; bulk([1], |x| { let n = n; n += x; });",
            "let n = counter(); bulk([1], |x| { n.add(1); });",
            "let l = 5; bulk([1], |x| { let l = []; l.push(x); });",
            "let n = 0; bulk([1], |x| #{ n: n }); n += 1;",
            "let f = |x| x; let n = 0; if true { let f = |x| n += x; f.call(1); } bulk([1], f);",
            "fn bulk(a) { a } bulk(1);",
        ] {
            assert!(
                found(script)
                    .iter()
                    .all(|finding| !finding.contains("rows of")),
                "{script}: {:?}",
                found(script)
            );
        }
    }

    #[test]
    fn options_and_closures_that_cannot_be_are_found() {
        assert_eq!(
            found("bulk([1], #{ wrokers: 2 }, |x| ());"),
            ["1:14 `bulk` has no option `wrokers`"]
        );
        let what = "`bulk` passes one row to the closure, which takes another number of values";
        assert_eq!(found("bulk([1], || ());"), [format!("1:1 {what}")]);
        assert_eq!(
            found("let a = 1; bulk([1], |x, y| a);"),
            [format!("1:12 {what}")]
        );
    }
}
