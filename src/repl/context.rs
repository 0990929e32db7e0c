//! Where in the language the cursor is: in which call, in which of its maps, after
//! which value. Pure, and content with text that is not whole.

use crate::catalog;
use crate::script::{Open, Token, TokenKind, Tokens, scan};

/// What is being typed, and where.
#[derive(Debug, PartialEq)]
pub struct Context<'t> {
    /// Where it begins, in bytes; it ends at the cursor.
    pub start: usize,
    /// What kind of place it is.
    pub site: Site<'t>,
    /// The innermost call around it.
    pub call: Option<Call<'t>>,
    /// The innermost map of a call around it.
    pub map: Option<MapOf<'t>>,
}

/// A kind of place.
#[derive(Debug, PartialEq)]
pub enum Site<'t> {
    /// A name that stands for itself.
    Name,
    /// A key of [`Context::map`].
    Key,
    /// After a dot, a field or a method of what those steps lead to.
    Member(Vec<Step<'t>>),
    /// In a string.
    Text,
    /// In a comment or a number: nothing can be said.
    Nowhere,
}

/// A step to a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'t> {
    /// A variable; always the first.
    Variable(&'t str),
    /// What a function returns; always the first.
    Call(&'t str),
    /// A field of it.
    Field(&'t str),
    /// An item of it.
    Item,
}

/// A call around the cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'t> {
    /// The function's name.
    pub name: &'t str,
    /// Which of its arguments is being typed, from 0.
    pub argument: usize,
    /// Its first argument, if that is a string: the action of `call("AddClient", …)`.
    pub first: Option<&'t str>,
}

/// A map among the arguments of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct MapOf<'t> {
    /// The call.
    pub call: Call<'t>,
    /// The keys that lead from the argument to the map, for a map within it.
    pub path: Vec<&'t str>,
    /// The keys it has, before and behind the cursor.
    pub given: Vec<&'t str>,
    /// The key whose value is being typed.
    pub key: Option<&'t str>,
}

/// Looks around the cursor at byte `at`.
pub fn context(text: &str, at: usize) -> Context<'_> {
    let before = scan(&text[..at]);
    let whole = scan(text);
    let last = before.all.last().copied();
    let touching = last.filter(|token| token.end == at).map(|token| token.kind);
    let inside = before.open.last();
    let (start, site, known) = match (inside, touching) {
        (Some(Open::Text(start)), _) => (start + 1, Site::Text, before.all.len() - 1),
        (Some(Open::Comment | Open::Template(_) | Open::Raw(_)), _)
        | (_, Some(TokenKind::Comment | TokenKind::Number)) => {
            (at, Site::Nowhere, before.all.len())
        }
        (_, Some(TokenKind::Word | TokenKind::Keyword)) => {
            let start = last.map_or(at, |token| token.start);
            (start, Site::Name, before.all.len() - 1)
        }
        _ => (at, Site::Name, before.all.len()),
    };
    let map = map_around(&before, &whole, known, start);
    let site = match site {
        Site::Name if known > 0 && is_dot(&before, known - 1) => {
            match steps_to(&before, known - 1) {
                Some(steps) => Site::Member(steps),
                None => Site::Nowhere,
            }
        }
        Site::Name if is_key_place(&before, known) && map.is_some() => Site::Key,
        other => other,
    };
    Context {
        start,
        site,
        call: call_around(&before, known),
        map,
    }
}

fn is_dot(tokens: &Tokens, place: usize) -> bool {
    tokens.is(place, ".") || tokens.is(place, "?.")
}

/// Whether a key belongs at that place: the bracket around it is a map's, and nothing
/// but a comma stands before it.
fn is_key_place(tokens: &Tokens, place: usize) -> bool {
    let Some(before) = place.checked_sub(1) else {
        return false;
    };
    match innermost(tokens) {
        Some(open) if tokens.is(open, "#{") => before == open || tokens.is(before, ","),
        _ => false,
    }
}

/// The places of the brackets around the end of the tokens, innermost first.
fn brackets<'a>(tokens: &'a Tokens) -> impl Iterator<Item = usize> + 'a {
    tokens.open.iter().rev().filter_map(|open| match open {
        Open::Bracket(place) => Some(*place),
        _ => None,
    })
}

fn innermost(tokens: &Tokens) -> Option<usize> {
    brackets(tokens).next()
}

