//! Texts that a field is compared with and never holds: WHMCS answers `Active`, and
//! `c.status == "active"` is true of no client.
//!
//! A spelling that stands beside the right one, as in `x == "Active" || x == "active"`, is a
//! precaution and no mistake.

use rhai::{ImmutableString, Position};

use crate::catalog::{RESULT, Stray, Words, action};
use crate::script::finding::Finding;

/// What holds one of the words that are known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// Where it is from: an action, or a function of ours.
    pub of: &'static str,
    /// The name of the field.
    pub name: &'static str,
    pub words: &'static Words,
}

/// What `upsert_client` says that it did.
pub(super) const OUTCOME: Word = Word {
    of: "upsert_client",
    name: "outcome",
    words: &Words {
        values: &["created", "updated", "unchanged"],
        listed: None,
        is_closed: true,
    },
};

/// What an error is of that is caught; a script throws others of its own.
pub(super) const ERROR_KIND: Word = Word {
    of: "an error",
    name: "kind",
    words: &Words {
        values: &[
            "api",
            "auth",
            "connection",
            "contradiction",
            "csv",
            "date",
            "field",
            "file",
            "html",
            "http",
            "in_doubt",
            "ip",
            "json",
            "limit",
            "list",
            "money",
            "not_json",
            "parameter",
            "permission",
            "plan",
            "planned",
            "policy",
            "profile",
            "row",
            "script",
            "sheet",
            "timeout",
            "too_large",
            "value",
            "warning",
        ],
        listed: None,
        is_closed: false,
    },
};

/// Whether the call went well, as every reply says.
pub(super) fn result(of: &'static str) -> Word {
    Word {
        of,
        name: "result",
        words: &RESULT,
    }
}

/// What types are called elsewhere, and here.
const TYPES: [(&str, &str); 25] = [
    ("Array", "array"),
    ("Boolean", "bool"),
    ("Decimal", "decimal"),
    ("Map", "map"),
    ("Object", "map"),
    ("String", "string"),
    ("boolean", "bool"),
    ("closure", "Fn"),
    ("dict", "map"),
    ("double", "f64"),
    ("float", "f64"),
    ("fn", "Fn"),
    ("function", "Fn"),
    ("hash", "map"),
    ("int", "i64"),
    ("integer", "i64"),
    ("list", "array"),
    ("money", "decimal"),
    ("nil", "()"),
    ("null", "()"),
    ("number", "i64"),
    ("object", "map"),
    ("str", "string"),
    ("undefined", "()"),
    ("unit", "()"),
];

/// What `type_of` never answers.
pub(super) fn of_type(text: &str, position: Position) -> Option<Finding> {
    let (_, own) = TYPES.iter().find(|(other, _)| *other == text)?;
    Some(Finding {
        code: "never-equal",
        position,
        what: format!("`type_of` never returns `{text}`"),
        hint: Some(format!("did you mean `{own}`?")),
    })
}

/// Text in one case alone, compared with one that is not.
pub(super) fn of_case(is_upper: bool, text: &str, position: Position) -> Option<Finding> {
    let (function, same) = if is_upper {
        ("to_upper", text.to_uppercase())
    } else {
        ("to_lower", text.to_lowercase())
    };
    (same != text).then(|| Finding {
        code: "never-equal",
        position,
        what: format!("the result of `{function}` is never `{text}`"),
        hint: Some(format!("write `\"{same}\"`")),
    })
}

/// What was compared with words so far.
#[derive(Default)]
pub(super) struct Strays {
    found: Vec<(Word, ImmutableString, Stray, Position)>,
    compared: Vec<(&'static Words, ImmutableString)>,
}

impl Strays {
    /// Where a condition begins whose comparisons belong together.
    pub fn mark(&self) -> (usize, usize) {
        (self.found.len(), self.compared.len())
    }

    /// Leaves alone what stands beside the right spelling since the mark.
    pub fn settle(&mut self, (found, compared): (usize, usize)) {
        let beside = self.compared.split_off(compared.min(self.compared.len()));
        let mut at = 0;
        self.found.retain(|(word, _, stray, _)| {
            at += 1;
            let Stray::Spelled(right) = stray else {
                return true;
            };
            let is_beside = |(words, text): &(&'static Words, ImmutableString)| {
                std::ptr::eq(*words, word.words) && text == right
            };
            at <= found || !beside.iter().any(is_beside)
        });
        self.compared.extend(beside);
    }

    /// A word compared with texts.
    pub fn compare(&mut self, word: Word, texts: &[ImmutableString], position: Position) {
        for text in texts {
            self.compared.push((word.words, text.clone()));
            if let Some(stray) = word.words.stray(text) {
                self.found.push((word, text.clone(), stray, position));
            }
        }
    }

