//! Everything that can be said against a call by its parameters alone.
//!
//! Every way of calling asks here, before anything is sent or written down: the run of
//! what it is about to send, `check` and `each` of what is written out already. A value
//! of null is one that is given and not known yet, such as the id of a record that a plan
//! does not create.

mod empty;
mod encoded;
mod exclusive;
mod form;
mod given;
mod items;
mod keys;
mod missing;
mod places;
mod setting;
mod words;

use serde_json::{Map, Value};

use super::check::{check_name, check_value};
use super::{Action, Problem};
use given::Given;
pub use missing::missing;
pub use places::is_list as is_list_of_places;
pub(super) use words::documented;
pub use words::spelled;

/// What is wrong with the parameters of a call; nothing if it can be sent.
///
/// First what is wrong with each parameter, in their order, then what is missing, then
/// what does not go together.
pub fn problems(action: &'static Action, params: &Map<String, Value>) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, value) in params {
        let param = match check_name(action, name) {
            Ok(param) => param,
            Err(problem) => {
                found.push(problem);
                continue;
            }
        };
        let given = Given {
            action,
            param,
            name,
            value,
        };
        let problem = check_value(action, param, name, value)
            .err()
            .or_else(|| items::check(&given))
            .or_else(|| encoded::check(&given))
            .or_else(|| empty::check(&given))
            .or_else(|| keys::check(&given))
            .or_else(|| words::check(&given))
            .or_else(|| form::check(&given));
        found.extend(problem);
    }
    let meant: Vec<&str> = found.iter().filter_map(Problem::meant).collect();
    let mut more = missing::missing(action, params);
    places::check(action, params, &mut more);
    exclusive::check(action, params, &mut more);
    // A misspelled parameter is not missing as well.
    more.retain(|problem| !problem.wanted().iter().any(|name| meant.contains(name)));
    found.extend(more);
    found
}