/// The call whose parentheses are the nearest around the cursor; a block between the
/// two, such as a closure's, hides it.
fn call_around<'t>(tokens: &Tokens<'t>, known: usize) -> Option<Call<'t>> {
    let mut around = brackets(tokens).take_while(|place| !tokens.is(*place, "{"));
    around.find_map(|place| call_at(tokens, place, known))
}

/// The call whose parenthesis opens at that place.
fn call_at<'t>(tokens: &Tokens<'t>, place: usize, known: usize) -> Option<Call<'t>> {
    if !tokens.is(place, "(") {
        return None;
    }
    let name = tokens.word(place.checked_sub(1)?)?;
    let is_defined = place >= 2 && tokens.is(place - 2, "fn");
    if is_defined {
        return None;
    }
    let commas = level(tokens, place, known).filter(|at| tokens.is(*at, ","));
    let first = tokens.all.get(place + 1).filter(|_| place + 1 < known);
    Some(Call {
        name,
        argument: commas.count(),
        first: first.and_then(|token| string(tokens, *token)),
    })
}

/// The places behind an opening bracket that are in it and in no other, up to `end`.
fn level<'a>(tokens: &'a Tokens, open: usize, end: usize) -> impl Iterator<Item = usize> + 'a {
    let mut depth = 0;
    (open + 1..end)
        .map_while(move |at| {
            let turn = tokens.depth(at);
            if turn < 0 {
                depth -= 1;
            }
            let here = depth;
            if turn > 0 {
                depth += 1;
            }
            (here >= 0).then_some((at, here))
        })
        .filter(|(_, here)| *here == 0)
        .map(|(at, _)| at)
}

/// The map around the cursor, if it is an argument of a call or within one.
fn map_around<'t>(
    before: &Tokens<'t>,
    whole: &Tokens<'t>,
    known: usize,
    start: usize,
) -> Option<MapOf<'t>> {
    let open = innermost(before).filter(|open| before.is(*open, "#{"))?;
    let (call, path) = way_to_map(before, open, known)?;
    let keys = level(whole, open, whole.all.len()).filter(|at| whole.all[*at].start != start);
    Some(MapOf {
        call,
        path,
        given: keys.filter_map(|at| key_at(whole, at)).collect(),
        key: open_key(before, open, known),
    })
}

/// The call that a map is an argument of, and the keys on the way to it.
fn way_to_map<'t>(
    tokens: &Tokens<'t>,
    map: usize,
    known: usize,
) -> Option<(Call<'t>, Vec<&'t str>)> {
    let outer = brackets(tokens).find(|place| *place < map)?;
    if let Some(call) = call_at(tokens, outer, known) {
        return Some((call, Vec::new()));
    }
    // In a list it is the list's key that leads to it.
    let (holder, within) = if tokens.is(outer, "[") {
        let around = brackets(tokens).find(|place| *place < outer)?;
        (around, outer)
    } else {
        (outer, map)
    };
    if !tokens.is(holder, "#{") {
        return None;
    }
    let key = open_key(tokens, holder, within)?;
    let (call, mut path) = way_to_map(tokens, holder, known)?;
    path.push(key);
    Some((call, path))
}

/// The key of a map that has its colon but not yet its comma at `end`.
fn open_key<'t>(tokens: &Tokens<'t>, open: usize, end: usize) -> Option<&'t str> {
    let mut key = None;
    for at in level(tokens, open, end) {
        if tokens.is(at, ",") {
            key = None;
        } else if key.is_none() {
            key = key_at(tokens, at);
        }
    }
    key
}

/// The key at a place, if a colon follows it.
fn key_at<'t>(tokens: &Tokens<'t>, at: usize) -> Option<&'t str> {
    let token = *tokens.all.get(at)?;
    if !tokens.is(at + 1, ":") {
        return None;
    }
    match token.kind {
        TokenKind::Word | TokenKind::Keyword => Some(tokens.text_of(token)),
        _ => string(tokens, token),
    }
}

fn string<'t>(tokens: &Tokens<'t>, token: Token) -> Option<&'t str> {
    if token.kind != TokenKind::Text {
        return None;
    }
    tokens
        .text_of(token)
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
}

