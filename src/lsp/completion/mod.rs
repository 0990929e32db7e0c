//! What may stand where the cursor is.

mod item;
mod names;
mod parameters;
#[cfg(test)]
mod tests;
mod texts;

use serde_json::Value;

use super::view::View;
use crate::script::context::{Context, Site, context};
use item::{Item, Kind};

/// A place in a document where something is being typed.
struct Cursor<'v, 'd> {
    view: &'v View<'d>,
    context: Context<'d>,
    /// The byte it is at.
    at: usize,
    /// What was typed already of what it completes.
    typed: &'d str,
    /// The token that is being typed, or would be.
    place: usize,
}

impl Cursor<'_, '_> {
    fn is_before(&self, what: &str) -> bool {
        let before = self.place.checked_sub(1);
        before.is_some_and(|before| self.view.symbols.tokens.is(before, what))
    }

    /// Whether an opening bracket follows, so that what is called is called already.
    fn is_called(&self) -> bool {
        let rest = &self.view.text[self.at..];
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        rest.trim_start_matches(is_part).starts_with('(')
    }
}

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
        .map(|(number, item)| item.shown(number, &range))
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
    match cursor.typed.is_empty() && !is_asked {
        true => Vec::new(),
        false => names::all(cursor),
    }
}