    /// A word that is looked up in a map by those names, of which others may be for anything.
    pub fn look_up(&mut self, word: Word, names: &[ImmutableString], position: Position) {
        let is_spelled =
            |name: &&ImmutableString| matches!(word.words.stray(name), Some(Stray::Spelled(_)));
        let spelled: Vec<ImmutableString> = names.iter().filter(is_spelled).cloned().collect();
        let mark = self.mark();
        self.compare(word, &spelled, position);
        let right = names.iter().map(|name| (word.words, name.clone()));
        self.compared.extend(right);
        self.settle(mark);
    }

    /// What is refused, and what is only likely.
    pub fn findings(self) -> (Vec<Finding>, Vec<Finding>) {
        let (likely, refused): (Vec<_>, Vec<_>) = self
            .found
            .into_iter()
            .partition(|(word, _, stray, _)| is_likely(word, *stray));
        let findings = |found: Vec<(Word, ImmutableString, Stray, Position)>| {
            let mut findings: Vec<Finding> = found.into_iter().map(finding).collect();
            findings.dedup_by_key(|finding| finding.position);
            findings
        };
        (findings(refused), findings(likely))
    }
}

/// Hosts add words that may be like another.
fn is_likely(word: &Word, stray: Stray) -> bool {
    matches!(stray, Stray::Near(_)) && !word.words.is_closed
}

fn finding((word, text, stray, position): (Word, ImmutableString, Stray, Position)) -> Finding {
    let Word { of, name, words } = word;
    let meant = match stray {
        Stray::Spelled(right) if action(of).is_some() => {
            format!("write `\"{right}\"`, as WHMCS does")
        }
        Stray::Spelled(right) => format!("write `\"{right}\"`"),
        Stray::Near(near) => format!("did you mean `\"{near}\"`?"),
        Stray::Unknown if words.is_closed => {
            format!("it is one of `{}`", words.known().join("`, `"))
        }
        Stray::Unknown => "it is a code of two capital letters, such as `DE`".to_owned(),
    };
    let owner = if of.contains(' ') {
        of.to_owned()
    } else {
        format!("`{of}`")
    };
    let never = if is_likely(&word, stray) {
        "is probably never"
    } else {
        "is never"
    };
    Finding {
        code: "never-equal",
        position,
        what: format!("`{name}` of {owner} {never} `{text}`"),
        hint: Some(format!(
            "{meant}; to compare with `{text}` anyway, write `….{name}.to_string()`"
        )),
    }
}

/// Part of a word that no word has, as it is written.
pub(super) fn of_part(word: Word, method: &str, text: &str, position: Position) -> Option<Finding> {
    let holder = match method {
        "contains" => word.words.holding(|word, text| word.contains(text), text),
        "starts_with" => word
            .words
            .holding(|word, text| word.starts_with(text), text),
        _ => word.words.holding(|word, text| word.ends_with(text), text),
    }?;
    Some(Finding {
        code: "never-equal",
        position,
        what: format!(
            "`{}` of `{}` never has `{text}` in it, by `{method}`",
            word.name, word.of
        ),
        hint: Some(format!(
            "WHMCS writes `{holder}`; in any case: `….{}.to_lower().{method}(\"{}\")`",
            word.name,
            text.to_lowercase()
        )),
    })
}

#[cfg(test)]
mod tests {
    use crate::script::load::Script;
    use crate::script::test_host::TestHost;

    /// The same in `check` and when it is run, where nothing is sent.
    #[track_caller]
    fn refused(text: &str, what: &str, hint: &str) {
        let rig = TestHost::new();
        let failure = rig.failure(text);
        assert!(failure.contains(what), "{text}: {failure}");
        assert!(failure.contains(hint), "{text}: {failure}");
        assert!(failure.contains(" --> main.rhai:1:"), "{text}: {failure}");
        assert!(rig.called().is_empty(), "{text}");
        let script = Script::from_text("main.rhai", text);
        let checked = script.check(rig.host().files.clone(), false);
        assert!(
            checked.iter().any(|found| found.to_string().contains(what)),
            "{text}: {checked:?}"
        );
    }

    #[track_caller]
    fn fine(text: &str) {
        let script = Script::from_text("main.rhai", text);
        let checked = script.checked(TestHost::new().host().files.clone(), false);
        let found: Vec<String> = [checked.mistakes, checked.warnings]
            .concat()
            .iter()
            .map(|found| found.failure.to_string())
            .collect();
        assert!(found.is_empty(), "{text}: {found:?}");
    }

