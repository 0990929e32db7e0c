//! Loops over the reply of a list action: it is one page, 25 records unless the script asks
//! for more, and the rest is never seen.

use std::ops::Range;

use crate::catalog::{self, Action};
use crate::script::check::script_text::ScriptText;
use crate::script::finding::Finding;
use crate::script::symbols::{SymbolKind, Symbols, ValueOrigin};

/// Parameters that say which page is meant; who gives one knows that there are others.
const PAGE: [&str; 2] = ["limitnum", "limitstart"];

/// A list of one page that a loop goes through.
pub(super) struct OnePage {
    /// Its bytes.
    pub range: Range<usize>,
    action: &'static Action,
    walk: &'static str,
    /// What stands in its place.
    pub instead: String,
}

/// Every such list of a script.
pub(super) fn all(symbols: &Symbols<'_>) -> Vec<OnePage> {
    let list = |origin: &ValueOrigin| match origin {
        ValueOrigin::ItemOf(list) => one(symbols, list),
        _ => None,
    };
    let items = symbols.all.iter();
    let items = items.filter(|symbol| symbol.kind == SymbolKind::Item);
    items.filter_map(|symbol| list(&symbol.origin)).collect()
}

/// `get_clients(…).clients.client`.
fn one(symbols: &Symbols<'_>, list: &Range<usize>) -> Option<OnePage> {
    let name = list.start;
    if symbols.target(name).is_some() || !symbols.tokens.is(name + 1, "(") {
        return None;
    }
    let action = catalog::by_function(symbols.tokens.word(name)?)?;
    let (walk, path) = (action.walk?, action.list.as_ref()?.path);
    let close = symbols.partners[name + 1]?;
    let steps: String = (close + 1..list.end)
        .map(|place| symbols.text(place))
        .collect();
    let arguments =
        &symbols.tokens.text[symbols.tokens.all[name].end..symbols.tokens.all[close].end];
    let asks = (name + 2..close).any(|place| PAGE.contains(&symbols.text(place).trim_matches('"')));
    let is_list = steps.strip_prefix('.') == Some(path);
    (is_list && !asks).then(|| OnePage {
        range: symbols.bytes(list),
        action,
        walk,
        instead: format!("{walk}{arguments}"),
    })
}

/// What is said of each.
pub(super) fn findings(text: &ScriptText<'_>) -> Vec<Finding> {
    let finding = |page: OnePage| {
        Some(Finding {
            code: "one-page",
            position: text.position(page.range.start)?,
            what: format!(
                "`{}` gives one page of its list, and the loop sees no more of it",
                page.action.function
            ),
            hint: Some(format!(
                "write `{}(…)`, which reads every page; to read one page alone, give `limitnum`",
                page.walk
            )),
        })
    };
    all(text.symbols())
        .into_iter()
        .filter_map(finding)
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::script::load::Script;
    use crate::script::test_host::TestHost;

    fn warned(text: &str) -> Vec<(String, String)> {
        let script = Script::from_text("main.rhai", text);
        let checked = script.checked(TestHost::new().host().files.clone(), false);
        assert!(
            checked.mistakes.is_empty(),
            "{text}: {:?}",
            checked.mistakes
        );
        let fix = |found: &crate::script::Reported| {
            let fix = found.fixes.first().map(|fix| fix.text.clone());
            (found.code.to_owned(), fix.unwrap_or_default())
        };
        checked.warnings.iter().map(fix).collect()
    }

    #[test]
    fn a_loop_over_one_page_is_told_of_the_walk() {
        for (text, instead) in [
            (
                "for c in get_clients().clients.client { print(c.id); }",
                "all_clients()",
            ),
            (
                "for c in get_clients(#{ status: \"Active\" }).clients.client { print(c.id); }",
                "all_clients(#{ status: \"Active\" })",
            ),
        ] {
            assert_eq!(
                warned(text),
                [("one-page".into(), instead.into())],
                "{text}"
            );
        }
    }

    #[test]
    fn a_page_that_is_asked_for_is_meant() {
        for text in [
            "for c in get_clients(#{ limitnum: 5 }).clients.client { print(c.id); }",
            "for c in all_clients() { print(c.id); }",
            "print(get_clients().clients.client[0].id);",
        ] {
            assert!(warned(text).is_empty(), "{text}");
        }
    }
}
