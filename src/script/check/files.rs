//! What the files hold that a script names: whose list it is, and which fields its records have.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Component, Path};
use std::sync::Arc;

use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt};
use serde_json::Value;

use crate::script::check::kinds::Kind;
use crate::script::files::json;
use crate::script::frozen::{self, FileHolding};
use crate::script::host::Confinement;

/// The function that reads a file of JSON.
const READ_JSON: &str = "read_json";
/// Functions that only read the file they are given.
const READING: [&str; 6] = [
    frozen::NAME,
    READ_JSON,
    "csv",
    "read_text",
    "sheet",
    "print",
];
/// A longer file is not read to look at a script.
const LONGEST: u64 = 32 << 20;

/// The files that lie beside a script; each is read once.
pub(super) struct Files<'f> {
    folder: Option<&'f Confinement>,
    /// Whether a file may be read to its end, and not for its first line alone.
    is_whole: bool,
    known: RefCell<BTreeMap<(String, String), Kind>>,
}

impl<'f> Files<'f> {
    /// Those that a script may read.
    pub fn readable_by(files: &'f Confinement, is_whole: bool) -> Self {
        Self {
            folder: Some(files),
            is_whole,
            known: RefCell::default(),
        }
    }

    /// None, where nothing is looked at but the script.
    pub fn none() -> Self {
        Self {
            folder: None,
            is_whole: false,
            known: RefCell::default(),
        }
    }

    /// What that function gives of that file, where the script does not make it itself.
    pub fn kind(&self, function: &str, path: &str) -> Kind {
        let key = (function.to_owned(), path.to_owned());
        if let Some(kind) = self.known.borrow().get(&key) {
            return kind.clone();
        }
        let kind = self.read(function, path).unwrap_or_default();
        self.known.borrow_mut().insert(key, kind.clone());
        kind
    }

    fn read(&self, function: &str, path: &str) -> Option<Kind> {
        // Of a pipe nothing would be left, and what is elsewhere is not the script's to read.
        let parts = Path::new(path).components();
        let is_beside = parts
            .into_iter()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let place = self.folder?.working.join(path);
        let found = std::fs::metadata(&place).ok()?;
        if !is_beside || !found.is_file() || self.is_whole && found.len() > LONGEST {
            return None;
        }
        let file = File::open(place).ok()?;
        if function == frozen::NAME {
            return Some(match frozen::held(file, self.is_whole)? {
                FileHolding::List(action) => Kind::walk(action),
                FileHolding::Records(fields) => {
                    Kind::Walk(Kind::FileRecord(Arc::new(fields), path.into()).into())
                }
            });
        }
        if function != READ_JSON || !self.is_whole {
            return None;
        }
        let value: Value = serde_json::from_reader(std::io::BufReader::new(file)).ok()?;
        let fields = json::fields_of(value.as_array()?)?;
        Some(Kind::List(
            Kind::FileRecord(Arc::new(fields), path.into()).into(),
        ))
    }
}

/// Whether a script may write the file of that path, as far as it is written out.
pub(super) fn is_written(ast: &AST, path: &str) -> bool {
    let mut is_written = false;
    let mut look = |call: &FnCallExpr| {
        let is_named = call
            .args
            .iter()
            .any(|arg| matches!(arg, Expr::StringConstant(text, _) if text == path));
        is_written |= is_named && !READING.contains(&call.name.as_str());
    };
    ast.walk(&mut |path| {
        if let Some(
            ASTNode::Stmt(Stmt::FnCall(call, _))
            | ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)),
        ) = path.last()
        {
            look(call);
        }
        true
    });
    is_written
}
