//! Which rows are taken: an expression over a row's columns.
//!
//! It is looked at before the first row: what it cannot mean is refused then,
//! and not once for every row.

use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, ParseErrorType, Scope};

use super::looking::first_change;
use crate::error::{Exit, Failure};
use crate::script::check::calls::Calls;
use crate::script::check::imports::Imports;
use crate::script::check::refusals::refused_of_row;
use crate::script::diagnostic;
use crate::script::diagnostic::snippet::snippet;
use crate::script::diagnostic::suggestion::suggestion;
use crate::script::engine::functions::Functions;
use crate::script::engine::stack::on_script_stack;
use crate::script::engine::{ARGS, Factory};
use crate::script::host::Confinement;
use crate::script::library;
use crate::script::offline_host::nowhere;

/// The name errors show for the text.
const NAME: &str = "--where";
/// The name of the row in it.
pub(super) const ROW: &str = "row";

/// The columns that an expression takes.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct TakenColumns {
    /// By their bare names.
    pub bare: Vec<String>,
    /// As `row.x` or `row["x"]`.
    pub of_row: Vec<String>,
}

/// The columns an expression takes, or what is wrong with it.
pub(super) fn columns_of(
    expression: &str,
    columns: &[String],
    is_text: bool,
    files: Confinement,
) -> Result<TakenColumns, Failure> {
    let factory = library::factory(nowhere(files, false));
    let found = on_script_stack(|| {
        let engine = factory.engine();
        factory.sources().keep(NAME, expression);
        let ast = compile(&engine, &factory, expression, columns)?;
        let natives = Functions::list(&engine);
        let mut findings = Vec::new();
        let imports = Imports::load(&ast, NAME, &factory, &mut findings);
        let allowed = factory.host().run.allowed();
        Calls::new(&ast, &natives, &imports, allowed).check(usize::MAX, &mut findings);
        let held = (ROW, columns, is_text);
        findings.extend(refused_of_row(&engine, expression, &ast, held));
        if let Some(finding) = first_change(&ast).or_else(|| findings.into_iter().next()) {
            return Err(diagnostic::of_finding(&factory, NAME, finding));
        }
        Ok(TakenColumns {
            of_row: cells(&ast, expression, columns)?,
            bare: bare(&ast, columns),
        })
    });
    found.map_err(|failure| Failure {
        exit: Exit::Usage,
        ..failure
    })
}

fn compile(
    engine: &Engine,
    factory: &Factory,
    expression: &str,
    columns: &[String],
) -> Result<AST, Failure> {
    let mut scope = Scope::new();
    for name in columns.iter().map(String::as_str).chain([ROW, ARGS]) {
        scope.push(name, ());
    }
    let compiled = engine.compile_expression_with_scope(&scope, expression);
    compiled.map_err(|error| match error.err_type() {
        ParseErrorType::VariableUndefined(name) => {
            no_column(name, columns).at(snippet(NAME, Some(expression), error.position()))
        }
        ParseErrorType::UnexpectedEOF => Failure::usage("the expression ends too early")
            .at(snippet(NAME, Some(expression), error.position())),
        _ => diagnostic::of_parse_error(factory, NAME, &error),
    })
}

fn no_column(name: &str, columns: &[String]) -> Failure {
    Failure::usage(format!("there is no column `{name}`"))
        .hint(suggestion(name, columns.iter().map(String::as_str)))
}

/// The columns among the variables.
fn bare(ast: &AST, columns: &[String]) -> Vec<String> {
    let mut named = Vec::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::Variable(variable, _, _))) = path.last() {
            let name = variable.1.as_str();
            let is_own = name == ROW || name == ARGS;
            if !is_own && columns.iter().any(|column| column == name) {
                named.push(name.to_owned());
            }
        }
        true
    });
    named.sort_unstable();
    named.dedup();
    named
}

