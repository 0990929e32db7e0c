//! The fields of a reply as a tree: what a map in it may hold by name.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use super::{Action, Field, FieldKind, Words, actions};

/// Fields that any reply may have, whatever the action.
pub const COMMON: [&str; 4] = ["result", "status", "message", "warning"];

/// What every reply says of itself.
pub static RESULT: Words = Words {
    values: &["success", "error", "warning"],
    listed: None,
    is_closed: true,
};

/// The one action that repeats at the top what stands in a map, as older scripts read it.
const COPIED: (&str, &str) = ("GetClientsDetails", "client");

/// The list whose values the server repeats beside it, numbered from one: `customfields1`.
const NUMBERED: &str = "customfields";

/// What the catalog knows of one place in a reply: the reply itself, a field, an item of a list.
#[derive(Debug, Default)]
pub struct Fields {
    /// The dotted path from the top of the reply, through lists without an index; empty at the top.
    pub path: &'static str,
    /// What the field holds; nothing at the top, and of a map that is only named by its fields.
    pub kind: Option<FieldKind>,
    /// The words that stand in it, where they are known.
    pub words: Option<&'static Words>,
    named: BTreeMap<&'static str, Fields>,
    /// What stands under a key that is data.
    any: Option<Box<Fields>>,
}

impl Fields {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Self> {
        self.named.get(name).or(self.any.as_deref())
    }

    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<'_> {
        let common = COMMON.into_iter().filter(|_| self.path.is_empty());
        self.named.keys().copied().chain(common)
    }

    /// Whether the catalog says what a map here may hold: not where the keys are data.
    pub fn is_known(&self) -> bool {
        self.any.is_none() && (self.path.is_empty() || !self.named.is_empty())
    }

    /// Whether a map here may have a field of that name.
    pub fn has(&self, name: &str) -> bool {
        !self.is_known()
            || self.named.contains_key(name)
            || self.is_numbered(name)
            || (self.path.is_empty() && COMMON.contains(&name))
    }

    /// Whether that is one of the numbered copies of what stands in a list here.
    fn is_numbered(&self, name: &str) -> bool {
        let number = name.strip_prefix(NUMBERED);
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        number.is_some_and(is_number)
            && (self.named.get(NUMBERED)).is_some_and(|list| list.kind == Some(FieldKind::List))
    }

    /// What is known of the field of that name: at the top also of the copy of another.
    pub fn place(&self, action: &Action, name: &str) -> Option<&Self> {
        let (of, field) = COPIED;
        let copied = || {
            let is_so = action.name == of && self.path.is_empty();
            self.named.get(field).filter(|_| is_so)?.field(name)
        };
        self.field(name).or_else(copied)
    }

    /// Whether a script may ask for it without a mistake that shows before a reply is there:
    /// a copy of it may stand at the top.
    pub fn may_have(&self, action: &Action, name: &str) -> bool {
        let is_copied = || {
            let (of, field) = COPIED;
            let copied = self.named.get(field);
            action.name == of && copied.is_some_and(|copied| copied.is_numbered(name))
        };
        self.has(name) || self.place(action, name).is_some() || is_copied()
    }

    fn add(&mut self, known: &'static Field, start: usize) {
        let path = known.path;
        let rest = &path[start..];
        let end = rest.find('.').map_or(path.len(), |at| start + at);
        let name = &path[start..end];
        let field = match name {
            "*" => self.any.get_or_insert_default(),
            name => self.named.entry(name).or_default(),
        };
        field.path = &path[..end];
        if end == path.len() {
            field.kind = Some(known.kind);
            field.words = known.words.as_ref();
        } else {
            field.add(known, end + 1);
        }
    }

    fn select(action: &'static Action) -> Self {
        let mut fields = Self::default();
        for field in action.returns {
            fields.add(field, 0);
        }
        fields
    }

    /// The place at that path.
    fn at(&self, path: &str) -> Option<&Self> {
        path.split('.')
            .try_fold(self, |fields, name| fields.field(name))
    }
}

