//! What a script could do to a server, as far as its text tells.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rhai::{AST, ASTNode, Expr, Stmt};

use crate::catalog::{self, Risk};
use crate::error::Failure;
use crate::script::api::upsert;
use crate::script::check::imports::Imports;
use crate::script::engine::execute::on_script_stack;
use crate::script::engine::keywords::CALL;
use crate::script::engine::{Factory, known_names};
use crate::script::host::Host;
use crate::script::load::Script;

/// The writes that a script and its modules name, called or not.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Effects {
    /// Writes that can be undone or made good.
    writes: BTreeSet<&'static str>,
    /// Writes that end or remove something for good.
    destructive: BTreeSet<&'static str>,
    /// What it uses that can do anything: `call`, `eval`, a function's name
    /// put together.
    anything: BTreeSet<&'static str>,
}

impl Script {
    /// What the script could do to a server.
    pub fn effects(&self, host: Arc<Host>) -> Result<Effects, Failure> {
        let factory = Factory::new(host);
        on_script_stack(|| {
            let mut effects = Effects::default();
            let ast = self.compile(&factory, &factory.engine())?;
            effects.read(&ast);
            let mut seen = BTreeSet::from([self.name().to_owned()]);
            let mut modules =
                Imports::of(&ast, self.name(), &factory, &mut Vec::new()).into_scripts();
            while let Some(module) = modules.pop() {
                if !seen.insert(module.name().to_owned()) {
                    continue;
                }
                // A module that cannot be read stops the run before it can do anything.
                if let Ok(ast) = factory
                    .engine()
                    .compile_with_scope(&known_names(), module.text())
                {
                    effects.read(&ast);
                    let imported = Imports::of(&ast, module.name(), &factory, &mut Vec::new());
                    modules.extend(imported.into_scripts());
                }
            }
            Ok(effects)
        })
    }
}

impl Effects {
    /// Whether the script could change the server.
    pub fn may_write(&self) -> bool {
        !self.anything.is_empty() || !self.writes.is_empty() || !self.destructive.is_empty()
    }

    fn read(&mut self, ast: &AST) {
        ast.walk(&mut |path| {
            match path.last() {
                Some(
                    ASTNode::Stmt(Stmt::FnCall(call, _))
                    | ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)),
                ) => {
                    let is_written_out = call.args.first().is_some_and(Expr::is_constant);
                    match call.name.as_str() {
                        "eval" => _ = self.anything.insert("eval"),
                        "Fn" if !is_written_out => _ = self.anything.insert("Fn"),
                        name => self.name(name),
                    }
                }
                // A function's name as a value: `let f = close_client;` or `Fn("close_client")`.
                Some(ASTNode::Expr(Expr::Variable(variable, _, _))) => self.name(&variable.1),
                Some(ASTNode::Expr(Expr::StringConstant(text, _))) => self.name(text),
                _ => {}
            }
            true
        });
    }

    fn name(&mut self, function: &str) {
        if function == CALL {
            self.anything.insert("call");
        }
        if function == upsert::NAME {
            self.writes.extend(upsert::WRITES);
        }
        let Some(action) = catalog::by_function(function).filter(|action| action.is_write()) else {
            return;
        };
        if action.has_risk(Risk::Destructive) {
            self.destructive.insert(action.name);
        } else {
            self.writes.insert(action.name);
        }
    }
}

impl fmt::Display for Effects {
    /// `calls AddClient, AddOrder; cannot be undone: CloseClient`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        if !self.writes.is_empty() {
            parts.push(format!("calls {}", list(&self.writes)));
        }
        if !self.destructive.is_empty() {
            parts.push(format!("cannot be undone: {}", list(&self.destructive)));
        }
        for name in &self.anything {
            parts.push(format!("uses `{name}`, which can do anything"));
        }
        if parts.is_empty() {
            parts.push("only reads".to_owned());
        }
        f.write_str(&parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::rig::Rig;

    fn effects(text: &str) -> String {
        Script::from_text("x", text)
            .effects(Rig::new().host())
            .unwrap()
            .to_string()
    }

    #[test]
    fn writes_are_found_wherever_they_stand() {
        let text = "fn f(c) { close_client(#{ clientid: c }) }\n\
                    for c in all_clients() { f(c.id); add_client_note(#{ userid: c.id, notes: \"x\" }); }";
        assert_eq!(
            effects(text),
            "calls AddClientNote; cannot be undone: CloseClient"
        );
        assert_eq!(
            effects("let f = Fn(\"delete_client\"); f.call(#{});"),
            "cannot be undone: DeleteClient"
        );
        assert_eq!(
            effects("for row in csv(\"c.csv\") { upsert_client(row, \"email\"); }"),
            "calls AddClient, UpdateClient"
        );
    }

    #[test]
    fn a_script_that_only_reads_says_so() {
        assert_eq!(effects("print(get_clients().totalresults);"), "only reads");
        let reads = Script::from_text("x", "all_clients();")
            .effects(Rig::new().host())
            .unwrap();
        assert!(!reads.may_write());
    }

    #[test]
    fn an_action_by_name_may_be_anything() {
        assert_eq!(
            effects("call(\"MyAction\", #{});"),
            "uses `call`, which can do anything"
        );
        assert_eq!(
            effects(
                "eval(\"close_\" + \"client(#{})\"); let name = \"close\"; Fn(name + \"_client\").call();"
            ),
            "uses `Fn`, which can do anything; uses `eval`, which can do anything"
        );
    }
}
