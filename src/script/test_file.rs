//! A file of tests: which there are, and how one is run.
//!
//! A test is a function without parameters whose name begins with `test_`, in a file whose name
//! ends with `_test.rhai`. What stands outside of functions is done before each test.

use std::sync::Arc;

use rhai::{AST, CallFnOptions, Dynamic, Position, Scope};

use crate::error::{Exit, Failure};
use crate::script::check::refusals::refused_beside;
use crate::script::diagnostic;
use crate::script::diagnostic::snippet::snippet;
use crate::script::engine::stack::on_script_stack;
use crate::script::exit::unless_ended;
use crate::script::host::{Confinement, Host};
use crate::script::library;
use crate::script::load::Script;
use crate::script::offline_host::in_test;
use crate::script::tokens::{Tokens, scan};
use crate::secrets;

/// How the name of a test begins.
const BEGINNING: &str = "test_";

/// A test in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TestFunction {
    /// Its name.
    pub name: String,
    /// The line it begins in, from 1.
    pub line: usize,
}

/// A file of tests that was read, and can be run.
pub struct TestFile {
    script: Script,
    ast: AST,
    tests: Vec<TestFunction>,
}

impl TestFile {
    /// Reads the tests of a file.
    ///
    /// # Errors
    /// A script that Rhai does not accept or that is never run; two tests of one name; a test
    /// that has parameters.
    pub fn read(script: Script, files: Confinement) -> Result<Self, Failure> {
        let tests = tests(&script)?;
        let factory = library::factory(in_test(files, false));
        let ast = on_script_stack(|| {
            let engine = factory.engine();
            let ast = script.compile(&factory, &engine)?;
            let files = &factory.host().files;
            match refused_beside(&engine, &script, &ast, files)
                .into_iter()
                .next()
            {
                Some(finding) => Err(diagnostic::of_finding(&factory, script.name(), finding)),
                None => Ok(ast),
            }
        })?;
        Ok(Self { script, ast, tests })
    }

    /// Its tests, in the order of their lines.
    pub fn tests(&self) -> &[TestFunction] {
        &self.tests
    }

    /// Runs one of its tests, which does everything through `host`.
    ///
    /// # Errors
    /// Whatever the test raises, with its place.
    pub fn run(&self, test: &str, host: Arc<Host>) -> Result<(), Failure> {
        let name = self.script.name();
        let factory = library::factory(host);
        on_script_stack(|| {
            secrets::share(factory.host().run.credentials());
            let engine = factory.engine();
            factory.know(name, self.script.text(), &self.ast);
            let options = CallFnOptions::new().eval_ast(true);
            let mut scope = Scope::new();
            let done: Result<Dynamic, _> =
                engine.call_fn_with_options(options, &mut scope, &self.ast, test, ());
            let done = unless_ended(done).and_then(|_| Ok(factory.writers().complete()?));
            done.map_err(|error| {
                let failure = diagnostic::of_error(&factory, name, &error);
                // Rhai says of what ends a script from without only where that was called.
                let is_placed = !error.unwrap_inner().position().is_none();
                let line = self.tests.iter().find(|known| known.name == test);
                match line.filter(|_| !is_placed) {
                    Some(test) => failure.at(drawn(&self.script, test.line)),
                    None => failure,
                }
            })
        })
    }
}

/// The tests that a script has.
fn tests(script: &Script) -> Result<Vec<TestFunction>, Failure> {
    let text = script.text();
    let tokens = scan(text);
    let mut found: Vec<TestFunction> = Vec::new();
    for place in 0..tokens.all.len() {
        let Some(name) = named(&tokens, place) else {
            continue;
        };
        let line = text[..tokens.all[place].start].matches('\n').count() + 1;
        if !tokens.is(place + 3, ")") {
            let what = format!("the test `{name}` has parameters");
            return Err(at(script, line, what)
                .hint("a test has none: leave them out, or give the function another name"));
        }
        if let Some(first) = found.iter().find(|other| other.name == name) {
            let what = format!(
                "there are two tests `{name}`, in the lines {} and {line}",
                first.line
            );
            return Err(at(script, line, what).hint("rename one of them"));
        }
        found.push(TestFunction {
            name: name.to_owned(),
            line,
        });
    }
    Ok(found)
}

/// The name of the test that is defined there.
fn named<'t>(tokens: &Tokens<'t>, place: usize) -> Option<&'t str> {
    let name = tokens.word(place + 1)?;
    let is_test =
        tokens.is(place, "fn") && tokens.is(place + 2, "(") && name.starts_with(BEGINNING);
    is_test.then_some(name)
}

fn at(script: &Script, line: usize, what: String) -> Failure {
    Failure::new(Exit::Script, what).at(drawn(script, line))
}

fn drawn(script: &Script, line: usize) -> String {
    let position = Position::new(u16::try_from(line).unwrap_or(u16::MAX), 1);
    snippet(script.name(), Some(script.text()), position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TestFile, Failure> {
        TestFile::read(
            Script::from_text("a_test.rhai", text),
            Confinement::default(),
        )
    }

    #[test]
    fn the_tests_of_a_file_are_its_functions_that_are_called_so() {
        let text = "fn helper(a) { a }\nfn test_b() { helper(1) }\n// fn test_c() {}\nlet a = \"fn test_d()\";\nprint(a);\nprivate fn test_a() { assert(true) }\n";
        let file = read(text).unwrap_or_else(|failure| panic!("{failure}"));
        let names: Vec<(&str, usize)> = file
            .tests()
            .iter()
            .map(|test| (test.name.as_str(), test.line))
            .collect();
        assert_eq!(names, [("test_b", 2), ("test_a", 6)]);
    }

    #[test]
    fn two_tests_of_one_name_are_refused_with_both_places() {
        let failure = read("fn test_a() {}\n\nfn test_a() {}\n").err().unwrap();
        assert_eq!(
            failure.what,
            "there are two tests `test_a`, in the lines 1 and 3"
        );
        assert!(failure.place.unwrap().contains("a_test.rhai:3:1"));
    }

    #[test]
    fn a_test_with_parameters_is_refused() {
        let failure = read("fn test_a(x) {}").err().unwrap();
        assert_eq!(failure.what, "the test `test_a` has parameters");
    }
}
