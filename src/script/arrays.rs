//! Array functions that take a closure, in place of Rhai's own, which hide
//! what goes wrong in it.
//!
//! Rhai's `sort` drops an error of the comparer, and whatever it returns that
//! is no whole number, and leaves the array unsorted; its `filter` and their
//! like take anything but `true` for `false`. These raise an error instead.

#![expect(
    clippy::needless_pass_by_value,
    reason = "Rhai hands contexts and closures over by value"
)]

use std::cmp::Ordering;

use rhai::{
    Array, Dynamic, EvalAltResult, FnPtr, FuncRegistration, INT, Module, NativeCallContext,
};

use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, operator};
use crate::script::raise::Raised;
use crate::script::value::joining;

/// Adds the functions, under the names Rhai has them.
pub(crate) fn register(module: &mut Module) {
    FuncRegistration::new("sort")
        .with_params_info(["array: array", "comparer: function", "array"])
        .with_purity(false)
        .with_volatility(true)
        .set_into_module(module, sort);
    FuncRegistration::new("order_by")
        .with_params_info(["array: array", "comparer: function", "array"])
        .with_purity(true)
        .with_volatility(true)
        .set_into_module(
            module,
            |context: NativeCallContext, items: &mut Array, comparer: FnPtr| {
                in_order(&context, items, &comparer)
            },
        );
    operator("all").set_into_module(module, all);
    operator("filter").set_into_module(module, filter);
    operator("find").set_into_module(module, find);
    operator("for_each").set_into_module(module, for_each);
    operator("retain").set_into_module(module, retain);
    operator("drain").set_into_module(module, drain);
    operator("dedup").set_into_module(module, dedup);
    operator("index_of").set_into_module(
        module,
        |context: NativeCallContext, items: &mut Array, test: FnPtr| {
            index_of(&context, items, &test, 0)
        },
    );
    operator("index_of").set_into_module(
        module,
        |context: NativeCallContext, items: &mut Array, test: FnPtr, start: INT| {
            index_of(&context, items, &test, start)
        },
    );
    operator("some").set_into_module(module, some);
    for name in ["reduce", "reduce_rev"] {
        operator(name).set_into_module(
            module,
            |context: NativeCallContext, items: &mut Array, reducer: FnPtr| {
                reduce(context, items, reducer, Dynamic::UNIT)
            },
        );
        operator(name).set_into_module(module, reduce);
    }
    register_named(module);
}

/// The same functions with the name of a function in place of a closure.
fn register_named(module: &mut Module) {
    type Asked<'c> = NativeCallContext<'c>;
    FuncRegistration::new("sort")
        .with_params_info(["array: array", "comparer: string", "array"])
        .with_purity(false)
        .with_volatility(true)
        .set_into_module(module, |asked: Asked, items: &mut Array, given: &str| {
            named(asked, given, |asked, function| sort(asked, items, function))
        });
    operator("order_by").set_into_module(module, |asked: Asked, items: &mut Array, given: &str| {
        named(asked, given, |asked, function| {
            in_order(&asked, items, &function)
        })
    });
    operator("all").set_into_module(module, |asked: Asked, items: &mut Array, given: &str| {
        named(asked, given, |asked, function| all(asked, items, function))
    });
    operator("some").set_into_module(module, |asked: Asked, items: &mut Array, given: &str| {
        named(asked, given, |asked, function| some(asked, items, function))
    });
    operator("find").set_into_module(module, |asked: Asked, items: &mut Array, given: &str| {
        named(asked, given, |asked, function| find(asked, items, function))
    });
    operator("filter").set_into_module(module, |asked: Asked, items: &mut Array, given: &str| {
        named(asked, given, |asked, function| {
            filter(asked, items, function)
        })
    });
    operator("retain").set_into_module(module, |asked: Asked, items: &mut Array, given: &str| {
        named(asked, given, |asked, function| {
            retain(asked, items, function)
        })
    });
}

