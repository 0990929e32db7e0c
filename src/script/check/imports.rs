//! The modules a script imports, read but not run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use crate::script::diagnostic;
use crate::script::engine::Factory;
use crate::script::engine::stack::on_script_stack;
use crate::script::finding::Finding;
use crate::script::host::Confinement;
use crate::script::library;
use crate::script::load::Script;
use crate::script::offline_host::nowhere;

/// What is known of the modules a script imports.
pub(crate) struct Imports {
    /// By alias, the functions with their numbers of parameters; `None` where
    /// the module could not be read, or its name is not written out.
    functions: BTreeMap<String, Option<BTreeMap<String, BTreeSet<usize>>>>,
    scripts: Vec<Script>,
}

impl Imports {
    /// Reads the modules that `ast` imports; those that are missing become findings.
    pub(crate) fn load(ast: &AST, name: &str, factory: &Factory, found: &mut Vec<Finding>) -> Self {
        let mut imports = Self {
            functions: BTreeMap::new(),
            scripts: Vec::new(),
        };
        ast.walk(&mut |path| {
            if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last() {
                let alias = import.1.name.to_string();
                let functions = match &import.0 {
                    Expr::StringConstant(file, position) => {
                        imports.read(factory, name, file, *position, found)
                    }
                    _ => None,
                };
                imports.functions.insert(alias, functions);
            }
            true
        });
        found.extend(circles(ast, name, factory));
        imports
    }

    fn read(
        &mut self,
        factory: &Factory,
        importer: &str,
        file: &str,
        position: Position,
        found: &mut Vec<Finding>,
    ) -> Option<BTreeMap<String, BTreeSet<usize>>> {
        let modules = factory.modules();
        let module = modules.find(Some(importer), file);
        let module = module.and_then(|module| modules.read(&module));
        let module = match module {
            Ok(module) => module,
            Err(raised) => {
                let words = diagnostic::of_raised(raised);
                found.push(Finding {
                    code: "import",
                    position,
                    what: words.what,
                    hint: words.hint,
                });
                return None;
            }
        };
        let ast = factory
            .engine()
            .compile_with_scope(&factory.known_names(), module.text());
        self.scripts.push(module);
        ast.ok().map(|ast| functions(&ast))
    }

    /// The functions of the module of that alias, where they are known.
    pub(crate) fn functions(&self, alias: &str) -> Option<&BTreeMap<String, BTreeSet<usize>>> {
        self.functions.get(alias)?.as_ref()
    }

    /// The modules themselves, to be checked in turn.
    pub(crate) fn into_scripts(self) -> Vec<Script> {
        self.scripts
    }
}

/// Hands over every module the script imports, also those that modules import, once
/// each; one that cannot be read stops the run before it can do anything.
pub(crate) fn each(
    script: &Script,
    ast: &AST,
    factory: &Factory,
    mut hand_over: impl FnMut(&Script, &AST),
) {
    let imported =
        |ast: &AST, name: &str| Imports::load(ast, name, factory, &mut Vec::new()).into_scripts();
    let mut seen = BTreeSet::from([place(script.name())]);
    let mut modules = imported(ast, script.name());
    while let Some(module) = modules.pop() {
        if !seen.insert(place(module.name())) {
            continue;
        }
        let engine = factory.engine();
        if let Ok(ast) = engine.compile_with_scope(&factory.known_names(), module.text()) {
            hand_over(&module, &ast);
            modules.extend(imported(&ast, module.name()));
        }
    }
}

impl Script {
    /// The modules it imports by names that are written out, and those that they import,
    /// sorted by name; none of a script that cannot be read.
    pub fn imported(&self, files: Confinement) -> Vec<Script> {
        // Most scripts import nothing, and need not be read for that.
        if !self.text().contains("import") {
            return Vec::new();
        }
        let factory = library::factory(nowhere(files, true));
        let modules = on_script_stack(|| {
            let ast = self.compile(&factory, &factory.engine())?;
            let mut modules = Vec::new();
            each(self, &ast, &factory, |module, _| {
                modules.push(module.clone());
            });
            Ok(modules)
        });
        let mut modules = modules.unwrap_or_default();
        modules.sort_by(|one, other| one.name().cmp(other.name()));
        modules
    }
}

/// Which file a script of that name is, whatever way its importers name it; the name where
/// there is no such file.
pub(super) fn place(name: &str) -> PathBuf {
    fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name))
}

/// The imports through which a script comes back to itself: those that are reached whenever a
/// module is loaded, none of which stands in a function or a block.
fn circles(ast: &AST, name: &str, factory: &Factory) -> Vec<Finding> {
    let own = place(name);
    let comes_back = |file: &str| {
        let mut seen = BTreeSet::new();
        let mut ahead = vec![(name.to_owned(), file.to_owned())];
        while let Some((importer, file)) = ahead.pop() {
            let Ok(module) = factory.modules().find(Some(&importer), &file) else {
                continue;
            };
            let there = place(&module.name);
            if there == own {
                return true;
            }
            if !seen.insert(there) {
                continue;
            }
            let ast = factory.modules().read(&module).ok().and_then(|script| {
                let scope = factory.known_names();
                factory
                    .engine()
                    .compile_with_scope(&scope, script.text())
                    .ok()
            });
            let further = ast.iter().flat_map(always_imported);
            ahead.extend(further.map(|(file, _)| (module.name.clone(), file)));
        }
        false
    };
    let circular = always_imported(ast).into_iter();
    let circular = circular.filter(|(file, _)| comes_back(file));
    circular
        .map(|(_, position)| Finding {
            code: "import",
            position,
            what: format!("`{name}` imports itself, directly or through another module"),
            hint: Some("move what both need to a third file, and import that".to_owned()),
        })
        .collect()
}

/// The files that a script imports outside of functions and blocks, and where.
fn always_imported(ast: &AST) -> Vec<(String, Position)> {
    let imports = ast.statements().iter();
    let imports = imports.filter_map(|statement| match statement {
        Stmt::Import(import, _) => match &import.0 {
            Expr::StringConstant(file, position) => Some((file.to_string(), *position)),
            _ => None,
        },
        _ => None,
    });
    imports.collect()
}

/// The functions a script defines, with their numbers of parameters.
pub(crate) fn functions(ast: &AST) -> BTreeMap<String, BTreeSet<usize>> {
    let mut functions: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for function in ast.iter_functions() {
        let arities = functions.entry(function.name.to_owned()).or_default();
        arities.insert(function.params.len());
    }
    functions
}
