//! Makes the engines scripts run in.
//!
//! Engines are cheap because what they know is built once and shared: Rhai's
//! standard package, our own functions, the modules loaded. Every worker gets
//! its own. The settings are the same in debug and release builds, and chosen
//! so that a script can neither exhaust the stack nor ignore Ctrl-C.

pub(crate) mod function;
pub(crate) mod functions;
pub(crate) mod keywords;
pub(crate) mod memory;
pub(crate) mod mixed;
pub(crate) mod modules;
pub(crate) mod named_secrets;
pub(crate) mod never_equal;
pub(crate) mod next_step;
pub(crate) mod sources;
pub(crate) mod stack;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rhai::packages::{Package as _, StandardPackage};
use rhai::{AST, Dynamic, Engine, Module, OptimizationLevel, Scope, Shared};

use crate::run::journal::LoopPlace;
use crate::run::resume::{Loops, Unclear};
use crate::script::bulk::state::is_over;
use crate::script::csv::writer::Writers;
use crate::script::engine::keywords::free_reserved_words;
use crate::script::engine::modules::{Modules, Refused};
use crate::script::engine::sources::Sources;
use crate::script::host::Host;

/// Functions may call each other this deep: 8 KiB of stack a level at most.
const CALL_DEPTH: usize = 128;
/// Expressions may be nested this deep at the top level of a script.
const EXPRESSION_DEPTH: usize = 64;
/// Expressions may be nested this deep within a function.
const FUNCTION_EXPRESSION_DEPTH: usize = 32;

/// The name under which scripts see their arguments.
pub(crate) const ARGS: &str = "args";

