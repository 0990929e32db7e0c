//! What is known of values, in scripts as people type them.

use super::*;
use crate::script::symbols::Symbols;

/// The first fields of the value before the dot at the mark `^`.
fn fields(marked: &str) -> Vec<String> {
    let at = marked.find('^').unwrap();
    let text = marked.replacen('^', "", 1);
    let symbols = Symbols::resolve(&text);
    let dot = symbols.tokens.all.partition_point(|token| token.end < at);
    assert!(symbols.tokens.is(dot, "."), "{marked}");
    let columns = |_: &str, path: &str| match path {
        "a.csv" => vec!["email".to_owned(), "vat".to_owned()],
        _ => Vec::new(),
    };
    let inference = Inference::new(&symbols, &columns);
    let fields = inference.before(dot).fields();
    fields.into_iter().map(|field| field.name).collect()
}

#[track_caller]
fn has(marked: &str, name: &str) {
    let fields = fields(marked);
    assert!(
        fields.iter().any(|field| field == name),
        "{marked}: {fields:?}"
    );
}

#[test]
fn replies_are_followed_through_variables_loops_and_closures() {
    has("let x = get_clients(); x.^", "clients");
    has("let x = get_clients().clients.client; x[0].^", "lastname");
    has(
        "let x = get_clients(); for c in x.clients.client { c.^ }",
        "lastname",
    );
    has("for c in all_clients() { c.^", "lastname");
    has("bulk(all_clients(), |c| { print(c.^); });", "lastname");
    has("all_clients().to_array().filter(|c| c.^)", "lastname");
    has(
        "let all = all_clients().filter(|c| c.id > 1); all.map(|c| c.^)",
        "lastname",
    );
    has(
        "let all = all_clients().to_array(); all.find(|c| true).^",
        "lastname",
    );
    has("call(\"GetClients\", #{}).^", "clients");
    has("old.get_clients().^", "clients");
    has(
        "let c = get_clients_details(#{ clientid: 1 }).client; c.^",
        "email",
    );
}

#[test]
fn columns_and_keys_that_are_written_out_are_known() {
    for text in [
        "for row in csv(\"a.csv\") { row.^",
        "let rows = csv(\"a.csv\"); bulk(rows, #{ key: \"email\" }, |row| { row.^",
        "csv(\"a.csv\").to_array()[0].^",
    ] {
        assert_eq!(fields(text), ["email", "vat"], "{text}");
    }
    assert_eq!(
        fields("let m = #{ a: 1, \"b\": #{ c: 2 } }; m.^"),
        ["a", "b"]
    );
    assert_eq!(fields("for m in [#{ a: 1 }, 2] { m.^"), ["a"]);
}

#[test]
fn what_is_not_certain_is_unknown() {
    for text in [
        "let x = 1 + get_clients(); x.^",
        "x.^",
        "let x = x; x.^",
        "fn get_clients() {} get_clients().^",
        "m::get_clients().^",
        "xs.reduce(|a, b| a.^)",
        "csv(\"none\").^",
        "(get_clients()).^",
    ] {
        assert_eq!(fields(text), Vec::<String>::new(), "{text}");
    }
    let long = "let x = x.y;".repeat(5_000);
    assert_eq!(fields(&format!("{long} x.^")), Vec::<String>::new());
}