/// The steps to the value that ends before the token at `end`.
fn steps_to<'t>(tokens: &Tokens<'t>, end: usize) -> Option<Vec<Step<'t>>> {
    let mut steps = Vec::new();
    let mut end = end;
    loop {
        let last = end.checked_sub(1)?;
        if tokens.is(last, "]") {
            steps.push(Step::Item);
            end = tokens.partner(last)?;
            continue;
        }
        let called = tokens.is(last, ")");
        let place = if called {
            tokens.partner(last)?.checked_sub(1)?
        } else {
            last
        };
        let word = tokens.word(place)?;
        let is_member = place > 0 && is_dot(tokens, place - 1);
        match (called, is_member) {
            (false, true) => steps.push(Step::Field(word)),
            // What a method makes of a list is one again, of the same items.
            (true, true) if matches!(word, "to_array" | "filter" | "sorted") => {}
            (true, true) if is_of_the_catalog(word) => {
                steps.push(Step::Call(word));
                break;
            }
            (true, true) => return None,
            (true, false) => {
                steps.push(Step::Call(word));
                break;
            }
            (false, false) => {
                steps.extend(origin(tokens, word, place).into_iter().rev());
                break;
            }
        }
        end = place - 1;
    }
    steps.reverse();
    Some(steps)
}

fn is_of_the_catalog(function: &str) -> bool {
    catalog::by_function(function).is_some() || catalog::by_walk(function).is_some()
}

/// Where a name's value is from: the list that a loop or a closure around it goes
/// through; otherwise it is a variable.
fn origin<'t>(tokens: &Tokens<'t>, name: &'t str, before: usize) -> Vec<Step<'t>> {
    let is_it = |at: &usize| tokens.word(*at) == Some(name);
    for at in (1..before).rev().filter(is_it) {
        let list = if tokens.is(at - 1, "for") && tokens.is(at + 1, "in") {
            let block = (at + 2..before).find(|end| tokens.is(*end, "{"));
            block.and_then(|end| steps_to(tokens, end))
        } else if tokens.is(at - 1, "|") && at >= 2 {
            closure_list(tokens, at - 2)
        } else if tokens.is(at - 1, "let") || tokens.is(at - 1, "const") {
            let end = (at + 2..before).find(|end| tokens.is(*end, ";"));
            let value = end.and_then(|end| steps_to(tokens, end));
            if let Some(steps) = value.filter(|steps| steps.first() != Some(&Step::Variable(name)))
            {
                return steps;
            }
            None
        } else {
            None
        };
        if let Some(mut steps) = list {
            steps.push(Step::Item);
            return steps;
        }
    }
    vec![Step::Variable(name)]
}

