//! Whole numbers that have lost a remainder: no money is made of them.
//!
//! `5 / 2` is 2, as Rhai has it, and pages and halves of lists are counted so. In JavaScript
//! and PHP it is 2.5, and a price of 2 for 2.50 is wrong. So a division that does not come out
//! even marks its result, sums and products keep the mark, and what takes an amount refuses it.

use std::any::TypeId;

use rhai::{
    Array, Dynamic, EvalAltResult, FuncRegistration, INT, Module, Position, RhaiFunc, Shared,
};
use rust_decimal::Decimal;

use crate::catalog::{Action, Param, ParamKind, parameter};
use crate::script::engine::function::Fallible;
use crate::script::raise::Raised;
use crate::script::value::record::map_of;

/// What a value is marked with; Rhai keeps it with copies of the value.
const LOST: i16 = 20_051;

fn is_marked(value: &Dynamic) -> bool {
    i64::from(value.tag()) == i64::from(LOST) && value.is_int()
}

fn marked(number: INT, is_marked: bool) -> Dynamic {
    let mut value = Dynamic::from_int(number);
    if is_marked {
        value.set_tag(LOST.into());
    }
    value
}

/// Refuses such a number where an amount is made of it.
pub(crate) fn refuse(value: &Dynamic, of: &str) -> Result<(), Raised> {
    if !is_marked(value) {
        return Ok(());
    }
    let what = format!("{of} is made from `{value}`, which has lost the remainder of a division");
    Err(Raised::new("money", what).hint(
        "`money(5) / 2` is 2.50, where `5 / 2` is 2; to drop the remainder, write `(a - a % b) / b`",
    ))
}

/// Refuses such a number in a parameter that takes decimals.
pub(crate) fn refuse_in(action: &Action, name: &str, value: &Dynamic) -> Result<(), Raised> {
    let is_exact = |param: &Param| {
        let kinds = [Some(param.kind), param.each];
        param.format.is_some()
            || kinds.into_iter().flatten().any(|kind| {
                matches!(
                    kind,
                    ParamKind::Decimal | ParamKind::Decimals | ParamKind::Maps
                )
            })
    };
    if parameter(action, name).is_some_and(is_exact) {
        refuse_within(value, &format!("`{name}`"))?;
    }
    Ok(())
}

fn refuse_within(value: &Dynamic, of: &str) -> Result<(), Raised> {
    refuse(value, of)?;
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().try_for_each(|item| refuse_within(item, of));
    }
    match map_of(value) {
        Some(map) => map.values().try_for_each(|item| refuse_within(item, of)),
        None => Ok(()),
    }
}

/// Adds the operators of whole numbers, and those beside money.
pub(crate) fn register(module: &mut Module) {
    type Exact = fn(INT, INT) -> Option<INT>;
    let operators: [(&str, &str, &'static str, Exact); 3] = [
        ("+", "+=", "Addition", INT::checked_add),
        ("-", "-=", "Subtraction", INT::checked_sub),
        ("*", "*=", "Multiplication", INT::checked_mul),
    ];
    for (name, assigning, word, exact) in operators {
        let sign = name.to_owned();
        register_whole(module, name, assigning, move |one, other, is_marked| {
            let result = exact(one, other)
                .ok_or_else(|| arithmetic(format!("{word} overflow: {one} {sign} {other}")))?;
            Ok(marked(result, is_marked))
        });
    }
    register_whole(module, "/", "/=", |one, other, is_marked| {
        if other == 0 {
            return Err(arithmetic(format!("Division by zero: {one} / {other}")));
        }
        let result = one
            .checked_div(other)
            .ok_or_else(|| arithmetic(format!("Division overflow: {one} / {other}")))?;
        Ok(marked(result, is_marked || one % other != 0))
    });
    register_beside_money(module);
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "the form Rhai's errors have everywhere"
)]
fn arithmetic(what: String) -> Box<EvalAltResult> {
    EvalAltResult::ErrorArithmetic(what, Position::NONE).into()
}

fn whole(value: &Dynamic) -> INT {
    // Registered for whole numbers alone.
    value.as_int().unwrap_or_default()
}

fn register_whole(
    module: &mut Module,
    name: &str,
    assigning: &str,
    compute: impl Fn(INT, INT, bool) -> Fallible<Dynamic> + Send + Sync + Clone + 'static,
) {
    let kinds = [TypeId::of::<INT>(), TypeId::of::<INT>()];
    let result = compute.clone();
    let function = RhaiFunc::Pure {
        func: Shared::new(move |_, args: &mut [&mut Dynamic]| {
            let is_either = is_marked(args[0]) || is_marked(args[1]);
            result(whole(args[0]), whole(args[1]), is_either)
        }),
        has_context: false,
        is_pure: true,
        is_volatile: true,
    };
    FuncRegistration::new(name).set_into_module_raw(module, kinds, function);
    let function = RhaiFunc::Method {
        func: Shared::new(move |_, args: &mut [&mut Dynamic]| {
            let is_either = is_marked(args[0]) || is_marked(args[1]);
            let result = compute(whole(args[0]), whole(args[1]), is_either)?;
            let (number, tag) = (whole(&result), result.tag());
            if let Some(mut own) = args[0].write_lock::<INT>() {
                *own = number;
            }
            args[0].set_tag(tag);
            Ok(Dynamic::UNIT)
        }),
        has_context: false,
        is_pure: false,
        is_volatile: true,
    };
    FuncRegistration::new(assigning).set_into_module_raw(module, kinds, function);
}