/// What scripts can call and what they may not hold, handed to an engine that knows none of it.
pub(crate) struct Library {
    /// The functions that all engines of a run share.
    pub shared: fn(&Arc<Host>, &Writers, &Arc<Sources>) -> Module,
    /// The functions whose workers have engines of their own, made by that factory.
    pub parallel: fn(&Factory) -> Vec<Module>,
    /// What no script may hold that is run.
    pub refused: Refused,
    /// The values that such scripts see besides their arguments, by name.
    pub given: fn(&Host) -> Vec<(&'static str, Dynamic)>,
}

/// Makes engines that share everything but their state; clones make the same.
#[derive(Clone)]
pub(crate) struct Factory {
    host: Arc<Host>,
    library: &'static Library,
    functions: Shared<Module>,
    modules: Modules,
    sources: Arc<Sources>,
    writers: Writers,
    given: Arc<[(&'static str, Dynamic)]>,
    /// What scripts find in `args`.
    args: Dynamic,
    /// The bulk loops of the run, once one begins.
    loops: Arc<Mutex<Option<Loops>>>,
}

impl Factory {
    /// A factory of engines with that library, which reach the world through `host`.
    pub(crate) fn new(host: Arc<Host>, library: &'static Library) -> Self {
        // Before the thread of the script is there: its heap grows by single pages.
        standard();
        let sources = Arc::new(Sources::default());
        let given: Arc<[_]> = (library.given)(&host).into();
        let modules = Modules::new(
            host.files.clone(),
            Arc::clone(&sources),
            known_names_beside(&given),
            library.refused,
        );
        let writers = Writers::default();
        let words = host.args.iter().map(|word| word.clone().into());
        let args = Dynamic::from_array(words.collect());
        Self {
            functions: (library.shared)(&host, &writers, &sources).into(),
            library,
            host,
            modules,
            sources,
            writers,
            given,
            args,
            loops: Arc::default(),
        }
    }

    /// A factory for another host: what was read stays known, and what is being
    /// written goes on.
    pub(crate) fn on(&self, host: Arc<Host>) -> Self {
        Self {
            functions: (self.library.shared)(&host, &self.writers, &self.sources).into(),
            host,
            ..self.clone()
        }
    }

    /// The same with something else in `args` than the words of the command line.
    pub(crate) fn with_args(self, args: Option<Dynamic>) -> Self {
        match args {
            Some(args) => Self { args, ..self },
            None => self,
        }
    }

    /// A new engine.
    pub(crate) fn engine(&self) -> Engine {
        let mut engine = Engine::new_raw();
        engine.register_global_module(standard());
        engine.register_global_module(Shared::clone(&self.functions));
        for module in (self.library.parallel)(self) {
            engine.register_global_module(module.into());
        }
        engine.set_module_resolver(self.modules.clone());
        free_reserved_words(&mut engine);
        limit(&mut engine);
        self.connect_output(&mut engine);
        self.provide_variables(&mut engine);
        let cancel = self.host.cancel.clone();
        engine.on_progress(move |operations| {
            if cancel.is_raised() || is_over() {
                return Some(Dynamic::UNIT);
            }
            memory::over(operations).or_else(next_step::taken)
        });
        engine
    }

    /// Takes note of a script that was compiled: for errors, and for the secrets it names.
    pub(crate) fn know(&self, name: &str, text: &str, ast: &AST) {
        self.sources.keep(name, text);
        self.sources.keep_functions(ast);
        self.sources.named_secrets.read(name, ast);
        self.sources.named_secrets.keep(name);
    }

    /// The names its scripts may use without defining them, for compiling.
    pub(crate) fn known_names(&self) -> Scope<'static> {
        known_names_beside(&self.given)
    }

    /// The texts of the scripts loaded so far.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What the scripts reach outside themselves.
    pub(crate) fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// The files the scripts are writing.
    pub(crate) fn writers(&self) -> &Writers {
        &self.writers
    }

    /// The loops of the run that the one which begins there may be.
    pub(crate) fn loops_at(&self, place: &LoopPlace) -> Result<Vec<u64>, Unclear> {
        self.with_loops(|loops| loops.at(place))
    }

    /// Begins the bulk loop of that number, or a new one; says also whether later passes
    /// know it by its place.
    pub(crate) fn begin_loop(&self, number: Option<u64>) -> (u64, bool) {
        self.with_loops(|loops| (loops.begin(number), !loops.are_counted()))
    }

    fn with_loops<T>(&self, work: impl FnOnce(&mut Loops) -> T) -> T {
        let mut loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        work(loops.get_or_insert_with(|| self.host.rows.loops_before()))
    }

    /// The loader of imported modules.
    pub(crate) fn modules(&self) -> &Modules {
        &self.modules
    }

    /// Makes the script's arguments a constant that is seen everywhere, and has the values
    /// noted of variables that are called like a secret.
    ///
    /// A constant of a module would do but for closures: Rhai looks for what they
    /// capture among the variables alone.
    fn provide_variables(&self, engine: &mut Engine) {
        let args = self.args.clone();
        let given = Arc::clone(&self.given);
        let sources = Arc::clone(&self.sources);
        #[expect(
            deprecated,
            reason = "not deprecated, but marked volatile; the version is pinned"
        )]
        engine.on_var(move |name, index, context| {
            let is_ours = index == 0 && name == ARGS && !context.scope().contains(ARGS);
            if is_ours {
                return Ok(Some(args.clone()));
            }
            let given = given.iter().find(|(given, _)| index == 0 && *given == name);
            if let Some((_, value)) = given.filter(|_| !context.scope().contains(name)) {
                return Ok(Some(value.clone()));
            }
            sources.named_secrets.note(name, context.scope());
            Ok(None)
        });
    }

    fn connect_output(&self, engine: &mut Engine) {
        let host = Arc::clone(&self.host);
        engine.on_print(move |line| host.print(line));
        let host = Arc::clone(&self.host);
        engine.on_debug(move |text, source, position| {
            let place = source.unwrap_or_default();
            host.note(&format!("{place}:{position:?}: {text}"));
        });
    }
}

fn limit(engine: &mut Engine) {
    // The optimiser turns writing to a constant map into a panic, and would call
    // native functions while compiling.
    engine.set_optimization_level(OptimizationLevel::None);
    // With fast operators Rhai compares text with numbers without asking us.
    engine.set_fast_operators(false);
    engine.set_strict_variables(true);
    engine.set_max_call_levels(CALL_DEPTH);
    engine.set_max_expr_depths(EXPRESSION_DEPTH, FUNCTION_EXPRESSION_DEPTH);
    // No limit on sizes: Rhai measures the whole value again at every change.
}

/// The names every script may use without defining them, for compiling.
pub(crate) fn known_names() -> Scope<'static> {
    known_names_beside(&[])
}

fn known_names_beside(given: &[(&'static str, Dynamic)]) -> Scope<'static> {
    let mut scope = Scope::new();
    scope.push(ARGS, ());
    for (name, _) in given {
        scope.push(*name, ());
    }
    scope
}

fn standard() -> Shared<Module> {
    static STANDARD: OnceLock<Shared<Module>> = OnceLock::new();
    Shared::clone(STANDARD.get_or_init(|| StandardPackage::new().as_shared_module()))
}
