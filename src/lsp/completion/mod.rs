//! What may stand where the cursor is.

mod cursor;
mod item;
mod names;
mod parameters;
#[cfg(test)]
mod tests;
mod texts;

use serde_json::Value;

use super::view::View;
use crate::script::context::{Site, context};
use cursor::Cursor;
use item::Item;

/// What can stand at a byte. `is_asked` says that somebody asked for it, not just typed a
/// character that may begin a list.
pub(super) fn items(view: &View<'_>, at: usize, is_asked: bool) -> Value {
    let context = context(view.text, at);
    let start = context.start;
    let typed = &view.text[start..at];
    let tokens = &view.symbols.tokens.all;
    let cursor = Cursor {
        view,
        at,
        typed,
        place: tokens.partition_point(|token| token.start < start),
        context,
    };
    let items = found(&cursor, is_asked);
    let range = view.lines.range(&(start..at));
    let items = items.into_iter().enumerate();
    items
        .map(|(number, item)| item.write(number, &range))
        .collect()
}

fn found(cursor: &Cursor<'_, '_>, is_asked: bool) -> Vec<Item> {
    if cursor.context.site == Site::Text {
        return texts::items(cursor);
    }
    if cursor.is_before(".") || cursor.is_before("?.") {
        return names::members(cursor);
    }
    match cursor.context.site {
        Site::Nowhere => return Vec::new(),
        Site::Key => return parameters::keys(cursor),
        _ => {}
    }
    if cursor.is_before("::") {
        return names::of_module(cursor);
    }
    if let Some(values) = parameters::values(cursor) {
        return values;
    }
    if let Some(arguments) = names::arguments(cursor) {
        return arguments;
    }
    if cursor.typed.is_empty() && !is_asked {
        Vec::new()
    } else {
        names::all(cursor)
    }
}
