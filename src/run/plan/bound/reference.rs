//! What an open place of a plan stands for: a field of the reply to an earlier write.

use serde_json::{Map, Value};

use crate::catalog::{self, Action, Effect, Field, FieldKind};

/// Behind the number of a call that a row makes itself.
const IN_ROW: &str = " in this row";

/// A field of the reply to a write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference<'t> {
    /// The field, without the path to it.
    pub field: &'t str,
    /// The action of the write.
    pub action: &'t str,
    /// Which call of that action it is, from 1.
    pub number: u64,
    /// Whether the row makes that call itself, and not the script outside of rows.
    pub is_of_row: bool,
}

impl<'t> Reference<'t> {
    /// What a placeholder such as `<clientid of AddClient 1>` stands for, without its
    /// brackets; none where it is no id, or the call is a read.
    pub fn read(text: &'t str) -> Option<Self> {
        let (text, is_of_row) = match text.strip_suffix(IN_ROW) {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (field, of) = text.split_once(" of ")?;
        let (action, number) = of.split_once(' ')?;
        let known = catalog::action(action).filter(|action| action.effect != Effect::Read)?;
        ids(known).find(|known| name(known) == field)?;
        Some(Self {
            field,
            action,
            number: number.parse().ok()?,
            is_of_row,
        })
    }
}

/// The ids in a reply to a write, and lists of them as text, by their names.
pub fn ids_in(action: &'static Action, reply: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let found = ids(action).filter_map(|field| {
        let mut steps = field.path.split('.');
        let first = reply.get(steps.next()?)?;
        let value = steps.try_fold(first, |value, step| value.get(step))?;
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some((name(field), text))
    });
    found.collect()
}

/// The references in what a write of a plan leaves open.
pub fn references(open: &Value) -> impl Iterator<Item = Reference<'_>> {
    let places = open.as_object().into_iter().flat_map(Map::values);
    let pieces = places.filter_map(Value::as_array).flatten();
    pieces.filter_map(|piece| Reference::read(piece["of"].as_str()?))
}

fn ids(action: &'static Action) -> impl Iterator<Item = &'static Field> {
    let is_id = |field: &&'static Field| {
        let name = name(field);
        field.kind == FieldKind::Int
            || field.kind == FieldKind::String && (name.ends_with("id") || name.ends_with("ids"))
    };
    action.returns.iter().filter(is_id)
}

fn name(field: &'static Field) -> &'static str {
    field.path.rsplit('.').next().unwrap_or(field.path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placeholder_of_an_id_says_which_reply_it_is_in() {
        let read =
            |text| Reference::read(text).map(|it| (it.field, it.action, it.number, it.is_of_row));
        assert_eq!(
            read("clientid of AddClient 12"),
            Some(("clientid", "AddClient", 12, false))
        );
        assert_eq!(
            read("serviceids of AddOrder 1 in this row"),
            Some(("serviceids", "AddOrder", 1, true))
        );
        for other in [
            "newbalance of AddCredit 1",
            "id of GetClientsDetails 1",
            "clientid of Add",
            "clientid of AddClient x",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn the_ids_of_a_reply_are_found() {
        let reply =
            json!({"orderid": 7, "serviceids": "1,2", "invoiceid": "9", "result": "success"});
        assert_eq!(
            ids_in(
                catalog::action("AddOrder").unwrap(),
                reply.as_object().unwrap()
            ),
            [
                ("orderid", "7".to_owned()),
                ("serviceids", "1,2".to_owned()),
                ("invoiceid", "9".to_owned())
            ]
        );
    }
}
