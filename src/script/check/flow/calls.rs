//! What functions and closures are given where they are called, and what they return.

use rhai::{ASTNode, Expr, FnCallExpr, ImmutableString, Position};

use super::{Flow, LOOPS};
use crate::catalog::{self, Action};
use crate::script::check::closures::{Closure, FunctionBody, closure};
use crate::script::check::files;
use crate::script::check::kinds::Kind;
use crate::script::check::names::named;
use crate::script::check::numbers;
use crate::script::check::strays::OUTCOME;
use crate::script::engine::keywords::CALL;

impl Flow<'_> {
    pub(super) fn call(&mut self, call: &FnCallExpr, position: Position) -> Kind {
        let name = call.name.as_str();
        if let Some(_operator) = &call.op_token {
            let kinds: Vec<Kind> = call.args.iter().map(|arg| self.used(arg)).collect();
            self.written_sum(name, call, &kinds, position);
            self.compared(name, call, &kinds);
            let lost = numbers::of_operator(name, call, &kinds, position);
            self.found.refused.extend(lost);
            if name.starts_with("..") {
                return Kind::List(Kind::Number.into());
            }
            return match &kinds[..] {
                [one, other] => self.operator(name, one, other, position),
                _ => Kind::Unknown,
            };
        }
        let is_ours = !call.is_qualified() && !self.names.defines(name);
        if is_ours
            && LOOPS.contains(&name)
            && let Some((rows, rest)) = call.args.split_first()
        {
            let rows = self.used(rows);
            return self.rows(&rows, name, rest);
        }
        for arg in &call.args {
            self.passed_on(arg);
        }
        let written = call.args.iter().find(|arg| matches!(arg, Expr::Map(..)));
        if is_ours && written.is_some() {
            self.calling = called(call);
        }
        if is_ours
            && let Some(Expr::Variable(variable, ..)) = call.args.last()
            && let Some(draft) = self.draft(&variable.1)
            && let Some(action) = called(call)
        {
            self.drafts.pass(draft, action);
        }
        let kinds: Vec<Kind> = call.args.iter().map(|arg| self.used(arg)).collect();
        self.calling = None;
        if !is_ours && !call.is_qualified() {
            self.seen.add(name, kinds.into_iter().map(loose).collect());
            let result = self.known.results.get(name);
            return result.cloned().unwrap_or_default();
        }
        self.money(name, &kinds, position);
        if is_ours && name == "contains" {
            self.compared(name, call, &kinds);
        }
        match name {
            _ if !is_ours => Kind::Unknown,
            "env" => Kind::Text,
            "type_of" => Kind::TypeName,
            "upsert_client" => Kind::Ours(OUTCOME),
            "read_text" => Kind::Plain,
            "today" | "now" | "datetime" => Kind::Day,
            "date" if kinds.len() != 1 || kinds[0].is_plain() => Kind::Day,
            CALL => named(call).map_or(Kind::Unknown, Kind::reply),
            "rows" | "read_json" => self.file(name, call),
            "as_text" => Kind::Meant,
            "money" | "parse_money" | "as_money" => Kind::Money,
            "parse_int" | "len" => Kind::Number,
            "to_string" | "format_money" => Kind::Plain,
            "csv" => Kind::Rows { is_text: true },
            "sheet" => Kind::Rows { is_text: false },
            "client_by_email" => self.action("get_clients_details").field("client"),
            name => self.action(name),
        }
    }

    /// What the reply of an action is, or the list that a function walks.
    pub(super) fn action(&self, name: &str) -> Kind {
        if self.names.defines(name) {
            return Kind::Unknown;
        }
        if let Some(action) = catalog::by_function(name) {
            return Kind::reply(action);
        }
        catalog::by_walk(name).map_or(Kind::Unknown, Kind::walk)
    }

    /// What a function reads of the file that it names.
    fn file(&self, name: &str, call: &FnCallExpr) -> Kind {
        match call.args.first() {
            Some(Expr::StringConstant(path, _)) if !files::is_written(self.ast, path) => {
                self.files.kind(name, path)
            }
            _ => Kind::Unknown,
        }
    }

    /// The rows of a loop, and its closure.
    pub(super) fn rows(&mut self, rows: &Kind, name: &str, rest: &[Expr]) -> Kind {
        let mut given = Kind::Unknown;
        for arg in rest {
            if let Some(closure) = closure(arg) {
                given = self.closure(&closure, &[rows.item()]);
            } else if let Some(name) = self.function(arg) {
                given = self.by_name(&name, &[rows.item()]);
            } else {
                let _ = self.used(arg);
            }
        }
        match name {
            "gather" => Kind::List(given.into()),
            _ => Kind::Unknown,
        }
    }

    /// The function of the script that an expression names: `want`, `Fn("want")`, a variable
    /// that holds one of them.
    pub(super) fn function(&self, expression: &Expr) -> Option<ImmutableString> {
        let name = match expression {
            Expr::Variable(variable, ..) => {
                let known = self
                    .scope
                    .iter()
                    .rev()
                    .find(|(known, _)| *known == variable.1);
                match known {
                    Some((_, Kind::Function(name))) => return Some(name.clone()),
                    Some(_) => return None,
                    None => &variable.1,
                }
            }
            Expr::FnCall(call, _) if call.name == "Fn" => match call.args.first() {
                Some(Expr::StringConstant(name, _)) => name,
                _ => return None,
            },
            _ => return None,
        };
        self.bodies
            .contains_key(name.as_str())
            .then(|| name.clone())
    }

    /// What a function gives that is called by its name with values of those kinds.
    pub(super) fn by_name(&mut self, name: &str, given: &[Kind]) -> Kind {
        if let Some(body) = self.bodies.get(name) {
            let mut kinds: Vec<Kind> = given.iter().cloned().map(loose).collect();
            kinds.resize(body.parameters.len(), Kind::Unknown);
            self.seen.add(name, kinds);
        }
        self.known.results.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn passed_anywhere(&mut self, name: &str) {
        if let Some(body) = self.bodies.get(name) {
            let kinds = vec![Kind::Unknown; body.parameters.len()];
            self.seen.add(name, kinds);
        }
    }

    /// A function that is passed on may be given anything.
    pub(super) fn passed_on(&mut self, arg: &Expr) {
        let name = match arg {
            Expr::Variable(variable, ..) => &variable.1,
            Expr::StringConstant(text, _) => text,
            _ => return,
        };
        let name = name.clone();
        self.passed_anywhere(&name);
    }

    /// What a closure gives that is called with values of those kinds.
    pub(super) fn closure(&mut self, closure: &Closure, given: &[Kind]) -> Kind {
        let Some(body) = self.bodies.get(&closure.name) else {
            return Kind::Unknown;
        };
        self.body(body, &closure.captured, given)
    }

    pub(super) fn body(
        &mut self,
        body: &FunctionBody,
        captured: &[String],
        given: &[Kind],
    ) -> Kind {
        let outer = self.scope.len();
        let own = body
            .parameters
            .iter()
            .filter(|name| !captured.contains(name));
        for (at, name) in own.enumerate() {
            let kind = given.get(at).cloned().unwrap_or_default();
            self.scope.push((name.clone(), kind));
        }
        let mut last = Kind::Unknown;
        body.tree.walk(&mut |path| {
            if let [ASTNode::Stmt(statement)] = path {
                last = self.statement(statement);
            }
            true
        });
        self.scope.truncate(outer);
        last
    }
}

/// The action that a call is of.
fn called(call: &FnCallExpr) -> Option<&'static Action> {
    match call.name.as_str() {
        CALL => named(call),
        name => catalog::by_function(name).or_else(|| catalog::by_walk(name)),
    }
}

/// What a function may be given, which may be nothing elsewhere.
fn loose(kind: Kind) -> Kind {
    match kind {
        Kind::Cell => Kind::Text,
        Kind::Entry | Kind::Nothing => Kind::Unknown,
        kind => kind,
    }
}
