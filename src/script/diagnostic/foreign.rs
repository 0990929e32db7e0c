//! Habits from other languages, and how Rhai says it.
//!
//! One table of words, one of signs. A hint is given only where there is an error already;
//! what Rhai would run in another meaning is found by `check/dead`.

use crate::script::tokens::{TokenKind, scan};

/// What people write, and what Rhai has for it.
const WORDS: &[(&str, &str)] = &[
    ("None", "()"),
    ("True", "true"),
    ("False", "false"),
    ("TRUE", "true"),
    ("FALSE", "false"),
    ("NULL", "()"),
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
    ("null", "()"),
    ("nil", "()"),
    ("undefined", "()"),
    ("def", "fn"),
    ("func", "fn"),
    ("function", "fn"),
    ("echo", "print(…)"),
    ("printf", "print(…)"),
    ("println", "print(…)"),
    ("puts", "print(…)"),
    ("console", "print(…)"),
    ("elif", "else if"),
    ("elseif", "else if"),
    ("elsif", "else if"),
    ("except", "catch"),
    ("foreach", "for"),
    ("match", "switch"),
    ("raise", "throw"),
    ("require", "import \"…\" as …;"),
    ("include", "import \"…\" as …;"),
    ("unless", "if !(…)"),
    ("var", "let"),
    ("mut", "let"),
    ("length", "len()"),
    ("size", "len()"),
    ("sizeof", "len()"),
    ("strlen", "len()"),
    ("len_utf8", "len()"),
    ("includes", "contains(…)"),
    ("in_array", "list.contains(…)"),
    ("array_key_exists", "\"name\" in map"),
    ("has_key", "\"name\" in map"),
    ("hasOwnProperty", "\"name\" in map"),
    ("is_null", "value == ()"),
    ("isNull", "value == ()"),
    ("toString", "to_string()"),
    ("str", "to_string()"),
    ("String", "to_string()"),
    ("strval", "to_string()"),
    ("toUpperCase", "to_upper()"),
    ("upper", "to_upper()"),
    ("strtoupper", "to_upper()"),
    ("toLowerCase", "to_lower()"),
    ("lower", "to_lower()"),
    ("strtolower", "to_lower()"),
    ("trimStart", "trim()"),
    ("trimEnd", "trim()"),
    ("strip", "trim()"),
    ("ltrim", "trim()"),
    ("rtrim", "trim()"),
    ("concat", "+"),
    ("array_merge", "+"),
    ("array_slice", "extract(start, len)"),
    ("substring", "sub_string(start, len)"),
    ("substr", "sub_string(start, len)"),
    ("charAt", "text[at]"),
    ("indexOf", "index_of(…)"),
    ("strpos", "index_of(…)"),
    ("findIndex", "index_of(|x| …)"),
    ("startsWith", "starts_with(…)"),
    ("endsWith", "ends_with(…)"),
    ("replaceAll", "replace(old, new)"),
    ("str_replace", "text.replace(old, new)"),
    ("explode", "text.split(\",\")"),
    ("implode", "list.join(\",\")"),
    ("forEach", "for_each(|x| …)"),
    ("each", "for_each(|x| …)"),
    ("first", "list[0]"),
    ("last", "list[-1]"),
    ("array_map", "list.map(|x| …)"),
    ("array_filter", "list.filter(|x| …)"),
    ("array_keys", "map.keys()"),
    ("array_values", "map.values()"),
    ("array_sum", "list.reduce(|sum, x| sum + x, 0)"),
    ("array_push", "list.push(…)"),
    ("array_pop", "list.pop()"),
    ("array_reverse", "list.reverse()"),
    ("array_unique", "list.sort().dedup()"),
    ("unshift", "insert(0, …)"),
    ("at", "list[at]"),
    ("every", "all(|x| …)"),
    ("any", "some(|x| …)"),
    ("parseInt", "parse_int(…)"),
    ("intval", "parse_int(…)"),
    ("int", "parse_int(…)"),
    ("Number", "parse_int(…)` or `parse_money(…)"),
    ("parseFloat", "parse_float(…)` or `parse_money(…)"),
    ("floatval", "parse_float(…)` or `parse_money(…)"),
    ("float", "parse_float(…)` or `parse_money(…)"),
    (
        "toFixed",
        "format_money(x)` with `x` from `money(\"12.50\")` or `parse_money(…)",
    ),
    (
        "number_format",
        "format_money(x)` with `x` from `money(\"12.50\")` or `parse_money(…)",
    ),
    ("die", "exit(1)"),
    ("typeof", "type_of(…)"),
    ("isinstance", "type_of(…)"),
    (
        "localAPI",
        "get_clients(#{ … })`, or `call(\"GetClients\", #{ … })",
    ),
    ("gettype", "type_of(…)"),
    ("json_encode", "to_json(…)"),
    ("json_decode", "parse_json(…)"),
    ("JSON", "parse_json(…)` and `to_json(…)"),
    (
        "Math",
        "x.round()`, `x.floor()`, `x.abs()`, `min(a, b)`, `max(a, b)",
    ),
    ("Object", "map.keys()` and `map.values()"),
    ("Date", "today()`, `now()`, `date(\"2026-11-23\")"),
    ("“", "\""),
    ("”", "\""),
    ("„", "\""),
    ("‘", "\""),
    ("’", "\""),
];