/// The columns in `row.x` and `row["x"]`; refuses one that is not there. `row?.x` only asks.
fn cells(ast: &AST, expression: &str, columns: &[String]) -> Result<Vec<String>, Failure> {
    let (mut missing, mut taken) = (None, Vec::new());
    ast.walk(&mut |path| {
        let Some(ASTNode::Expr(Expr::Dot(pair, flags, _) | Expr::Index(pair, flags, _))) =
            path.last()
        else {
            return true;
        };
        if flags.intersects(ASTFlags::NEGATED) {
            return true;
        }
        let is_row = matches!(&pair.lhs, Expr::Variable(variable, _, _) if variable.1 == ROW);
        // Of `row.x.y` the left side of the rest is the column.
        let first = match &pair.rhs {
            Expr::Dot(rest, ..) | Expr::Index(rest, ..) => &rest.lhs,
            only => only,
        };
        let name = match first {
            Expr::Property(property, _) => Some((property.2.as_str(), first.position())),
            Expr::StringConstant(text, position) => Some((text.as_str(), *position)),
            _ => None,
        };
        if let Some((name, position)) = name.filter(|_| is_row) {
            if columns.iter().any(|column| column == name) {
                taken.push(name.to_owned());
            } else {
                missing = Some((name.to_owned(), position));
            }
        }
        missing.is_none()
    });
    taken.sort_unstable();
    taken.dedup();
    match missing {
        None => Ok(taken),
        Some((name, position)) => {
            Err(no_column(&name, columns).at(snippet(NAME, Some(expression), position)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(expression: &str) -> Result<Vec<String>, String> {
        let columns = ["id", "status", "first name", "email"].map(String::from);
        columns_of(expression, &columns, true, Confinement::default())
            .map(|named| named.bare)
            .map_err(|failure| failure.to_string())
    }

    fn refusal(expression: &str) -> String {
        read(expression).unwrap_err()
    }

    #[test]
    fn columns_are_taken_by_bare_names_and_from_the_row() {
        assert_eq!(
            read("status == \"Active\" && id != \"\"").unwrap(),
            ["id", "status"]
        );
        assert!(
            read("row.status == \"x\" || row[\"first name\"].len() > 2")
                .unwrap()
                .is_empty()
        );
        assert!(
            read("row.has(\"nothing\") && row.number() > 5")
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            read("[\"a\", \"b\"].some(|x| x == status)").unwrap(),
            ["status"]
        );
    }

    #[test]
    fn a_column_that_is_not_there_is_refused_with_a_suggestion() {
        assert_eq!(
            refusal("emial != \"\""),
            "error: there is no column `emial`\n --> --where:1:1\n  |\n1 | emial != \"\"\n  | ^^^^^\n\
             hint: did you mean `email`?"
        );
        assert!(refusal("row.emial != \"\"").contains("--where:1:5"));
        assert!(refusal("row.emial.len() > 1").contains("no column `emial`"));
        assert!(refusal("row[\"emial\"] == \"\"").contains("no column `emial`"));
    }

    #[test]
    fn a_cell_is_not_compared_with_nothing() {
        for (text, hint) in [
            ("status == ()", "write `== \"\"`"),
            ("id == \"1\" && () != row.email", "write `!= \"\"`"),
            ("(row.status ?? \"x\") == \"x\"", "if row.x == \"\""),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains("a cell is never `()`"), "{refusal}");
            assert!(refusal.contains("--where:1:"), "{refusal}");
            assert!(refusal.contains(hint), "{refusal}");
        }
        assert!(read("status != \"\" && row.get(\"x\") == ()").is_ok());
    }

    #[test]
    fn a_switch_on_a_cell_has_cases_of_text() {
        let refusal = refusal("switch id { 1 => true, _ => false }");
        assert!(refusal.contains("it is on text"), "{refusal}");
        assert!(refusal.contains(" --> --where:1:1"), "{refusal}");
        assert!(read("switch status { \"Active\" => true, _ => false }").is_ok());
    }

    #[test]
    fn what_would_change_something_is_refused() {
        for text in [
            "close_client(#{ clientid: id }).result == \"success\"",
            "id != \"\" && add_client_note(#{ userid: id, notes: \"x\" }).result == \"success\"",
            "[id].some(|x| delete_client(#{ clientid: x }).result == \"success\")",
            "call(\"CloseClient\", #{ clientid: id }).result == \"success\"",
            "call(\"MyAction\", #{}).result == \"success\"",
            "connect(\"old\").close_client(#{ clientid: id }).result == \"success\"",
            "Fn(\"close_client\").call(#{ clientid: id }).result == \"success\"",
            "upsert_client(row, \"email\") == \"created\"",
            "write_text(\"a.txt\", id) == ()",
            "id == \"1\" || exit(0)",
            "id == \"1\" || skip(\"no\")",
        ] {
            let refusal = refusal(text);
            assert!(
                refusal.contains("changes something, and `--where` only chooses rows"),
                "{text}: {refusal}"
            );
        }
        for text in [
            "get_clients_details(#{ clientid: id }).client.status == \"Active\"",
            "client_by_email(email) == ()",
            "call(\"GetClients\", #{ search: email }).totalresults == 0",
        ] {
            assert!(read(text).is_ok(), "{:?}", read(text));
        }
    }

    #[test]
    fn a_column_may_be_asked_for_without_being_there() {
        assert!(read("row?.nothing == ()").is_ok());
        assert!(read("row?.status == \"x\"").is_ok());
    }

    #[test]
    fn what_is_no_expression_is_refused_before_any_row() {
        for text in [
            "",
            "id ==",
            "id; id",
            "true) { close_client(#{}); } if (true",
            "let a = 1",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(refusal("id == ").starts_with("error: the expression ends too early\n"));
        assert!(refusal("id = \"1\"").ends_with("hint: to compare, write `==`"));
        let refusal = refusal("status.start_with(\"A\")");
        assert!(
            refusal.contains("unknown function `start_with`"),
            "{refusal}"
        );
        assert!(refusal.contains("`starts_with`"), "{refusal}");
    }
}
