//! Gives a reply the shape the catalog declares for it.
//!
//! The same field arrives as `1` or `"1"`, the same list as `[]`, `{}`, `""`,
//! a map of positions or a lone record, or in keys with brackets. Declared integers
//! become integers, declared lists arrays, null dates and integers that are empty text
//! null; everything else stays as sent, and nothing is dropped.

use serde_json::{Map, Value};

use super::brackets::nest;
use crate::catalog::{Action, FieldKind};

/// Gives the reply's fields their declared shape.
pub(super) fn shape(action: &Action, body: &mut Map<String, Value>) {
    nest(body);
    gather_record(action, body);
    // Outer lists first: a walk passes through lists only once they are arrays.
    let mut lists: Vec<&str> = paths(action, FieldKind::List).collect();
    lists.sort_by_key(|path| path.matches('.').count());
    for path in lists {
        shape_list(action, path, body);
    }
    for (path, kind) in fields(action) {
        match kind {
            FieldKind::Int => walk(body, path, &mut become_integer),
            FieldKind::Date | FieldKind::DateTime => walk(body, path, &mut drop_null_date),
            _ => {}
        }
    }
}

/// The record whose fields WHMCS repeats at the top of the reply.
fn repeated(action: &Action) -> Option<&'static str> {
    (action.name == "GetClientsDetails").then_some("client")
}

/// Puts the record where it belongs if its fields stand at the top alone, as older servers
/// send it; they stay there too.
fn gather_record(action: &Action, body: &mut Map<String, Value>) {
    let Some(record) = repeated(action).filter(|record| !body.contains_key(*record)) else {
        return;
    };
    // A refusal has no record.
    if body.contains_key("id") || body.contains_key("userid") {
        let own = |name: &String| !matches!(name.as_str(), "result" | "message" | "stats");
        let fields = body.iter().filter(|(name, _)| own(name));
        let fields = fields.map(|(name, value)| (name.clone(), value.clone()));
        let mut fields: Map<String, Value> = fields.collect();
        // The oldest name the client under this one alone.
        if let (None, Some(id)) = (fields.get("id"), fields.get("userid").cloned()) {
            fields.insert("id".to_owned(), id);
        }
        body.insert(record.to_owned(), Value::Object(fields));
    }
}

/// The declared fields; those of a record that WHMCS repeats at the top of the reply, there too.
pub(super) fn fields(action: &Action) -> impl Iterator<Item = (&'static str, FieldKind)> {
    let repeated = repeated(action);
    action.returns.iter().flat_map(move |field| {
        let copy = repeated.and_then(|record| field.path.strip_prefix(record)?.strip_prefix('.'));
        [Some(field.path), copy]
            .into_iter()
            .flatten()
            .map(|path| (path, field.kind))
    })
}

fn paths(action: &Action, kind: FieldKind) -> impl Iterator<Item = &'static str> {
    fields(action)
        .filter(move |(_, own)| *own == kind)
        .map(|(path, _)| path)
}

/// Applies a change to every value at a path. Lists are passed through without
/// an index; `*` stands for every key.
fn walk(map: &mut Map<String, Value>, path: &str, change: &mut dyn FnMut(&mut Value)) {
    let (key, rest) = split(path);
    let mut step = |value: &mut Value| match rest {
        None => change(value),
        Some(rest) => walk_value(value, rest, change),
    };
    if key == "*" {
        map.values_mut().for_each(step);
    } else if let Some(value) = map.get_mut(key) {
        step(value);
    }
}

fn walk_value(value: &mut Value, path: &str, change: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Object(map) => walk(map, path, change),
        Value::Array(items) => {
            // PHP sends a map whose keys count from zero as an array.
            let path = match split(path) {
                ("*", None) => return items.iter_mut().for_each(change),
                ("*", Some(rest)) => rest,
                _ => path,
            };
            for item in items {
                walk_value(item, path, change);
            }
        }
        _ => {}
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.')
        .map_or((path, None), |(key, rest)| (key, Some(rest)))
}