/// What has no word of its own in Rhai, and what to do instead.
const ADVICE: &[(&str, &str)] = &[
    (
        "async",
        "functions are never asynchronous: leave `async` out",
    ),
    (
        "await",
        "calls return when they are done: leave `await` out",
    ),
    (
        "new",
        "there are no classes: a map such as `#{ name: value }` holds values, `today()` and `money(…)` make theirs, and an error is raised with `throw \"…\"`",
    ),
    (
        "class",
        "there are no classes: a map such as `#{ name: value }` holds values",
    ),
    (
        "finally",
        "there is no `finally`: write it after the `catch` block",
    ),
    (
        "public",
        "functions are public unless they are `private`: write `fn …`",
    ),
    ("static", "write `let …`, or `const …` for what stays"),
    ("delete", "an entry is removed with `map.remove(\"name\")`"),
    ("unset", "an entry is removed with `map.remove(\"name\")`"),
    (
        "instanceof",
        "to test the type of a value, use `type_of(x) == \"string\"`",
    ),
    (
        "isset",
        "to test for an entry, use `\"name\" in map`; for a value, `x != ()`",
    ),
    (
        "empty",
        "for text, arrays and maps, use `x.is_empty()`; for no value, `x == ()`",
    ),
    (
        "array",
        "an array is written `[1, 2]`, a map `#{ name: value }`",
    ),
    (
        "@",
        "errors are not hidden: leave `@` out, and catch what may fail with `try { … } catch (e) { … }`",
    ),
    ("case", SWITCH),
    ("default", SWITCH),
    ("exit", "it is a function: `exit(0)`"),
    ("range", "a range is written `0..5`"),
    ("goto", "there is no `goto`: use a loop or a function"),
    (
        "slice",
        "an array has `list.extract(start, len)`, text has `text.sub_string(start, len)`",
    ),
    (
        "sprintf",
        "write values in text between backticks: `${a} of ${b}`; an amount with two decimals is \
         `format_money(x)`",
    ),
    (
        "padStart",
        "to pad the front, use a loop: `while text.len() < 5 { text = \"0\" + text; }`",
    ),
    (
        "str_pad",
        "`text.pad(5, ' ')` pads the end; to pad the front, use a loop: `while text.len() < 5 { \
         text = \"0\" + text; }`",
    ),
    ("padEnd", "`text.pad(5, ' ')` pads the end"),
    (
        "repeat",
        "`let line = \"\"; line.pad(20, '-');` makes a text of one letter",
    ),
    (
        "ucfirst",
        "the first letter is `text[0]`, the others are `text.sub_string(1)`; `to_upper()` works \
         on both",
    ),
    ("is_numeric", NUMERIC),
    ("isNaN", NUMERIC),
    (
        "...",
        "arrays are joined with `list + [4]`, maps with `map + #{ b: 2 }`",
    ),
    ("yield", "collect the values in an array, or use `map`"),
];

/// How a `switch` is written.
pub(crate) const SWITCH: &str = "cases are written `switch x { 1 => …, 2 => …, _ => … }`";
const NUMERIC: &str = "no function tests it: `parse_int(x)` and `parse_money(x)` raise an error \
    if `x` is not a number; catch it with `try { … } catch (e) { … }`";
const MAP: &str = "a map begins with `#{`: `#{ name: … }`";
/// How text is joined.
pub(crate) const JOIN: &str = "text is joined with `+`, or in backticks: `${a}${b}`";
/// What stands in place of a value that is missing.
pub(crate) const INSTEAD: &str = "`&&` and `||` take only `true` and `false`: to replace `()`, \
    use `a ?? b`; to replace empty text, `if a == \"\" { b } else { a }`";
const CHOICE: &str =
    "choose with `if … { … } else { … }`, which is a value: `let b = if a { 1 } else { 2 };`";
