//! Scripts line by line, as an interactive session needs them.
//!
//! Variables, functions and imported modules last from one line to the next.
//! All lines together are one growing script named `repl`, so that an error in
//! a function defined earlier still shows the right line.

mod drawn;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{AST, ASTNode, Dynamic, Engine, Expr, Module, Position, Scope, Shared, Stmt};

use crate::error::Failure;
use crate::script::check::refusals::refused_line;
use crate::script::diagnostic;
use crate::script::engine::next_step;
use crate::script::engine::stack::on_script_stack;
use crate::script::engine::{ARGS, Factory, known_names};
use crate::script::exit::unless_ended;
use crate::script::host::Host;
use crate::script::library;
use crate::secrets::{self, Held, secrets_of_words};

pub use drawn::{Drawn, IT, ResultForm};
pub use shape::{Shape, Variable};

/// The name of the session's text in errors.
const NAME: &str = "repl";
/// The name of a saved text in errors.
const SAVED: &str = "saved";

/// A session: what was defined so far, and an engine to go on with.
pub struct Interpreter {
    factory: Factory,
    engine: Engine,
    scope: Scope<'static>,
    functions: AST,
    /// The modules that were imported, by their names in the session.
    imports: BTreeMap<String, Shared<Module>>,
    /// Everything read so far, line upon line.
    transcript: String,
    stopped_at: Option<(usize, usize)>,
    /// The secrets that its lines have seen.
    seen: Held,
}

impl Interpreter {
    /// A session that reaches the world through `host`.
    pub fn new(host: Arc<Host>) -> Self {
        let args: rhai::Array = host.args.iter().map(|arg| arg.clone().into()).collect();
        let factory = library::factory(host);
        let mut scope = Scope::new();
        scope.push_constant(ARGS, args);
        scope.push(IT, ());
        Self {
            engine: factory.engine(),
            factory,
            scope,
            functions: AST::empty(),
            imports: BTreeMap::new(),
            transcript: String::new(),
            stopped_at: None,
            seen: Held::default(),
        }
    }

    /// Reads and runs one input of one or more lines; gives its value, drawn
    /// in that form, unless it is `()`.
    pub fn eval(&mut self, text: &str, form: ResultForm) -> Result<Option<Drawn>, Failure> {
        let result = on_script_stack(|| {
            // Each input has a thread of its own.
            secrets::hold_all(&self.seen);
            secrets::share(self.factory.host().run.credentials());
            secrets_of_words(&self.factory.host().args).for_each(secrets::keep);
            let result = self.eval_here(text, form);
            self.seen = secrets::held();
            result
        });
        // Whoever keeps the lines that follow knows them too.
        secrets::hold_all(&self.seen);
        result
    }

    /// Reads and runs a file's text, whose name errors show.
    pub fn load(
        &mut self,
        file: &str,
        text: &str,
        form: ResultForm,
    ) -> Result<Option<Drawn>, Failure> {
        let first = self.transcript.matches('\n').count() + 1;
        let lines = first..first + text.lines().count().max(1);
        let sources = self.factory.sources();
        sources.keep(file, text);
        sources.keep_loaded(NAME, lines, file);
        self.eval(text, form)
    }

    /// Where the last input stopped by an error while it ran: line and column of it, from 1.
    pub fn stopped_at(&self) -> Option<(usize, usize)> {
        self.stopped_at
    }

    /// Goes on with another host; what was defined stays, and values that belong
    /// to the old one, such as lists being read, stay with it.
    pub fn move_to(&mut self, host: Arc<Host>) {
        self.factory = self.factory.on(host);
        self.engine = self.factory.engine();
        for (alias, module) in &self.imports {
            self.engine
                .register_static_module(alias, Shared::clone(module));
        }
    }

    /// Completes the files the session was writing.
    pub fn finish(self) -> Result<(), Failure> {
        let completed = self.factory.writers().complete();
        completed
            .map_err(|raised| diagnostic::of_error(&self.factory, NAME, &raised.at(Position::NONE)))
    }

