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
mod declarations;
mod drafts;
pub(crate) mod effects;
mod files;
pub(crate) mod fixed;
pub(crate) mod fixes;
mod flow;
#[cfg(test)]
mod flow_tests;
pub(crate) mod imports;
mod in_place;
mod kinds;
mod names;
mod nothing;
mod numbers;
mod one_page;
mod outcomes;
pub(crate) mod parameters;
mod placeholders;
mod recovery;
pub(crate) mod refusals;
pub(crate) mod reported;
mod results;
pub(crate) mod script_text;
pub(crate) mod shadow;
mod strays;
#[cfg(test)]
mod tests;
mod unused;

use std::collections::BTreeSet;
use std::path::PathBuf;

use rhai::{AST, Engine, ParseErrorType, Position};

use super::offline_host::{in_test, nowhere};
use crate::error::Failure;
use crate::run::Allowed;
use crate::script::check::calls::Calls;
use crate::script::check::files::Files;
use crate::script::check::imports::Imports;
use crate::script::check::recovery::Readable;
use crate::script::check::refusals::refused_beside;
use crate::script::check::reported::Reported;
use crate::script::check::script_text::ScriptText;
use crate::script::diagnostic::{self, ScriptFailures};
use crate::script::engine::Factory;
use crate::script::engine::functions::Functions;
use crate::script::engine::stack::on_script_stack;
use crate::script::finding::Finding;
use crate::script::host::Confinement;
use crate::script::library;
use crate::script::load::{Script, is_test};

/// More undefined names and other errors that Rhai stops at are not looked for.
const MOST_ERRORS: usize = 50;
/// For each of them the text is read again: all together no more bytes than these.
const MOST_READ: usize = 8 * 1024 * 1024;
/// More findings of a script are not listed.
const MOST_FINDINGS: usize = 1000;
/// Rhai allows a fraction of this, and takes ever longer the deeper brackets are nested.
const DEEPEST: usize = 256;

impl Script {
    /// Everything that is wrong with the script, in the order of its lines.
    ///
    /// `files` says where imported modules may be; what is allowed is left alone.
    pub fn check(&self, files: Confinement, allowed: impl Into<Allowed>) -> Vec<Failure> {
        let mistakes = self.checked(files, allowed).mistakes;
        mistakes.into_iter().map(|found| found.failure).collect()
    }

    /// The same with what may be meant.
    pub fn checked(&self, files: Confinement, allowed: impl Into<Allowed>) -> Checked {
        let host = if is_test(self.name()) {
            in_test(files, allowed)
        } else {
            nowhere(files, allowed)
        };
        let factory = library::factory(host);
        let checked = on_script_stack(|| {
            let mut checker = Checker::new(&factory);
            checker.script(self);
            Ok(checker.found)
        });
        checked.unwrap_or_else(|failure| Checked {
            mistakes: vec![Reported::without_place(self.name(), failure)],
            warnings: Vec::new(),
        })
    }
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// What is wrong.
    pub mistakes: Vec<Reported>,
    /// What may be meant, or ends in an error when it is run.
    pub warnings: Vec<Reported>,
}

/// A check under way; imported modules are checked by the same one.
struct Checker<'f> {
    factory: &'f Factory,
    natives: Functions,
    checked: BTreeSet<PathBuf>,
    found: Checked,
}

impl<'f> Checker<'f> {
    fn new(factory: &'f Factory) -> Self {
        Self {
            factory,
            natives: Functions::list(&factory.engine()),
            checked: BTreeSet::new(),
            found: Checked::default(),
        }
    }

    fn script(&mut self, script: &Script) {
        if !self.checked.insert(imports::place(script.name())) {
            return;
        }
        self.factory.sources().keep(script.name(), script.text());
        let mut engine = self.factory.engine();
        let mut found = Vec::new();
        let text = ScriptText::new(script.text());
        if let Some(too_deep) = too_deep(&text) {
            return self.report((script, &text), vec![too_deep]);
        }
        let mut readable = Readable::new(script.text());
        let ast = self.compile(&mut engine, script, (&text, &mut readable), &mut found);
        let Some(ast) = ast else {
            return self.report((script, &text), found);
        };
        let imports = Imports::load(&ast, script.name(), self.factory, &mut found);
        let host = self.factory.host();
        let calls = Calls::new(&ast, &self.natives, &imports, host.run.allowed());
        calls.check(MOST_FINDINGS + 1, &mut found);
        if readable.is_whole() {
            found.extend(refused_beside(&engine, script, &ast, &host.files));
            found.extend(bulk::findings(self.factory.sources(), &ast));
            let files = Files::readable_by(&host.files, true);
            let flow = flow::findings(script.text(), &ast, &[], &files);
            found.extend(flow.mistakes);
            for (action, entry) in &flow.built {
                parameters::alone(action, entry, host.run.allowed(), &mut found);
            }
            found.sort_by_key(|finding| finding.position);
            let mut warnings = flow.warnings;
            warnings.extend(calls.doubts());
            warnings.extend(one_page::findings(&text));
            self.warn((script, &text), warnings);
        } else {
            // What is missing may be what the rest needs.
            found.retain(|finding| readable.stands(finding));
        }
        self.report((script, &text), found);
        for module in imports.into_scripts() {
            self.script(&module);
        }
    }

