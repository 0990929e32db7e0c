//! What operators are given that cannot be meant, and what they make of it.

use rhai::{Expr, FnCallExpr, ImmutableString, Position};

use super::Flow;
use crate::script::check::kinds::Kind;
use crate::script::check::numbers::{self, quotient};
use crate::script::check::{nothing, strays};
use crate::script::finding::Finding;
use crate::script::value::joining::may_be_number;

/// Operators that compare.
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

impl Flow<'_> {
    /// Values compared with what they never are.
    pub(super) fn compared(&mut self, name: &str, call: &FnCallExpr, kinds: &[Kind]) {
        let [one, other] = kinds else { return };
        let place = |at: usize| {
            call.args
                .get(at)
                .or(call.args.last())
                .map(Expr::start_position)
        };
        let (first, second) = (place(0).unwrap_or_default(), place(1).unwrap_or_default());
        let pairs = [(one, other, second), (other, one, first)];
        for (value, texts, position) in pairs {
            let is_list = name == "contains" && std::ptr::eq(value, other);
            let texts = match texts {
                Kind::List(item) if is_list => &**item,
                texts if matches!(name, "==" | "!=") => texts,
                _ => continue,
            };
            if matches!(texts, Kind::Nothing) {
                let operator_of = nothing::never_equal(value, name, position);
                self.found.refused.extend(operator_of);
            }
            let Kind::Written(texts) = texts else {
                continue;
            };
            match value {
                Kind::Word(word) => {
                    let mark = self.strays.mark();
                    self.strays.compare(*word, texts, position);
                    if is_list {
                        self.strays.settle(mark);
                    }
                }
                Kind::Cased { is_upper } => {
                    let of_case =
                        |text: &ImmutableString| strays::of_case(*is_upper, text, position);
                    self.found.refused.extend(texts.iter().find_map(of_case));
                }
                Kind::TypeName => {
                    let of_type = |text: &ImmutableString| strays::of_type(text, position);
                    self.found.refused.extend(texts.iter().find_map(of_type));
                }
                _ => {}
            }
        }
    }

    /// A number beside a text that may be one, both written out.
    pub(super) fn written_sum(
        &mut self,
        name: &str,
        call: &FnCallExpr,
        kinds: &[Kind],
        position: Position,
    ) {
        let is_number = |at: usize| {
            let kind = kinds.get(at);
            kind.is_some_and(|kind| kind.is_whole() || matches!(kind, Kind::Money))
        };
        let is_sum = name == "+"
            && call.args.iter().enumerate().any(|(at, arg)| match arg {
                // `"" + 5` makes a text of the number.
                Expr::StringConstant(text, _) => {
                    !text.is_empty() && may_be_number(text) && is_number(1 - at.min(1))
                }
                _ => false,
            });
        if is_sum {
            self.found.mistakes.push(Finding {
                code: "text-plus-number",
                position,
                what: "`+` joins text and a number here, where a sum may be meant".into(),
                hint: Some(
                    "`parse_money(…)` or `parse_int(…)` turns the text into a number; to \
                     join, write between backticks: `${one}${other}`"
                        .into(),
                ),
            });
        }
    }

    /// An amount that is made of a whole number which may have lost a remainder.
    pub(super) fn money(&mut self, name: &str, kinds: &[Kind], position: Position) {
        let makes_amount = matches!(name, "money" | "parse_money" | "format_money" | "as_money");
        if makes_amount && matches!(kinds.first(), Some(Kind::Quotient)) {
            self.found.warnings.push(quotient(position));
        }
        if makes_amount && name != "format_money" && kinds.first().is_some_and(Kind::is_joined) {
            self.found.refused.push(numbers::joined(position));
        }
    }

    /// Text of a file or a reply beside a number or a truth value.
    pub(super) fn operator(
        &mut self,
        operator: &str,
        one: &Kind,
        other: &Kind,
        position: Position,
    ) -> Kind {
        self.reckoned(operator, one, other, position);
        let other_than_text = if one.is_text() { other } else { one };
        let has_text = one.is_text() || other.is_text();
        let is_comparison = COMPARISONS.contains(&operator);
        let said = match other_than_text {
            number if number.is_number() && has_text && matches!(operator, "+" | "+=") => Some((
                "is added to a number",
                "`parse_money(…)` or `parse_int(…)` turns the text into a number; to join, write \
                 between backticks: `${one}${other}`",
            )),
            number if number.is_number() && has_text && is_comparison => Some((
                "is compared with a number",
                "turn the text into a number: `parse_int(…)`; or compare with text: `== \"1\"`",
            )),
            Kind::Truth if has_text && is_comparison => Some((
                "is compared with true or false",
                "compare with the text itself: `== \"true\"`",
            )),
            _ => None,
        };
        self.found.warnings.extend(said.map(|(what, hint)| Finding {
            code: "text-comparison",
            position,
            what: format!("text from a file or a reply {what} by `{operator}`"),
            hint: Some(hint.into()),
        }));
        if one.is_whole() && matches!(other, Kind::Money)
            || matches!(one, Kind::Money) && other.is_whole()
        {
            if matches!(one, Kind::Quotient) || matches!(other, Kind::Quotient) {
                self.found.warnings.push(quotient(position));
            }
            return if is_comparison {
                Kind::Truth
            } else {
                Kind::Money
            };
        }
        match (one, other) {
            _ if is_comparison => Kind::Truth,
            (Kind::Money, Kind::Money) => Kind::Money,
            (Kind::Number, Kind::Number) if matches!(operator, "/" | ">>") => Kind::Quotient,
            (one, other) if one.is_whole() && other.is_whole() => one.clone().or(other),
            (one, other) if operator == "+" => one.joined(other, false),
            _ => Kind::Unknown,
        }
    }

    /// Text of a file or a reply that is reckoned with: an error when it is run, of a cell always.
    fn reckoned(&mut self, operator: &str, one: &Kind, other: &Kind, position: Position) {
        let sign = operator.strip_suffix('=').unwrap_or(operator);
        let is_other =
            |kind: &Kind| kind.is_number() || kind.is_text() || matches!(kind, Kind::Money);
        if !matches!(sign, "-" | "*" | "/" | "%" | "**")
            || !(one.is_text() || other.is_text())
            || !(is_other(one) && is_other(other))
            // Rhai takes one text out of another.
            || sign == "-" && one.is_text() && other.is_text()
        {
            return;
        }
        let is_certain = matches!(one, Kind::Cell) || matches!(other, Kind::Cell);
        let found = Finding {
            code: "text-arithmetic",
            position,
            what: format!("`{operator}` does not work with text from a file or a reply"),
            hint: Some(
                "turn the text into a number: `parse_int(…)`, or into an amount: `parse_money(…)`"
                    .into(),
            ),
        };
        if is_certain {
            self.found.mistakes.push(found);
        } else {
            self.found.warnings.push(found);
        }
    }
}
