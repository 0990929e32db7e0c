//! Texts cut into tokens.

use super::*;

fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
    let tokens = scan(text);
    let all = tokens.all.iter();
    all.map(|token| (token.kind, tokens.text_of(*token)))
        .collect()
}

#[test]
fn open_brackets_strings_and_comments_go_on() {
    for text in [
        "if x {",
        "add_client(#{",
        "let a = [1,",
        "let s = \"abc",
        "let s = `abc\ndef",
        "`a ${b",
        "/* comment",
        "/* a /* b */",
        "foo(\"}\"",
        "foo(')'",
        "#\"a\"b",
    ] {
        assert!(is_incomplete(text), "{text}");
    }
}

#[test]
fn closed_ones_are_complete() {
    for text in [
        "",
        "1 + 1",
        "if x { y }",
        "\"{\"",
        "'('",
        "'\\''",
        "// {",
        "/* { */",
        "`${`${a}`}`",
        "`{`",
        "\"a\\\"{\"",
        "#\"a\\\"#",
        "let a = 1; // (\nfoo()",
    ] {
        assert!(!is_incomplete(text), "{text}");
    }
}

#[test]
fn a_bracket_too_many_is_left_to_the_parser() {
    assert!(!is_incomplete("foo())"));
}

#[test]
fn every_token_says_what_it_is() {
    use TokenKind::{Character, Comment, Keyword, Number, Symbol, Text, Word};
    assert_eq!(
        kinds("let é = [1..2.5, 'x', \"a\\\"b\"]; // end"),
        [
            (Keyword, "let"),
            (Word, "é"),
            (Symbol, "="),
            (Symbol, "["),
            (Number, "1"),
            (Symbol, ".."),
            (Number, "2.5"),
            (Symbol, ","),
            (Character, "'x'"),
            (Symbol, ","),
            (Text, "\"a\\\"b\""),
            (Symbol, "]"),
            (Symbol, ";"),
            (Comment, "// end"),
        ]
    );
    assert_eq!(
        kinds("`a ${b}c`"),
        [
            (Text, "`a "),
            (Symbol, "${"),
            (Word, "b"),
            (Symbol, "}"),
            (Text, "c`"),
        ]
    );
}

#[test]
fn brackets_find_their_partners() {
    let tokens = scan("f(#{ a: [1] })");
    assert_eq!(tokens.partner(1), Some(tokens.all.len() - 1));
    assert_eq!(tokens.partner(tokens.all.len() - 1), Some(1));
    assert_eq!(scan("f((1)").partner(1), None);
}
