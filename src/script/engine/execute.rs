//! Runs a script from its first line to its last.

use std::any::Any;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rhai::{AST, Dynamic, Engine, EvalAltResult, Module, Position};

use crate::error::{Exit, Failure};
use crate::script::check::refused;
use crate::script::diagnostic;
use crate::script::engine::function::{Fallible, operator};
use crate::script::engine::{Factory, STACK, known_names};
use crate::script::host::Host;
use crate::script::load::Script;
use crate::secrets::{self, secrets_of_words};

/// Adds `exit(code)` and `sleep`: Rhai's own drop the code, and with it the news
/// that the script failed, and sleep through Ctrl-C.
pub(crate) fn register(module: &mut Module, host: &Arc<Host>) {
    let napping = Arc::clone(host);
    let sleep = move |seconds: f64| -> Fallible<()> {
        // Nothing happens in a plan that would be worth waiting for.
        let seconds = napping.run.plan().map_or(seconds, |_| 0.0);
        let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        if napping.cancel.sleep(time) {
            return Ok(());
        }
        Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into())
    };
    let whole = sleep.clone();
    #[expect(
        clippy::cast_precision_loss,
        reason = "a nap of so many seconds need not be exact"
    )]
    operator("sleep").set_into_module(module, move |seconds: i64| whole(seconds as f64));
    operator("sleep").set_into_module(module, sleep);
    operator("exit").set_into_module(module, |code: i64| -> Fallible<()> {
        Err(match code {
            0 => EvalAltResult::Exit(Dynamic::UNIT, Position::NONE).into(),
            code => EvalAltResult::ErrorTerminated(code.into(), Position::NONE).into(),
        })
    });
}

impl Script {
    /// Runs the script; what it does goes through `host`.
    pub fn run(&self, host: Arc<Host>) -> Result<(), Failure> {
        self.work(host, |factory, engine, ast| {
            let run = engine.run_ast(ast);
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
        let factory = Factory::new(host);
        on_script_stack(|| {
            secrets::share(factory.host().run.credentials());
            secrets_of_words(&factory.host().args).for_each(secrets::keep);
            let engine = factory.engine();
            let ast = self.compile(&factory, &engine)?;
            match refused(&engine, self.text(), &ast).into_iter().next() {
                Some(finding) => Err(diagnostic::of_finding(&factory, self.name(), finding)),
                None => work(&factory, &engine, &ast),
            }
        })
    }

    /// The script's syntax tree, or why it cannot be read.
    pub(crate) fn compile(&self, factory: &Factory, engine: &Engine) -> Result<AST, Failure> {
        factory.sources().keep(self.name(), self.text());
        let mut ast = engine
            .compile_with_scope(&known_names(), self.text())
            .map_err(|error| diagnostic::of_parse_error(factory, self.name(), &error))?;
        ast.set_source(self.name());
        factory.sources().keep_functions(&ast);
        factory.sources().named_secrets.read(self.name(), &ast);
        factory.sources().named_secrets.keep(self.name());
        Ok(ast)
    }
}

/// Does a script's work on a stack its call depth cannot exhaust; a panic
/// becomes a failure.
pub(crate) fn on_script_stack<T: Send>(
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("script".into())
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| Err(defect(&panic))),
            Err(error) => Err(Failure::new(
                Exit::Script,
                format!("no thread for the script: {error}"),
            )),
        }
    })
}

fn defect(panic: &Box<dyn Any + Send>) -> Failure {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given");
    Failure::new(
        Exit::Script,
        format!("the script made whmcsh panic: {words}"),
    )
    .hint("this is a defect of whmcsh: please report it together with the script")
}
