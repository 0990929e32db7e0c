//! JSON, by `serde_json` in place of Rhai's own reader and writer.
//!
//! Those refuse `\/` and surrogate pairs, which PHP sends, and a list at the
//! top. Numbers with decimals become decimals, as money needs them; numbers
//! too large for either type stay text, so that no digit is lost.

use std::sync::Arc;

use rhai::{Dynamic, Identifier, ImmutableString, Map, Module};
use rust_decimal::Decimal;
use serde_json::{Map as Object, Number, Value};

use crate::run::list::frozen::{exact_decimal, with_exact_decimals};
use crate::run::plan::Planned;
use crate::script::csv::row::Row;
use crate::script::dates::{Date, DateTime};
use crate::script::diagnostic::words::{a_kind, kind};
use crate::script::engine::function::{Fallible, function, operator};
use crate::script::host::Host;
use crate::script::raise::Raised;
use crate::script::value::as_text::AsText;
use crate::script::value::file_fields::FileFields;
use crate::script::value::not_kept::NotKept;
use crate::script::value::record::{self, map_of};
use crate::secrets;

/// A script's value for a JSON value.
pub(crate) fn to_dynamic(value: Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(truth) => truth.into(),
        Value::Number(number) => number_to_dynamic(&number),
        Value::String(text) => text.into(),
        Value::Array(items) => Dynamic::from_array(items.into_iter().map(to_dynamic).collect()),
        Value::Object(_) if let Some(planned) = Planned::read_mark(&value) => {
            Dynamic::from(planned)
        }
        Value::Object(_) if let Some(gone) = NotKept::read_mark(&value) => Dynamic::from(gone),
        Value::Object(_) if let Some(exact) = exact_decimal(&value) => Dynamic::from_decimal(exact),
        Value::Object(entries) => Dynamic::from_map(
            entries
                .into_iter()
                .map(|(key, value)| (Identifier::from(key), to_dynamic(value)))
                .collect(),
        ),
    }
}

/// From here on, a number with decimals is not every whole number.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether the last digits of such a number may be gone.
pub(crate) fn is_inexact(number: f64) -> bool {
    number.abs() >= LARGEST_EXACT
}

fn number_to_dynamic(number: &Number) -> Dynamic {
    if let Some(whole) = number.as_i64() {
        return whole.into();
    }
    let text = number.to_string();
    let decimal = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
    match decimal {
        // Read by way of binary floating point: its last digits may be gone.
        Ok(_) if number.is_f64() && number.as_f64().is_some_and(is_inexact) => {
            Dynamic::from_float(number.as_f64().unwrap_or_default())
        }
        Ok(decimal) if number.is_f64() => Dynamic::from_decimal(decimal),
        _ => text.into(),
    }
}

/// The JSON value for a script's value; money and dates are text, as WHMCS sends them.
pub(crate) fn to_value(value: &Dynamic) -> Result<Value, Raised> {
    if value.is_shared() {
        return to_value(&value.flatten_clone());
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(Value::String(text.to_string()));
    }
    if let Ok(items) = value.as_array_ref() {
        return items.iter().map(to_value).collect();
    }
    let mut object = Object::new();
    if let Some(map) = map_of(value) {
        for (key, value) in map.iter() {
            object.insert(key.to_string(), to_value(value)?);
        }
        return Ok(Value::Object(object));
    }
    if let Some(row) = value.read_lock::<Row>() {
        for (column, cell) in row.cells() {
            object.insert(column.to_string(), to_value(&cell)?);
        }
        return Ok(Value::Object(object));
    }
    if let Some(gone) = value.read_lock::<NotKept>() {
        return Err(gone.refusal());
    }
    scalar_to_value(value).ok_or_else(|| {
        let kind = a_kind(kind(value.type_name()));
        let what = format!("{kind} cannot be written as JSON");
        Raised::new("json", what).hint("JSON has text, numbers, true, false, arrays and maps")
    })
}

