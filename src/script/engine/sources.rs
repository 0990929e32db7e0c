//! The scripts at hand, kept for errors: their texts, to show the line, and
//! their functions, to say how those are called.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rhai::{AST, NativeCallContext};

use crate::script::engine::named_secrets::NamedSecrets;

/// Texts by the name errors show, usually a path as the user gave it, and the
/// functions of all of them.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    texts: Mutex<HashMap<String, Arc<str>>>,
    /// The name of the script itself: it is read before what it imports.
    main: OnceLock<String>,
    /// The lines of one text that came from another.
    loaded: Mutex<Vec<Loaded>>,
    functions: Mutex<BTreeMap<String, Defined>>,
    /// The functions of each script read so far, without its other statements.
    bodies: Mutex<Vec<AST>>,
    /// What their names tell of secrets.
    pub(crate) named_secrets: NamedSecrets,
}

/// Lines of a text that are those of another, from its first on.
#[derive(Debug)]
struct Loaded {
    into: String,
    lines: Range<usize>,
    from: String,
}

/// The ways to call a function of a script: the names of its parameters.
pub(crate) type Defined = BTreeSet<Vec<String>>;

impl Sources {
    /// Remembers a text under that name, replacing an older one.
    pub(crate) fn keep(&self, name: &str, text: &str) {
        self.main.get_or_init(|| name.to_owned());
        lock(&self.texts).insert(name.to_owned(), text.into());
    }

    /// Whether that is the script itself, and no module.
    pub(crate) fn is_main(&self, name: &str) -> bool {
        self.main.get().is_some_and(|main| main == name)
    }

    /// The text of that name.
    pub(crate) fn text(&self, name: &str) -> Option<Arc<str>> {
        lock(&self.texts).get(name).cloned()
    }

    /// The texts of all scripts read so far.
    pub(crate) fn texts(&self) -> Vec<Arc<str>> {
        lock(&self.texts).values().cloned().collect()
    }

    /// Whether what is called is asked for with `?.` or `?[`: Rhai gives a getter the place of
    /// the sign, and not which it is.
    pub(crate) fn is_asked(&self, context: &NativeCallContext) -> bool {
        let line = self.line_of(context);
        line.is_some_and(|(line, at)| line[at..].starts_with('?'))
    }

    /// Whether `""` is written out beside the operator that is called, by which people make a
    /// text of what stands on its other side.
    pub(crate) fn makes_text(&self, context: &NativeCallContext) -> bool {
        self.line_of(context).is_some_and(|(line, at)| {
            let (before, after) = line.split_at(at);
            let after = after.trim_start_matches(['+', '=']).trim_start();
            let before = before.trim_end().strip_suffix("\"\"");
            after.starts_with("\"\"") || before.is_some_and(|before| !before.ends_with(['\\', '"']))
        })
    }

    /// The line in which a function is called, and the byte of it at which that is.
    fn line_of(&self, context: &NativeCallContext) -> Option<(String, usize)> {
        let text = self.text(context.call_source().unwrap_or_default())?;
        let position = context.call_position();
        let line = text.lines().nth(position.line()? - 1)?;
        let (at, _) = line.char_indices().nth(position.position()? - 1)?;
        Some((line.to_owned(), at))
    }

    /// Remembers that these lines of the text `into`, counted from one, are all of `from`.
    pub(crate) fn keep_loaded(&self, into: &str, lines: Range<usize>, from: &str) {
        lock(&self.loaded).push(Loaded {
            into: into.to_owned(),
            lines,
            from: from.to_owned(),
        });
    }

    /// Where a line of a text came from: a name and a line of its own.
    pub(crate) fn origin(&self, name: &str, line: usize) -> Option<(String, usize)> {
        let loaded = lock(&self.loaded);
        let is_it = |one: &&Loaded| one.into == name && one.lines.contains(&line);
        let found = loaded.iter().find(is_it)?;
        Some((found.from.clone(), line - found.lines.start + 1))
    }

    /// Remembers the functions and closures a script defines.
    pub(crate) fn keep_functions(&self, ast: &AST) {
        let mut functions = lock(&self.functions);
        for function in ast.iter_functions() {
            let parameters = function.params.iter().map(ToString::to_string).collect();
            let ways = functions.entry(function.name.to_owned()).or_default();
            ways.insert(parameters);
        }
        if ast.iter_functions().next().is_some() {
            lock(&self.bodies).push(ast.clone_functions_only());
        }
    }

    /// The closure of that name alone, to be walked; a closure's name is its own.
    pub(crate) fn closure(&self, name: &str) -> Option<AST> {
        let bodies = lock(&self.bodies);
        let is_there = |ast: &&AST| ast.iter_functions().any(|function| function.name == name);
        // Cloning with a filter would do, but Rhai 1.27 leaves the filter out.
        let mut ast = bodies.iter().rev().find(is_there)?.clone();
        ast.retain_functions(|_, _, other, _| other == name);
        Some(ast)
    }

    /// The ways to call the script function of that name; none if there is none.
    pub(crate) fn function(&self, name: &str) -> Defined {
        lock(&self.functions).get(name).cloned().unwrap_or_default()
    }

    /// The names of all script functions.
    pub(crate) fn functions(&self) -> Vec<String> {
        let functions = lock(&self.functions);
        let named = functions.keys().filter(|name| !name.starts_with("anon$"));
        named.cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
