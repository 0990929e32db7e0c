//! The secrets of a reply that a resumed run remembers without them, and those of a frozen
//! list: passed around, never used.
//!
//! Runs and files keep no secrets, so that of a write which is not sent again such a field is
//! gone. Whatever would use it is refused: an empty text in its place would be sent as one.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rhai::{Array, Dynamic, ImmutableString, Map, Module};
use serde_json::{Map as Object, Value, json};

use crate::client::{ActionRef, Reply, Secrets};
use crate::script::engine::function::{Fallible, operator};
use crate::script::engine::next_step;
use crate::script::raise::Raised;
use crate::script::value::record::map_of;
use crate::secrets::{COVER, cover_missing, each_covered};

/// The key that marks such a field in a reply; no server can make it up.
static MARK: LazyLock<String> =
    LazyLock::new(|| format!("\0not kept {:032x}", rand::random::<u128>()));

/// Whether one was drawn as a cover, within a list or a map.
static WAS_COVERED: AtomicBool = AtomicBool::new(false);

/// Whether a cover in a text may stand for one that was not kept: what the first pass wrote
/// there is not to be replaced by it.
pub(crate) fn may_be_covered() -> bool {
    WAS_COVERED.load(Ordering::Relaxed)
}

/// A field of a reply that was not kept.
#[derive(Clone, Debug)]
pub(crate) struct NotKept {
    /// Which it is, and why it is not there.
    what: ImmutableString,
    /// What to do without it.
    hint: ImmutableString,
    /// What stands for it where nobody uses it.
    cover: ImmutableString,
}

/// What stands for a field that nobody saw, and that need not be secret.
const UNSEEN: &str = "(not known)";

impl NotKept {
    /// The one that is marked there.
    pub(crate) fn read_mark(value: &Value) -> Option<Self> {
        let map = value.as_object().filter(|map| map.len() == 1)?;
        let said = |place| map.get(MARK.as_str())?.get(place)?.as_str();
        Some(Self {
            what: said(0)?.into(),
            hint: said(1)?.into(),
            cover: said(2)?.into(),
        })
    }

    fn marked(what: &str, hint: &str, cover: &str) -> Value {
        let said = json!([what, hint, cover]);
        Value::Object(Object::from_iter([(MARK.clone(), said)]))
    }

    fn of_write(field: &str, action: &str, write: Option<i64>) -> Value {
        let number = write.map_or_else(String::new, |number| format!(" (write {number})"));
        let what = format!(
            "`{field}` of the reply to `{action}`{number} is no longer known: it is secret, and a \
             run keeps no secrets"
        );
        Self::marked(
            &what,
            "the write was applied and is not sent again: look the value up on the server and do \
             by hand what needs it, or catch this error if the script does not need it",
            COVER,
        )
    }

    /// What stands in place of a field of a write that was found on the server or settled by
    /// its user: nobody saw its reply.
    fn of_found(field: &str, action: &str, write: Option<i64>) -> Value {
        let number = write.map_or_else(String::new, |number| format!(" (write {number})"));
        let what = format!(
            "`{field}` of the reply to `{action}`{number} is not known: the reply was lost, and \
             the write was found on the server or settled by hand"
        );
        let number = write.map_or_else(|| "N".to_owned(), |number| number.to_string());
        let hint = format!(
            "look it up on the server, then record the reply with `whmcsh runs settle RUN --write \
             {number} --done --reply '{{\"{field}\": VALUE}}'` and resume the run"
        );
        Self::marked(&what, &hint, UNSEEN)
    }

    /// What stands in place of a secret field that a list in a file was frozen without.
    pub(crate) fn of_list(field: &str, path: &str) -> Value {
        let what = format!(
            "`{field}` is not in `{path}`: it is secret, and a frozen list keeps no secrets"
        );
        Self::marked(
            &what,
            "read the record from the server if you need its secret",
            COVER,
        )
    }

    /// The refusal to use it.
    pub(crate) fn refusal(&self) -> Raised {
        Raised::new("not_kept", self.what.as_str()).hint(self.hint.as_str())
    }
}

/// Marks the fields that a remembered reply has lost.
pub(crate) fn mark(action: &ActionRef, reply: &mut Reply) {
    let Secrets::NotKept { write } = reply.secrets else {
        return;
    };
    // What was found on the server, or settled by the user, is no reply of the server's.
    let is_the_servers = reply.body.contains_key("result");
    if !is_the_servers {
        cover_missing(action.known(), &mut reply.body);
    }
    each_covered(action.known(), &mut reply.body, |field, value| {
        *value = NotKept::of_write(field, action.name(), write);
    });
    if !is_the_servers {
        reply.body.insert("result".into(), "success".into());
        let returns = action.known().map_or(&[][..], |known| known.returns);
        for field in returns {
            let name = field.path.split('.').next().unwrap_or_default();
            if !matches!(name, "message" | "status" | "*") && !reply.body.contains_key(name) {
                let gone = NotKept::of_found(name, action.name(), write);
                reply.body.insert(name.to_owned(), gone);
            }
        }
    }
}

