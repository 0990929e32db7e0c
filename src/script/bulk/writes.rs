//! Finds where a closure changes what it captured.
//!
//! Rows run at the same time on copies of the captured variables; a change would
//! be lost, in some cases without a word. Rhai leaves a name in a closure's body
//! without an index exactly when it is captured, so a variable of the closure's
//! own that has the same name is not mistaken for it.

use std::collections::BTreeMap;

use rhai::{AST, ASTFlags, ASTNode, Dynamic, EvalAltResult, Expr, FnPtr, Position, Stmt};

use crate::script::engine::function::Fallible;
use crate::script::engine::sources::Sources;
use crate::script::raise::Raised;
use crate::script::value::record::is_map;

/// The methods with which Rhai changes arrays, maps, blobs and texts in place.
const CHANGING: &[&str] = &[
    "append",
    "chop",
    "clear",
    "crop",
    "dedup",
    "drain",
    "fill_with",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "pop",
    "push",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "shift",
    "sort",
    "splice",
    "trim",
    "truncate",
];

/// Those whose result a row may want of a copy of its own.
const OF_A_COPY: [&str; 13] = [
    "chop",
    "crop",
    "dedup",
    "fill_with",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "replace",
    "reverse",
    "sort",
    "trim",
    "truncate",
];

/// What to do instead of changing what was captured.
const HINT: &str = "return a value from the row, or count with `counter()`";

/// A change of a captured variable.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Write {
    /// The script it is in, as errors name it.
    pub source: String,
    /// Where: the variable, or the method that changes it.
    pub position: Position,
    /// The variable.
    pub variable: String,
    /// The method that changes it, if it is one.
    pub method: Option<String>,
}

impl Write {
    /// What is wrong with it, in a loop of that function.
    pub fn what(&self, of: &str) -> String {
        let variable = &self.variable;
        format!("rows of `{of}` cannot change `{variable}`, which is outside them")
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match &self.method {
            Some(method) if OF_A_COPY.contains(&method.as_str()) => {
                let variable = &self.variable;
                format!("copy it in the row first: `let own = {variable}; own.{method}(…)`")
            }
            _ => HINT.to_owned(),
        }
    }

    /// Raises the error where the change is; `caller` is where the loop was called.
    pub fn refuse<T>(self, of: &str, caller: Position) -> Fallible<T> {
        let raised = Raised::new("script", self.what(of)).hint(self.hint());
        let inner = raised.at(self.position);
        Err(EvalAltResult::ErrorInFunctionCall(of.into(), self.source, inner, caller).into())
    }
}

/// The first change the closure makes to what it captured, if there is one.
pub(crate) fn find(sources: &Sources, closure: &FnPtr) -> Option<Write> {
    let ast = closure
        .is_anonymous()
        .then(|| sources.closure(closure.fn_name()))??;
    let function = ast.iter_functions().next()?;
    let captured = function.params.iter().map(ToString::to_string);
    let values = closure.iter_curry().map(is_changeable);
    let first = first_in(sources, &ast, &captured.zip(values).collect());
    first.or_else(|| {
        closure
            .iter_curry()
            .find_map(|value| in_value(sources, value))
    })
}

/// The first change a closure of that syntax tree makes to what it captured.
pub(crate) fn first_in(sources: &Sources, closure: &AST, captured: &Captured) -> Option<Write> {
    let mut found = Vec::new();
    in_body(sources, closure, captured, &mut found);
    found.into_iter().min_by_key(|write| write.position)
}

/// The captured variables by name, and whether methods may change their values.
pub(crate) type Captured = BTreeMap<String, bool>;

/// A closure may have captured others that make changes.
fn in_value(sources: &Sources, value: &Dynamic) -> Option<Write> {
    let value = value.read_lock::<Dynamic>()?;
    if let Some(closure) = value.read_lock::<FnPtr>() {
        return find(sources, &closure);
    }
    if let Some(items) = value.read_lock::<rhai::Array>() {
        return items.iter().find_map(|item| in_value(sources, item));
    }
    let map = value.read_lock::<rhai::Map>()?;
    map.values().find_map(|item| in_value(sources, item))
}

fn in_body(sources: &Sources, ast: &AST, captured: &Captured, found: &mut Vec<Write>) {
    let source = ast.source().unwrap_or_default();
    let mut add = |variable: &str, position, method: Option<&str>| {
        found.push(Write {
            source: source.to_owned(),
            position,
            variable: variable.to_owned(),
            method: method.map(str::to_owned),
        });
    };
    let mut nested = Vec::new();
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                if let Some((name, position)) = root(&parts.1.lhs)
                    && captured.contains_key(name)
                {
                    add(name, position, None);
                }
            }
            Some(ASTNode::Expr(chain @ (Expr::Dot(..) | Expr::Index(..))))
                if !is_inside_chain(path, chain) =>
            {
                if let Some((name, _)) = root(chain)
                    && captured
                        .get(name)
                        .is_some_and(|is_changeable| *is_changeable)
                    && let Some((method, position)) = changing_method(chain)
                {
                    add(name, position, Some(method));
                }
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)))
                if call.name == "curry" =>
            {
                nested.extend(closure_within(&call.args, captured));
            }
            _ => {}
        }
        true
    });
    for (name, captured) in nested {
        if let Some(ast) = sources.closure(&name) {
            in_body(sources, &ast, &captured, found);
        }
    }
}

