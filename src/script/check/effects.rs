//! What a script could do to a server, as far as its text tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::{AST, ASTNode, Expr, Stmt};

use crate::catalog::{self, Action, Effect, Risk};
use crate::error::Failure;
use crate::run::Snapshots;
use crate::script::api::upsert;
use crate::script::check::imports;
use crate::script::engine::keywords::CALL;
use crate::script::engine::stack::on_script_stack;
use crate::script::host::{Confinement, Host};
use crate::script::library;
use crate::script::load::Script;
use crate::script::offline_host::nowhere;

/// Functions that are no action's own, and what they read.
const READERS: [(&str, &[&str]); 2] = [
    ("client_by_email", &["GetClientsDetails"]),
    (upsert::NAME, &["GetClientsDetails", "GetUsers"]),
];

/// The actions that a script and its modules name, called or not.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Effects {
    /// What it reads.
    reads: BTreeSet<&'static str>,
    /// Updates of records that can be kept as they were.
    updates: BTreeSet<&'static str>,
    /// Writes that have no way back.
    final_writes: BTreeSet<&'static str>,
    /// Parameters it names that remove something, whatever call they are for.
    removals: BTreeSet<&'static str>,
    /// What it uses that can do anything: `call`, `eval`, a function's name
    /// put together.
    anything: BTreeSet<&'static str>,
}

impl Script {
    /// What the script calls, told without a server; `files` says where its modules are.
    pub fn effects_offline(&self, files: Confinement) -> Result<Effects, Failure> {
        self.effects(nowhere(files, true))
    }

    /// What the script could do to a server.
    pub fn effects(&self, host: Arc<Host>) -> Result<Effects, Failure> {
        let factory = library::factory(host);
        on_script_stack(|| {
            let mut effects = Effects::default();
            let ast = self.compile(&factory, &factory.engine())?;
            effects.read(&ast);
            imports::each(self, &ast, &factory, |_, ast| effects.read(ast));
            Ok(effects)
        })
    }
}

impl Effects {
    /// Whether the script could change the server.
    pub fn may_write(&self) -> bool {
        !self.anything.is_empty() || !self.updates.is_empty() || !self.final_writes.is_empty()
    }

