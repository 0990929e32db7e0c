//! Changes that put right what was found, each by itself.

use std::ops::Range;

use crate::script::call_map::{CallMap, Insertion};
use crate::script::check::one_page;
use crate::script::check::script_text::{ScriptText, Span};
use crate::script::tokens::{TokenKind, scan};

/// A change that puts right what was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fix {
    /// What it does, such as ``write `email` ``.
    pub title: String,
    /// What it takes the place of; nothing where something is put in.
    pub span: Span,
    /// What is written there.
    pub text: String,
}

/// What would put right what was found at a token.
pub(super) fn fixes(
    text: &ScriptText<'_>,
    (code, hint): (&str, Option<&str>),
    token: &Range<usize>,
) -> Vec<Fix> {
    match code {
        "missing-parameter" => missing(text, token),
        "one-page" => every_page(text, token),
        _ => instead(text, token, hint),
    }
}

/// What a hint offers in place of a name or a text.
fn instead(text: &ScriptText<'_>, token: &Range<usize>, hint: Option<&str>) -> Vec<Fix> {
    let own = &text.text[token.clone()];
    let kind = scan(own).all.first().map(|token| token.kind);
    let fix = |offered: &str| {
        let is_name = offered
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_');
        let instead = match kind? {
            TokenKind::Word if is_name => offered.to_owned(),
            TokenKind::Text if offered.starts_with('"') => offered.to_owned(),
            TokenKind::Text if own.starts_with('"') && own.len() > 1 => format!("{offered:?}"),
            _ => return None,
        };
        Some(Fix {
            title: format!("write `{instead}`"),
            span: text.span(token),
            text: instead,
        })
    };
    let offered = hint.into_iter().flat_map(|hint| offered(hint, kind));
    offered.filter_map(fix).collect()
}

/// The names and texts that a hint offers, up to where it says something else.
fn offered(hint: &str, kind: Option<TokenKind>) -> Vec<&str> {
    let meant = match hint.strip_prefix("write `\"") {
        // Another text, such as `"Active"`; of names it is more than the token.
        Some(_) if kind == Some(TokenKind::Text) => hint.strip_prefix("write "),
        _ => hint
            .strip_prefix("did you mean ")
            .or_else(|| hint.strip_prefix("similar: ")),
    };
    let Some(meant) = meant else {
        return Vec::new();
    };
    let mut offered = Vec::new();
    let mut rest = meant;
    while let Some((name, after)) = rest.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        offered.push(name);
        let next = after.strip_prefix(", ").or(after.strip_prefix(" or "));
        rest = next.unwrap_or_default();
    }
    offered
}

/// What writes the parameters that a call lacks, in each way that is enough.
fn missing(text: &ScriptText<'_>, token: &Range<usize>) -> Vec<Fix> {
    let symbols = text.symbols();
    let place = symbols.place_at(token.start);
    let Some(call) = place.and_then(|place| CallMap::at(symbols, place)) else {
        return Vec::new();
    };
    let fix = |names: Vec<&str>| {
        let Insertion { range, text: new } = call.insertion(symbols, &names)?;
        Some(Fix {
            title: format!("add `{}`", names.join("`, `")),
            span: text.span(&range),
            text: new,
        })
    };
    call.missing().into_iter().filter_map(fix).collect()
}

/// What reads every page of a list.
fn every_page(text: &ScriptText<'_>, token: &Range<usize>) -> Vec<Fix> {
    let pages = one_page::all(text.symbols());
    let page = pages
        .into_iter()
        .find(|page| page.range.start == token.start);
    let fix = |page: one_page::OnePage| Fix {
        title: format!("write `{}`", page.instead),
        span: text.span(&page.range),
        text: page.instead,
    };
    page.map(fix).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::script::load::Script;
    use crate::script::test_host::TestHost;

    /// What the fixes of the first finding write.
    fn fixes(text: &str) -> Vec<String> {
        let script = Script::from_text("main.rhai", text);
        let checked = script.checked(TestHost::new().host().files.clone(), false);
        let found = checked.mistakes.iter().chain(&checked.warnings).next();
        let fixes = found.into_iter().flat_map(|found| &found.fixes);
        fixes.map(|fix| fix.text.clone()).collect()
    }

    #[test]
    fn names_and_values_that_were_meant_are_offered() {
        for (text, wanted) in [
            ("ad_client(#{});", "add_client"),
            ("close_client(#{ clientd: 1 });", "clientid"),
            ("for c in all_clients() { print(c.lastnam); }", "lastname"),
            ("get_clients(#{ status: \"Activ\" });", "\"Active\""),
            (
                "for c in all_clients() { if c.status == \"active\" { print(1); } }",
                "\"Active\"",
            ),
            (
                "for s in all_clients_products() { print(s.status == \"Suspend\"); }",
                "\"Suspended\"",
            ),
            ("let total = 1; print(totl);", "total"),
        ] {
            assert_eq!(
                fixes(text).first().map(String::as_str),
                Some(wanted),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_that_a_hint_says_besides_is_offered() {
        let offered = fixes("for s in all_clients_products() { print(s.status == \"Suspend\"); }");
        assert_eq!(offered, ["\"Suspended\""]);
    }

    #[test]
    fn missing_parameters_are_written_without_values() {
        let offered = fixes("close_client(#{});");
        assert_eq!(offered, [" clientid: () "]);
    }
}
