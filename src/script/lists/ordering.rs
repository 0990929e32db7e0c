//! `sort_by`: by a field, by a closure that gives what counts, or by one that compares two.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, FnPtr, ImmutableString, Module, NativeCallContext};

use crate::script::arrays::{merge_sort, sort};
use crate::script::engine::function::{Fallible, function, raw_function};
use crate::script::lists::items::{items, place};
use crate::script::lists::key::{By, Key, Kinds};
use crate::script::raise::Raised;
use crate::script::value::order::{plain_number, texts};

const ABOUT: &str = "Sorts a list by a field, or by what a closure with one parameter gives, from the lowest to the \
    highest: numbers as numbers, days as days, texts as numbers if all of them are numbers. Kinds that are mixed are \
    refused. An array is sorted itself and returned; of rows and records the array of them is returned. A closure \
    with two parameters says which comes first. `.reverse()` turns the order.\n\
    ```rhai\nlet invoices = [#{ id: 1, total: \"12.00\" }, #{ id: 2, total: \"9.50\" }];\n\
    invoices.sort_by(\"total\");\nprint(invoices[0].id);\n\
    invoices.sort_by(|invoice| -invoice.id);\n\
    let rows = csv(\"clients.csv\").sort_by(\"email\");\n```";

/// Adds `sort_by`.
pub(super) fn register(module: &mut Module) {
    raw_function("sort_by", &["array: array", "by: FnPtr", "array"], ABOUT)
        .with_purity(false)
        .with_volatility(true)
        .set_into_module(
            module,
            |asked: NativeCallContext, array: &mut Array, by: FnPtr| -> Fallible<Array> {
                if parameters(&asked, by.fn_name())
                    .is_none_or(|count| count != by.curry().len() + 1)
                {
                    return sort(asked, array, by);
                }
                *array = sorted(&asked, array.clone().into(), &By::Closure(by))?;
                Ok(array.clone())
            },
        );
    raw_function("sort_by", &["array: array", "field: &str", "array"], ABOUT)
        .with_purity(false)
        .with_volatility(true)
        .set_into_module(
            module,
            |asked: NativeCallContext,
             array: &mut Array,
             field: ImmutableString|
             -> Fallible<Array> {
                // The name of a function of the script stands for it, as elsewhere.
                let by = match parameters(&asked, &field) {
                    Some(2) => return sort(asked, array, FnPtr::new(field)?),
                    Some(1) => By::Closure(FnPtr::new(field)?),
                    _ => By::Field(field),
                };
                *array = sorted(&asked, array.clone().into(), &by)?;
                Ok(array.clone())
            },
        );
    function("sort_by", &["list: ?", "by: FnPtr", "array"], ABOUT).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, by: FnPtr| -> Fallible<Array> {
            if parameters(&asked, by.fn_name()) == Some(by.curry().len() + 2) {
                let mut all = items("sort_by", list)?.collect::<Fallible<Array>>()?;
                return sort(asked, &mut all, by);
            }
            sorted(&asked, list, &By::Closure(by))
        },
    );
    function("sort_by", &["list: ?", "field: &str", "array"], ABOUT).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, field: ImmutableString| {
            sorted(&asked, list, &By::Field(field))
        },
    );
}

/// How many parameters the function of that name has, captured ones among them, if it is the
/// script's.
fn parameters(asked: &NativeCallContext, name: &str) -> Option<usize> {
    let global = asked.global_runtime_state();
    let own = global.lib.iter().map(|module| &**module);
    let imported = global.iter_imports_raw().map(|(_, module)| &**module);
    own.chain(imported).find_map(|module| {
        let mut functions = module.iter_script_fn_info();
        functions.find_map(|(_, _, known, count, _)| (known == name).then_some(count))
    })
}

fn sorted(asked: &NativeCallContext, list: Dynamic, by: &By) -> Fallible<Array> {
    let mut kinds = Kinds::default();
    let mut keyed: Vec<(Key, Dynamic)> = Vec::new();
    for (at, item) in items("sort_by", list)?.enumerate() {
        let item = item?;
        let value = by.value(asked, &item, at)?;
        let key = kinds.key("sort_by", &value, &item, at)?;
        if key == Key::Nothing {
            let what = format!("{}: `sort_by` cannot compare `()`", place(&item, at));
            return Err(Raised::new("value", what)
                .hint("leave such items out first: `.filter(|row| row.due != ())`")
                .into());
        }
        keyed.push((key, item));
    }
    as_numbers(&mut keyed);
    let mut failed = None;
    merge_sort(&mut keyed, &mut |(one, _), (other, _)| {
        compared(one, other).unwrap_or_else(|raised| {
            failed.get_or_insert(raised);
            Ordering::Equal
        })
    });
    match failed {
        Some(raised) => Err(raised.into()),
        None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
    }
}

