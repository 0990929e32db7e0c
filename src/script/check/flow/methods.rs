//! What methods are given, and what they return.

use rhai::{Expr, FnCallExpr, Position};

use super::{Flow, LOOPS};
use crate::script::check::closures::closure;
use crate::script::check::kinds::Kind;
use crate::script::check::nothing;
use crate::script::check::numbers;
use crate::script::check::strays;
use crate::script::dates;
use crate::script::diagnostic;
use crate::script::finding::Finding;
use crate::script::text;

/// Functions that give one of the items of what they are called on.
const ITEM: [&str; 5] = ["find", "get", "next", "pop", "shift"];
/// Functions that give items of what they are called on, or all of it.
const ITEMS: [&str; 17] = [
    "chop",
    "dedup",
    "drain",
    "extract",
    "filter",
    "order",
    "order_by",
    "order_desc",
    "retain",
    "reverse",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "to_array",
    "truncate",
    "unique",
];
/// Functions of text that give text.
const OF_TEXT: [&str; 7] = [
    "make_lower",
    "make_upper",
    "replace",
    "sub_string",
    "to_lower",
    "to_upper",
    "trim",
];
/// Functions that take the name of a field of their items.
const BY_FIELD: [&str; 4] = ["group_by", "sort_by", "sum", "unique"];

impl Flow<'_> {
    pub(super) fn method(&mut self, owner: &Kind, call: &FnCallExpr, place: Position) -> Kind {
        let name = call.name.as_str();
        if LOOPS.contains(&name) && !self.names.defines(name) {
            return self.rows(owner, name, &call.args);
        }
        let given = self.arguments(owner, name, &call.args);
        self.sought(owner, call);
        if self.names.defines(name) {
            self.seen.add(name, vec![Kind::Unknown; call.args.len()]);
            return Kind::Unknown;
        }
        if name == "format"
            && let Some(Expr::StringConstant(format, position)) = call.args.first()
            && !format.contains('%')
        {
            self.found.mistakes.push(without_percent(format, *position));
        }
        self.regular_expression(name, &call.args);
        if BY_FIELD.contains(&name)
            && let Some(Expr::StringConstant(field, position)) = call.args.first()
            && !self.names.defines(field)
        {
            self.field(&owner.item(), field, *position, false);
        }
        match name {
            "map" => Kind::List(given.into()),
            "reduce" | "reduce_rev" if given.is_joined() => given,
            "as_money" | "parse_money" if owner.is_joined() => {
                let position = call.args.first().map_or(place, Expr::start_position);
                self.found.refused.push(numbers::joined(position));
                Kind::Money
            }
            "find_map" => given,
            // Where there is none it is nothing.
            name if ITEM.contains(&name) => match owner.item() {
                Kind::Cell => Kind::Text,
                Kind::Written(_) => Kind::Unknown,
                item => item,
            },
            name if ITEMS.contains(&name) => match owner {
                Kind::List(_) | Kind::Walk(_) | Kind::Rows { .. } => {
                    Kind::List(owner.item().into())
                }
                _ => Kind::Unknown,
            },
            "to_lower" | "make_lower" | "to_upper" | "make_upper"
                if owner.is_text() || owner.is_plain() =>
            {
                Kind::Cased {
                    is_upper: name.ends_with("upper"),
                }
            }
            name if OF_TEXT.contains(&name) && matches!(owner, Kind::Word(_)) => Kind::Text,
            name if OF_TEXT.contains(&name) && owner.is_text() => owner.clone(),
            "as_text" => Kind::Meant,
            "as_money" | "parse_money" => Kind::Money,
            "parse_int" | "len" => Kind::Number,
            "to_string" | "join" => Kind::Plain,
            name if OF_TEXT.contains(&name) && owner.is_plain() => Kind::Plain,
            "type_of" => Kind::TypeName,
            name => self.action(name),
        }
    }

    /// A regular expression that is written out, and what it is replaced with.
    fn regular_expression(&mut self, name: &str, args: &[Expr]) {
        let [Expr::StringConstant(expression, position), rest @ ..] = args else {
            return;
        };
        let with = match rest {
            [Expr::StringConstant(with, at)] => Some((with.as_str(), *at)),
            _ => None,
        };
        let (raised, position) = match text::fault(name, expression, with.map(|(with, _)| with)) {
            Some((raised, true)) => (raised, with.map_or(*position, |(_, at)| at)),
            Some((raised, false)) => (raised, *position),
            None => return,
        };
        let words = diagnostic::of_raised(raised);
        self.found.mistakes.push(Finding {
            code: "bad-expression",
            position,
            what: words.what,
            hint: words.hint,
        });
    }

    /// A text that is looked for in a word, or a word that is looked for in a list.
    fn sought(&mut self, owner: &Kind, call: &FnCallExpr) {
        let name = call.name.as_str();
        let [arg] = &call.args[..] else { return };
        match owner {
            Kind::Word(word) if matches!(name, "contains" | "starts_with" | "ends_with") => {
                if let Expr::StringConstant(text, position) = arg {
                    let found = strays::of_part(*word, name, text, *position);
                    self.found.refused.extend(found);
                }
            }
            Kind::List(item) if matches!(name, "contains" | "index_of") => {
                let (item, arg_kind) = ((**item).clone(), self.kind_again(arg));
                self.compared("contains", call, &[Kind::List(item.into()), arg_kind]);
            }
            _ => {}
        }
    }

    /// Goes through the arguments of a method; what a closure among them gives.
    fn arguments(&mut self, owner: &Kind, method: &str, args: &[Expr]) -> Kind {
        let item = owner.item();
        let taken = match method {
            "sort" | "sort_by" | "order" | "order_by" | "dedup" => vec![item.clone(), item],
            "reduce" | "reduce_rev" => {
                let first = args.get(1).map(Kind::written);
                let is_text = matches!(first, Some(Kind::Written(_)));
                vec![if is_text { Kind::Text } else { Kind::Unknown }, item]
            }
            _ => vec![item],
        };
        let mut given = Kind::Unknown;
        if let ("reduce" | "reduce_rev", [only]) = (method, args)
            && let Some(closure) = closure(only)
            && let Some(body) = self.bodies.get(&closure.name)
        {
            let first = nothing::first_of_reduce(body, &closure.captured, &owner.item());
            self.found.refused.extend(first);
        }
        for arg in args {
            if let Some(closure) = closure(arg) {
                given = self.closure(&closure, &taken);
            } else if let Some(name) = self.function(arg) {
                given = self.by_name(&name, &taken);
            } else {
                self.passed_on(arg);
                let _ = self.used(arg);
            }
        }
        given
    }
}

/// What is said of a format for a day that has nothing to fill in.
fn without_percent(format: &str, position: Position) -> Finding {
    let raised = dates::without_percent(format);
    let words = diagnostic::of_raised(raised);
    Finding {
        code: "date-format",
        position,
        what: words.what,
        hint: words.hint,
    }
}
