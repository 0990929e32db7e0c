//! Finds numbers that are not the number they are written as: phone numbers, postcodes and
//! other texts of digits without quotes, which lose a leading `0` or `+`, or their last digits.

use rhai::{Expr, FnCallExpr, Position};

use crate::catalog::plain_number;
use crate::script::check::dead::place;
use crate::script::check::kinds::Kind;
use crate::script::engine::mixed::{POWER, POWER_HINT};
use crate::script::finding::Finding;
use crate::script::tokens::{TokenKind, Tokens, scan};
use crate::script::value::joined::HINT;

/// As many digits as a decimal number keeps.
const KEPT: usize = 15;
/// The shortest telephone numbers.
const SHORTEST_PHONE: usize = 7;

/// Two texts that are joined where an amount or a quantity is taken.
pub(crate) fn joined(position: Position) -> Finding {
    Finding {
        code: "joined-amounts",
        position,
        what: "two texts of a file or a reply are joined by `+` where an amount or a quantity is taken, and a sum is meant".into(),
        hint: Some(HINT.into()),
    }
}

/// Each number that loses a part of what is written.
pub(super) fn findings(text: &str) -> Vec<Finding> {
    let tokens = scan(text);
    let found = (0..tokens.all.len()).filter_map(|at| {
        let token = tokens.all[at];
        let written = tokens.text_of(token);
        let (start, lost) = match token.kind {
            TokenKind::Number => match lost(&tokens, at, written)? {
                "`+`" => (tokens.all[at - 1].start, "`+`"),
                lost => (token.start, lost),
            },
            _ => return None,
        };
        let shown = &text[start..token.end];
        Some(Finding {
            code: "lost-digits",
            position: place(text, start),
            what: format!("the number `{shown}` loses its {lost}"),
            hint: Some(match lost {
                "first `0`" => format!(
                    "write it as text: `\"{shown}\"`; as a number, write it without the `0`"
                ),
                "`+`" => {
                    format!("write it as text: `\"{shown}\"`; as a number, write it without `+`")
                }
                _ => format!(
                    "write it as text: `\"{shown}\"`; as an amount, `parse_decimal(\"{shown}\")`"
                ),
            }),
        })
    });
    found.collect()
}

/// A case for an amount of a reply, which always has its decimals.
pub(super) fn of_amount(case: &str, position: Position) -> Option<Finding> {
    let number = plain_number(case).filter(|_| !case.contains('.'))?;
    Some(Finding {
        code: "amount-text",
        position,
        what: format!("an amount is never written `{case}`"),
        hint: Some(format!(
            "write `\"{number}.00\"`, or compare its value: `if parse_money(…) == {number} {{ … }}`"
        )),
    })
}

/// What an operator between numbers as they are written does not do: `2 ^ 3` is 1, `10 / 4` is 2.
pub(super) fn of_operator(
    operator: &str,
    call: &FnCallExpr,
    kinds: &[Kind],
    position: Position,
) -> Option<Finding> {
    let [one, other] = &call.args[..] else {
        return None;
    };
    let (what, hint) = match (operator, one, other) {
        ("^", ..)
            if kinds
                .iter()
                .any(|kind| kind.is_number() || matches!(kind, Kind::Money)) =>
        {
            (POWER.to_owned(), POWER_HINT.to_owned())
        }
        ("/", Expr::IntegerConstant(one, _), Expr::IntegerConstant(other, _))
            if *other != 0 && one.checked_rem(*other).is_some_and(|rest| rest != 0) =>
        {
            let whole = one / other;
            (
                format!("`{one} / {other}` is {whole}: whole numbers lose the remainder"),
                format!("write `money({one}) / {other}`, or `{whole}` if that is meant"),
            )
        }
        (">>", Expr::IntegerConstant(one, _), Expr::IntegerConstant(other, _))
            if (0..64).contains(other) && (*one >> *other) << *other != *one =>
        {
            let whole = one >> other;
            (
                format!("`{one} >> {other}` is {whole}: the bits shifted out are lost"),
                format!("write `{whole}` if that is meant"),
            )
        }
        _ => return None,
    };
    Some(Finding {
        code: "number-operator",
        position,
        what,
        hint: Some(hint),
    })
}

/// What a number loses of what is written.
fn lost(tokens: &Tokens, at: usize, written: &str) -> Option<&'static str> {
    let is_digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let (whole, decimals) = written.split_once('.').unwrap_or((written, ""));
    // Others are in hexadecimal, or with an exponent.
    if !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let is_whole = !written.contains('.');
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    if digits.len() > 1 && digits.starts_with('0') && !is_of_date(tokens, at) {
        return Some("first `0`");
    }
    if is_whole && is_signed(tokens, at) && digits.len() >= SHORTEST_PHONE {
        return Some("`+`");
    }
    let all = digits.len() + decimals.bytes().filter(u8::is_ascii_digit).count();
    let is_kept = if is_whole {
        let is_negative = at > 0 && tokens.is(at - 1, "-");
        digits.parse::<i64>().is_ok()
            || (is_negative && digits == i64::MIN.unsigned_abs().to_string())
    } else {
        let leading = digits.trim_start_matches('0').len();
        let zeros = decimals.len() - decimals.trim_start_matches('0').len();
        all - (digits.len() - leading) - if leading == 0 { zeros } else { 0 } <= KEPT
    };
    (!is_kept).then_some("last digits")
}