fn shape_list(action: &Action, path: &str, body: &mut Map<String, Value>) {
    let is_main = action.list.as_ref().is_some_and(|list| list.path == path);
    let Some((parent, name)) = path.rsplit_once('.') else {
        match body.get_mut(path) {
            Some(value) => become_list(value),
            None if is_main => put_empty_list(body, path),
            None => {}
        }
        return;
    };
    // An action without records may leave out the whole list.
    if is_main && !parent.contains('.') && !body.contains_key(parent) {
        body.insert(parent.to_owned(), Value::Null);
    }
    if is_wrapper(action, parent, path) {
        walk(body, parent, &mut |wrapper| shape_wrapper(wrapper, name));
    } else {
        walk(body, path, &mut become_list);
    }
}

/// Whether the parent is there for the list alone, as `clients` is for
/// `clients.client`; a record that has the list among its fields is not.
fn is_wrapper(action: &Action, parent: &str, path: &str) -> bool {
    let is_list = paths(action, FieldKind::List).any(|list| list == parent);
    let mut fields = action
        .returns
        .iter()
        .filter_map(|field| field.path.rsplit_once('.'))
        .filter(|(above, _)| *above == parent);
    !is_list && fields.all(|(_, name)| path.ends_with(&format!(".{name}")))
}

/// Makes `{"client": [...]}` of whatever came as the value of `clients`.
fn shape_wrapper(wrapper: &mut Value, name: &str) {
    match wrapper {
        Value::Object(map) if map.contains_key(name) => {
            if let Some(list) = map.get_mut(name) {
                become_list(list);
            }
        }
        Value::Object(map) if !has_positions(map) => put_empty_list(map, name),
        // The list itself stands where its wrapper belongs.
        list => {
            let mut items = list.take();
            become_list(&mut items);
            *list = Value::Object(Map::from_iter([(name.to_owned(), items)]));
        }
    }
}

fn put_empty_list(map: &mut Map<String, Value>, name: &str) {
    map.insert(name.to_owned(), Value::Array(Vec::new()));
}

fn become_list(value: &mut Value) {
    let items = match value.take() {
        Value::Array(items) => items,
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::Object(map) if map.is_empty() => Vec::new(),
        Value::Object(map) if has_positions(&map) => {
            map.into_iter().map(|(_, item)| item).collect()
        }
        one => vec![one],
    };
    *value = Value::Array(items);
}

/// Whether every key is a number, as in `{"0": …, "1": …}`.
fn has_positions(map: &Map<String, Value>) -> bool {
    !map.is_empty()
        && map
            .keys()
            .all(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()))
}

fn become_integer(value: &mut Value) {
    let whole = match &*value {
        // Databases that know no null say so.
        Value::String(text) if text.trim().is_empty() => {
            *value = Value::Null;
            return;
        }
        Value::String(text) => text.trim().parse::<i64>().ok(),
        Value::Number(number) if number.is_f64() => number.as_f64().and_then(whole),
        _ => None,
    };
    if let Some(whole) = whole {
        *value = whole.into();
    }
}

fn whole(float: f64) -> Option<i64> {
    // Up to here every whole float is exact, and prints as the integer it is.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if float.fract() != 0.0 || float.abs() > EXACT {
        return None;
    }
    format!("{float:.0}").parse().ok()
}