fn scalar_to_value(value: &Dynamic) -> Option<Value> {
    if value.is_unit() {
        return Some(Value::Null);
    }
    if let Ok(truth) = value.as_bool() {
        return Some(Value::Bool(truth));
    }
    if let Ok(whole) = value.as_int() {
        return Some(whole.into());
    }
    if let Ok(number) = value.as_float() {
        return Number::from_f64(number).map(Value::Number);
    }
    scalar_to_text(value).map(Value::String)
}

/// What goes out as text: money, a letter, a day, a moment, and what is planned.
pub(crate) fn scalar_to_text(value: &Dynamic) -> Option<String> {
    if let Ok(amount) = value.as_decimal() {
        return Some(amount.to_string());
    }
    if let Ok(letter) = value.as_char() {
        return Some(letter.to_string());
    }
    if let Some(date) = value.read_lock::<Date>() {
        return Some(date.to_string());
    }
    if let Some(planned) = value.read_lock::<Planned>() {
        return Some(planned.in_text());
    }
    if let Some(text) = value.read_lock::<AsText>() {
        return Some(text.to_string());
    }
    value
        .read_lock::<DateTime>()
        .map(|moment| moment.to_string())
}

/// Reads JSON text; a refusal names the line and the column.
pub(crate) fn parse(text: &str) -> Result<Dynamic, Raised> {
    Ok(to_dynamic(parsed(text)?))
}

/// Reads the JSON of a file, in which the objects of an array are records.
pub(crate) fn parse_file(text: &str, path: &str) -> Result<Dynamic, Raised> {
    Ok(with_records(parsed(text)?, &path.into()))
}

/// The fields of the records that an array holds, where it holds nothing else.
pub(crate) fn fields_of(items: &[Value]) -> Option<FileFields> {
    let is_record = |item: &Value| item.is_object() && exact_decimal(item).is_none();
    let is_list = !items.is_empty() && items.iter().all(is_record);
    is_list.then(|| FileFields::collect(items.iter().filter_map(Value::as_object)))
}

fn with_records(value: Value, path: &ImmutableString) -> Dynamic {
    match value {
        Value::Array(items) => {
            let fields = fields_of(&items).map(Arc::new);
            let items = items.into_iter().map(|item| {
                let item = with_records(item, path);
                match &fields {
                    Some(fields) => record::of_file(item, path, fields),
                    None => item,
                }
            });
            Dynamic::from_array(items.collect())
        }
        Value::Object(_)
            if Planned::read_mark(&value).is_some()
                || NotKept::read_mark(&value).is_some()
                || exact_decimal(&value).is_some() =>
        {
            to_dynamic(value)
        }
        Value::Object(entries) => {
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| (key.into(), with_records(value, path)));
            Dynamic::from_map(entries.collect())
        }
        scalar => to_dynamic(scalar),
    }
}

fn parsed(text: &str) -> Result<Value, Raised> {
    // A fault is told of the text as it stands.
    let exact = serde_json::from_slice(&with_exact_decimals(text));
    let value: Value = exact
        .or_else(|_| serde_json::from_str(text))
        .map_err(|error| {
            Raised::new("json", format!("not valid JSON: {error}"))
                .hint("strings need double quotes, and no comma may follow the last entry")
        })?;
    // What is sent of it later may stand in another parameter.
    secrets::hold_named(&value);
    Ok(value)
}

/// Adds `parse_json` and `to_json`.
pub(crate) fn register(module: &mut Module, _host: &Arc<Host>) {
    function(
        "parse_json",
        &["text: &str", "?"],
        "Reads JSON: maps, arrays, text, whole numbers, decimals; `null` is `()`.\n\
         ```rhai\n\
         let plan = parse_json(`{ \"pid\": 3, \"price\": 12.5 }`);\n\
         print(plan.price)\n\
         ```",
    )
    .set_into_module(module, |text: &str| -> Fallible<Dynamic> {
        Ok(parse(text)?)
    });
    function(
        "to_json",
        &["value: ?", "String"],
        "A value as JSON on one line; money and dates become text.\n\
         ```rhai\n\
         print(to_json(#{ pids: [1, 2], due: today() }))\n\
         ```",
    )
    .set_into_module(module, |value: Dynamic| compact(&value));
    // Rhai's own is registered for maps and would go before the general one.
    operator("to_json").set_into_module(module, |map: Map| compact(&Dynamic::from_map(map)));
}