const CLOSURE: &str = "a closure is written `|x| …`, one of several parameters `|x, y| { … }`";
const LOOP: &str =
    "a loop is written `for x in list { … }`, or `for i in 0..3 { … }`, without brackets";

/// What stands in a line's code, and what to write instead; the first that fits is meant.
const SIGNS: &[(&str, &str)] = &[
    ("===", "values are compared with `==`"),
    ("!==", "values are compared with `!=`"),
    ("<>", "values are compared with `!=`"),
    ("&&=", "write it out: `a = a && b`"),
    ("||=", "write it out: `a = a || b`"),
    ("??=", "write it out: `a = a ?? b`"),
    ("?:", "to replace `()`, write `a ?? b`"),
    ("[] =", "an item is appended with `list.push(…)`"),
    ("++", "count with `i += 1`"),
    ("--", "count with `i -= 1`"),
    (
        "->",
        "a property is read with `.`, a closure written `|x| …`",
    ),
    ("function(", CLOSURE),
    ("function (", CLOSURE),
    ("fn(", CLOSURE),
    ("lambda", CLOSURE),
    ("foreach (", LOOP),
    ("foreach(", LOOP),
    ("for (", LOOP),
    ("for(", LOOP),
    ("case ", SWITCH),
    ("| =>", CLOSURE),
    ("const [", "take the values one by one: `let a = list[0];`"),
    ("const {", "take the values one by one: `let a = map.a;`"),
    (
        "...",
        "arrays are joined with `list + [4]`, maps with `map + #{ b: 2 }`",
    ),
    (
        "throw new",
        "an error is raised with `throw \"…\"` or `fail(\"…\")`",
    ),
    ("let [", "take the values one by one: `let a = list[0];`"),
    ("let {", "take the values one by one: `let a = map.a;`"),
    ("let (", "take the values one by one: `let a = list[0];`"),
    (" ~ ", JOIN),
    (" . ", JOIN),
    (" .\"", JOIN),
    ("\". ", JOIN),
];

/// How Rhai says it, where the word is another language's.
pub(crate) fn hint(word: &str) -> Option<String> {
    if let Some((_, advice)) = ADVICE.iter().find(|(theirs, _)| *theirs == word) {
        return Some((*advice).to_owned());
    }
    let (_, ours) = WORDS.iter().find(|(theirs, _)| *theirs == word)?;
    Some(format!("in Rhai it is `{ours}`"))
}

/// How the entries of a map are written, where something else than a colon stands.
pub(crate) const ENTRY: &str = "a map is written `#{ name: value }` or `#{ \"a name\": value }`";

/// How Rhai says it, where a line that cannot be read has another language's signs.
pub(crate) fn of_line(line: &str) -> Option<String> {
    let code = code_of(line);
    let code = code.trim();
    if code.starts_with('#') && !code.starts_with("#{") {
        return Some("a comment begins with `//`".into());
    }
    if let Some(name) = dollar(code) {
        let is_set = code.starts_with('$') && code[1 + name.len()..].trim_start().starts_with('=');
        return Some(if is_set {
            format!(
                "names are written without `$`, and a variable begins with `let`: `let {name} = …;`"
            )
        } else {
            format!("names are written without `$`: `{name}`")
        });
    }
    if is_arrow(code) {
        return Some(CLOSURE.into());
    }
    let mut words = code.split(|letter: char| !letter.is_alphanumeric());
    if words.any(|word| matches!(word, "elseif" | "elif" | "elsif")) {
        return Some("in Rhai it is `else if`".into());
    }
    if code.starts_with("for ") && code.contains(" of ") {
        return Some(LOOP.into());
    }
    let is_signed = |sign: &&(&str, &str)| code.contains(sign.0);
    if let Some((_, advice)) = SIGNS.iter().find(is_signed) {
        return Some((*advice).to_owned());
    }
    of_shape(code).map(Into::into)
}