/// `0000-00-00`, with or without a time, and what PHP makes of it when it has
/// gone through a date object.
fn drop_null_date(value: &mut Value) {
    let is_null = value
        .as_str()
        .is_some_and(|text| text.starts_with("0000-00-00") || text.starts_with("-0001-11-30"));
    if is_null {
        *value = Value::Null;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::shape;
    use crate::catalog::{Action, Effect, Field, FieldKind, List, action};

    #[track_caller]
    fn check(name: &str, sent: Value, wanted: Value) {
        check_action(
            action(name).expect("an action of the catalog"),
            sent,
            wanted,
        );
    }

    #[track_caller]
    fn check_action(action: &Action, sent: Value, wanted: Value) {
        let (Value::Object(mut body), Value::Object(wanted)) = (sent, wanted) else {
            panic!("a reply is a map")
        };
        shape(action, &mut body);
        assert_eq!(body, wanted);
    }

    #[test]
    fn declared_integers_are_integers_however_sent() {
        check(
            "GetClients",
            json!({"totalresults": "2", "startnumber": 0, "numreturned": 2.0,
                "clients": {"client": [{"id": "7", "email": "1"}, {"id": 8}]}}),
            json!({"totalresults": 2, "startnumber": 0, "numreturned": 2,
                "clients": {"client": [{"id": 7, "email": "1"}, {"id": 8}]}}),
        );
    }

    #[test]
    fn what_is_no_integer_is_left_as_sent() {
        for junk in [
            json!("7a"),
            json!("1.5"),
            json!(1.5),
            json!(true),
            json!(null),
            json!([1]),
        ] {
            check(
                "AddClient",
                json!({"clientid": junk}),
                json!({"clientid": junk}),
            );
        }
    }

    #[test]
    fn an_integer_that_is_nothing_is_null() {
        for nothing in [json!(""), json!(" "), json!(null)] {
            check(
                "AddClient",
                json!({"clientid": 7, "owner_id": nothing}),
                json!({"clientid": 7, "owner_id": null}),
            );
        }
    }

    #[test]
    fn the_copies_of_a_client_at_the_top_are_shaped_like_the_client() {
        let sent = json!({"userid": "7", "phonecc": "44", "groupid": "", "firstname": "7",
            "customfields": {"0": {"id": "3", "value": "x"}}, "users": {"user": {"id": "9"}}});
        let wanted = json!({"userid": 7, "phonecc": 44, "groupid": null, "firstname": "7",
            "customfields": [{"id": 3, "value": "x"}], "users": {"user": [{"id": 9}]}});
        let (mut body, mut shaped) = (sent.clone(), wanted.clone());
        body["client"] = sent;
        shaped["client"] = wanted;
        check("GetClientsDetails", body, shaped);
    }

    #[test]
    fn a_client_at_the_top_alone_is_a_client_too() {
        let client = json!({"userid": 7, "id": 7, "city": "Bonn", "status": "Active",
            "customfields": [{"id": 3, "value": "x"}]});
        for id in [json!({"userid": "7"}), json!({"userid": "7", "id": "7"})] {
            let mut sent = json!({"city": "Bonn", "status": "Active",
                "customfields": {"0": {"id": "3", "value": "x"}}});
            sent.as_object_mut()
                .unwrap()
                .extend(id.as_object().unwrap().clone());
            sent["result"] = json!("success");
            let (Value::Object(mut body), action) = (sent, action("GetClientsDetails").unwrap())
            else {
                unreachable!("it is a map")
            };
            shape(action, &mut body);
            assert_eq!(body["client"], client);
            assert_eq!(body["city"], "Bonn");
        }
        let refusal = json!({"result": "error", "message": "Client Not Found"});
        check("GetClientsDetails", refusal.clone(), refusal);
    }

    #[test]
    fn the_levels_of_health_checks_are_lists_without_a_check_too() {
        check(
            "GetHealthStatus",
            json!({"checks": {"success": [{"name": "cron"}], "warning": null, "danger": ""}}),
            json!({"checks": {"success": [{"name": "cron"}], "warning": [], "danger": []}}),
        );
    }

    #[test]
    fn keys_with_brackets_are_lists_of_records() {
        check(
            "GetClients",
            json!({"totalresults": "2", "clients[client][0][id]": "7", "clients[client][0][email]": "a@x.example",
                "clients[client][1][id]": "8"}),
            json!({"totalresults": 2,
                "clients": {"client": [{"id": 7, "email": "a@x.example"}, {"id": 8}]}}),
        );
        check(
            "GetAffiliates",
            json!({"affiliates[affiliate][0][id]": "1"}),
            json!({"affiliates": {"affiliate": [{"id": 1}]}}),
        );
    }

    #[test]
    fn a_list_is_an_array_in_all_its_disguises() {
        let record = json!({"id": 7});
        for (sent, wanted) in [
            (json!({"client": []}), json!([])),
            (json!({"client": {}}), json!([])),
            (json!({"client": ""}), json!([])),
            (json!({"client": null}), json!([])),
            (
                json!({"client": {"0": record, "1": record}}),
                json!([record, record]),
            ),
            (json!({"client": record}), json!([record])),
            (json!({"client": [record]}), json!([record])),
            // Without the inner name.
            (json!([]), json!([])),
            (json!({}), json!([])),
            (json!(""), json!([])),
            (json!(null), json!([])),
            (json!([record]), json!([record])),
            (json!({"0": record}), json!([record])),
        ] {
            check(
                "GetClients",
                json!({"clients": sent}),
                json!({"clients": {"client": wanted}}),
            );
        }
        check("GetClients", json!({}), json!({"clients": {"client": []}}));
    }

    #[test]
    fn a_list_without_a_wrapper_stays_without() {
        for sent in [json!(null), json!(""), json!({}), json!([])] {
            check("GetUsers", json!({"users": sent}), json!({"users": []}));
        }
        check("GetUsers", json!({}), json!({"users": []}));
        check(
            "GetUsers",
            json!({"users": {"0": {"id": "1", "clients": {"0": {"id": "2"}}}, "1": {"id": "3"}}}),
            json!({"users": [{"id": 1, "clients": [{"id": 2}]}, {"id": 3}]}),
        );
    }

    #[test]
    fn null_dates_are_null() {
        check(
            "GetClientsProducts",
            json!({"products": {"product": [
                {"regdate": "2026-11-23", "nextduedate": "0000-00-00", "overidesuspenduntil": "-0001-11-30 00:00:00"}]}}),
            json!({"products": {"product": [
                {"regdate": "2026-11-23", "nextduedate": null, "overidesuspenduntil": null}]}}),
        );
        check(
            "GetInvoice",
            json!({"datepaid": "0000-00-00 00:00:00", "notes": "0000-00-00"}),
            json!({"datepaid": null, "notes": "0000-00-00"}),
        );
    }

    #[test]
    fn lists_inside_records_are_shaped_too() {
        check(
            "GetClientsProducts",
            json!({"products": {"product": {"id": "1", "customfields": {"customfield": {"id": "3", "value": "x"}}}}}),
            json!({"products": {"product": [{"id": 1, "customfields": {"customfield": [{"id": 3, "value": "x"}]}}]}}),
        );
        check(
            "GetClientsProducts",
            json!({"products": {"product": [{"id": "1", "customfields": ""}]}}),
            json!({"products": {"product": [{"id": 1, "customfields": {"customfield": []}}]}}),
        );
    }

    #[test]
    fn a_star_stands_for_every_key_and_for_every_place_of_an_array() {
        let field = |path, kind| Field {
            path,
            kind,
            words: None,
        };
        let returns: &'static [Field] = Box::leak(Box::new([
            field("pricing", FieldKind::Map),
            field("pricing.*", FieldKind::Map),
            field("pricing.*.id", FieldKind::Int),
            field("pricing.*.tags", FieldKind::List),
            field("counts.*", FieldKind::Int),
        ]));
        let action = Action {
            name: "X",
            function: "x",
            walk: None,
            group: "X",
            summary: "",
            effect: Effect::Read,
            risk: &[],
            repeatable: true,
            find: None,
            about: &[],
            record: None,
            payer: None,
            many_mails: false,
            list: None::<List>,
            since: None,
            until: None,
            deprecated: false,
            errors: &[],
            usual: &[],
            needs: &[],
            exclusive: &[],
            parallel: &[],
            sets: false,
            params: &[],
            returns,
        };
        check_action(
            &action,
            json!({"pricing": {"com": {"id": "1", "tags": "new"}, "co.uk": {"id": "2"}}, "counts": {"a": "1"}}),
            json!({"pricing": {"com": {"id": 1, "tags": ["new"]}, "co.uk": {"id": 2}}, "counts": {"a": 1}}),
        );
        check_action(
            &action,
            json!({"pricing": [{"id": "1", "tags": []}], "counts": ["1", "x"]}),
            json!({"pricing": [{"id": 1, "tags": []}], "counts": [1, "x"]}),
        );
        check_action(&action, json!({"pricing": []}), json!({"pricing": []}));
    }

    #[test]
    fn what_has_no_one_shape_stays_as_sent() {
        let details = json!({
            "customfields1": "x",
            "client": {"lastlogin": "Date: 2026<br>IP: ::1", "allow_sso": "on"},
            "stats": {"income": "$2645.80 USD"},
        });
        check("GetClientsDetails", details.clone(), details);
        let order = json!({"orderid": 1, "productids": "1,2", "serviceids": "1,2"});
        check("AddOrder", order.clone(), order);
        let paid = json!({"invoicepaid": "true"});
        check("ApplyCredit", paid.clone(), paid);
    }

    #[test]
    fn a_reply_of_another_shape_is_left_alone() {
        check(
            "GetClients",
            json!({"totalresults": {"odd": 1}, "clients": {"client": ["text", 1, [null]]}}),
            json!({"totalresults": {"odd": 1}, "clients": {"client": ["text", 1, [null]]}}),
        );
    }
}