    /// Whether a text could be run as a script of its own.
    pub fn check(&self, text: &str) -> Result<(), Failure> {
        let compiled = self.engine.compile_with_scope(&known_names(), text);
        let checked = compiled.map_err(|error| {
            self.factory.sources().keep(SAVED, text);
            diagnostic::of_parse_error(&self.factory, SAVED, &error)
        });
        checked.map(drop)
    }

    /// The functions the session defined: the ways to call each, by name.
    pub fn functions(&self) -> BTreeMap<String, Vec<String>> {
        let sources = self.factory.sources();
        let ways = |name: &str| {
            let ways = sources.function(name).into_iter();
            ways.map(|parameters| format!("{name}({})", parameters.join(", ")))
                .collect()
        };
        let names = sources.functions().into_iter();
        names.map(|name| (name.clone(), ways(&name))).collect()
    }

    /// The variables of the session by name, as they are now.
    pub fn variables(&self) -> BTreeMap<String, Variable> {
        let mut variables = BTreeMap::new();
        // The last of a name is the one that is seen, and comes first here.
        for (name, _, value) in self.scope.iter_raw() {
            variables
                .entry(name.to_owned())
                .or_insert_with(|| Variable::describe(value));
        }
        variables
    }

    fn eval_here(&mut self, text: &str, form: ResultForm) -> Result<Option<Drawn>, Failure> {
        self.stopped_at = None;
        let lines_before = self.transcript.matches('\n').count();
        let ast = self.compile(text)?;
        self.functions = self.functions.merge(&ast).clone_functions_only();
        let whole = self.functions.merge(&ast.clone_statements_only());
        // What a line set before it failed stays: it may be the id of what was just added.
        let evaluated = self
            .engine
            .eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        // What ended this line is nothing to the next.
        next_step::taken();
        let value = unless_ended(evaluated).map_err(|error| {
            let at = error.position();
            let line = at.line().and_then(|line| line.checked_sub(lines_before));
            self.stopped_at = line.zip(at.position());
            diagnostic::of_error(&self.factory, NAME, &error)
        })?;
        self.keep_imports(&ast)?;
        let value = value.flatten();
        if value.is_unit() {
            return Ok(None);
        }
        let shown = Drawn::draw(&self.engine, &value, form);
        self.scope.set_value(IT, value);
        Ok(Some(shown))
    }

    fn compile(&mut self, text: &str) -> Result<AST, Failure> {
        let start = "\n".repeat(self.transcript.matches('\n').count());
        self.transcript.push_str(text.trim_end());
        self.transcript.push('\n');
        self.factory.sources().keep(NAME, &self.transcript);
        let placed = format!("{start}{text}");
        let mut ast = self
            .engine
            .compile_with_scope(&self.scope, &placed)
            .map_err(|error| diagnostic::of_parse_error(&self.factory, NAME, &error))?;
        ast.set_source(NAME);
        self.factory.sources().keep_functions(&ast);
        self.factory.sources().named_secrets.read(NAME, &ast);
        self.factory.sources().named_secrets.keep(NAME);
        match refused_line(&self.engine, &placed, &ast, &self.scope)
            .into_iter()
            .next()
        {
            Some(finding) => Err(diagnostic::of_finding(&self.factory, NAME, finding)),
            None => Ok(ast),
        }
    }

    /// Makes the modules a line imported known to the lines after it.
    fn keep_imports(&mut self, ast: &AST) -> Result<(), Failure> {
        for (path, alias) in imports(ast) {
            let module = self
                .engine
                .module_resolver()
                .resolve(&self.engine, Some(NAME), &path, Position::NONE)
                .map_err(|error| diagnostic::of_error(&self.factory, NAME, &error))?;
            self.engine
                .register_static_module(&alias, Shared::clone(&module));
            self.imports.insert(alias, module);
        }
        Ok(())
    }
}

/// The imports at the top of a script: paths and aliases.
fn imports(ast: &AST) -> Vec<(String, String)> {
    let mut imports = Vec::new();
    ast.walk(&mut |path| {
        if let [ASTNode::Stmt(Stmt::Import(import, _))] = path
            && let Expr::StringConstant(file, _) = &import.0
            && !import.1.name.is_empty()
        {
            imports.push((file.to_string(), import.1.name.to_string()));
        }
        true
    });
    imports
}