/// A closure within the body: its name, and what it captures of the outer one's captures.
fn closure_within(args: &[Expr], captured: &Captured) -> Option<(String, Captured)> {
    let (Expr::DynamicConstant(closure, _), shared) = args.split_first()? else {
        return None;
    };
    let name = closure.read_lock::<FnPtr>()?.fn_name().to_owned();
    let shared = shared.iter().filter_map(|arg| root(arg));
    let shared: Captured = shared
        .filter_map(|(name, _)| Some((name.to_owned(), *captured.get(name)?)))
        .collect();
    (!shared.is_empty()).then_some((name, shared))
}

/// The variable at the start of an expression, unless it is the closure's own.
fn root(expression: &Expr) -> Option<(&str, Position)> {
    match expression {
        Expr::Variable(variable, None, position) if variable.0.is_none() => {
            Some((&variable.1, *position))
        }
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => root(&parts.lhs),
        _ => None,
    }
}

/// Whether it goes on with the chain before it: in `list[key].push(x)`, Rhai
/// writes what follows the bracket as a chain that begins with `key`.
fn is_inside_chain(path: &[ASTNode], chain: &Expr) -> bool {
    let parent = path.len().checked_sub(2).map(|place| &path[place]);
    match parent {
        Some(ASTNode::Expr(Expr::Index(parts, flags, _))) => {
            !flags.contains(ASTFlags::BREAK) && std::ptr::eq(&raw const parts.rhs, chain)
        }
        _ => false,
    }
}

/// Whether it is an array, a map, a blob or a text; a handle's methods are its own affair.
fn is_changeable(value: &Dynamic) -> bool {
    let value = value.flatten_clone();
    value.is_array() || is_map(&value) || value.is_blob() || value.is_string()
}

/// Where a chain such as `list.push(x)` or `map.list.push(x)` changes its variable.
pub(crate) fn changing_method(chain: &Expr) -> Option<(&str, Position)> {
    let (Expr::Dot(parts, flags, _) | Expr::Index(parts, flags, _)) = chain else {
        return None;
    };
    let is_index = matches!(chain, Expr::Index(..));
    let next = match &parts.rhs {
        // What stands in brackets is no step of the chain.
        _ if is_index && flags.contains(ASTFlags::BREAK) => return None,
        Expr::Dot(rest, ..) | Expr::Index(rest, ..) if !is_index => &rest.lhs,
        Expr::Dot(..) | Expr::Index(..) => return changing_method(&parts.rhs),
        last => last,
    };
    match next {
        Expr::MethodCall(call, position) => {
            // What other methods give is a value of its own.
            let name = call.name.as_str();
            CHANGING.contains(&name).then_some((name, *position))
        }
        _ => changing_method(&parts.rhs),
    }
}

#[cfg(test)]
mod tests {
    use crate::script::load::Script;
    use crate::script::test_host::TestHost;

    /// The place and the variable a script is refused for; nothing if it runs.
    fn refused(script: &str) -> Option<(String, String)> {
        let rig = TestHost::new();
        let Err(failure) = rig.run(script) else {
            assert!(
                rig.rows().iter().all(|row| row.error.is_none()),
                "{:?}",
                rig.rows()
            );
            return None;
        };
        assert!(
            rig.begun().is_empty() && rig.rows().is_empty(),
            "{script}: {failure}"
        );
        let place = failure.place.unwrap();
        let (_, place) = place.split_once("main.rhai:").unwrap();
        let variable = failure.what.split('`').nth(3).unwrap().to_owned();
        Some((place.lines().next().unwrap().to_owned(), variable))
    }

    fn refused_at(script: &str, place: &str, variable: &str) {
        let expected = Some((place.to_owned(), variable.to_owned()));
        assert_eq!(refused(script), expected, "{script}");
    }