/// What the shape of a line tells.
fn of_shape(code: &str) -> Option<&'static str> {
    if has_slice(code) {
        return Some(
            "a part of an array is `list.extract(start, len)`, of a text `text.sub_string(start, len)`",
        );
    }
    if code.contains(" is ") {
        return Some("values are compared with `==`, and `!=` for `is not`");
    }
    let plain = code.replace("??", "").replace("?.", "").replace("?[", "");
    if plain.contains('?')
        || (code.contains(" if ") && code.contains(" else ") && !code.contains('{'))
    {
        return Some(CHOICE);
    }
    if code.contains("{\"\":") || code.contains("{ \"\":") || code.contains("{\"\" :") {
        return Some("a map begins with `#{`: `#{ \"name\": … }`");
    }
    if is_bare_map(code) {
        return Some(MAP);
    }
    let parameters = code
        .strip_prefix("fn ")
        .and_then(|code| code.split(')').next());
    if parameters.is_some_and(|parameters| parameters.contains([':', '='])) {
        return Some("parameters have neither types nor defaults: `fn f(x) { … }`");
    }
    if code.starts_with("import ") && code.contains(" from ") {
        return Some("a module is imported with `import \"file\" as name;`");
    }
    let is_typed = code
        .strip_prefix("let ")
        .or_else(|| code.strip_prefix("const "));
    if is_typed.is_some_and(|rest| {
        rest.split('=')
            .next()
            .is_some_and(|name| name.contains(':'))
    }) {
        return Some("variables have no types: `let a = 1;`");
    }
    let heads = ["if ", "if(", "while ", "while(", "for ", "else "];
    let has_head = heads.iter().any(|head| code.starts_with(head));
    (has_head && !code.contains('{')).then_some("the body needs braces: `if a { … }`")
}

/// Whether a line takes a part as Python does: `a[0:2]`, `a[1:]`.
fn has_slice(code: &str) -> bool {
    code.split('[').skip(1).any(|rest| {
        let inside = rest.split(']').next().unwrap_or_default();
        let is_bound = |bound: &str| {
            let bound = bound.trim().trim_start_matches('-');
            bound.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let bounds: Vec<&str> = inside.split(':').collect();
        matches!(bounds[..], [from, to] if is_bound(from) && is_bound(to))
    })
}

/// Whether a line has a map as JavaScript writes it: `{ name: …`.
fn is_bare_map(code: &str) -> bool {
    code.match_indices('{').any(|(at, _)| {
        let is_ours = code[..at].ends_with(['#', '$']);
        let rest = code[at + 1..].trim_start();
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let behind = rest.trim_start_matches(is_word);
        let is_name = behind.len() < rest.len();
        let behind = behind.trim_start();
        !is_ours && is_name && behind.starts_with(':') && !behind.starts_with("::")
    })
}

/// A line's code: texts without what is in them, and no comments.
fn code_of(line: &str) -> String {
    let tokens = scan(line);
    let mut code = String::new();
    let mut end = 0;
    for token in &tokens.all {
        code.push_str(&line[end..token.start]);
        match token.kind {
            TokenKind::Text => code.push_str("\"\""),
            TokenKind::Comment => {}
            _ => code.push_str(tokens.text_of(*token)),
        }
        end = token.end;
    }
    code.push_str(&line[end..]);
    code
}

/// The name behind a dollar sign.
fn dollar(code: &str) -> Option<&str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices('$').find_map(|(at, _)| {
        let rest = &code[at + 1..];
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        (end > 0).then(|| &rest[..end])
    })
}

/// Whether a line has a closure with an arrow, and not a case of a `switch`.
fn is_arrow(code: &str) -> bool {
    code.match_indices("=>").any(|(at, _)| {
        let before = code[..at].trim_end();
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let start = before.trim_end_matches(is_word).len();
        let word = &before[start..];
        let is_name = word.starts_with(|letter: char| letter.is_alphabetic());
        let is_value = matches!(word, "true" | "false");
        (before.ends_with(')') || (is_name && !is_value)) && !before.contains(" if ")
    })
}

/// What `!` in front of such a value is meant to ask.
pub(crate) fn no_truth(kind: &str) -> &'static str {
    match kind {
        "text" => "test whether it is empty: `text == \"\"`",
        "array" | "map" => "test whether it is empty: `list.is_empty()`",
        "`()`" => "test whether it is there: `value == ()`",
        _ => "compare it: `n == 0`",
    }
}

/// How a closure is called that a variable of that name holds.
pub(crate) fn held_closure(name: &str, script: &str) -> Option<String> {
    let is_held = script.match_indices(name).any(|(at, _)| {
        let before = script[..at].trim_end();
        let behind = script[at + name.len()..].trim_start();
        (before.ends_with("let") || before.ends_with("const"))
            && behind
                .strip_prefix('=')
                .is_some_and(|value| value.trim_start().starts_with('|'))
    });
    is_held.then(|| call_of_closure(name))
}

/// How a closure is called that a variable holds.
pub(crate) fn call_of_closure(name: &str) -> String {
    format!("`{name}` holds a closure: write `{name}.call(…)`")
}

/// What a condition is meant to ask of such a value.
pub(crate) fn as_condition(kind: &str) -> &'static str {
    match kind {
        "text" => "compare it: `text == \"1\"`, or `text != \"\"` for one that is not empty",
        "array" | "map" => "test whether it is not empty: `!list.is_empty()`",
        "`()`" => "test whether it is there: `value != ()`",
        _ => "compare it, such as with `n != 0`",
    }
}

