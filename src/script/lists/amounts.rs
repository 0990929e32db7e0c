//! `sum`: exact, and never of two currencies.

use rhai::{Dynamic, FnPtr, ImmutableString, Module, NativeCallContext};
use rust_decimal::Decimal;

use crate::script::csv::records::text_of;
use crate::script::engine::function::{Fallible, function};
use crate::script::lists::items::{items, place};
use crate::script::lists::key::By;
use crate::script::money::amounts::is_currency_symbol;
use crate::script::raise::Raised;
use crate::script::value::order::amount;

/// The fields in which WHMCS says the currency of a record.
const CURRENCY: [&str; 3] = ["currencycode", "currency_code", "currency"];

/// Adds `sum`.
pub(super) fn register(module: &mut Module) {
    let about = "The sum of a list's amounts, of those in a field, or of what a closure gives, as an exact decimal. \
                 Text is read as `parse_money` reads it; what is no amount is refused with its row, and so are amounts \
                 in two currencies, by their signs or by the field `currencycode` or `currency` beside them.\n\
                 ```rhai\nlet invoices = [#{ total: \"5.00\" }, #{ total: \"2.50\" }];\n\
                 print(invoices.sum(\"total\"));\nprint([1, 2, 3].sum());\n\
                 print(invoices.sum(|invoice| parse_money(invoice.total) * 2))\n```";
    function("sum", &["list: ?", "decimal"], about)
        .set_into_module(module, |asked: NativeCallContext, list: Dynamic| {
            sum(&asked, list, &By::Itself)
        });
    function("sum", &["list: ?", "field: &str", "decimal"], about).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, field: ImmutableString| {
            sum(&asked, list, &By::Field(field))
        },
    );
    function("sum", &["list: ?", "amount: FnPtr", "decimal"], about).set_into_module(
        module,
        |asked: NativeCallContext, list: Dynamic, amount: FnPtr| {
            sum(&asked, list, &By::Closure(amount))
        },
    );
}

fn sum(asked: &NativeCallContext, list: Dynamic, by: &By) -> Fallible<Decimal> {
    let mut sum = Decimal::ZERO;
    let mut currencies = Currencies::default();
    for (at, item) in items("sum", list)?.enumerate() {
        let item = item?;
        let value = by.value(asked, &item, at)?;
        let here = |raised: Raised| raised.about(&place(&item, at));
        let one = amount(&value).map_err(here)?;
        if let Ok(text) = value.as_immutable_string_ref() {
            currencies.written(&text, &item, at)?;
        }
        if matches!(by, By::Field(_)) {
            currencies.of_record(&item, at)?;
        }
        sum = sum.checked_add(one).ok_or_else(|| {
            here(Raised::new(
                "money",
                "the sum has more digits than an amount can hold",
            ))
        })?;
    }
    Ok(sum)
}

/// The currency of the amounts so far, and of which item it is.
#[derive(Default)]
struct Currencies {
    written: Option<(String, String)>,
    of_record: Option<(String, String)>,
}

impl Currencies {
    /// Notes the currency that stands beside an amount's digits, if one does.
    fn written(&mut self, text: &str, item: &Dynamic, at: usize) -> Result<(), Raised> {
        let unit = text
            .chars()
            .filter(|letter| letter.is_alphabetic() || is_currency_symbol(*letter))
            .collect();
        note(&mut self.written, unit, item, at)
    }

    /// Notes the currency that a record names beside its amounts, if it does.
    fn of_record(&mut self, item: &Dynamic, at: usize) -> Result<(), Raised> {
        let named = CURRENCY.iter().find_map(|name| text_of(item, name));
        match named {
            Some(Ok(currency)) => note(&mut self.of_record, currency, item, at),
            _ => Ok(()),
        }
    }
}

fn note(
    known: &mut Option<(String, String)>,
    currency: String,
    item: &Dynamic,
    at: usize,
) -> Result<(), Raised> {
    if currency.is_empty() {
        return Ok(());
    }
    let here = place(item, at);
    match known {
        None => *known = Some((currency, here)),
        Some((first, there)) if *first != currency => {
            let what = format!(
                "{here}: `sum` cannot add currency `{currency}` to the `{first}` of {there}"
            );
            return Err(Raised::new("money", what).hint(
                "group by the currency first, such as `invoices.group_by(\"currencycode\")`; a closure such as \
                 `|row| row.qty` adds what is no money",
            ));
        }
        Some(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::script::test_host::TestHost;

    fn value(expression: &str) -> String {
        TestHost::new().value(expression)
    }

    #[test]
    fn amounts_of_any_form_add_up_exactly() {
        assert_eq!(
            value(r#"[#{ t: "0.10" }, #{ t: "0.20" }].sum("t")"#),
            "0.30"
        );
        assert_eq!(value(r#"["$1,000.00 USD", "$5.50 USD"].sum()"#), "1005.50");
        assert_eq!(value("[1, 2, money(\"0.50\")].sum()"), "3.50");
        assert_eq!(value("[].sum()"), "0");
        assert_eq!(value("[1, 2].sum(|n| n * n)"), "5");
    }

    #[test]
    fn what_is_no_amount_is_refused_with_its_row() {
        let rig = TestHost::new();
        rig.file("rows.csv", "id,total\n1,5.00\n2,\n3,free\n");
        let failure = rig.failure("let s = csv(\"rows.csv\").sum(\"total\");");
        assert!(
            failure.contains("line 3: `` is not an amount: it is empty"),
            "{failure}"
        );
        for value in ["\"free\"", "()", "1.5", "\"5%\"", "[]"] {
            let failure = rig.failure(&format!("let s = [1, {value}].sum();"));
            assert!(failure.contains("item 2: "), "{value}: {failure}");
        }
    }

    #[test]
    fn two_currencies_are_never_added() {
        let rig = TestHost::new();
        let failure = rig.failure("let s = [\"5.00 EUR\", \"1.00\", \"5.00 USD\"].sum();");
        assert!(
            failure.contains("item 3: `sum` cannot add currency `USD` to the `EUR` of item 1"),
            "{failure}"
        );
        let rows = "[#{ t: \"5\", currencycode: \"EUR\" }, #{ t: \"5\", currencycode: \"USD\" }]";
        let failure = rig.failure(&format!("let s = {rows}.sum(\"t\");"));
        assert!(
            failure.contains("currency `USD` to the `EUR` of item 1"),
            "{failure}"
        );
        assert_eq!(rig.value(&format!("{rows}.sum(|row| row.t)")), "10");
        assert_eq!(
            rig.value(&format!(
                "{rows}.group_by(\"currencycode\").map(|g| [g.key, g.rows.sum(\"t\")])"
            )),
            r#"[["EUR", 5], ["USD", 5]]"#
        );
    }
}
