//! Values on their way from a script into a call.
//!
//! Nothing loses digits: money and dates leave as text.

use rhai::{Array, Dynamic, ImmutableString, Map};
use serde_json::Value;

use crate::client::Params;
use crate::run::plan::Planned;
use crate::script::files::json::{is_inexact, scalar_to_text};
use crate::script::raise::Raised;
use crate::script::value::not_kept::NotKept;
use crate::script::value::record::opened;

/// A call's parameters; `()` leaves a parameter out, `""` sends an empty one.
pub(crate) fn params(map: Map) -> Result<Params, Raised> {
    let mut params = Params::new();
    for (name, value) in map {
        if let Some(value) = to_json(value, &name)? {
            params.insert(name.into(), value);
        }
    }
    Ok(params)
}

/// A script's value as a call sends it; `None` for `()`.
///
/// `name` is the parameter the value belongs to, for the error.
pub(crate) fn to_json(value: Dynamic, name: &str) -> Result<Option<Value>, Raised> {
    let value = opened(value.flatten());
    let json = if value.is_unit() {
        return Ok(None);
    } else if let Ok(flag) = value.as_bool() {
        flag.into()
    } else if let Ok(number) = value.as_int() {
        number.into()
    } else if let Ok(number) = value.as_float() {
        float(number, name)?
    } else if value.is_string() {
        value.cast::<ImmutableString>().as_str().into()
    } else if let Some(planned) = value.read_lock::<Planned>() {
        planned.marked()
    } else if let Some(gone) = value.read_lock::<NotKept>() {
        return Err(gone.refusal());
    } else if let Some(text) = scalar_to_text(&value) {
        text.into()
    } else if value.is_array() {
        array(value.cast(), name)?
    } else if value.is_map() {
        Value::Object(nested(value.cast(), name)?)
    } else {
        return Err(unsendable(name, value.type_name()));
    };
    Ok(Some(json))
}

fn float(number: f64, name: &str) -> Result<Value, Raised> {
    if number.is_finite() && is_inexact(number) {
        return Err(Raised::new(
            "value",
            format!("`{name}` is {number}, whose last digits may be lost"),
        )
        .hint("write a long number as text, and read one with `parse_decimal(…)`"));
    }
    if number.is_finite() {
        // Rust's shortest form, without an exponent.
        return Ok(number.to_string().into());
    }
    Err(Raised::new(
        "value",
        format!("`{name}` is {number}, a number that cannot be sent"),
    ))
}

fn array(items: Array, name: &str) -> Result<Value, Raised> {
    let mut sent = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let name = format!("{name}[{at}]");
        let Some(item) = to_json(item, &name)? else {
            return Err(Raised::new("value", format!("`{name}` is `()`"))
                .hint("leave the element out of the array, or send `\"\"`"));
        };
        sent.push(item);
    }
    Ok(Value::Array(sent))
}

fn nested(map: Map, name: &str) -> Result<Params, Raised> {
    let mut sent = Params::new();
    for (key, value) in map {
        if let Some(value) = to_json(value, &format!("{name}.{key}"))? {
            sent.insert(key.into(), value);
        }
    }
    Ok(sent)
}

fn unsendable(name: &str, type_name: &str) -> Raised {
    let short = type_name.rsplit("::").next().unwrap_or(type_name);
    Raised::new(
        "value",
        format!("`{name}` is of type `{short}`, which cannot be sent"),
    )
    .hint("send text, a number, a date, true or false, an array or a map")
}

#[cfg(test)]
mod tests {
    use rhai::FnPtr;
    use rust_decimal::Decimal;
    use serde_json::json;

    use super::*;
    use crate::script::dates::{Dated, Origin};

    fn sent(value: impl Into<Dynamic>) -> Value {
        to_json(value.into(), "p").unwrap().unwrap()
    }

    #[test]
    fn unit_leaves_a_parameter_out_and_empty_text_sends_it() {
        let map = Map::from([
            ("a".into(), Dynamic::UNIT),
            ("b".into(), "".into()),
            (
                "c".into(),
                Dynamic::from_map(Map::from([("x".into(), Dynamic::UNIT)])),
            ),
        ]);
        let params = params(map).unwrap();
        assert_eq!(Value::Object(params), json!({"b": "", "c": {}}));
    }

    #[test]
    fn unit_in_an_array_is_refused_with_its_place() {
        let array: Array = vec![1_i64.into(), Dynamic::UNIT];
        let error = to_json(array.into(), "pid").unwrap_err();
        assert!(format!("{error:?}").contains("`pid[1]` is `()`"));
    }

    #[test]
    fn money_leaves_as_text_with_its_digits() {
        assert_eq!(sent(Decimal::new(950, 2)), json!("9.50"));
        assert_eq!(sent(9.5_f64), json!("9.5"));
        assert_eq!(sent(0.1_f64 + 0.2), json!("0.30000000000000004"));
        assert_eq!(sent(9_007_199_254_740_991_f64), json!("9007199254740991"));
        assert!(to_json(f64::NAN.into(), "amount").is_err());
    }

    #[test]
    fn a_number_that_may_have_lost_digits_is_refused() {
        for number in [9_007_199_254_740_992_f64, -1e16, 1e21] {
            let error = to_json(number.into(), "tax_id").unwrap_err();
            assert!(format!("{error:?}").contains("last digits may be lost"));
        }
    }

    #[test]
    fn other_values_leave_as_they_are() {
        assert_eq!(sent(true), json!(true));
        assert_eq!(sent(7_i64), json!(7));
        assert_eq!(sent('x'), json!("x"));
        assert_eq!(sent(vec![Dynamic::from(1_i64)]), json!([1]));
    }

    #[test]
    fn a_closure_cannot_be_sent() {
        let error = to_json(FnPtr::new("f").unwrap().into(), "firstname").unwrap_err();
        assert!(format!("{error:?}").contains("`firstname`"));
    }

    #[test]
    fn a_shared_value_is_sent_like_any_other() {
        assert_eq!(sent(Dynamic::from(5_i64).into_shared()), json!(5));
    }

    #[test]
    fn days_and_moments_leave_as_whmcs_wants_them() {
        let day = jiff::civil::date(2026, 11, 3);
        assert_eq!(
            sent(Dynamic::from(Dated(day, Origin::Data))),
            json!("2026-11-03")
        );
        let moment = Dated(day.at(4, 5, 6, 0), Origin::Data);
        assert_eq!(sent(Dynamic::from(moment)), json!("2026-11-03 04:05:06"));
    }
}