/// What stands where a blank seems to, with what to do about it.
pub(crate) fn blank(letter: &str) -> Option<String> {
    let mut letters = letter.chars();
    let (first, None) = (letters.next()?, letters.next()) else {
        return None;
    };
    let is_unseen = first.is_whitespace()
        || matches!(
            first,
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}'
        );
    is_unseen.then(|| {
        format!(
            "U+{:04X}, as web pages and word processors write it: replace it with an ordinary \
             space",
            u32::from(first)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::test_host::TestHost;

    #[test]
    fn letters_of_any_length_may_stand_anywhere() {
        let signs = SIGNS
            .iter()
            .map(|(sign, _)| format!("let a = b {sign} c => d;"));
        let lines = [
            "list.map(x => y)",
            "(a) => b",
            "let x = $name;",
            "\"a\" . 'b'",
            "if a => 3",
            "`a ${b} c`",
        ];
        for line in lines.into_iter().map(str::to_owned).chain(signs) {
            for (at, _) in line.char_indices() {
                for letter in ["–", "é", "€", "“", "\u{a0}", "🙂"] {
                    let (before, behind) = line.split_at(at);
                    let _ = of_line(&format!("{before}{letter}{behind}"));
                    let _ = of_line(&format!("{before}{letter}"));
                }
            }
        }
    }

    #[test]
    fn what_a_hint_names_is_taken() {
        let rig = TestHost::new();
        for (theirs, hint, ours) in [
            (
                "[3, 1].slice(0, 1)",
                "`list.extract(start, len)`",
                "[3, 1].extract(0, 1)",
            ),
            (
                "`${\"abc\".slice(0, 2)}`",
                "`text.sub_string(start, len)`",
                "`${\"abc\".sub_string(0, 2)}`",
            ),
            (
                "money(\"12.5\").toFixed(2)",
                "`format_money(x)` with `x` from `money(\"12.50\")`",
                "format_money(money(\"12.5\"))",
            ),
            (
                "[1].each(|x| x)",
                "`for_each(|x| …)`",
                "{ let n = 0; [1].for_each(|x| n += x); n }",
            ),
            ("[1].first()", "`list[0]`", "{ let list = [1]; list[0] }"),
            ("[1].last()", "`list[-1]`", "{ let list = [1]; list[-1] }"),
            (
                "array_unique([2, 1, 2])",
                "`list.sort().dedup()`",
                "{ let list = [2, 1, 2]; list.sort().dedup() }",
            ),
            (
                "\"5\".padStart(3, \"0\")",
                "`while text.len() < 5 { text = \"0\" + text; }`",
                "{ let text = \"5\"; while text.len() < 3 { text = \"0\" + text; } text }",
            ),
            (
                "sprintf(\"%d\", 1)",
                "between backticks: `${a} of ${b}`",
                "{ let a = 1; let b = 2; `${a} of ${b}` }",
            ),
            (
                "parse_int(\"12.50\")",
                "`parse_money(…)` reads an amount",
                "parse_money(\"12.50\")",
            ),
            (
                "date(\"03/04/2026\")",
                "`date(text, \"%d/%m/%Y\")`",
                "date(\"03/04/2026\", \"%d/%m/%Y\")",
            ),
            (
                "#{ a: 1 }.keys().map(|k| 1) + [...[1]]",
                "`list + [4]`",
                "{ let list = [1]; list + [4] }",
            ),
            (
                "{ let m = { a: 1 }; m }",
                "a map begins with `#{`",
                "{ let m = #{ a: 1 }; m }",
            ),
            ("1 || 2", "to replace `()`, use `a ?? b`", "() ?? 2"),
            (
                "[1, 2, 3][0:2]",
                "`list.extract(start, len)`",
                "[1, 2, 3].extract(0, 2)",
            ),
            (
                "localAPI(\"GetClients\", #{})",
                "`call(\"GetClients\", #{ … })`",
                "type_of(get_clients(#{}))",
            ),
        ] {
            let failure = rig.failure(&format!("let x = {theirs};"));
            assert!(failure.contains(hint), "{theirs}: {failure}");
            rig.value(ours);
        }
    }

    #[test]
    fn an_arrow_behind_a_dash_of_a_word_processor_is_no_closure() {
        assert!(!is_arrow("a – => b"));
        assert!(is_arrow("a – x => b") && is_arrow("map(x => y)") && !is_arrow("5 => y"));
    }
}