    #[test]
    fn a_word_that_a_field_never_holds_is_refused() {
        let (never, write) = (
            "`status` of `GetClients` is never `active`",
            "write `\"Active\"`, as WHMCS does; to compare with `active` anyway, write \
             `….status.to_string()`",
        );
        for text in [
            "for c in all_clients() { if c.status == \"active\" { print(1); } }",
            "for c in all_clients() { if \"active\" != c.status { print(1); } }",
            "let c = get_clients().clients.client[0]; print(c[\"status\"] == \"active\");",
            "print(all_clients().to_array().filter(|c| c.status in [\"active\", \"Closed\"]));",
            "for c in all_clients() { if c.status !in [\"active\"] { print(1); } }",
            "const WANTED = [\"active\"]; for c in all_clients() { print(WANTED.contains(c.status)); }",
            "let want = \"active\"; for c in all_clients() { print(c.status == want); }",
            "for want in [\"active\", \"Closed\"] { for c in all_clients() { print(c.status == want); } }",
            "fn is_on(c) { c.status == \"active\" } for c in all_clients() { print(is_on(c)); }",
            "for c in all_clients() { let s = c.status; if s == \"active\" { print(1); } }",
            "for c in all_clients() { switch c.status { \"active\" => print(1), _ => print(2) } }",
            "for c in all_clients() { switch c.status { \"Closed\" | \"active\" if c.id > 1 => print(1), _ => print(2) } }",
            "bulk(all_clients(), |c| { if c.status == \"active\" { skip(\"on\"); } });",
        ] {
            refused(text, never, write);
        }
        for (text, what, hint) in [
            (
                "for i in all_invoices() { print(i.status == \"Overdue\"); }",
                "`status` of `GetInvoices` is never `Overdue`",
                "it is one of `Draft`, `Unpaid`",
            ),
            (
                "for s in all_clients_products() { print(s.status == \"Suspend\"); }",
                "is never `Suspend`",
                "did you mean `\"Suspended\"`?",
            ),
            (
                "for s in all_clients_products() { print(s.billingcycle == \"semiannually\"); }",
                "is never `semiannually`",
                "write `\"Semi-Annually\"`",
            ),
            (
                "for t in all_tickets() { print(t.status == \"open\" || t.priority == \"High\"); }",
                "is never `open`",
                "write `\"Open\"`",
            ),
            (
                "print(get_clients_details(#{ clientid: 1 }).client.country == \"Germany\");",
                "is never `Germany`",
                "two capital letters",
            ),
            (
                "print(get_clients().result == \"Success\");",
                "`result` of `GetClients` is never `Success`",
                "write `\"success\"`",
            ),
            (
                "try { get_clients(); } catch (e) { print(e.kind == \"Api\"); }",
                "`kind` of an error is never `Api`",
                "write `\"api\"`",
            ),
            (
                "for c in all_clients() { print(c.status.to_lower() == \"Active\"); }",
                "the result of `to_lower` is never `Active`",
                "write `\"active\"`",
            ),
            (
                "for row in csv(\"a.csv\") { print(row.country.to_upper() in [\"de\"]); }",
                "the result of `to_upper` is never `de`",
                "write `\"DE\"`",
            ),
            (
                "for c in all_clients() { print(c.status.starts_with(\"act\")); }",
                "`status` of `GetClients` never has `act` in it",
                "….status.to_lower().starts_with(\"act\")",
            ),
            (
                "let price = #{ monthly: 5, other: 9 }; for s in all_clients_products() { print(price[s.billingcycle]); }",
                "`billingcycle` of `GetClientsProducts` is never `monthly`",
                "write `\"Monthly\"`",
            ),
            (
                "for i in all_invoices() { switch i.total { \"0\" => print(1), _ => print(2) } }",
                "an amount is never written `0`",
                "write `\"0.00\"`",
            ),
            (
                "print(type_of(1) == \"int\");",
                "`type_of` never returns `int`",
                "did you mean `i64`?",
            ),
        ] {
            refused(text, what, hint);
        }
    }

    #[test]
    fn what_may_be_there_is_compared_as_ever() {
        for text in [
            "for c in all_clients() { print(c.status == \"Active\" || c.status == \"\"); }",
            "for c in all_clients() { print(c.status == \"Active\" || c.status == \"active\"); }",
            "for c in all_clients() { print(c.status in [\"Active\", \"active\"]); }",
            "for c in all_clients() { switch c.status { \"Active\" | \"active\" => print(1), _ => print(2) } }",
            "for c in all_clients() { print(c.status.to_string() == \"active\"); }",
            "for c in all_clients() { print(c.status.to_lower() == \"active\"); }",
            "for c in all_clients() { print(c.status.contains(\"active\")); }",
            "for c in all_clients() { let s = c.status; s.make_lower(); print(s == \"active\"); }",
            "let on = [\"active\"]; on.push(\"Active\"); for c in all_clients() { print(on.contains(c.status)); }",
            "let on = \"active\"; on += \"x\"; for c in all_clients() { print(c.status == on); }",
            "for t in all_tickets() { print(t.status == \"Escalated\"); }",
            "for row in csv(\"a.csv\") { print(row.status == \"active\"); }",
            "print(get_clients_details(#{ clientid: 1 }).client.country in [\"DE\", \"XK\"]);",
            "let price = #{ Monthly: 5, monthly: 5, other: 9 }; for s in all_clients_products() { print(price[s.billingcycle]); }",
            "let n = #{ active: 0 }; for c in all_clients() { n[c.status] = 1; } print(n);",
            "for i in all_invoices() { switch i.total { \"0.00\" => print(1), _ => print(2) } }",
            "print(type_of(1) == \"i64\");",
            "try { get_clients(); } catch (e) { print(e.kind == \"mine\"); }",
        ] {
            fine(text);
        }
    }
}