/// Does it with the function of that name, which is no field's.
fn named<T>(
    context: NativeCallContext,
    given: &str,
    with: impl FnOnce(NativeCallContext, FnPtr) -> Fallible<T>,
) -> Fallible<T> {
    let called = context.fn_name().to_owned();
    let unknown = || {
        let what = format!("`{called}` got `{given:?}`, but there is no such function");
        let is_sorting = called.starts_with("sort") || called.starts_with("order");
        let hint = match given {
            "desc" | "DESC" if is_sorting => {
                "for descending order, write `.sort_desc()`".to_owned()
            }
            "asc" | "ASC" if is_sorting => "for ascending order, write `.sort()`".to_owned(),
            field if is_sorting => {
                format!("to sort by a field, write `.sort_by({field:?})`")
            }
            field => format!("to test a field, write `.{called}(|item| item[{field:?}] == …)`"),
        };
        Raised::new("value", what).hint(hint)
    };
    let function = FnPtr::new(given).map_err(|_| unknown())?;
    with(context, function).map_err(|error| match error.unwrap_inner() {
        EvalAltResult::ErrorFunctionNotFound(signature, _)
            if signature.split(" (").next() == Some(given) =>
        {
            unknown().into()
        }
        _ => error,
    })
}

/// Sorts by a closure that says which of two comes first.
pub(crate) fn sort(
    context: NativeCallContext,
    items: &mut Array,
    comparer: FnPtr,
) -> Fallible<Array> {
    *items = in_order(&context, items, &comparer)?;
    Ok(items.clone())
}

/// The items in the order that a closure says.
fn in_order(context: &NativeCallContext, items: &Array, comparer: &FnPtr) -> Fallible<Array> {
    let mut failed = None;
    let mut sorted = items.clone();
    // The closure may contradict itself, which must not end in a panic.
    merge_sort(&mut sorted, &mut |one, other| {
        if failed.is_some() {
            return Ordering::Equal;
        }
        let said = comparer.call_raw(context, None, [one.clone(), other.clone()]);
        said.and_then(|said| order(&said)).unwrap_or_else(|error| {
            failed = Some(error);
            Ordering::Equal
        })
    });
    failed.map_or(Ok(sorted), Err)
}

/// Sorts by a comparer that may contradict itself.
pub(crate) fn merge_sort<T>(items: &mut Vec<T>, compare: &mut impl FnMut(&T, &T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let mut right = items.split_off(items.len() / 2);
    merge_sort(items, compare);
    merge_sort(&mut right, compare);
    let (mut left, mut right) = (
        std::mem::take(items).into_iter().peekable(),
        right.into_iter().peekable(),
    );
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let next = if compare(one, other).is_gt() {
            right.next()
        } else {
            left.next()
        };
        items.extend(next);
    }
    items.extend(left.chain(right));
}

/// What a comparer's value says: below, at or above zero, or whether the first
/// comes first.
fn order(said: &Dynamic) -> Fallible<Ordering> {
    if let Ok(number) = said.as_int() {
        return Ok(number.cmp(&0));
    }
    if let Ok(number) = said.as_decimal() {
        return Ok(number.cmp(&0.into()));
    }
    if let Some(order) = said
        .as_float()
        .ok()
        .and_then(|number| number.partial_cmp(&0.0))
    {
        return Ok(order);
    }
    match said.as_bool() {
        Ok(true) => Ok(Ordering::Less),
        Ok(false) => Ok(Ordering::Greater),
        Err(given) => Err(Raised::new(
            "value",
            format!(
                "`sort` needs a number from its closure, not {}",
                a_kind(kind(given))
            ),
        )
        .hint(
            "return a number below zero if the first value comes first: `|a, b| if a < b { -1 } \
             else { 1 }`",
        )
        .into()),
    }
}

fn all(context: NativeCallContext, items: &mut Array, test: FnPtr) -> Fallible<bool> {
    Ok(first(&context, "all", items, &test, false)?.is_none())
}

fn some(context: NativeCallContext, items: &mut Array, test: FnPtr) -> Fallible<bool> {
    Ok(first(&context, "some", items, &test, true)?.is_some())
}

fn find(context: NativeCallContext, items: &mut Array, test: FnPtr) -> Fallible<Dynamic> {
    Ok(first(&context, "find", items, &test, true)?.unwrap_or_default())
}

