//! What a record tells: ids, amounts, and where they stand.

use rust_decimal::Decimal;
use serde_json::Value;

/// The id that stands there, unless it is only planned.
pub(super) fn known_id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_id && text.bytes().any(|digit| digit != b'0')).then_some(text)
}

pub(super) fn amount_of(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// The value at a dotted path; of a list, that of its first record.
pub(super) fn first_at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| {
        let value = match value {
            Value::Array(items) => items.first()?,
            one => one,
        };
        value.get(step)
    })
}