/// Makes numbers of texts that all are numbers, and none of them a code such as `007`.
fn as_numbers(keyed: &mut [(Key, Dynamic)]) {
    let number = |(key, _): &(Key, Dynamic)| match key {
        Key::Text(text) => plain_number(text),
        _ => None,
    };
    let numbers: Option<Vec<_>> = keyed.iter().map(number).collect();
    for ((key, _), number) in keyed.iter_mut().zip(numbers.unwrap_or_default()) {
        *key = Key::Number(number);
    }
}

/// Texts that are not all numbers compare as `sort` compares them, which refuses those that
/// would come in another order as numbers or days.
fn compared(one: &Key, other: &Key) -> Result<Ordering, Raised> {
    match (one, other) {
        (Key::Text(one), Key::Text(other)) => texts(one, other, "sort"),
        _ => Ok(one.cmp(other)),
    }
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    fn value(expression: &str) -> String {
        TestHost::new().value(expression)
    }

    #[test]
    fn numbers_sort_as_numbers_however_they_are_written() {
        assert_eq!(
            value(
                r#"[#{ t: "12.00" }, #{ t: "9.50" }, #{ t: "100.00" }].sort_by("t").map(|r| r.t)"#
            ),
            r#"["9.50", "12.00", "100.00"]"#
        );
        assert_eq!(value("[3, 1, 2].sort_by(|n| -n)"), "[3, 2, 1]");
        assert_eq!(
            value("[2, money(\"1.50\"), 1].sort_by(|n| n)"),
            "[1, 1.50, 2]"
        );
    }

    #[test]
    fn days_sort_as_days_and_texts_as_texts() {
        assert_eq!(
            value(
                r#"[#{ d: date("2026-11-02") }, #{ d: date("2025-12-31") }].sort_by("d").map(|r| r.d)"#
            ),
            "[2025-12-31, 2026-11-02]"
        );
        assert_eq!(
            value(r#"["b", "a", "C"].sort_by(|t| t)"#),
            r#"["C", "a", "b"]"#
        );
        let failure =
            TestHost::new().failure(r#"let a = ["23/11/2026", "24/01/2026"]; a.sort_by(|t| t);"#);
        assert!(
            failure.contains("as days they may have another order"),
            "{failure}"
        );
    }

    #[test]
    fn an_array_is_sorted_itself_and_equal_items_keep_their_order() {
        assert_eq!(
            value(
                "{ let a = [#{ k: 1, n: 1 }, #{ k: 0, n: 2 }, #{ k: 1, n: 3 }]; a.sort_by(\"k\"); a.map(|x| x.n) }"
            ),
            "[2, 1, 3]"
        );
    }

    #[test]
    fn mixed_kinds_and_nothing_are_refused_and_the_array_stays() {
        let rig = TestHost::new();
        let failure = rig.failure("let a = [#{ k: 2 }, #{ k: \"1\" }]; a.sort_by(\"k\");");
        assert!(
            failure.contains("cannot compare text with the number of item 1"),
            "{failure}"
        );
        let failure = rig.failure("let a = [#{ k: 2 }, #{ k: () }]; a.sort_by(\"k\");");
        assert!(
            failure.contains("item 2: `sort_by` cannot compare `()`"),
            "{failure}"
        );
        assert_eq!(
            rig.value("{ let a = [2, \"1\"]; try { a.sort_by(|x| x); } catch { } a.len() }"),
            "2"
        );
    }

    #[test]
    fn a_closure_of_two_says_what_comes_first_as_before() {
        assert_eq!(
            value("{ let n = 1; [1, 3, 2].sort_by(|a, b| (b - a) * n) }"),
            "[3, 2, 1]"
        );
        assert_eq!(
            value("{ let n = 1; [1, 3, 2].sort_by(|a| -a * n) }"),
            "[3, 2, 1]"
        );
        let rig = TestHost::new();
        rig.file("rows.csv", "id\n1\n3\n2\n");
        assert_eq!(
            rig.value("csv(\"rows.csv\").sort_by(\"id\").map(|r| r.id)"),
            r#"["1", "2", "3"]"#
        );
        rig.file("rows.csv", "id\n1\n3\n2\n");
        assert_eq!(
            rig.value(
                "csv(\"rows.csv\").sort_by(|a, b| parse_int(b.id) - parse_int(a.id)).map(|r| r.id)"
            ),
            r#"["3", "2", "1"]"#
        );
    }
}
