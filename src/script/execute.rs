//! Runs a script from its first line to its last.

use std::sync::Arc;

use rhai::{AST, Engine};

use crate::error::Failure;
use crate::script::check::refusals::{refused_beside, refused_in_plan};
use crate::script::diagnostic;
use crate::script::engine::Factory;
use crate::script::engine::stack::on_script_stack;
use crate::script::exit::unless_ended;
use crate::script::host::Host;
use crate::script::library;
use crate::script::load::Script;
use crate::secrets::{self, secrets_of_words};

impl Script {
    /// Runs the script; what it does goes through `host`.
    pub fn run(&self, host: Arc<Host>) -> Result<(), Failure> {
        self.work(host, |factory, engine, ast| {
            let run = unless_ended(engine.run_ast(ast));
            let run = run.and_then(|()| Ok(factory.writers().complete()?));
            run.map_err(|error| diagnostic::of_error(factory, self.name(), &error))
        })
    }

    /// Does that with the script, on a thread of its own, once it was found to be sound.
    pub(crate) fn work<T: Send>(
        &self,
        host: Arc<Host>,
        work: impl FnOnce(&Factory, &Engine, &AST) -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        let args = self.args(&host.args)?;
        let factory = library::factory(host).with_args(args);
        on_script_stack(|| {
            secrets::share(factory.host().run.credentials());
            secrets_of_words(&factory.host().args).for_each(secrets::keep);
            let engine = factory.engine();
            let ast = self.compile(&factory, &engine)?;
            let mut found = refused_beside(&engine, self, &ast, &factory.host().files);
            if factory.host().run.plan().is_some() {
                found.extend(refused_in_plan(self.text(), &ast));
            }
            match found.into_iter().next() {
                Some(finding) => Err(diagnostic::of_finding(&factory, self.name(), finding)),
                None => work(&factory, &engine, &ast),
            }
        })
    }

    /// The script's syntax tree, or why it cannot be read.
    pub(crate) fn compile(&self, factory: &Factory, engine: &Engine) -> Result<AST, Failure> {
        factory.sources().keep(self.name(), self.text());
        let mut ast = engine
            .compile_with_scope(&factory.known_names(), self.text())
            .map_err(|error| diagnostic::of_parse_error(factory, self.name(), &error))?;
        ast.set_source(self.name());
        factory.know(self.name(), self.text(), &ast);
        Ok(ast)
    }
}
