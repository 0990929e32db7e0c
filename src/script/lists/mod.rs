//! Functions of lists by a field or a closure: groups, sums, what is there once, an order.
//!
//! They take arrays, the rows of files and lists of the server alike, and read each once. Items
//! are moved and never copied into new ones, so that a row or a record still knows where it came
//! from.

mod amounts;
mod items;
mod key;
mod ordering;

use std::collections::{BTreeMap, BTreeSet};

use rhai::{Array, Dynamic, FnPtr, ImmutableString, Map, Module, NativeCallContext};

use crate::script::engine::function::{Fallible, function};
use crate::script::lists::items::items;
use crate::script::lists::key::{By, Key, Kinds};
use crate::script::raise::Raised;

/// Adds the functions.
pub(crate) fn register(module: &mut Module) {
    register_groups(module);
    register_unique(module);
    register_chunk(module);
    amounts::register(module);
    ordering::register(module);
}

fn register_groups(module: &mut Module) {
    let about = "The items of a list in groups of those that have the same value in a field, or for which a \
                 closure gives the same: an array of `#{ key, rows }`, in the order in which the keys first \
                 appear. Texts are the same if every letter is.\n\
                 ```rhai\nlet invoices = [#{ userid: 7, total: \"5.00\" }, #{ userid: 7, total: \"2.50\" }];\n\
                 for group in invoices.group_by(\"userid\") {\n    \
                 print(`client ${group.key}: ${group.rows.sum(\"total\")}`);\n}\n```";
    function("group_by", &["list: ?", "field: &str", "array"], about).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, field: ImmutableString| {
            grouped(&asked, list, &By::Field(field))
        },
    );
    function("group_by", &["list: ?", "key: FnPtr", "array"], about).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, key: FnPtr| {
            grouped(&asked, list, &By::Closure(key))
        },
    );
}

fn grouped(asked: &NativeCallContext, list: Dynamic, by: &By) -> Fallible<Array> {
    let mut groups: Vec<(Dynamic, Array)> = Vec::new();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut kinds = Kinds::default();
    for (at, item) in items("group_by", list)?.enumerate() {
        let item = item?;
        let value = by.value(asked, &item, at)?;
        let key = kinds.key("group_by", &value, &item, at)?;
        let place = *places.entry(key).or_insert(groups.len());
        if place == groups.len() {
            groups.push((value, Array::new()));
        }
        groups[place].1.push(item);
    }
    let group = |(key, rows): (Dynamic, Array)| {
        Dynamic::from_map(Map::from_iter([
            ("key".into(), key),
            ("rows".into(), rows.into()),
        ]))
    };
    Ok(groups.into_iter().map(group).collect())
}

fn register_unique(module: &mut Module) {
    let about = "The first of all items that have the same value, or the same value in a field, or for which a \
                 closure gives the same.\n\
                 ```rhai\nlet emails = [\"jo@example.com\", \"flo@example.com\", \"jo@example.com\"].unique();\n\
                 let clients = [#{ id: 1, email: \"Jo@x.com\" }, #{ id: 2, email: \"jo@x.com\" }];\n\
                 print(clients.unique(|client| client.email.to_lower()))\n```";
    function("unique", &["list: ?", "array"], about)
        .set_into_module(module, |asked: NativeCallContext, list: Dynamic| {
            unique(&asked, list, &By::Itself)
        });
    function("unique", &["list: ?", "field: &str", "array"], about).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, field: ImmutableString| {
            unique(&asked, list, &By::Field(field))
        },
    );
    function("unique", &["list: ?", "key: FnPtr", "array"], about).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, key: FnPtr| {
            unique(&asked, list, &By::Closure(key))
        },
    );
}

