//! The secrets that a script's own names tell: of variables, parameters of functions, and
//! entries of maps.
//!
//! A literal is known as soon as the script is read; any other value once the variable is
//! read that holds it, or leads to the entry. What is made of a secret by cutting or counting
//! is another value, and nobody's secret here.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use rhai::{AST, ASTFlags, ASTNode, Array, BinaryExpr, Dynamic, Expr, Map, Scope, Stmt};
use secrecy::{ExposeSecret as _, SecretString};

use crate::secrets::{self, is_secret};

/// Of a list or a map that one variable holds, no more are noted at once.
const MOST_OF_ONE: usize = 100;

/// How one gets from a variable to an entry: names, or any item of a list.
type Way = Vec<Option<String>>;

/// What the scripts read so far tell.
#[derive(Debug, Default)]
pub(crate) struct NamedSecrets {
    /// Values that are written out, by the script.
    literals: Mutex<HashMap<String, Vec<SecretString>>>,
    /// The ways to secret entries, by the variable they begin at.
    ways: RwLock<HashMap<String, BTreeSet<Way>>>,
    /// Whether any script reads what is to be noted: every reading of a variable asks.
    is_any: AtomicBool,
}

impl NamedSecrets {
    /// Learns the names in a script.
    pub(crate) fn read(&self, name: &str, ast: &AST) {
        let mut literals = Vec::new();
        let mut ways = Vec::new();
        let mut is_any = false;
        ast.walk(&mut |nodes| {
            is_any |= nodes.last().is_some_and(is_noted);
            match nodes.last() {
                Some(ASTNode::Expr(Expr::Map(entries, _))) => {
                    let secret = entries.0.iter().filter(|(name, _)| is_secret(&name.name));
                    secret.for_each(|(_, value)| written(value, &mut literals));
                }
                Some(ASTNode::Expr(expr)) => ways.extend(way(expr)),
                Some(ASTNode::Stmt(Stmt::Var(declared, ..))) if is_secret(&declared.0.name) => {
                    written(&declared.1, &mut literals);
                }
                Some(ASTNode::Stmt(Stmt::Assignment(assigned)))
                    if last_name(&assigned.1.lhs).is_some_and(is_secret) =>
                {
                    written(&assigned.1.rhs, &mut literals);
                }
                _ => {}
            }
            true
        });
        if is_any || !ways.is_empty() {
            self.is_any.store(true, Ordering::Relaxed);
        }
        lock(&self.literals).insert(name.to_owned(), literals);
        if !ways.is_empty() {
            let mut known = self.ways.write().unwrap_or_else(PoisonError::into_inner);
            for (variable, way) in ways {
                known.entry(variable).or_default().insert(way);
            }
        }
    }

    /// Notes what is written out in a script as secret, for the thread that runs it.
    pub(crate) fn keep(&self, name: &str) {
        for literal in lock(&self.literals).get(name).into_iter().flatten() {
            secrets::keep(literal.expose_secret());
        }
    }

    /// Notes what a variable that is read now holds, or leads to, under the name of a secret.
    pub(crate) fn note(&self, variable: &str, scope: &Scope) {
        if !self.is_any.load(Ordering::Relaxed) {
            return;
        }
        if is_secret(variable)
            && let Some(value) = scope.get(variable)
        {
            note_whole(value);
        }
        let ways = self.ways.read().unwrap_or_else(PoisonError::into_inner);
        // Few scripts have any.
        if ways.is_empty() {
            return;
        }
        if let Some(ways) = ways.get(variable)
            && let Some(value) = scope.get(variable)
        {
            for way in ways {
                note_at(value, way);
            }
        }
    }
}