fn compact(value: &Dynamic) -> Fallible<ImmutableString> {
    Ok(to_value(value)?.to_string().into())
}

#[cfg(test)]
mod tests {
    use crate::script::test_engine::{TestEngine, refusal, text};

    #[test]
    fn what_php_writes_is_read() {
        assert_eq!(
            text(r#"parse_json(`{"url":"https:\/\/example.com\/"}`).url"#),
            "https://example.com/"
        );
        assert_eq!(text(r#"parse_json(`["\ud83d\ude00"]`)[0]"#), "😀");
        assert_eq!(text("parse_json(`[1, null, true]`)"), "[1, (), true]");
        assert_eq!(text("parse_json(`\"text\"`)"), "text");
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(text("type_of(parse_json(`12.5`))"), "decimal");
        assert_eq!(text("parse_json(`0.1`) + parse_json(`0.2`)"), "0.3");
        assert_eq!(text("parse_json(`1e3`) == 1000"), "true");
        assert_eq!(
            text("parse_json(`18446744073709551615`)"),
            "18446744073709551615"
        );
        assert_eq!(
            text("type_of(parse_json(`18446744073709551615`))"),
            "string"
        );
        assert_eq!(text("type_of(parse_json(`1e300`))"), "string");
        assert_eq!(
            text("parse_json(`[123456789012345678901, 9.90, 0.1234567890123456789]`)"),
            "[\"123456789012345678901\", 9.90, 0.1234567890123456789]"
        );
        assert_eq!(
            text("parse_json(`-9223372036854775808`)"),
            "-9223372036854775808"
        );
    }

    #[test]
    fn bad_json_is_refused_with_its_place() {
        assert_eq!(
            refusal("parse_json(`{\"a\": 1,}`)"),
            "not valid JSON: trailing comma at line 1 column 9\n\
             hint: strings need double quotes, and no comma may follow the last entry"
        );
        assert!(refusal("parse_json(``)").starts_with("not valid JSON: EOF"));
    }

    #[test]
    fn values_are_written_as_json_that_others_read() {
        assert_eq!(
            text("to_json(#{ a: \"\\u007f / \\\"q\\\"\", b: [1, (), 0.5, true], c: #{ } })"),
            "{\"a\":\"\u{7f} / \\\"q\\\"\",\"b\":[1,null,0.5,true],\"c\":{}}"
        );
        assert_eq!(text("[1, \"x\"].to_json()"), "[1,\"x\"]");
        assert_eq!(text("#{ a: 1 }.to_json()"), "{\"a\":1}");
        assert_eq!(text("to_json('x')"), "\"x\"");
    }

    #[test]
    fn money_and_dates_are_written_as_text() {
        assert_eq!(
            text("to_json([money(\"12.30\"), today(), now()])"),
            "[\"12.30\",\"2026-11-23\",\"2026-11-23 14:05:00\"]"
        );
    }

    #[test]
    fn a_row_is_written_in_the_order_of_its_columns() {
        let bench = TestEngine::new();
        bench.file("c.csv", "z,a\n1,2\n");
        assert_eq!(
            bench.text("to_json(csv(\"c.csv\").next())"),
            r#"{"z":"1","a":"2"}"#
        );
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        assert!(refusal("to_json(#{ f: || 1 })").starts_with("a function cannot be written"));
        assert!(refusal("to_json(0.0 / 0.0)").starts_with("a floating-point number cannot be"));
    }
}