/// Calls the closure with each item; Rhai's own gives it the place in its stead.
fn for_each(context: NativeCallContext, items: &mut Array, closure: FnPtr) -> Fallible<()> {
    for (at, item) in items.iter_mut().enumerate() {
        let place = [INT::try_from(at).unwrap_or(INT::MAX).into()];
        let _ = closure.call_raw_with_extra_args(
            "for_each",
            &context,
            Some(item),
            [],
            place,
            Some(0),
        )?;
    }
    Ok(())
}

fn filter(context: NativeCallContext, items: &mut Array, test: FnPtr) -> Fallible<Array> {
    let mut kept = Array::new();
    for (at, item) in items.iter_mut().enumerate() {
        if holds(&context, "filter", item, at, &test)? {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

/// Keeps the items of which the closure is true, and gives back the others.
fn retain(context: NativeCallContext, items: &mut Array, test: FnPtr) -> Fallible<Array> {
    let (mut kept, mut others) = (Array::new(), Array::new());
    for (at, mut item) in items.clone().into_iter().enumerate() {
        let holds = holds(&context, "retain", &mut item, at, &test)?;
        if holds { &mut kept } else { &mut others }.push(item);
    }
    *items = kept;
    Ok(others)
}

/// Takes out the items of which the closure is true, and gives them.
fn drain(context: NativeCallContext, items: &mut Array, test: FnPtr) -> Fallible<Array> {
    let (mut kept, mut taken) = (Array::new(), Array::new());
    for (at, mut item) in items.clone().into_iter().enumerate() {
        let holds = holds(&context, "drain", &mut item, at, &test)?;
        if holds { &mut taken } else { &mut kept }.push(item);
    }
    *items = kept;
    Ok(taken)
}

/// Leaves out every item that is, so says the closure, the same as the one kept before it.
fn dedup(context: NativeCallContext, items: &mut Array, is_same: FnPtr) -> Fallible<Array> {
    let mut kept = Array::new();
    for item in items.iter() {
        if let Some(before) = kept.last() {
            let said = is_same.call_raw(&context, None, [item.clone(), before.clone()])?;
            if truth("dedup", &said)? {
                continue;
            }
        }
        kept.push(item.clone());
    }
    items.clone_from(&kept);
    Ok(kept)
}

/// Where the first item stands, from `start` on, of which the closure is true; -1 if there
/// is none.
fn index_of(
    context: &NativeCallContext,
    items: &mut Array,
    test: &FnPtr,
    start: INT,
) -> Fallible<INT> {
    let length = INT::try_from(items.len()).unwrap_or(INT::MAX);
    // A negative one counts from the end.
    let first = if start < 0 {
        (length + start).max(0)
    } else {
        start
    };
    for (at, item) in items.iter_mut().enumerate() {
        let place = INT::try_from(at).unwrap_or(INT::MAX);
        if place >= first && holds(context, "index_of", item, at, test)? {
            return Ok(place);
        }
    }
    Ok(-1)
}

/// Makes one value of all items, from the first to the last or the other way round.
fn reduce(
    context: NativeCallContext,
    items: &mut Array,
    reducer: FnPtr,
    initial: Dynamic,
) -> Fallible<Dynamic> {
    let is_of_nothing = initial.is_unit();
    let name = context.fn_name().to_owned();
    let step = |result: Dynamic, (at, item): (usize, &mut Dynamic)| {
        let place = [INT::try_from(at).unwrap_or(INT::MAX).into()];
        let call = || {
            reducer.call_raw_with_extra_args(&name, &context, Some(item), [result], place, Some(1))
        };
        if is_of_nothing {
            joining::reducing(call)
        } else {
            call()
        }
    };
    let mut items = items.iter_mut().enumerate();
    if name == "reduce_rev" {
        items.rev().try_fold(initial, step)
    } else {
        items.try_fold(initial, step)
    }
}

/// The first item of which the closure is `wanted`.
fn first(
    context: &NativeCallContext,
    name: &str,
    items: &mut Array,
    test: &FnPtr,
    wanted: bool,
) -> Fallible<Option<Dynamic>> {
    for (at, item) in items.iter_mut().enumerate() {
        if holds(context, name, item, at, test)? == wanted {
            return Ok(Some(item.clone()));
        }
    }
    Ok(None)
}

fn holds(
    context: &NativeCallContext,
    name: &str,
    item: &mut Dynamic,
    at: usize,
    test: &FnPtr,
) -> Fallible<bool> {
    let place = [INT::try_from(at).unwrap_or(INT::MAX).into()];
    let said = test.call_raw_with_extra_args(name, context, Some(item), [], place, Some(0))?;
    truth(name, &said)
}

/// What a closure said, which must be true or false.
fn truth(name: &str, said: &Dynamic) -> Fallible<bool> {
    said.as_bool().map_err(|given| {
        Raised::new(
            "value",
            format!(
                "`{name}` needs `true` or `false` from its closure, not {}",
                a_kind(kind(given))
            ),
        )
        .hint("compare: `|client| client.status == \"Active\"`")
        .into()
    })
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    fn value(expression: &str) -> String {
        TestHost::new().value(expression)
    }

    #[test]
    fn an_error_in_a_comparer_is_raised() {
        let failure =
            TestHost::new().failure("let a = [#{ n: 2 }, #{ n: 1 }];\na.sort(|x, y| x.n - y.nn);");
        assert!(
            failure.contains("`-` does not work with a whole number and `()`"),
            "{failure}"
        );
        assert!(failure.contains("main.rhai:2:19"), "{failure}");
    }

    #[test]
    fn a_comparer_may_return_any_number_or_say_what_comes_first() {
        for comparer in [
            "x - y",
            "x > y",
            "money(x) - money(y)",
            "(x - y) / 2.0",
            "if x < y { -1 } else { 1 }",
        ] {
            let sort = format!("{{ let a = [3, 1, 2, 5, 4]; a.sort(|x, y| {comparer}); a }}");
            let expected = if comparer == "x > y" {
                "[5, 4, 3, 2, 1]"
            } else {
                "[1, 2, 3, 4, 5]"
            };
            assert_eq!(value(&sort), expected, "{comparer}");
        }
        let failure = TestHost::new().failure("[2, 1].sort_by(|x, y| \"x\");");
        assert!(
            failure.contains("`sort` needs a number from its closure, not text"),
            "{failure}"
        );
    }

    #[test]
    fn the_name_of_a_function_stands_for_it_and_other_names_are_refused() {
        let rig = TestHost::new();
        for call in [
            "sort(\"qty\")",
            "order_by(\"qty\")",
            "filter(\"qty\")",
            "some(\"qty\")",
            "all(\"qty\")",
            "find(\"qty\")",
            "retain(\"qty\")",
            "sort(\"not a name\")",
            "sort(\"desc\")",
        ] {
            let failure = rig.failure(&format!(
                "let a = [#{{ qty: 2 }}, #{{ qty: 1 }}];\nlet b = a.{call};"
            ));
            assert!(
                failure.contains("but there is no such function"),
                "{failure}"
            );
            assert!(failure.contains("main.rhai:2:11"), "{failure}");
        }
        let failure = rig.failure("let a = [2, 1]; a.sort(\"desc\");");
        assert!(failure.contains("write `.sort_desc()`"), "{failure}");
        let functions = "fn by_qty(a, b) { a.qty - b.qty } fn is_two(r) { r.qty == 2 } fn bad(a, b) { a.qty - b.nn } ";
        let data = "let a = [#{ qty: 2 }, #{ qty: 1 }]; ";
        assert_eq!(
            rig.printed(&format!(
                "{functions}{data}a.sort(\"by_qty\"); print(a.map(|r| r.qty)); print(a.filter(\"is_two\").len());"
            )),
            ["[1, 2]", "1"]
        );
        let failure = rig.failure(&format!("{functions}{data}a.sort(\"bad\");"));
        assert!(failure.contains("`-` does not work"), "{failure}");
    }

    #[test]
    fn equal_items_keep_their_order() {
        let script = "{ let a = [#{ k: 1, n: 1 }, #{ k: 0, n: 2 }, #{ k: 1, n: 3 }, #{ k: 0, n: 4 }]; a.sort(|x, y| x.k - y.k); a.map(|x| x.n) }";
        assert_eq!(value(script), "[2, 4, 1, 3]");
    }

    #[test]
    fn a_test_that_says_neither_true_nor_false_is_refused() {
        for name in [
            "filter", "retain", "some", "all", "find", "drain", "index_of", "dedup",
        ] {
            let closure = if name == "dedup" { "|x, y| x" } else { "|x| x" };
            let failure =
                TestHost::new().failure(&format!("let a = [1, 1]; let b = a.{name}({closure});"));
            let expected =
                format!("`{name}` needs `true` or `false` from its closure, not a whole number");
            assert!(failure.contains(&expected), "{failure}");
        }
    }

    #[test]
    fn items_are_taken_out_found_and_thinned_out_by_a_closure() {
        for (expression, expected) in [
            (
                "{ let a = [1, 2, 3, 4]; let b = a.drain(|x| x % 2 == 0); [b, a] }",
                "[[2, 4], [1, 3]]",
            ),
            ("[1, 2, 3].drain(|| this > 2)", "[3]"),
            ("[5, 6, 5].index_of(|x| x == 5)", "0"),
            ("[5, 6, 5].index_of(|x| x == 5, 1)", "2"),
            ("[5, 6, 5].index_of(|x| x == 5, -1)", "2"),
            ("[5, 6, 5].index_of(|x| x == 5, -9)", "0"),
            ("[5, 6, 5].index_of(|x| x == 5, 9)", "-1"),
            ("[5, 6].index_of(|x| x == 7)", "-1"),
            ("[5, 6].index_of(6)", "1"),
            (
                "{ let a = [1, 1, 12, 2, 13]; [a.dedup(|x, y| x % 10 == y % 10), a] }",
                "[[1, 12, 13], [1, 12, 13]]",
            ),
        ] {
            assert_eq!(value(expression), expected, "{expression}");
        }
    }

    #[test]
    fn for_each_gives_its_closure_the_item() {
        let seen = |closure: &str| {
            value(&format!(
                "{{ let out = []; let a = [5, 6]; a.for_each({closure}); [out, a] }}"
            ))
        };
        assert_eq!(seen("|x| out.push(x)"), "[[5, 6], [5, 6]]");
        assert_eq!(
            seen("|x, i| out.push([x, i])"),
            "[[[5, 0], [6, 1]], [5, 6]]"
        );
        assert_eq!(seen("|| this += 1"), "[[], [6, 7]]");
        let failure = TestHost::new().failure("[1].for_each(|x| x.nothing());");
        assert!(failure.contains("unknown function `nothing`"), "{failure}");
    }

    #[test]
    fn tests_see_the_item_its_place_or_this() {
        assert_eq!(value("[1, 2, 3].filter(|x| x > 1)"), "[2, 3]");
        assert_eq!(value("[5, 6, 7].filter(|x, i| i > 1)"), "[7]");
        assert_eq!(value("[1, 2, 3].filter(|| this > 2)"), "[3]");
        assert_eq!(
            value("{ let a = [1, 2, 3]; let b = a.retain(|x| x > 1); [a, b] }"),
            "[[2, 3], [1]]"
        );
        assert_eq!(
            value("[[1, 2].some(|x| x > 1), [].some(|x| x), [1, 2].all(|x| x > 1), [].all(|x| x)]"),
            "[true, false, false, true]"
        );
        assert_eq!(
            value("[[1, 2].find(|x| x > 1), [1].find(|x| x > 1) == ()]"),
            "[2, true]"
        );
        assert_eq!(value("{ const A = [1, 2]; A.some(|x| x == 2) }"), "true");
    }

    #[test]
    fn a_script_may_have_functions_of_these_names() {
        assert_eq!(
            TestHost::new()
                .printed("fn find(list, id) { list.filter(|x| x == id) } print(find([1, 2], 2));"),
            ["[2]"]
        );
    }
}