/// Whether a variable that is read there has the name of a secret, or may have: what `eval`
/// reads is not known before.
fn is_noted(node: &ASTNode) -> bool {
    match node {
        ASTNode::Expr(Expr::Variable(variable, ..)) => is_secret(&variable.1),
        ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
            call.name == "eval"
        }
        _ => false,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes a value that is a secret. A map is about one: in it the names of its entries tell.
fn note_whole(value: &Dynamic) {
    if let Ok(items) = value.as_array_ref() {
        items.iter().take(MOST_OF_ONE).for_each(note_whole);
    } else if let Ok(map) = value.as_map_ref() {
        let secret = map.iter().filter(|(name, _)| is_secret(name));
        secret
            .take(MOST_OF_ONE)
            .for_each(|(_, value)| note_whole(value));
    } else if let Some(text) = text_of(value) {
        secrets::note_named(&text);
    }
}

fn note_at(value: &Dynamic, way: &[Option<String>]) {
    let Some((step, rest)) = way.split_first() else {
        return note_whole(value);
    };
    if let Some(items) = value.read_lock::<Array>() {
        let steps = if step.is_none() { rest } else { way };
        items
            .iter()
            .take(MOST_OF_ONE)
            .for_each(|item| note_at(item, steps));
    } else if let (Some(name), Some(map)) = (step, value.read_lock::<Map>())
        && let Some(value) = map.get(name.as_str())
    {
        note_at(value, rest);
    }
}

fn text_of(value: &Dynamic) -> Option<String> {
    let is_text = value.is_string() || value.is_char();
    (is_text || value.is_int() || value.is_decimal() || value.is_float()).then(|| value.to_string())
}

/// The way from a variable to an entry with the name of a secret: `user.logins[0].password`.
fn way(expr: &Expr) -> Option<(String, Way)> {
    let (pair, _) = link(expr)?;
    let Expr::Variable(variable, ..) = &pair.lhs else {
        return None;
    };
    let steps = steps(expr);
    let is_named = |step: &Option<String>| step.as_deref().is_some_and(is_secret);
    let end = steps.iter().position(is_named)?;
    Some((variable.1.to_string(), steps[..=end].to_vec()))
}

/// The steps of a chain behind its first part.
fn steps(chain: &Expr) -> Way {
    let mut steps = Vec::new();
    let mut rest = Some(chain);
    while let Some((pair, flags)) = rest.and_then(link) {
        let is_index = matches!(rest, Some(Expr::Index(..)));
        let further = link(&pair.rhs).filter(|_| !flags.contains(ASTFlags::BREAK));
        let step = further.map_or(&pair.rhs, |(next, _)| &next.lhs);
        rest = further.map(|_| &pair.rhs);
        match step {
            Expr::Property(property, _) => steps.push(Some(property.2.to_string())),
            Expr::StringConstant(name, _) if is_index => steps.push(Some(name.to_string())),
            Expr::MethodCall(call, _) => match (call.name.as_str(), call.args.first()) {
                ("get", Some(Expr::StringConstant(name, _))) => steps.push(Some(name.to_string())),
                _ => break,
            },
            _ if is_index => steps.push(None),
            _ => break,
        }
    }
    steps
}

/// A link of a chain such as `a.b[c]`.
fn link(expr: &Expr) -> Option<(&BinaryExpr, ASTFlags)> {
    match expr {
        Expr::Dot(pair, flags, _) | Expr::Index(pair, flags, _) => Some((pair, *flags)),
        _ => None,
    }
}

/// What is assigned to: the variable, or the entry that a chain ends at.
fn last_name(target: &Expr) -> Option<&str> {
    match target {
        Expr::Variable(variable, ..) => Some(&variable.1),
        Expr::Property(property, _) => Some(&property.2),
        Expr::StringConstant(name, _) => Some(name),
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => last_name(&pair.rhs),
        _ => None,
    }
}

/// The values that are written out in an expression that is all of a secret.
fn written(value: &Expr, found: &mut Vec<SecretString>) {
    match value {
        Expr::Array(items, _) => items.iter().for_each(|item| written(item, found)),
        Expr::Map(entries, _) => {
            let secret = entries.0.iter().filter(|(name, _)| is_secret(&name.name));
            secret.for_each(|(_, value)| written(value, found));
        }
        value => found.extend(constant(value).map(SecretString::from)),
    }
}

/// The text of an expression that is made of what is written out alone.
fn constant(value: &Expr) -> Option<String> {
    match value {
        Expr::StringConstant(text, _) => Some(text.to_string()),
        Expr::CharConstant(letter, _) => Some(letter.to_string()),
        Expr::IntegerConstant(number, _) => Some(number.to_string()),
        Expr::DynamicConstant(value, _) => text_of(value),
        Expr::FnCall(call, _) if call.name == "+" => call.args.iter().map(constant).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rhai::Engine;

    use super::*;
    use crate::secrets::cover_text;

    /// What is covered of a text when the script has been run.
    fn after(script: &str, text: &str) -> String {
        std::thread::scope(|scope| {
            let seen = scope.spawn(|| {
                let named = std::sync::Arc::new(NamedSecrets::default());
                let mut engine = Engine::new();
                engine.set_optimization_level(rhai::OptimizationLevel::None);
                let ast = engine.compile(script).unwrap();
                named.read("script", &ast);
                named.keep("script");
                #[expect(deprecated, reason = "as the engine of scripts does")]
                engine.on_var(move |name, _, context| {
                    named.note(name, context.scope());
                    Ok(None)
                });
                engine.run_ast(&ast).unwrap();
                cover_text(text).into_owned()
            });
            seen.join().unwrap()
        })
    }

    #[test]
    fn a_value_under_the_name_of_a_secret_is_known_once_it_is_used() {
        let made = r#"fn made() { "hunt" + "er".to_lower() + "22" } "#;
        for script in [
            "let password = made(); let notes = password;",
            "const API_KEY = made(); let notes = `key ${API_KEY}`;",
            "fn send(password) { \"pw: \" + password } send(made());",
            "let send = |token| \"t: \" + token; send.call(made());",
            "let pin = made(); let send = || \"t: \" + pin; send.call();",
            "for (password, at) in [made()] { let notes = password + at; }",
            "let passwords = [made()]; let notes = passwords[0];",
            "let user = #{ password: made() }; let notes = user.password;",
            "let user = #{ password: made() }; let notes = user[\"password\"];",
            "let user = #{ password: made() }; let notes = user?.password ?? 1;",
            "let user = #{ password: made() }; let notes = user.get(\"password\");",
            "let all = [#{ db: #{ pw: made() } }]; let notes = all[0].db.pw.len();",
            "let all = [1, #{ pw: made() }]; let at = #{ one: 1 }; let notes = all[at.one].pw;",
            "let user = #{}; user.password = made(); let notes = user.password;",
            "let password = (); password = made(); if password == 1 { }",
        ] {
            let covered = after(&format!("{made}{script}"), "it is hunter22");
            assert_eq!(covered, "it is (secret)", "{script}");
        }
    }

    #[test]
    fn what_is_written_out_is_known_although_nobody_reads_it() {
        for script in [
            "let user = #{ password: \"hunter22\" };",
            "let user = #{ logins: [#{ \"api-key\": [\"hunter22\"] }] };",
            "let user = #{ password: \"hunt\" + \"er22\" };",
            "const PASSWORD = \"hunter22\";",
            "fn never() { let password = \"hunter22\"; }",
            "let user = #{}; user.password = \"hunter22\";",
            "let user = #{}; user[\"password\"] = \"hunter22\";",
        ] {
            assert_eq!(
                after(script, "it is hunter22"),
                "it is (secret)",
                "{script}"
            );
        }
    }

    #[test]
    fn what_is_no_secret_by_its_name_stays() {
        for script in [
            "let note = \"hunter22\"; let other = note;",
            "let reply = #{ result: \"hunter22\", password: 1 }; let token = reply; let t = token;",
            "let password = [\"hunter22\"].len(); let length = password;",
            "let user = #{ name: \"hunter22\", password: (\"x\").len() }; let p = user.password;",
        ] {
            assert_eq!(
                after(script, "it is hunter22"),
                "it is hunter22",
                "{script}"
            );
        }
    }
}
