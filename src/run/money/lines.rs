//! What a call takes off the lines of a record, such as an invoice.

use rust_decimal::Decimal;
use serde_json::Value;

use super::told::{amount_of, known_id};

/// How much of the lines that a parameter names it takes off: all of those in a list of ids,
/// of those in a map from ids to amounts what is less than before. Nothing where it names a
/// line that the record does not show, or what it leaves is not known.
pub(super) fn taken_off(
    named: Option<&Value>,
    record: &Value,
    lines: &str,
    amount: &str,
) -> Option<Decimal> {
    let records = first_list(record, lines)?;
    let amount = amount.rsplit('.').next()?;
    let before = |id: &str| {
        let is_it = |line: &&&Value| line.get("id").and_then(known_id).as_deref() == Some(id);
        let line = records.iter().find(is_it)?;
        amount_of(line.get(amount)?)
    };
    let whole = |id: &Value| Some(before(&known_id(id)?)?.abs());
    match named? {
        Value::Object(map) => map
            .iter()
            .map(|(id, after)| {
                let after = amount_of(after)?;
                let before = before(id)?;
                // A line below zero that is raised is a discount taken off.
                Some((before - after).max(-before).max(Decimal::ZERO))
            })
            .sum(),
        Value::Array(ids) => ids.iter().map(whole).sum(),
        id => whole(id),
    }
}

/// The list that stands there; a single record is a list of one.
fn first_list<'v>(record: &'v Value, path: &str) -> Option<Vec<&'v Value>> {
    let mut place = record;
    for name in path.split('.') {
        place = place.get(name)?;
    }
    Some(match place {
        Value::Array(items) => items.iter().collect(),
        Value::Object(_) => vec![place],
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_off_is_what_the_record_shows_of_the_lines_that_are_named() {
        let record = json!({"items": {"item": [
            {"id": 1, "amount": "10.00"},
            {"id": "2", "amount": "2.50"},
            {"id": 3, "amount": "-1.00"},
        ]}});
        let off = |named: Value| {
            let off = taken_off(Some(&named), &record, "items.item", "items.item.amount");
            off.map(|amount| amount.to_string())
        };
        let is = |amount: &str| Some(amount.to_owned());
        assert_eq!(off(json!([1, "2"])), is("12.50"));
        assert_eq!(off(json!(3)), is("1.00"));
        assert_eq!(off(json!({"1": "4.00", "2": "9"})), is("6.00"));
        assert_eq!(off(json!({"3": "0"})), is("1.00"));
        assert_eq!(off(json!([1, 9])), None);
        assert_eq!(off(json!({"1": {"mark": "later"}})), None);
        assert_eq!(taken_off(None, &record, "items.item", "amount"), None);
    }
}