/// Whether there is something in a value that was not kept.
fn stands_in(value: &Dynamic) -> bool {
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().any(stands_in);
    }
    match map_of(value) {
        Some(map) => map.values().any(stands_in),
        None => value.is::<NotKept>(),
    }
}

/// The value with covers in place of what was not kept, as it is where there is nothing such.
pub(crate) fn covered(value: &Dynamic) -> Cow<'_, Dynamic> {
    if stands_in(value) {
        Cow::Owned(with_covers(value))
    } else {
        Cow::Borrowed(value)
    }
}

fn with_covers(value: &Dynamic) -> Dynamic {
    if let Some(gone) = value.read_lock::<NotKept>() {
        return gone.cover.clone().into();
    }
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().map(with_covers).collect::<Array>().into();
    }
    if let Some(map) = map_of(value) {
        let entries = map
            .iter()
            .map(|(name, value)| (name.clone(), with_covers(value)));
        return entries.collect::<Map>().into();
    }
    value.clone()
}

/// Adds the type, and the refusals of all that would use it.
pub(crate) fn register(module: &mut Module) {
    // Within a list or a map it is drawn as this: a text with it is never sent, nor written
    // into a file.
    module.set_custom_type::<NotKept>(COVER);
    operator("to_debug").set_into_module(module, |_: &mut NotKept| {
        WAS_COVERED.store(true, Ordering::Relaxed);
        COVER
    });
    operator("to_string").set_into_module(module, |gone: &mut NotKept| {
        next_step::stop(gone.refusal().into_map());
        refused::<String>(gone)
    });
    for name in ["print", "debug"] {
        operator(name).set_into_module(module, |gone: &mut NotKept| refused::<String>(gone));
    }
    for name in [
        "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "**", "in",
    ] {
        operator(name).set_into_module(module, |gone: NotKept, _: Dynamic| refused::<()>(&gone));
        operator(name).set_into_module(module, |_: Dynamic, gone: NotKept| refused::<()>(&gone));
        operator(name).set_into_module(module, |gone: NotKept, _: NotKept| refused::<()>(&gone));
    }
    // Rhai has these for any value beside a text, which would go before.
    for name in ["+", "+="] {
        operator(name).set_into_module(module, |_: &mut ImmutableString, gone: NotKept| {
            refused::<()>(&gone)
        });
    }
    operator("+").set_into_module(module, |gone: NotKept, _: ImmutableString| {
        refused::<()>(&gone)
    });
    operator("+=").set_into_module(module, |gone: &mut NotKept, _: Dynamic| refused::<()>(gone));
    for name in [
        "len", "is_empty", "trim", "to_upper", "to_lower", "chars", "split",
    ] {
        operator(name).set_into_module(module, |gone: NotKept| refused::<()>(&gone));
    }
}

fn refused<T>(gone: &NotKept) -> Fallible<T> {
    Err(gone.refusal().into())
}

#[cfg(test)]
mod tests {
    use rhai::{Engine, Scope};

    use super::*;
    use crate::catalog::{self, Action, FieldKind};
    use crate::script::api::reply::of_reply;
    use crate::script::diagnostic;
    use crate::script::engine::Factory;
    use crate::script::library;
    use crate::script::test_host::TestHost;

    fn remembered(action: &'static Action, body: Value) -> Dynamic {
        let Value::Object(body) = body else {
            unreachable!("a reply is a map")
        };
        let mut reply = Reply::remembered(body).without_secrets(Some(3));
        mark(&ActionRef::Known(action), &mut reply);
        of_reply(Value::Object(reply.body), action, action.fields())
    }

    /// What is wrong with the use of a reply.
    fn wrong(factory: &Factory, engine: &Engine, reply: &Dynamic, script: &str) -> String {
        let mut scope = Scope::new();
        scope.push_dynamic("r", reply.clone());
        let result = engine.eval_with_scope::<Dynamic>(&mut scope, script);
        result.map_or_else(
            |error| diagnostic::of_error(factory, "main", &error).to_string(),
            |value| format!("nothing: {value}"),
        )
    }

