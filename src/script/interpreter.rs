//! Scripts line by line, as an interactive session needs them.
//!
//! Variables, functions and imported modules last from one line to the next.
//! All lines together are one growing script named `repl`, so that an error in
//! a function defined earlier still shows the right line.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{AST, ASTNode, Dynamic, Engine, Expr, Position, Scope, Stmt};

use crate::error::Failure;
use crate::script::check::refused;
use crate::script::diagnostic;
use crate::script::diagnostic::readable::readable;
use crate::script::engine::execute::on_script_stack;
use crate::script::engine::functions::Functions;
use crate::script::engine::{ARGS, Factory};
use crate::script::host::Host;

/// The name of the session's text in errors.
const NAME: &str = "repl";
/// The variable that holds the last result.
const IT: &str = "it";

/// A name a line may use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Whether it is called.
    pub is_function: bool,
}

/// A session: what was defined so far, and an engine to go on with.
pub struct Interpreter {
    factory: Factory,
    engine: Engine,
    scope: Scope<'static>,
    functions: AST,
    /// Everything read so far, line upon line.
    transcript: String,
}

impl Interpreter {
    /// A session that reaches the world through `host`.
    pub fn new(host: Arc<Host>) -> Self {
        let args: rhai::Array = host.args.iter().map(|arg| arg.clone().into()).collect();
        let factory = Factory::new(host);
        let mut scope = Scope::new();
        scope.push_constant(ARGS, args);
        scope.push(IT, ());
        Self {
            engine: factory.engine(),
            factory,
            scope,
            functions: AST::empty(),
            transcript: String::new(),
        }
    }

    /// Reads and runs one input of one or more lines; gives its value, drawn
    /// to be read, unless it is `()`.
    pub fn eval(&mut self, text: &str) -> Result<Option<String>, Failure> {
        on_script_stack(|| self.eval_here(text))
    }

    /// Completes the files the session was writing.
    pub fn finish(self) -> Result<(), Failure> {
        let completed = self.factory.writers().complete();
        completed
            .map_err(|raised| diagnostic::of_error(&self.factory, NAME, &raised.at(Position::NONE)))
    }

    /// The names a line may use: functions of the language, ours and the
    /// session's, and the session's variables; each once.
    pub fn names(&self) -> Vec<Name> {
        let natives = Functions::of(&self.engine);
        let defined = self.factory.sources().functions();
        let functions = natives.names().chain(defined.iter().map(String::as_str));
        let variables = self.scope.iter().map(|(name, ..)| (name.to_owned(), false));
        let names: BTreeMap<String, bool> = functions
            .map(|name| (name.to_owned(), true))
            .chain(variables)
            .collect();
        names
            .into_iter()
            .map(|(text, is_function)| Name { text, is_function })
            .collect()
    }

    fn eval_here(&mut self, text: &str) -> Result<Option<String>, Failure> {
        let ast = self.compile(text)?;
        self.functions = self.functions.merge(&ast).clone_functions_only();
        let whole = self.functions.merge(&ast.clone_statements_only());
        let before = self.scope.len();
        let result = self
            .engine
            .eval_ast_with_scope::<Dynamic>(&mut self.scope, &whole);
        let value = result.map_err(|error| {
            // What a failed line defined half-way is gone with it.
            self.scope.rewind(before);
            diagnostic::of_error(&self.factory, NAME, &error)
        })?;
        self.keep_imports(&ast)?;
        if value.is_unit() {
            return Ok(None);
        }
        let shown = readable(&self.engine, &value);
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
        match refused(&self.engine, &placed, &ast).into_iter().next() {
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
            self.engine.register_static_module(&alias, module);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::rig::Rig;

    fn last(interpreter: &mut Interpreter, lines: &[&str]) -> Option<String> {
        let mut value = None;
        for line in lines {
            value = interpreter
                .eval(line)
                .unwrap_or_else(|failure| panic!("{line}: {failure}"));
        }
        value
    }

    #[test]
    fn variables_functions_and_closures_last() {
        let mut session = Interpreter::new(Rig::new().host());
        let lines = [
            "let a = 1;",
            "fn twice(x) { x * 2 }",
            "let f = |x| twice(x) + a;",
            "a += 10",
            "f.call(a)",
        ];
        assert_eq!(last(&mut session, &lines).as_deref(), Some("33"));
        assert_eq!(last(&mut session, &["it + 1"]).as_deref(), Some("34"));
        assert_eq!(last(&mut session, &["let nothing = 5;"]), None);
        let nothing = Name {
            text: "nothing".into(),
            is_function: false,
        };
        assert!(session.names().contains(&nothing));
    }

    #[test]
    fn a_function_can_be_defined_again() {
        let mut session = Interpreter::new(Rig::new().host());
        let lines = ["fn f() { 1 }", "fn f() { 2 }", "f()"];
        assert_eq!(last(&mut session, &lines).as_deref(), Some("2"));
    }

    #[test]
    fn an_error_shows_the_line_it_is_in_and_the_session_goes_on() {
        let mut session = Interpreter::new(Rig::new().host());
        last(
            &mut session,
            &["fn f() {\n    throw \"no\"\n}", "let a = 1;"],
        );
        let failure = session.eval("let b = 2; f()").unwrap_err().to_string();
        assert!(failure.contains("--> repl:2:5"), "{failure}");
        assert!(failure.contains("2 |     throw \"no\""), "{failure}");
        assert!(failure.contains("= called from repl:5:12"), "{failure}");
        let failure = session.eval("let = 1").unwrap_err().to_string();
        assert!(failure.contains("repl:6:5"), "{failure}");
        assert_eq!(last(&mut session, &["a"]).as_deref(), Some("1"));
        assert!(session.eval("b").is_err());
    }

    #[test]
    fn an_import_lasts() {
        let rig = Rig::new();
        let file = rig.file("lib.rhai", "fn two() { 2 } export const K = 5;");
        let mut session = Interpreter::new(rig.host());
        let import = format!("import \"{}\" as lib;", file.display());
        assert_eq!(
            last(&mut session, &[&import, "lib::two() + lib::K"]).as_deref(),
            Some("7")
        );
    }

    #[test]
    fn a_stopped_line_leaves_the_session_usable() {
        let rig = Rig::new();
        let mut session = Interpreter::new(rig.host());
        rig.cancel.raise();
        assert!(session.eval("loop {}").is_err());
        rig.cancel.reset();
        assert_eq!(last(&mut session, &["1 + 1"]).as_deref(), Some("2"));
    }

    #[test]
    fn names_are_listed_for_completion() {
        let mut session = Interpreter::new(Rig::new().host());
        last(&mut session, &["fn mine(a, b) { a }", "let f = |x| x;"]);
        let names = session.names();
        let find = |text: &str| names.iter().find(|name| name.text == text).unwrap();
        for function in ["mine", "add_client", "call", "push", "print"] {
            assert!(find(function).is_function, "{function}");
        }
        assert!(!find("f").is_function);
        assert!(names.iter().all(|name| !name.text.contains('$')));
    }

    #[test]
    fn a_file_left_open_is_completed_when_the_session_ends() {
        let rig = Rig::new();
        let mut session = Interpreter::new(rig.host());
        last(
            &mut session,
            &["let out = csv_writer(\"a.csv\", [\"id\"]);"],
        );
        assert!(session.eval("throw 1").is_err());
        last(&mut session, &["out.write(#{ id: 1 })"]);
        session.finish().unwrap();
        let written = std::fs::read_to_string(rig.folder.path().join("a.csv")).unwrap();
        assert_eq!(written, "id\n1\n");
    }
}