    /// The syntax tree of what can be read; undefined names become findings, other errors are
    /// reported, and the statements they are in left out.
    fn compile(
        &mut self,
        engine: &mut Engine,
        script: &Script,
        (text, readable): (&ScriptText<'_>, &mut Readable<'_>),
        found: &mut Vec<Finding>,
    ) -> Option<AST> {
        let mut scope = self.factory.known_names();
        // Rhai stops at the first error; what is amiss there is then put out of its way.
        let rounds = MOST_READ / script.text().len().max(1);
        for _ in 0..rounds.clamp(3, MOST_ERRORS) {
            let error = match engine.compile_with_scope(&scope, &readable.text) {
                Ok(mut ast) => {
                    ast.set_source(script.name());
                    self.factory.sources().keep_functions(&ast);
                    return Some(ast);
                }
                Err(error) => error,
            };
            let position = error.position();
            match error.err_type() {
                ParseErrorType::VariableUndefined(name) => {
                    scope.push(name.clone(), ());
                    found.push(Finding {
                        code: "unknown-variable",
                        position,
                        what: format!("unknown variable `{name}`"),
                        hint: diagnostic::unknown_variable(name, position, script.text()),
                    });
                }
                ParseErrorType::ModuleUndefined(name) => {
                    engine.register_static_module(name, rhai::Module::new().into());
                    found.push(Finding {
                        code: "unknown-module",
                        position,
                        what: format!("unknown module `{name}`"),
                        hint: Some(format!(
                            "to import it, write `import \"{name}\" as {name};`"
                        )),
                    });
                }
                _ => {
                    let failure = diagnostic::of_parse_error(self.factory, script.name(), &error);
                    let read = (text, &*readable);
                    let reported = Reported::of_syntax(script.name(), read, position, failure);
                    self.found.mistakes.push(reported);
                    if !readable.leave_out(position) {
                        found.retain(|finding| readable.stands(finding));
                        return None;
                    }
                }
            }
        }
        None
    }

    /// Reports mistakes, in order among those of the script that are known already.
    fn report(&mut self, (script, text): (&Script, &ScriptText<'_>), found: Vec<Finding>) {
        let reported = self.reported(script, text, found);
        let mistakes = &mut self.found.mistakes;
        mistakes.extend(reported);
        let first = mistakes
            .iter()
            .position(|found| found.file == script.name())
            .unwrap_or(mistakes.len());
        mistakes[first..].sort_by_key(|found| found.span.map(|span| span.start));
    }

    fn warn(&mut self, (script, text): (&Script, &ScriptText<'_>), mut found: Vec<Finding>) {
        found.sort_by_key(|finding| finding.position);
        let reported = self.reported(script, text, found);
        self.found.warnings.extend(reported);
    }

    /// The first of the findings, as they are reported.
    fn reported(
        &self,
        script: &Script,
        text: &ScriptText<'_>,
        found: Vec<Finding>,
    ) -> Vec<Reported> {
        let failures = ScriptFailures::new(self.factory, script.name());
        let reported = limited(found).into_iter().map(|finding| {
            let place = (finding.code, finding.position);
            Reported::at(script.name(), text, place, failures.failure(finding))
        });
        reported.collect()
    }
}

/// What is said of a script whose brackets are nested so deep that nobody can have meant it;
/// it is not looked at any further.
fn too_deep(text: &ScriptText<'_>) -> Option<Finding> {
    let at = text.nested_at(DEEPEST)?;
    Some(Finding {
        code: "syntax",
        position: text.position(at).unwrap_or(Position::NONE),
        what: format!("brackets are nested more than {DEEPEST} deep; nothing else was checked"),
        hint: Some("close the brackets before this one, or use functions".to_owned()),
    })
}

/// The first findings, and that there are more.
fn limited(mut found: Vec<Finding>) -> Vec<Finding> {
    if let Some(more) = found.get(MOST_FINDINGS) {
        let more = Finding {
            code: "more",
            position: more.position,
            what: format!("more than {MOST_FINDINGS} problems; those from here on are not listed"),
            hint: Some("fix those listed, and check again".to_owned()),
        };
        found.truncate(MOST_FINDINGS);
        found.push(more);
    }
    found
}