/// The trees of all actions, each made when it is first asked for.
static TREES: LazyLock<Vec<OnceLock<Fields>>> =
    LazyLock::new(|| actions().iter().map(|_| OnceLock::new()).collect());

impl Action {
    /// What a reply holds.
    pub fn fields(&'static self) -> &'static Fields {
        let place = actions().iter().position(|known| std::ptr::eq(known, self));
        let tree = place.and_then(|place| TREES.get(place));
        let Some(tree) = tree else {
            unreachable!("every action is one of the catalog's")
        };
        tree.get_or_init(|| Fields::select(self))
    }

    /// What a record of its list holds.
    pub fn list_fields(&'static self) -> Option<&'static Fields> {
        self.fields().at(self.list.as_ref()?.path)
    }
}

/// The action most like this one whose records have a field that this one's have not, and
/// the path of it in its reply: that of `GetClientsDetails` for one that `GetClients` lacks.
pub fn elsewhere(action: &Action, name: &str) -> Option<(&'static Action, &'static str)> {
    let others = actions()
        .iter()
        .filter(|other| !other.is_write() && other.group == action.group);
    let having = others.filter_map(|other| {
        let is_it = |path: &str| path.rsplit('.').next() == Some(name);
        let field = other.returns.iter().find(|field| is_it(field.path))?;
        Some((other, field.path))
    });
    let common = |other: &Action| {
        let letters = action.name.bytes().zip(other.name.bytes());
        letters.take_while(|(one, other)| one == other).count()
    };
    having
        .filter(|(other, _)| !std::ptr::eq(*other, action))
        // Others than those of the same thing have a field of that name by chance.
        .filter(|(other, _)| common(other) > "Get".len())
        .max_by_key(|(other, path)| (common(other), usize::MAX - path.matches('.').count()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::action;

    fn fields(name: &str) -> &'static Fields {
        action(name).unwrap().fields()
    }

    #[test]
    fn a_place_knows_its_fields_by_name() {
        let client = fields("GetClients").at("clients.client").unwrap();
        assert_eq!(client.path, "clients.client");
        assert!(client.is_known() && client.has("email") && !client.has("credit"));
        assert!(!client.has("result") && fields("GetClients").has("result"));
        assert_eq!(client.field("id").unwrap().kind, Some(FieldKind::Int));
    }

    #[test]
    fn what_a_reply_repeats_at_its_top_may_be_asked_for() {
        let details = action("GetClientsDetails").unwrap();
        let top = details.fields();
        assert!(top.may_have(details, "email") && !top.has("email"));
        assert!(!top.may_have(details, "emial"));
        let client = top.field("client").unwrap();
        for name in ["customfields1", "customfields12"] {
            assert!(client.may_have(details, name) && top.may_have(details, name));
        }
        assert!(!client.may_have(details, "customfieldsx"));
        assert!(!client.may_have(details, "customfield1"));
        assert!(!client.may_have(details, "client"));
    }

    #[test]
    fn a_map_whose_keys_are_data_is_open_and_what_stands_in_it_is_known() {
        let pricing = fields("GetTLDPricing").field("pricing").unwrap();
        assert!(!pricing.is_known() && pricing.has("com"));
        let com = pricing.field("com").unwrap();
        assert!(com.is_known() && com.has("register") && !com.has("registre"));
    }

    #[test]
    fn a_reply_of_which_nothing_is_documented_has_what_every_reply_has() {
        let order = fields("AcceptOrder");
        assert!(order.has("result") && order.has("message") && !order.has("orderid"));
    }

    #[test]
    fn the_action_that_has_a_missing_field_is_one_of_the_same_thing() {
        let having = |name: &str, field: &str| {
            let found = elsewhere(action(name).unwrap(), field)?;
            Some((found.0.name, found.1))
        };
        let details = Some(("GetClientsDetails", "client.credit"));
        assert_eq!(having("GetClients", "credit"), details);
        let phone = Some(("GetClientsDetails", "client.phonenumber"));
        assert_eq!(having("GetClients", "phonenumber"), phone);
        assert_eq!(having("GetClients", "nosuchfield"), None);
    }
}
