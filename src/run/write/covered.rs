//! A call's parameters as they may be written down and shown.

use std::borrow::Cow;

use crate::catalog::{self, ParamKind};
use crate::client::{ActionRef, Params};
use crate::secrets;

/// Parameters with the secrets covered that stand in such as are none; borrowed where there
/// are none. What must be a number, a day or a truth value is left alone.
pub(in crate::run) fn covered<'p>(action: &ActionRef, params: &'p Params) -> Cow<'p, Params> {
    let texts = params.iter().filter(|(name, _)| is_text(action, name));
    if !secrets::knows_any(texts.map(|(_, value)| value)) {
        return Cow::Borrowed(params);
    }
    let mut params = params.clone();
    for (name, value) in &mut params {
        if is_text(action, name) {
            secrets::cover_value(value);
        }
    }
    Cow::Owned(params)
}

fn is_text(action: &ActionRef, name: &str) -> bool {
    let known = action.known();
    let kind = known.and_then(|action| catalog::parameter(action, name));
    kind.is_none_or(|param| {
        matches!(
            param.kind,
            ParamKind::String
                | ParamKind::Strings
                | ParamKind::Map
                | ParamKind::Maps
                | ParamKind::Any
        )
    })
}
