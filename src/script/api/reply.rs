//! What a script is given of a reply: records where the catalog knows what they hold.

use rhai::{Dynamic, Identifier, Map};
use serde_json::Value;

use crate::catalog::{Action, Fields};
use crate::run::plan::Planned;
use crate::script::files::json::to_dynamic;
use crate::script::value::not_kept::NotKept;
use crate::script::value::record::Record;

/// What a script is given of a reply, or of the part of one that is known by `known`.
pub(crate) fn of_reply(value: Value, action: &'static Action, known: &'static Fields) -> Dynamic {
    match value {
        Value::Array(items) => {
            let item = |item| of_reply(item, action, known);
            Dynamic::from_array(items.into_iter().map(item).collect())
        }
        Value::Object(_)
            if Planned::read_mark(&value).is_some() || NotKept::read_mark(&value).is_some() =>
        {
            to_dynamic(value)
        }
        Value::Object(entries) => {
            let entry = |(name, value): (String, Value)| {
                let value = match known.place(action, &name) {
                    Some(field) => of_reply(value, action, field),
                    None => to_dynamic(value),
                };
                (Identifier::from(name), value)
            };
            let fields: Map = entries.into_iter().map(entry).collect();
            let record = Record::new(fields, action, known);
            if known.is_known() || record.list().is_some() {
                Dynamic::from(record)
            } else {
                record.into_map().into()
            }
        }
        other => to_dynamic(other),
    }
}
