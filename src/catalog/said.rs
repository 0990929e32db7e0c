//! What a field of a reply never says: a text that is none of its words, as WHMCS spells them.

use super::rules::documented;
use super::{HostValues, Words, similar};

/// How a text is none of the words of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stray {
    /// It is this one in another spelling.
    Spelled(&'static str),
    /// It is like this one.
    Near(&'static str),
    /// It is like none of them.
    Unknown,
}

impl Words {
    /// Every word that is known.
    pub fn known(&self) -> &'static [&'static str] {
        match self.listed {
            Some(kind) if self.values.is_empty() => kind.usual(),
            _ => self.values,
        }
    }

    /// How a text is none of them; nothing for one that may stand there.
    pub fn stray(&self, text: &str) -> Option<Stray> {
        let known = self.known();
        if text.trim().is_empty() || known.contains(&text) {
            return None;
        }
        if let Some(word) = documented(known, text) {
            return Some(Stray::Spelled(word));
        }
        // Two letters, and hosts add countries of their own.
        if self.listed == Some(HostValues::Countries) {
            return (text.chars().count() != 2).then_some(Stray::Unknown);
        }
        match similar(text.trim(), known.iter().copied()).first() {
            Some(near) => Some(Stray::Near(near)),
            None => self.is_closed.then_some(Stray::Unknown),
        }
    }

    /// The word that holds a text in another spelling, where none holds it as it is.
    pub fn holding(&self, is_in: impl Fn(&str, &str) -> bool, text: &str) -> Option<&'static str> {
        let known = self.known();
        if text.is_empty() || known.iter().any(|word| is_in(word, text)) {
            return None;
        }
        let text = text.to_lowercase();
        let holds = |word: &&&str| is_in(&word.to_lowercase(), &text);
        known.iter().find(holds).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{action, actions};

    fn stray(name: &str, path: &str, text: &str) -> Option<Stray> {
        let mut fields = action(name).unwrap().returns.iter();
        let field = fields.find(|field| field.path == path).unwrap();
        field.words.as_ref().unwrap().stray(text)
    }

    #[test]
    fn a_text_is_a_word_another_spelling_like_one_or_none() {
        for (name, path, text, expected) in [
            ("GetClients", "clients.client.status", "Active", None),
            ("GetClients", "clients.client.status", "", None),
            (
                "GetClients",
                "clients.client.status",
                "active",
                Some(Stray::Spelled("Active")),
            ),
            (
                "GetClientsProducts",
                "products.product.billingcycle",
                "semiannually",
                Some(Stray::Spelled("Semi-Annually")),
            ),
            (
                "GetClientsProducts",
                "products.product.status",
                "Suspend",
                Some(Stray::Near("Suspended")),
            ),
            (
                "GetInvoices",
                "invoices.invoice.status",
                "Overdue",
                Some(Stray::Unknown),
            ),
            (
                "GetTickets",
                "tickets.ticket.status",
                "open",
                Some(Stray::Spelled("Open")),
            ),
            ("GetTickets", "tickets.ticket.status", "Escalated", None),
            ("GetClientsDetails", "client.country", "XK", None),
            (
                "GetClientsDetails",
                "client.country",
                "de",
                Some(Stray::Spelled("DE")),
            ),
            (
                "GetClientsDetails",
                "client.country",
                "Germany",
                Some(Stray::Unknown),
            ),
            (
                "GetClientsDetails",
                "client.language",
                "English",
                Some(Stray::Spelled("english")),
            ),
        ] {
            assert_eq!(stray(name, path, text), expected, "{name} {path} {text}");
        }
    }

    #[test]
    fn each_field_with_words_knows_some_and_holds_text() {
        for action in actions() {
            for field in action.returns {
                let Some(words) = &field.words else { continue };
                assert!(!words.known().is_empty(), "{} {}", action.name, field.path);
                assert_eq!(field.kind, crate::catalog::FieldKind::String);
            }
        }
    }
}
