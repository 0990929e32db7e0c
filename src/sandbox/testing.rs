//! How the tests of actions speak to a store: in queries, as over HTTP but without it.

use std::sync::LazyLock;

use jiff::civil::DateTime;

use super::api::answer_fields;
use super::clock;
use super::encode::ReplyMode;
use super::replies::{Types, typed};
use super::reply::{Answer, Fields, Value};
use super::store::{Store, StoreImage};
use crate::catalog;

/// A new store with the handful of clients every sandbox has.
pub fn store() -> Store {
    // To fill one for each of some hundred tests takes long.
    static NEW: LazyLock<StoreImage> = LazyLock::new(|| {
        let store = Store::open(None, 1, None).expect("opens");
        store.image().expect("an image")
    });
    Store::from_image(&NEW).expect("opens")
}

/// The same where a registrar has failed, which takes a call that is refused.
pub fn store_with_failure() -> Store {
    let store = store();
    answer(&store, "DomainRelease", "domainid=1");
    store
}

/// What an action answers to a query, before the table gives it types.
pub fn answer(store: &Store, action: &str, query: &str) -> Answer {
    answer_fields(store, &format!("action={action}&{query}"))
}

/// The same as a caller gets it who asked for JSON.
pub fn json(store: &Store, action: &str, query: &str) -> String {
    let reply = typed(action, answer(store, action, query), Types::Native);
    ReplyMode::Json.encode(action, &reply)
}

/// Each query is refused with its message, and the reference knows the message.
pub fn refuses(store: &Store, action: &str, cases: &[(&str, &str)]) {
    let known = catalog::action(action).expect("in the catalog").errors;
    for (query, message) in cases {
        let reply = answer(store, action, query);
        assert_eq!(reply.text("message"), *message, "{action} {query}");
        let flags = [reply.text("result"), reply.text("status")];
        assert!(flags.contains(&"error"), "{action} {query}: {reply:?}");
        assert!(known.contains(message), "{action} has no error {message}");
    }
}

/// The store's moment.
pub fn now(store: &Store) -> DateTime {
    store.with(|db| Ok(db.now())).expect("reads")
}

/// The first number a SELECT gives; `@now` in it is the store's moment.
pub fn count(store: &Store, sql: &str) -> i64 {
    let sql = &clock::dated(sql, now(store));
    let number: Option<i64> = store.transact(|db| Ok(db.value(sql, ())?)).expect(sql);
    number.expect(sql)
}

/// Changes tables in a way no action does; `@now` is the store's moment.
pub fn change(store: &Store, sql: &str) {
    let sql = &clock::dated(sql, now(store));
    store.transact(|db| Ok(db.run(sql, ())?)).expect(sql);
}

/// The records of a list at a dotted path.
pub fn records(reply: &Answer, path: &str) -> Vec<Fields> {
    let mut value = Value::Map(reply.clone());
    for name in path.split('.') {
        value = match value {
            Value::Map(fields) => fields.get(name).cloned().unwrap_or(Value::Null),
            other => panic!("{path} goes through {other:?}"),
        };
    }
    match value {
        Value::List(items) => items.into_iter().map(record).collect(),
        other => panic!("{path} is {other:?}"),
    }
}

fn record(value: Value) -> Fields {
    match value {
        Value::Map(fields) => fields,
        other => panic!("a record is {other:?}"),
    }
}

/// A field of every record of a list, as text.
pub fn column(reply: &Answer, path: &str, name: &str) -> Vec<String> {
    let shown = |record: &Fields| match record.get(name) {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Bool(truth)) => truth.to_string(),
        other => panic!("{name} is {other:?}"),
    };
    records(reply, path).iter().map(shown).collect()
}

/// Every field the reference documents is in a reply, through the first record of lists.
pub fn is_complete(action: &str, reply: &Answer) {
    let missing = lacks(action, reply);
    assert!(missing.is_empty(), "{action}: no {missing:?}");
}

/// The fields the reference documents that a reply has not.
pub fn lacks(action: &str, reply: &Answer) -> Vec<&'static str> {
    let reply = Value::Map(reply.clone());
    let documented = catalog::action(action).expect("in the catalog").returns;
    documented
        .iter()
        .map(|field| field.path)
        .filter(|path| !has(&reply, path))
        .collect()
}

fn has(value: &Value, path: &str) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Value::List(items) if path == "*" => !items.is_empty(),
        Value::List(items) => items.first().is_some_and(|item| has(item, path)),
        Value::Map(fields) if first == "*" => !fields.is_empty(),
        Value::Map(fields) => fields
            .get(first)
            .is_some_and(|inner| rest.is_empty() || has(inner, rest)),
        _ => false,
    }
}
