//! Finds and loads the files a script imports.
//!
//! A module is looked for beside the script that imports it, with the ending
//! `.rhai`, and only in folders the script may read. It is compiled once and
//! shared by all workers; its text is kept for errors.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use rhai::{AST, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};

use crate::run::scope;
use crate::script::bulk::state::is_inside;
use crate::script::engine::sources::Sources;
use crate::script::finding::Finding;
use crate::script::host::Confinement;
use crate::script::load::Script;
use crate::script::raise::Raised;

/// Finds what no script may hold, its text and its syntax tree given.
pub(crate) type Refused = fn(&Engine, &str, &AST) -> Vec<Finding>;

/// The loader of imported modules; clones share what was loaded.
#[derive(Clone)]
pub(crate) struct Modules(Arc<Loader>);

struct Loader {
    files: Confinement,
    sources: Arc<Sources>,
    scope: Scope<'static>,
    refused: Refused,
    loaded: Mutex<HashMap<PathBuf, Shared<Module>>>,
    /// What each thread is loading right now, to find a module that imports itself.
    loading: Mutex<HashSet<(ThreadId, PathBuf)>>,
}

/// An imported file that was found.
pub(crate) struct FoundModule {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How errors name it.
    pub(crate) name: String,
}

impl Modules {
    /// A loader that compiles modules with the names in `scope` known, and refuses what
    /// `refused` finds.
    pub(crate) fn new(
        files: Confinement,
        sources: Arc<Sources>,
        scope: Scope<'static>,
        refused: Refused,
    ) -> Self {
        Self(Arc::new(Loader {
            files,
            sources,
            scope,
            refused,
            loaded: Mutex::default(),
            loading: Mutex::default(),
        }))
    }

    /// The file that `import "path"` in the script `importer` means.
    pub(crate) fn find(&self, importer: Option<&str>, path: &str) -> Result<FoundModule, Raised> {
        let folder = importer.and_then(|name| Path::new(name).parent());
        let mut file = folder.unwrap_or_else(|| Path::new("")).join(path);
        if file.extension().is_none_or(|ending| ending != "rhai") {
            file.as_mut_os_string().push(".rhai");
        }
        let name = file.display().to_string();
        let real = self.0.files.regular(&name)?;
        Ok(FoundModule { path: real, name })
    }

    /// A module, its text kept for errors.
    pub(crate) fn read(&self, found: &FoundModule) -> Result<Script, Raised> {
        let script = Script::load(&found.path).map_err(|failure| {
            let raised = Raised::new("module", failure.what);
            match failure.hint {
                Some(hint) => raised.hint(hint),
                None => raised,
            }
        })?;
        let script = script.named(&found.name);
        self.0.sources.keep(script.name(), script.text());
        Ok(script)
    }

    fn load(&self, engine: &Engine, found: &FoundModule) -> Result<Module, Box<EvalAltResult>> {
        let script = self.read(found)?;
        let text = script.text();
        let mut ast = engine.compile_with_scope(&self.0.scope, text)?;
        if let Some(finding) = (self.0.refused)(engine, text, &ast).into_iter().next() {
            return Err(finding.into());
        }
        ast.set_source(&found.name);
        self.0.sources.keep_functions(&ast);
        self.0.sources.named_secrets.read(&found.name, &ast);
        self.0.sources.named_secrets.keep(&found.name);
        let import = || Module::eval_ast_as_new(Scope::new(), &ast, engine);
        if is_inside() {
            scope::importing(import)
        } else {
            import()
        }
    }

    fn begin(&self, found: &FoundModule) -> Result<Loading<'_>, Raised> {
        let key = (thread::current().id(), found.path.clone());
        let mut loading = self
            .0
            .loading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !loading.insert(key.clone()) {
            return Err(Raised::new(
                "module",
                format!(
                    "`{}` imports itself, directly or through another module",
                    found.name
                ),
            ));
        }
        Ok(Loading {
            loader: &self.0,
            key,
        })
    }
}

/// Marks a module as being loaded until dropped.
struct Loading<'l> {
    loader: &'l Loader,
    key: (ThreadId, PathBuf),
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        let mut loading = self
            .loader
            .loading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        loading.remove(&self.key);
    }
}

impl ModuleResolver for Modules {
    fn resolve(
        &self,
        engine: &Engine,
        source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let here = |raised: Raised| raised.at(position);
        let found = self.find(source, path).map_err(here)?;
        let loaded = || self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = loaded().get(&found.path) {
            self.0.sources.named_secrets.keep(&found.name);
            return Ok(Shared::clone(module));
        }
        let _loading = self.begin(&found).map_err(here)?;
        let module = self.load(engine, &found).map_err(|error| {
            Box::new(EvalAltResult::ErrorInModule(
                found.name.clone(),
                error,
                position,
            ))
        })?;
        let module: Shared<Module> = module.into();
        loaded().insert(found.path.clone(), Shared::clone(&module));
        Ok(module)
    }
}