    #[test]
    fn a_change_of_a_captured_variable_is_refused_where_it_is() {
        refused_at("let n = 0; bulk([1], |x| { n = x; });", "1:28", "n");
        refused_at(
            "let n = 0;\nbulk([1], |x| {\n    let y = n;\n    n += x;\n});",
            "4:5",
            "n",
        );
        refused_at(
            "let m = #{}; bulk([1], |x| { m[x.to_string()] = 1; });",
            "1:30",
            "m",
        );
        refused_at("let m = #{}; bulk([1], |x| { m.a = 1; });", "1:30", "m");
        refused_at(
            "let m = #{ a: #{} }; bulk([1], |x| { if x == 1 { m.a.b[\"c\"] = 1; } });",
            "1:50",
            "m",
        );
        refused_at("let l = [1]; bulk([1], |x| { l[0] = 1; });", "1:30", "l");
        refused_at("let f = |x| x; bulk([1], |x| { f = 1; });", "1:32", "f");
    }

    #[test]
    fn a_method_that_changes_what_was_captured_is_refused() {
        refused_at("let l = []; bulk([1], |x| { l.push(x); });", "1:31", "l");
        refused_at(
            "let m = #{ l: [] }; bulk([1], |x| { m.l.push(x); });",
            "1:41",
            "m",
        );
        refused_at(
            "let m = #{ l: [] }; bulk([1], |x| { m[\"l\"].push(x); });",
            "1:44",
            "m",
        );
        refused_at("let l = [1]; bulk([1], |x| { l.pop() });", "1:32", "l");
        refused_at("let t = \"a\"; bulk([1], |x| { t.clear(); });", "1:32", "t");
    }

    #[test]
    fn a_change_in_a_closure_within_the_closure_is_refused() {
        refused_at(
            "let n = 0; bulk([1], |x| { [1, 2].for_each(|y| n += 1); });",
            "1:48",
            "n",
        );
        refused_at(
            "let n = 0; bulk([1], |x| { let f = |y| { let g = || { n += y; }; g.call() }; f.call(x); });",
            "1:55",
            "n",
        );
        refused_at(
            "let n = 0; let add = |x| n += x; bulk([1], |x| add.call(x));",
            "1:26",
            "n",
        );
        refused_at(
            "let n = 0; let to = #{ add: [|x| n += x] }; bulk([1], |x| to.add[0].call(x));",
            "1:34",
            "n",
        );
        refused_at(
            "let n = 0; let add = |x| n += x; bulk([1], add);",
            "1:26",
            "n",
        );
    }

    #[test]
    fn what_is_the_closures_own_may_be_changed() {
        for script in [
            "let n = 0; bulk([1], |x| { let n = n; n += x; });",
            "let n = 0; bulk([1], |x| { let y = n; let n = 5; n += x; });",
            "let n = 0; bulk([1], |n| { n += 1; });",
            "let n = 0; bulk([1], |x| { for n in [1] { n += 1; print(n); } });",
            "let n = 0; bulk([1], |x| { let m = #{}; m.n = n; m[\"n\"] = n; });",
            "let n = 0; bulk([1], |x| { let l = []; l.push(n); [1].for_each(|y| l.push(y)); });",
            "let n = 0; bulk([1], |x| { try { throw n } catch (n) { n = 1; } });",
            "let k = \"a\"; bulk([1], |x| { let m = #{ a: [] }; m[k].push(1); });",
            "let l = [[3, 1]]; bulk([1], |x| { l.filter(|y| true).push(1); let s = l[0]; s.sort(); });",
            "let n = counter(); bulk([1], |x| { n.add(1); });",
        ] {
            assert_eq!(refused(script), None, "{script}");
        }
    }

    #[test]
    fn the_error_shows_the_line_and_says_what_to_do() {
        let failure = TestHost::new().failure("let sum = 0;\nbulk([1], |x| { sum += x; });");
        assert_eq!(
            failure,
            "error: rows of `bulk` cannot change `sum`, which is outside them\n \
             --> main.rhai:2:17\n  |\n2 | bulk([1], |x| { sum += x; });\n  |                 ^^^\n  \
             = called from main.rhai:2:1\n\
             hint: return a value from the row, or count with `counter()`"
        );
    }

    #[test]
    fn the_change_may_be_in_an_imported_module() {
        let rig = TestHost::new();
        rig.file(
            "lib.rhai",
            "fn all(rows) {\n  let n = 0;\n  bulk(rows, |x| { n += 1; });\n}",
        );
        let main = rig.file("main.rhai", "import \"lib\" as lib;\nlib::all([1]);");
        let failure = Script::load(&main).unwrap().run(rig.host()).unwrap_err();
        let place = failure.place.unwrap();
        assert!(place.contains("lib.rhai:3:20"), "{place}");
        assert!(
            place.contains("called from") && place.contains("main.rhai:2:6"),
            "{place}"
        );
    }

    #[test]
    fn no_closure_comes_from_a_text_that_was_not_looked_at() {
        let failure = TestHost::new().failure("let f = eval(\"|x| { x }\"); bulk([1], f);");
        assert!(failure.contains("must be at global level"), "{failure}");
    }
}