/// Money and a whole number: as Rhai has it, but for a number that has lost a remainder.
fn register_beside_money(module: &mut Module) {
    type Exact = fn(Decimal, Decimal) -> Option<Decimal>;
    let operators: [(&'static str, &'static str, Exact); 4] = [
        ("+", "Addition", Decimal::checked_add),
        ("-", "Subtraction", Decimal::checked_sub),
        ("*", "Multiplication", Decimal::checked_mul),
        ("/", "Division", Decimal::checked_div),
    ];
    let (whole_kind, money) = (TypeId::of::<INT>(), TypeId::of::<Decimal>());
    for (name, word, exact) in operators {
        for kinds in [[money, whole_kind], [whole_kind, money]] {
            let function = RhaiFunc::Pure {
                func: Shared::new(move |_, args: &mut [&mut Dynamic]| {
                    refuse(args[0], "money")?;
                    refuse(args[1], "money")?;
                    let (one, other) = (decimal(args[0]), decimal(args[1]));
                    let result = exact(one, other).ok_or_else(|| {
                        let why = if name == "/" && other.is_zero() {
                            "by zero"
                        } else {
                            "overflow"
                        };
                        arithmetic(format!("{word} {why}: {one} {name} {other}"))
                    })?;
                    Ok(Dynamic::from_decimal(result))
                }),
                has_context: false,
                is_pure: true,
                is_volatile: true,
            };
            FuncRegistration::new(name).set_into_module_raw(module, kinds, function);
        }
    }
}

fn decimal(value: &Dynamic) -> Decimal {
    let whole = value.as_int().map(Decimal::from);
    whole.or_else(|_| value.as_decimal()).unwrap_or_default()
}

/// A function that makes an amount of a whole number.
pub(crate) fn of_whole<T: Into<Dynamic>>(
    registration: FuncRegistration,
    module: &mut Module,
    make: impl Fn(INT) -> T + Send + Sync + 'static,
) {
    let function = RhaiFunc::Pure {
        func: Shared::new(move |_, args: &mut [&mut Dynamic]| {
            refuse(args[0], "an amount")?;
            Ok(make(whole(args[0])).into())
        }),
        has_context: false,
        is_pure: true,
        is_volatile: true,
    };
    registration.set_into_module_raw(module, [TypeId::of::<INT>()], function);
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    #[test]
    fn no_amount_is_made_of_what_lost_a_remainder() {
        for statement in [
            "add_credit(#{ clientid: 1, description: \"x\", amount: five / 2 })",
            "let p = five / 2; add_credit(#{ clientid: 1, description: \"x\", amount: p })",
            "let p = five / 12 * 3; add_credit(#{ clientid: 1, description: \"x\", amount: p + 1 })",
            "let p = 1; p += five / 2; call(\"AddCredit\", #{ clientid: 1, description: \"x\", amount: p })",
            "let p = 7; p /= 2; add_credit(#{ clientid: 1, description: \"x\", amount: p })",
            "fn half(n) { n / 2 } create_invoice(#{ userid: 1, itemdescription: [\"a\"], itemamount: [half(5)] })",
            "money(five / 2)",
            "parse_money(five / 2)",
            "format_money(five / 2)",
            "(five / 2).as_money()",
            "money(\"10.00\") + five / 2",
            "five / 2 * money(\"10.00\")",
        ] {
            let failure = TestHost::new().failure(&format!("let five = 5; {statement};"));
            assert!(
                failure.contains("has lost the remainder of a division"),
                "{statement}: {failure}"
            );
            assert!(
                failure.contains("hint: `money(5) / 2` is 2.50"),
                "{failure}"
            );
        }
    }

    #[test]
    fn whole_numbers_divide_as_ever() {
        let rig = TestHost::new();
        assert_eq!(
            rig.value("{ let n = 5; let m = 7; [n / 2, m / 2 * 2, -m / 2, 6 / 3 + 1] }"),
            "[2, 6, -3, 3]"
        );
        assert_eq!(
            rig.value("{ let n = 7; n /= 2; n += 1; n *= 2; n -= 3; n }"),
            "5"
        );
        assert_eq!(
            rig.value("{ let n = 7; let f = || n += 1; f.call(); n }"),
            "8"
        );
        assert_eq!(
            rig.value("[money(6 / 3), money(5) / 2, 10 - money(\"0.50\")]"),
            "[2, 2.50, 9.50]"
        );
        assert_eq!(rig.value("money((5 - 5 % 2) / 2)"), "2");
        assert_eq!(rig.value("{ let n = 3; [1, 2, 3, 4][n / 2] }"), "2");
        for (expression, expected) in [
            ("1 / 0", "Division by zero"),
            ("money(1) / 0", "Division by zero"),
            ("9223372036854775807 + 1", "Addition overflow"),
        ] {
            let failure = rig.failure(&format!("let x = {expression};"));
            assert!(
                failure.to_lowercase().contains(&expected.to_lowercase()),
                "{failure}"
            );
        }
    }
}
