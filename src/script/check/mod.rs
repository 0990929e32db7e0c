//! Finds what is wrong with a script without running it.
//!
//! All findings in one pass, each with its place: unknown functions and
//! variables, unknown or missing parameters and impossible values where they
//! are written out, functions that hide ours, rows of `bulk` that change what is
//! outside them; in imported modules too. Nothing is sent, and nothing of the
//! script is run.

mod bulk;
pub(crate) mod calls;
mod cases;
mod closures;
mod copies;
pub(crate) mod dead;
mod drafts;
pub(crate) mod effects;
pub(crate) mod fixed;
mod flow;
#[cfg(test)]
mod flow_tests;
pub(crate) mod imports;
mod in_place;
mod kinds;
mod names;
mod nothing;
mod numbers;
mod outcomes;
pub(crate) mod parameters;
pub(crate) mod refusals;
mod results;
pub(crate) mod shadow;
mod strays;
#[cfg(test)]
mod tests;
mod unused;

use std::collections::BTreeSet;

use rhai::{AST, Engine, ParseErrorType};

use super::offline_host::nowhere;
use crate::error::Failure;
use crate::run::Allowed;
use crate::script::check::calls::Calls;
use crate::script::check::imports::Imports;
use crate::script::check::refusals::refused;
use crate::script::diagnostic;
use crate::script::engine::functions::Functions;
use crate::script::engine::stack::on_script_stack;
use crate::script::engine::{Factory, known_names};
use crate::script::finding::Finding;
use crate::script::host::Confinement;
use crate::script::library;
use crate::script::load::Script;

/// More undefined names than this are not looked for.
const MOST_UNDEFINED: usize = 50;

impl Script {
    /// Everything that is wrong with the script, in the order of its lines.
    ///
    /// `files` says where imported modules may be; what is allowed is left alone.
    pub fn check(&self, files: Confinement, allowed: impl Into<Allowed>) -> Vec<Failure> {
        self.checked(files, allowed).mistakes
    }

    /// The same with what may be meant.
    pub fn checked(&self, files: Confinement, allowed: impl Into<Allowed>) -> Checked {
        let factory = library::factory(nowhere(files, allowed));
        let checked = on_script_stack(|| {
            let mut checker = Checker::new(&factory);
            checker.script(self);
            Ok(checker.found)
        });
        checked.unwrap_or_else(|failure| Checked {
            mistakes: vec![failure],
            warnings: Vec::new(),
        })
    }
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// What is wrong.
    pub mistakes: Vec<Failure>,
    /// What may be meant, or ends in an error when it is run.
    pub warnings: Vec<Failure>,
}

/// A check under way; imported modules are checked by the same one.
struct Checker<'f> {
    factory: &'f Factory,
    natives: Functions,
    checked: BTreeSet<String>,
    found: Checked,
}

impl<'f> Checker<'f> {
    fn new(factory: &'f Factory) -> Self {
        Self {
            factory,
            natives: Functions::of(&factory.engine()),
            checked: BTreeSet::new(),
            found: Checked::default(),
        }
    }

    fn script(&mut self, script: &Script) {
        if !self.checked.insert(script.name().to_owned()) {
            return;
        }
        self.factory.sources().keep(script.name(), script.text());
        let mut engine = self.factory.engine();
        let mut found = Vec::new();
        let Some(ast) = self.compile(&mut engine, script, &mut found) else {
            return;
        };
        let imports = Imports::of(&ast, script.name(), self.factory, &mut found);
        let host = self.factory.host();
        let calls = Calls::new(&ast, &self.natives, &imports, host.run.allowed());
        calls.check(&mut found);
        found.extend(refused(&engine, script.text(), &ast));
        found.extend(bulk::findings(self.factory.sources(), &ast));
        let flow = flow::findings(script.text(), &ast, &[]);
        found.extend(flow.mistakes);
        for (action, entry) in &flow.built {
            parameters::alone(action, entry, host.run.allowed(), &mut found);
        }
        found.sort_by_key(|finding| finding.position);
        let mut warnings = flow.warnings;
        warnings.extend(calls.doubts());
        warnings.extend(dead::placeholders(script.text(), &ast));
        self.warn(script, warnings);
        self.report(script, found);
        for module in imports.into_scripts() {
            self.script(&module);
        }
    }

    /// The syntax tree; undefined names become findings, other errors end the check.
    fn compile(
        &mut self,
        engine: &mut Engine,
        script: &Script,
        found: &mut Vec<Finding>,
    ) -> Option<AST> {
        let mut scope = known_names();
        // Rhai stops at the first undefined name; it is then defined for the next try.
        for _ in 0..MOST_UNDEFINED {
            let error = match engine.compile_with_scope(&scope, script.text()) {
                Ok(mut ast) => {
                    ast.set_source(script.name());
                    self.factory.sources().keep_functions(&ast);
                    return Some(ast);
                }
                Err(error) => error,
            };
            match error.err_type() {
                ParseErrorType::VariableUndefined(name) => {
                    scope.push(name.clone(), ());
                    let position = error.position();
                    found.push(Finding {
                        position,
                        what: format!("unknown variable `{name}`"),
                        hint: diagnostic::unknown_variable(name, position, script.text()),
                    });
                }
                ParseErrorType::ModuleUndefined(name) => {
                    engine.register_static_module(name, rhai::Module::new().into());
                    found.push(Finding {
                        position: error.position(),
                        what: format!("unknown module `{name}`"),
                        hint: Some(format!(
                            "to import it, write `import \"{name}\" as {name};`"
                        )),
                    });
                }
                _ => {
                    self.report(script, std::mem::take(found));
                    let failure = diagnostic::of_parse_error(self.factory, script.name(), &error);
                    self.found.mistakes.push(failure);
                    return None;
                }
            }
        }
        self.report(script, std::mem::take(found));
        None
    }

    fn report(&mut self, script: &Script, found: Vec<Finding>) {
        let failures = found
            .into_iter()
            .map(|finding| self.failure(script, finding));
        let failures: Vec<Failure> = failures.collect();
        self.found.mistakes.extend(failures);
    }

    fn warn(&mut self, script: &Script, mut found: Vec<Finding>) {
        found.sort_by_key(|finding| finding.position);
        let failures = found
            .into_iter()
            .map(|finding| self.failure(script, finding));
        let failures: Vec<Failure> = failures.collect();
        self.found.warnings.extend(failures);
    }

    fn failure(&self, script: &Script, finding: Finding) -> Failure {
        diagnostic::of_finding(self.factory, script.name(), finding)
    }
}