/// Whether a `+` stands before the number that adds it to nothing.
fn is_signed(tokens: &Tokens, at: usize) -> bool {
    let Some(sign) = at.checked_sub(1).filter(|sign| tokens.is(*sign, "+")) else {
        return false;
    };
    let Some(before) = sign.checked_sub(1) else {
        return true;
    };
    match tokens.all[before].kind {
        TokenKind::Symbol => tokens.depth(before) >= 0,
        TokenKind::Keyword => !tokens.is(before, "this"),
        TokenKind::Comment => true,
        _ => false,
    }
}

/// Whether the number is a month or a day as `date(2026, 01, 05)` has it.
fn is_of_date(tokens: &Tokens, at: usize) -> bool {
    let is_part =
        |place: &usize| tokens.is(*place, ",") || tokens.all[*place].kind == TokenKind::Number;
    let open = (0..at).rev().find(|place| !is_part(place));
    let is_open = open.filter(|open| tokens.is(*open, "("));
    is_open.is_some_and(|open| open > 0 && tokens.word(open - 1) == Some("date"))
}

/// What is said of an amount that is made of a quotient.
pub(super) fn quotient(position: Position) -> Finding {
    Finding {
        code: "lost-remainder",
        position,
        what: "an amount is made of a whole number that may have lost the remainder of a division"
            .into(),
        hint: Some("`money(5) / 2` is 2.50, where `5 / 2` is 2".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::findings;
    use crate::script::test_host::TestHost;

    #[test]
    fn a_number_that_loses_what_is_written_is_refused() {
        for (number, lost) in [
            ("01234", "first `0`"),
            ("0049221555", "first `0`"),
            ("00", "first `0`"),
            ("01.50", "first `0`"),
            ("+49221555", "`+`"),
            ("+ 49221555", "`+`"),
            ("12345678901234567890", "last digits"),
            ("9223372036854775808", "last digits"),
            ("0.12345678901234567", "last digits"),
            ("1234567890123456.78", "last digits"),
        ] {
            let rig = TestHost::new();
            let failure = rig.failure(&format!(
                "update_client(#{{ clientid: 1, postcode: {number} }});"
            ));
            let what = format!("the number `{number}` loses its {lost}");
            assert!(failure.contains(&what), "{failure}");
            assert!(failure.contains(&format!("write it as text: `\"{number}\"`")));
            assert!(rig.called().is_empty());
        }
        for text in [
            "let a = [+49221555];",
            "f(+49221555)",
            "+49221555",
            "return +49221555",
        ] {
            assert_eq!(findings(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "0 + 0.50 + 10 + 1_000 + 0x1F + 0b01 + 0o17",
            "date(2026, 01, 05)",
            "\"01234\" + `0049 ${1}` // 01234",
            "9223372036854775807 - 9223372036854775807",
            "-9223372036854775808",
            "123456789.01 + 0.000000123456789012345 + 999999999999.99",
            "x + 49221555 + f(1)+49221555 + a[0] + 49221555",
            "let x = +5;",
            "0..10",
            "1.0e10",
        ] {
            assert!(findings(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_power_is_not_written_as_in_mathematics() {
        let rig = TestHost::new();
        for text in [
            "print(2 ^ 3);",
            "let x = 2; print(x ^ 3);",
            "print(money(2) ^ 3);",
            "let f = |a, b| a ^ b; print(f.call(2, 3));",
            "let f = |a| { let b = a; b ^= 3; b }; print(f.call(2));",
        ] {
            let failure = rig.failure(text);
            assert!(
                failure.contains("does not raise a number to a power"),
                "{text}: {failure}"
            );
            assert!(failure.contains("`2 ** 3`"), "{failure}");
        }
        assert_eq!(
            rig.printed("print(2 ** 3); print(xor(6, 3)); print(true ^ false);"),
            ["8", "5", "true"]
        );
    }

    #[test]
    fn a_division_that_leaves_a_remainder_as_it_is_written_is_refused() {
        let rig = TestHost::new();
        let failure = rig.failure("print(`${10 / 4}`);");
        assert!(failure.contains("`10 / 4` is 2"), "{failure}");
        assert!(
            failure.contains("write `money(10) / 4`, or `2`"),
            "{failure}"
        );
        let failure = rig.failure("add_credit(#{ amount: 7 >> 1 });");
        assert!(failure.contains("`7 >> 1` is 3"), "{failure}");
        assert_eq!(
            rig.printed(
                "let n = 7; print([10 / 5, n / 2, 8 >> 1, n >> 1, 7.0 / 2]); print(money(10) / 4);"
            ),
            ["[2, 3, 4, 3, 3.5]", "2.50"]
        );
    }
}