/// The list whose items a closure gets whose first bar stands behind `place`: of
/// `list.map(|` or of `bulk(list, …, |`.
fn closure_list<'t>(tokens: &Tokens<'t>, place: usize) -> Option<Vec<Step<'t>>> {
    let mut at = place;
    let mut depth = 0;
    while depth > 0 || !tokens.is(at, "(") {
        depth -= tokens.depth(at);
        if depth < 0 {
            return None;
        }
        at = at.checked_sub(1)?;
    }
    let name = at.checked_sub(1)?;
    if name > 0 && is_dot(tokens, name - 1) {
        return steps_to(tokens, name - 1);
    }
    if tokens.word(name) != Some("bulk") {
        return None;
    }
    let end = level(tokens, at, place + 1).find(|at| tokens.is(*at, ","))?;
    steps_to(tokens, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The context at the mark `^`.
    fn at(text: &str) -> (String, usize) {
        let at = text.find('^').unwrap();
        (text.replacen('^', "", 1), at)
    }

    fn site(marked: &str) -> String {
        let (text, at) = at(marked);
        let context = context(&text, at);
        let site = format!("{:?}", context.site);
        format!("{site} {:?}", &text[context.start..at])
    }

    fn map(marked: &str) -> Option<String> {
        let (text, at) = at(marked);
        let map = context(&text, at).map?;
        let path: Vec<&str> = std::iter::once(map.call.name).chain(map.path).collect();
        let given = map.given.join(",");
        Some(format!("{}[{given}]{:?}", path.join("."), map.key))
    }

    #[test]
    fn names_fields_keys_strings_and_comments_are_told_apart() {
        for (marked, expected) in [
            ("add_cl^", "Name \"add_cl\""),
            ("let x = ^", "Name \"\""),
            ("add_client(#{ fir^", "Key \"fir\""),
            ("add_client(#{^", "Key \"\""),
            ("add_client(#{ email: em^", "Name \"em\""),
            ("add_client(#{ email: \"x\",\n  ^", "Key \"\""),
            ("let m = #{ a^", "Name \"a\""),
            ("csv(\"dat^", "Text \"dat\""),
            ("`a ${na^", "Name \"na\""),
            ("// add_cl^", "Nowhere \"\""),
            ("12^", "Nowhere \"\""),
            ("`x^", "Nowhere \"\""),
        ] {
            assert_eq!(site(marked), expected, "{marked}");
        }
    }

    #[test]
    fn the_map_of_a_call_is_known_with_its_keys() {
        for (marked, expected) in [
            ("add_client(#{ a: 1, ^", "add_client[a]None"),
            ("add_client(#{ a: 1, b^, c: 2 })", "add_client[a,c]None"),
            (
                "add_client(#{ a: [1, 2], \"b\": f(x), c: ^",
                "add_client[a,b,c]Some(\"c\")",
            ),
            (
                "old.add_client(#{\n a: `${x}`,\n ^\n})",
                "add_client[a]None",
            ),
            ("add_client(old, #{ ^", "add_client[]None"),
            ("f(#{ customfields: #{ x: 1, ^", "f.customfields[x]None"),
            ("f(#{ a: 1, lines: [#{ b: 1 }, #{ ^", "f.lines[]None"),
            ("f(#{ a: \"x^", "f[a]Some(\"a\")"),
            ("for x in y { g(1, #{ k^", "g[]None"),
        ] {
            assert_eq!(map(marked).as_deref(), Some(expected), "{marked}");
        }
        for marked in ["#{ ^", "if f(x) { ^", "f(#{ a: 1 }, ^", "fn f(a) { #{ ^"] {
            assert_eq!(map(marked), None, "{marked}");
        }
    }

    #[test]
    fn the_call_around_is_known_with_its_argument() {
        let call = |marked: &str| {
            let (text, at) = at(marked);
            let call = context(&text, at).call?;
            Some(format!("{}#{} {:?}", call.name, call.argument, call.first))
        };
        for (marked, expected) in [
            ("csv(^", "csv#0 None"),
            ("csv(\"a\", ^", "csv#1 Some(\"a\")"),
            ("connect(\"ma^", "connect#0 None"),
            ("f(g(1, 2), [1, 2], #{ a: ^", "f#2 None"),
            ("f(g(1, ^", "g#1 None"),
        ] {
            assert_eq!(call(marked).as_deref(), Some(expected), "{marked}");
        }
        for marked in ["f(1) ^", "xs.map(|x| { ^", "fn f(^", "(1 + ^"] {
            assert_eq!(call(marked), None, "{marked}");
        }
    }

    #[test]
    fn a_field_is_of_what_stands_before_the_dot() {
        for (marked, expected) in [
            ("row.^", "Member([Variable(\"row\")]) \"\""),
            (
                "c.address?.ci^",
                "Member([Variable(\"c\"), Field(\"address\")]) \"ci\"",
            ),
            ("rows[0].^", "Member([Variable(\"rows\"), Item]) \"\""),
            (
                "get_clients(#{ a: (1) }).clients.^",
                "Member([Call(\"get_clients\"), Field(\"clients\")]) \"\"",
            ),
            (
                "old.get_clients().^",
                "Member([Call(\"get_clients\")]) \"\"",
            ),
            (
                "for c in it.list { c.^",
                "Member([Variable(\"it\"), Field(\"list\"), Item]) \"\"",
            ),
            (
                "for c in all_clients(#{ a: 1 }) { print(c.^",
                "Member([Call(\"all_clients\"), Item]) \"\"",
            ),
            (
                "rows.map(|r| r.^",
                "Member([Variable(\"rows\"), Item]) \"\"",
            ),
            (
                "bulk(rows, #{ key: \"a\" }, |r| { r.^",
                "Member([Variable(\"rows\"), Item]) \"\"",
            ),
            (
                "let c = add_client(#{});\nc.^",
                "Member([Call(\"add_client\")]) \"\"",
            ),
            ("(a + b).^", "Nowhere \"\""),
            ("\"x\".^", "Nowhere \"\""),
        ] {
            assert_eq!(site(marked), expected, "{marked}");
        }
    }

    #[test]
    fn nothing_that_can_be_typed_is_too_much_for_it() {
        let text =
            "let é = f(#{ a: [g(\"x\", `y${z}`)], \"b\": '\\'' }).c?.d[1] | // e\n/* ) */ }{";
        for (at, _) in text.char_indices() {
            context(text, at);
            context(&text[at..], 0);
        }
    }
}