fn unique(asked: &NativeCallContext, list: Dynamic, by: &By) -> Fallible<Array> {
    let mut found: BTreeSet<Key> = BTreeSet::new();
    let mut kinds = Kinds::default();
    let mut kept = Array::new();
    for (at, item) in items("unique", list)?.enumerate() {
        let item = item?;
        let value = by.value(asked, &item, at)?;
        if found.insert(kinds.key("unique", &value, &item, at)?) {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn register_chunk(module: &mut Module) {
    let about = "The items of a list in arrays of that many; the last may have fewer.\n\
                 ```rhai\nfor some in [1, 2, 3, 4, 5].chunk(2) { print(some) }\n```";
    function("chunk", &["list: ?", "size: int", "array"], about).set_into_module(
        module,
        |list: Dynamic, size: i64| -> Fallible<Array> {
            let size = usize::try_from(size).ok().filter(|size| *size > 0);
            let Some(size) = size else {
                return Err(Raised::new("value", "`chunk` needs a size of at least 1").into());
            };
            let mut chunks: Vec<Array> = Vec::new();
            for item in items("chunk", list)? {
                match chunks.last_mut().filter(|last| last.len() < size) {
                    Some(last) => last.push(item?),
                    None => chunks.push(vec![item?]),
                }
            }
            Ok(chunks.into_iter().map(Dynamic::from_array).collect())
        },
    );
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    fn value(expression: &str) -> String {
        TestHost::new().value(expression)
    }

    fn failure(script: &str) -> String {
        TestHost::new().failure(script)
    }

    #[test]
    fn groups_come_in_the_order_in_which_their_keys_first_appear() {
        assert_eq!(
            value(
                r#"[#{ k: "b", n: 1 }, #{ k: "a", n: 2 }, #{ k: "b", n: 3 }].group_by("k").map(|g| [g.key, g.rows.map(|r| r.n)])"#
            ),
            r#"[["b", [1, 3]], ["a", [2]]]"#
        );
        assert_eq!(
            value("[1, 2, 3, 4].group_by(|n| n % 2 == 0).map(|g| [g.key, g.rows])"),
            "[[false, [1, 3]], [true, [2, 4]]]"
        );
        assert_eq!(value("[].group_by(\"k\")"), "[]");
    }

    #[test]
    fn rows_of_files_and_records_of_lists_are_grouped_as_they_are() {
        let rig = TestHost::new();
        rig.file("rows.csv", "id,city\n1,Bergen\n2,Oslo\n3,Bergen\n");
        assert_eq!(
            rig.value("csv(\"rows.csv\").group_by(\"city\").map(|g| g.rows.map(|r| r.line()))"),
            "[[2, 4], [3]]"
        );
        let list = "all_clients().group_by(\"email\")[0].rows[0]";
        assert_eq!(rig.value(&format!("{list}.id")), "1");
        // It is still a record, which knows its fields.
        let missing = rig.failure(&format!("print({list}.emial);"));
        assert!(missing.contains("no field `emial`"), "{missing}");
    }

    #[test]
    fn a_field_that_an_item_lacks_is_refused_with_the_item() {
        let failure = failure("let a = [#{ k: 1 }, #{ kk: 2 }]; let b = a.group_by(\"k\");");
        assert!(
            failure.contains("item 2: it has no field `k`")
                && failure.contains("did you mean `kk`?"),
            "{failure}"
        );
        let rig = TestHost::new();
        rig.file("rows.csv", "id,city\n1,Bergen\n");
        let failure = rig.failure("let a = csv(\"rows.csv\").unique(\"ctiy\");");
        assert!(
            failure.contains("line 2: the row has no column `ctiy`")
                && failure.contains("did you mean `city`?"),
            "{failure}"
        );
    }

    #[test]
    fn keys_of_different_kinds_are_refused_and_not_told_apart() {
        let failure = failure("let a = [#{ k: 1 }, #{ k: \"1\" }]; let b = a.group_by(\"k\");");
        assert!(
            failure.contains("item 2: `group_by` cannot compare text with the number of item 1"),
            "{failure}"
        );
        assert_eq!(value("[1, money(\"1.00\"), 2].unique()"), "[1, 2]");
        assert_eq!(value("[(), 1, ()].unique()"), "[(), 1]");
    }

    #[test]
    fn what_cannot_be_compared_is_no_key() {
        let failure = failure("let b = [[1], [2]].unique();");
        assert!(
            failure.contains("item 1: `unique` cannot compare an array"),
            "{failure}"
        );
        let failure = self::failure("let b = (5).unique();");
        assert!(
            failure.contains("`unique` needs a list, not a whole number"),
            "{failure}"
        );
    }

    #[test]
    fn the_first_of_the_same_is_kept() {
        assert_eq!(value(r#"["b", "a", "b"].unique()"#), r#"["b", "a"]"#);
        assert_eq!(
            value(
                r#"[#{ k: "A", n: 1 }, #{ k: "a", n: 2 }].unique(|r| r.k.to_lower()).map(|r| r.n)"#
            ),
            "[1]"
        );
    }

    #[test]
    fn a_list_is_cut_into_arrays() {
        assert_eq!(value("[1, 2, 3, 4, 5].chunk(2)"), "[[1, 2], [3, 4], [5]]");
        assert_eq!(value("[].chunk(2)"), "[]");
        let failure = failure("let a = [1].chunk(0);");
        assert!(
            failure.contains("`chunk` needs a size of at least 1"),
            "{failure}"
        );
    }

    #[test]
    fn a_list_that_was_read_before_is_refused() {
        let failure = failure(
            "let all = all_clients(); let a = all.unique(\"id\"); let b = all.unique(\"id\");",
        );
        assert!(failure.contains("was looped over before"), "{failure}");
    }

    #[test]
    fn a_dropped_result_is_refused_before_the_script_runs() {
        for call in ["group_by(\"k\")", "unique(\"k\")", "sum(\"k\")", "chunk(2)"] {
            let failure = failure(&format!("let a = [#{{ k: 1 }}]; a.{call}; print(a);"));
            assert!(failure.contains("is not used"), "{call}: {failure}");
        }
    }
}
