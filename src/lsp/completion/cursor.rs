//! Where something is being typed.

use crate::lsp::view::View;
use crate::script::context::Context;

/// A place in a document where something is being typed.
pub(super) struct Cursor<'v, 'd> {
    pub view: &'v View<'d>,
    pub context: Context<'d>,
    /// The byte it is at.
    pub at: usize,
    /// What was typed already of what it completes.
    pub typed: &'d str,
    /// The token that is being typed, or would be.
    pub place: usize,
}

impl Cursor<'_, '_> {
    /// Whether that symbol or word of the language stands right before it.
    pub fn is_before(&self, what: &str) -> bool {
        let before = self.place.checked_sub(1);
        before.is_some_and(|before| self.view.symbols.tokens.is(before, what))
    }

    /// Whether an opening bracket follows, so that what is called is called already.
    pub fn is_called(&self) -> bool {
        let rest = &self.view.text[self.at..];
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        rest.trim_start_matches(is_part).starts_with('(')
    }
}
