//! Checks the parameters of a call that are written out in a script.

use rhai::{Dynamic, Expr, Ident, Position};

use crate::catalog::{self, Action, Problem};
use crate::script::api::values;
use crate::script::diagnostic::Finding;

/// Adds what is wrong with the literal map an action is called with.
pub(crate) fn check(
    action: &'static Action,
    map: &[(Ident, Expr)],
    call: Position,
    allow_unknown: bool,
    found: &mut Vec<Finding>,
) {
    let mut add = |position: Position, problem: &Problem| {
        found.push(Finding {
            position,
            what: problem.to_string(),
            hint: problem.hint(),
        });
    };
    for (name, value) in map {
        match catalog::check_name(action, &name.name) {
            Err(Problem::UnknownParameter { .. }) if allow_unknown => {}
            Err(problem) => add(name.pos, &problem),
            Ok(param) => {
                let problem = literal(value)
                    .filter(|value| !value.is_unit())
                    .and_then(|value| values::to_json(value, &name.name).ok().flatten())
                    .and_then(|json| catalog::check_value(action, param, &name.name, &json).err());
                if let Some(problem) = problem {
                    add(value.start_position(), &problem);
                }
            }
        }
    }
    let given = map
        .iter()
        .filter(|(_, value)| !value.is_unit())
        .map(|(name, _)| name.name.as_str());
    let missing: Vec<String> = catalog::check_required(action, given, skips_validation(map))
        .iter()
        .filter_map(|problem| match problem {
            Problem::MissingParameter { name, .. } => Some(format!("`{name}`")),
            _ => None,
        })
        .collect();
    if !missing.is_empty() {
        found.push(Finding {
            position: call,
            what: format!("`{}` needs {}", action.name, missing.join(", ")),
            hint: None,
        });
    }
}

/// Whether `skipvalidation` is set, or may be.
fn skips_validation(map: &[(Ident, Expr)]) -> bool {
    map.iter().any(|(name, value)| {
        name.name == "skipvalidation" && !matches!(value, Expr::BoolConstant(false, _))
    })
}

/// The value of an expression that is written out.
fn literal(value: &Expr) -> Option<Dynamic> {
    let is_literal = value.is_constant();
    is_literal.then(|| value.get_literal_value(None)).flatten()
}
