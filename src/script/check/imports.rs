//! The modules a script imports, read but not run.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use crate::script::diagnostic::{self, Finding};
use crate::script::engine::{Factory, known_names};
use crate::script::load::Script;

/// What is known of the modules a script imports.
pub(crate) struct Imports {
    /// By alias, the functions with their numbers of parameters; `None` where
    /// the module could not be read, or its name is not written out.
    functions: BTreeMap<String, Option<BTreeMap<String, BTreeSet<usize>>>>,
    scripts: Vec<Script>,
}

impl Imports {
    /// Reads the modules that `ast` imports; those that are missing become findings.
    pub(crate) fn of(ast: &AST, name: &str, factory: &Factory, found: &mut Vec<Finding>) -> Self {
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
        let module = modules.find(Some(importer), file).and_then(|module| {
            let text = modules.read(&module)?;
            Ok(Script::from_text(module.name, text))
        });
        let module = match module {
            Ok(module) => module,
            Err(raised) => {
                let words = diagnostic::of_raised(raised);
                found.push(Finding {
                    position,
                    what: words.what,
                    hint: words.hint,
                });
                return None;
            }
        };
        let ast = factory
            .engine()
            .compile_with_scope(&known_names(), module.text());
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

/// The functions a script defines, with their numbers of parameters.
pub(crate) fn functions(ast: &AST) -> BTreeMap<String, BTreeSet<usize>> {
    let mut functions: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for function in ast.iter_functions() {
        let arities = functions.entry(function.name.to_owned()).or_default();
        arities.insert(function.params.len());
    }
    functions
}