    /// The reads among its actions, with those that come before what it removes.
    pub fn reads(&self) -> impl Iterator<Item = &'static Action> {
        let removing = self
            .writes()
            .filter(|action| self.removal(action).is_some());
        let records = removing.filter_map(|action| action.record.as_ref());
        let mut reads: BTreeSet<_> = records.map(|record| record.action).collect();
        reads.extend(&self.reads);
        reads.into_iter().filter_map(catalog::action)
    }

    /// A parameter the script names with which that action removes something.
    pub fn removal(&self, action: &Action) -> Option<&'static str> {
        let mut marked = action.params.iter().filter(|param| param.destructive);
        let named = marked.find(|param| self.removals.contains(param.name));
        named.map(|param| param.name)
    }

    /// The writes among its actions.
    pub fn writes(&self) -> impl Iterator<Item = &'static Action> {
        let writes: BTreeSet<_> = self.updates.union(&self.final_writes).copied().collect();
        writes.into_iter().filter_map(catalog::action)
    }

    /// What it uses that can do anything.
    pub fn anything(&self) -> impl Iterator<Item = &'static str> {
        self.anything.iter().copied()
    }

    /// What two scripts do.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.reads.extend(other.reads);
        self.updates.extend(other.updates);
        self.final_writes.extend(other.final_writes);
        self.removals.extend(other.removals);
        self.anything.extend(other.anything);
        self
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
                Some(ASTNode::Expr(Expr::StringConstant(text, _))) => {
                    self.name(text);
                    self.parameter(text);
                }
                Some(ASTNode::Expr(Expr::Property(property, _))) => self.parameter(&property.2),
                Some(ASTNode::Expr(Expr::Map(map, _))) => {
                    let set = map.0.iter();
                    let set =
                        set.filter(|(_, value)| !matches!(value, Expr::BoolConstant(false, _)));
                    set.for_each(|(name, _)| self.parameter(&name.name));
                }
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
            for action in upsert::WRITES.into_iter().filter_map(catalog::action) {
                self.write(action);
            }
        }
        if let Some((_, reads)) = READERS.iter().find(|(name, _)| *name == function) {
            self.reads.extend(reads.iter());
        }
        match catalog::by_function(function).or_else(|| catalog::by_walk(function)) {
            Some(action) if action.is_write() => self.write(action),
            Some(action) => _ = self.reads.insert(action.name),
            None => {}
        }
    }

    fn parameter(&mut self, name: &str) {
        let params = catalog::actions().iter().flat_map(|action| action.params);
        let mut marked = params.filter(|param| param.destructive);
        self.removals.extend(
            marked
                .find(|param| param.name == name)
                .map(|param| param.name),
        );
    }

    fn write(&mut self, action: &Action) {
        // What it ends is read first, to be kept.
        if action.has_risk(Risk::Destructive) {
            self.reads
                .extend(action.record.iter().map(|record| record.action));
        }
        if action.effect == Effect::Update && action.record.is_some() {
            self.updates.insert(action.name);
        } else {
            self.final_writes.insert(action.name);
        }
    }

    /// What it does and how much of that could be undone:
    /// `calls UpdateClient, which `runs undo` can bring back; cannot be undone: AddOrder`.
    pub fn words(&self, snapshots: Snapshots) -> String {
        let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        if !self.updates.is_empty() {
            let way = match snapshots {
                Snapshots::All => "can restore",
                _ => "could restore with `--snapshot`",
            };
            parts.push(format!(
                "calls {}, which `runs undo` {way}",
                list(&self.updates)
            ));
        }
        let updates = self.updates.iter().filter_map(|name| {
            let removal = self.removal(catalog::action(name)?)?;
            Some(format!("{name} with `{removal}`"))
        });
        let finals = self.final_writes.iter().map(ToString::to_string);
        let finals: Vec<String> = finals.chain(updates).collect();
        if !finals.is_empty() {
            parts.push(format!("cannot be undone: {}", finals.join(", ")));
        }
        for name in &self.anything {
            parts.push(format!("uses `{name}`, which can do anything"));
        }
        if parts.is_empty() {
            parts.push("only reads".to_owned());
        }
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::test_host::TestHost;

    fn effects(text: &str) -> String {
        Script::from_text("x", text)
            .effects(TestHost::new().host())
            .unwrap()
            .words(Snapshots::default())
    }

    #[test]
    fn writes_are_found_wherever_they_stand() {
        let text = "fn f(c) { close_client(#{ clientid: c }) }\n\
                    for c in all_clients() { f(c.id); add_client_note(#{ userid: c.id, notes: \"x\" }); }";
        assert_eq!(
            effects(text),
            "cannot be undone: AddClientNote, CloseClient"
        );
        assert_eq!(
            effects("let f = Fn(\"delete_client\"); f.call(#{});"),
            "cannot be undone: DeleteClient"
        );
        assert_eq!(
            effects("for row in csv(\"c.csv\") { upsert_client(row, \"email\"); }"),
            "calls UpdateClient, which `runs undo` could restore with `--snapshot`; cannot be \
             undone: AddClient"
        );
    }

    #[test]
    fn what_could_be_brought_back_is_told_from_what_could_not() {
        let text = "update_client(#{ clientid: 1 }); update_client_product(#{ serviceid: 1 });\n\
                    update_user(#{ user_id: 1 }); add_order(#{ clientid: 1 });";
        assert_eq!(
            effects(text),
            "calls UpdateClient, UpdateClientProduct, which `runs undo` could restore with \
             `--snapshot`; cannot be undone: AddOrder, UpdateUser"
        );
        let effects = Script::from_text("x", "update_client(#{ clientid: 1 });")
            .effects(TestHost::new().host())
            .unwrap();
        assert_eq!(
            effects.words(Snapshots::All),
            "calls UpdateClient, which `runs undo` can restore"
        );
    }

    #[test]
    fn a_parameter_that_removes_something_is_told_with_its_action() {
        let undone = "calls UpdateClient, which `runs undo` could restore with `--snapshot`; \
            cannot be undone: UpdateClient with `clearcreditcard`";
        for text in [
            "update_client(#{ clientid: 1, clearcreditcard: true });",
            "let clear = args.len() > 1; update_client(#{ clientid: 1, clearcreditcard: clear });",
            "let p = #{ clientid: 1 }; p.clearcreditcard = 1; update_client(p);",
            "let p = #{ clientid: 1 }; p[\"clearcreditcard\"] = 1; update_client(p);",
        ] {
            assert_eq!(effects(text), undone, "{text}");
        }
        for text in [
            "update_client(#{ clientid: 1, clearcreditcard: false });",
            "update_client(#{ clientid: 1, deletelineids: [1] });",
        ] {
            assert!(!effects(text).contains("undone"), "{text}");
        }
        let removing = Script::from_text(
            "x",
            "update_client(#{ clientid: 1, clearcreditcard: true });",
        );
        let removing = removing.effects_offline(Confinement::default()).unwrap();
        let reads: Vec<_> = removing.reads().map(|action| action.name).collect();
        assert_eq!(reads, ["GetClientsDetails"]);
    }

    #[test]
    fn a_script_that_only_reads_says_so() {
        assert_eq!(effects("print(get_clients().totalresults);"), "only reads");
        let reads = Script::from_text("x", "all_clients();")
            .effects(TestHost::new().host())
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

    #[test]
    fn reads_are_told_too_with_those_that_writes_need() {
        let names = |text: &str| -> Vec<&str> {
            let effects = Script::from_text("x", text).effects_offline(Confinement::default());
            effects.unwrap().reads().map(|action| action.name).collect()
        };
        assert_eq!(
            names("for c in all_clients() { get_invoices(#{ userid: c.id }); }"),
            ["GetClients", "GetInvoices"]
        );
        assert_eq!(
            names("close_client(#{ clientid: 1 });"),
            ["GetClientsDetails"]
        );
        assert_eq!(
            names("upsert_client(#{}, \"email\");"),
            ["GetClientsDetails", "GetUsers"]
        );
    }

    #[test]
    fn every_function_that_reads_names_actions_of_the_catalog() {
        for name in READERS.iter().flat_map(|(_, actions)| actions.iter()) {
            assert!(
                catalog::action(name).is_some_and(|action| !action.is_write()),
                "{name}"
            );
        }
    }
}