    #[test]
    fn a_secret_of_any_action_is_refused_wherever_it_is_used_and_never_empty() {
        let rig = TestHost::new();
        let factory = library::factory(rig.host());
        let engine = factory.engine();
        let mut count = 0;
        for action in catalog::actions() {
            let secret = action.returns.iter();
            for field in secret.filter(|field| field.kind == FieldKind::Secret) {
                count += 1;
                let path = field.path.replace('*', "any");
                let (parent, name) = path.rsplit_once('.').unwrap_or(("", &path));
                let body = path
                    .rsplit('.')
                    .fold(json!(COVER), |value, name| json!({name: value}));
                let mut body = body.as_object().unwrap().clone();
                body.insert("result".into(), "success".into());
                let reply = remembered(action, Value::Object(body));
                let parent = if parent.is_empty() {
                    "r".to_owned()
                } else {
                    format!("r.{parent}")
                };
                for way in [
                    format!("{parent}.{name}"),
                    format!("{parent}?.{name}"),
                    format!("{parent}[\"{name}\"]"),
                    format!("{parent}.get(\"{name}\")"),
                    format!("({parent}.{name} ?? \"\")"),
                    format!("{parent}.values().filter(|v| type_of(v) == \"(secret)\")[0]"),
                ] {
                    for usage in [
                        format!("print({way})"),
                        format!("print(`pw: ${{{way}}}`)"),
                        format!("let text = `pw: ${{{way}}}`; text"),
                        format!("add_client_note(#{{ userid: 1, notes: `pw: ${{{way}}}` }})"),
                        format!("write_text(\"a.txt\", `pw: ${{{way}}}`)"),
                        format!("\"pw: \" + {way}"),
                        format!("let text = \"pw: \"; text += {way}; text"),
                        format!("{way} + \"!\""),
                        format!("{way} == ()"),
                        format!("{way} != \"\""),
                        format!("[\"\"].contains({way})"),
                        format!("{way}.to_string()"),
                        format!("{way}.len()"),
                        format!("to_json({way})"),
                        format!("to_json({parent})"),
                        format!("write_csv(\"a.csv\", [#{{ a: {way} }}])"),
                        format!("add_client_note(#{{ userid: 1, notes: {way} }})"),
                        format!("call(\"MyAction\", #{{ a: [#{{ b: {way} }}] }})"),
                    ] {
                        let wrong = wrong(&factory, &engine, &reply, &usage);
                        let expected = format!(
                            "error: `{name}` of the reply to `{}` (write 3) is no longer known",
                            action.name
                        );
                        assert!(wrong.starts_with(&expected), "{usage}: {wrong}");
                    }
                }
                for usage in [
                    format!("write_text(\"a.txt\", `${{{parent}}}`)"),
                    format!("write_text(\"a.txt\", `${{[{parent}.{name}]}}`)"),
                    format!(
                        "let text = `${{#{{ a: {parent}.{name} }}}}`; write_json(\"a.json\", [text])"
                    ),
                    format!("write_csv(\"a.csv\", [#{{ a: `${{[{parent}]}}` }}])"),
                ] {
                    let wrong = wrong(&factory, &engine, &reply, &usage);
                    assert!(
                        wrong.contains("a secret that is no longer known"),
                        "{usage}: {wrong}"
                    );
                }
                for fine in [
                    format!("\"{name}\" in {parent} && \"{name}\" in {parent}.keys()"),
                    format!("{parent}.contains(\"{name}\")"),
                    format!("let kept = {parent}.{name}; true"),
                    "`${r}`.contains(\"(secret)\")".to_owned(),
                ] {
                    assert_eq!(wrong(&factory, &engine, &reply, &fine), "nothing: true");
                }
            }
        }
        assert!(count > 10 && rig.called().is_empty(), "{count}");
    }

    #[test]
    fn what_was_settled_without_a_reply_has_none_of_its_secrets_and_what_was_empty_stays() {
        let token = catalog::action("CreateSsoToken").unwrap();
        let reply = remembered(token, json!({}));
        let map = map_of(&reply).unwrap();
        assert!(map["access_token"].is::<NotKept>() && map["redirect_url"].is::<NotKept>());
        let code = catalog::action("DomainRequestEPP").unwrap();
        let reply = remembered(code, json!({"result": "success", "eppcode": ""}));
        assert_eq!(map_of(&reply).unwrap()["eppcode"].to_string(), "");
        let reply = remembered(code, json!({"result": "success"}));
        assert!(!map_of(&reply).unwrap().contains_key("eppcode"));
    }

    #[test]
    fn secrets_that_writes_give_back_stand_at_the_top() {
        for action in catalog::actions().iter().filter(|action| action.is_write()) {
            let secret = action.returns.iter();
            for field in secret.filter(|field| field.kind == FieldKind::Secret) {
                assert!(!field.path.contains('.'), "{} {}", action.name, field.path);
            }
        }
    }

    #[test]
    fn what_a_row_gives_back_of_it_is_covered() {
        let token = catalog::action("CreateSsoToken").unwrap();
        let given = remembered(token, json!({"id": 1}));
        let given = covered(&given);
        let given = given.as_map_ref().unwrap();
        assert_eq!(given["access_token"].to_string(), COVER);
        assert_eq!(given["id"].to_string(), "1");
    }
}
