//! Checks the parameters of a call that are written out in a script.

use rhai::{Dynamic, Expr, Ident, Position};
use serde_json::{Map, Value};

use crate::catalog::{self, Action, Format, Problem, is_iso_day};
use crate::run::{Allow, Allowed, Unlisted, may_be_misread};
use crate::script::api::values;
use crate::script::check::fixed::Fixed;
use crate::script::finding::Finding;

/// Adds what is wrong with the literal map an action is called with.
pub(crate) fn check(
    action: &'static Action,
    map: &[(Ident, Expr)],
    call: Position,
    (allowed, fixed): (&Allowed, &Fixed),
    found: &mut Vec<Finding>,
) {
    let written = map.iter().filter(|(_, value)| !value.is_unit());
    let params: Map<String, Value> = written
        .map(|(name, value)| {
            (
                name.name.to_string(),
                as_far_as_written(value, &name.name, fixed),
            )
        })
        .collect();
    let problems = catalog::problems(action, &params);
    let stands = problems.iter().filter(|problem| !allowed.lifts(problem));
    let (given, missing): (Vec<_>, Vec<_>) = stands.partition(|problem| problem.place().is_some());
    for problem in given {
        let place = problem.place();
        let entry = map
            .iter()
            .find(|(name, _)| place.is_some_and(|place| belongs(&name.name, place)));
        let position = entry.map_or(call, |(name, value)| match problem {
            Problem::UnknownParameter { .. } | Problem::ReservedParameter { .. } => name.pos,
            _ => value.start_position(),
        });
        found.push(Finding {
            code: code(problem),
            position,
            what: problem.to_string(),
            hint: problem.hint(),
        });
    }
    found.extend(catalog::sentence(&missing).map(|(what, hint)| Finding {
        code: "missing-parameter",
        position: call,
        what,
        hint,
    }));
}

/// Adds what is wrong with one parameter by itself, whatever stands beside it.
pub(super) fn alone(
    action: &'static Action,
    (name, value): &(Ident, Expr),
    allowed: &Allowed,
    found: &mut Vec<Finding>,
) {
    let written = as_far_as_written(value, &name.name, &Fixed::new());
    let params = Map::from_iter([(name.name.to_string(), written)]);
    for problem in catalog::problems(action, &params) {
        let position = match problem {
            Problem::UnknownParameter { .. } | Problem::ReservedParameter { .. } => name.pos,
            Problem::UnknownWord { .. }
            | Problem::WrongForm { .. }
            | Problem::NotEncoded { .. }
            | Problem::WrongValue { .. } => value.start_position(),
            _ => continue,
        };
        if !allowed.lifts(&problem) {
            found.push(Finding {
                code: code(&problem),
                position,
                what: problem.to_string(),
                hint: problem.hint(),
            });
        }
    }
}

/// The code of what is wrong with a parameter.
const fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::UnknownParameter { .. } | Problem::UnknownKey { .. } => "unknown-parameter",
        Problem::ReservedParameter { .. } => "reserved-parameter",
        Problem::MissingParameter { .. } | Problem::MissingOneOf { .. } => "missing-parameter",
        _ => "wrong-value",
    }
}

/// The values written out that hosts or modules may have added, but that nothing lists.
pub(crate) fn unlisted(
    action: &'static Action,
    map: &[(Ident, Expr)],
    allowed: &Allowed,
) -> Vec<(Unlisted, Position)> {
    let of_entry = |(name, value): &(Ident, Expr)| {
        let param = action.param(&name.name)?;
        let listed = param.listed.as_ref()?;
        let text = literal(value)?.into_immutable_string().ok()?;
        let found = Unlisted::describe((action, param, listed), text.trim(), &[], allowed)?;
        Some((found, value.start_position()))
    };
    map.iter().filter_map(of_entry).collect()
}

/// Days written out as ISO 8601 has them, where the server reads them in its own order.
pub(crate) fn iso_days(
    action: &'static Action,
    map: &[(Ident, Expr)],
    allowed: &Allowed,
) -> Vec<Finding> {
    let of_entry = |(name, value): &(Ident, Expr)| {
        let param = action.param(&name.name)?;
        let text = literal(value)?.into_immutable_string().ok()?;
        let is_doubtful = param.format == Some(Format::Localised) && is_iso_day(&text);
        if !is_doubtful || allowed.is_allowed(Allow::parameter(action, param)) {
            return None;
        }
        let (what, hint) = may_be_misread(action, param, &text);
        let (position, hint) = (value.start_position(), Some(hint));
        Some(Finding {
            code: "day-order",
            position,
            what,
            hint,
        })
    };
    map.iter().filter_map(of_entry).collect()
}

/// Whether an entry is that parameter, or a part of it.
fn belongs(entry: &str, place: &str) -> bool {
    // What stands in a record of a list: `lineitems[0][up]`.
    if place
        .strip_prefix(entry)
        .is_some_and(|rest| rest.starts_with('['))
    {
        return true;
    }
    let rest = entry.strip_prefix(place);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('[') || rest.parse::<u64>().is_ok())
}

/// The value of an expression as far as it is written out; null for what only the run knows.
fn as_far_as_written(value: &Expr, name: &str, fixed: &Fixed) -> Value {
    match value {
        Expr::Variable(variable, ..) if fixed.contains_key(variable.1.as_str()) => {
            // What stands in it is looked at without others: two may stand in each other.
            as_far_as_written(&fixed[variable.1.as_str()], name, &Fixed::new())
        }
        Expr::Array(items, _) => items
            .iter()
            .map(|item| as_far_as_written(item, name, fixed))
            .collect(),
        Expr::Map(map, _) => {
            let entries = map.0.iter().filter(|(_, value)| !value.is_unit());
            Value::Object(
                entries
                    .map(|(key, value)| {
                        (key.name.to_string(), as_far_as_written(value, name, fixed))
                    })
                    .collect(),
            )
        }
        value => literal(value)
            .filter(|value| !value.is_unit())
            .and_then(|value| values::to_json(value, name).ok().flatten())
            .unwrap_or_default(),
    }
}

/// The value of an expression that is written out.
fn literal(value: &Expr) -> Option<Dynamic> {
    let is_literal = value.is_constant();
    is_literal.then(|| value.get_literal_value(None)).flatten()
}
