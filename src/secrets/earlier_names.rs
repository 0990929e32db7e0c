//! What version 0.1.0 left out of a write's fingerprint, so that a run that it began finds
//! its writes. Nothing else may go by this: it knows fewer secrets than there are.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::catalog::{self, Action, FieldKind};

/// Every name of a secret parameter or reply field, in lower case.
static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let params = catalog::actions().iter().flat_map(|action| action.params);
    let params = params.filter(|param| param.secret).map(|param| param.name);
    let fields = catalog::actions().iter().flat_map(|action| action.returns);
    let fields = fields.filter(|field| field.kind == FieldKind::Secret);
    let fields = fields.filter_map(|field| field.path.rsplit('.').next());
    params
        .chain(fields)
        .filter(|name| *name != "*")
        .map(str::to_ascii_lowercase)
        .collect()
});

/// The parameters of a call as 0.1.0 made a fingerprint of them, custom fields aside.
pub fn of_parameters_in_0_1_0(
    action: Option<&'static Action>,
    params: &Map<String, Value>,
) -> Map<String, Value> {
    let is_open = |name: &String| {
        let known = action.and_then(|action| catalog::parameter(action, name));
        known.map_or_else(
            || !NAMES.contains(&name.to_ascii_lowercase()),
            |param| !param.secret,
        )
    };
    let kept = params.iter().filter(|(name, _)| is_open(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
